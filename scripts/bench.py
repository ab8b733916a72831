"""A short performance run, so that a contributor sees a regression: `make bench`.

Judge by `cpu us`, the server's processor time per request: it hardly depends on this client, which is slow, nor on what
else the machine does. Requests per second are this client's as much as the server's. The last column compares with the
previous run on this machine, kept in target/bench.json. `bad` must be 0: a fast error is no result.
"""
import argparse
import itertools
import json
import pathlib
import shlex
import statistics
import subprocess
import sys
import tempfile
import time

from load import BLUEPRINT, CLIENT_ID, CLIENT_SECRET, ROOT, Client, Receiver, Refused, Server, action, free_port, in_parallel

HISTORY = ROOT / "target/bench.json"


class Bench:
    """A seeded server and the jobs to run on it."""

    def __init__(self, server, sink, seconds):
        self.server, self.seconds, self.token = server, seconds, server.token()
        self.client = Client(server.url, self.token)
        self.counter = itertools.count(1)
        self.client.call("POST", "/v1/blueprints", BLUEPRINT)
        self.client.call("POST", "/v1/actions", action(sink))
        self.run = self.execute(self.client)
        for _ in range(50):
            self.append(self.client)
        for _ in range(200):
            self.upsert(self.client)

    def execute(self, client):
        return client.call("POST", "/v1/actions/deploy/runs", {"properties": {"n": next(self.counter)}})["run"]["id"]

    def append(self, client):
        client.call("POST", f"/v1/actions/runs/{self.run}/logs", {"message": f"line {next(self.counter)}"})

    def entity(self):
        number = next(self.counter)
        return {"identifier": f"service-{number % 1000}", "properties": {"region": "eu-west-1", "build": number}}

    def upsert(self, client):
        client.call("POST", "/v1/blueprints/microservice/entities?upsert=true", self.entity())

    def bulk(self, client):
        client.call("POST", "/v1/blueprints/microservice/entities/bulk?upsert=true", {"entities": [self.entity() for _ in range(20)]})

    def jobs(self):
        """Name, connections, one request."""
        return [
            ("live c1", 1, lambda client: client.call("GET", "/health/live")),
            ("get run c8", 8, lambda client: client.call("GET", f"/v1/actions/runs/{self.run}?version=v2")),
            ("get logs c8", 8, lambda client: client.call("GET", f"/v1/actions/runs/{self.run}/logs?limit=50")),
            ("list runs c8", 8, lambda client: client.call("GET", "/v1/actions/runs?version=v2&limit=50")),
            ("log append c1", 1, self.append),
            ("log append c32", 32, self.append),
            ("entity upsert c16", 16, self.upsert),
            ("bulk of 20 c4", 4, self.bulk),
            ("execute c16", 16, self.execute),
        ]

    def measure(self, connections, request):
        """One round: requests per second, median and 99th percentile in ms, processor time per request in us, bad."""
        times, bad = [[] for _ in range(connections)], [0] * connections
        cpu, begun = self.server.cpu_seconds(), time.monotonic()

        def work(number):
            client, own = Client(self.server.url, self.token), times[number]
            while time.monotonic() - begun < self.seconds:
                start = time.perf_counter()
                try:
                    request(client)
                except Refused:
                    bad[number] += 1
                own.append(time.perf_counter() - start)
            client.close()

        in_parallel(connections, work)
        took, used = time.monotonic() - begun, self.server.cpu_seconds() - cpu
        every = sorted(itertools.chain(*times))
        return {
            "rate": len(every) / took, "p50": every[len(every) // 2] * 1e3, "p99": every[len(every) * 99 // 100] * 1e3,
            "cpu": used / len(every) * 1e6, "bad": sum(bad),
        }


def wait_for_hooks(receiver, expected, patience=30):
    """How many distinct runs reached the receiver, well signed, and how many requests were not."""
    end = time.monotonic() + patience
    while True:
        records = receiver.records()
        runs = {json.loads(record["body"])["runId"] for record in records if record["signatureValid"]}
        if len(runs) >= expected or time.monotonic() > end:
            return len(runs), sum(not record["signatureValid"] for record in records)
        time.sleep(0.2)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--binary", type=pathlib.Path, required=True)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--database-url", help="an empty PostgreSQL database; SQLite if absent")
    parser.add_argument("--lbench", type=pathlib.Path, help="measure with this load generator instead (docs/performance.md)")
    parser.add_argument("--limit-pg", help="with --lbench and --database-url: an empty database for its limit server, as HOST=… words")
    parser.add_argument("--only", default="", help="with --lbench: jobs that begin with one of these, comma-separated")
    parser.add_argument("--sync-ms", type=float, help="with --lbench: let each sync of a file take so much longer, as on a slower disk")
    parser.add_argument("--json", type=pathlib.Path, help="with --lbench: where the figures go")
    options = parser.parse_args()
    if options.lbench:
        return compare(options)
    kind = "postgres" if options.database_url else "sqlite"
    history = json.loads(HISTORY.read_text()) if HISTORY.exists() else {}
    before, results, broken = history.get(kind, {}), {}, 0

    with tempfile.TemporaryDirectory(prefix="larboard-bench.") as directory:
        receiver = Receiver(directory)
        server = Server(options.binary.resolve(), directory, options.database_url)
        try:
            ready, idle = server.start(), server.memory_mib()
            bench = Bench(server, receiver.url, options.seconds)
            print(f"{kind}: ready after {ready * 1000:.0f} ms with {idle:.0f} MiB\n")
            print(f"{'job':<20}{'req/s':>9}{'p50 ms':>9}{'p99 ms':>9}{'cpu us':>9}{'bad':>6}{'cpu, change':>13}")
            jobs = bench.jobs()
            rounds = {name: [] for name, _, _ in jobs}
            # Rounds alternate over the jobs, so that a busy minute of the machine hits all of them alike.
            for _ in range(options.rounds):
                for name, connections, request in jobs:
                    rounds[name].append(bench.measure(connections, request))
            for name, _, _ in jobs:
                row = {key: statistics.median(measured[key] for measured in rounds[name]) for key in ("rate", "p50", "p99", "cpu")}
                row["bad"] = sum(measured["bad"] for measured in rounds[name])
                change = f"{row['cpu'] / before[name]['cpu'] - 1:+.0%}" if before.get(name, {}).get("cpu") else "-"
                print(f"{name:<20}{row['rate']:>9.0f}{row['p50']:>9.2f}{row['p99']:>9.2f}{row['cpu']:>9.0f}{row['bad']:>6}{change:>13}")
                results[name], broken = row, broken + row["bad"]
            executed = count_runs(bench.client)
            delivered, unsigned = wait_for_hooks(receiver, executed)
            print(f"\nwebhooks: {executed} runs accepted, {delivered} delivered, {unsigned} badly signed")
            print(f"memory at the end: {server.memory_mib():.0f} MiB")
            broken += executed - delivered + unsigned
        finally:
            server.stop()
            receiver.stop()

    history[kind] = results
    HISTORY.parent.mkdir(exist_ok=True)
    HISTORY.write_text(json.dumps(history, indent=1))
    if broken:
        sys.exit(f"{broken} requests or deliveries were bad: these figures mean nothing")


def slow_sync(directory, milliseconds):
    """A library that, loaded before others, has fsync and fdatasync take longer."""
    library = pathlib.Path(directory) / "slow_sync.so"
    source = f"""
        #define _GNU_SOURCE
        #include <dlfcn.h>
        #include <time.h>
        static int slowly(const char *name, int file) {{
            struct timespec pause = {{0, {round(milliseconds * 1e6)}}};
            nanosleep(&pause, 0);
            return ((int (*)(int))dlsym(RTLD_NEXT, name))(file);
        }}
        int fsync(int file) {{ return slowly("fsync", file); }}
        int fdatasync(int file) {{ return slowly("fdatasync", file); }}"""
    command = ["cc", "-shared", "-fPIC", "-x", "c", "-", "-o", str(library), "-ldl"]
    subprocess.run(command, input=source, text=True, check=True)
    return str(library)


def compare(options):
    """Runs lbench, which measures Larboard beside the least program that does the same, in turns."""
    with tempfile.TemporaryDirectory(prefix="larboard-bench.") as directory:
        server = Server(options.binary.resolve(), directory, options.database_url)
        environment = {
            **server.environment, "TARGET_URL": server.url, "TARGET_CMD": shlex.join(server.command),
            "TARGET_CLIENT_ID": CLIENT_ID, "TARGET_CLIENT_SECRET": CLIENT_SECRET,
        }
        figures = pathlib.Path(directory) / "figures.json"
        command = [
            str(options.lbench.resolve()), "run", "--dir", directory, "--json", str(figures), "--only", options.only,
            "--rounds", str(max(options.rounds, 5) if options.json else options.rounds), "--secs", str(options.seconds),
            "--sink", f"127.0.0.1:{free_port()}", "--limit-addr", f"127.0.0.1:{free_port()}",
        ]
        if options.sync_ms:
            environment["LD_PRELOAD"] = slow_sync(directory, options.sync_ms)
        if options.database_url:
            command += ["--store", "pg", "--pg", options.limit_pg or ""]
        status = subprocess.run(command, env=environment, cwd=directory, check=False).returncode
        if status != 0 or not figures.exists():
            sys.exit("lbench measured nothing; its last lines say why")
        rows = json.loads(figures.read_text())
    if options.json:
        options.json.parent.mkdir(parents=True, exist_ok=True)
        options.json.write_text(json.dumps(rows, indent=1) + "\n")
    broken = sum(row.get("bad", 0) for row in rows)
    if broken:
        sys.exit(f"{broken} requests or deliveries were bad: these figures mean nothing")


def count_runs(client):
    """All runs, page by page."""
    count, token = 0, ""
    while True:
        page = client.call("GET", f"/v1/actions/runs?version=v2&limit=1000{token}")
        count += len(page["runs"])
        if "next" not in page:
            return count
        token = "&from=" + page["next"]


if __name__ == "__main__":
    main()
