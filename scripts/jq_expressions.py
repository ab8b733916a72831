"""Random jq expressions with inputs they do something with, and programs of the corpus on inputs they were not written for.

An expression is made along the grammar, steered by kinds: what `.` is and what is wanted decide which forms are tried, and now
and then the rule is broken so that errors are met too. `question` gives one; its `smaller` gives simpler ones. Knows nothing
of jq's answers.
"""

import json
import random

KINDS = "n s b z a an as ao o".split()
ELEMENT = {"a": "?", "an": "n", "as": "s", "ao": "o", "o": "?"}
KEYS = ["a", "b", "c", "name", "value", "key", "x y"]
WORDS = ["", "a", "b", "ab", "abc", "a,b,c", "Hello World", "2024-03-09T08:30:00Z", "foo-12 bar-7", "x1y22", "äö€", "😀x", "1",
         "-1.5", "[1,2]", '{"a":1}', "aGk=", "a%20b", " pad ", "aXbX", "null", "true", "it's <b>&\"q\"", "a\tb\nc", "ß"]
NUMBERS = [0, 1, -1, 2, 3, 5, 10, 0.5, -0.5, 1.5, 2.7, -3, 100, 1e3, 1e17, 1e-5, 65, 0.1, 1425599621, 9007199254740993, 1e300]
REGEXES = ["a", "[a-z]+", "(?<x>[a-z])", "\\\\d+", "(a)(b)?", "^a", "b$", "", "x|y", "(?<l>\\\\w)(?<d>\\\\d)?", ".", "\\\\s+", "(?i)A", "a*", "\\\\b",
           "(?<k>\\\\w+)-(?<v>\\\\d+)", "[^a]", "(?=b)", "(.)\\\\1"]
FLAGS = ['"g"', '"i"', '"gi"', "null", '"x"', '"n"', '"gn"', '"s"']
TIMES = ['"%Y-%m-%dT%H:%M:%SZ"', '"%Y-%m-%d"', '"%H:%M"', '"%A %d %B %Y"', '"%j %U %u"', '"%s"', '"%Z"']

# What a function takes as `.`, its form ({kind.kind} is an expression from one kind to another; * is the element of `.`),
# and what comes out. `?` is any kind.
FUNCTIONS = [
    ("n", "{f} | floor", "n"), ("n", "sqrt", "n"), ("n", "round", "n"), ("n", "ceil", "n"), ("n", "abs", "n"), ("n", "fabs", "n"),
    ("n", "trunc", "n"), ("n", "significand", "n"), ("n", "logb", "n"), ("n", "frexp", "an"), ("n", "modf", "an"), ("n", "tostring", "s"),
    ("n", "todate", "s"), ("n", "gmtime", "an"), ("n", "isnan", "b"), ("n", "isinfinite", "b"), ("n", "isnormal", "b"), ("n", "exp2", "n"),
    ("n", "[.] | implode", "s"), ("n", "[limit(5; range(.))]", "an"), ("n", "strftime({t})", "s"), ("n", "ldexp(.; 2)", "n"),
    ("n", "pow(.; 2)", "n"), ("n", "log2", "n"), ("n", "drem(.; 3)", "n"), ("n", "fmin(.; 2)", "n"),
    ("n", "[limit(4; repeat(. + 1))]", "an"), ("n", "[limit(6; while(. < 9; . + 2))]", "an"), ("n", "[limit(4; recurse(if . < 5 then . + 1 else empty end))]", "an"),
    ("n", "until(. > 3 or . < 0; . + 1)", "n"), ("n", "[limit(9; range(0; .; 2))]", "an"), ("n", "-(.)", "n"), ("n", "nexttoward(.; 2)", "n"),
    ("s", "length", "n"), ("s", "utf8bytelength", "n"), ("s", "ascii_downcase", "s"), ("s", "ascii_upcase", "s"), ("s", "explode", "an"),
    ("s", "tojson", "s"), ("s", "fromjson", "?"), ("s", "tonumber", "n"), ("s", "toboolean", "b"), ("s", "trim", "s"), ("s", "ltrim", "s"), ("s", "rtrim", "s"),
    ("s", "split({s.s})", "as"), ("s", "split({r}; {g})", "as"), ("s", "[splits({r})]", "as"), ("s", "test({r})", "b"), ("s", "test({r}; {g})", "b"),
    ("s", "[match({r}; {g})]", "ao"), ("s", "[match({r})]", "ao"), ("s", "[scan({r})]", "a"), ("s", "[scan({r}; {g})]", "a"), ("s", "capture({r})", "o"),
    ("s", "[capture({r}; {g})]", "ao"), ("s", "sub({r}; {s.s})", "s"), ("s", "gsub({r}; {s.s})", "s"), ("s", "gsub({r}; \"<\\({o.?})>\")", "s"), ("s", "sub({r}; {o.s}; {g})", "s"),
    ("s", "ltrimstr({s.s})", "s"), ("s", "rtrimstr({s.s})", "s"), ("s", "trimstr({s.s})", "s"), ("s", "startswith({s.s})", "b"), ("s", "endswith({s.s})", "b"),
    ("s", "contains({s.s})", "b"), ("s", "inside({s.s})", "b"), ("s", "index({s.s})", "n"), ("s", "rindex({s.s})", "n"), ("s", "indices({s.s})", "an"), ("s", ". * {s.n}", "s"),
    ("s", ". / {s.s}", "as"), ("s", "@base64", "s"), ("s", "@base64d", "s"), ("s", "@uri", "s"), ("s", "@urid", "s"), ("s", "@html", "s"), ("s", "@sh", "s"),
    ("s", "fromdate", "n"), ("s", "strptime({t})", "an"), ("s", "strptime({t}) | mktime", "n"), ("s", "explode | reverse | implode", "s"), ("s", "reverse", "s"),
    ("s", "@json \"v: \\({s.?})\"", "s"), ("s", "@html \"<\\({s.?})>\"", "s"), ("s", ". + {s.s}", "s"), ("s", ".[{s.n}:{s.n}]", "s"), ("s", ".[{s.n}:]", "s"), ("s", ".[:{s.n}]", "s"),
    ("?a", "length", "n"), ("?a", "reverse", "="), ("?a", "sort", "="), ("?a", "sort_by({*.?})", "="), ("?a", "group_by({*.?})", "a"), ("?a", "unique", "="),
    ("?a", "unique_by({*.?})", "="), ("?a", "min", "?"), ("?a", "max", "?"), ("?a", "min_by({*.?})", "?"), ("?a", "max_by({*.?})", "?"), ("?a", "add", "?"), ("?a", "first", "?"),
    ("?a", "last", "?"), ("?a", "flatten", "a"), ("?a", "flatten({n.n})", "a"), ("?a", "any", "b"), ("?a", "all", "b"), ("?a", "any({*.b})", "b"), ("?a", "all({*.b})", "b"),
    ("?a", "map({*.?})", "a"), ("?a", "map({*.n})", "an"), ("?a", "map({*.s})", "as"), ("?a", "map({*.o})", "ao"), ("?a", "map(select({*.b}))", "="), ("?a", "map_values({*.?})", "a"),
    ("?a", "index({*.?})", "n"), ("?a", "indices({?a.?})", "an"), ("?a", "rindex({*.?})", "n"), ("?a", "contains({?a.?a})", "b"), ("?a", "inside({?a.?a})", "b"), ("?a", "tojson", "s"),
    ("?a", "tostring", "s"), ("?a", "to_entries", "ao"), ("?a", "paths", "a"), ("?a", "[paths]", "a"), ("?a", "[paths({?.b})]", "a"), ("?a", "[tostream]", "a"), ("?a", "fromstream(tostream)", "="),
    ("?a", "del(.[{?a.n}])", "="), ("?a", "del({p})", "="), ("?a", ".[{?a.n}:{?a.n}]", "="), ("?a", ".[{?a.n}:]", "="), ("?a", ".[{?a.n}]", "?"), ("?a", ".[]", "?"), ("?a", "nth({?a.n})", "?"),
    ("?a", "[limit({?a.n}; .[])]", "="), ("?a", "[skip({?a.n}; .[])]", "="), ("?a", "first(.[])", "?"), ("?a", "[.[] | {*.?}]", "a"), ("?a", "walk({?.?})", "?"), ("?a", "transpose", "a"),
    ("?a", "[limit(9; combinations)]", "a"), ("?a", "has({?a.n})", "b"), ("?a", "in({a.a})", "b"), ("?a", "bsearch({*.?})", "n"), ("?a", "IN({?a.?})", "b"), ("?a", "INDEX({*.?})", "o"), ("?a", "@csv", "s"),
    ("?a", "@tsv", "s"), ("?a", "@sh", "s"), ("?a", "@json", "s"), ("?a", "@text", "s"), ("?a", "@html", "s"), ("?a", ". - {?a.?a}", "="), ("?a", ". + {?a.?a}", "a"), ("?a", "implode", "s"), ("?a", "mktime", "n"),
    ("?a", "todate", "s"), ("?a", "from_entries", "o"), ("?a", "keys", "an"), ("?a", "isempty(.[])", "b"), ("?a", "[foreach .[] as $v ({?a.?}; {?.?}; {?.?})]", "a"), ("?a", "reduce .[] as $v (first({?a.?}); {?.?})", "?"),
    ("?a", "[.[] as [$p, $q] | {?a.?}]", "a"), ("?a", ". as [$p, $q] | {?a.?}", "?"), ("?a", "[.[] as {a: $p, b: $q} | {?a.?}]", "a"), ("?a", "add({?a.?})", "?"), ("?a", "any(.[]; {*.b})", "b"), ("?a", "splits(\"a\")", "s"),
    ("?a", "pick(.[{n.n}])", "a"), ("?a", "JOIN({?a.o}; {*.s})", "a"), ("?a", "[.[]?]", "="), ("?a", "getpath([{?a.n}])", "?"), ("?a", "setpath([{?a.n}]; {?a.?})", "a"), ("?a", "delpaths([[{?a.n}]])", "="),
    ("as", "join({as.s})", "s"), ("as", "add", "s"), ("as", "map(ascii_upcase)", "as"), ("an", "add", "n"), ("an", "max", "n"), ("an", "implode", "s"), ("an", "map(. * 2)", "an"), ("an", "join(\"-\")", "s"),
    ("ao", "map(.a)", "a"), ("ao", "add", "o"), ("ao", "map(keys)", "a"), ("ao", "INDEX(.name)", "o"), ("ao", "group_by(.a) | map(length)", "an"), ("ao", "from_entries", "o"), ("ao", "map({ a, name })", "ao"),
    ("o", "keys", "as"), ("o", "keys_unsorted", "as"), ("o", "length", "n"), ("o", "to_entries", "ao"), ("o", "with_entries({o.o})", "o"), ("o", "with_entries(select({o.b}))", "o"), ("o", "map_values({?.?})", "o"),
    ("o", "map({?.?})", "a"), ("o", "add", "?"), ("o", "has({o.s})", "b"), ("o", "del({p})", "o"), ("o", ".{k}", "?"), ("o", ".[{o.s}]", "?"), ("o", ".[]", "?"), ("o", "[.[]]", "a"), ("o", ".{k}?", "?"),
    ("o", "any", "b"), ("o", "all", "b"), ("o", "tojson", "s"), ("o", "tostring", "s"), ("o", "[paths]", "a"), ("o", "[tostream]", "a"), ("o", "fromstream(tostream)", "o"), ("o", ". + {o.o}", "o"), ("o", ". * {o.o}", "o"),
    ("o", "contains({o.o})", "b"), ("o", "inside({o.o})", "b"), ("o", "walk({?.?})", "?"), ("o", "pick({p})", "o"), ("o", "[..]", "a"), ("o", "[recurse | numbers]", "an"), ("o", "getpath([\"a\", {o.s}])", "?"), ("o", "@json", "s"),
    ("o", "setpath([\"a\", {o.s}]; {o.?})", "o"), ("o", "delpaths([[\"a\"], [{o.s}]])", "o"), ("o", ". as {a: $p, b: [$q]} | {o.?}", "?"), ("o", ". as {$a, $name} | {o.?}", "?"), ("o", "[.[] | {?.?}]", "a"), ("o", "@html", "s"),
    ("o", "[getpath(paths)]", "a"), ("o", "[paths({?.b})]", "a"), ("o", "reduce to_entries[] as {key: $p, value: $q} (first({o.?}); {?.?})", "?"), ("o", "[limit(3; ..)]", "a"), ("o", "IN({o.?})", "b"), ("o", "IN(.[]; {o.?})", "b"),
    ("?", "type", "s"), ("?", "tojson", "s"), ("?", "tostring", "s"), ("?", "not", "b"), ("?", "[..]", "a"), ("?", "[.[]?]", "a"), ("?", "try error({?.?}) catch {?.?}", "?"), ("?", "[.]", "a"), ("?", "{e}?", "?"),
    ("?", "[numbers, strings]", "a"), ("?", "scalars", "?"), ("?", "[iterables]", "a"), ("?", "values", "?"), ("?", "[first({?.?})]", "a"), ("?", "[limit(2; {?.?}, {?.?})]", "a"), ("?", "isempty({?.?})", "b"), ("?", "[{?.?}, {?.?}]", "a"),
    ("?", "path({p})", "a"), ("?", "[path({p})]", "a"), ("?", "{p} = {?.?}", "?"), ("?", "{p} |= {?.?}", "?"), ("?", "{p} += {?.?}", "?"), ("?", "{p} //= {?.?}", "?"), ("?", "{p} *= {?.?}", "?"), ("?", "{p} -= {?.n}", "?"),
    ("?", "del({p})", "?"), ("?", "del({p}, {p})", "?"), ("?", "pick({p})", "?"), ("?", "to_entries", "ao"), ("?", "with_entries({o.o})", "o"), ("?", "({p}) |= empty", "?"), ("?", "[{p}]", "a"), ("?", "map_values({?.?})", "?"),
    ("?", "[label $out | {?.?}, break $out, 1]", "a"), ("?", "[.[]? | if {?.b} then {?.?} else {?.?} end]", "a"), ("?", "def f: {?.?}; f | f", "?"), ("?", "def f(g): [g, {?.?}]; f({?.?})", "a"), ("?", "def f($p; $q): {?.?}; f({?.?}; {?.?})", "?"),
    ("?", "[recurse({?.?}; false)]", "a"), ("?", "[limit(3; recurse({?.?}))]", "a"), ("?", "ltrimstr({?.?})", "?"), ("?", "flatten", "a"), ("?", "@text", "s"), ("?", "@json", "s"), ("?", "[limit(4; tostream)]", "a"), ("?", "getpath({?.a})", "?"),
    ("?", "(label $f | foreach ({?.?}, {?.?}) as $v ({?.?}; {?.?}; if {?.b} then ., break $f else . end))", "?"), ("?", "[1 | truncate_stream({?.a} | tostream)]", "a"), ("?", "splits({?.s})", "s"), ("?", "first({?.?}, {?.?})", "?"),
    ("?", ". as [$p] ?// $p | {?.?}", "?"), ("?", ". as {a: $p} ?// [$p] | {?.?}", "?"), ("?", "{{$p}} + {?.o}", "o"),
]

# Forms that make a kind from any input.
MADE = {
    "n": ["{#n}", "{#n}", "({?.n} + {?.n})", "({?.n} - {?.n})", "({?.n} * {?.n})", "({?.n} / {?.n})", "({?.n} % {?.n})", "length", "(-{?.n})", "infinite", "nan", "({?.n}, {?.n})"],
    "s": ["{#s}", "{#s}", "({?.s} + {?.s})", '"\\({?.?})"', '"a\\({?.n})b\\({?.s})"', "({?.? } | tostring)", "type", "({?.s} * {?.n})", "({?.s}, {?.s})"],
    "b": ["true", "false", "({?.?} == {?.?})", "({?.?} != {?.?})", "({?.?} < {?.?})", "({?.n} >= {?.n})", "({?.b} and {?.b})", "({?.b} or {?.b})", "({?.b} | not)", "({?.?} > {?.?})"],
    "z": ["null"],
    "a": ["[{?.?}]", "[{?.?}, {?.?}]", "[]", "[.[]?]", "[{?.?}, null]", "{#a}"],
    "an": ["[{?.n}, {?.n}]", "[1, 2, 3]", "[range(4)]", "{#an}"],
    "as": ["[{?.s}, {?.s}]", '["a", "b"]', "{#as}"],
    "ao": ["[{?.o}]", "[{?.o}, {?.o}]", "{#ao}"],
    "o": ["{{a: {?.?}}}", "{{{k}: {?.?}, b: {?.?}}}", "{{({?.s}): {?.?}}}", "{{}}", "{{a: {?.n}, name: {?.s}}}", "{{\"x y\": {?.?}}}", "{#o}", "{{key: {?.s}, value: {?.?}}}"],
}

PATHS = [".", ".{k}", ".{k}", ".[]", ".[]?", ".[{#i}]", ".[{#i}]", ".[{#i}:]", ".[{#i}:{#i}]", "..", "({p} | {p})", "({p} | {p})", "({p}, {p})", "first", "last", "({p} | select({?.b}))",
         "getpath([\"a\", \"b\"])", ".{k}?", "({p} // {p})", "if {?.b} then {p} else {p} end", "empty", "first({p})", "recurse", "({p} | objects)", ".[{?.s}]?", ".a.b", ".[0].a", "limit(1; {p})", "last({p})",
         "(.. | numbers)", "error({?.?})", "({p})?", "paths", "{?.?}", "(. as $p | {p})", "to_entries", "reduce 1 as $v (.; {p})"]

BINDERS = ["{?.?} as $p | {?.?}", "{?.?} as [$p, $q] | {?.?}", "{?.?} as {a: $p} | {?.?}"]


class Node:
    """A form with its holes filled: `parts` alternates text and nodes."""

    def __init__(self, kind, parts):
        self.kind = kind
        self.parts = parts

    def text(self):
        return "".join(part if isinstance(part, str) else part.text() for part in self.parts)

    def children(self):
        return [part for part in self.parts if isinstance(part, Node)]


class Question:
    """An expression and its input."""

    def __init__(self, node, value):
        self.node = node
        self.value = value

    def program(self):
        """The text. Variables that may stand outside of what binds them are bound to null first."""
        text = self.node.text()
        return "".join(f"null as {name} | " for name in ("$p", "$q", "$v") if name in text) + text

    def input_text(self):
        return json.dumps(self.value, ensure_ascii=False)

    def smaller(self):
        """Simpler questions, the simplest first."""
        for node in simpler_nodes(self.node):
            yield Question(node, self.value)
        for value in simpler_values(self.value):
            yield Question(self.node, value)


def simpler_nodes(node):
    for child in node.children():
        yield child
    if len(node.text()) > 1:
        for text in (".", "null", "1", '"a"'):
            if len(text) < len(node.text()):
                yield Node(node.kind, [text])
    for at, part in enumerate(node.parts):
        if isinstance(part, Node):
            for simpler in simpler_nodes(part):
                yield Node(node.kind, node.parts[:at] + [simpler] + node.parts[at + 1 :])


def simpler_values(value):
    if value is not None:
        yield None
    if isinstance(value, list):
        yield from value
        for at in range(len(value)):
            yield value[:at] + value[at + 1 :]
        for at, inner in enumerate(value):
            for simpler in simpler_values(inner):
                yield value[:at] + [simpler] + value[at + 1 :]
    elif isinstance(value, dict):
        yield from value.values()
        for key in value:
            yield {k: v for k, v in value.items() if k != key}
        for key, inner in value.items():
            for simpler in simpler_values(inner):
                yield {**value, key: simpler}
    elif isinstance(value, str) and value:
        yield value[: len(value) // 2]
        yield value[1:]
    elif value not in (0, 1, None):
        yield 1


def question(rng):
    kind = rng.choice(KINDS)
    maker = Maker(rng)
    node = maker.expression(kind, "?", rng.choice([2, 3, 3, 4, 5]))
    return Question(node, maker.value(kind, 3))


def variation(rng, cases):
    """A program of the corpus on another input: its own with something else in a place, or that of another case."""
    case = rng.choice(cases)
    value = case["input"] if rng.random() < 0.8 else rng.choice(cases)["input"]
    for _ in range(rng.choice([1, 1, 2, 3])):
        value = mutated(rng, value)
    return Question(Node("?", [case["program"]]), value)


def mutated(rng, value):
    """The value with one place changed."""
    maker = Maker(rng)
    if isinstance(value, dict) and value and rng.random() < 0.9:
        key = rng.choice(list(value))
        if rng.random() < 0.15:
            return {k: v for k, v in value.items() if k != key}
        return {**value, key: mutated(rng, value[key])}
    if isinstance(value, list) and value and rng.random() < 0.9:
        at = rng.randrange(len(value))
        if rng.random() < 0.15:
            return value[:at] + value[at + 1 :]
        return value[:at] + [mutated(rng, value[at])] + value[at + 1 :]
    if isinstance(value, str) and value and rng.random() < 0.5:
        at = rng.randrange(len(value))
        return value[:at] + rng.choice(["", " ", "x", "-", ".", "1", "é", "😀", "/", "\n", '"']) + value[at + 1 :]
    return maker.value("?", 2)


class Maker:
    """Makes expressions and values."""

    def __init__(self, rng):
        self.rng = rng

    def value(self, kind, depth):
        rng = self.rng
        if kind == "?":
            kind = rng.choice(KINDS if depth > 0 else KINDS[:4])
        if kind == "n":
            return rng.choice(NUMBERS)
        if kind == "s":
            return rng.choice(WORDS)
        if kind == "b":
            return rng.random() < 0.5
        if kind == "z":
            return None
        size = rng.choice([0, 1, 2, 2, 3, 4])
        if kind == "o":
            keys = rng.sample(KEYS, min(size + 1, len(KEYS)))
            return {key: self.value("?", depth - 1) for key in keys}
        return [self.value(ELEMENT[kind], depth - 1) for _ in range(size)]

    def expression(self, here, wanted, depth):
        """An expression that makes `wanted` from `here`."""
        rng = self.rng
        if rng.random() < 0.04:
            here = rng.choice(KINDS)
        if wanted == "?a":
            wanted = rng.choice(["a", "an", "as", "ao"])
        if depth <= 0:
            return self.atom(here, wanted)
        roll = rng.random()
        if roll < 0.5:
            return self.function(here, wanted, depth)
        if roll < 0.68:
            return self.pipe(here, wanted, depth)
        if roll < 0.90:
            return self.fill(rng.choice(MADE[wanted if wanted != "?" else rng.choice(KINDS)]), here, wanted, depth - 1)
        if roll < 0.94:
            form = rng.choice(BINDERS)
            return self.fill("(" + form + ")", here, wanted, depth - 1)
        if roll < 0.97:
            return self.fill("if {?.b} then {?.?} else {?.?} end", here, wanted, depth - 1)
        return self.fill("({?.?} // {?.?})", here, wanted, depth - 1)

    def atom(self, here, wanted):
        rng = self.rng
        if (wanted in ("?", here) or rng.random() < 0.05) and rng.random() < 0.7:
            return Node(here, ["."])
        if rng.random() < 0.1:
            return Node(wanted, [rng.choice(["$p", "$q", "$v"])])
        return self.constant(wanted)

    def constant(self, kind):
        return Node(kind, [json.dumps(self.value(kind, 1), ensure_ascii=False)])

    def function(self, here, wanted, depth):
        fitting = [f for f in FUNCTIONS if takes(f[0], here) and (wanted == "?" or f[2] in (wanted, "?") or (f[2] == "=" and here == wanted))]
        if not fitting:
            return self.pipe(here, wanted, depth)
        _, form, made = self.rng.choice(fitting)
        return self.fill("(" + form + ")" if needs_brackets(form) else form, here, made, depth - 1)

    def pipe(self, here, wanted, depth):
        middle = self.rng.choice(KINDS)
        first = self.expression(here, middle, depth - 1)
        second = self.expression(middle, wanted, depth - 1)
        return Node(wanted, ["(", first, " | ", second, ")"])

    def fill(self, form, here, kind, depth):
        """A form with its holes filled."""
        parts, at = [], 0
        while at < len(form):
            if form.startswith("{{", at) or form.startswith("}}", at):
                parts.append(form[at])
                at += 2
            elif form[at] == "{" and "}" in form[at:] and self.is_hole(form[at + 1 : form.index("}", at)]):
                end = form.index("}", at)
                parts.append(self.hole(form[at + 1 : end].strip(), here, depth))
                at = end + 1
            else:
                parts.append(form[at])
                at += 1
        return Node(kind, parts)

    @staticmethod
    def is_hole(text):
        return text.strip() in ("f", "e", "k", "p", "r", "g", "t") or text[:1] == "#" or (len(text) <= 6 and "." in text and " as" not in text)

    def hole(self, text, here, depth):
        rng = self.rng
        if text == "k":
            return rng.choice(["a", "b", "c", "name", "value", '"x y"'])
        if text == "p":
            return self.fill(rng.choice(PATHS if depth > 0 else PATHS[:8]), here, "?", depth - 1)
        if text == "r":
            return Node("s", ['"' + rng.choice(REGEXES) + '"'])
        if text == "g":
            return rng.choice(FLAGS)
        if text == "t":
            return rng.choice(TIMES)
        if text == "#i":
            return rng.choice(["0", "1", "-1", "2", "-2", "5", "null", "1.5"])
        if text[0] == "#":
            return self.constant(text[1:])
        if text in ("f", "e"):
            return self.expression(here, here, depth - 1)
        source, wanted = text.split(".")
        source = {"*": ELEMENT.get(here, "?"), "?": here, "?a": here}.get(source.strip(), source.strip())
        if source == "?":
            source = rng.choice(KINDS)
        return self.expression(source, wanted.strip(), depth - 1)


def takes(pattern, kind):
    return pattern == "?" or pattern == kind or (pattern == "?a" and kind in ("a", "an", "as", "ao"))


def needs_brackets(form):
    return any(sign in form for sign in (" ", "|", ",")) and not form.startswith("[")
