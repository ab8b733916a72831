//! Destructuring: `$x`, `[$a, $b]`, `{a: $x, $y, (key): [$z]}`, and alternatives joined by `?//`.

use super::{Parsed, Parser};
use crate::syntax::ast::{Entry, Node, Pattern, Syntax};
use crate::syntax::lexer::Token;

impl Parser<'_> {
    pub(super) fn patterns(&mut self) -> Parsed<Vec<Pattern>> {
        let mut patterns = vec![self.pattern()?];
        while self.take_op("?//")? {
            patterns.push(self.pattern()?);
        }
        Ok(patterns)
    }

    fn pattern(&mut self) -> Parsed<Pattern> {
        self.nest(|parser| match parser.token {
            Token::Op("[") => {
                parser.advance()?;
                let mut items = vec![parser.pattern()?];
                while parser.take_op(",")? {
                    items.push(parser.pattern()?);
                }
                parser.need_op("]")?;
                Ok(Pattern::Array(items))
            }
            Token::Op("{") => {
                parser.advance()?;
                let mut entries = vec![parser.pattern_entry()?];
                while parser.take_op(",")? {
                    entries.push(parser.pattern_entry()?);
                }
                parser.need_op("}")?;
                Ok(Pattern::Object(entries))
            }
            _ => parser.need_var().map(Pattern::Var),
        })
    }

    fn pattern_entry(&mut self) -> Parsed<Entry> {
        let at = self.at;
        let (var, key) = match self.token.clone() {
            Token::Var(_) => {
                let name = self.need_var()?;
                let key = Node::text(&name, at);
                (Some(name), key)
            }
            Token::Word(name) => {
                self.advance()?;
                (None, Node::text(name, at))
            }
            Token::Quote(_) | Token::Format(_) => {
                let text = self.text()?;
                (None, self.node(Syntax::Text(text), at)?)
            }
            Token::Op("(") => {
                self.advance()?;
                let key = self.query()?;
                self.need_op(")")?;
                (None, key)
            }
            _ => return Err(self.expected("a key or a variable")),
        };
        let pattern = match (self.is_op(":"), &var) {
            (false, Some(_)) => None,
            _ => {
                self.need_op(":")?;
                Some(self.pattern()?)
            }
        };
        Ok(Entry { var, key, pattern })
    }
}
