//! Variables and arguments: taking values apart, and calls whose arguments have many outputs.

use crate::error::Stop;
use crate::eval::{Bound, Env, Flow, Machine, NULL, Out, access};
use crate::expr::{Bind, Destructure, Expr, Function, Shape, ShapeEntry, Up};
use crate::value::Val;

/// Runs with the variables bound.
type Body<'a, 'p> = &'a mut (dyn FnMut(&mut Machine<'p>, Env) -> Flow + 'a);

impl Destructure {
    /// Whether it is a plain variable.
    pub(super) fn is_simple(&self) -> bool {
        matches!(self, Destructure::Var)
    }
}

impl<'p> Machine<'p> {
    /// `source as pattern | body`, with everything that has many outputs.
    #[inline(never)]
    pub(super) fn bind_many(
        &mut self,
        bind: &'p Bind,
        env: Env,
        input: Val,
        out: Out<'_, 'p>,
    ) -> Flow {
        self.each(&bind.source, env, input.clone(), &mut |machine, source| {
            machine.destructure(&bind.pattern, env, &source, &input, &mut |machine, env| {
                machine.each(&bind.body, env, input.clone(), out)
            })
        })
    }

    /// Binds a pattern that fits in one way. `None`: a key had no output.
    pub(super) fn destructure_single(
        &mut self,
        pattern: &'p Destructure,
        env: Env,
        source: Val,
        input: &Val,
    ) -> Result<Option<Env>, Stop> {
        if pattern.is_simple() {
            return self.push(env, Bound::Val(source)).map(Some);
        }
        // The bindings stay when the callback is done.
        let mut bound = None;
        self.destructure(pattern, env, &source, input, &mut |_, env| {
            bound = Some(env);
            Ok(())
        })?;
        Ok(bound)
    }

    /// Binds a pattern in every way in which it fits and runs the body for each.
    ///
    /// With alternatives, an error moves on to the next one, also an error of the body, as in jq.
    #[inline(never)]
    pub(super) fn destructure(
        &mut self,
        pattern: &'p Destructure,
        env: Env,
        source: &Val,
        input: &Val,
        body: Body<'_, 'p>,
    ) -> Flow {
        let Destructure::Patterns {
            slots,
            alternatives,
        } = pattern
        else {
            let env = self.push(env, Bound::Val(source.clone()))?;
            return body(self, env);
        };
        let first = self.bindings.len();
        let mut inside = env;
        for _ in 0..*slots {
            inside = self.push(inside, Bound::Val(Val::Null))?;
        }
        let Some((last, before)) = alternatives.split_last() else {
            return Ok(());
        };
        for shape in before {
            match self.fit(shape, first, inside, source, input, body) {
                Err(Stop::Raised(_)) => self.clear(first, *slots),
                flow => return flow,
            }
        }
        self.fit(last, first, inside, source, input, body)
    }

    fn clear(&mut self, first: usize, slots: u32) {
        for binding in &mut self.bindings[first..first + slots as usize] {
            binding.bound = Bound::Val(Val::Null);
        }
    }

    fn assign_slot(&mut self, first: usize, slot: u32, value: &Val) {
        self.bindings[first + slot as usize].bound = Bound::Val(value.clone());
    }

    /// Fits one pattern. `first`: the binding of slot 0.
    fn fit(
        &mut self,
        shape: &'p Shape,
        first: usize,
        env: Env,
        value: &Val,
        input: &Val,
        body: Body<'_, 'p>,
    ) -> Flow {
        match shape {
            Shape::Slot(slot) => {
                self.assign_slot(first, *slot, value);
                body(self, env)
            }
            Shape::Array(items) => self.fit_items(items, first, env, value, input, body),
            Shape::Object(entries) => self.fit_entries(entries, first, env, value, input, body),
        }
    }

    /// As in jq, the last item comes first.
    fn fit_items(
        &mut self,
        items: &'p [Shape],
        first: usize,
        env: Env,
        value: &Val,
        input: &Val,
        body: Body<'_, 'p>,
    ) -> Flow {
        let Some((shape, before)) = items.split_last() else {
            return body(self, env);
        };
        let item = match value {
            Val::Arr(array) => array.get(before.len()).unwrap_or(&NULL),
            Val::Null => &NULL,
            _ => return Err(access::cannot_index(value, &Val::from(before.len()))),
        };
        self.fit(shape, first, env, item, input, &mut |machine, env| {
            machine.fit_items(before, first, env, value, input, body)
        })
    }

    fn fit_entries(
        &mut self,
        entries: &'p [ShapeEntry],
        first: usize,
        env: Env,
        value: &Val,
        input: &Val,
        body: Body<'_, 'p>,
    ) -> Flow {
        let Some((entry, rest)) = entries.split_first() else {
            return body(self, env);
        };
        self.each(&entry.key, env, input.clone(), &mut |machine, key| {
            let item = machine.index(value, &key)?;
            if let Some(slot) = entry.slot {
                machine.assign_slot(first, slot, &item);
            }
            match &entry.shape {
                None => machine.fit_entries(rest, first, env, value, input, body),
                Some(shape) => machine.fit(shape, first, env, &item, input, &mut |machine, env| {
                    machine.fit_entries(rest, first, env, value, input, body)
                }),
            }
        })
    }

    /// A call of which a value argument has many outputs: the body runs for every combination.
    #[inline(never)]
    pub(super) fn call_many(
        &mut self,
        function: &'p Function,
        up: Up,
        args: &'p [Expr],
        env: Env,
        input: Val,
        out: Out<'_, 'p>,
    ) -> Flow {
        let top = self.bindings.len();
        let defined = self.defined(up, env);
        for arg in args {
            let bound = self.closure(arg, env);
            self.push(defined, bound)?;
        }
        let inside = self.link(defined, top);
        let values: Vec<&'p Expr> = (args.iter().zip(&function.values))
            .filter_map(|(arg, is_value)| is_value.then_some(arg))
            .collect();
        self.bind_values(&values, inside, env, &input, &mut |machine, inside| {
            machine.each(&function.body, inside, input.clone(), out)
        })
    }

    /// Binds the outputs of expressions one after the other; the first varies slowest.
    pub(super) fn bind_values(
        &mut self,
        values: &[&'p Expr],
        inside: Env,
        env: Env,
        input: &Val,
        body: Body<'_, 'p>,
    ) -> Flow {
        let Some((value, rest)) = values.split_first() else {
            return body(self, inside);
        };
        self.each(value, env, input.clone(), &mut |machine, value| {
            let top = machine.bindings.len();
            let bound = machine.push(inside, Bound::Val(value))?;
            let flow = machine.bind_values(rest, bound, env, input, body);
            machine.bindings.truncate(top);
            flow
        })
    }
}
