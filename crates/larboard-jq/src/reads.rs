//! Whether a program can see one key of its input, and what it can do with it. Found from the text alone, before any run.
//!
//! It errs on one side only: what it calls unseen is never looked at, and what it calls copied is never decided upon. A
//! program that merely looks as if it might is called examined.

use crate::error::CompileError;
use crate::syntax::ast::{BinaryOp, Node, Part, Pattern, Syntax, Text};
use crate::syntax::{Dialect, parse};

/// What a program does with a key of its input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reads {
    /// Its results are the same whatever stands there.
    Never,
    /// The texts that stand there may get into the results, as they are or joined to others. With other texts in their
    /// place the results have the same shape.
    Copies,
    /// The results may depend on it in any way.
    Examines,
}

/// What `text` does with the key `key` of its input.
///
/// # Errors
/// If the text is no program. One that only names an unknown function is analyzed all the same.
pub fn reads(text: &str, dialect: Dialect, key: &str) -> Result<Reads, CompileError> {
    let tree = parse(text, dialect)?;
    let mut analysis = Analysis {
        key,
        vars: Vec::new(),
        examined: false,
    };
    let result = analysis.node(&tree, Is::Input);
    Ok(match result {
        _ if analysis.examined => Reads::Examines,
        Is::Clean => Reads::Never,
        Is::Input | Is::Secret => Reads::Copies,
    })
}

/// What a value is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Is {
    /// Nothing of the key.
    Clean,
    /// The whole input, the key in it.
    Input,
    /// What stands at the key, or something that holds it.
    Secret,
}

struct Analysis<'a> {
    key: &'a str,
    vars: Vec<(String, Is)>,
    examined: bool,
}

/// Builtins whose results come from their arguments alone, which they run on their own input.
const OF_ARGUMENTS: &[&str] = &[
    "first",
    "last",
    "limit",
    "skip",
    "nth",
    "isempty",
    "any",
    "all",
    "add",
    "range",
    "error",
    "empty",
    "now",
    "null",
    "true",
    "false",
    "infinite",
    "nan",
    "env",
    "halt",
    "input_line_number",
];

impl Analysis<'_> {
    fn node(&mut self, node: &Node, input: Is) -> Is {
        match &*node.syntax {
            Syntax::Identity => input,
            Syntax::Literal(_) | Syntax::Location(_) | Syntax::Break(_) => Is::Clean,
            Syntax::Descend => self.examine(input),
            Syntax::Text(text) => self.text(text, input),
            Syntax::Format(_) | Syntax::Call { .. } if input == Is::Secret => {
                self.call(node, input)
            }
            Syntax::Format(_) => self.examine(input),
            Syntax::Index { of, key, .. } => self.index(of, key, input),
            Syntax::Slice { of, from, to, .. } => {
                for end in [from, to].into_iter().flatten() {
                    self.decides(end, input);
                }
                let of = self.node(of, input);
                self.examine(of)
            }
            Syntax::Each { of, .. } => match self.node(of, input) {
                Is::Clean => Is::Clean,
                Is::Input | Is::Secret => Is::Secret,
            },
            Syntax::Try { body, handler } => {
                let body = self.node(body, input);
                // The handler is given a message, which may quote what failed.
                match handler {
                    Some(handler) if body == Is::Clean => self.node(handler, Is::Clean),
                    Some(handler) => {
                        self.examined = true;
                        self.node(handler, Is::Secret).max(body)
                    }
                    None => body,
                }
            }
            Syntax::Negate(of) => self.decides(of, input),
            Syntax::Array(of) => of
                .as_ref()
                .map_or(Is::Clean, |of| held(self.node(of, input))),
            Syntax::Object(entries) => {
                let mut made = Is::Clean;
                for (key, value) in entries {
                    self.decides(key, input);
                    made = made.max(held(self.node(value, input)));
                }
                made
            }
            Syntax::Pipe(left, right) => {
                let middle = self.node(left, input);
                self.node(right, middle)
            }
            Syntax::Comma(items) => {
                let items = items.iter().map(|item| self.node(item, input));
                items.max().unwrap_or(Is::Clean)
            }
            // Whether a text is there does not depend on what it says.
            Syntax::Binary(BinaryOp::Add | BinaryOp::Alternative, left, right) => {
                held(self.node(left, input)).max(held(self.node(right, input)))
            }
            Syntax::Binary(_, left, right) => {
                self.decides(left, input).max(self.decides(right, input))
            }
            Syntax::Assign(_, path, value) => {
                self.node(path, input);
                self.node(value, input);
                self.examine(input)
            }
            Syntax::If {
                condition,
                then,
                otherwise,
            } => {
                self.decides(condition, input);
                let otherwise = otherwise
                    .as_ref()
                    .map_or(input, |node| self.node(node, input));
                self.node(then, input).max(otherwise)
            }
            Syntax::Reduce {
                source,
                patterns,
                init,
                update,
            } => self.fold(source, patterns, &[init, update], input),
            Syntax::Foreach {
                source,
                patterns,
                init,
                update,
                extract,
            } => {
                let mut steps = vec![init, update];
                steps.extend(extract.as_ref());
                self.fold(source, patterns, &steps, input)
            }
            Syntax::Bind {
                source,
                patterns,
                body,
            } => {
                let source = self.node(source, input);
                self.binding(source, patterns, |analysis| analysis.node(body, input))
            }
            // Where a closure runs and on what is not followed.
            Syntax::Define { .. } => {
                self.examined = true;
                Is::Secret
            }
            Syntax::Label { body, .. } => self.node(body, input),
            Syntax::Var(name) => {
                let known = self.vars.iter().rev().find(|(var, _)| var == name);
                known.map_or(Is::Clean, |(_, is)| *is)
            }
            Syntax::Call { .. } => self.call(node, input),
        }
    }

    /// A value that decides something, or becomes something else.
    fn examine(&mut self, is: Is) -> Is {
        self.examined |= is != Is::Clean;
        is
    }

    fn decides(&mut self, node: &Node, input: Is) -> Is {
        let is = self.node(node, input);
        self.examine(is)
    }

    fn text(&mut self, text: &Text, input: Is) -> Is {
        let mut made = Is::Clean;
        for part in &text.parts {
            if let Part::Query(query) = part {
                let is = self.node(query, input);
                // Only a text at the key itself goes in as it is; an object is printed first.
                if text.format.is_some() || is == Is::Input {
                    self.examine(is);
                }
                made = made.max(held(is));
            }
        }
        made
    }

    fn index(&mut self, of: &Node, key: &Node, input: Is) -> Is {
        let of = self.node(of, input);
        let constant = match &*key.syntax {
            Syntax::Text(Text { parts, .. }) => match parts.as_slice() {
                [] => Some(""),
                [Part::Literal(literal)] => Some(literal.as_str()),
                _ => None,
            },
            _ => None,
        };
        match (of, constant) {
            (Is::Input, Some(constant)) if constant == self.key => Is::Secret,
            (Is::Input, Some(_)) => Is::Clean,
            (of, Some(_)) => of,
            (of, None) => {
                self.decides(key, input);
                held(of)
            }
        }
    }

    fn call(&mut self, node: &Node, input: Is) -> Is {
        let (name, args) = match &*node.syntax {
            Syntax::Call { name, args } => (name.as_str(), args.as_slice()),
            _ => return self.examine(input),
        };
        if input != Is::Clean && name == "select" && args.len() == 1 {
            self.decides(&args[0], input);
            return input;
        }
        if let ("any" | "all", [generator, condition]) = (name, args) {
            let items = self.decides(generator, input);
            return self.decides(condition, items);
        }
        let mut made = Is::Clean;
        for arg in args {
            made = made.max(self.decides(arg, input));
        }
        // `add`, `any`, `all`, `first` and `last` without arguments work on their input.
        let takes_input =
            args.is_empty() && matches!(name, "add" | "any" | "all" | "first" | "last" | "error");
        if OF_ARGUMENTS.contains(&name) && !takes_input {
            return made;
        }
        made.max(self.examine(input))
    }

    fn fold(&mut self, source: &Node, patterns: &[Pattern], steps: &[&Node], input: Is) -> Is {
        let source = self.decides(source, input);
        self.binding(source, patterns, |analysis| {
            // The state is at most what the first step and the source are made of; once more for what a step adds.
            let mut state = input;
            for _ in 0..2 {
                for step in steps {
                    state = held(analysis.decides(step, state)).max(if state == Is::Input {
                        Is::Clean
                    } else {
                        state
                    });
                }
            }
            state
        })
    }

    fn binding(
        &mut self,
        source: Is,
        patterns: &[Pattern],
        body: impl FnOnce(&mut Self) -> Is,
    ) -> Is {
        let before = self.vars.len();
        for pattern in patterns {
            match pattern {
                Pattern::Var(name) => self.vars.push((name.clone(), source)),
                other => {
                    self.examine(source);
                    let mut names = Vec::new();
                    collect(other, &mut names);
                    self.vars
                        .extend(names.into_iter().map(|name| (name, held(source))));
                }
            }
        }
        let made = body(self);
        self.vars.truncate(before);
        made
    }
}

/// Something that holds the value: the input in an array is the input no more.
fn held(is: Is) -> Is {
    match is {
        Is::Clean => Is::Clean,
        Is::Input | Is::Secret => Is::Secret,
    }
}

/// The variables of a pattern. What its keys look at is covered by the source being examined.
fn collect(pattern: &Pattern, names: &mut Vec<String>) {
    match pattern {
        Pattern::Var(name) => names.push(name.clone()),
        Pattern::Array(items) => items.iter().for_each(|item| collect(item, names)),
        Pattern::Object(entries) => {
            for entry in entries {
                names.extend(entry.var.clone());
                if let Some(pattern) = &entry.pattern {
                    collect(pattern, names);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Reads {
        reads(text, Dialect::Portal, "secrets").expect("a program")
    }

    #[test]
    fn what_cannot_see_the_key_is_known() {
        for text in [
            ".inputs.name",
            ".inputs.tags | map(select(. != \"x\")) | join(\",\")",
            "{a: .inputs.a, b: [.entity.properties[]]}",
            "if .inputs.prod then \"p\" else \"s\" end",
            "first(.inputs.tags[], \"none\")",
            "any(.inputs.tags[]; . == \"x\")",
            ".inputs as $i | $i.name + \"-\" + .run.id",
            "reduce .inputs.tags[] as $t (\"\"; . + $t)",
            "now | todate",
            "\"\\(.inputs.name)-\\(.run.id)\" | ascii_downcase",
            "try .inputs.x.y catch \"none\"",
            ".inputs[.run.id]",
            "\"secrets\"",
            ". as $all | $all.inputs",
        ] {
            assert_eq!(of(text), Reads::Never, "{text}");
        }
    }

    #[test]
    fn what_passes_it_on_unchanged_is_known() {
        for text in [
            ".secrets.TOKEN",
            ".secrets[\"na-me\"]",
            ".",
            "\"Bearer \\(.secrets.TOKEN)\"",
            "\"Bearer \" + .secrets.TOKEN",
            "{name: .inputs.name, token: .secrets.TOKEN}",
            "[.secrets.A, .secrets.B]",
            ".secrets.TOKEN // .inputs.token",
            ".secrets as $s | $s.TOKEN",
            "if .inputs.prod then .secrets.PROD else .secrets.STAGE end",
            ".secrets[.inputs.name]",
            ".secrets[]",
            "select(.inputs.prod) | .secrets.TOKEN",
            ".secrets.TOKEN?",
        ] {
            assert_eq!(of(text), Reads::Copies, "{text}");
        }
    }

    #[test]
    fn what_may_depend_on_it_is_known() {
        for text in [
            "if .secrets.TOKEN == \"x\" then 1 else 2 end",
            ".secrets.TOKEN | length",
            ".secrets.TOKEN | @base64",
            "@base64 \"\\(.secrets.TOKEN)\"",
            ".secrets.TOKEN[0:3]",
            ".secrets.TOKEN | test(\"a\")",
            "keys",
            "to_entries",
            "..",
            "tojson",
            "getpath([\"secrets\"])",
            "[paths]",
            "\"\\(.)\"",
            "{(.secrets.TOKEN): 1}",
            ".inputs[.secrets.TOKEN]",
            "reduce .secrets[] as $s (\"\"; . + $s)",
            "reduce range(3) as $i (.; .) | .secrets.TOKEN",
            "def f: .secrets; f.TOKEN",
            ". as {secrets: $s} | $s",
            ".secrets |= {}",
            "try error(.secrets.TOKEN) catch .",
            "with_entries(.value |= tostring)",
            "[.[]] | .[6]",
            ".secrets.TOKEN > \"m\" or false",
            ".[\"sec\" + \"rets\"] | length",
            "first",
            "any",
            "-(.secrets.TOKEN)",
        ] {
            let expected = match text {
                "[.[]] | .[6]" => Reads::Copies,
                _ => Reads::Examines,
            };
            assert_eq!(of(text), expected, "{text}");
        }
    }
}
