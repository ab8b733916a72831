//! `reduce` and `foreach`.

use crate::error::Stop;
use crate::eval::single::{Single, some};
use crate::eval::{Env, Flow, Machine, Out};
use crate::expr::{Expr, Fold};
use crate::value::Val;

impl<'p> Machine<'p> {
    /// `reduce` whose start has at most one output.
    #[inline(never)]
    pub(super) fn reduce_single(&mut self, fold: &'p Fold, env: Env, input: Val) -> Single {
        let init = some!(self.operand(&fold.init, env, &input));
        self.reduce(fold, env, &input, init).map(Some)
    }

    #[inline(never)]
    pub(super) fn fold_many(
        &mut self,
        fold: &'p Fold,
        env: Env,
        input: Val,
        out: Out<'_, 'p>,
    ) -> Flow {
        self.each(
            &fold.init,
            env,
            input.clone(),
            &mut |machine, init| match &fold.extract {
                None => {
                    let state = machine.reduce(fold, env, &input, init)?;
                    out(machine, state)
                }
                Some(extract) => machine.foreach(fold, extract, env, &input, init, out),
            },
        )
    }

    /// The state is the last output of the update, or null if there was none. It is moved into the update, so that what only
    /// the state holds is changed in place.
    fn reduce(&mut self, fold: &'p Fold, env: Env, input: &Val, init: Val) -> Result<Val, Stop> {
        let mut state = init;
        self.each(&fold.source, env, input.clone(), &mut |machine, item| {
            let top = machine.bindings.len();
            let flow =
                machine.destructure(&fold.pattern, env, &item, input, &mut |machine, env| {
                    let before = std::mem::take(&mut state);
                    if fold.update.is_single() {
                        state = machine
                            .last_operand(&fold.update, env, before)?
                            .unwrap_or_default();
                        return Ok(());
                    }
                    machine.each(&fold.update, env, before, &mut |_, value| {
                        state = value;
                        Ok(())
                    })
                });
            machine.bindings.truncate(top);
            flow
        })?;
        Ok(state)
    }

    fn foreach(
        &mut self,
        fold: &'p Fold,
        extract: &'p Expr,
        env: Env,
        input: &Val,
        init: Val,
        out: Out<'_, 'p>,
    ) -> Flow {
        let mut state = init;
        self.each(&fold.source, env, input.clone(), &mut |machine, item| {
            let top = machine.bindings.len();
            let flow =
                machine.destructure(&fold.pattern, env, &item, input, &mut |machine, env| {
                    let before = std::mem::take(&mut state);
                    machine.each(&fold.update, env, before, &mut |machine, value| {
                        state = value.clone();
                        machine.each(extract, env, value, out)
                    })
                });
            machine.bindings.truncate(top);
            flow
        })
    }
}
