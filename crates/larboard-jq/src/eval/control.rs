//! Builtins that run their arguments themselves, for their outputs. As paths they are in [`super::trace_control`].

use std::cmp::Ordering;

use crate::error::Stop;
use crate::eval::generate::unless_enough;
use crate::eval::single::Single;
use crate::eval::{Env, Flow, Machine, Out};
use crate::expr::{Control, Expr};
use crate::value::Val;

impl<'p> Machine<'p> {
    /// One with at most one output here.
    #[inline(never)]
    pub(super) fn control_single(
        &mut self,
        control: Control,
        args: &'p [Expr],
        env: Env,
        input: Val,
    ) -> Single {
        Ok(Some(match control {
            Control::Delete => {
                let paths = self.paths_of(&args[0], env, &input)?;
                self.delete_paths(input, paths)?
            }
            Control::Pick => self.pick(&args[0], env, &input)?,
            Control::IsEmpty => Val::Bool(self.first(&args[0], env, input)?.is_none()),
            Control::Any => Val::Bool(self.is_any(args, env, input, true)?),
            Control::All => Val::Bool(!self.is_any(args, env, input, false)?),
            Control::In => Val::Bool(self.is_in(args, env, input)?),
            Control::Add => self.add_all(&args[0], env, input)?,
            Control::SortBy
            | Control::GroupBy
            | Control::UniqueBy
            | Control::MinBy
            | Control::MaxBy => self.order_by(control, &args[0], env, &input)?,
            Control::IndexBy => self.index_by(args, env, input)?,
            Control::First => return self.first(&args[0], env, input),
            Control::Last => return self.last(&args[0], env, input),
            Control::Until if args.iter().all(Expr::is_single) => {
                return self.until_single(args, env, input);
            }
            _ => {
                // What may have many outputs, but has at most one here.
                let mut output = None;
                self.control_many(control, args, env, input, &mut |_, value| {
                    output = Some(value);
                    Ok(())
                })?;
                return Ok(output);
            }
        }))
    }

    #[inline(never)]
    pub(super) fn control_many(
        &mut self,
        control: Control,
        args: &'p [Expr],
        env: Env,
        input: Val,
        out: Out<'_, 'p>,
    ) -> Flow {
        match control {
            Control::Path => self.trace_paths(&args[0], env, input, out),
            Control::Paths => self.paths(args.first(), env, &input, out),
            Control::Range => self.range(args, env, &input, out),
            Control::RangeBy => self.range_by(args, env, &input, out),
            Control::Limit => self.each(&args[0], env, input.clone(), &mut |machine, count| {
                machine.limit(&count, &args[1], env, input.clone(), out)
            }),
            Control::Skip => self.each(&args[0], env, input.clone(), &mut |machine, count| {
                machine.skip(&count, &args[1], env, input.clone(), out)
            }),
            Control::Nth => self.each(&args[0], env, input.clone(), &mut |machine, place| {
                machine.nth(&place, &args[1], env, input.clone(), out)
            }),
            Control::Recurse => self.recurse(&args[0], env, input, out),
            Control::While => self.while_loop(args, env, input, out),
            Control::Until => self.until(args, env, input, out),
            Control::Repeat => loop {
                self.meter.work(1)?;
                self.each(&args[0], env, input.clone(), out)?;
            },
            Control::Walk => self.walk(&args[0], env, input, out),
            Control::GetPath => self.each(&args[0], env, input.clone(), &mut |machine, path| {
                let value = machine.get_path(&input, &path)?;
                out(machine, value)
            }),
            Control::ToStream => self.stream(&input, out),
            Control::Sub => self.sub(args, env, &input, out),
            _ => match self.control_single(control, args, env, input)? {
                Some(value) => out(self, value),
                None => Ok(()),
            },
        }
    }

    /// The first output. The rest is not evaluated.
    fn first(&mut self, of: &'p Expr, env: Env, input: Val) -> Single {
        let mut first = None;
        let flow = self.each(of, env, input, &mut |_, value| {
            first = Some(value);
            Err(Stop::Enough)
        });
        unless_enough(flow, first.is_some())?;
        Ok(first)
    }

    fn last(&mut self, of: &'p Expr, env: Env, input: Val) -> Single {
        let mut last = None;
        self.each(of, env, input, &mut |_, value| {
            last = Some(value);
            Ok(())
        })?;
        Ok(last)
    }

    /// Whether the condition is `wanted` for any output.
    fn is_any(
        &mut self,
        args: &'p [Expr],
        env: Env,
        input: Val,
        wanted: bool,
    ) -> Result<bool, Stop> {
        let mut found = false;
        let flow = self.each(&args[0], env, input, &mut |machine, value| {
            machine.each(&args[1], env, value, &mut |_, answer| {
                if answer.is_truthy() == wanted {
                    found = true;
                    return Err(Stop::Enough);
                }
                Ok(())
            })
        });
        unless_enough(flow, found)?;
        Ok(found)
    }

    /// Whether any output of the first equals any output of the second.
    fn is_in(&mut self, args: &'p [Expr], env: Env, input: Val) -> Result<bool, Stop> {
        let mut found = false;
        let flow = self.each(&args[1], env, input.clone(), &mut |machine, one| {
            machine.each(&args[0], env, input.clone(), &mut |machine, other| {
                if machine.equal(&other, &one)? {
                    found = true;
                    return Err(Stop::Enough);
                }
                Ok(())
            })
        });
        unless_enough(flow, found)?;
        Ok(found)
    }

    fn add_all(&mut self, of: &'p Expr, env: Env, input: Val) -> Result<Val, Stop> {
        let mut sum = Val::Null;
        self.each(of, env, input, &mut |machine, value| {
            let before = std::mem::take(&mut sum);
            sum = machine.add(before, value)?;
            Ok(())
        })?;
        Ok(sum)
    }

    fn range(&mut self, args: &'p [Expr], env: Env, input: &Val, out: Out<'_, 'p>) -> Flow {
        self.each(&args[0], env, input.clone(), &mut |machine, from| {
            machine.each(&args[1], env, input.clone(), &mut |machine, to| {
                let (Some(start), Some(end)) = (from.as_f64(), to.as_f64()) else {
                    return Err(Stop::message("Range bounds must be numeric"));
                };
                let mut next = start;
                // Not-a-number has no end, as in jq.
                while !matches!(
                    next.partial_cmp(&end),
                    Some(Ordering::Greater | Ordering::Equal)
                ) {
                    machine.meter.work(1)?;
                    out(machine, Val::Num(next))?;
                    next += 1.0;
                }
                Ok(())
            })
        })
    }

    /// `range(from; to; by)` works on everything that can be added and compared.
    fn range_by(&mut self, args: &'p [Expr], env: Env, input: &Val, out: Out<'_, 'p>) -> Flow {
        self.each(&args[0], env, input.clone(), &mut |machine, from| {
            machine.each(&args[1], env, input.clone(), &mut |machine, to| {
                machine.each(&args[2], env, input.clone(), &mut |machine, by| {
                    machine.count(from.clone(), &to, &by, out)
                })
            })
        })
    }

    fn count(&mut self, from: Val, to: &Val, by: &Val, out: Out<'_, 'p>) -> Flow {
        let wanted = match self.compare(by, &Val::Num(0.0))? {
            Ordering::Greater => Ordering::Less,
            Ordering::Less => Ordering::Greater,
            Ordering::Equal => return Ok(()),
        };
        let mut next = from;
        while self.compare(&next, to)? == wanted {
            self.meter.work(1)?;
            out(self, next.clone())?;
            next = self.add(next, by.clone())?;
        }
        Ok(())
    }

    /// How often `limit` and its like do something; an error if that makes no sense.
    pub(super) fn countdown(&mut self, count: &Val, name: &str) -> Result<Countdown, Stop> {
        match self.compare(count, &Val::Num(0.0))? {
            Ordering::Less => Err(Stop::message(format!(
                "{name} doesn't support negative count"
            ))),
            Ordering::Equal => Ok(Countdown::from(0.0)),
            Ordering::Greater => Ok(match count.as_f64() {
                Some(count) => Countdown::from(count),
                None => Countdown {
                    left: f64::INFINITY,
                    wrong: Some(count.clone()),
                },
            }),
        }
    }

    fn limit(&mut self, count: &Val, of: &'p Expr, env: Env, input: Val, out: Out<'_, 'p>) -> Flow {
        let mut left = self.countdown(count, "limit")?;
        if left.is_over() {
            return Ok(());
        }
        let flow = self.each(of, env, input, &mut |machine, value| {
            left.down()?;
            out(machine, value)?;
            if left.is_over() {
                Err(Stop::Enough)
            } else {
                Ok(())
            }
        });
        unless_enough(flow, left.is_over())
    }

    fn skip(&mut self, count: &Val, of: &'p Expr, env: Env, input: Val, out: Out<'_, 'p>) -> Flow {
        let mut left = self.countdown(count, "skip")?;
        self.each(of, env, input, &mut |machine, value| {
            if left.is_last() {
                return out(machine, value);
            }
            left.down()?;
            Ok(())
        })
    }

    fn nth(&mut self, place: &Val, of: &'p Expr, env: Env, input: Val, out: Out<'_, 'p>) -> Flow {
        let mut left = self.countdown_nth(place)?;
        let mut found = None;
        let flow = self.each(of, env, input, &mut |_, value| {
            if left.is_last() {
                found = Some(value);
                return Err(Stop::Enough);
            }
            left.down()?;
            Ok(())
        });
        unless_enough(flow, found.is_some())?;
        found.map_or(Ok(()), |value| out(self, value))
    }

    pub(super) fn countdown_nth(&mut self, place: &Val) -> Result<Countdown, Stop> {
        match self.compare(place, &Val::Num(0.0))? {
            Ordering::Less => Err(Stop::message("nth doesn't support negative indices")),
            _ => self.countdown(place, "skip"),
        }
    }

    /// `., (f | recurse(f))`
    fn recurse(&mut self, f: &'p Expr, env: Env, input: Val, out: Out<'_, 'p>) -> Flow {
        let mut next = input;
        if f.is_single() {
            loop {
                self.meter.work(1)?;
                out(self, next.clone())?;
                match self.last_operand(f, env, next)? {
                    Some(value) => next = value,
                    None => return Ok(()),
                }
            }
        }
        out(self, next.clone())?;
        self.each(f, env, next, &mut |machine, value| {
            machine.recurse(f, env, value, out)
        })
    }

    /// `if condition then ., (f | while(condition; f)) else empty end`
    fn while_loop(&mut self, args: &'p [Expr], env: Env, input: Val, out: Out<'_, 'p>) -> Flow {
        let mut next = input;
        if args.iter().all(Expr::is_single) {
            loop {
                self.meter.work(1)?;
                match self.operand(&args[0], env, &next)? {
                    Some(condition) if condition.is_truthy() => {}
                    _ => return Ok(()),
                }
                out(self, next.clone())?;
                match self.last_operand(&args[1], env, next)? {
                    Some(value) => next = value,
                    None => return Ok(()),
                }
            }
        }
        self.each(&args[0], env, next.clone(), &mut |machine, condition| {
            if !condition.is_truthy() {
                return Ok(());
            }
            out(machine, next.clone())?;
            machine.each(&args[1], env, next.clone(), &mut |machine, value| {
                machine.while_loop(args, env, value, out)
            })
        })
    }

    fn until_single(&mut self, args: &'p [Expr], env: Env, input: Val) -> Single {
        let mut next = input;
        loop {
            self.meter.work(1)?;
            match self.operand(&args[0], env, &next)? {
                Some(condition) if condition.is_truthy() => return Ok(Some(next)),
                Some(_) => {}
                None => return Ok(None),
            }
            match self.last_operand(&args[1], env, next)? {
                Some(value) => next = value,
                None => return Ok(None),
            }
        }
    }

    /// `if condition then . else f | until(condition; f) end`
    fn until(&mut self, args: &'p [Expr], env: Env, input: Val, out: Out<'_, 'p>) -> Flow {
        if args.iter().all(Expr::is_single) {
            return match self.until_single(args, env, input)? {
                Some(value) => out(self, value),
                None => Ok(()),
            };
        }
        self.each(&args[0], env, input.clone(), &mut |machine, condition| {
            if condition.is_truthy() {
                return out(machine, input.clone());
            }
            machine.each(&args[1], env, input.clone(), &mut |machine, value| {
                machine.until(args, env, value, out)
            })
        })
    }

    /// Applies `f` to every value from the innermost on. Of the outputs for an entry of an object the first counts; for an
    /// item of an array all do.
    fn walk(&mut self, f: &'p Expr, env: Env, input: Val, out: Out<'_, 'p>) -> Flow {
        let inside = self.nested(|machine| machine.walk_inside(f, env, input))?;
        self.each(f, env, inside, out)
    }

    fn walk_inside(&mut self, f: &'p Expr, env: Env, input: Val) -> Result<Val, Stop> {
        match input {
            Val::Arr(_) => {
                let mut items = Vec::new();
                self.for_each(&input, |machine, item| {
                    machine.walk(f, env, item, &mut |machine, value| {
                        machine.meter.memory(crate::eval::ITEM)?;
                        items.push(value);
                        Ok(())
                    })
                })?;
                self.array(items)
            }
            Val::Obj(ref old) => {
                let mut object = crate::value::Object::with_capacity(old.len());
                for (key, value) in old.entries() {
                    self.meter.work(1)?;
                    let mut first = None;
                    let flow = self.walk(f, env, value.clone(), &mut |_, value| {
                        first = Some(value);
                        Err(Stop::Enough)
                    });
                    unless_enough(flow, first.is_some())?;
                    if let Some(value) = first {
                        object.set(key, value);
                    }
                }
                self.object(object)
            }
            other => Ok(other),
        }
    }
}

/// How many are left to come.
pub(super) struct Countdown {
    left: f64,
    /// What is no number, and cannot be counted down. That shows only when something comes.
    wrong: Option<Val>,
}

impl Countdown {
    fn from(left: f64) -> Countdown {
        Countdown { left, wrong: None }
    }

    pub(super) fn is_over(&self) -> bool {
        self.left <= 0.0
    }

    /// Whether the next one is not counted any more. Counts need not be whole.
    pub(super) fn is_last(&self) -> bool {
        self.left < 1.0
    }

    pub(super) fn down(&mut self) -> Result<(), Stop> {
        if let Some(wrong) = &self.wrong {
            return Err(Stop::about_two(
                wrong,
                &Val::Num(1.0),
                "cannot be subtracted",
            ));
        }
        self.left -= 1.0;
        Ok(())
    }
}
