//! `as`, `reduce` and `foreach`: what binds variables.

use super::{Compiled, Compiler};
use crate::expr::{Bind, Destructure, Fold, Kind, Shape, ShapeEntry};
use crate::syntax::ast::{Entry, Node, Pattern, Syntax};

impl Compiler<'_> {
    pub(super) fn binding(&mut self, syntax: &Syntax) -> Compiled<Kind> {
        match syntax {
            Syntax::Reduce {
                source,
                patterns,
                init,
                update,
            } => self.fold(source, patterns, init, update, None),
            Syntax::Foreach {
                source,
                patterns,
                init,
                update,
                extract,
            } => {
                // Without a third part, the state itself is extracted.
                let extract = Some(extract.as_ref());
                self.fold(source, patterns, init, update, extract)
            }
            Syntax::Bind {
                source,
                patterns,
                body,
            } => {
                let source = self.expr(source)?;
                let (pattern, names) = self.destructure(patterns)?;
                self.enter_vars(&names);
                let body = self.expr(body)?;
                self.scope.leave(names.len());
                Ok(Kind::Bind(Box::new(Bind {
                    source,
                    pattern,
                    body,
                })))
            }
            _ => Ok(Kind::Empty),
        }
    }

    /// `extract`: `None` for `reduce`; for `foreach` what is extracted, if it is not the state.
    fn fold(
        &mut self,
        source: &Node,
        patterns: &[Pattern],
        init: &Node,
        update: &Node,
        extract: Option<Option<&Node>>,
    ) -> Compiled<Kind> {
        let source = self.expr(source)?;
        let init = self.expr(init)?;
        let (pattern, names) = self.destructure(patterns)?;
        self.enter_vars(&names);
        let update = self.expr(update)?;
        let extract = match extract {
            None => None,
            Some(None) => Some(Kind::Identity.expr()),
            Some(Some(node)) => Some(self.expr(node)?),
        };
        self.scope.leave(names.len());
        Ok(Kind::Fold(Box::new(Fold {
            source,
            pattern,
            init,
            update,
            extract,
        })))
    }

    fn enter_vars(&mut self, names: &[String]) {
        for name in names {
            self.scope.enter_var(name);
        }
    }

    /// The pattern and the variables that it binds. Keys are compiled here, where those are not in scope yet.
    fn destructure(&mut self, patterns: &[Pattern]) -> Compiled<(Destructure, Vec<String>)> {
        if let [Pattern::Var(name)] = patterns {
            return Ok((Destructure::Var, vec![name.clone()]));
        }
        let mut names = Vec::new();
        let mut alternatives = Vec::new();
        for pattern in patterns {
            collect_names(pattern, &mut names);
        }
        // While keys are evaluated, the variables are on the stack already, so they count as bindings without a name.
        let hidden = vec![String::new(); names.len()];
        self.enter_vars(&hidden);
        let mut slots = Slots::new(&names, patterns.len() == 1);
        for pattern in patterns {
            alternatives.push(self.shape(pattern, &mut slots)?);
        }
        self.scope.leave(hidden.len());
        if slots.spare {
            names.push(String::new());
        }
        let slots = u32::try_from(names.len()).unwrap_or(u32::MAX);
        Ok((
            Destructure::Patterns {
                slots,
                alternatives,
            },
            names,
        ))
    }

    fn shape(&mut self, pattern: &Pattern, slots: &mut Slots) -> Compiled<Shape> {
        Ok(match pattern {
            Pattern::Var(name) => Shape::Slot(slots.of(name)),
            Pattern::Array(items) => {
                // The last item is bound first.
                let items = items.iter().rev().map(|item| self.shape(item, slots));
                let mut items: Vec<Shape> = items.collect::<Compiled<_>>()?;
                items.reverse();
                Shape::Array(items)
            }
            Pattern::Object(entries) => {
                let entries = entries.iter().map(|entry| self.shape_entry(entry, slots));
                Shape::Object(entries.collect::<Compiled<_>>()?)
            }
        })
    }

    fn shape_entry(&mut self, entry: &Entry, slots: &mut Slots) -> Compiled<ShapeEntry> {
        let shape = entry.pattern.as_ref();
        let key = self.expr(&entry.key)?;
        self.check_key(&entry.key, &key)?;
        Ok(ShapeEntry {
            slot: entry.var.as_ref().map(|name| slots.of(name)),
            key,
            shape: shape
                .map(|pattern| self.shape(pattern, slots))
                .transpose()?,
        })
    }
}

/// Where the variables of a pattern are kept. In a pattern without alternatives that names a variable twice, what is bound
/// first stays, as in jq; with alternatives, what is bound last does.
struct Slots {
    names: Vec<(String, bool)>,
    first_stays: bool,
    /// Whether a slot behind those of the names takes what does not stay.
    spare: bool,
}

impl Slots {
    fn new(names: &[String], first_stays: bool) -> Slots {
        Slots {
            names: names.iter().map(|name| (name.clone(), false)).collect(),
            first_stays,
            spare: false,
        }
    }

    fn of(&mut self, name: &str) -> u32 {
        let place = self.names.iter().position(|(n, _)| n == name).unwrap_or(0);
        let bound = self.names.get_mut(place);
        let again = bound.is_some_and(|(_, bound)| std::mem::replace(bound, true));
        self.spare |= again && self.first_stays;
        let slot = if again && self.first_stays {
            self.names.len()
        } else {
            place
        };
        u32::try_from(slot).unwrap_or(u32::MAX)
    }
}

fn collect_names(pattern: &Pattern, names: &mut Vec<String>) {
    match pattern {
        Pattern::Var(name) => add_name(name, names),
        Pattern::Array(items) => items.iter().for_each(|item| collect_names(item, names)),
        Pattern::Object(entries) => {
            for entry in entries {
                entry.var.iter().for_each(|name| add_name(name, names));
                entry.pattern.iter().for_each(|p| collect_names(p, names));
            }
        }
    }
}

fn add_name(name: &str, names: &mut Vec<String>) {
    if !names.iter().any(|n| n == name) {
        names.push(name.to_owned());
    }
}
