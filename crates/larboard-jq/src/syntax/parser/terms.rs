//! Terms: what stands between operators, and the suffixes `.key`, `[…]` and `?`.

use super::{Parsed, Parser};
use crate::syntax::ast::{Node, Syntax, Text};
use crate::syntax::lexer::{Token, is_keyword};

impl Parser<'_> {
    /// A term with its suffixes.
    pub(super) fn term(&mut self) -> Parsed<Node> {
        let at = self.at;
        let mut term = self.head()?;
        loop {
            let next = match &self.token {
                Token::Field(name) => {
                    let key = Node::text(name, self.at);
                    self.advance()?;
                    self.index(term, key, at)?
                }
                Token::Op("[") => self.brackets(term, at)?,
                Token::Op("?") => {
                    self.advance()?;
                    let syntax = Syntax::Try {
                        body: term,
                        handler: None,
                    };
                    self.node(syntax, at)?
                }
                Token::Op(".") => {
                    self.advance()?;
                    self.after_dot(term, at)?
                }
                _ => return Ok(term),
            };
            term = next;
        }
    }

    /// What may follow the dot of `term.`: a string or brackets.
    fn after_dot(&mut self, term: Node, at: usize) -> Parsed<Node> {
        match self.token {
            Token::Quote(_) | Token::Format(_) => {
                let key_at = self.at;
                let key = self.text()?;
                let key = self.node(Syntax::Text(key), key_at)?;
                self.index(term, key, at)
            }
            Token::Op("[") => self.brackets(term, at),
            _ => Err(self.expected("a key; write .[\"key\"] for an unusual one")),
        }
    }

    fn index(&mut self, of: Node, key: Node, at: usize) -> Parsed<Node> {
        let optional = self.take_op("?")?;
        self.node(Syntax::Index { of, key, optional }, at)
    }

    /// `[]`, `[key]`, `[from:to]`
    fn brackets(&mut self, of: Node, at: usize) -> Parsed<Node> {
        self.need_op("[")?;
        if self.take_op("]")? {
            let optional = self.take_op("?")?;
            return self.node(Syntax::Each { of, optional }, at);
        }
        let from = match self.is_op(":") {
            true => None,
            false => Some(self.query()?),
        };
        if !self.take_op(":")? {
            self.need_op("]")?;
            return match from {
                Some(key) => self.index(of, key, at),
                None => Err(self.expected("an index")),
            };
        }
        let to = match (self.is_op("]"), &from) {
            (true, Some(_)) => None,
            _ => Some(self.query()?),
        };
        self.need_op("]")?;
        let optional = self.take_op("?")?;
        let slice = Syntax::Slice {
            of,
            from,
            to,
            optional,
        };
        self.node(slice, at)
    }

    /// A term without suffixes.
    fn head(&mut self) -> Parsed<Node> {
        let at = self.at;
        let syntax = match self.token.clone() {
            Token::Number(literal) => {
                self.advance()?;
                Syntax::Literal(literal)
            }
            Token::Quote(_) => Syntax::Text(self.text()?),
            Token::Format(name) => {
                let name = name.to_owned();
                self.advance()?;
                match self.token {
                    Token::Quote(_) => {
                        let text = self.text()?;
                        Syntax::Text(Text {
                            format: Some(name),
                            ..text
                        })
                    }
                    _ => Syntax::Format(name),
                }
            }
            Token::Field(name) => {
                let key = Node::text(name, at);
                self.advance()?;
                return self.index(Node::new(Syntax::Identity, at), key, at);
            }
            Token::Var("__loc__") => {
                self.advance()?;
                Syntax::Location(self.line(at))
            }
            Token::Var(name) => {
                self.advance()?;
                Syntax::Var(name.to_owned())
            }
            Token::Word(word) if is_keyword(word) => return self.keyword(word, at),
            Token::Word(name) => self.call(name)?,
            Token::Op(op) => return self.punctuation(op, at),
            Token::End => return Err(self.expected("an expression")),
        };
        self.node(syntax, at)
    }

    fn line(&self, at: usize) -> usize {
        1 + self.lexer.text[..at]
            .bytes()
            .filter(|b| *b == b'\n')
            .count()
    }

    fn punctuation(&mut self, op: &str, at: usize) -> Parsed<Node> {
        match op {
            "." => {
                self.advance()?;
                let identity = Node::new(Syntax::Identity, at);
                match self.token {
                    Token::Quote(_) => self.after_dot(identity, at),
                    Token::Word(_) if self.before == self.at => {
                        Err(self.expected("a key; write .[\"key\"] for an unusual one"))
                    }
                    _ => Ok(identity),
                }
            }
            ".." => {
                self.advance()?;
                self.node(Syntax::Descend, at)
            }
            "-" => {
                self.advance()?;
                let of = self.nest(Self::term)?;
                self.node(Syntax::Negate(of), at)
            }
            "(" => {
                self.advance()?;
                let node = self.query()?;
                self.need_op(")")?;
                Ok(node)
            }
            "[" => {
                self.advance()?;
                let of = match self.is_op("]") {
                    true => None,
                    false => Some(self.query()?),
                };
                self.need_op("]")?;
                self.node(Syntax::Array(of), at)
            }
            "{" => self.object(at),
            _ => Err(self.expected("an expression")),
        }
    }

    fn call(&mut self, name: &str) -> Parsed<Syntax> {
        let at = self.at;
        self.advance()?;
        let mut args = Vec::new();
        if self.take_op("(")? {
            loop {
                args.push(self.query()?);
                if !self.take_op(";")? {
                    break;
                }
            }
            self.need_op(")")?;
        }
        if name.contains("::") {
            return Err(self.error(at, "modules are not available here"));
        }
        Ok(Syntax::Call {
            name: name.to_owned(),
            args,
        })
    }

    fn keyword(&mut self, word: &str, at: usize) -> Parsed<Node> {
        match word {
            "if" => {
                self.advance()?;
                self.branches(at)
            }
            "try" => {
                self.advance()?;
                let body = self.nest(Self::term)?;
                let handler = match self.take_word("catch")? {
                    true => Some(self.nest(Self::term)?),
                    false => None,
                };
                self.node(Syntax::Try { body, handler }, at)
            }
            "reduce" | "foreach" => self.fold(word == "reduce", at),
            "break" => {
                self.advance()?;
                let label = self.need_var()?;
                self.node(Syntax::Break(label), at)
            }
            "import" | "include" | "module" => Err(self.error(
                at,
                format!("`{word}` is not available here: there are no modules"),
            )),
            _ => Err(self.expected("an expression")),
        }
    }

    /// What follows `if` or `elif`.
    fn branches(&mut self, at: usize) -> Parsed<Node> {
        let condition = self.query()?;
        self.need_word("then")?;
        let then = self.query()?;
        let elif_at = self.at;
        let otherwise = if self.take_word("elif")? {
            Some(self.nest(|parser| parser.branches(elif_at))?)
        } else {
            let otherwise = match self.take_word("else")? {
                true => Some(self.query()?),
                false => None,
            };
            self.need_word("end")?;
            otherwise
        };
        let branches = Syntax::If {
            condition,
            then,
            otherwise,
        };
        self.node(branches, at)
    }

    fn fold(&mut self, reduce: bool, at: usize) -> Parsed<Node> {
        self.advance()?;
        let source = self.expr()?;
        self.need_word("as")?;
        let patterns = self.patterns()?;
        self.need_op("(")?;
        let init = self.query()?;
        self.need_op(";")?;
        let update = self.query()?;
        let extract = match !reduce && self.take_op(";")? {
            true => Some(self.query()?),
            false => None,
        };
        self.need_op(")")?;
        let fold = match reduce {
            true => Syntax::Reduce {
                source,
                patterns,
                init,
                update,
            },
            false => Syntax::Foreach {
                source,
                patterns,
                init,
                update,
                extract,
            },
        };
        self.node(fold, at)
    }

    fn object(&mut self, at: usize) -> Parsed<Node> {
        self.need_op("{")?;
        let mut entries = Vec::new();
        while !self.is_op("}") {
            entries.push(self.entry()?);
            if !self.take_op(",")? {
                break;
            }
        }
        self.need_op("}")?;
        self.node(Syntax::Object(entries), at)
    }

    /// `key: value`, or a key alone, whose value is then looked up.
    fn entry(&mut self) -> Parsed<(Node, Node)> {
        let at = self.at;
        let (key, short) = match self.token.clone() {
            Token::Var("__loc__") => {
                self.advance()?;
                let location = Syntax::Location(self.line(at));
                return Ok((Node::text("__loc__", at), self.node(location, at)?));
            }
            Token::Var(name) => {
                self.advance()?;
                let var = self.node(Syntax::Var(name.to_owned()), at)?;
                if self.is_op(":") {
                    (var, None)
                } else {
                    (Node::text(name, at), Some(var))
                }
            }
            Token::Word(name) => {
                self.advance()?;
                let key = Node::text(name, at);
                let value = self.lookup(key.clone(), at)?;
                (key, Some(value))
            }
            Token::Quote(_) | Token::Format(_) => {
                let text = self.text()?;
                let key = self.node(Syntax::Text(text), at)?;
                let value = self.lookup(key.clone(), at)?;
                (key, Some(value))
            }
            Token::Op("(") => {
                self.advance()?;
                let key = self.query()?;
                self.need_op(")")?;
                (key, None)
            }
            _ => return Err(self.expected("a key; one that is computed needs parentheses")),
        };
        match (self.is_op(":"), short) {
            (false, Some(value)) => Ok((key, value)),
            _ => {
                self.need_op(":")?;
                Ok((key, self.entry_value()?))
            }
        }
    }

    /// The value of a key that stands alone: what `.key` gives.
    fn lookup(&self, key: Node, at: usize) -> Parsed<Node> {
        let of = Node::new(Syntax::Identity, at);
        let optional = false;
        self.node(Syntax::Index { of, key, optional }, at)
    }

    /// The value of an entry: operators and pipes, but no commas.
    fn entry_value(&mut self) -> Parsed<Node> {
        let at = self.at;
        let left = self.expr()?;
        if !self.take_op("|")? {
            return Ok(left);
        }
        let right = self.nest(Self::entry_value)?;
        self.node(Syntax::Pipe(left, right), at)
    }
}
