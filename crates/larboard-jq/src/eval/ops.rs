//! Operators on two values.

use std::cmp::Ordering;
use std::sync::Arc;

use crate::error::{LimitKind, Stop};
use crate::eval::{CONTAINER, ENTRY, ITEM, Machine};
use crate::syntax::ast::BinaryOp;
use crate::value::{Array, Object, Val, order};

impl Machine<'_> {
    pub(crate) fn operate(&mut self, op: BinaryOp, a: Val, b: Val) -> Result<Val, Stop> {
        match op {
            BinaryOp::Add => self.add(a, b),
            BinaryOp::Subtract => self.subtract(a, b),
            BinaryOp::Multiply => self.multiply(a, b),
            BinaryOp::Divide => self.divide(a, b),
            BinaryOp::Remainder => remainder(&a, &b),
            BinaryOp::Equal => self.equal(&a, &b).map(Val::Bool),
            BinaryOp::NotEqual => self.equal(&a, &b).map(|same| Val::Bool(!same)),
            BinaryOp::Less => Ok(Val::Bool(self.compare(&a, &b)? == Ordering::Less)),
            BinaryOp::LessEqual => Ok(Val::Bool(self.compare(&a, &b)? != Ordering::Greater)),
            BinaryOp::Greater => Ok(Val::Bool(self.compare(&a, &b)? == Ordering::Greater)),
            BinaryOp::GreaterEqual => Ok(Val::Bool(self.compare(&a, &b)? != Ordering::Less)),
            // These evaluate their sides themselves.
            BinaryOp::Alternative | BinaryOp::And | BinaryOp::Or => Ok(b),
        }
    }

    pub(crate) fn equal(&mut self, a: &Val, b: &Val) -> Result<bool, Stop> {
        let mut steps = self.meter.steps();
        let same = order::equal(a, b, &mut steps);
        self.meter.took(steps, same)
    }

    pub(crate) fn compare(&mut self, a: &Val, b: &Val) -> Result<Ordering, Stop> {
        let mut steps = self.meter.steps();
        let ordering = order::compare(a, b, &mut steps);
        self.meter.took(steps, ordering)
    }

    pub(crate) fn add(&mut self, a: Val, b: Val) -> Result<Val, Stop> {
        match (a, b) {
            (Val::Null, other) | (other, Val::Null) => Ok(other),
            (Val::Num(a), Val::Num(b)) => Ok(Val::Num(a + b)),
            (Val::Str(a), Val::Str(b)) => {
                if b.is_empty() {
                    return Ok(Val::Str(a));
                }
                let len = a.len() + b.len();
                self.meter.memory(CONTAINER + len as u64)?;
                let mut text = String::with_capacity(len);
                text.push_str(&a);
                text.push_str(&b);
                Ok(Val::from(text))
            }
            (Val::Arr(mut a), Val::Arr(b)) => {
                self.meter.work(b.len() as u64 / 8)?;
                let array = self.own_array(&mut a)?;
                array.extend(b.items());
                self.meter.memory(ITEM * b.len() as u64)?;
                self.meter.nesting(a.depth())?;
                Ok(Val::Arr(a))
            }
            (Val::Obj(mut a), Val::Obj(b)) => {
                self.meter.work(b.len() as u64 / 4)?;
                self.meter.memory(ENTRY * b.len() as u64)?;
                let object = self.own_object(&mut a)?;
                for (key, value) in b.entries() {
                    object.set(key, value.clone());
                }
                self.meter.nesting(a.depth())?;
                Ok(Val::Obj(a))
            }
            (a, b) => match (a.as_f64(), b.as_f64()) {
                (Some(a), Some(b)) => Ok(Val::Num(a + b)),
                _ => Err(Stop::about_two(&a, &b, "cannot be added")),
            },
        }
    }

    fn subtract(&mut self, a: Val, b: Val) -> Result<Val, Stop> {
        if let (Some(a), Some(b)) = (a.as_f64(), b.as_f64()) {
            return Ok(Val::Num(a - b));
        }
        let (Val::Arr(from), Val::Arr(what)) = (&a, &b) else {
            return Err(Stop::about_two(&a, &b, "cannot be subtracted"));
        };
        let mut kept = Vec::new();
        for item in from.items() {
            let mut gone = false;
            for other in what.items() {
                if self.equal(item, other)? {
                    gone = true;
                    break;
                }
            }
            if !gone {
                kept.push(item.clone());
            }
        }
        self.meter.work(from.len() as u64)?;
        self.array(kept)
    }

    fn multiply(&mut self, a: Val, b: Val) -> Result<Val, Stop> {
        match (&a, &b) {
            (Val::Str(text), number) | (number, Val::Str(text)) if number.as_f64().is_some() => {
                self.repeat(text, number.as_f64().unwrap_or(f64::NAN))
            }
            (Val::Obj(_), Val::Obj(_)) => self.merge(a, &b),
            _ => match (a.as_f64(), b.as_f64()) {
                (Some(a), Some(b)) => Ok(Val::Num(a * b)),
                _ => Err(Stop::about_two(&a, &b, "cannot be multiplied")),
            },
        }
    }

    /// `text * times`: null for a negative number, whole times otherwise.
    fn repeat(&mut self, text: &str, times: f64) -> Result<Val, Stop> {
        if times < 0.0 || times.is_nan() {
            return Ok(Val::Null);
        }
        let bytes = text.len() as f64 * times.trunc();
        if bytes > self.meter.memory_left() as f64 {
            return Err(Stop::Limit(LimitKind::Memory));
        }
        self.meter.memory(CONTAINER + bytes as u64)?;
        self.meter.work(bytes as u64 / 64)?;
        let times = if text.is_empty() { 0 } else { times as usize };
        Ok(Val::from(text.repeat(times)))
    }

    /// Merges objects; where both have an object under a key, those are merged too.
    fn merge(&mut self, a: Val, b: &Val) -> Result<Val, Stop> {
        let (Val::Obj(mut into), Val::Obj(from)) = (a, b) else {
            return Ok(b.clone());
        };
        self.meter.work(from.len() as u64)?;
        self.meter.memory(ENTRY * from.len() as u64)?;
        let object = self.own_object(&mut into)?;
        for (key, value) in from.entries() {
            let merged = match (value, object.get(key)) {
                (Val::Obj(_), Some(Val::Obj(_))) => {
                    let old = object.lift(key).unwrap_or_default();
                    self.nested(|machine| machine.merge(old, value))?
                }
                _ => value.clone(),
            };
            object.set(key, merged);
        }
        self.meter.nesting(into.depth())?;
        Ok(Val::Obj(into))
    }

    fn divide(&mut self, a: Val, b: Val) -> Result<Val, Stop> {
        match (&a, &b) {
            (Val::Str(text), Val::Str(separator)) => self.split(text, separator),
            _ => match (a.as_f64(), b.as_f64()) {
                (Some(_), Some(0.0)) => Err(Stop::about_two(
                    &a,
                    &b,
                    "cannot be divided because the divisor is zero",
                )),
                (Some(a), Some(b)) => Ok(Val::Num(a / b)),
                _ => Err(Stop::about_two(&a, &b, "cannot be divided")),
            },
        }
    }

    /// An array that may be changed: copied if others see it too.
    pub(crate) fn own_array<'v>(
        &mut self,
        array: &'v mut Arc<Array>,
    ) -> Result<&'v mut Array, Stop> {
        if Arc::get_mut(array).is_none() {
            self.meter.work(array.len() as u64 / 8)?;
            self.meter.memory(CONTAINER + ITEM * array.len() as u64)?;
        }
        Ok(Arc::make_mut(array))
    }

    /// An object that may be changed: copied if others see it too.
    pub(crate) fn own_object<'v>(
        &mut self,
        object: &'v mut Arc<Object>,
    ) -> Result<&'v mut Object, Stop> {
        if Arc::get_mut(object).is_none() {
            self.meter.work(object.len() as u64 / 4)?;
            self.meter.memory(CONTAINER + ENTRY * object.len() as u64)?;
        }
        Ok(Arc::make_mut(object))
    }
}

/// `%`: on whole numbers, with the sign of the dividend.
fn remainder(a: &Val, b: &Val) -> Result<Val, Stop> {
    let (Some(n), Some(d)) = (a.as_f64(), b.as_f64()) else {
        return Err(Stop::about_two(a, b, "cannot be divided (remainder)"));
    };
    if n.is_nan() || d.is_nan() {
        return Ok(Val::Num(f64::NAN));
    }
    // Conversions saturate, as in jq.
    let (n, d) = (n as i64, d as i64);
    match n.checked_rem(d) {
        Some(rest) => Ok(Val::Num(rest as f64)),
        None if d == 0 => Err(Stop::about_two(
            a,
            b,
            "cannot be divided (remainder) because the divisor is zero",
        )),
        None => Ok(Val::Num(0.0)),
    }
}
