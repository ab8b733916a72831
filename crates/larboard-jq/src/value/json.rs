//! From and to `serde_json`.

use std::sync::Arc;

use serde_json::{Map, Number, Value};

use super::{Object, Val};

impl From<&Value> for Val {
    fn from(value: &Value) -> Val {
        match value {
            Value::Null => Val::Null,
            Value::Bool(b) => Val::Bool(*b),
            Value::Number(n) => number(n),
            Value::String(s) => Val::str(s.as_str()),
            Value::Array(items) => Val::arr(items.iter().map(Val::from).collect()),
            Value::Object(map) => {
                let mut object = Object::with_capacity(map.len());
                for (key, value) in map {
                    object.set(&Arc::from(key.as_str()), Val::from(value));
                }
                Val::obj(object)
            }
        }
    }
}

/// The largest integer up to which doubles hold every integer.
const EXACT: u64 = 1 << 53;

/// The first double that no integer of `serde_json` can be.
const U64_END: f64 = 18_446_744_073_709_551_616.0;

/// A number that a double would not give back as it was written keeps its spelling.
fn number(n: &Number) -> Val {
    if let Some(i) = n.as_i64()
        && i.unsigned_abs() < EXACT
    {
        return Val::Num(i as f64);
    }
    match n.as_f64() {
        // What is larger than any integer of `serde_json` was most likely written in digits, up to where JavaScript does so.
        Some(f) if n.is_f64() && f.fract() == 0.0 && (U64_END..1e21).contains(&f.abs()) => {
            Val::parse_number(&format!("{f}")).unwrap_or(Val::Num(f))
        }
        Some(f) if n.is_f64() && f.fract() != 0.0 && f.abs() >= 1e-3 => Val::Num(f),
        other => Val::parse_number(&n.to_string()).unwrap_or(Val::Num(other.unwrap_or(0.0))),
    }
}

impl From<&Val> for Value {
    /// Numbers that JSON cannot say become what jq prints for them: `null`, or the largest double.
    fn from(value: &Val) -> Value {
        match value {
            Val::Null => Value::Null,
            Val::Bool(b) => Value::Bool(*b),
            Val::Num(n) => to_number(*n),
            Val::Dec(d) => {
                let mut text = String::new();
                d.write(&mut text);
                if d.is_plain_integer() {
                    let integer = (text.parse::<i64>().map(Number::from))
                        .or_else(|_| text.parse::<u64>().map(Number::from));
                    integer.map_or_else(|_| float(d.value()), Value::Number)
                } else {
                    float(d.value())
                }
            }
            Val::Str(s) => Value::String(s.to_string()),
            Val::Arr(a) => Value::Array(a.items().iter().map(Value::from).collect()),
            Val::Obj(o) => {
                let mut map = Map::with_capacity(o.len());
                for (key, value) in o.entries() {
                    map.insert(key.to_string(), Value::from(value));
                }
                Value::Object(map)
            }
        }
    }
}

fn to_number(n: f64) -> Value {
    if n.trunc() == n && n.abs() <= EXACT as f64 {
        return Value::Number(Number::from(n as i64));
    }
    if n.trunc() == n && n.abs() < 1e17 {
        // jq prints these without an exponent and without a fraction.
        return Value::Number(Number::from(n as i64));
    }
    float(n)
}

fn float(n: f64) -> Value {
    Number::from_f64(n.clamp(-f64::MAX, f64::MAX)).map_or(Value::Null, Value::Number)
}
