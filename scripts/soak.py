"""Load with crashes: `make soak MINUTES=10`. Nothing acknowledged may be lost, and memory must stay flat.

Writers append log lines, write entities and execute an action, and remember what was acknowledged. In the first half the
server is killed with SIGKILL every so often and started again; in the second it is left alone, and its memory watched. At the end everything acknowledged must be there, every line once and in
order, every run's webhook received. The page cache survives SIGKILL, so this proves nothing about the disk itself.
"""
import argparse
import http.client
import itertools
import json
import pathlib
import sys
import tempfile
import threading
import time
import urllib.parse

from load import BLUEPRINT, Client, Receiver, Refused, Server, action


class Witness:
    """What the server acknowledged."""

    def __init__(self):
        self.lines, self.entities, self.runs = {}, {}, set()
        self.refused, self.broken = 0, 0


class Writer(threading.Thread):
    """Writes with a run of its own until told to stop, across restarts of the server."""

    def __init__(self, number, server, token, witness, stop):
        super().__init__(daemon=True)
        self.number, self.witness, self.stop = number, witness, stop
        self.client = Client(server.url, token)
        self.run_id = None

    def run(self):
        for count in itertools.count():
            if self.stop.is_set():
                return
            try:
                self.write(count)
            except Refused as refusal:
                # 503 is an honest answer under load; anything else is a defect.
                if refusal.status != 503:
                    self.witness.broken += 1
                    print(f"writer {self.number}: {refusal}", flush=True)
                self.witness.refused += 1
            except (OSError, http.client.HTTPException):
                self.stop.wait(0.05)  # The server is down; what was sent is not acknowledged.

    def write(self, count):
        if self.run_id is None or count % 10 == 0:
            run = self.client.call("POST", "/v1/actions/deploy/runs", {"properties": {"n": count}})["run"]["id"]
            self.witness.runs.add(run)
            self.run_id = run
            self.witness.lines[run] = []
        if count % 3 == 0:
            identifier = f"service-{self.number}"
            self.client.call("POST", "/v1/blueprints/microservice/entities?upsert=true", {"identifier": identifier, "properties": {"build": count}})
            self.witness.entities[identifier] = count
        line = self.client.call("POST", f"/v1/actions/runs/{self.run_id}/logs", {"message": f"{self.number}/{count}"})["runLog"]
        self.witness.lines[self.run_id].append(line["id"])


def stored_lines(client, run):
    """The ids of a run's lines, oldest first."""
    ids = []
    while True:
        page = client.call("GET", f"/v1/actions/runs/{run}/logs?limit=50&offset={len(ids)}")["runLogs"]
        ids.extend(line["id"] for line in page)
        if len(page) < 50:
            return ids


def check(client, witness):
    """Sentences about what is missing."""
    faults = []
    for run, acknowledged in witness.lines.items():
        stored = stored_lines(client, run)
        if len(set(stored)) != len(stored):
            faults.append(f"{run} has a line twice")
        missing = [line for line in acknowledged if line not in set(stored)]
        if missing:
            faults.append(f"{run} lost {len(missing)} acknowledged lines")
        kept = set(acknowledged)
        if [line for line in stored if line in kept] != acknowledged and not missing:
            faults.append(f"{run} has its lines in another order")
    for identifier, build in witness.entities.items():
        entity = client.call("GET", f"/v1/blueprints/microservice/entities/{urllib.parse.quote(identifier)}")["entity"]
        # The write after the last acknowledged one may have been committed without an answer.
        if entity["properties"]["build"] < build:
            faults.append(f"{identifier} is at {entity['properties']['build']} although {build} was acknowledged")
    return faults


def check_hooks(receiver, witness, patience=120):
    """Sentences about webhooks that did not arrive."""
    end = time.monotonic() + patience
    while True:
        records = receiver.records()
        missing = witness.runs - {json.loads(record["body"])["runId"] for record in records}
        if not missing or time.monotonic() > end:
            break
        time.sleep(0.5)
    faults = [f"{len(missing)} accepted runs were never delivered"] if missing else []
    unsigned = sum(not record["signatureValid"] for record in records)
    if unsigned:
        faults.append(f"{unsigned} webhooks were badly signed")
    return faults, len(records) - len({record["headers"].get("x-larboard-delivery") for record in records})


def tell(witness, server, kills):
    """Says how far it is; the server's memory."""
    memory = server.memory_mib()
    lines = sum(map(len, witness.lines.values()))
    print(f"{lines} lines, {len(witness.runs)} runs, {kills} kills, {memory:.0f} MiB", flush=True)
    return memory


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--binary", type=pathlib.Path, required=True)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--kill-every", type=float, default=20, metavar="SECONDS", help="in the first half; 0 never kills")
    parser.add_argument("--writers", type=int, default=8)
    parser.add_argument("--database-url", help="an empty PostgreSQL database; SQLite if absent")
    options = parser.parse_args()
    witness, stop, kills, faults = Witness(), threading.Event(), 0, []

    with tempfile.TemporaryDirectory(prefix="larboard-soak.") as directory:
        receiver = Receiver(directory)
        server = Server(options.binary.resolve(), directory, options.database_url)
        try:
            server.start()
            token = server.token()
            client = Client(server.url, token)
            client.call("POST", "/v1/blueprints", BLUEPRINT)
            client.call("POST", "/v1/actions", action(receiver.url))
            writers = [Writer(number, server, token, witness, stop) for number in range(options.writers)]
            for writer in writers:
                writer.start()
            half = options.minutes * 30
            if options.kill_every:
                for _ in range(max(1, int(half / options.kill_every))):
                    time.sleep(min(options.kill_every, half))
                    tell(witness, server, kills)
                    server.kill()
                    kills += 1
                    server.start()
            else:
                time.sleep(half)
            # The first quarter fills caches; from there on memory has no reason to grow.
            time.sleep(half / 4)
            early = tell(witness, server, kills)
            for _ in range(3):
                time.sleep(half / 4)
                memory = tell(witness, server, kills)
            stop.set()
            for writer in writers:
                writer.join()
            client.close()
            faults = check(client, witness)
            undelivered, repeated = check_hooks(receiver, witness)
            faults += undelivered
            if witness.broken:
                faults.append(f"{witness.broken} requests were refused for no good reason")
            if memory > early * 1.5 + 20:
                faults.append(f"memory grew from {early:.0f} to {memory:.0f} MiB")
        finally:
            server.stop()
            receiver.stop()

    lines = sum(map(len, witness.lines.values()))
    print(f"{kills} kills; acknowledged: {lines} lines, {len(witness.runs)} runs, {len(witness.entities)} entities; "
          f"{witness.refused} refused, {repeated} deliveries repeated")
    for fault in faults:
        print("FAULT:", fault)
    sys.exit(bool(faults))


if __name__ == "__main__":
    main()
