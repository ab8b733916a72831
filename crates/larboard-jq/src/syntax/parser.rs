//! From tokens to the tree: queries, operators and definitions. Terms are in [`terms`], destructuring in [`patterns`].
//!
//! The grammar is jq's. From loosest to tightest: `def … ;`, `|`, `,`, `//`, assignments, `or`, `and`, comparisons, `+ -`,
//! `* / %`, terms.

use super::Dialect;
use super::ast::{AssignOp, BinaryOp, Definition, Node, Param, Syntax};
use super::lexer::{Lexer, Token, is_keyword};
use crate::error::CompileError;

mod patterns;
mod strings;
mod terms;

/// The longest program that is read, in bytes.
const TEXT_MAX: usize = 256 << 10;

/// The tallest tree that is read. It bounds the recursion of everything that walks the tree.
const HEIGHT_MAX: u32 = 200;

pub(crate) type Parsed<T> = Result<T, CompileError>;

/// Parses a whole program.
pub(crate) fn parse(text: &str, dialect: Dialect) -> Parsed<Node> {
    let mut parser = Parser::new(text, dialect)?;
    if parser.token == Token::End {
        return Err(parser.expected("an expression"));
    }
    let node = parser.query()?;
    match parser.token {
        Token::End => Ok(node),
        _ => Err(parser.expected("an operator or the end")),
    }
}

pub(crate) struct Parser<'t> {
    lexer: Lexer<'t>,
    /// The next token, where it starts, and where the one before it ended.
    token: Token<'t>,
    at: usize,
    before: usize,
    nested: u32,
}

impl<'t> Parser<'t> {
    fn new(text: &'t str, dialect: Dialect) -> Parsed<Parser<'t>> {
        let mut lexer = Lexer::new(text, dialect);
        if text.len() > TEXT_MAX {
            return Err(lexer.error(
                TEXT_MAX,
                format!("the program is longer than {TEXT_MAX} bytes"),
            ));
        }
        let (token, at) = lexer.next()?;
        Ok(Parser {
            lexer,
            token,
            at,
            before: 0,
            nested: 0,
        })
    }

    // Tokens

    fn advance(&mut self) -> Parsed<Token<'t>> {
        self.before = self.lexer.at;
        let (token, at) = self.lexer.next()?;
        self.at = at;
        Ok(std::mem::replace(&mut self.token, token))
    }

    fn is_op(&self, op: &str) -> bool {
        matches!(self.token, Token::Op(found) if found == op)
    }

    fn is_word(&self, word: &str) -> bool {
        matches!(self.token, Token::Word(found) if found == word)
    }

    fn take_op(&mut self, op: &str) -> Parsed<bool> {
        let found = self.is_op(op);
        if found {
            self.advance()?;
        }
        Ok(found)
    }

    fn take_word(&mut self, word: &str) -> Parsed<bool> {
        let found = self.is_word(word);
        if found {
            self.advance()?;
        }
        Ok(found)
    }

    fn need_op(&mut self, op: &str) -> Parsed<()> {
        match self.take_op(op)? {
            true => Ok(()),
            false => Err(self.expected(&format!("`{op}`"))),
        }
    }

    fn need_word(&mut self, word: &str) -> Parsed<()> {
        match self.take_word(word)? {
            true => Ok(()),
            false => Err(self.expected(&format!("`{word}`"))),
        }
    }

    fn need_var(&mut self) -> Parsed<String> {
        match self.token {
            Token::Var(name) if name != "__loc__" => {
                self.advance()?;
                Ok(name.to_owned())
            }
            _ => Err(self.expected("a variable")),
        }
    }

    fn expected(&self, what: &str) -> CompileError {
        let found = self.token.name();
        self.lexer
            .error(self.at, format!("found {found} where {what} was expected"))
    }

    fn error(&self, at: usize, message: impl Into<String>) -> CompileError {
        self.lexer.error(at, message)
    }

    // Nodes

    /// Makes a node, unless the tree becomes too tall.
    fn node(&self, syntax: Syntax, at: usize) -> Parsed<Node> {
        let node = Node::new(syntax, at);
        if node.height > HEIGHT_MAX {
            return Err(self.error(at, "the expression is nested too deep"));
        }
        Ok(node)
    }

    /// Parses something that may contain itself.
    fn nest<T>(&mut self, parse: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        if self.nested >= HEIGHT_MAX {
            return Err(self.error(self.at, "the expression is nested too deep"));
        }
        self.nested += 1;
        let parsed = parse(self);
        self.nested -= 1;
        parsed
    }

    // Queries

    /// Everything: `def … ; query`, `label $x | query`, `expr as $x | query`, pipes and commas.
    fn query(&mut self) -> Parsed<Node> {
        self.nest(Self::query_inside)
    }

    fn query_inside(&mut self) -> Parsed<Node> {
        // What stands before the pipes is collected, because a pipe nests to the right and text may have many.
        let mut stages = Vec::new();
        loop {
            let at = self.at;
            let (stage, open_ended) = self.commas()?;
            stages.push((stage, at));
            if open_ended || !self.take_op("|")? {
                break;
            }
        }
        let mut stages = stages.into_iter().rev();
        let Some((mut node, _)) = stages.next() else {
            return Err(self.expected("an expression"));
        };
        for (stage, at) in stages {
            node = self.node(Syntax::Pipe(stage, node), at)?;
        }
        Ok(node)
    }

    /// Expressions with commas. The last may be one that takes everything to its right; then the second part is true.
    fn commas(&mut self) -> Parsed<(Node, bool)> {
        let at = self.at;
        let (first, mut open_ended) = self.item()?;
        if open_ended || !self.is_op(",") {
            return Ok((first, open_ended));
        }
        let mut items = vec![first];
        while !open_ended && self.take_op(",")? {
            let (item, open) = self.item()?;
            items.push(item);
            open_ended = open;
        }
        Ok((self.node(Syntax::Comma(items), at)?, open_ended))
    }

    fn item(&mut self) -> Parsed<(Node, bool)> {
        let at = self.at;
        if self.is_word("def") {
            return Ok((self.definition()?, true));
        }
        if self.take_word("label")? {
            let name = self.need_var()?;
            self.need_op("|")?;
            let body = self.query()?;
            return Ok((self.node(Syntax::Label { name, body }, at)?, true));
        }
        let source = self.expr()?;
        if !self.take_word("as")? {
            return Ok((source, false));
        }
        let patterns = self.patterns()?;
        self.need_op("|")?;
        let body = self.query()?;
        let bind = Syntax::Bind {
            source,
            patterns,
            body,
        };
        Ok((self.node(bind, at)?, true))
    }

    fn definition(&mut self) -> Parsed<Node> {
        let at = self.at;
        self.need_word("def")?;
        let name = self.function_name()?;
        let mut params = Vec::new();
        if self.take_op("(")? {
            loop {
                params.push(match self.token {
                    Token::Var(_) => Param::Value(self.need_var()?),
                    _ => Param::Closure(self.function_name()?),
                });
                if !self.take_op(";")? {
                    break;
                }
            }
            self.need_op(")")?;
        }
        self.need_op(":")?;
        let body = self.query()?;
        self.need_op(";")?;
        let definition = Definition { name, params, body };
        let rest = self.query()?;
        self.node(Syntax::Define { definition, rest }, at)
    }

    fn function_name(&mut self) -> Parsed<String> {
        match self.token {
            Token::Word(name) if !is_keyword(name) => {
                self.advance()?;
                Ok(name.to_owned())
            }
            _ => Err(self.expected("a name")),
        }
    }

    // Operators

    /// Operators over terms, without commas and pipes.
    fn expr(&mut self) -> Parsed<Node> {
        self.nest(|parser| parser.operators(1))
    }

    /// Operators that bind at least as strongly as `binding`.
    fn operators(&mut self, binding: u8) -> Parsed<Node> {
        let at = self.at;
        let mut left = self.term()?;
        // Comparisons and assignments do not chain: after one, only looser operators may follow.
        let mut loosest = u8::MAX;
        while let Some((operator, strength)) = self.operator() {
            if strength < binding {
                break;
            }
            if strength >= loosest {
                return Err(self.error(
                    self.at,
                    "comparisons and assignments cannot be chained; use parentheses",
                ));
            }
            self.advance()?;
            let chains = !matches!(strength, AssignOp::BINDING | 5);
            // `//` groups to the right.
            let next = if strength == 1 { 1 } else { strength + 1 };
            let right = self.nest(|parser| parser.operators(next))?;
            let syntax = match operator {
                Operator::Binary(op) => Syntax::Binary(op, left, right),
                Operator::Assign(op) => Syntax::Assign(op, left, right),
            };
            left = self.node(syntax, at)?;
            loosest = if chains { u8::MAX } else { strength };
        }
        Ok(left)
    }

    fn operator(&self) -> Option<(Operator, u8)> {
        let text = match self.token {
            Token::Op(op) => op,
            Token::Word(word @ ("and" | "or")) => word,
            _ => return None,
        };
        if let Some((_, op, strength)) = BinaryOp::TABLE.iter().find(|row| row.0 == text) {
            return Some((Operator::Binary(*op), *strength));
        }
        let (_, op) = AssignOp::TABLE.iter().find(|row| row.0 == text)?;
        Some((Operator::Assign(*op), AssignOp::BINDING))
    }
}

enum Operator {
    Binary(BinaryOp),
    Assign(AssignOp),
}
