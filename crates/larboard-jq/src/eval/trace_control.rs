//! Builtins that run their arguments themselves, as paths.

use std::cell::Cell;

use crate::error::Stop;
use crate::eval::generate::unless_enough;
use crate::eval::trace::{Spot, Spots};
use crate::eval::{Env, Flow, Machine};
use crate::expr::{Control, Expr, Function, Kind, Up};
use crate::value::Val;

impl<'p> Machine<'p> {
    #[inline(never)]
    pub(super) fn control_traced(
        &mut self,
        control: Control,
        expr: &'p Expr,
        args: &'p [Expr],
        env: Env,
        spot: Spot,
        out: Spots<'_, 'p>,
    ) -> Flow {
        let input = spot.val.clone();
        match control {
            Control::First => {
                let enough = Cell::new(false);
                let flow = self.trace(&args[0], env, spot, &mut |machine, spot| {
                    out(machine, spot)?;
                    enough.set(true);
                    Err(Stop::Enough)
                });
                unless_enough(flow, enough.get())
            }
            Control::Limit => self.each(&args[0], env, input, &mut |machine, count| {
                let mut left = machine.countdown(&count, "limit")?;
                if left.is_over() {
                    return Ok(());
                }
                let flow = machine.trace(&args[1], env, spot.clone(), &mut |machine, spot| {
                    left.down()?;
                    out(machine, spot)?;
                    if left.is_over() {
                        Err(Stop::Enough)
                    } else {
                        Ok(())
                    }
                });
                unless_enough(flow, left.is_over())
            }),
            Control::Skip => self.each(&args[0], env, input, &mut |machine, count| {
                let mut left = machine.countdown(&count, "skip")?;
                machine.trace(&args[1], env, spot.clone(), &mut |machine, spot| {
                    if left.is_last() {
                        return out(machine, spot);
                    }
                    left.down()?;
                    Ok(())
                })
            }),
            Control::Nth => self.each(&args[0], env, input, &mut |machine, place| {
                let mut left = machine.countdown_nth(&place)?;
                let mut enough = false;
                let flow = machine.trace(&args[1], env, spot.clone(), &mut |machine, spot| {
                    if left.is_last() {
                        out(machine, spot)?;
                        enough = true;
                        return Err(Stop::Enough);
                    }
                    left.down()?;
                    Ok(())
                });
                unless_enough(flow, enough)
            }),
            Control::Recurse => self.recurse_traced(&args[0], env, spot, out),
            Control::While => self.while_traced(args, env, spot, out),
            Control::Until => self.until_traced(args, env, spot, out),
            Control::Repeat => loop {
                self.meter.work(1)?;
                self.trace(&args[0], env, spot.clone(), out)?;
            },
            Control::GetPath => self.each(&args[0], env, input, &mut |machine, path| {
                machine.step_path(spot.clone(), &path, out)
            }),
            _ => self.trace_value(expr, env, spot, out),
        }
    }

    /// `getpath(path)`: as many keys further.
    fn step_path(&mut self, spot: Spot, path: &Val, out: Spots<'_, 'p>) -> Flow {
        let value = self.get_path(&spot.val, path)?;
        if !spot.is_intact() {
            return out(self, spot.with(value, false));
        }
        let mut there = spot;
        for key in path.as_array().map_or(&[][..], |array| array.items()) {
            there = self.further(there, key.clone())?;
        }
        out(self, there)
    }

    fn recurse_traced(&mut self, f: &'p Expr, env: Env, spot: Spot, out: Spots<'_, 'p>) -> Flow {
        out(self, spot.clone())?;
        self.trace(f, env, spot, &mut |machine, spot| {
            machine.recurse_traced(f, env, spot, out)
        })
    }

    fn while_traced(&mut self, args: &'p [Expr], env: Env, spot: Spot, out: Spots<'_, 'p>) -> Flow {
        self.each(
            &args[0],
            env,
            spot.val.clone(),
            &mut |machine, condition| {
                if !condition.is_truthy() {
                    return Ok(());
                }
                out(machine, spot.clone())?;
                machine.trace(&args[1], env, spot.clone(), &mut |machine, spot| {
                    machine.while_traced(args, env, spot, out)
                })
            },
        )
    }

    fn until_traced(&mut self, args: &'p [Expr], env: Env, spot: Spot, out: Spots<'_, 'p>) -> Flow {
        self.each(
            &args[0],
            env,
            spot.val.clone(),
            &mut |machine, condition| {
                if condition.is_truthy() {
                    return out(machine, spot.clone());
                }
                machine.trace(&args[1], env, spot.clone(), &mut |machine, spot| {
                    machine.until_traced(args, env, spot, out)
                })
            },
        )
    }

    /// A call of which a value argument has many outputs.
    #[inline(never)]
    pub(super) fn call_many_traced(
        &mut self,
        function: &'p Function,
        up: Up,
        args: &'p [Expr],
        env: Env,
        spot: Spot,
        out: Spots<'_, 'p>,
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
        let input = spot.val.clone();
        self.bind_values(&values, inside, env, &input, &mut |machine, inside| {
            machine.trace(&function.body, inside, spot.clone(), out)
        })
    }

    /// All paths of an expression, as keys.
    pub(super) fn paths_of(
        &mut self,
        expr: &'p Expr,
        env: Env,
        input: &Val,
    ) -> Result<Vec<Vec<Val>>, Stop> {
        let mut paths = Vec::new();
        self.for_each_path(expr, env, input.clone(), &mut |machine, path| {
            let keys = path.keys();
            machine
                .meter
                .memory(crate::eval::CONTAINER + crate::eval::ITEM * keys.len() as u64)?;
            paths.push(keys);
            Ok(())
        })?;
        Ok(paths)
    }

    /// `pick(f)`: only what the paths lead to.
    pub(super) fn pick(&mut self, expr: &'p Expr, env: Env, input: &Val) -> Result<Val, Stop> {
        let mut picked = Val::Null;
        self.for_each_path(expr, env, input.clone(), &mut |machine, path| {
            let keys = path.keys();
            let value = machine.get_keys(input, &keys)?;
            let before = std::mem::take(&mut picked);
            picked = machine.set_keys(before, &keys, value)?;
            Ok(())
        })?;
        Ok(picked)
    }

    /// `paths`, `paths(condition)`
    pub(super) fn paths(
        &mut self,
        condition: Option<&'p Expr>,
        env: Env,
        input: &Val,
        out: crate::eval::Out<'_, 'p>,
    ) -> Flow {
        self.paths_below(input, &mut Vec::new(), &mut |machine, path, value| {
            let Some(condition) = condition else {
                if path.is_empty() {
                    return Ok(());
                }
                let path = machine.array(path.to_vec())?;
                return out(machine, path);
            };
            // The condition is asked for the whole value too, which has no path: it may raise an error there.
            machine.each(condition, env, value.clone(), &mut |machine, answer| {
                if path.is_empty() || !answer.is_truthy() {
                    return Ok(());
                }
                let path = machine.array(path.to_vec())?;
                out(machine, path)
            })
        })
    }

    /// Calls `visit` with every value in a value, itself first, and its path.
    fn paths_below(
        &mut self,
        value: &Val,
        path: &mut Vec<Val>,
        visit: &mut dyn FnMut(&mut Machine<'p>, &[Val], &Val) -> Flow,
    ) -> Flow {
        visit(self, path, value)?;
        if !matches!(value, Val::Arr(_) | Val::Obj(_)) {
            return Ok(());
        }
        self.for_each_entry(value, |machine, key, item| {
            path.push(key);
            let flow = machine.nested(|machine| machine.paths_below(&item, path, visit));
            path.pop();
            flow
        })
    }

    /// `tostream`
    pub(super) fn stream(&mut self, input: &Val, out: crate::eval::Out<'_, 'p>) -> Flow {
        self.stream_below(input, &mut Vec::new(), out)
    }

    fn stream_below(
        &mut self,
        value: &Val,
        path: &mut Vec<Val>,
        out: crate::eval::Out<'_, 'p>,
    ) -> Flow {
        let is_empty = match value {
            Val::Arr(array) => array.is_empty(),
            Val::Obj(object) => object.is_empty(),
            _ => true,
        };
        if is_empty {
            let keys = self.array(path.clone())?;
            let event = self.array(vec![keys, value.clone()])?;
            return out(self, event);
        }
        let mut last = Val::Null;
        self.for_each_entry(value, |machine, key, item| {
            last = key.clone();
            path.push(key);
            let flow = machine.nested(|machine| machine.stream_below(&item, path, out));
            path.pop();
            flow
        })?;
        // The end of the container: the path of its last item.
        path.push(last);
        let keys = self.array(path.clone())?;
        path.pop();
        let event = self.array(vec![keys])?;
        out(self, event)
    }

    /// Whether a path expression is a plain chain of keys with one value each, and those, the last first.
    pub(super) fn plain_keys(
        &mut self,
        expr: &'p Expr,
        env: Env,
        input: &Val,
    ) -> Result<Option<Vec<Val>>, Stop> {
        let mut keys = Vec::new();
        let mut next = expr;
        loop {
            let (of, key) = match &next.kind {
                Kind::Identity => break,
                Kind::Field {
                    of,
                    key,
                    optional: false,
                } => (of, Val::Str(key.clone())),
                Kind::Index {
                    of,
                    key,
                    optional: false,
                } => match self.peek(key, env, input) {
                    Some(key) => (of, key.clone()),
                    None => return Ok(None),
                },
                _ => return Ok(None),
            };
            keys.push(key);
            next = of;
        }
        keys.reverse();
        self.meter.work(keys.len() as u64)?;
        Ok(Some(keys))
    }
}
