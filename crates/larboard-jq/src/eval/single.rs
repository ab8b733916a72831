//! Expressions with at most one output, evaluated to a value.

use crate::error::Stop;
use crate::eval::{Bound, Env, Machine, ROOT, access};
use crate::expr::{Branches, Expr, Kind, Up};
use crate::syntax::ast::BinaryOp;
use crate::value::{Object, Val};

/// What a node comes to: an output or none.
pub(crate) type Single = Result<Option<Val>, Stop>;

/// Takes the output, or ends with none.
macro_rules! some {
    ($single:expr) => {
        match $single? {
            Some(value) => value,
            None => return Ok(None),
        }
    };
}
pub(super) use some;

impl<'p> Machine<'p> {
    /// Evaluates an expression that has at most one output.
    pub(crate) fn single(&mut self, expr: &'p Expr, env: Env, input: Val) -> Single {
        self.meter.enter()?;
        let base = self.bindings.len();
        let output = self.single_loop(expr, env, input);
        self.bindings.truncate(base);
        self.meter.leave();
        output
    }

    /// The same for an operand: the simple ones without further ado, and without taking the input.
    #[inline]
    pub(crate) fn operand(&mut self, expr: &'p Expr, env: Env, input: &Val) -> Single {
        match self.peek(expr, env, input) {
            Some(value) => {
                let value = value.clone();
                self.meter.work(1)?;
                Ok(Some(value))
            }
            None => self.single(expr, env, input.clone()),
        }
    }

    /// The same, where the input is not needed afterwards, so that it can be changed in place.
    #[inline]
    pub(crate) fn last_operand(&mut self, expr: &'p Expr, env: Env, input: Val) -> Single {
        match &expr.kind {
            Kind::Identity => Ok(Some(input)),
            Kind::Const(_) | Kind::Var(_) | Kind::Field { .. } => self.operand(expr, env, &input),
            _ => self.single(expr, env, input),
        }
    }

    /// The value of the simplest expressions: constants, variables, and keys of those.
    pub(crate) fn peek<'v>(&'v self, expr: &'v Expr, env: Env, input: &'v Val) -> Option<&'v Val> {
        match &expr.kind {
            Kind::Identity => Some(input),
            Kind::Const(value) => Some(value),
            Kind::Var(hops) => Some(self.var(env, *hops)),
            Kind::Field { of, key, .. } => access::field(self.peek(of, env, input)?, key),
            _ => None,
        }
    }

    fn single_loop(&mut self, mut expr: &'p Expr, mut env: Env, mut input: Val) -> Single {
        let base = self.bindings.len();
        loop {
            self.meter.work(1)?;
            match &expr.kind {
                // What goes on in this loop
                Kind::Pipe(left, right) => {
                    input = some!(self.last_operand(left, env, input));
                    expr = right;
                }
                Kind::If(branches) => {
                    expr = some!(self.branch(branches, env, &input));
                }
                Kind::Alternative(left, right) => {
                    if let Some(value) = self.operand(left, env, &input)?
                        && value.is_truthy()
                    {
                        return Ok(Some(value));
                    }
                    expr = right;
                }
                Kind::Bind(bind) => {
                    let source = some!(self.operand(&bind.source, env, &input));
                    env = some!(self.destructure_single(&bind.pattern, env, source, &input));
                    expr = &bind.body;
                }
                Kind::Call { function, up, args } => {
                    let function = &self.functions[*function];
                    env =
                        some!(self.enter_function(&function.values, *up, args, env, &input, base));
                    expr = &function.body;
                }
                Kind::Param { hops, .. } => {
                    if let Bound::Closure(body, at) = self.bound(env, *hops) {
                        (expr, env) = (body, *at);
                    } else {
                        return Ok(None);
                    }
                }
                Kind::Try { body, handler } => {
                    let raised = match self.last_operand(body, env, input) {
                        Err(stop) => stop.caught()?,
                        done => return done,
                    };
                    match handler {
                        Some(handler) => (expr, input) = (handler, raised),
                        None => return Ok(None),
                    }
                }
                // What ends it
                Kind::Identity => return Ok(Some(input)),
                Kind::Const(value) => return Ok(Some(value.clone())),
                Kind::Var(hops) => return Ok(Some(self.var(env, *hops).clone())),
                Kind::Empty => return Ok(None),
                Kind::Field { .. } | Kind::Index { .. } | Kind::Slice { .. } => {
                    return self.access(expr, env, input);
                }
                Kind::Binary(op, left, right) => return self.binary(*op, left, right, env, input),
                Kind::Object(entries) => return self.construct(entries, env, &input),
                Kind::Native { native, args } => return self.native(native, args, env, input),
                _ => return self.composite(expr, env, input),
            }
        }
    }

    fn branch(
        &mut self,
        branches: &'p Branches,
        env: Env,
        input: &Val,
    ) -> Result<Option<&'p Expr>, Stop> {
        let condition = match self.peek(&branches.condition, env, input) {
            Some(value) => value.is_truthy(),
            None => some!(self.single(&branches.condition, env, input.clone())).is_truthy(),
        };
        Ok(Some(match condition {
            true => &branches.then,
            false => &branches.otherwise,
        }))
    }

    /// The nodes that are met less often.
    #[inline(never)]
    fn composite(&mut self, expr: &'p Expr, env: Env, input: Val) -> Single {
        match &expr.kind {
            Kind::Negate(of) => {
                let value = some!(self.last_operand(of, env, input));
                negate(&value).map(Some)
            }
            Kind::And(left, right) => self.logic(left, right, env, &input, false),
            Kind::Or(left, right) => self.logic(left, right, env, &input, true),
            Kind::Collect(of) => self.collect(of, env, input).map(Some),
            Kind::Text { format, parts } => self.text(format, parts, env, &input),
            Kind::Fold(fold) => self.reduce_single(fold, env, input),
            Kind::Label(body) => self.label_single(body, env, input),
            Kind::Break(hops) => Err(self.break_to(env, *hops)),
            Kind::Set { path, value } => {
                let value = some!(self.operand(value, env, &input));
                self.set(path, env, input, &value).map(Some)
            }
            Kind::Update { path, update } => self.update(path, update, env, input).map(Some),
            Kind::Operate { op, path, value } => {
                let value = some!(self.operand(value, env, &input));
                self.update_with(*op, path, env, input, &value).map(Some)
            }
            Kind::Control(control, args) => self.control_single(*control, args, env, input),
            _ => Ok(None),
        }
    }

    #[inline(never)]
    fn access(&mut self, expr: &'p Expr, env: Env, input: Val) -> Single {
        if let Some(value) = self.peek(expr, env, &input) {
            return Ok(Some(value.clone()));
        }
        match &expr.kind {
            Kind::Field { of, key, optional } => {
                let of = some!(self.last_operand(of, env, input));
                match access::field(&of, key) {
                    Some(value) => Ok(Some(value.clone())),
                    None if *optional => Ok(None),
                    None => Err(access::cannot_index(&of, &Val::Str(key.clone()))),
                }
            }
            Kind::Index { of, key, optional } => {
                let key = some!(self.operand(key, env, &input));
                let of = some!(self.last_operand(of, env, input));
                if_optional(self.index(&of, &key), *optional)
            }
            Kind::Slice {
                of,
                from,
                to,
                optional,
            } => {
                let from = some!(self.operand(from, env, &input));
                let to = some!(self.operand(to, env, &input));
                let of = some!(self.last_operand(of, env, input));
                if_optional(self.slice(&of, &from, &to), *optional)
            }
            _ => Ok(None),
        }
    }

    #[inline(never)]
    fn binary(
        &mut self,
        op: BinaryOp,
        left: &'p Expr,
        right: &'p Expr,
        env: Env,
        input: Val,
    ) -> Single {
        let right = some!(self.operand(right, env, &input));
        let left = some!(self.last_operand(left, env, input));
        self.operate(op, left, right).map(Some)
    }

    /// `and` and `or`: `decided` is what the left side must be for the right side not to matter.
    fn logic(
        &mut self,
        left: &'p Expr,
        right: &'p Expr,
        env: Env,
        input: &Val,
        decided: bool,
    ) -> Single {
        let left = some!(self.operand(left, env, input)).is_truthy();
        if left == decided {
            return Ok(Some(Val::Bool(decided)));
        }
        let right = some!(self.operand(right, env, input)).is_truthy();
        Ok(Some(Val::Bool(right)))
    }

    #[inline(never)]
    fn construct(&mut self, entries: &'p [(Expr, Expr)], env: Env, input: &Val) -> Single {
        let mut object = Object::with_capacity(entries.len());
        for (key, value) in entries {
            let key = some!(self.operand(key, env, input));
            let value = some!(self.operand(value, env, input));
            insert(&mut object, &key, value)?;
        }
        self.object(object).map(Some)
    }

    #[inline(never)]
    fn native(
        &mut self,
        native: &'static crate::builtins::Native,
        args: &'p [Expr],
        env: Env,
        input: Val,
    ) -> Single {
        match args {
            [] => (native.run)(self, input, &[]).map(Some),
            [only] => {
                let only = some!(self.operand(only, env, &input));
                (native.run)(self, input, &[only]).map(Some)
            }
            _ => {
                let mut values = vec![Val::Null; args.len()];
                for (value, arg) in values.iter_mut().zip(args).rev() {
                    *value = some!(self.operand(arg, env, &input));
                }
                (native.run)(self, input, &values).map(Some)
            }
        }
    }

    fn label_single(&mut self, body: &'p Expr, env: Env, input: Val) -> Single {
        let (env, label) = self.push_label(env)?;
        match self.single(body, env, input) {
            Err(stop) if stop.is_break_to(label) => Ok(None),
            done => done,
        }
    }

    pub(super) fn push_label(&mut self, env: Env) -> Result<(Env, u64), Stop> {
        let label = self.next_label;
        self.next_label += 1;
        Ok((self.push(env, Bound::Label(label))?, label))
    }

    pub(super) fn break_to(&mut self, env: Env, hops: u32) -> Stop {
        match self.bound(env, hops) {
            Bound::Label(label) => Stop::Break(*label),
            _ => Stop::Break(u64::MAX),
        }
    }

    /// Binds the arguments of a function and gives the place its body runs at. `base`: bindings from there on belong to the
    /// evaluation that calls, and go if the function does not need them, so that a call that comes last takes no space.
    #[inline(never)]
    pub(super) fn enter_function(
        &mut self,
        values: &'p [bool],
        up: Up,
        args: &'p [Expr],
        env: Env,
        input: &Val,
        base: usize,
    ) -> Result<Option<Env>, Stop> {
        let defined = self.defined(up, env);
        let mut needs = defined;
        let top = self.bindings.len();
        for arg in args {
            let bound = self.closure(arg, env);
            if let Bound::Closure(_, at) = &bound
                && *at != ROOT
            {
                needs = if needs == ROOT { *at } else { needs.max(*at) };
            }
            self.push(ROOT, bound)?;
        }
        for (arg, is_value) in args.iter().zip(values) {
            if *is_value {
                let value = some!(self.operand(arg, env, input));
                self.push(ROOT, Bound::Val(value))?;
            }
        }
        let top = if needs == ROOT || (needs as usize) < base {
            self.bindings.drain(base..top);
            base
        } else {
            top
        };
        Ok(Some(self.link(defined, top)))
    }

    pub(super) fn defined(&self, up: Up, env: Env) -> Env {
        match up {
            Up::Root => ROOT,
            Up::Hops(hops) => self.up(env, hops),
        }
    }

    /// An argument as a closure; a closure that is only passed on stays itself.
    pub(super) fn closure(&self, arg: &'p Expr, env: Env) -> Bound<'p> {
        match &arg.kind {
            Kind::Param { hops, .. } => self.bound(env, *hops).clone(),
            _ => Bound::Closure(arg, env),
        }
    }

    /// Chains the bindings from `top` on to `up`, and gives the last.
    pub(super) fn link(&mut self, up: Env, top: usize) -> Env {
        let mut up = up;
        for place in top..self.bindings.len() {
            self.bindings[place].up = up;
            up = place as Env;
        }
        up
    }

    /// All outputs as an array.
    #[inline(never)]
    pub(crate) fn collect(&mut self, of: &'p Expr, env: Env, input: Val) -> Result<Val, Stop> {
        let mut items = Vec::new();
        if let Some((each, map)) = as_map(of) {
            let container = match self.operand(each, env, &input)? {
                Some(container) => container,
                None => return self.array(items),
            };
            self.for_each(&container, |machine, item| {
                if let Some(value) = machine.last_operand(map, env, item)? {
                    items.push(value);
                }
                Ok(())
            })?;
            return self.array(items);
        }
        self.each(of, env, input, &mut |machine, item| {
            machine.meter.memory(crate::eval::ITEM)?;
            items.push(item);
            Ok(())
        })?;
        self.array(items)
    }
}

/// `of[] | map`, where both have at most one output: what can be collected in a plain loop.
fn as_map(expr: &Expr) -> Option<(&Expr, &Expr)> {
    let Kind::Pipe(left, right) = &expr.kind else {
        return None;
    };
    match &left.kind {
        Kind::Each {
            of,
            optional: false,
        } if of.is_single() && right.is_single() => Some((of, right)),
        _ => None,
    }
}

pub(super) fn insert(object: &mut Object, key: &Val, value: Val) -> Result<(), Stop> {
    match key {
        Val::Str(key) => {
            object.set(key, value);
            Ok(())
        }
        other => {
            let found = crate::print::describe(other);
            Err(Stop::message(format!("Cannot use {found} as object key")))
        }
    }
}

pub(super) fn negate(value: &Val) -> Result<Val, Stop> {
    let negated = value.negated_number();
    negated.ok_or_else(|| Stop::about(value, "cannot be negated"))
}

/// An error of an optional access is no output.
pub(super) fn if_optional(value: Result<Val, Stop>, optional: bool) -> Single {
    match value {
        Ok(value) => Ok(Some(value)),
        Err(Stop::Raised(_)) if optional => Ok(None),
        Err(stop) => Err(stop),
    }
}
