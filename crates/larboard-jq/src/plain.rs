//! Plain paths, `.inputs.name` or `.tags[0]`, which most programs are: looked up straight in the input.

use serde_json::Value;

use crate::expr::{Expr, Kind};
use crate::value::{Str, Val};

/// Keys and indices from the input on.
#[derive(Debug)]
pub(crate) struct Plain(Vec<Key>);

#[derive(Debug)]
enum Key {
    Name(Str),
    Index(f64),
}

static NULL: Value = Value::Null;

impl Plain {
    /// `None`: the expression is more than a plain path.
    pub(crate) fn of(expr: &Expr) -> Option<Plain> {
        let mut keys = Vec::new();
        push_keys(expr, &mut keys)?;
        Some(Plain(keys))
    }

    /// The key of the input it begins with; `None` if that is the input itself or an element of it.
    pub(crate) fn first_key(&self) -> Option<&str> {
        match self.0.first() {
            Some(Key::Name(name)) => Some(name),
            Some(Key::Index(_)) | None => None,
        }
    }

    /// What the path leads to. `None`: that is an error, whose text the evaluator knows.
    pub(crate) fn find<'v>(&self, input: &'v Value) -> Option<&'v Value> {
        let mut found = input;
        for key in &self.0 {
            found = match (found, key) {
                (Value::Object(map), Key::Name(name)) => map.get(&**name).unwrap_or(&NULL),
                (Value::Array(items), Key::Index(index)) => {
                    let place = crate::eval::place(*index, items.len());
                    place.map_or(&NULL, |place| &items[place])
                }
                (Value::Null, _) => &NULL,
                _ => return None,
            };
        }
        Some(found)
    }
}

fn push_keys(expr: &Expr, keys: &mut Vec<Key>) -> Option<()> {
    match &expr.kind {
        Kind::Identity => Some(()),
        Kind::Pipe(left, right) => {
            push_keys(left, keys)?;
            push_keys(right, keys)
        }
        Kind::Field {
            of,
            key,
            optional: false,
        } => {
            push_keys(of, keys)?;
            keys.push(Key::Name(key.clone()));
            Some(())
        }
        Kind::Index {
            of,
            key,
            optional: false,
        } => match &key.kind {
            Kind::Const(Val::Num(index)) => {
                push_keys(of, keys)?;
                keys.push(Key::Index(*index));
                Some(())
            }
            _ => None,
        },
        _ => None,
    }
}
