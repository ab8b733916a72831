//! The builtins: functions from values to a value, grouped by what they work on.
//!
//! Builtins that run their arguments themselves are in [`crate::eval`]; those written in jq are in [`prelude`].

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::error::Stop;
use crate::eval::Machine;
use crate::value::Val;

mod collections;
mod dates;
pub(crate) mod formats;
mod math;
mod objects;
pub(crate) mod paths;
pub(crate) mod prelude;
mod read;
pub(crate) mod regex;
mod strings;

/// A builtin on values. It gives one output or an error.
pub(crate) struct Native {
    pub(crate) name: &'static str,
    pub(crate) arity: usize,
    /// Which argument varies slowest when several have more than one output.
    pub(crate) outer: Outer,
    pub(crate) run: fn(&mut Machine<'_>, Val, &[Val]) -> Result<Val, Stop>,
}

impl std::fmt::Debug for Native {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.name, self.arity)
    }
}

/// jq's builtins in C run through the outputs of their last argument first, those in jq through those of the first.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Outer {
    First,
    Last,
}

/// A row of a table of builtins.
pub(crate) const fn native(
    name: &'static str,
    arity: usize,
    run: fn(&mut Machine<'_>, Val, &[Val]) -> Result<Val, Stop>,
) -> Native {
    Native {
        name,
        arity,
        outer: Outer::Last,
        run,
    }
}

/// The same, where the first argument varies slowest.
pub(crate) const fn native_first(
    name: &'static str,
    arity: usize,
    run: fn(&mut Machine<'_>, Val, &[Val]) -> Result<Val, Stop>,
) -> Native {
    Native {
        name,
        arity,
        outer: Outer::First,
        run,
    }
}

const TABLES: &[&[Native]] = &[
    collections::TABLE,
    dates::TABLE,
    formats::TABLE,
    math::TABLE,
    objects::TABLE,
    paths::TABLE,
    read::TABLE,
    regex::TABLE,
    strings::TABLE,
];

static NATIVES: LazyLock<HashMap<(&'static str, usize), &'static Native>> = LazyLock::new(|| {
    let rows = TABLES.iter().flat_map(|table| table.iter());
    rows.map(|native| ((native.name, native.arity), native))
        .collect()
});

/// The native of that name and number of arguments.
pub(crate) fn find(name: &str, arity: usize) -> Option<&'static Native> {
    NATIVES.get(&(name, arity)).copied()
}

/// Names of builtins that are no natives, for `builtins`.
const OTHERS: &[&str] = &[
    "IN/1",
    "IN/2",
    "INDEX/1",
    "INDEX/2",
    "add/1",
    "all/0",
    "all/1",
    "all/2",
    "any/0",
    "any/1",
    "any/2",
    "arrays/0",
    "booleans/0",
    "builtins/0",
    "capture/1",
    "capture/2",
    "del/1",
    "empty/0",
    "env/0",
    "error/1",
    "finites/0",
    "first/0",
    "first/1",
    "getpath/1",
    "group_by/1",
    "gsub/2",
    "gsub/3",
    "have_decnum/0",
    "have_literal_numbers/0",
    "infinite/0",
    "input_line_number/0",
    "isempty/1",
    "iterables/0",
    "last/0",
    "last/1",
    "leaf_paths/0",
    "limit/2",
    "map/1",
    "map_values/1",
    "match/1",
    "match/2",
    "max_by/1",
    "min_by/1",
    "nan/0",
    "normals/0",
    "nth/1",
    "nth/2",
    "nulls/0",
    "numbers/0",
    "objects/0",
    "path/1",
    "paths/0",
    "paths/1",
    "pick/1",
    "range/1",
    "range/2",
    "range/3",
    "recurse/0",
    "recurse/1",
    "recurse/2",
    "repeat/1",
    "scalars/0",
    "scan/1",
    "scan/2",
    "select/1",
    "skip/2",
    "sort_by/1",
    "splits/1",
    "splits/2",
    "strings/0",
    "sub/2",
    "sub/3",
    "tostream/0",
    "unique_by/1",
    "until/2",
    "values/0",
    "walk/1",
    "while/2",
    "with_entries/1",
];

/// What `builtins` gives.
pub(crate) fn list() -> Val {
    let natives = (NATIVES.values())
        .filter(|native| crate::compile::nameable(native))
        .map(|native| format!("{}/{}", native.name, native.arity));
    let written = prelude::SOURCES
        .iter()
        .map(|s| format!("{}/{}", s.name, s.arity));
    let others = OTHERS.iter().map(|name| (*name).to_owned());
    let mut names: Vec<String> = natives.chain(written).chain(others).collect();
    names.sort_unstable();
    Val::arr(names.into_iter().map(Val::from).collect())
}
