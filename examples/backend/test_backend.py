"""Tests of the sample backend: over real sockets, against a small stand-in that records the calls it gets.

The stand-in only answers; that Larboard answers the same way is proven by the product's own tests.
"""
import base64
import hashlib
import hmac
import json
import socket
import threading
import unittest
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import backend

SECRET = "test-secret"
NOW = 1700000000

LEGACY_DEPLOY = {
    "action": "deploy_microservice",
    "context": {"entity": "shop", "blueprint": "microservice", "runId": "r_AAAAAAAAAAAAAAAA"},
    "payload": {"entity": {"identifier": "shop"}, "properties": {"environment": "staging"}},
}
TODAY_CREATE = {
    "runId": "r_BBBBBBBBBBBBBBBB",
    "action": "create_microservice",
    "inputs": {"name": "My Shop é", "region": "eu-west-1"},
    "entity": None,
}


def sign(body, timestamp=NOW, secret=SECRET):
    digest = hmac.new(secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256).digest()
    return {"x-port-timestamp": str(timestamp), "x-port-signature": "v1," + base64.b64encode(digest).decode()}


class SignatureTest(unittest.TestCase):
    def test_the_signature_of_an_ascii_body_fits(self):
        headers = {
            "x-port-timestamp": str(NOW),
            "x-port-signature": "v1,jLLDNV/KOI6awsrsAE9NXXBF10k3q1+q1h3BFoIkep8=",
        }
        self.assertTrue(backend.is_signed(SECRET, headers, b'{"a":1}', NOW))

    def test_the_signature_of_a_body_with_letters_outside_ascii_fits(self):
        headers = {
            "x-port-timestamp": str(NOW),
            "x-port-signature": "v1,LgchHglom8duy9trzbNN5QFdCfVX5W64p2h71i5o87I=",
        }
        body = '{"runId":"r_AAAAAAAAAAAAAAAA","n":"é"}'.encode()
        self.assertTrue(backend.is_signed(SECRET, headers, body, NOW))

    def test_a_changed_byte_another_secret_an_old_time_or_no_header_does_not_fit(self):
        body = b'{"a":1}'
        self.assertFalse(backend.is_signed(SECRET, sign(body), b'{"a":2}', NOW))
        self.assertFalse(backend.is_signed("another", sign(body), body, NOW))
        self.assertFalse(backend.is_signed(SECRET, sign(body), body, NOW + 301))
        self.assertFalse(backend.is_signed(SECRET, {}, body, NOW))
        self.assertFalse(backend.is_signed(SECRET, {"x-port-timestamp": "soon", "x-port-signature": "é"}, body, NOW))


class StandIn:
    """Answers like Larboard's routes do, remembers each call, and tells when a run was ended."""

    def __init__(self, status="IN_PROGRESS", refuse_entities=False, busy=0):
        self.calls, self.ended, self.busy = [], threading.Event(), busy
        stand_in = self

        class Handler(BaseHTTPRequestHandler):
            def answer(self):
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                document = json.loads(body) if body else None
                stand_in.calls.append((self.command, self.path, document, self.headers.get("authorization")))
                code, reply = 200, {"ok": True, "accessToken": "token", "run": {"status": status}}
                if stand_in.busy:
                    stand_in.busy -= 1
                    code, reply = 503, {"ok": False, "error": "overloaded"}
                if refuse_entities and "/entities" in self.path:
                    code, reply = 422, {"ok": False, "error": "blueprint_schema_mismatch"}
                text = json.dumps(reply).encode()
                self.send_response(code)
                self.send_header("content-length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)
                if document and "terminationStatus" in document:
                    stand_in.ended.set()

            do_GET = do_POST = do_PATCH = answer

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"

    def bodies(self, method, part):
        return [body for verb, path, body, _ in self.calls if verb == method and part in path]


class BackendTest(unittest.TestCase):
    def serve(self, server):
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)

    def start(self, **options):
        stand_in = StandIn(**options)
        self.serve(stand_in.server)
        server = backend.make_server(0, stand_in.url, "client", SECRET, 0, clock=lambda: NOW)
        self.serve(server)
        return stand_in, f"http://127.0.0.1:{server.server_address[1]}/"

    def post(self, url, body, headers):
        request = urllib.request.Request(url, data=body, headers=headers, method="POST")
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status
        except urllib.error.HTTPError as refusal:
            with refusal:
                return refusal.code

    def run_to_its_end(self, message, **options):
        stand_in, url = self.start(**options)
        body = json.dumps(message).encode()
        self.assertEqual(self.post(url, body, sign(body)), 202)
        self.assertTrue(stand_in.ended.wait(30), "the run was never ended")
        return stand_in

    def test_a_call_that_nobody_took_is_made_again_and_a_refused_one_is_not(self):
        stand_in = StandIn(busy=1, refuse_entities=True)
        larboard = backend.Larboard(stand_in.url, "client", SECRET)
        self.serve(stand_in.server)
        self.assertEqual(larboard.call("GET", "/v1/actions/runs/r_1")["ok"], True)
        self.assertEqual(len(stand_in.calls), 2)
        with self.assertRaisesRegex(RuntimeError, "422"):
            larboard.call("POST", "/v1/blueprints/microservice/entities", {})
        self.assertEqual(len(stand_in.calls), 3)

    def test_a_server_that_stays_away_is_given_up(self):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        larboard = backend.Larboard(f"http://127.0.0.1:{port}", "client", SECRET, patience_seconds=0)
        with self.assertRaises(ConnectionRefusedError):
            larboard.call("GET", "/v1/actions/runs/r_1")

    def test_a_body_that_is_not_signed_is_refused_and_nothing_is_called(self):
        stand_in, url = self.start()
        self.assertEqual(self.post(url, json.dumps(TODAY_CREATE).encode(), {}), 401)
        self.assertEqual(stand_in.calls, [])

    def test_a_signed_body_that_is_no_invocation_is_refused(self):
        stand_in, url = self.start()
        for body in (b"[]", b"{", b'{"context":{}}', b'"text"'):
            self.assertEqual(self.post(url, body, sign(body)), 400, body)
        self.assertEqual(stand_in.calls, [])

    def test_a_create_run_writes_its_entity_bound_to_the_run_and_ends_once(self):
        stand_in = self.run_to_its_end(TODAY_CREATE)
        entity = [call for call in stand_in.calls if "/entities" in call[1]]
        self.assertEqual(len(entity), 1)
        self.assertIn("run_id=r_BBBBBBBBBBBBBBBB", entity[0][1])
        self.assertEqual(entity[0][3], "Bearer token")
        expected = {"identifier": "My-Shop--", "title": "My Shop é", "properties": {"region": "eu-west-1"}}
        self.assertEqual(entity[0][2], expected)
        logs = stand_in.bodies("POST", "/logs")
        self.assertGreater(len(logs), 3)
        self.assertEqual([log.get("terminationStatus") for log in logs if "terminationStatus" in log], ["SUCCESS"])
        self.assertEqual(logs[-1], {"message": "Finished", "terminationStatus": "SUCCESS"})

    def test_a_deploy_run_of_a_legacy_action_reports_links_label_and_summary(self):
        stand_in = self.run_to_its_end(LEGACY_DEPLOY)
        first, last = stand_in.bodies("PATCH", "/r_AAAAAAAAAAAAAAAA")
        self.assertEqual(first["link"], ["https://ci.example.com/builds/r_AAAAAAAAAAAAAAAA"])
        self.assertEqual(last["statusLabel"], "Done")
        self.assertIn("staging", last["summary"])

    def test_a_refused_entity_ends_the_run_in_failure_with_the_reason(self):
        stand_in = self.run_to_its_end(TODAY_CREATE, refuse_entities=True)
        last = stand_in.bodies("POST", "/logs")[-1]
        self.assertEqual(last["terminationStatus"], "FAILURE")
        self.assertIn("blueprint_schema_mismatch", last["message"])

    def test_an_action_without_an_entity_writes_none_and_succeeds(self):
        stand_in = self.run_to_its_end({**TODAY_CREATE, "action": "report_incident", "inputs": {"summary": "Slow"}})
        self.assertEqual([call for call in stand_in.calls if "/entities" in call[1]], [])
        self.assertEqual(stand_in.bodies("POST", "/logs")[-1]["terminationStatus"], "SUCCESS")

    def test_an_unknown_action_ends_the_run_in_failure(self):
        stand_in = self.run_to_its_end({**TODAY_CREATE, "action": "scale"})
        self.assertEqual([body["terminationStatus"] for body in stand_in.bodies("POST", "/logs")], ["FAILURE"])

    def test_a_repeated_delivery_of_a_finished_run_changes_nothing(self):
        stand_in = StandIn(status="SUCCESS")
        self.serve(stand_in.server)
        larboard = backend.Larboard(stand_in.url, "client", SECRET)
        backend.work(larboard, *backend.read_invocation(TODAY_CREATE), 0)
        self.assertEqual([call[0] for call in stand_in.calls], ["POST", "GET"])


if __name__ == "__main__":
    unittest.main()
