#!/usr/bin/env python3
"""What real jq makes of crates/larboard/tests/templates/every_feature.json: writes, or checks, every_feature.expected.json.

    scripts/templates_golden.py generate
    scripts/templates_golden.py check

The rules around the braces are written here a second time, in another language, from the facts; the expressions are
evaluated by real jq, in the virtual environment of jq_oracle.py. So the expectation owes nothing to the server.
`${run}`, `${org}`, `${admin}` and `${sink}` stay as they are; the test puts the values in.
"""

import json
import os
import re
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import jq_oracle

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "crates", "larboard", "tests", "templates")
ABSENT = object()
SPREAD = re.compile(r"\s*\{\{\s*spreadValue\(\s*\)\s*\}\}\s*")


def main():
    if sys.argv[1:] not in (["generate"], ["check"]):
        sys.exit(__doc__)
    jq_oracle.enter_venv()
    with open(os.path.join(HERE, "every_feature.json"), encoding="utf-8") as file:
        case = json.load(file)
    context = {"inputs": case["inputs"], **case["context"]}
    rendered = render(case["action"]["invocationMethod"], context)
    text = json.dumps(rendered, indent=2, ensure_ascii=False) + "\n"
    path = os.path.join(HERE, "every_feature.expected.json")
    if sys.argv[1] == "generate":
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
    else:
        with open(path, encoding="utf-8") as file:
            if file.read() != text:
                sys.exit("jq renders something else than is checked in")
    print("jq", jq_oracle.version(), "agrees")


def render(template, context):
    """A document with its templates evaluated; ABSENT where an expression has no output."""
    if isinstance(template, str):
        return render_text(template, context)
    if isinstance(template, list):
        items = [render(item, context) for item in template]
        return [None if item is ABSENT else item for item in items]
    if not isinstance(template, dict):
        return template
    made = {}
    for key, value in template.items():
        if SPREAD.fullmatch(key):
            made.update(render(value, context))
            continue
        name = render(key, context)
        if name is ABSENT or not name:
            continue
        result = render(value, context)
        if result is ABSENT:
            made.pop(name, None)
        else:
            made[name] = result
    return made


def render_text(text, context):
    parts = split(text)
    expressions = [part for part in parts if isinstance(part, tuple)]
    if not expressions:
        return text
    around = "".join(part for part in parts if isinstance(part, str))
    if len(expressions) == 1 and not around.strip():
        return first(expressions[0][0], context)
    return "".join(part if isinstance(part, str) else written(first(part[0], context)) for part in parts)


def split(text):
    """Literal texts and, as tuples, expressions. Quotes inside an expression hide braces."""
    parts, at = [], 0
    while (start := text.find("{{", at)) >= 0:
        parts.append(text[at:start])
        end, quote = start + 2, None
        while quote or not text.startswith("}}", end):
            letter = text[end]
            if letter == "\\":
                end += 1
            elif letter in "\"'":
                quote = letter if quote is None else None if quote == letter else quote
            end += 1
        parts.append((text[start + 2 : end],))
        at = end + 2
    parts.append(text[at:])
    return parts


def first(expression, context):
    answer = jq_oracle.ask(in_jq(expression), json.dumps(context))
    if answer.get("compile_error") or (not answer["outputs"] and answer["error"]):
        raise SystemExit(f"jq refuses {expression!r}: {answer}")
    return json.loads(answer["outputs"][0]) if answer["outputs"] else ABSENT


def in_jq(expression):
    """The expression with strings in single quotes written as jq has them."""
    strings = re.compile(r'"(?:[^"\\]|\\.)*"|\'((?:[^\'\\]|\\.)*)\'', re.S)
    return strings.sub(lambda found: found[0] if found[1] is None else json.dumps(found[1]), expression)


def written(value):
    """As JavaScript writes a value within text."""
    if value is ABSENT:
        return "undefined"
    return value if isinstance(value, str) else json.dumps(numbers(value), separators=(",", ":"), ensure_ascii=False)


def numbers(value):
    """Whole numbers without a fraction, as JavaScript writes them."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, list):
        return [numbers(item) for item in value]
    if isinstance(value, dict):
        return {key: numbers(item) for key, item in value.items()}
    return value


if __name__ == "__main__":
    main()
