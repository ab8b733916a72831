//! Expressions with any number of outputs: each output is passed on as soon as it is there.

use crate::builtins::{Native, Outer};
use crate::error::Stop;
use crate::eval::single::{if_optional, insert, negate};
use crate::eval::{Bound, Env, Flow, Machine, Out, access};
use crate::expr::{Expr, Kind};
use crate::value::{Object, Val};

impl<'p> Machine<'p> {
    /// Evaluates an expression and passes its outputs on.
    pub(crate) fn each(&mut self, expr: &'p Expr, env: Env, input: Val, out: Out<'_, 'p>) -> Flow {
        if expr.is_single() {
            return match self.last_operand(expr, env, input)? {
                Some(value) => out(self, value),
                None => Ok(()),
            };
        }
        self.meter.enter()?;
        let base = self.bindings.len();
        let flow = self.many_loop(expr, env, input, out);
        self.bindings.truncate(base);
        self.meter.leave();
        flow
    }

    fn many_loop(
        &mut self,
        mut expr: &'p Expr,
        mut env: Env,
        mut input: Val,
        out: Out<'_, 'p>,
    ) -> Flow {
        let base = self.bindings.len();
        loop {
            if expr.is_single() {
                return match self.last_operand(expr, env, input)? {
                    Some(value) => out(self, value),
                    None => Ok(()),
                };
            }
            self.meter.work(1)?;
            match &expr.kind {
                Kind::Pipe(left, right) => {
                    if !left.is_single() {
                        return self.each(left, env, input, &mut |machine, value| {
                            machine.each(right, env, value, out)
                        });
                    }
                    match self.last_operand(left, env, input)? {
                        Some(value) => (expr, input) = (right, value),
                        None => return Ok(()),
                    }
                }
                Kind::Comma(items) => {
                    let Some((last, before)) = items.split_last() else {
                        return Ok(());
                    };
                    for item in before {
                        self.each(item, env, input.clone(), out)?;
                    }
                    expr = last;
                }
                Kind::If(branches) => {
                    let condition = &branches.condition;
                    let choose = |truthy: bool| match truthy {
                        true => &branches.then,
                        false => &branches.otherwise,
                    };
                    if !condition.is_single() {
                        return self.each(condition, env, input.clone(), &mut |machine, value| {
                            machine.each(choose(value.is_truthy()), env, input.clone(), out)
                        });
                    }
                    match self.operand(condition, env, &input)? {
                        Some(value) => expr = choose(value.is_truthy()),
                        None => return Ok(()),
                    }
                }
                Kind::Alternative(left, right) => {
                    let mut found = false;
                    self.each(left, env, input.clone(), &mut |machine, value| {
                        if !value.is_truthy() {
                            return Ok(());
                        }
                        found = true;
                        out(machine, value)
                    })?;
                    if found {
                        return Ok(());
                    }
                    expr = right;
                }
                Kind::Bind(bind) => {
                    if !bind.source.is_single() || !bind.pattern.is_simple() {
                        return self.bind_many(bind, env, input, out);
                    }
                    match self.operand(&bind.source, env, &input)? {
                        Some(source) => {
                            env = self.push(env, Bound::Val(source))?;
                            expr = &bind.body;
                        }
                        None => return Ok(()),
                    }
                }
                Kind::Call { function, up, args } => {
                    let function = &self.functions[*function];
                    let mut values = args.iter().zip(&function.values).filter(|(_, is)| **is);
                    if values.any(|(arg, _)| !arg.is_single()) {
                        return self.call_many(function, *up, args, env, input, out);
                    }
                    match self.enter_function(&function.values, *up, args, env, &input, base)? {
                        Some(inside) => (expr, env) = (&function.body, inside),
                        None => return Ok(()),
                    }
                }
                Kind::Param { hops, .. } => match self.bound(env, *hops) {
                    Bound::Closure(body, at) => (expr, env) = (body, *at),
                    _ => return Ok(()),
                },
                Kind::Each { of, optional } => return self.iterate(of, *optional, env, input, out),
                Kind::Try { body, handler } => match self.attempt(body, env, input, out)? {
                    None => return Ok(()),
                    Some(raised) => match handler {
                        Some(handler) => (expr, input) = (handler, raised),
                        None => return Ok(()),
                    },
                },
                _ => return self.combine(expr, env, input, out),
            }
        }
    }

    /// Runs the body of `try`. What it raises is given back; what those raise who take its outputs goes on.
    #[inline(never)]
    fn attempt(
        &mut self,
        body: &'p Expr,
        env: Env,
        input: Val,
        out: Out<'_, 'p>,
    ) -> Result<Option<Val>, Stop> {
        let mut outside = None;
        let flow = self.each(body, env, input, &mut |machine, value| {
            out(machine, value).map_err(|stop| {
                outside = Some(stop);
                Stop::Enough
            })
        });
        match (outside, flow) {
            (Some(stop), _) => Err(stop),
            (None, Ok(())) => Ok(None),
            (None, Err(stop)) => stop.caught().map(Some),
        }
    }

    #[inline(never)]
    fn iterate(
        &mut self,
        of: &'p Expr,
        optional: bool,
        env: Env,
        input: Val,
        out: Out<'_, 'p>,
    ) -> Flow {
        self.each(of, env, input, &mut |machine, container| {
            if optional && !matches!(container, Val::Arr(_) | Val::Obj(_)) {
                return Ok(());
            }
            machine.for_each(&container, |machine, value| out(machine, value))
        })
    }

    /// Nodes that combine operands, every output of one with every output of the others.
    #[inline(never)]
    fn combine(&mut self, expr: &'p Expr, env: Env, input: Val, out: Out<'_, 'p>) -> Flow {
        match &expr.kind {
            Kind::Field { of, key, optional } => {
                self.each(
                    of,
                    env,
                    input,
                    &mut |machine, of| match access::field(&of, key) {
                        Some(value) => out(machine, value.clone()),
                        None if *optional => Ok(()),
                        None => Err(access::cannot_index(&of, &Val::Str(key.clone()))),
                    },
                )
            }
            Kind::Index { of, key, optional } => {
                self.each(key, env, input.clone(), &mut |machine, key| {
                    machine.each(of, env, input.clone(), &mut |machine, of| {
                        let value = if_optional(machine.index(&of, &key), *optional)?;
                        value.map_or(Ok(()), |value| out(machine, value))
                    })
                })
            }
            Kind::Slice {
                of,
                from,
                to,
                optional,
            } => self.each(from, env, input.clone(), &mut |machine, from| {
                machine.each(to, env, input.clone(), &mut |machine, to| {
                    machine.each(of, env, input.clone(), &mut |machine, of| {
                        let value = if_optional(machine.slice(&of, &from, &to), *optional)?;
                        value.map_or(Ok(()), |value| out(machine, value))
                    })
                })
            }),
            Kind::Negate(of) => self.each(of, env, input, &mut |machine, value| {
                let negated = negate(&value)?;
                out(machine, negated)
            }),
            Kind::Binary(op, left, right) => {
                self.each(right, env, input.clone(), &mut |machine, right| {
                    machine.each(left, env, input.clone(), &mut |machine, left| {
                        let value = machine.operate(*op, left, right.clone())?;
                        out(machine, value)
                    })
                })
            }
            Kind::And(left, right) => self.logic_many(left, right, false, env, &input, out),
            Kind::Or(left, right) => self.logic_many(left, right, true, env, &input, out),
            Kind::Object(entries) => {
                self.construct_many(entries, Object::default(), env, &input, out)
            }
            Kind::Text { format, parts } => {
                self.text_many(format, parts, String::new(), env, &input, out)
            }
            Kind::Native { native, args } => {
                let mut values = vec![Val::Null; args.len()];
                self.native_many(native, args, 0, &mut values, env, &input, out)
            }
            _ => self.structured(expr, env, input, out),
        }
    }

    #[inline(never)]
    fn structured(&mut self, expr: &'p Expr, env: Env, input: Val, out: Out<'_, 'p>) -> Flow {
        match &expr.kind {
            Kind::Fold(fold) => self.fold_many(fold, env, input, out),
            Kind::Label(body) => {
                let (env, label) = self.push_label(env)?;
                match self.each(body, env, input, out) {
                    Err(stop) if stop.is_break_to(label) => Ok(()),
                    flow => flow,
                }
            }
            Kind::Set { path, value } => {
                self.each(value, env, input.clone(), &mut |machine, value| {
                    let changed = machine.set(path, env, input.clone(), &value)?;
                    out(machine, changed)
                })
            }
            Kind::Operate { op, path, value } => {
                self.each(value, env, input.clone(), &mut |machine, value| {
                    let changed = machine.update_with(*op, path, env, input.clone(), &value)?;
                    out(machine, changed)
                })
            }
            Kind::Control(control, args) => self.control_many(*control, args, env, input, out),
            _ => Ok(()),
        }
    }

    fn logic_many(
        &mut self,
        left: &'p Expr,
        right: &'p Expr,
        decided: bool,
        env: Env,
        input: &Val,
        out: Out<'_, 'p>,
    ) -> Flow {
        self.each(left, env, input.clone(), &mut |machine, left| {
            if left.is_truthy() == decided {
                return out(machine, Val::Bool(decided));
            }
            machine.each(right, env, input.clone(), &mut |machine, right| {
                out(machine, Val::Bool(right.is_truthy()))
            })
        })
    }

    fn construct_many(
        &mut self,
        entries: &'p [(Expr, Expr)],
        object: Object,
        env: Env,
        input: &Val,
        out: Out<'_, 'p>,
    ) -> Flow {
        let Some(((key, value), rest)) = entries.split_first() else {
            let object = self.object(object)?;
            return out(self, object);
        };
        self.each(key, env, input.clone(), &mut |machine, key| {
            machine.each(value, env, input.clone(), &mut |machine, value| {
                machine.meter.work(object.len() as u64)?;
                let mut object = object.clone();
                insert(&mut object, &key, value)?;
                machine.construct_many(rest, object, env, input, out)
            })
        })
    }

    /// Fills in the arguments one after the other, from the one that varies slowest.
    #[allow(clippy::too_many_arguments, reason = "the state of a recursion")]
    fn native_many(
        &mut self,
        native: &'static Native,
        args: &'p [Expr],
        done: usize,
        values: &mut Vec<Val>,
        env: Env,
        input: &Val,
        out: Out<'_, 'p>,
    ) -> Flow {
        if done == args.len() {
            let output = (native.run)(self, input.clone(), values)?;
            return out(self, output);
        }
        let place = match native.outer {
            Outer::First => done,
            Outer::Last => args.len() - 1 - done,
        };
        self.each(&args[place], env, input.clone(), &mut |machine, value| {
            values[place] = value;
            machine.native_many(native, args, done + 1, values, env, input, out)
        })
    }
}
