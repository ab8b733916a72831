"""A sample backend for self-service actions, like one you would write: standard library only.

It checks the signature of each invocation, answers at once, and then does the work in the background, reporting to
Larboard as it goes. It keeps no state and serves no TLS.

    LARBOARD_URL=http://127.0.0.1:4700 CLIENT_ID=... CLIENT_SECRET=... python3 backend.py --port 4701
"""
import argparse
import base64
import hashlib
import hmac
import json
import os
import re
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PATIENCE_SECONDS = 60  # So long Larboard may be away (for an upgrade, say) before work is given up.
OLDEST_SECONDS = 300  # A signature older than this is refused, so that a recorded request cannot be replayed later.


def is_signed(secret, headers, body, now):
    """Whether `body`, the bytes as received, carries a fresh signature made with `secret`."""
    timestamp = headers.get("x-port-timestamp") or ""
    if not timestamp.isdigit() or abs(now - int(timestamp)) > OLDEST_SECONDS:
        return False
    digest = hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).digest()
    expected = "v1," + base64.b64encode(digest).decode()
    return hmac.compare_digest(expected.encode(), (headers.get("x-port-signature") or "").encode())


def read_invocation(message):
    """The run's id, the action, the inputs and the entity, whichever of the two shapes the action sends."""
    if "context" in message:  # The fixed envelope of legacy actions.
        payload = message["payload"]
        return message["context"]["runId"], message["action"], payload["properties"], message["context"]["entity"]
    return message["runId"], message["action"], message.get("inputs") or {}, message.get("entity")


class Busy(Exception):
    """Larboard has no room for a call now."""


class Larboard:
    """The few calls a backend needs."""

    def __init__(self, url, client_id, client_secret, patience_seconds=PATIENCE_SECONDS):
        self.url, self.credentials = url.rstrip("/"), {"clientId": client_id, "clientSecret": client_secret}
        self.token, self.patience_seconds = None, patience_seconds

    def call(self, method, path, body=None):
        """The answer. Calls again what nobody took: a refused connection, or 503, which says that nothing was done."""
        end = time.monotonic() + self.patience_seconds
        while True:
            try:
                return self.call_once(method, path, body)
            except (ConnectionRefusedError, Busy):
                if time.monotonic() > end:
                    raise
                time.sleep(0.5)

    def call_once(self, method, path, body):
        request = urllib.request.Request(self.url + path, method=method)
        request.add_header("user-agent", "larboard-sample-backend")
        if self.token:
            request.add_header("authorization", "Bearer " + self.token)
        if body is not None:
            request.add_header("content-type", "application/json")
            request.data = json.dumps(body).encode()
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as refusal:
            text = f"{method} {path}: {refusal.code} {refusal.read().decode(errors='replace')}"
            raise (Busy(text) if refusal.code == 503 else RuntimeError(text)) from refusal
        except urllib.error.URLError as problem:
            raise problem.reason if isinstance(problem.reason, OSError) else problem

    def sign_in(self):
        self.token = self.call("POST", "/v1/auth/access_token", self.credentials)["accessToken"]


def plan(action, inputs, entity):
    """What to do for an action: steps, the entity to write (or None), and the summary. None for an unknown action."""
    properties = {key: inputs[key] for key in ("region", "replicas") if inputs.get(key) is not None}
    if action.endswith("create_microservice"):
        name = inputs.get("name") or "microservice"
        identifier = re.sub(r"[^A-Za-z0-9@_.+:/=-]", "-", name)
        steps = [f"Creating the repository {identifier}", "Adding the pipeline", f"Registering {name} in the catalog"]
        return steps, {"identifier": identifier, "title": name, "properties": properties}, f"**{name}** is ready."
    if action.endswith("deploy_microservice"):
        identifier = entity["identifier"] if isinstance(entity, dict) else entity
        where = inputs.get("environment") or "production"
        steps = [f"Building {identifier}", "Running its tests", f"Rolling out to {where}", "Checking its health"]
        return steps, {"identifier": identifier, "properties": properties}, f"**{identifier}** now runs in `{where}`."
    if action.endswith("report_incident"):
        return ["Looking up who is on call", "Sending the page"], None, f"Reported: {inputs.get('summary')}"
    return None


def work(larboard, run_id, action, inputs, entity, step_seconds):
    """Does what the action asks and reports it: lines, links, the entity, and at last the end of the run."""
    run = f"/v1/actions/runs/{run_id}"

    def log(message, **more):
        larboard.call("POST", run + "/logs", {"message": message, **more})

    larboard.sign_in()
    if larboard.call("GET", run + "?version=v2")["run"]["status"] != "IN_PROGRESS":
        return  # A repeated delivery of a run that is over.
    planned = plan(action, inputs, entity)
    if planned is None:
        return log(f"This backend does not know the action {action}.", terminationStatus="FAILURE")
    steps, change, summary = planned
    larboard.call("PATCH", run, {"link": [f"https://ci.example.com/builds/{run_id}"], "statusLabel": "Working"})
    for step in steps:
        log(step)
        time.sleep(step_seconds)
    if change:
        query = urllib.parse.urlencode({"upsert": "true", "merge": "true", "run_id": run_id})
        larboard.call("POST", "/v1/blueprints/microservice/entities?" + query, change)
    larboard.call("PATCH", run, {"statusLabel": "Done", "summary": summary})
    log("Finished", terminationStatus="SUCCESS")


def work_and_report(larboard, run_id, *rest):
    """Works; a failure ends the run with the reason instead of leaving it open."""
    try:
        work(larboard, run_id, *rest)
    except Exception as problem:  # Whatever went wrong, the person who waits must hear of it.
        print(f"{run_id}: {problem}", flush=True)
        try:
            end = {"message": f"The backend failed: {problem}", "terminationStatus": "FAILURE"}
            larboard.call("POST", f"/v1/actions/runs/{run_id}/logs", end)
        except Exception as again:
            print(f"{run_id}: could not be ended: {again}", flush=True)


def make_server(port, url, client_id, client_secret, step_seconds, clock=time.time):
    """A server on 127.0.0.1; port 0 takes a free one."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            if not is_signed(client_secret, self.headers, body, clock()):
                return self.reply(401, {"error": "The signature does not fit this body and the client secret."})
            try:
                invocation = read_invocation(json.loads(body))
            except (ValueError, KeyError, TypeError):
                return self.reply(400, {"error": "The body is not an invocation this backend knows."})
            self.reply(202, {"accepted": invocation[0]})
            larboard = Larboard(url, client_id, client_secret)
            job = (larboard, *invocation, step_seconds)
            threading.Thread(target=work_and_report, args=job, daemon=True).start()

        def reply(self, status, document):
            text = json.dumps(document).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_):
            pass

    return ThreadingHTTPServer(("127.0.0.1", port), Handler)


def main():
    parser = argparse.ArgumentParser(description="A sample backend for self-service actions.")
    parser.add_argument("--port", type=int, default=4701)
    port, env = parser.parse_args().port, os.environ
    server = make_server(port, env.get("LARBOARD_URL", "http://127.0.0.1:4700"), env["CLIENT_ID"], env["CLIENT_SECRET"],
                         float(env.get("STEP_SECONDS", "1.5")))
    print(f"listening on http://127.0.0.1:{server.server_address[1]}", flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass


if __name__ == "__main__":
    main()
