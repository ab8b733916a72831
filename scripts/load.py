"""What bench.py and soak.py share: starting Larboard and a receiver, and talking to them over kept connections.

Standard library only. It measures nothing and judges nothing.
"""
import http.client
import json
import os
import pathlib
import socket
import subprocess
import sys
import threading
import time
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parent.parent
CLIENT_ID = "load-client"
CLIENT_SECRET = "load-client-secret-of-forty-characters-0"
TICKS = os.sysconf("SC_CLK_TCK")

BLUEPRINT = {
    "identifier": "microservice", "title": "Service",
    "schema": {"properties": {"region": {"type": "string"}, "build": {"type": "number"}}, "required": []},
}


def action(sink):
    """An action whose backend is the receiver at `sink`."""
    return {
        "identifier": "deploy", "title": "Deploy",
        "trigger": {"type": "self-service", "operation": "CREATE", "blueprintIdentifier": "microservice",
                    "userInputs": {"properties": {"n": {"type": "number"}}, "required": []}},
        "invocationMethod": {"type": "WEBHOOK", "url": sink + "/hook", "body": {"runId": "{{ .run.id }}", "n": "{{ .inputs.n }}"}},
    }


def free_port():
    """A port of 127.0.0.1 that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Refused(Exception):
    """An answer that is no success."""

    def __init__(self, status, text):
        super().__init__(f"{status} {text[:300]}")
        self.status = status


class Client:
    """One kept connection. Not for several threads at once."""

    def __init__(self, base, token=None):
        self.address = urllib.parse.urlsplit(base).netloc
        self.headers = {"content-type": "application/json"}
        if token:
            self.headers["authorization"] = "Bearer " + token
        self.connection = None

    def call(self, method, path, body=None):
        """The JSON of a success; raises Refused, or OSError and HTTPException when the connection fails."""
        text = None if body is None else json.dumps(body)
        try:
            if self.connection is None:
                self.connection = http.client.HTTPConnection(self.address, timeout=60)
                self.connection.connect()
                self.connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.connection.request(method, path, body=text, headers=self.headers)
            answer = self.connection.getresponse()
            content = answer.read()
        except (OSError, http.client.HTTPException):
            self.close()
            raise
        if not 200 <= answer.status < 300:
            raise Refused(answer.status, content.decode(errors="replace"))
        return json.loads(content) if content.startswith(b"{") else {}

    def close(self):
        if self.connection is not None:
            self.connection.close()
            self.connection = None


class Receiver:
    """The signature-checking receiver of e2e/receivers as a process of its own."""

    def __init__(self, directory):
        self.record = pathlib.Path(directory) / "hooks.jsonl"
        self.record.touch()
        command = [sys.executable, str(ROOT / "e2e/receivers/receiver.py"), "--record", str(self.record), "--secret", CLIENT_SECRET]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.url = f"http://127.0.0.1:{self.process.stdout.readline().strip()}"

    def records(self):
        """Every request so far."""
        with open(self.record, encoding="utf-8") as file:
            return [json.loads(line) for line in file if line.endswith("\n")]

    def stop(self):
        self.process.kill()
        self.process.wait()


class Server:
    """A Larboard with a data directory of its own, or on the PostgreSQL at `database_url`."""

    def __init__(self, binary, directory, database_url=None):
        self.url = f"http://127.0.0.1:{free_port()}"
        self.log = pathlib.Path(directory) / "server.log"
        self.command = [str(binary), "serve", "--listen", self.url.removeprefix("http://"), "--data", str(pathlib.Path(directory) / "data")]
        self.environment = {
            **os.environ, "LARBOARD_BOOTSTRAP_CLIENT_ID": CLIENT_ID, "LARBOARD_BOOTSTRAP_CLIENT_SECRET": CLIENT_SECRET,
            "LARBOARD_WEBHOOK_ALLOW": "127.0.0.0/8", "LARBOARD_WEBHOOK_TIMEOUT": "5",
        }
        if database_url:
            self.environment["LARBOARD_DATABASE_URL"] = database_url
            self.environment["LARBOARD_MASTER_KEY"] = "bG9hZC1sb2FkLWxvYWQtbG9hZC1sb2FkLWxvYWQtbG8="
        self.process = None

    def start(self, patience=60):
        """Starts it and returns the seconds until it was ready."""
        with open(self.log, "a") as log:
            self.process = subprocess.Popen(self.command, env=self.environment, stdout=log, stderr=log)
        begun = time.monotonic()
        client = Client(self.url)
        while time.monotonic() - begun < patience:
            if self.process.poll() is not None:
                break
            try:
                client.call("GET", "/health/ready")
                return time.monotonic() - begun
            except (OSError, http.client.HTTPException, Refused):
                time.sleep(0.005)
        raise SystemExit(f"the server did not become ready; see {self.log}:\n{self.log.read_text()[-2000:]}")

    def token(self):
        return Client(self.url).call("POST", "/v1/auth/access_token", {"clientId": CLIENT_ID, "clientSecret": CLIENT_SECRET})["accessToken"]

    def cpu_seconds(self):
        """Processor time used so far, in user and kernel mode."""
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def memory_mib(self):
        """Resident memory."""
        for line in pathlib.Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
        return 0.0

    def kill(self):
        """Ends it as a power cut would, as far as a process can tell."""
        self.process.kill()
        self.process.wait()

    def stop(self):
        """Asks it to stop, and insists after a while."""
        if self.process is None or self.process.poll() is not None:
            return
        self.process.terminate()
        try:
            self.process.wait(timeout=40)
        except subprocess.TimeoutExpired:
            self.kill()


def in_parallel(count, work):
    """Runs work(0) … work(count - 1) in threads; raises the first exception."""
    failures = []

    def guarded(number):
        try:
            work(number)
        except BaseException as problem:  # Raised again in the caller's thread.
            failures.append(problem)

    threads = [threading.Thread(target=guarded, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
