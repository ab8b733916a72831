//! From the tree to code: names are resolved here, so that nothing is looked up by name while a program runs.

use crate::error::CompileError;
use crate::expr::{Card, Code, Control, Expr, Function, Kind, Piece, Up};
use crate::syntax::ast::{AssignOp, BinaryOp, Definition, Node, Param, Part, Syntax, Text};
use crate::value::{Object, Val};

mod builtins;
pub(crate) use builtins::nameable;
mod cards;
mod patterns;
mod scope;

use crate::builtins::formats::Format;
use scope::Scope;

type Compiled<T> = Result<T, CompileError>;

/// Compiles a tree whose free variables are `vars`, in the order in which a run binds them.
pub(crate) fn compile(node: &Node, vars: &[String], text: &str) -> Compiled<Code> {
    let mut compiler = Compiler {
        scope: Scope::new(vars),
        functions: Vec::new(),
        prelude: Vec::new(),
        text,
    };
    let main = compiler.expr(node)?;
    let mut functions = Vec::with_capacity(compiler.functions.len());
    for function in compiler.functions {
        // Every function is filled in before the compiler is done with its definition.
        functions.extend(function);
    }
    let mut code = Code { main, functions };
    cards::assign(&mut code);
    Ok(code)
}

struct Compiler<'t> {
    scope: Scope,
    /// `None`: its body is being compiled.
    functions: Vec<Option<Function>>,
    /// Definitions of the prelude that the program uses.
    prelude: Vec<(&'static str, usize, usize)>,
    text: &'t str,
}

impl Compiler<'_> {
    fn error(&self, node: &Node, message: impl Into<String>) -> CompileError {
        let before = self.text.get(..node.at).unwrap_or("");
        CompileError {
            message: message.into(),
            position: before.chars().count(),
        }
    }

    fn boxed(&mut self, node: &Node) -> Compiled<Box<Expr>> {
        self.expr(node).map(Box::new)
    }

    fn exprs(&mut self, nodes: &[Node]) -> Compiled<Vec<Expr>> {
        nodes.iter().map(|node| self.expr(node)).collect()
    }

    fn expr(&mut self, node: &Node) -> Compiled<Expr> {
        self.kind(node).map(Kind::expr)
    }

    fn kind(&mut self, node: &Node) -> Compiled<Kind> {
        Ok(match &*node.syntax {
            Syntax::Identity => Kind::Identity,
            Syntax::Descend => recurse(),
            Syntax::Literal(value) => Kind::Const(value.clone()),
            Syntax::Text(text) => self.text(text)?,
            Syntax::Format(name) => Kind::Text {
                format: Format::named(name),
                parts: vec![Piece::Query(Kind::Identity.expr())],
            },
            Syntax::Index { of, key, optional } => self.index(of, key, *optional)?,
            Syntax::Slice {
                of,
                from,
                to,
                optional,
            } => Kind::Slice {
                of: self.boxed(of)?,
                from: self.end(from.as_ref())?,
                to: self.end(to.as_ref())?,
                optional: *optional,
            },
            Syntax::Each { of, optional } => Kind::Each {
                of: self.boxed(of)?,
                optional: *optional,
            },
            Syntax::Try { body, handler } => Kind::Try {
                body: self.boxed(body)?,
                handler: handler.as_ref().map(|h| self.boxed(h)).transpose()?,
            },
            Syntax::Negate(of) => self.negate(of)?,
            Syntax::Array(None) => Kind::Const(Val::arr(Vec::new())),
            Syntax::Array(Some(of)) => collect(self.expr(of)?),
            Syntax::Object(entries) => self.object(entries)?,
            Syntax::Pipe(left, right) => Kind::Pipe(self.boxed(left)?, self.boxed(right)?),
            Syntax::Comma(items) => Kind::Comma(self.exprs(items)?),
            Syntax::Binary(op, left, right) => self.binary(*op, left, right)?,
            Syntax::Assign(op, path, value) => self.assign(*op, path, value)?,
            Syntax::If {
                condition,
                then,
                otherwise,
            } => {
                let condition = self.expr(condition)?;
                let then = self.expr(then)?;
                let otherwise = match otherwise {
                    Some(node) => self.expr(node)?,
                    None => Kind::Identity.expr(),
                };
                branches(condition, then, otherwise)
            }
            Syntax::Var(name) => self.var(node, name)?,
            Syntax::Location(line) => location(*line),
            Syntax::Call { name, args } => self.call(node, name, args)?,
            Syntax::Label { name, body } => {
                self.scope.enter_label(name);
                let body = self.boxed(body)?;
                self.scope.leave(1);
                Kind::Label(body)
            }
            Syntax::Break(name) => match self.scope.find_label(name) {
                Some(hops) => Kind::Break(hops),
                None => {
                    return Err(self.error(node, format!("there is no label ${name} around this")));
                }
            },
            Syntax::Define { definition, rest } => {
                self.define(definition)?;
                let rest = self.kind(rest)?;
                self.scope.leave(1);
                rest
            }
            Syntax::Reduce { .. } | Syntax::Foreach { .. } | Syntax::Bind { .. } => {
                self.binding(&node.syntax)?
            }
        })
    }

    fn index(&mut self, of: &Node, key: &Node, optional: bool) -> Compiled<Kind> {
        let of = self.boxed(of)?;
        Ok(match self.kind(key)? {
            Kind::Const(Val::Str(key)) => Kind::Field { of, key, optional },
            key => Kind::Index {
                of,
                key: key.boxed(),
                optional,
            },
        })
    }

    /// An end of a slice; none is null.
    fn end(&mut self, node: Option<&Node>) -> Compiled<Box<Expr>> {
        match node {
            Some(node) => self.boxed(node),
            None => Ok(Kind::Const(Val::Null).boxed()),
        }
    }

    fn negate(&mut self, of: &Node) -> Compiled<Kind> {
        let of = self.kind(of)?;
        if let Kind::Const(value) = &of
            && let Some(negated) = value.negated_number()
        {
            return Ok(Kind::Const(negated));
        }
        Ok(Kind::Negate(of.boxed()))
    }

    fn text(&mut self, text: &Text) -> Compiled<Kind> {
        let mut parts = Vec::new();
        for part in &text.parts {
            parts.push(match part {
                Part::Literal(literal) => Piece::Literal(literal.clone()),
                Part::Query(node) => Piece::Query(self.expr(node)?),
            });
        }
        Ok(match parts.as_slice() {
            [] => Kind::Const(Val::from("")),
            [Piece::Literal(literal)] => Kind::Const(Val::from(literal.as_str())),
            _ => Kind::Text {
                format: text.format.as_deref().map_or(Format::Text, Format::named),
                parts,
            },
        })
    }

    fn object(&mut self, entries: &[(Node, Node)]) -> Compiled<Kind> {
        let mut compiled = Vec::with_capacity(entries.len());
        for (key, value) in entries {
            let key = self.expr(key)?;
            self.check_key(&entries[compiled.len()].0, &key)?;
            compiled.push((key, self.expr(value)?));
        }
        if compiled.is_empty() {
            return Ok(Kind::Const(Val::obj(Object::default())));
        }
        Ok(Kind::Object(compiled))
    }

    /// A constant key must be a string.
    fn check_key(&self, node: &Node, key: &Expr) -> Compiled<()> {
        match &key.kind {
            Kind::Const(found) if found.as_str().is_none() => {
                let found = crate::print::describe(found);
                Err(self.error(node, format!("Cannot use {found} as object key")))
            }
            _ => Ok(()),
        }
    }

    fn binary(&mut self, op: BinaryOp, left: &Node, right: &Node) -> Compiled<Kind> {
        let (left, right) = (self.boxed(left)?, self.boxed(right)?);
        Ok(match op {
            BinaryOp::And => Kind::And(left, right),
            BinaryOp::Or => Kind::Or(left, right),
            BinaryOp::Alternative => Kind::Alternative(left, right),
            op => Kind::Binary(op, left, right),
        })
    }

    fn assign(&mut self, op: AssignOp, path: &Node, value: &Node) -> Compiled<Kind> {
        let (path, value) = (self.boxed(path)?, self.boxed(value)?);
        Ok(match op {
            AssignOp::Set => Kind::Set { path, value },
            AssignOp::Update => Kind::Update {
                path,
                update: value,
            },
            AssignOp::Operate(op) => Kind::Operate { op, path, value },
        })
    }

    fn var(&mut self, node: &Node, name: &str) -> Compiled<Kind> {
        match self.scope.find_var(name) {
            Some(hops) => Ok(Kind::Var(hops)),
            None if name == "ENV" => Ok(Kind::Const(Val::obj(Object::default()))),
            None => Err(self.error(node, format!("${name} is not defined"))),
        }
    }

    /// Compiles a definition. Its name is in scope afterwards; the caller leaves it again.
    fn define(&mut self, definition: &Definition) -> Compiled<usize> {
        let id = self.functions.len();
        self.functions.push(None);
        let params = &definition.params;
        self.scope
            .enter_function(&definition.name, params.len(), id);
        for (index, param) in params.iter().enumerate() {
            let (Param::Closure(name) | Param::Value(name)) = param;
            self.scope.enter_closure(name, id, index);
        }
        let mut entered = params.len();
        for param in params {
            if let Param::Value(name) = param {
                self.scope.enter_var(name);
                entered += 1;
            }
        }
        let body = self.expr(&definition.body)?;
        self.scope.leave(entered);
        let values = params.iter().map(|p| matches!(p, Param::Value(_)));
        let values = values.collect();
        self.functions[id] = Some(Function { values, body });
        Ok(id)
    }

    fn call(&mut self, node: &Node, name: &str, args: &[Node]) -> Compiled<Kind> {
        if args.is_empty()
            && let Some((hops, function, index)) = self.scope.find_closure(name)
        {
            return Ok(Kind::Param {
                hops,
                function,
                index,
            });
        }
        if let Some((function, hops)) = self.scope.find_function(name, args.len()) {
            let args = self.exprs(args)?;
            return Ok(Kind::Call {
                function,
                up: Up::Hops(hops),
                args,
            });
        }
        self.builtin(node, name, args)
    }
}

// Shorthands for making nodes

fn pipe(left: Kind, right: Kind) -> Kind {
    Kind::Pipe(left.boxed(), right.boxed())
}

fn each() -> Kind {
    Kind::Each {
        of: Kind::Identity.boxed(),
        optional: false,
    }
}

/// `..`
fn recurse() -> Kind {
    let each = Kind::Each {
        of: Kind::Identity.boxed(),
        optional: true,
    };
    Kind::Control(Control::Recurse, vec![each.expr()])
}

fn branches(condition: Expr, then: Expr, otherwise: Expr) -> Kind {
    Kind::If(Box::new(crate::expr::Branches {
        condition,
        then,
        otherwise,
    }))
}

/// `[of]`, at once if it is made of constants.
fn collect(of: Expr) -> Kind {
    match &of.kind {
        Kind::Const(value) => Kind::Const(Val::arr(vec![value.clone()])),
        Kind::Comma(items) => {
            let constants = items.iter().map(|item| match &item.kind {
                Kind::Const(value) => Some(value.clone()),
                _ => None,
            });
            match constants.collect::<Option<Vec<Val>>>() {
                Some(constants) => Kind::Const(Val::arr(constants)),
                None => Kind::Collect(Box::new(of)),
            }
        }
        _ => Kind::Collect(Box::new(of)),
    }
}

/// `$__loc__`
fn location(line: usize) -> Kind {
    let mut object = Object::with_capacity(2);
    object.set(&"file".into(), Val::from("<top-level>"));
    object.set(&"line".into(), Val::from(line));
    Kind::Const(Val::obj(object))
}

impl Expr {
    pub(crate) fn is_single(&self) -> bool {
        self.card <= Card::Optional
    }
}
