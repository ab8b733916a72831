//! From text to tree: lexer, parser, and the tree as text again.

pub(crate) mod ast;
mod escape;
mod lexer;
mod parser;
#[cfg(test)]
mod show;

pub(crate) use parser::parse;

/// Which spelling of the language is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// jq 1.8.
    #[default]
    Jq,
    /// jq, and strings may also stand in single quotes, `.a.'b-c'` included, as developer portals allow it.
    Portal,
}
