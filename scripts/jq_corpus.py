#!/usr/bin/env python3
"""The golden corpus of jq expressions: makes its expectations with real jq, and checks them against real jq.

    scripts/jq_corpus.py generate   read the sources, ask jq, write the families' JSON files
    scripts/jq_corpus.py check      ask jq again and compare; count cases per family, builtin and section

Both make a virtual environment with the pinned `jq` package at the first call. `generate` refuses to lose a case.
The format of sources and cases is told in crates/larboard-jq/tests/corpus/README.md. This script does not run the
engine under test; crates/larboard-jq/tests does that, without jq.
"""

import collections
import json
import os
import re
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import jq_oracle

CORPUS = os.path.join(os.path.dirname(__file__), "..", "crates", "larboard-jq", "tests", "corpus")
SOURCES = os.path.join(CORPUS, "sources")
LEAST = 8

# Builtins that reach outside of the expression: the engine has none of them on purpose, or answers differently.
OUTSIDE = {
    "debug/0", "debug/1", "env/0", "get_jq_origin/0", "get_prog_origin/0", "get_search_list/0", "halt/0",
    "halt_error/0", "halt_error/1", "input/0", "input_filename/0", "input_line_number/0", "inputs/0",
    "modulemeta/0", "stderr/0",
}
# Families written by hand, because real jq cannot be asked.
BY_HAND = {"extensions", "portal"}


class Case:
    """One expression with its input, as a source file states it."""

    def __init__(self, section, number, program, input_text, variables):
        self.section = section
        self.program = program
        self.input_text = input_text
        self.variables = variables
        first = program.split("\n")[0]
        shown = first if len(first) <= 72 else first[:71] + "…"
        self.name = f"{section} {number}: {shown}"

    def asked(self):
        """What makes this case: two cases of one file never ask the same."""
        return (self.program, jq_oracle.spell(json.loads(self.input_text)), jq_oracle.spell(self.variables))


def main():
    if sys.argv[1:] not in (["generate"], ["check"]):
        sys.exit(__doc__)
    jq_oracle.enter_venv()
    if jq_oracle.version() != jq_oracle.JQ_VERSION:
        sys.exit(f"the oracle is jq {jq_oracle.version()}, and the corpus was made with {jq_oracle.JQ_VERSION}")
    families = {name: read_source(name) for name in source_names()}
    work = generate if sys.argv[1] == "generate" else check
    sys.exit(jq_oracle.guarded(lambda: work(families)))


def source_names():
    return sorted(name[: -len(".txt")] for name in os.listdir(SOURCES) if name.endswith(".txt"))


def read_source(family):
    """The cases of one source file, in order."""
    cases, seen, section, numbers = [], set(), None, collections.Counter()
    inputs, variables = ["null"], {}
    path = os.path.join(SOURCES, family + ".txt")
    for line in open(path, encoding="utf-8"):
        line = line.rstrip("\n")
        if not line or line.startswith("# "):
            continue
        if line.startswith("## "):
            section, inputs, variables = line[3:].strip(), ["null"], {}
        elif line.startswith("<* "):
            inputs = [jq_oracle.spell(value) for value in json.loads(line[3:])]
        elif line.startswith("<vars "):
            variables = json.loads(line[6:])
        elif line.startswith("< "):
            json.loads(line[2:])
            inputs = [line[2:]]
        else:
            program = json.loads(line[6:]) if line.startswith("<text ") else line
            for input_text in inputs:
                numbers[section] += 1
                case = Case(section, numbers[section], program, input_text, variables)
                if case.asked() in seen:
                    numbers[section] -= 1
                    continue
                seen.add(case.asked())
                cases.append(case)
    return cases


def answer(case):
    """The lines of a case's JSON object, with what jq answers."""
    fields = [("name", jq_oracle.spell(case.name)), ("program", jq_oracle.spell(case.program))]
    fields.append(("input", case.input_text))
    if case.variables:
        fields.append(("vars", jq_oracle.spell(case.variables)))
    answered = jq_oracle.ask(case.program, case.input_text, case.variables)
    if "compile_error" in answered:
        fields.append(("compile_error", "true"))
    else:
        if answered["outputs"] or answered["error"] is None:
            fields.append(("outputs", "[" + ",".join(answered["outputs"]) + "]"))
        if answered["error"] is not None:
            fields.append(("error", answered["error"]))
    return "{" + ", ".join(f'"{key}": {text}' for key, text in fields) + "}"


def render(cases):
    return "[\n" + ",\n".join(answer(case) for case in cases) + "\n]\n"


def once_if_it_does_not_compile(cases):
    """Leaves out the repetitions of a program that jq does not compile: the input makes no difference."""
    broken = set()
    for case in cases:
        if jq_oracle.compiled(case.program, jq_oracle.spell(case.variables)) is None:
            if case.program in broken:
                continue
            broken.add(case.program)
        yield case


def path_of(family):
    return os.path.join(CORPUS, family + ".json")


def asked_in(family):
    """What a family's checked-in file asks."""
    if not os.path.exists(path_of(family)):
        return set()
    stored = json.load(open(path_of(family), encoding="utf-8"))
    return {(c["program"], jq_oracle.spell(c["input"]), jq_oracle.spell(c.get("vars", {}))) for c in stored}


def generate(families):
    for family, cases in families.items():
        cases = families[family] = list(once_if_it_does_not_compile(cases))
        lost = asked_in(family) - {case.asked() for case in cases}
        if lost:
            sys.exit(f"{family}: {len(lost)} cases of the JSON file are in no source; none may go: {sorted(lost)[:3]}")
        text = render(cases)
        with open(path_of(family), "w", encoding="utf-8") as file:
            file.write(text)
        print(f"{family:16} {len(cases):5}", flush=True)
    print(f"{'all':16} {sum(map(len, families.values())):5}")


def check(families):
    wrong = []
    for family, cases in families.items():
        cases = families[family] = list(once_if_it_does_not_compile(cases))
        stored = open(path_of(family), encoding="utf-8").read() if os.path.exists(path_of(family)) else ""
        fresh = render(cases)
        if fresh != stored:
            wrong += [f"{family}: {line}" for line in differing(stored, fresh)]
        print(f"{family:16} {len(cases):5} cases, {len({c.program for c in cases}):5} expressions")
    everything = [case for cases in families.values() for case in cases]
    print(f"{'all':16} {len(everything):5} cases, {len({c.program for c in everything}):5} expressions")
    for family in sorted(BY_HAND):
        if os.path.exists(path_of(family)):
            stored = json.load(open(path_of(family), encoding="utf-8"))
            print(f"{family:16} {len(stored):5} cases, written by hand")
    wrong += thin_builtins(everything) + thin_sections(everything)
    for line in wrong:
        print(line, file=sys.stderr)
    return 1 if wrong else 0


def differing(stored, fresh):
    stored, fresh = stored.splitlines(), fresh.splitlines()
    for old, new in zip(stored, fresh):
        if old.rstrip(",") != new.rstrip(","):
            yield f"was {old}\n  is {new}"
    if len(stored) != len(fresh):
        yield f"{len(stored)} lines are checked in, {len(fresh)} are generated"


def thin_sections(cases):
    counted = collections.Counter(case.section for case in cases)
    return [f"section {name} has {n} cases, fewer than {LEAST}" for name, n in counted.items() if n < LEAST]


def thin_builtins(cases):
    """The builtins that fewer than eight cases call."""
    counted = collections.Counter()
    for program in (case.program for case in cases):
        counted.update(set(calls(program)))
    wanted = [name for name in jq_oracle.builtins() if name not in OUTSIDE]
    few = min(wanted, key=lambda name: counted[name])
    print(f"{len(wanted)} builtins, each called in at least {counted[few]} cases ({few})")
    return [f"builtin {n} is called in {counted[n]} cases, fewer than {LEAST}" for n in wanted if counted[n] < LEAST]


TOKEN = re.compile(
    r'"(?:\\.|[^"\\])*"|#[^\n]*|[$@][A-Za-z_]\w*|\.[A-Za-z_]\w*|[A-Za-z_]\w*(?=\s*:)|[A-Za-z_]\w*|\S', re.S
)


def calls(program):
    """The functions a program calls, as `name/arity`; what stands in strings counts too where it is interpolated."""
    for inner in re.findall(r"\\\(((?:[^()]|\([^()]*\))*)\)", program):
        yield from calls(inner)
    tokens = [t for t in TOKEN.findall(program) if not t.startswith("#")]
    for at, token in enumerate(tokens):
        if re.fullmatch(r"[A-Za-z_]\w*", token) and (at == 0 or tokens[at - 1] != "def"):
            yield f"{token}/{arity(tokens, at + 1)}"


def arity(tokens, at):
    if at >= len(tokens) or tokens[at] != "(":
        return 0
    depth, count = 0, 1
    for token in tokens[at:]:
        if token in "([{":
            depth += 1
        elif token in ")]}":
            depth -= 1
            if depth == 0:
                return count
        elif token == ";" and depth == 1:
            count += 1
    return count


if __name__ == "__main__":
    main()
