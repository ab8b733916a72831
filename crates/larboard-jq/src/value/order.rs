//! jq's order of values, equality and containment, and a stable sort.
//!
//! Values may share parts with themselves, so that a small one can take for ever to walk through. Every comparison therefore
//! takes a number of steps and gives `None` when they are used up.

use std::cmp::Ordering;
use std::sync::Arc;

use super::{Object, Val};

/// Steps that are left for comparing.
pub(crate) type Steps = u64;

/// `None`: there are no steps left.
fn step(steps: &mut Steps, count: usize) -> Option<()> {
    *steps = steps.checked_sub(count as u64)?;
    Some(())
}

/// Orders two values: null, false, true, numbers, strings, arrays, objects. Not-a-number is less than every number, itself
/// included.
pub(crate) fn compare(a: &Val, b: &Val, steps: &mut Steps) -> Option<Ordering> {
    step(steps, 1)?;
    match (a, b) {
        (Val::Str(a), Val::Str(b)) => {
            step(steps, a.len().min(b.len()) / 64)?;
            Some(a.as_bytes().cmp(b.as_bytes()))
        }
        (Val::Arr(a), Val::Arr(b)) => {
            for (x, y) in a.items().iter().zip(b.items()) {
                match compare(x, y, steps)? {
                    Ordering::Equal => {}
                    different => return Some(different),
                }
            }
            Some(a.len().cmp(&b.len()))
        }
        (Val::Obj(a), Val::Obj(b)) => compare_objects(a, b, steps),
        (Val::Num(_) | Val::Dec(_), Val::Num(_) | Val::Dec(_)) => Some(compare_numbers(a, b)),
        _ => Some(a.kind().cmp(&b.kind())),
    }
}

fn compare_objects(a: &Object, b: &Object, steps: &mut Steps) -> Option<Ordering> {
    step(steps, a.len() + b.len())?;
    let (a, b) = (a.sorted(), b.sorted());
    let keys = (a.iter().map(|e| e.0.as_bytes())).cmp(b.iter().map(|e| e.0.as_bytes()));
    if keys != Ordering::Equal {
        return Some(keys);
    }
    for (x, y) in a.iter().zip(&b) {
        match compare(&x.1, &y.1, steps)? {
            Ordering::Equal => {}
            different => return Some(different),
        }
    }
    Some(Ordering::Equal)
}

fn compare_numbers(a: &Val, b: &Val) -> Ordering {
    if let (Val::Dec(a), Val::Dec(b)) = (a, b) {
        return a.compare(b);
    }
    match (a.as_f64(), b.as_f64()) {
        (Some(a), _) if a.is_nan() => Ordering::Less,
        (Some(a), Some(b)) => a.partial_cmp(&b).unwrap_or(Ordering::Greater),
        _ => Ordering::Equal,
    }
}

/// jq's `==`.
pub(crate) fn equal(a: &Val, b: &Val, steps: &mut Steps) -> Option<bool> {
    step(steps, 1)?;
    match (a, b) {
        (Val::Str(a), Val::Str(b)) => {
            step(steps, a.len() / 64)?;
            Some(a == b)
        }
        (Val::Arr(a), Val::Arr(b)) => {
            if a.len() != b.len() {
                return Some(false);
            }
            if Arc::ptr_eq(a, b) {
                return Some(true);
            }
            for (x, y) in a.items().iter().zip(b.items()) {
                if !equal(x, y, steps)? {
                    return Some(false);
                }
            }
            Some(true)
        }
        (Val::Obj(a), Val::Obj(b)) => {
            if a.len() != b.len() {
                return Some(false);
            }
            if Arc::ptr_eq(a, b) {
                return Some(true);
            }
            for (key, x) in a.entries() {
                match b.get(key) {
                    Some(y) if equal(x, y, steps)? => {}
                    _ => return Some(false),
                }
            }
            Some(true)
        }
        (Val::Num(_) | Val::Dec(_), Val::Num(_) | Val::Dec(_)) => {
            Some(compare_numbers(a, b) == Ordering::Equal)
        }
        _ => Some(a.kind() == b.kind()),
    }
}

impl PartialEq for Val {
    fn eq(&self, other: &Val) -> bool {
        let mut steps = Steps::MAX;
        equal(self, other, &mut steps).unwrap_or(false)
    }
}

/// Whether `a` contains `b`: strings as substrings, arrays and objects item by item.
pub(crate) fn contains(a: &Val, b: &Val, steps: &mut Steps) -> Option<bool> {
    step(steps, 1)?;
    match (a, b) {
        (Val::Str(a), Val::Str(b)) => {
            step(steps, a.len() / 64)?;
            Some(a.contains(&**b))
        }
        (Val::Arr(a), Val::Arr(b)) => {
            for y in b.items() {
                let mut found = false;
                for x in a.items() {
                    if contains(x, y, steps)? {
                        found = true;
                        break;
                    }
                }
                if !found {
                    return Some(false);
                }
            }
            Some(true)
        }
        (Val::Obj(a), Val::Obj(b)) => {
            for (key, y) in b.entries() {
                match a.get(key) {
                    Some(x) if contains(x, y, steps)? => {}
                    _ => return Some(false),
                }
            }
            Some(true)
        }
        _ => equal(a, b, steps),
    }
}

/// Sorts items by their keys, stably. A merge of our own, because the comparison may fail and need not be a total order
/// (not-a-number is less than itself), which the sort of the standard library answers with a panic.
pub(crate) fn sort<T>(items: Vec<(Val, T)>, steps: &mut Steps) -> Option<Vec<(Val, T)>> {
    if items.len() < 2 {
        return Some(items);
    }
    let mut left = items;
    let right = left.split_off(left.len() / 2);
    let mut left = sort(left, steps)?.into_iter().peekable();
    let mut right = sort(right, steps)?.into_iter().peekable();
    let mut merged = Vec::with_capacity(left.len() + right.len());
    while let (Some(a), Some(b)) = (left.peek(), right.peek()) {
        let next = match compare(&b.0, &a.0, steps)? {
            Ordering::Less if !is_nan(&a.0) => right.next(),
            _ => left.next(),
        };
        merged.extend(next);
    }
    merged.extend(left);
    merged.extend(right);
    Some(merged)
}

fn is_nan(value: &Val) -> bool {
    matches!(value, Val::Num(n) if n.is_nan())
}
