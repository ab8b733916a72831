#!/usr/bin/env python3
"""Writes the golden corpus and the kept findings as seeds: one file per case, the program, a zero byte, the input."""

import hashlib
import json
import pathlib
import sys

here = pathlib.Path(__file__).resolve().parent
target = pathlib.Path(sys.argv[1])
target.mkdir(parents=True, exist_ok=True)
count = 0
for file in sorted((here.parent / "crates/larboard-jq/tests/corpus").glob("*.json")):
    if file.name == "differences.json":
        continue
    for case in json.loads(file.read_text()):
        seed = case["program"] + "\0" + json.dumps(case.get("input"))
        # Small seeds are the ones that mutate well.
        if len(seed) < 400:
            name = hashlib.sha1(seed.encode()).hexdigest()
            (target / name).write_bytes(seed.encode())
            count += 1
for file in sorted((here / "findings").glob("*")):
    (target / file.name).write_bytes(file.read_bytes())
    count += 1
print(f"{count} seeds in {target}")
