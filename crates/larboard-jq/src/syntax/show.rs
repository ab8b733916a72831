//! The tree as text, for the test that a program which is written out and read again is the same program.

use std::fmt::{self, Display, Formatter, Write as _};

use super::ast::{AssignOp, BinaryOp, Definition, Entry, Node, Param, Part, Pattern, Syntax, Text};
use crate::value::Val;

impl Display for Node {
    /// Everything that is more than a term stands in parentheses.
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match &*self.syntax {
            Syntax::Identity => f.write_str("."),
            Syntax::Descend => f.write_str(".."),
            Syntax::Literal(value) => write!(f, "{value}"),
            Syntax::Text(text) => write!(f, "{text}"),
            Syntax::Format(name) => write!(f, "@{name}"),
            Syntax::Index { of, key, optional } => write!(f, "{of}[{key}]{}", mark(*optional)),
            Syntax::Slice {
                of,
                from,
                to,
                optional,
            } => {
                let (from, to) = (shown(from.as_ref()), shown(to.as_ref()));
                write!(f, "{of}[{from}:{to}]{}", mark(*optional))
            }
            Syntax::Each { of, optional } => write!(f, "{of}[]{}", mark(*optional)),
            Syntax::Try { body, handler } => match handler {
                Some(handler) => write!(f, "(try {body} catch {handler})"),
                None => write!(f, "(try {body})"),
            },
            Syntax::Negate(of) => write!(f, "(-{of})"),
            Syntax::Array(of) => write!(f, "[{}]", shown(of.as_ref())),
            Syntax::Object(entries) => {
                f.write_char('{')?;
                for (place, (key, value)) in entries.iter().enumerate() {
                    let comma = if place > 0 { ", " } else { "" };
                    write!(f, "{comma}({key}): {value}")?;
                }
                f.write_char('}')
            }
            Syntax::Pipe(left, right) => write!(f, "({left} | {right})"),
            Syntax::Comma(items) => write!(f, "({})", joined(items, ", ")),
            Syntax::Binary(op, left, right) => write!(f, "({left} {} {right})", binary(*op)),
            Syntax::Assign(op, path, value) => write!(f, "({path} {} {value})", assign(*op)),
            Syntax::If {
                condition,
                then,
                otherwise,
            } => match otherwise {
                Some(otherwise) => write!(f, "if {condition} then {then} else {otherwise} end"),
                None => write!(f, "if {condition} then {then} end"),
            },
            Syntax::Reduce {
                source,
                patterns,
                init,
                update,
            } => write!(
                f,
                "reduce {source} as {} ({init}; {update})",
                joined(patterns, " ?// ")
            ),
            Syntax::Foreach {
                source,
                patterns,
                init,
                update,
                extract,
            } => {
                let extract = extract
                    .as_ref()
                    .map_or(String::new(), |node| format!("; {node}"));
                write!(
                    f,
                    "foreach {source} as {} ({init}; {update}{extract})",
                    joined(patterns, " ?// ")
                )
            }
            Syntax::Bind {
                source,
                patterns,
                body,
            } => write!(f, "({source} as {} | {body})", joined(patterns, " ?// ")),
            Syntax::Define { definition, rest } => write!(f, "({definition} {rest})"),
            Syntax::Label { name, body } => write!(f, "(label ${name} | {body})"),
            Syntax::Break(name) => write!(f, "(break ${name})"),
            Syntax::Var(name) => write!(f, "${name}"),
            Syntax::Location(_) => f.write_str("$__loc__"),
            Syntax::Call { name, args } if args.is_empty() => f.write_str(name),
            Syntax::Call { name, args } => write!(f, "{name}({})", joined(args, "; ")),
        }
    }
}

impl Display for Text {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if let Some(format) = &self.format {
            write!(f, "@{format} ")?;
        }
        f.write_char('"')?;
        for part in &self.parts {
            match part {
                Part::Literal(text) => {
                    let quoted = Val::from(text.as_str()).to_string();
                    f.write_str(&quoted[1..quoted.len() - 1])?;
                }
                Part::Query(node) => write!(f, "\\({node})")?,
            }
        }
        f.write_char('"')
    }
}

impl Display for Definition {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let param = |param: &Param| match param {
            Param::Closure(name) => name.clone(),
            Param::Value(name) => format!("${name}"),
        };
        let params: Vec<String> = self.params.iter().map(param).collect();
        let params = match params.is_empty() {
            true => String::new(),
            false => format!("({})", params.join("; ")),
        };
        write!(f, "def {}{params}: {};", self.name, self.body)
    }
}

impl Display for Pattern {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Pattern::Var(name) => write!(f, "${name}"),
            Pattern::Array(items) => write!(f, "[{}]", joined(items, ", ")),
            Pattern::Object(entries) => write!(f, "{{{}}}", joined(entries, ", ")),
        }
    }
}

impl Display for Entry {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match (&self.var, &self.pattern) {
            (Some(var), None) => write!(f, "${var}"),
            (Some(var), Some(pattern)) => write!(f, "${var}: {pattern}"),
            (None, pattern) => write!(f, "({}): {}", self.key, shown(pattern.as_ref())),
        }
    }
}

fn mark(optional: bool) -> &'static str {
    if optional { "?" } else { "" }
}

fn shown(node: Option<&impl Display>) -> String {
    node.map_or(String::new(), ToString::to_string)
}

fn joined(items: &[impl Display], separator: &str) -> String {
    let items: Vec<String> = items.iter().map(ToString::to_string).collect();
    items.join(separator)
}

fn binary(op: BinaryOp) -> &'static str {
    let row = BinaryOp::TABLE.iter().find(|row| row.1 == op);
    row.map_or("", |row| row.0)
}

fn assign(op: AssignOp) -> &'static str {
    let row = AssignOp::TABLE.iter().find(|row| row.1 == op);
    row.map_or("", |row| row.0)
}

#[test]
fn a_program_written_out_and_read_again_is_the_same_program() {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/corpus");
    let mut programs = 0;
    for file in std::fs::read_dir(directory).expect("the corpus") {
        let path = file.expect("an entry").path();
        if path.extension().is_none_or(|e| e != "json") || path.ends_with("differences.json") {
            continue;
        }
        let cases = Val::parse(&std::fs::read_to_string(path).expect("text")).expect("cases");
        for case in cases.as_array().expect("an array").items() {
            let Val::Obj(case) = case else { continue };
            let text = case
                .get("program")
                .and_then(Val::as_str)
                .expect("a program");
            let vars: Vec<String> = match case.get("vars") {
                Some(Val::Obj(vars)) => vars.entries().iter().map(|e| e.0.to_string()).collect(),
                _ => Vec::new(),
            };
            let Ok(tree) = super::parse(text, crate::Dialect::Portal) else {
                continue;
            };
            let shown = tree.to_string();
            let again = super::parse(&shown, crate::Dialect::Jq);
            let again = again.unwrap_or_else(|error| panic!("{text} as {shown}: {error}"));
            let code = |tree, text| crate::compile::compile(tree, &vars, text);
            match (code(&tree, text), code(&again, &shown)) {
                (Ok(a), Ok(b)) => {
                    // Lines change when a program is written out.
                    if !text.contains("$__loc__") {
                        assert_eq!(format!("{a:?}"), format!("{b:?}"), "{text} as {shown}");
                    }
                    programs += 1;
                }
                (a, b) => assert_eq!(a.is_err(), b.is_err(), "{text} as {shown}"),
            }
        }
    }
    assert!(programs > 1_500, "only {programs} programs");
}
