"""Freezes a release's database: what its binary stored, as SQL that later versions are tested to upgrade.

    python3 scripts/freeze.py --binary target/release/larboard --release 0.2.0

Plays a small story against the binary on SQLite and on a PostgreSQL of its own, stops it, and writes the two databases
to crates/larboard-store/tests/releases/RELEASE/. The README there says when. It judges nothing.
"""
import argparse
import pathlib
import sqlite3
import subprocess
import tempfile
import time

from load import BLUEPRINT, ROOT, Client, Receiver, Refused, Server, action

MASTER_KEY = "ZnJvemVuLWZyb3plbi1mcm96ZW4tZnJvemVuLWtleSE="
ADMINISTRATOR = {"email": "admin@frozen.test", "password": "a frozen password"}
RELEASES = ROOT / "crates/larboard-store/tests/releases"


def play(client, hook):
    """At least one of everything that can be stored through the API, awkward text included."""
    domain = {"identifier": "domain", "title": "Domaine \"ä€𝄞\"", "schema": {"properties": {}, "required": []}}
    client.call("POST", "/v1/blueprints", domain)
    client.call("POST", "/v1/blueprints", {**BLUEPRINT, "relations": {
        "domain": {"title": "Domain", "target": "domain", "required": False, "many": False},
        "uses": {"title": "Uses", "target": "microservice", "required": False, "many": True},
    }})
    client.call("POST", "/v1/blueprints/domain/entities", {"identifier": "shop", "title": "It's a shop"})
    for identifier, uses in (("Zebra", []), ("apple", ["Zebra"]), ("éclair", ["apple", "Zebra"])):
        client.call("POST", "/v1/blueprints/microservice/entities", {
            "identifier": identifier, "properties": {"region": "eu", "build": 1.5},
            "relations": {"domain": "shop", "uses": uses},
        })
    client.call("POST", "/v1/organization/secrets", {"secretName": "TOKEN", "secretValue": "frozen-secret-value"})
    client.call("POST", "/v1/apps", {"name": "A second app"})
    today = action(hook)
    today["invocationMethod"]["headers"] = {"authorization": "{{ .secrets.TOKEN }}"}
    client.call("POST", "/v1/actions", today)
    client.call("POST", "/v1/blueprints/microservice/actions", {
        "identifier": "create_microservice", "title": "Create", "trigger": "CREATE",
        "userInputs": {"properties": {"name": {"type": "string"}}, "required": []},
        "invocationMethod": {"type": "WEBHOOK", "url": hook + "/hook"},
    })
    ended = client.call("POST", "/v1/actions/deploy/runs", {"properties": {"n": 1}})["run"]["id"]
    client.call("POST", f"/v1/blueprints/microservice/entities?upsert=true&run_id={ended}",
                {"identifier": "apple", "properties": {"build": 2}})
    client.call("POST", f"/v1/actions/runs/{ended}/logs", {"message": "one \\ two ' three\n\tfour"})
    client.call("PATCH", f"/v1/actions/runs/{ended}", {"link": ["https://ci.example.com/1"], "summary": "**done**"})
    client.call("POST", f"/v1/actions/runs/{ended}/logs", {"message": "the end", "terminationStatus": "SUCCESS"})
    going_on = client.call("POST", "/v1/actions/create_microservice/runs", {"properties": {"name": "x"}})["run"]["id"]
    client.call("POST", f"/v1/actions/runs/{going_on}/logs", {"message": "still at it"})
    client.call("POST", "/v1/auth/session", ADMINISTRATOR)
    for run in (ended, going_on):
        wait_for_delivery(client, run)


def wait_for_delivery(client, run):
    """A frozen delivery is not under way."""
    for _ in range(200):
        states = [d["state"] for d in client.call("GET", f"/v1/actions/runs/{run}/deliveries")["deliveries"]]
        if states and "PENDING" not in states:
            return
        time.sleep(0.1)
    raise SystemExit(f"the webhook of {run} was not delivered")


def record(binary, directory, database_url=None):
    """Runs the story on an empty database and stops the server."""
    receiver = Receiver(directory)
    server = Server(binary, directory, database_url)
    server.environment |= {
        "LARBOARD_MASTER_KEY": MASTER_KEY, "LARBOARD_BOOTSTRAP_ADMIN_EMAIL": ADMINISTRATOR["email"],
        "LARBOARD_BOOTSTRAP_ADMIN_PASSWORD": ADMINISTRATOR["password"],
    }
    try:
        server.start()
        client = Client(server.url, server.token())
        play(client, receiver.url)
        client.close()
    except Refused as refusal:
        raise SystemExit(f"the story of scripts/freeze.py does not fit this release: {refusal}")
    finally:
        server.stop()
        receiver.stop()


def dump_sqlite(directory):
    """The embedded database as SQL."""
    with sqlite3.connect(pathlib.Path(directory) / "data/larboard.db") as database:
        return "\n".join(database.iterdump()) + "\n"


def dump_postgres(url):
    """A PostgreSQL database as SQL that a driver can run: without the commands of psql, and without ownership."""
    programs = subprocess.run([ROOT / "scripts/postgres.sh", "find"], check=True, capture_output=True, text=True).stdout.strip()
    command = [f"{programs}/pg_dump", "--inserts", "--no-owner", "--no-privileges", "--no-comments", "--schema=public", url]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    lines = [line for line in text.splitlines() if line and not line.startswith(("--", "\\", "SET ", "CREATE SCHEMA"))]
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--binary", type=pathlib.Path, required=True)
    parser.add_argument("--release", required=True)
    options = parser.parse_args()
    target = RELEASES / options.release
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="larboard-freeze.") as directory:
        record(options.binary.resolve(), directory)
        (target / "sqlite.sql").write_text(dump_sqlite(directory))
    place = tempfile.mkdtemp(prefix="larboard-freeze.")
    pathlib.Path(place).chmod(0o755)
    postgres = ROOT / "scripts/postgres.sh"
    try:
        url = subprocess.run([postgres, "start", f"{place}/postgres"], check=True, capture_output=True, text=True).stdout.strip()
        with tempfile.TemporaryDirectory(prefix="larboard-freeze.") as directory:
            record(options.binary.resolve(), directory, url)
        (target / "postgres.sql").write_text(dump_postgres(url))
    finally:
        subprocess.run([postgres, "stop", f"{place}/postgres"], check=False)
        pathlib.Path(place).rmdir()
    print(f"frozen in {target.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
