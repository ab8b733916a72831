//! Expressions as paths: where in the input their outputs are.
//!
//! This walks the same tree as [`super::many`], with a path beside every value. A node that is no path (arithmetic, a
//! literal) is evaluated; if what comes out is the very value that the path leads to, the path stays good, as in jq. Otherwise
//! it is lost, and going on from there is an error.

use std::rc::Rc;

use crate::error::{LimitKind, Stop};
use crate::eval::{Bound, Env, Flow, Machine, Out, access};
use crate::expr::{Expr, Fold, Kind};
use crate::print;
use crate::value::Val;

/// Keys from the input on, the last first, shared between the paths that begin alike.
#[derive(Clone, Default)]
pub(crate) struct Path(Option<Rc<Step>>);

struct Step {
    key: Val,
    before: Path,
    len: u32,
}

impl Path {
    fn len(&self) -> u32 {
        self.0.as_ref().map_or(0, |step| step.len)
    }

    /// The keys, the first first.
    pub(crate) fn keys(&self) -> Vec<Val> {
        let mut keys = Vec::with_capacity(self.len() as usize);
        let mut path = self;
        while let Some(step) = &path.0 {
            keys.push(step.key.clone());
            path = &step.before;
        }
        keys.reverse();
        keys
    }
}

impl Drop for Path {
    /// Without recursion: a path may be long.
    fn drop(&mut self) {
        let mut next = self.0.take();
        while let Some(step) = next {
            match Rc::try_unwrap(step) {
                Ok(mut step) => next = step.before.0.take(),
                Err(_) => break,
            }
        }
    }
}

/// A value and where it is.
#[derive(Clone)]
pub(crate) struct Spot {
    pub(crate) path: Path,
    pub(crate) val: Val,
    /// The value that the path leads to, if that is not `val`.
    lost: Option<Val>,
}

impl Spot {
    fn start(val: Val) -> Spot {
        Spot {
            path: Path::default(),
            val,
            lost: None,
        }
    }

    /// Whether the path leads to the value.
    pub(super) fn is_intact(&self) -> bool {
        self.lost.is_none()
    }

    /// The value that the path leads to.
    fn there(&self) -> &Val {
        self.lost.as_ref().unwrap_or(&self.val)
    }

    /// The same place with another value, which is lost unless it is the one at that place.
    pub(super) fn with(&self, val: Val, same_number: bool) -> Spot {
        let there = self.there();
        let number = matches!(val, Val::Num(_));
        let intact = val.is_identical(there) && (same_number || !number);
        Spot {
            path: self.path.clone(),
            lost: (!intact).then(|| there.clone()),
            val,
        }
    }
}

/// Takes outputs with their places.
pub(crate) type Spots<'a, 'p> = &'a mut (dyn FnMut(&mut Machine<'p>, Spot) -> Flow + 'a);

/// The natives that are paths of arrays.
const SEARCHES: [&str; 3] = ["indices", "index", "rindex"];

impl<'p> Machine<'p> {
    /// Calls `out` with the path of every output.
    pub(crate) fn for_each_path(
        &mut self,
        expr: &'p Expr,
        env: Env,
        input: Val,
        out: &mut dyn FnMut(&mut Machine<'p>, Path) -> Flow,
    ) -> Flow {
        self.trace(expr, env, Spot::start(input), &mut |machine, spot| {
            if spot.lost.is_some() {
                let found = print::excerpt(&spot.val);
                return Err(Stop::message(format!(
                    "Invalid path expression with result {found}"
                )));
            }
            out(machine, spot.path)
        })
    }

    /// `path(f)`
    pub(super) fn trace_paths(
        &mut self,
        expr: &'p Expr,
        env: Env,
        input: Val,
        out: Out<'_, 'p>,
    ) -> Flow {
        self.for_each_path(expr, env, input, &mut |machine, path| {
            let path = machine.array(path.keys())?;
            out(machine, path)
        })
    }

    pub(super) fn trace(
        &mut self,
        expr: &'p Expr,
        env: Env,
        spot: Spot,
        out: Spots<'_, 'p>,
    ) -> Flow {
        self.meter.enter()?;
        let base = self.bindings.len();
        let flow = self.trace_loop(expr, env, spot, out);
        self.bindings.truncate(base);
        self.meter.leave();
        flow
    }

    fn trace_loop(
        &mut self,
        mut expr: &'p Expr,
        mut env: Env,
        mut spot: Spot,
        out: Spots<'_, 'p>,
    ) -> Flow {
        let base = self.bindings.len();
        loop {
            self.meter.work(1)?;
            match &expr.kind {
                Kind::Identity => return out(self, spot),
                Kind::Empty => return Ok(()),
                Kind::Pipe(left, right) => {
                    return self.trace(left, env, spot, &mut |machine, spot| {
                        machine.trace(right, env, spot, out)
                    });
                }
                Kind::Comma(items) => {
                    let Some((last, before)) = items.split_last() else {
                        return Ok(());
                    };
                    for item in before {
                        self.trace(item, env, spot.clone(), out)?;
                    }
                    expr = last;
                }
                Kind::If(branches) => {
                    let (then, otherwise) = (&branches.then, &branches.otherwise);
                    let value = spot.val.clone();
                    return self.each(
                        &branches.condition,
                        env,
                        value,
                        &mut |machine, condition| {
                            let branch = if condition.is_truthy() {
                                then
                            } else {
                                otherwise
                            };
                            machine.trace(branch, env, spot.clone(), out)
                        },
                    );
                }
                Kind::Alternative(left, right) => {
                    let mut found = false;
                    self.trace(left, env, spot.clone(), &mut |machine, spot| {
                        if !spot.val.is_truthy() {
                            return Ok(());
                        }
                        found = true;
                        out(machine, spot)
                    })?;
                    if found {
                        return Ok(());
                    }
                    expr = right;
                }
                Kind::Bind(bind) => {
                    let value = spot.val.clone();
                    return self.each(&bind.source, env, value, &mut |machine, source| {
                        let input = spot.val.clone();
                        machine.destructure(
                            &bind.pattern,
                            env,
                            &source,
                            &input,
                            &mut |machine, env| machine.trace(&bind.body, env, spot.clone(), out),
                        )
                    });
                }
                Kind::Call { function, up, args } => {
                    let function = &self.functions[*function];
                    let value = spot.val.clone();
                    let mut values = args.iter().zip(&function.values).filter(|(_, is)| **is);
                    if values.any(|(arg, _)| !arg.is_single()) {
                        return self.call_many_traced(function, *up, args, env, spot, out);
                    }
                    match self.enter_function(&function.values, *up, args, env, &value, base)? {
                        Some(inside) => (expr, env) = (&function.body, inside),
                        None => return Ok(()),
                    }
                }
                Kind::Param { hops, .. } => match self.bound(env, *hops) {
                    Bound::Closure(body, at) => (expr, env) = (body, *at),
                    _ => return Ok(()),
                },
                Kind::Try { body, handler } => {
                    match self.attempt_traced(body, env, spot.clone(), out)? {
                        None => return Ok(()),
                        Some(raised) => match handler {
                            Some(handler) => {
                                spot = spot.with(raised, false);
                                expr = handler;
                            }
                            None => return Ok(()),
                        },
                    }
                }
                Kind::Label(body) => {
                    let (env, label) = self.push_label(env)?;
                    return match self.trace(body, env, spot, out) {
                        Err(stop) if stop.is_break_to(label) => Ok(()),
                        flow => flow,
                    };
                }
                Kind::Fold(fold) => return self.fold_traced(fold, env, spot, out),
                Kind::Control(control, args) => {
                    return self.control_traced(*control, expr, args, env, spot, out);
                }
                _ => return self.trace_access(expr, env, spot, out),
            }
        }
    }

    #[inline(never)]
    fn trace_access(&mut self, expr: &'p Expr, env: Env, spot: Spot, out: Spots<'_, 'p>) -> Flow {
        match &expr.kind {
            Kind::Field { of, key, optional } => self.trace(of, env, spot, &mut |machine, spot| {
                machine.step(spot, Val::Str(key.clone()), *optional, out)
            }),
            Kind::Index { of, key, optional } => {
                let value = spot.val.clone();
                self.each(key, env, value, &mut |machine, key| {
                    machine.trace(of, env, spot.clone(), &mut |machine, spot| {
                        machine.step(spot, key.clone(), *optional, out)
                    })
                })
            }
            Kind::Slice {
                of,
                from,
                to,
                optional,
            } => {
                let value = spot.val.clone();
                self.each(from, env, value.clone(), &mut |machine, from| {
                    machine.each(to, env, value.clone(), &mut |machine, to| {
                        let key = access::slice_key(from.clone(), to);
                        machine.trace(of, env, spot.clone(), &mut |machine, spot| {
                            machine.step(spot, key.clone(), *optional, out)
                        })
                    })
                })
            }
            Kind::Each { of, optional } => self.trace(of, env, spot, &mut |machine, spot| {
                machine.step_each(spot, *optional, out)
            }),
            Kind::Native { native, args } if SEARCHES.contains(&native.name) => {
                let value = spot.val.clone();
                self.each(&args[0], env, value, &mut |machine, wanted| {
                    machine.trace_search(native.name, spot.clone(), wanted, out)
                })
            }
            _ => self.trace_value(expr, env, spot, out),
        }
    }

    /// `indices`, `index` and `rindex` look into an array by a path, as jq defines them: `.[[wanted]]`, and then `.[0]` or
    /// `.[-1:][0]`.
    fn trace_search(&mut self, name: &str, spot: Spot, wanted: Val, out: Spots<'_, 'p>) -> Flow {
        let first = Val::Num(0.0);
        let mut end = |machine: &mut Machine<'p>, found: Spot| match name {
            "index" => machine.step(found, first.clone(), false, out),
            "rindex" => {
                let last = access::slice_key(Val::Num(-1.0), Val::Null);
                machine.step(found, last, false, &mut |machine, spot| {
                    machine.step(spot, first.clone(), false, out)
                })
            }
            _ => out(machine, found),
        };
        match (&spot.val, &wanted) {
            (Val::Arr(_), Val::Arr(_)) => self.step(spot, wanted, false, &mut end),
            (Val::Arr(_), _) => {
                let key = self.array(vec![wanted])?;
                self.step(spot, key, false, &mut end)
            }
            _ => {
                let found = self.indices(&spot.val, &wanted)?;
                end(self, spot.with(found, false))
            }
        }
    }

    /// A node that is no path.
    pub(super) fn trace_value(
        &mut self,
        expr: &'p Expr,
        env: Env,
        spot: Spot,
        out: Spots<'_, 'p>,
    ) -> Flow {
        let same_number = match &expr.kind {
            Kind::Var(_) => true,
            Kind::Native { native, .. } => native.name == "tonumber",
            _ => false,
        };
        self.each(expr, env, spot.val.clone(), &mut |machine, value| {
            out(machine, spot.with(value, same_number))
        })
    }

    fn longer(&mut self, path: &Path, key: Val) -> Result<Path, Stop> {
        let len = path.len() + 1;
        if len > self.meter.limits.nesting {
            return Err(Stop::Limit(LimitKind::Nesting));
        }
        self.meter.memory(crate::eval::BINDING)?;
        Ok(Path(Some(Rc::new(Step {
            key,
            before: path.clone(),
            len,
        }))))
    }

    /// One key further, for every such spot.
    fn step(&mut self, spot: Spot, key: Val, optional: bool, out: Spots<'_, 'p>) -> Flow {
        if spot.lost.is_some() {
            let (key, of) = (print::excerpt(&key), print::excerpt(&spot.val));
            return Err(Stop::message(format!(
                "Invalid path expression near attempt to access element {key} of {of}"
            )));
        }
        match self.further(spot, key) {
            Ok(spot) => out(self, spot),
            Err(Stop::Raised(_)) if optional => Ok(()),
            Err(stop) => Err(stop),
        }
    }

    /// One key further.
    pub(super) fn further(&mut self, spot: Spot, key: Val) -> Result<Spot, Stop> {
        let val = self.index(&spot.val, &key)?;
        let path = self.longer(&spot.path, key)?;
        let lost = None;
        Ok(Spot { path, val, lost })
    }

    fn step_each(&mut self, spot: Spot, optional: bool, out: Spots<'_, 'p>) -> Flow {
        if spot.lost.is_some() {
            let of = print::excerpt(&spot.val);
            return Err(Stop::message(format!(
                "Invalid path expression near attempt to iterate through {of}"
            )));
        }
        if optional && !matches!(spot.val, Val::Arr(_) | Val::Obj(_)) {
            return Ok(());
        }
        let path = spot.path;
        self.for_each_entry(&spot.val, |machine, key, val| {
            let path = machine.longer(&path, key)?;
            out(
                machine,
                Spot {
                    path,
                    val,
                    lost: None,
                },
            )
        })
    }

    #[inline(never)]
    fn attempt_traced(
        &mut self,
        body: &'p Expr,
        env: Env,
        spot: Spot,
        out: Spots<'_, 'p>,
    ) -> Result<Option<Val>, Stop> {
        let mut outside = None;
        let flow = self.trace(body, env, spot, &mut |machine, spot| {
            out(machine, spot).map_err(|stop| {
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

    /// The state is a value, so it stays a path only while it is what is at the start. As in jq, that is so for one round.
    #[inline(never)]
    fn fold_traced(&mut self, fold: &'p Fold, env: Env, spot: Spot, out: Spots<'_, 'p>) -> Flow {
        let start = spot.clone();
        self.trace(&fold.init, env, spot, &mut |machine, init| {
            let mut state = init.val;
            let input = start.val.clone();
            machine.each(&fold.source, env, input.clone(), &mut |machine, item| {
                let top = machine.bindings.len();
                let flow =
                    machine.destructure(&fold.pattern, env, &item, &input, &mut |machine, env| {
                        let before = start.with(std::mem::take(&mut state), true);
                        machine.trace(&fold.update, env, before, &mut |machine, spot| {
                            state = spot.val.clone();
                            match &fold.extract {
                                None => Ok(()),
                                Some(extract) => machine.trace(extract, env, spot, out),
                            }
                        })
                    });
                machine.bindings.truncate(top);
                flow
            })?;
            match fold.extract {
                None => out(machine, start.with(std::mem::take(&mut state), true)),
                Some(_) => Ok(()),
            }
        })
    }
}
