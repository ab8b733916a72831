//! What a name means that the program does not define: a builtin, or why there is none of that name.

use super::{Compiled, Compiler, branches, each, pipe, recurse};
use crate::builtins::{self, Native, prelude};
use crate::expr::{Control, Expr, Kind, Up};
use crate::syntax::ast::{BinaryOp, Node, Syntax};
use crate::value::{Object, Val};

/// Builtins of jq that reach outside of the program.
const REFUSED: &[(&str, &str)] = &[
    ("input", "there is only one input"),
    ("inputs", "there is only one input"),
    ("debug", "there is nowhere to write to"),
    ("stderr", "there is nowhere to write to"),
    ("halt", "a program cannot end its host"),
    ("halt_error", "a program cannot end its host"),
    ("input_filename", "the input is no file"),
    ("modulemeta", "there are no modules"),
    ("get_search_list", "there are no modules"),
    ("get_jq_origin", "there are no modules"),
    ("get_prog_origin", "there are no modules"),
];

impl Compiler<'_> {
    pub(super) fn builtin(&mut self, node: &Node, name: &str, args: &[Node]) -> Compiled<Kind> {
        if let Some((_, why)) = REFUSED.iter().find(|row| row.0 == name) {
            return Err(self.error(node, format!("{name} is not available here: {why}")));
        }
        if let Some(native) = builtins::find(name, args.len()) {
            let args = self.exprs(args)?;
            return Ok(Kind::Native { native, args });
        }
        if let Some(control) = control(name, args.len()) {
            let args = self.exprs(args)?;
            return Ok(Kind::Control(control, args));
        }
        if let Some(source) = prelude::find(name, args.len()) {
            return self.prelude(node, name, source, args);
        }
        let compiled = self.exprs(args)?;
        match rewrite(name, compiled) {
            Some(kind) => Ok(kind),
            None => Err(self.error(node, self.unknown(name, args.len()))),
        }
    }

    fn unknown(&self, name: &str, arity: usize) -> String {
        let mut others: Vec<usize> = (0..=4)
            .filter(|other| *other != arity && is_builtin(name, *other))
            .collect();
        others.sort_unstable();
        let known: Vec<String> = others.iter().map(|n| format!("{name}/{n}")).collect();
        let hint = match known.is_empty() {
            true => String::new(),
            false => format!("; there is {}", known.join(" and ")),
        };
        format!("{name}/{arity} is not defined{hint}")
    }

    /// A builtin that is written in jq: its definition is compiled when it is first called, outside of the program's scope.
    fn prelude(
        &mut self,
        node: &Node,
        name: &str,
        source: &prelude::Source,
        args: &[Node],
    ) -> Compiled<Kind> {
        let args = self.exprs(args)?;
        let known = self
            .prelude
            .iter()
            .find(|row| row.0 == source.name && row.1 == source.arity);
        let function = match known.map(|row| row.2) {
            Some(id) => id,
            None => {
                let parsed = crate::syntax::parse(source.text, crate::Dialect::Jq)?;
                let Syntax::Define { definition, .. } = &*parsed.syntax else {
                    return Err(self.error(node, format!("{name} is not defined")));
                };
                let scope = self.scope.set_aside();
                // Known before its body is compiled, because it may call itself.
                self.prelude
                    .push((source.name, source.arity, self.functions.len()));
                let id = self.define(definition)?;
                self.scope = scope;
                id
            }
        };
        Ok(Kind::Call {
            function,
            up: Up::Root,
            args,
        })
    }
}

/// Whether a builtin of that name and number of arguments exists.
pub(crate) fn is_builtin(name: &str, arity: usize) -> bool {
    let args = || (0..arity).map(|_| Kind::Identity.expr()).collect();
    builtins::find(name, arity).is_some()
        || control(name, arity).is_some()
        || prelude::find(name, arity).is_some()
        || rewrite(name, args()).is_some()
}

/// Builtins that run their arguments themselves, under their own name.
fn control(name: &str, arity: usize) -> Option<Control> {
    Some(match (name, arity) {
        ("path", 1) => Control::Path,
        ("del", 1) => Control::Delete,
        ("pick", 1) => Control::Pick,
        ("paths", 0 | 1) => Control::Paths,
        ("range", 2) => Control::Range,
        ("range", 3) => Control::RangeBy,
        ("first", 1) => Control::First,
        ("last", 1) => Control::Last,
        ("limit", 2) => Control::Limit,
        ("skip", 2) => Control::Skip,
        ("nth", 2) => Control::Nth,
        ("isempty", 1) => Control::IsEmpty,
        ("any", 2) => Control::Any,
        ("all", 2) => Control::All,
        ("recurse", 1) => Control::Recurse,
        ("while", 2) => Control::While,
        ("until", 2) => Control::Until,
        ("repeat", 1) => Control::Repeat,
        ("add", 1) => Control::Add,
        ("sort_by", 1) => Control::SortBy,
        ("group_by", 1) => Control::GroupBy,
        ("unique_by", 1) => Control::UniqueBy,
        ("min_by", 1) => Control::MinBy,
        ("max_by", 1) => Control::MaxBy,
        ("walk", 1) => Control::Walk,
        ("INDEX", 2) => Control::IndexBy,
        ("IN", 2) => Control::In,
        ("getpath", 1) => Control::GetPath,
        ("tostream", 0) => Control::ToStream,
        ("sub", 3) => Control::Sub,
        _ => return None,
    })
}

fn native(name: &str, args: Vec<Expr>) -> Kind {
    match builtins::find(name, args.len()) {
        Some(native) => Kind::Native { native, args },
        None => Kind::Empty,
    }
}

fn call(control: Control, args: Vec<Kind>) -> Kind {
    Kind::Control(control, args.into_iter().map(Kind::expr).collect())
}

fn constant(value: impl Into<Val>) -> Kind {
    Kind::Const(value.into())
}

/// `[.[] | f]`
fn map(f: Expr) -> Kind {
    Kind::Collect(Kind::Pipe(each().boxed(), Box::new(f)).boxed())
}

/// `select(f)`
fn select(f: Expr) -> Kind {
    branches(f, Kind::Identity.expr(), Kind::Empty.expr())
}

fn is_type(name: &str) -> Kind {
    let of = native("type", Vec::new()).boxed();
    Kind::Binary(BinaryOp::Equal, of, constant(name).boxed())
}

/// Builtins that are short for something else.
fn rewrite(name: &str, args: Vec<Expr>) -> Option<Kind> {
    match args.len() {
        0 => rewrite_0(name),
        1 => rewrite_1(name, args.into_iter().next()?),
        _ => rewrite_more(name, args),
    }
}

fn rewrite_0(name: &str) -> Option<Kind> {
    let scalars = |found: Kind, is: bool| {
        let of = found.boxed();
        let (yes, no) = (Kind::Identity.expr(), Kind::Empty.expr());
        let condition = of;
        Some(if is {
            branches(*condition, yes, no)
        } else {
            branches(*condition, no, yes)
        })
    };
    Some(match name {
        "null" => constant(Val::Null),
        "true" => constant(true),
        "false" => constant(false),
        "empty" => Kind::Empty,
        "env" => Kind::Const(Val::obj(Object::default())),
        "input_line_number" => constant(0.0),
        "nan" => constant(f64::NAN),
        "infinite" => constant(f64::INFINITY),
        "have_decnum" | "have_literal_numbers" => constant(true),
        "builtins" => Kind::Const(builtins::list()),
        "recurse" => recurse(),
        "first" => at(0.0),
        "last" => at(-1.0),
        "any" => call(Control::Any, vec![each(), Kind::Identity]),
        "all" => call(Control::All, vec![each(), Kind::Identity]),
        "leaf_paths" => call(Control::Paths, vec![native("_is_scalar", Vec::new())]),
        "nulls" => return scalars(is_type("null"), true),
        "booleans" => return scalars(is_type("boolean"), true),
        "numbers" => return scalars(is_type("number"), true),
        "strings" => return scalars(is_type("string"), true),
        "arrays" => return scalars(is_type("array"), true),
        "objects" => return scalars(is_type("object"), true),
        "values" => return scalars(is_type("null"), false),
        "scalars" => return scalars(native("_is_scalar", Vec::new()), true),
        "iterables" => return scalars(native("_is_scalar", Vec::new()), false),
        "normals" => return scalars(native("isnormal", Vec::new()), true),
        "finites" => return scalars(native("isfinite", Vec::new()), true),
        _ => return None,
    })
}

fn at(index: f64) -> Kind {
    Kind::Index {
        of: Kind::Identity.boxed(),
        key: constant(index).boxed(),
        optional: false,
    }
}

fn rewrite_1(name: &str, f: Expr) -> Option<Kind> {
    let f_boxed = |f: Expr| Box::new(f);
    Some(match name {
        "map" => map(f),
        "select" => select(f),
        "map_values" => Kind::Update {
            path: each().boxed(),
            update: f_boxed(f),
        },
        "error" => Kind::Pipe(f_boxed(f), native("error", Vec::new()).boxed()),
        "with_entries" => {
            let entries = pipe(map(f), native("from_entries", Vec::new()));
            pipe(native("to_entries", Vec::new()), entries)
        }
        "nth" => Kind::Index {
            of: Kind::Identity.boxed(),
            key: f_boxed(f),
            optional: false,
        },
        "range" => Kind::Control(Control::Range, vec![constant(0.0).expr(), f]),
        "any" => Kind::Control(Control::Any, vec![each().expr(), f]),
        "all" => Kind::Control(Control::All, vec![each().expr(), f]),
        "INDEX" => Kind::Control(Control::IndexBy, vec![each().expr(), f]),
        "IN" => Kind::Control(Control::In, vec![Kind::Identity.expr(), f]),
        "match" => pipe(native("_match", vec![f]), each()),
        "capture" => pipe(native("_capture", vec![f]), each()),
        "scan" => pipe(native("_scan", vec![f]), each()),
        "splits" => pipe(native("_splits", vec![f]), each()),
        _ => return None,
    })
}

fn rewrite_more(name: &str, mut args: Vec<Expr>) -> Option<Kind> {
    Some(match (name, args.len()) {
        ("match", 2) => pipe(native("_match", args), each()),
        ("capture", 2) => pipe(native("_capture", args), each()),
        ("scan", 2) => pipe(native("_scan", args), each()),
        ("splits", 2) => pipe(native("_splits", args), each()),
        ("recurse", 2) => {
            let condition = args.pop()?;
            let f = args.pop()?;
            let step = Kind::Pipe(Box::new(f), select(condition).boxed());
            Kind::Control(Control::Recurse, vec![step.expr()])
        }
        ("sub", 2) => {
            args.push(constant("").expr());
            Kind::Control(Control::Sub, args)
        }
        ("gsub", 2) => {
            args.push(constant("g").expr());
            Kind::Control(Control::Sub, args)
        }
        ("gsub", 3) => {
            let flags = args.pop()?;
            let global = constant("g").boxed();
            args.push(Kind::Binary(BinaryOp::Add, Box::new(flags), global).expr());
            Kind::Control(Control::Sub, args)
        }
        _ => return None,
    })
}

/// All natives that a program can name.
pub(crate) fn nameable(native: &Native) -> bool {
    !native.name.starts_with('_')
}
