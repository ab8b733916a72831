#!/usr/bin/env python3
"""Counts the instructions of one evaluation with callgrind and compares them with instructions.txt.

    bench/jq/count.py           # compare; fails if one differs by more than 3 %
    bench/jq/count.py --write   # write the file anew

Instructions do not depend on how busy a machine is, so that a regression cannot hide in noise. They do depend on the compiler
and the C library: write the file anew when one of those changes, in a commit of its own.
"""

import pathlib
import re
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
RECORD = HERE / "instructions.txt"
NAMES = ["plain path", "path with default", "string build", "regex and date", "conditional object", "100 objects"]
TOLERANCE = 0.03


def instructions(name, count):
    with tempfile.TemporaryDirectory() as directory:
        command = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={directory}/out"]
        command += [str(HERE / "target/release/bench-jq"), "run", name, str(count)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    return int(re.search(r"Collected : (\d+)", done.stderr).group(1))


def measure(name):
    """Instructions of one evaluation: what more evaluations add, so that starting and compiling do not count."""
    few, many = (20, 120) if name == "100 objects" else (200, 1200)
    return (instructions(name, many) - instructions(name, few)) / (many - few)


def main():
    subprocess.run(["cargo", "build", "--release", "--quiet"], cwd=HERE, check=True)
    measured = {name: round(measure(name)) for name in NAMES}
    if "--write" in sys.argv:
        RECORD.write_text("".join(f"{count:>9} {name}\n" for name, count in measured.items()))
    recorded = {line.split(maxsplit=1)[1]: int(line.split()[0]) for line in RECORD.read_text().splitlines()}
    failed = False
    for name, count in measured.items():
        change = count / recorded[name] - 1
        verdict = "ok" if abs(change) <= TOLERANCE else "CHANGED"
        failed |= verdict != "ok"
        print(f"{name:<20} {count:>9} {change:+7.1%}  {verdict}")
    sys.exit(failed)


if __name__ == "__main__":
    main()
