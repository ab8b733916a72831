#!/usr/bin/env python3
"""Compares the engine with real jq on expressions that nobody has written: new random ones at each run.

    scripts/jq_differential.py [--seed N] [--count N] [--engine PROGRAM] [--show N]

Expressions are made along the grammar by scripts/jq_expressions.py, real jq is asked through scripts/jq_oracle.py, and the
engine through the example `evaluate` of crates/larboard-jq, which is built unless `--engine` names a program. A
difference is made as small as it can be made and still differ, and printed once per shape. Exits non-zero if there was one.
"""

import argparse
import collections
import glob
import json
import os
import random
import re
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import jq_expressions
import jq_oracle

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
CORPUS = os.path.join(ROOT, "crates", "larboard-jq", "tests", "corpus")
BATCH = 25


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=time.time_ns() % 1_000_000_000)
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--engine")
    parser.add_argument("--show", type=int, default=20)
    options = parser.parse_args()
    jq_oracle.enter_venv()
    print(f"seed {options.seed}, {options.count} expressions, jq {jq_oracle.version()}", flush=True)
    engine = Engine(options.engine or built())
    tally, shapes = collections.Counter(), set()
    rng, cases = random.Random(options.seed), corpus()
    left = options.count
    while left > 0:
        questions = [ask_something(rng, cases) for _ in range(min(BATCH, left))]
        left -= len(questions)
        answers = oracle([(q.program(), q.input_text()) for q in questions])
        for question, wanted in zip(questions, answers):
            verdict = judge(wanted, engine.ask(question.program(), question.input_text()))
            tally[verdict] += 1
            if verdict == "different":
                small = smaller(question, engine)
                if shape(small.program()) not in shapes and len(shapes) < options.show:
                    print_difference(small, engine)
                shapes.add(shape(small.program()))
    report(tally, shapes, options)
    sys.exit(1 if shapes else 0)


def ask_something(rng, cases):
    """Two of three expressions are new, the third is one of the corpus on another input."""
    return jq_expressions.variation(rng, cases) if rng.random() < 0.33 else jq_expressions.question(rng)


def corpus():
    """The cases of the corpus that depend on their input alone and are not known to differ."""
    cases, known = [], json.load(open(os.path.join(CORPUS, "differences.json"), encoding="utf-8"))
    for path in sorted(glob.glob(os.path.join(CORPUS, "*.json"))):
        family = os.path.basename(path)[: -len(".json")]
        if family not in ("differences", "extensions", "portal"):
            cases += json.load(open(path, encoding="utf-8"))
    asks_elsewhere = re.compile(r"\b(now|input_line_number|builtins|localtime)\b|\$__|base32|exp10|cbrt")
    return [
        case
        for case in cases
        if "vars" not in case and "compile_error" not in case and case["name"] not in known
        and case["input"] is not None and not asks_elsewhere.search(case["program"])
    ]


def print_difference(question, engine):
    program, text = question.program(), question.input_text()
    print(f"\n{program}\n  on     {text}")
    print(f"  jq     {show(oracle([(program, text)])[0])}")
    print(f"  engine {show(engine.ask(program, text))}", flush=True)


def report(tally, shapes, options):
    asked = sum(tally.values())
    compared = tally["same"] + tally["same error"] + tally["both refuse"] + tally["different"]
    print(f"\nseed {options.seed}: {asked} expressions, " + ", ".join(f"{n} {what}" for what, n in sorted(tally.items())))
    print(f"{compared} compared, {tally['different']} different in {len(shapes)} shapes")


def built():
    """The example program, built."""
    subprocess.run(["cargo", "build", "-q", "-p", "larboard-jq", "--example", "evaluate"], cwd=ROOT, check=True)
    target = os.environ.get("CARGO_TARGET_DIR", os.path.join(ROOT, "target"))
    return os.path.join(target, "debug", "examples", "evaluate")


class Engine:
    """The engine under test, a process that answers line by line."""

    def __init__(self, program):
        self.program = program
        self.process = None

    def ask(self, program, input_text):
        if self.process is None:
            self.process = subprocess.Popen([self.program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        line = '{"program": %s, "input": %s}\n' % (json.dumps(program), input_text)
        try:
            self.process.stdin.write(line)
            self.process.stdin.flush()
            answer = self.process.stdout.readline()
        except BrokenPipeError:
            answer = ""
        if not answer:
            self.process = None
            return {"died": True}
        return parse(answer)


def oracle(asked):
    """What real jq answers to each (program, input). A child asks, so that a hang or a crash costs one answer only."""
    answers = []
    while len(answers) < len(asked):
        answers += in_child(asked[len(answers) :])
    return answers


def in_child(asked):
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        answer_all(asked, writer)
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader, encoding="utf-8") as lines:
        answers = [parse(line) for line in lines if line.endswith("\n")]
    os.waitpid(child, 0)
    return answers if len(answers) == len(asked) else answers + [{"hung": True}]


def answer_all(asked, writer):
    with os.fdopen(writer, "w", encoding="utf-8") as lines:
        for program, text in asked:
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
            signal.alarm(4)
            answer = jq_oracle.ask(program, text, balanced=True)
            if "compile_error" in answer:
                lines.write('{"compile_error": true}\n')
            else:
                error = "" if answer["error"] is None else f', "error": {answer["error"]}'
                lines.write('{"outputs": [' + ",".join(answer["outputs"]) + "]" + error + "}\n")
            lines.flush()


class Pairs(tuple):
    """An object of JSON with its keys in order."""


def parse(text):
    top = json.loads(text, object_pairs_hook=lambda pairs: Pairs((key, value) for key, value in pairs))
    return {key: plain(value) for key, value in top}


LARGEST = sys.float_info.max


def plain(value):
    """JSON such that == compares numbers by value and objects with their order."""
    if isinstance(value, Pairs):
        return Pairs((key, plain(inner)) for key, inner in value)
    if isinstance(value, list):
        return [plain(inner) for inner in value]
    if isinstance(value, (bool, str)) or value is None:
        return value
    return ("number", min(max(float(value), -LARGEST), LARGEST))


def judge(wanted, got):
    if "hung" in wanted:
        return "skipped, jq gave no answer"
    if "died" in got:
        return "different"
    if "limit" in got:
        return "skipped, beyond the engine's limits"
    if "compile_error" in wanted or "compile_error" in got:
        return "both refuse" if "compile_error" in wanted and "compile_error" in got else "different"
    if wanted["outputs"] != got["outputs"] or ("error" in wanted) != ("error" in got):
        return "different"
    if "error" in wanted:
        return "same error" if wanted["error"] == got["error"] else "different"
    return "same"


def smaller(question, engine):
    """The smallest question found that still differs."""
    tried = 0
    progress = True
    while progress and tried < 300:
        progress = False
        for candidate in question.smaller():
            tried += 1
            wanted = oracle([(candidate.program(), candidate.input_text())])[0]
            if judge(wanted, engine.ask(candidate.program(), candidate.input_text())) == "different":
                question, progress = candidate, True
                break
            if tried >= 300:
                break
    return question


def shape(program):
    """What two programs share that differ for one reason, most likely: the names and signs in them, not the constants."""
    return re.sub(r'"(?:\\.|[^"\\])*"|\d+(\.\d+)?(e-?\d+)?', "_", program)


def show(answer):
    return json.dumps(shown(answer), ensure_ascii=False)[:600]


def shown(value):
    if isinstance(value, dict):
        return {key: shown(inner) for key, inner in value.items()}
    if isinstance(value, Pairs):
        return {key: shown(inner) for key, inner in value}
    if isinstance(value, list):
        return [shown(inner) for inner in value]
    if isinstance(value, tuple):
        return int(value[1]) if value[1].is_integer() and abs(value[1]) < 1e17 else value[1]
    return value


if __name__ == "__main__":
    main()
