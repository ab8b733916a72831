//! Tokens, one at a time.
//!
//! Strings are not tokens: the lexer stops after the opening quote, and the parser asks for the pieces, because a piece may
//! hold a whole program.

use super::Dialect;
use crate::error::CompileError;
use crate::value::Val;

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Token<'t> {
    /// Punctuation.
    Op(&'static str),
    /// A name or a keyword.
    Word(&'t str),
    /// `.name`
    Field(&'t str),
    /// `$name`
    Var(&'t str),
    Number(Val),
    /// `@name`
    Format(&'t str),
    /// An opening quote.
    Quote(char),
    End,
}

impl Token<'_> {
    /// How a message calls it.
    pub(crate) fn name(&self) -> String {
        match self {
            Token::Op(op) => format!("`{op}`"),
            Token::Word(word) => format!("`{word}`"),
            Token::Field(name) => format!("`.{name}`"),
            Token::Var(name) => format!("`${name}`"),
            Token::Number(_) => "a number".to_owned(),
            Token::Format(name) => format!("`@{name}`"),
            Token::Quote(_) => "a string".to_owned(),
            Token::End => "the end".to_owned(),
        }
    }
}

/// The words that cannot name a function.
const KEYWORDS: &[&str] = &[
    "as", "def", "module", "import", "include", "if", "then", "else", "elif", "end", "and", "or",
    "reduce", "foreach", "try", "catch", "label", "break", "__loc__",
];

pub(crate) fn is_keyword(word: &str) -> bool {
    KEYWORDS.contains(&word)
}

/// Longer ones first.
const OPERATORS: &[&str] = &[
    "?//", "//=", "!=", "==", "//", "|=", "+=", "-=", "*=", "/=", "%=", "<=", ">=", "..", ".", "?",
    "=", ";", ",", ":", "|", "+", "-", "*", "/", "%", "<", ">", "[", "]", "{", "}", "(", ")", "$",
];

pub(crate) struct Lexer<'t> {
    pub(crate) text: &'t str,
    /// Where the next token is looked for, in bytes.
    pub(crate) at: usize,
    dialect: Dialect,
}

impl<'t> Lexer<'t> {
    pub(crate) fn new(text: &'t str, dialect: Dialect) -> Lexer<'t> {
        Lexer {
            text,
            at: 0,
            dialect,
        }
    }

    /// An error at a byte of the text.
    pub(crate) fn error(&self, at: usize, message: impl Into<String>) -> CompileError {
        CompileError {
            message: message.into(),
            position: self.text[..at.min(self.text.len())].chars().count(),
        }
    }

    /// The next token and where it starts.
    pub(crate) fn next(&mut self) -> Result<(Token<'t>, usize), CompileError> {
        self.skip_blanks();
        let at = self.at;
        let rest = &self.text[at..];
        let Some(first) = rest.chars().next() else {
            return Ok((Token::End, at));
        };
        let second = rest[first.len_utf8()..].chars().next().unwrap_or(' ');
        let token = match first {
            '"' => self.quote('"'),
            '\'' if self.dialect == Dialect::Portal => self.quote('\''),
            '.' if starts_name(second) => {
                self.at += 1;
                Token::Field(self.word())
            }
            '$' if starts_name(second) => {
                self.at += 1;
                Token::Var(self.path_word())
            }
            '@' if second.is_ascii_alphanumeric() || second == '_' => {
                self.at += 1;
                Token::Format(self.word())
            }
            '0'..='9' => self.number()?,
            '.' if second.is_ascii_digit() => self.number()?,
            c if starts_name(c) => Token::Word(self.path_word()),
            other => match OPERATORS.iter().find(|op| rest.starts_with(**op)) {
                Some(op) => {
                    self.at += op.len();
                    Token::Op(op)
                }
                None => return Err(self.error(at, self.unexpected(other))),
            },
        };
        Ok((token, at))
    }

    fn unexpected(&self, found: char) -> String {
        match found {
            '\'' => "single quotes do not quote here; use double quotes".to_owned(),
            other => format!("unexpected character {other:?}"),
        }
    }

    fn quote(&mut self, quote: char) -> Token<'t> {
        self.at += 1;
        Token::Quote(quote)
    }

    /// Blanks and comments. A backslash at the end of a line continues the comment.
    fn skip_blanks(&mut self) {
        let bytes = self.text.as_bytes();
        while let Some(byte) = bytes.get(self.at) {
            match byte {
                b' ' | b'\t' | b'\r' | b'\n' => self.at += 1,
                b'#' => self.skip_comment(),
                _ => break,
            }
        }
    }

    fn skip_comment(&mut self) {
        let bytes = self.text.as_bytes();
        while let Some(byte) = bytes.get(self.at) {
            let escaped = &bytes[(self.at + 1).min(bytes.len())..];
            self.at += match byte {
                b'\n' => return,
                b'\\' if escaped.starts_with(b"\r\n") => 3,
                b'\\' if escaped.starts_with(b"\\") || escaped.starts_with(b"\n") => 2,
                _ => 1,
            };
        }
        self.at = self.at.min(bytes.len());
    }

    /// A run of letters, digits and underscores.
    fn word(&mut self) -> &'t str {
        let rest = &self.text[self.at..];
        let inside = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let end = rest.find(|c| !inside(c)).unwrap_or(rest.len());
        self.at += end;
        &rest[..end]
    }

    /// A word, or several joined by `::`.
    fn path_word(&mut self) -> &'t str {
        let start = self.at;
        self.word();
        while let Some(rest) = self.text[self.at..].strip_prefix("::") {
            if !rest.starts_with(starts_name) {
                break;
            }
            self.at += 2;
            self.word();
        }
        &self.text[start..self.at]
    }

    fn number(&mut self) -> Result<Token<'t>, CompileError> {
        let start = self.at;
        let bytes = self.text.as_bytes();
        self.digits();
        if bytes.get(self.at) == Some(&b'.') {
            self.at += 1;
            self.digits();
        }
        if matches!(bytes.get(self.at), Some(b'e' | b'E')) {
            let sign = usize::from(matches!(bytes.get(self.at + 1), Some(b'+' | b'-')));
            if bytes
                .get(self.at + 1 + sign)
                .is_some_and(u8::is_ascii_digit)
            {
                self.at += 1 + sign;
                self.digits();
            }
        }
        let literal = Val::parse_number(&self.text[start..self.at]);
        let literal = literal.ok_or_else(|| self.error(start, "this is no number"))?;
        Ok(Token::Number(literal))
    }

    fn digits(&mut self) {
        let bytes = self.text.as_bytes();
        while bytes.get(self.at).is_some_and(u8::is_ascii_digit) {
            self.at += 1;
        }
    }
}

fn starts_name(c: char) -> bool {
    c.is_ascii_alphabetic() || c == '_'
}
