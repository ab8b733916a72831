//! Builtins that are rarely used or only put others together, written in jq. Each is compiled when a program calls it.

pub(crate) struct Source {
    pub(crate) name: &'static str,
    pub(crate) arity: usize,
    /// `def …; .`
    pub(crate) text: &'static str,
}

const fn source(name: &'static str, arity: usize, text: &'static str) -> Source {
    Source { name, arity, text }
}

pub(crate) const SOURCES: &[Source] = &[
    source(
        "combinations",
        0,
        "def combinations:
           if length == 0 then []
           else .[0][] as $head | (.[1:] | combinations) as $tail | [$head] + $tail
           end; .",
    ),
    source(
        "combinations",
        1,
        "def combinations(n): . as $set | [range(n) | $set] | combinations; .",
    ),
    source(
        "in",
        1,
        "def in(container): . as $key | container | has($key); .",
    ),
    source(
        "inside",
        1,
        "def inside(container): . as $part | container | contains($part); .",
    ),
    source("dateadd", 2, "def dateadd(unit; $amount): . + $amount; ."),
    source("datesub", 2, "def datesub(unit; $amount): . - $amount; ."),
    source("date", 0, "def date: todate; ."),
    source(
        "fromstream",
        1,
        "def fromstream(events):
           foreach events as $event ({done: false};
             (if .done then {done: false} else . end)
             | if $event | length == 2
               then .done = ($event[0] | length == 0) | .value |= setpath($event[0]; $event[1])
               else .done = ($event[0] | length == 1)
               end;
             if .done then .value else empty end); .",
    ),
    source(
        "truncate_stream",
        1,
        "def truncate_stream(events):
           . as $levels | null | events | . as $event
           | if .[0] | length > $levels then setpath([0]; $event[0][$levels:]) else empty end; .",
    ),
    source(
        "JOIN",
        2,
        "def JOIN($index; key): [.[] | [., $index[key]]]; .",
    ),
    source(
        "JOIN",
        3,
        "def JOIN($index; rows; key): rows | [., $index[key]]; .",
    ),
    source(
        "JOIN",
        4,
        "def JOIN($index; rows; key; join): rows | [., $index[key]] | join; .",
    ),
];

/// The definition of that name and number of arguments.
pub(crate) fn find(name: &str, arity: usize) -> Option<&'static Source> {
    SOURCES
        .iter()
        .find(|source| source.name == name && source.arity == arity)
}
