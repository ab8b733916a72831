//! Assignments: `=`, `|=`, `+=` and the like.

use crate::error::Stop;
use crate::eval::{Env, Machine, access};
use crate::expr::{Card, Expr};
use crate::syntax::ast::BinaryOp;
use crate::value::Val;

/// Gives the new value of a place, or none if it shall go.
type Change<'a, 'p> = &'a mut (dyn FnMut(&mut Machine<'p>, Val) -> Result<Option<Val>, Stop> + 'a);

impl<'p> Machine<'p> {
    /// `path = value`
    #[inline(never)]
    pub(super) fn set(
        &mut self,
        path: &'p Expr,
        env: Env,
        input: Val,
        value: &Val,
    ) -> Result<Val, Stop> {
        self.change(path, env, input, true, &mut |_, _| Ok(Some(value.clone())))
    }

    /// `path |= update`: the first output counts; where there is none, the place goes.
    #[inline(never)]
    pub(super) fn update(
        &mut self,
        path: &'p Expr,
        update: &'p Expr,
        env: Env,
        input: Val,
    ) -> Result<Val, Stop> {
        let total = update.card == Card::One;
        self.change(path, env, input, total, &mut |machine, old| {
            if update.is_single() {
                return machine.last_operand(update, env, old);
            }
            let mut first = None;
            let flow = machine.each(update, env, old, &mut |_, value| {
                first = Some(value);
                Err(Stop::Enough)
            });
            super::generate::unless_enough(flow, first.is_some())?;
            Ok(first)
        })
    }

    /// `path op= value`
    #[inline(never)]
    pub(super) fn update_with(
        &mut self,
        op: BinaryOp,
        path: &'p Expr,
        env: Env,
        input: Val,
        value: &Val,
    ) -> Result<Val, Stop> {
        self.change(path, env, input, true, &mut |machine, old| {
            if op == BinaryOp::Alternative {
                return Ok(Some(if old.is_truthy() { old } else { value.clone() }));
            }
            machine.operate(op, old, value.clone()).map(Some)
        })
    }

    /// Changes every place that the path leads to. `total`: the change never removes a place, so that values may be moved
    /// out of their place while they change.
    fn change(
        &mut self,
        path: &'p Expr,
        env: Env,
        input: Val,
        total: bool,
        change: Change<'_, 'p>,
    ) -> Result<Val, Stop> {
        let mut gone = Vec::new();
        if let Some(keys) = self.plain_keys(path, env, &input)? {
            let (changed, kept) = self.change_at(input, &keys, total, change)?;
            if !kept {
                gone.push(keys);
            }
            return self.delete_paths(changed, gone);
        }
        let mut state = input.clone();
        self.for_each_path(path, env, input, &mut |machine, path| {
            let keys = path.keys();
            let before = std::mem::take(&mut state);
            let (changed, kept) = machine.change_at(before, &keys, total, change)?;
            state = changed;
            if !kept {
                machine
                    .meter
                    .memory(crate::eval::ITEM * (1 + keys.len() as u64))?;
                gone.push(keys);
            }
            Ok(())
        })?;
        self.delete_paths(state, gone)
    }

    /// Changes one place. The second part is false if the place shall go; its value is then the old one still.
    fn change_at(
        &mut self,
        value: Val,
        keys: &[Val],
        total: bool,
        change: Change<'_, 'p>,
    ) -> Result<(Val, bool), Stop> {
        let Some((key, rest)) = keys.split_first() else {
            let old = if total { Val::Null } else { value.clone() };
            return Ok(match change(self, value)? {
                Some(new) => (new, true),
                None => (old, false),
            });
        };
        self.nested(|machine| {
            let whole = total || access::is_present(&value, key);
            let (value, child) = machine.lift(value, key)?;
            let (child, kept) = machine.change_at(child, rest, total, change)?;
            if !kept && !whole {
                // Nothing was taken out, and nothing comes in.
                return Ok((value, false));
            }
            Ok((machine.put(value, key, child)?, kept))
        })
    }
}
