"""How a catalog behaves as it grows: writes it, searches it, restarts it; prints one table and writes the figures as JSON.

    python3 scripts/scale.py --binary target/release/larboard --sizes 10000,100000,1000000 [--database-url URL] [--json FILE]

Sizes are of one blueprint whose entities have text, number and list properties, a team and a relation to one of a
thousand others. Every size starts with an empty data directory; a PostgreSQL database given must be empty and suits one size.
Latencies are seen by one client over one kept connection, so they are comparable between sizes and say nothing of
rates under load (`bench.py`). It judges no figure, but every page: a wrong answer ends it.
"""
import argparse
import http.client
import itertools
import json
import pathlib
import socket
import statistics
import sys
import tempfile
import time
import urllib.parse

import load

DOMAINS = 1000
AREAS = 20
CHUNK = 4000
PAGE = 50
LANGUAGES = ["Rust", "Go", "Python", "Java", "Kotlin", "C", "Zig", "Elixir", "Ruby", "Scala"]
BULK = "/v1/blueprints/scale_service/bulk/entities/ndjson?upsert=true"
SEARCH = "/v1/blueprints/scale_service/entities/search"

BLUEPRINTS = [
    {"identifier": "scale_domain", "title": "Domain", "schema": {"properties": {"area": {"type": "string"}}}},
    {
        "identifier": "scale_service", "title": "Service",
        "schema": {"properties": {
            "language": {"type": "string"}, "tier": {"type": "number"}, "build": {"type": "number"},
            "url": {"type": "string"}, "tags": {"type": "array", "items": {"type": "string"}},
        }},
        "relations": {"domain": {"target": "scale_domain", "many": False, "required": False}},
        "mirrorProperties": {"area": {"path": "domain.area"}},
        "calculationProperties": {"label": {"type": "string", "calculation": ".properties.language + \"-\" + (.properties.tier | tostring)"}},
    },
]


def entity(number):
    """The entity of that number; the same every time."""
    return {
        "identifier": f"s-{number:07}", "title": f"Service {number}",
        "properties": {
            "language": LANGUAGES[number % len(LANGUAGES)], "tier": number // 10 % 5, "build": number * 31 % 1_000_003,
            "url": f"https://git.example.test/{number * 2654435761 % 2**32:08x}/service-{number}",
            "tags": [LANGUAGES[number % 7].lower(), f"t{number % 40}"],
        },
        "relations": {"domain": f"d-{number * 17 % DOMAINS}"},
    }


def label(shown):
    return f"{shown['properties']['language']}-{shown['properties']['tier']}"


# Each question: its name, where the letters are those of the targets; its rules; and, in other words, whom it means.
QUESTIONS = [
    ("5a equality and a number",
     [{"property": "language", "operator": "=", "value": "Rust"}, {"property": "tier", "operator": ">", "value": 2}],
     lambda one: one["properties"]["language"] == "Rust" and one["properties"]["tier"] > 2),
    ("5b relatedTo", [{"operator": "relatedTo", "blueprint": "scale_domain", "value": "d-1"}],
     lambda one: one["relations"]["domain"] == "d-1"),
    ("mirror", [{"property": "area", "operator": "=", "value": "area 3"}],
     lambda one: int(one["relations"]["domain"][2:]) % AREAS == 3),
    ("5d text contains, all distinct", [{"property": "url", "operator": "contains", "value": "ffff"}],
     lambda one: "ffff" in one["properties"]["url"]),
    ("5d number, all distinct", [{"property": "build", "operator": ">", "value": 990_000}],
     lambda one: one["properties"]["build"] > 990_000),
    ("list contains", [{"property": "tags", "operator": "contains", "value": "t39"}],
     lambda one: "t39" in one["properties"]["tags"]),
    ("nothing found", [{"property": "language", "operator": "=", "value": "COBOL"}], lambda one: False),
    ("calculation", [{"property": "label", "operator": "=", "value": "Rust-4"}], lambda one: label(one) == "Rust-4"),
    ("calculation, nothing found", [{"property": "label", "operator": "=", "value": "Rust-7"}], lambda one: label(one) == "Rust-7"),
]
AVERAGE = {
    "func": "average", "property": "build", "averageOf": "total",
    "query": {"combinator": "and", "rules": [{"property": "$blueprint", "operator": "=", "value": "scale_service"}]},
}


def check(name, answer, size, means):
    """Compares a page with the first entities, in the order of identifiers, that the question means."""
    wanted = list(itertools.islice((one["identifier"] for one in map(entity, range(size)) if means(one)), PAGE))
    found = [one["identifier"] for one in answer["entities"]]
    if found != wanted:
        raise SystemExit(f"{name}, of {size}: found {found[:5]}… ({len(found)}), wanted {wanted[:5]}… ({len(wanted)})")


def bulk(connection, token, numbers):
    """Writes the entities of those numbers in one request; raises if one of them was refused."""
    lines = "".join(json.dumps(entity(number)) + "\n" for number in numbers).encode()
    connection.request("POST", BULK, body=lines, headers={"content-type": "application/x-ndjson", "authorization": "Bearer " + token})
    answer = connection.getresponse()
    content = answer.read()
    if answer.status >= 300 or b'"ok":false' in content:
        raise SystemExit(f"bulk: {answer.status} {content[:500]!r}")


def timed(call, least=0.6, most=50):
    """Milliseconds of single calls: the median of as many as fit into `least` seconds, at least 3."""
    times = []
    begun = time.monotonic()
    while len(times) < 3 or (time.monotonic() - begun < least and len(times) < most):
        start = time.monotonic()
        call()
        times.append((time.monotonic() - start) * 1000)
    return statistics.median(times)


def once(call):
    """Milliseconds of one call, and its answer."""
    start = time.monotonic()
    answer = call()
    return (time.monotonic() - start) * 1000, answer


def stream(server, token, path):
    """Reads a whole listing without keeping it: seconds, bytes, and the most memory the server had meanwhile beyond before, MiB."""
    address = urllib.parse.urlsplit(server.url).netloc
    before = most = server.memory_mib()
    begun = time.monotonic()
    connection = http.client.HTTPConnection(address, timeout=600)
    connection.request("GET", path, headers={"authorization": "Bearer " + token})
    answer = connection.getresponse()
    size = reads = 0
    while piece := answer.read(1 << 18):
        size += len(piece)
        reads += 1
        if reads % 16 == 0:
            most = max(most, server.memory_mib())
    connection.close()
    return time.monotonic() - begun, size, most - before


def measure(binary, directory, size, database_url):
    """Everything about one size, as {name: number}; the names carry the units."""
    figures = {}
    server = load.Server(binary, directory, database_url)
    try:
        figures["ready, empty: ms"] = server.start() * 1000
        token = server.token()
        client = load.Client(server.url, token)
        for blueprint in BLUEPRINTS:
            client.call("POST", "/v1/blueprints", blueprint)
        for number in range(DOMAINS):
            client.call("POST", "/v1/blueprints/scale_domain/entities?upsert=true",
                        {"identifier": f"d-{number}", "title": f"Domain {number}", "properties": {"area": f"area {number % AREAS}"}})
        connection = http.client.HTTPConnection(urllib.parse.urlsplit(server.url).netloc, timeout=600)
        connection.connect()
        connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        begun, cpu = time.monotonic(), server.cpu_seconds()
        for first in range(0, size, CHUNK):
            bulk(connection, token, range(first, min(first + CHUNK, size)))
            if first % 100_000 == 0:
                print(f"  {first} of {size} written", file=sys.stderr)
        figures["write: entities/s"] = size / (time.monotonic() - begun)
        figures["write: cpu us an entity"] = (server.cpu_seconds() - cpu) / size * 1e6
        connection.close()
        server.stop()
        figures["ready, full: ms"] = server.start(600) * 1000
        client = load.Client(server.url, token)
        figures["memory, ready: MiB"] = server.memory_mib()
        asked = [(name, {"query": {"combinator": "and", "rules": rules}, "limit": PAGE}, means) for name, rules, means in QUESTIONS]
        figures["first search: ms"], _ = once(lambda: client.call("POST", SEARCH, asked[0][1]))
        figures["memory, searched: MiB"] = server.memory_mib()
        for name, body, means in asked:
            figures[f"{name}, first: ms"], answer = once(lambda: client.call("POST", SEARCH, body))
            check(name, answer, size, means)
            figures[f"{name}: ms"] = timed(lambda: client.call("POST", SEARCH, body))
        figures["average of all: ms"] = timed(lambda: client.call("POST", "/v1/entities/aggregate", AVERAGE))
        one = [0]

        def write_and_search():
            one[0] += 1
            client.call("POST", "/v1/blueprints/scale_service/entities?upsert=true&merge=true",
                        {"identifier": f"s-{one[0] * 37 % size:07}", "properties": {"tier": one[0] % 5}})
            client.call("POST", SEARCH, asked[0][1])

        figures["write one, then search: ms"] = timed(write_and_search)
        figures["memory, all questions: MiB"] = server.memory_mib()
        figures["list all: s"], figures["list all: bytes"], figures["list all: more memory, MiB"] = stream(
            server, token, "/v1/blueprints/scale_service/entities?exclude_calculated_properties=true")
        client.close()
    finally:
        server.stop()
    return figures


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", type=pathlib.Path, required=True)
    parser.add_argument("--sizes", default="10000,100000,1000000")
    parser.add_argument("--database-url", help="an empty PostgreSQL database, for one size; SQLite if absent")
    parser.add_argument("--json", type=pathlib.Path)
    options = parser.parse_args()
    sizes = [int(size) for size in options.sizes.split(",")]
    if options.database_url and len(sizes) != 1:
        parser.error("--database-url: a database suits one size, so give --sizes one number")
    results = {}
    for size in sizes:
        with tempfile.TemporaryDirectory(prefix="larboard-scale.") as directory:
            results[size] = measure(options.binary, directory, size, options.database_url)
    names = list(results[sizes[0]])
    print("".join(["", *(f"{size:>14}" for size in sizes)]))
    for name in names:
        print(f"{name:44}" + "".join(f"{results[size].get(name, float('nan')):14.1f}" for size in sizes))
    if options.json:
        options.json.write_text(json.dumps({str(size): {name: round(value, 3) for name, value in figures.items()} for size, figures in results.items()}, indent=2) + "\n")


if __name__ == "__main__":
    main()
