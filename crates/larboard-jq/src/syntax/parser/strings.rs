//! Strings, with escapes and interpolation.

use super::{Parsed, Parser};
use crate::syntax::ast::{Part, Text};
use crate::syntax::escape::unescape;
use crate::syntax::lexer::Token;

impl Parser<'_> {
    /// A string from its opening quote, or from a format before it. Ends after the closing quote.
    pub(super) fn text(&mut self) -> Parsed<Text> {
        let format = match self.token {
            Token::Format(name) => {
                self.advance()?;
                Some(name.to_owned())
            }
            _ => None,
        };
        let (Token::Quote(quote), start) = (self.token.clone(), self.at) else {
            return Err(self.expected("a string"));
        };
        let mut parts = Vec::new();
        let mut literal = String::new();
        // The lexer stands behind the quote.
        loop {
            let rest = &self.lexer.text[self.lexer.at..];
            let Some(plain) = rest.find([quote, '\\']) else {
                return Err(self.error(start, "the string does not end"));
            };
            literal.push_str(&rest[..plain]);
            let mark = self.lexer.at + plain;
            self.lexer.at = mark + 1;
            if rest.as_bytes()[plain] != b'\\' {
                break;
            }
            if rest[plain + 1..].starts_with('(') {
                self.lexer.at += 1;
                flush(&mut literal, &mut parts);
                parts.push(Part::Query(self.interpolation()?));
                continue;
            }
            let taken = unescape(&rest[plain + 1..], quote, &mut literal);
            self.lexer.at += taken.map_err(|what| self.error(mark, what))?;
        }
        flush(&mut literal, &mut parts);
        self.advance()?;
        Ok(Text { format, parts })
    }

    /// The query of `\( … )`. Afterwards the lexer stands behind the parenthesis, back in the string.
    fn interpolation(&mut self) -> Parsed<crate::syntax::ast::Node> {
        self.advance()?;
        let query = self.query()?;
        if !self.is_op(")") {
            return Err(self.expected("`)`"));
        }
        self.lexer.at = self.at + 1;
        Ok(query)
    }
}

fn flush(literal: &mut String, parts: &mut Vec<Part>) {
    if !literal.is_empty() {
        parts.push(Part::Literal(std::mem::take(literal)));
    }
}
