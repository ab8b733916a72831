//! `sort_by(f)` and its relatives, `INDEX`.

use std::cmp::Ordering;

use crate::error::Stop;
use crate::eval::{Env, Machine};
use crate::expr::{Control, Expr};
use crate::value::{Object, Val, order};

impl<'p> Machine<'p> {
    pub(super) fn order_by(
        &mut self,
        control: Control,
        f: &'p Expr,
        env: Env,
        input: &Val,
    ) -> Result<Val, Stop> {
        let mut keyed = Vec::new();
        self.for_each(input, |machine, item| {
            let key = match f.is_single() {
                true => {
                    let key = machine.operand(f, env, &item)?;
                    Val::arr(key.into_iter().collect())
                }
                false => machine.collect(f, env, item.clone())?,
            };
            machine.meter.memory(crate::eval::CONTAINER)?;
            keyed.push((key, item));
            Ok(())
        })?;
        if !matches!(input, Val::Arr(_)) {
            let keys = Val::arr(keyed.into_iter().map(|(key, _)| key).collect());
            let what = match control {
                Control::MinBy | Control::MaxBy => "cannot be iterated over",
                _ => "cannot be sorted, as they are not both arrays",
            };
            return Err(Stop::about_two(input, &keys, what));
        }
        match control {
            Control::MinBy => self.extreme(keyed, Ordering::Less),
            Control::MaxBy => self.extreme(keyed, Ordering::Greater),
            Control::GroupBy => self.group(keyed),
            Control::UniqueBy => self.unique(keyed),
            _ => self.sort(keyed),
        }
    }

    fn sorted(&mut self, keyed: Vec<(Val, Val)>) -> Result<Vec<(Val, Val)>, Stop> {
        self.meter.memory(48 * keyed.len() as u64)?;
        let mut steps = self.meter.steps();
        let sorted = order::sort(keyed, &mut steps);
        self.meter.took(steps, sorted)
    }

    pub(crate) fn sort(&mut self, keyed: Vec<(Val, Val)>) -> Result<Val, Stop> {
        let sorted = self.sorted(keyed)?;
        self.array(sorted.into_iter().map(|(_, item)| item).collect())
    }

    /// Items with equal keys together, in the order of the keys.
    pub(crate) fn group(&mut self, keyed: Vec<(Val, Val)>) -> Result<Val, Stop> {
        let mut groups: Vec<(Val, Vec<Val>)> = Vec::new();
        for (key, item) in self.sorted(keyed)? {
            match groups.last_mut() {
                Some((last, group)) if self.equal(last, &key)? => group.push(item),
                _ => groups.push((key, vec![item])),
            }
        }
        let mut arrays = Vec::with_capacity(groups.len());
        for (_, group) in groups {
            arrays.push(self.array(group)?);
        }
        self.array(arrays)
    }

    /// The first item of every key, in the order of the keys.
    pub(crate) fn unique(&mut self, keyed: Vec<(Val, Val)>) -> Result<Val, Stop> {
        let mut kept = Vec::new();
        let mut last: Option<Val> = None;
        for (key, item) in self.sorted(keyed)? {
            let same = match &last {
                Some(last) => self.equal(last, &key)?,
                None => false,
            };
            if !same {
                kept.push(item);
                last = Some(key);
            }
        }
        self.array(kept)
    }

    /// The first least item, or the last greatest one, as in jq.
    pub(crate) fn extreme(
        &mut self,
        keyed: Vec<(Val, Val)>,
        wanted: Ordering,
    ) -> Result<Val, Stop> {
        let mut best: Option<(Val, Val)> = None;
        for (key, item) in keyed {
            let better = match &best {
                None => true,
                Some((held, _)) => {
                    let found = self.compare(&key, held)?;
                    found == wanted || (wanted == Ordering::Greater && found == Ordering::Equal)
                }
            };
            if better {
                best = Some((key, item));
            }
        }
        Ok(best.map_or(Val::Null, |(_, item)| item))
    }

    /// `INDEX(rows; key)`
    pub(super) fn index_by(&mut self, args: &'p [Expr], env: Env, input: Val) -> Result<Val, Stop> {
        let mut object = Object::default();
        self.each(&args[0], env, input, &mut |machine, row| {
            machine.each(&args[1], env, row.clone(), &mut |machine, key| {
                machine.meter.memory(crate::eval::ENTRY)?;
                let key = machine.text_of(&key)?;
                object.set(&key, row.clone());
                Ok(())
            })
        })?;
        self.object(object)
    }
}
