//! The evaluator.
//!
//! It walks the compiled tree. Outputs are passed to a callback, so generators need no state of their own, and everything that a
//! node binds is bound on a stack that is cut back when the node is done. Nodes with at most one output are evaluated to a value
//! instead; both ways go through a loop, so that what stands last (the right of a pipe, a branch, the body of a function) uses
//! no stack of the thread, and a function that calls itself last runs for ever in constant space.
//!
//! - [`single`]: nodes with at most one output
//! - [`many`]: nodes with any number
//! - [`trace`]: the same tree as paths, for `path(f)` and assignments

use crate::builtins::regex::Regexes;
use crate::error::Stop;
use crate::expr::{Expr, Function};
use crate::limits::Meter;
use crate::value::{Object, Val};

pub(crate) mod access;
pub(crate) use access::place;
mod assign;
mod bind;
mod control;
mod fold;
mod generate;
mod many;
mod ops;
mod order;
mod single;
mod sub;
mod text;
mod trace;
mod trace_control;

/// The result of something that passes its outputs on.
pub(crate) type Flow = Result<(), Stop>;

/// Takes outputs.
pub(crate) type Out<'a, 'p> = &'a mut (dyn FnMut(&mut Machine<'p>, Val) -> Flow + 'a);

/// A place on the stack of bindings.
pub(crate) type Env = u32;

/// No bindings.
pub(crate) const ROOT: Env = u32::MAX;

/// Bytes that a binding takes.
const BINDING: u64 = 48;

pub(crate) struct Machine<'p> {
    pub(crate) meter: Meter<'p>,
    functions: &'p [Function],
    bindings: Vec<Binding<'p>>,
    next_label: u64,
    /// Seconds since 1970.
    pub(crate) now: f64,
    pub(crate) regexes: &'p Regexes,
}

struct Binding<'p> {
    /// The binding that was made before.
    up: Env,
    bound: Bound<'p>,
}

#[derive(Clone)]
enum Bound<'p> {
    Val(Val),
    Closure(&'p Expr, Env),
    Label(u64),
}

impl<'p> Machine<'p> {
    pub(crate) fn new(
        meter: Meter<'p>,
        functions: &'p [Function],
        now: f64,
        regexes: &'p Regexes,
    ) -> Machine<'p> {
        Machine {
            meter,
            functions,
            bindings: Vec::new(),
            next_label: 0,
            now,
            regexes,
        }
    }

    /// Binds the variables that the program was compiled with.
    pub(crate) fn bind_vars(&mut self, vars: &[Val]) -> Result<Env, Stop> {
        let mut env = ROOT;
        for var in vars {
            env = self.push(env, Bound::Val(var.clone()))?;
        }
        Ok(env)
    }

    fn push(&mut self, up: Env, bound: Bound<'p>) -> Result<Env, Stop> {
        self.meter.memory(BINDING)?;
        let place = self.bindings.len() as Env;
        self.bindings.push(Binding { up, bound });
        Ok(place)
    }

    /// The place so many bindings before `env`.
    fn up(&self, mut env: Env, hops: u32) -> Env {
        for _ in 0..hops {
            env = self.bindings[env as usize].up;
        }
        env
    }

    fn bound(&self, env: Env, hops: u32) -> &Bound<'p> {
        &self.bindings[self.up(env, hops) as usize].bound
    }

    fn var(&self, env: Env, hops: u32) -> &Val {
        match self.bound(env, hops) {
            Bound::Val(value) => value,
            // The compiler tells variables from other bindings.
            _ => &NULL,
        }
    }

    /// Runs something that recurses, one level deeper.
    pub(crate) fn nested<T>(
        &mut self,
        run: impl FnOnce(&mut Machine<'p>) -> Result<T, Stop>,
    ) -> Result<T, Stop> {
        self.meter.enter()?;
        let outcome = run(self);
        self.meter.leave();
        outcome
    }

    // Making values: every one is charged and checked here.

    pub(crate) fn array(&mut self, items: Vec<Val>) -> Result<Val, Stop> {
        self.meter.memory(CONTAINER + ITEM * items.len() as u64)?;
        let array = Val::arr(items);
        self.meter.nesting(array.depth())?;
        Ok(array)
    }

    pub(crate) fn object(&mut self, object: Object) -> Result<Val, Stop> {
        self.meter.memory(CONTAINER + ENTRY * object.len() as u64)?;
        let object = Val::obj(object);
        self.meter.nesting(object.depth())?;
        Ok(object)
    }

    pub(crate) fn string(&mut self, text: &str) -> Result<Val, Stop> {
        self.meter.memory(CONTAINER + text.len() as u64)?;
        Ok(Val::from(text))
    }
}

/// Bytes that a container or a string takes besides what is in it, an item of an array and an entry of an object.
pub(crate) const CONTAINER: u64 = 64;
pub(crate) const ITEM: u64 = 24;
pub(crate) const ENTRY: u64 = 48;

pub(crate) static NULL: Val = Val::Null;
