//! Compiled regular expressions, kept with the program that uses them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::syntax;
use crate::error::Stop;
use crate::value::Str;

/// A program with more patterns than this compiles the others each time.
const KEPT: usize = 16;

/// How large a compiled pattern may be, in bytes.
const SIZE_MAX: usize = 256 << 10;

/// How many instructions a pattern that needs trying may have. A group that calls itself twice (`(?<a>b\g<a>\g<a>)`) would
/// have a million.
const INSTRUCTIONS_MAX: usize = 500;

pub(crate) struct Regex {
    pub(super) inner: fancy_regex::Regex,
    /// The names of the groups, without the whole match.
    pub(super) names: Arc<[Option<Str>]>,
    /// Whether it has what can only be searched by trying.
    pub(super) backtracks: bool,
}

#[derive(PartialEq, Eq, Hash)]
struct Key {
    pattern: Str,
    flags: Str,
    newline: bool,
    limit: usize,
}

/// The regular expressions of a program.
#[derive(Default)]
pub(crate) struct Regexes {
    compiled: Mutex<HashMap<Key, Arc<Regex>>>,
}

impl std::fmt::Debug for Regexes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Regexes")
    }
}

impl Regexes {
    /// A regex by its pattern and flags, and whether it had to be compiled. `newline`: whether the text ends with one, before
    /// which `$` matches too.
    pub(super) fn get(
        &self,
        pattern: &Str,
        flags: &str,
        newline: bool,
        limit: usize,
    ) -> Result<(Arc<Regex>, bool), Stop> {
        let key = Key {
            pattern: pattern.clone(),
            flags: Str::from(flags),
            newline,
            limit,
        };
        // Nothing panics while the lock is held.
        let found = self.lock().get(&key).cloned();
        if let Some(regex) = found {
            return Ok((regex, false));
        }
        let regex = Arc::new(compile(&key)?);
        let mut compiled = self.lock();
        if compiled.len() < KEPT {
            compiled.insert(key, regex.clone());
        }
        Ok((regex, true))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<Key, Arc<Regex>>> {
        self.compiled.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn compile(key: &Key) -> Result<Regex, Stop> {
    let has = |flag: char| key.flags.contains(flag);
    if let Some(what) = syntax::refused(&key.pattern) {
        return Err(Stop::message(format!("Regex failure: {what}")));
    }
    let pattern = syntax::translate(&key.pattern, key.newline);
    let built = fancy_regex::RegexBuilder::new(&pattern)
        .case_insensitive(has('i'))
        .ignore_whitespace(has('x'))
        .dot_matches_new_line(has('m') || has('p'))
        .backtrack_limit(key.limit)
        .max_prog_size(INSTRUCTIONS_MAX)
        .delegate_size_limit(SIZE_MAX)
        .delegate_dfa_size_limit(SIZE_MAX)
        .build();
    let inner = built.map_err(|error| {
        let what = syntax::message(&key.pattern, &error.to_string());
        Stop::message(format!("Regex failure: {what}"))
    })?;
    let names = inner
        .capture_names()
        .skip(1)
        .map(|name| name.map(Str::from));
    Ok(Regex {
        names: names.collect(),
        backtracks: syntax::may_backtrack(&pattern),
        inner,
    })
}
