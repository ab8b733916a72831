//! The tree of a program, close to how it is written.

use crate::value::Val;

/// A node and where it starts in the text, in bytes.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub(crate) syntax: Box<Syntax>,
    pub(crate) at: usize,
    /// How many nodes are nested in it at most, itself included.
    pub(crate) height: u32,
}

#[derive(Debug, Clone)]
pub(crate) enum Syntax {
    /// `.`
    Identity,
    /// `..`
    Descend,
    /// A number.
    Literal(Val),
    /// A string, with a format for what is interpolated.
    Text(Text),
    /// `@base64`
    Format(String),
    /// `.key`, `.["key"]`, `of[key]`
    Index { of: Node, key: Node, optional: bool },
    /// `of[from:to]`
    Slice {
        of: Node,
        from: Option<Node>,
        to: Option<Node>,
        optional: bool,
    },
    /// `of[]`
    Each { of: Node, optional: bool },
    /// `try body catch handler`, `body?`
    Try { body: Node, handler: Option<Node> },
    /// `-of`
    Negate(Node),
    /// `[of]`
    Array(Option<Node>),
    /// `{key: value}`
    Object(Vec<(Node, Node)>),
    /// `left | right`
    Pipe(Node, Node),
    /// `first, second`
    Comma(Vec<Node>),
    /// `left op right`
    Binary(BinaryOp, Node, Node),
    /// `path op value`
    Assign(AssignOp, Node, Node),
    /// `if … then … elif … else … end`
    If {
        condition: Node,
        then: Node,
        otherwise: Option<Node>,
    },
    /// `reduce source as $x (init; update)`
    Reduce {
        source: Node,
        patterns: Vec<Pattern>,
        init: Node,
        update: Node,
    },
    /// `foreach source as $x (init; update; extract)`
    Foreach {
        source: Node,
        patterns: Vec<Pattern>,
        init: Node,
        update: Node,
        extract: Option<Node>,
    },
    /// `source as $x | body`; several patterns are joined by `?//`
    Bind {
        source: Node,
        patterns: Vec<Pattern>,
        body: Node,
    },
    /// `def f(a; $b): …; rest`
    Define { definition: Definition, rest: Node },
    /// `label $name | body`
    Label { name: String, body: Node },
    /// `break $name`
    Break(String),
    /// `$name`
    Var(String),
    /// `$__loc__`, with its line
    Location(usize),
    /// `name(args)`
    Call { name: String, args: Vec<Node> },
}

/// The parts of a string.
#[derive(Debug, Clone)]
pub(crate) struct Text {
    pub(crate) format: Option<String>,
    pub(crate) parts: Vec<Part>,
}

#[derive(Debug, Clone)]
pub(crate) enum Part {
    Literal(String),
    Query(Node),
}

#[derive(Debug, Clone)]
pub(crate) struct Definition {
    pub(crate) name: String,
    pub(crate) params: Vec<Param>,
    pub(crate) body: Node,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Param {
    /// `f`: a closure
    Closure(String),
    /// `$x`: a value, and a closure of the same name
    Value(String),
}

/// What a value is taken apart with.
#[derive(Debug, Clone)]
pub(crate) enum Pattern {
    Var(String),
    Array(Vec<Pattern>),
    Object(Vec<Entry>),
}

/// `key: pattern`, `$var`, `$var: pattern`
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) var: Option<String>,
    pub(crate) key: Node,
    pub(crate) pattern: Option<Pattern>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BinaryOp {
    Alternative,
    Or,
    And,
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AssignOp {
    /// `=`
    Set,
    /// `|=`
    Update,
    /// `+=`, `//=` and the like
    Operate(BinaryOp),
}

impl BinaryOp {
    /// As it is written, and how strongly it binds.
    pub(crate) const TABLE: &'static [(&'static str, BinaryOp, u8)] = &[
        ("//", BinaryOp::Alternative, 1),
        ("or", BinaryOp::Or, 3),
        ("and", BinaryOp::And, 4),
        ("==", BinaryOp::Equal, 5),
        ("!=", BinaryOp::NotEqual, 5),
        ("<", BinaryOp::Less, 5),
        ("<=", BinaryOp::LessEqual, 5),
        (">", BinaryOp::Greater, 5),
        (">=", BinaryOp::GreaterEqual, 5),
        ("+", BinaryOp::Add, 6),
        ("-", BinaryOp::Subtract, 6),
        ("*", BinaryOp::Multiply, 7),
        ("/", BinaryOp::Divide, 7),
        ("%", BinaryOp::Remainder, 7),
    ];
}

impl AssignOp {
    /// How strongly assignments bind: between `//` and `or`.
    pub(crate) const BINDING: u8 = 2;

    pub(crate) const TABLE: &'static [(&'static str, AssignOp)] = &[
        ("=", AssignOp::Set),
        ("|=", AssignOp::Update),
        ("+=", AssignOp::Operate(BinaryOp::Add)),
        ("-=", AssignOp::Operate(BinaryOp::Subtract)),
        ("*=", AssignOp::Operate(BinaryOp::Multiply)),
        ("/=", AssignOp::Operate(BinaryOp::Divide)),
        ("%=", AssignOp::Operate(BinaryOp::Remainder)),
        ("//=", AssignOp::Operate(BinaryOp::Alternative)),
    ];
}

impl Node {
    pub(crate) fn new(syntax: Syntax, at: usize) -> Node {
        let height = 1 + tallest(&syntax);
        Node {
            syntax: Box::new(syntax),
            at,
            height,
        }
    }

    /// A string without interpolation.
    pub(crate) fn text(text: &str, at: usize) -> Node {
        let parts = match text {
            "" => Vec::new(),
            _ => vec![Part::Literal(text.to_owned())],
        };
        Node::new(
            Syntax::Text(Text {
                format: None,
                parts,
            }),
            at,
        )
    }
}

/// The height of the tallest child.
fn tallest(syntax: &Syntax) -> u32 {
    let of = |nodes: &[&Node]| nodes.iter().map(|n| n.height).max().unwrap_or(0);
    match syntax {
        Syntax::Identity
        | Syntax::Descend
        | Syntax::Literal(_)
        | Syntax::Format(_)
        | Syntax::Break(_)
        | Syntax::Var(_)
        | Syntax::Location(_) => 0,
        Syntax::Text(text) => text.height(),
        Syntax::Index { of: term, key, .. } => of(&[term, key]),
        Syntax::Slice {
            of: term, from, to, ..
        } => {
            let ends = from.iter().chain(to).map(|n| n.height).max();
            term.height.max(ends.unwrap_or(0))
        }
        Syntax::Each { of: node, .. } | Syntax::Negate(node) => node.height,
        Syntax::Label { body: node, .. } => node.height,
        Syntax::Array(node) => node.as_ref().map_or(0, |n| n.height),
        Syntax::Try { body, handler } => handler.iter().fold(body.height, |h, n| h.max(n.height)),
        Syntax::Object(entries) => {
            (entries.iter()).fold(0, |h, (k, v)| h.max(k.height).max(v.height))
        }
        Syntax::Comma(nodes) | Syntax::Call { args: nodes, .. } => {
            nodes.iter().map(|n| n.height).max().unwrap_or(0)
        }
        Syntax::Pipe(a, b) | Syntax::Binary(_, a, b) | Syntax::Assign(_, a, b) => of(&[a, b]),
        Syntax::If {
            condition,
            then,
            otherwise,
        } => (otherwise.iter()).fold(of(&[condition, then]), |h, n| h.max(n.height)),
        Syntax::Reduce {
            source,
            patterns,
            init,
            update,
        } => of(&[source, init, update]).max(patterns_height(patterns)),
        Syntax::Foreach {
            source,
            patterns,
            init,
            update,
            extract,
        } => (extract
            .iter()
            .fold(of(&[source, init, update]), |h, n| h.max(n.height)))
        .max(patterns_height(patterns)),
        Syntax::Bind {
            source,
            patterns,
            body,
        } => of(&[source, body]).max(patterns_height(patterns)),
        Syntax::Define { definition, rest } => of(&[&definition.body, rest]),
    }
}

impl Text {
    fn height(&self) -> u32 {
        let heights = self.parts.iter().map(|part| match part {
            Part::Literal(_) => 0,
            Part::Query(node) => node.height,
        });
        heights.max().unwrap_or(0)
    }
}

fn patterns_height(patterns: &[Pattern]) -> u32 {
    let height = |pattern: &Pattern| match pattern {
        Pattern::Var(_) => 1,
        Pattern::Array(items) => 1 + patterns_height(items),
        Pattern::Object(entries) => {
            let entry = |e: &Entry| {
                let nested = e
                    .pattern
                    .as_ref()
                    .map_or(0, |p| patterns_height(std::slice::from_ref(p)));
                e.key.height.max(nested)
            };
            1 + entries.iter().map(entry).max().unwrap_or(0)
        }
    };
    patterns.iter().map(height).max().unwrap_or(0)
}
