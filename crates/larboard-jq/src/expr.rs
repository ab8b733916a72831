//! What a program is compiled to: names resolved, builtins bound, and for every node how many outputs it can have.
//!
//! Variables and closures live on a stack of bindings while a program runs (see [`crate::eval`]). A node names a binding by how
//! many bindings were made after it, so nothing is looked up by name.

use crate::builtins::Native;
use crate::builtins::formats::Format;
use crate::syntax::ast::BinaryOp;
use crate::value::{Str, Val};

/// How many outputs an expression can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Card {
    /// Exactly one, or an error.
    One,
    /// One or none.
    Optional,
    /// Any number.
    Many,
}

#[derive(Debug)]
pub(crate) struct Expr {
    pub(crate) kind: Kind,
    pub(crate) card: Card,
}

#[derive(Debug)]
pub(crate) enum Kind {
    Identity,
    Const(Val),
    /// A variable, by the bindings between.
    Var(u32),
    Field {
        of: Box<Expr>,
        key: Str,
        optional: bool,
    },
    Index {
        of: Box<Expr>,
        key: Box<Expr>,
        optional: bool,
    },
    Slice {
        of: Box<Expr>,
        from: Box<Expr>,
        to: Box<Expr>,
        optional: bool,
    },
    Each {
        of: Box<Expr>,
        optional: bool,
    },
    Pipe(Box<Expr>, Box<Expr>),
    Comma(Vec<Expr>),
    Empty,
    Negate(Box<Expr>),
    Binary(BinaryOp, Box<Expr>, Box<Expr>),
    And(Box<Expr>, Box<Expr>),
    Or(Box<Expr>, Box<Expr>),
    Alternative(Box<Expr>, Box<Expr>),
    If(Box<Branches>),
    Collect(Box<Expr>),
    Object(Vec<(Expr, Expr)>),
    /// A string with interpolation: literals and queries, whose outputs are formatted.
    Text {
        format: Format,
        parts: Vec<Piece>,
    },
    Try {
        body: Box<Expr>,
        handler: Option<Box<Expr>>,
    },
    Fold(Box<Fold>),
    Bind(Box<Bind>),
    Label(Box<Expr>),
    /// Back to a label, by the bindings between.
    Break(u32),
    /// `path = value`
    Set {
        path: Box<Expr>,
        value: Box<Expr>,
    },
    /// `path |= update`
    Update {
        path: Box<Expr>,
        update: Box<Expr>,
    },
    /// `path op= value`
    Operate {
        op: BinaryOp,
        path: Box<Expr>,
        value: Box<Expr>,
    },
    /// A function that the program defines. `up`: the bindings between here and where the function was defined.
    Call {
        function: usize,
        up: Up,
        args: Vec<Expr>,
    },
    /// A closure that was passed to the function around.
    Param {
        hops: u32,
        function: usize,
        index: usize,
    },
    /// A builtin on values: every combination of the outputs of its arguments is passed.
    Native {
        native: &'static Native,
        args: Vec<Expr>,
    },
    /// A builtin that runs its arguments itself.
    Control(Control, Vec<Expr>),
}

#[derive(Debug)]
pub(crate) struct Branches {
    pub(crate) condition: Expr,
    pub(crate) then: Expr,
    pub(crate) otherwise: Expr,
}

#[derive(Debug)]
pub(crate) enum Piece {
    Literal(String),
    Query(Expr),
}

/// `reduce`, and `foreach` with what it extracts.
#[derive(Debug)]
pub(crate) struct Fold {
    pub(crate) source: Expr,
    pub(crate) pattern: Destructure,
    pub(crate) init: Expr,
    pub(crate) update: Expr,
    /// `None`: `reduce`
    pub(crate) extract: Option<Expr>,
}

#[derive(Debug)]
pub(crate) struct Bind {
    pub(crate) source: Expr,
    pub(crate) pattern: Destructure,
    pub(crate) body: Expr,
}

/// How a value becomes bindings.
#[derive(Debug)]
pub(crate) enum Destructure {
    /// `$x`: the value itself.
    Var,
    /// Patterns to try in turn (`?//`). Each binds the same number of variables, in the order of `slots`.
    Patterns {
        slots: u32,
        alternatives: Vec<Shape>,
    },
}

/// One pattern. Keys are evaluated with the variables bound so far, which are bound in the order in which they are met.
#[derive(Debug)]
pub(crate) enum Shape {
    /// The value goes to a slot.
    Slot(u32),
    Array(Vec<Shape>),
    Object(Vec<ShapeEntry>),
}

#[derive(Debug)]
pub(crate) struct ShapeEntry {
    /// `$x` and `$x: …` bind what the key finds.
    pub(crate) slot: Option<u32>,
    pub(crate) key: Expr,
    pub(crate) shape: Option<Shape>,
}

/// Where a function was defined.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Up {
    /// So many bindings ago.
    Hops(u32),
    /// At the top: it sees none of the program's bindings.
    Root,
}

/// Builtins that run their arguments themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Control {
    /// `path(f)`
    Path,
    /// `del(f)`
    Delete,
    /// `pick(f)`
    Pick,
    /// `paths`, and `paths(f)`
    Paths,
    /// `range(from; to)`
    Range,
    /// `range(from; to; by)`
    RangeBy,
    /// `first(f)`
    First,
    /// `last(f)`
    Last,
    /// `limit(n; f)`
    Limit,
    /// `skip(n; f)`
    Skip,
    /// `nth(n; f)`
    Nth,
    /// `isempty(f)`
    IsEmpty,
    /// `any(f; condition)`
    Any,
    /// `all(f; condition)`
    All,
    /// `recurse(f)`
    Recurse,
    /// `while(condition; f)`
    While,
    /// `until(condition; f)`
    Until,
    /// `repeat(f)`
    Repeat,
    /// `add(f)`
    Add,
    /// `sort_by(f)` and its relatives
    SortBy,
    GroupBy,
    UniqueBy,
    MinBy,
    MaxBy,
    /// `walk(f)`
    Walk,
    /// `INDEX(f; key)`
    IndexBy,
    /// `IN(source; s)`
    In,
    /// `getpath(p)`, which is a path too
    GetPath,
    /// `tostream`
    ToStream,
    /// `sub(re; replacement; flags)`, every combination of the outputs of the replacement
    Sub,
}

impl Kind {
    /// With the number of outputs not known yet.
    pub(crate) fn expr(self) -> Expr {
        Expr {
            kind: self,
            card: Card::One,
        }
    }

    pub(crate) fn boxed(self) -> Box<Expr> {
        Box::new(self.expr())
    }
}

/// A function that a program defines.
#[derive(Debug)]
pub(crate) struct Function {
    /// For every parameter, whether it is a value (`$x`) and not a closure.
    pub(crate) values: Vec<bool>,
    pub(crate) body: Expr,
}

/// A compiled program.
#[derive(Debug)]
pub(crate) struct Code {
    pub(crate) main: Expr,
    pub(crate) functions: Vec<Function>,
}
