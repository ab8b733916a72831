"""Tests of the Python receiver: the signature, and each way to behave, over real sockets."""
import http.client
import json
import os
import socket
import tempfile
import threading
import unittest

import receiver

VECTORS = [
    (b'{"a":1}', "v1,jLLDNV/KOI6awsrsAE9NXXBF10k3q1+q1h3BFoIkep8="),
    ('{"runId":"r_AAAAAAAAAAAAAAAA","n":"é"}'.encode(), "v1,LgchHglom8duy9trzbNN5QFdCfVX5W64p2h71i5o87I="),
]


class SignatureTest(unittest.TestCase):
    def test_each_vector_is_valid_over_its_bytes(self):
        for body, expected in VECTORS:
            self.assertEqual(receiver.signature("test-secret", "1700000000", body), expected)
            self.assertTrue(receiver.is_valid("test-secret", "1700000000", expected, body))

    def test_changed_bytes_another_second_or_a_missing_header_are_not_valid(self):
        body, expected = VECTORS[0]
        self.assertFalse(receiver.is_valid("test-secret", "1700000000", expected, body + b" "))
        self.assertFalse(receiver.is_valid("test-secret", "1700000001", expected, body))
        self.assertFalse(receiver.is_valid("test-secret", None, expected, body))
        self.assertFalse(receiver.is_valid("test-secret", "1700000000", None, body))


class BehaviourTest(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.record = os.path.join(directory.name, "requests.jsonl")

    def start(self, *options):
        server = receiver.make_server(receiver.parse(["--record", self.record, *options]))
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        return server.server_address[1]

    def post(self, port, body=VECTORS[1][0], signature=VECTORS[1][1]):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        self.addCleanup(connection.close)
        headers = {"x-port-timestamp": "1700000000", "x-port-signature": signature}
        connection.request("POST", "/hook?a=1", body=body, headers=headers)
        return connection.getresponse()

    def records(self):
        with open(self.record, encoding="utf-8") as file:
            return [json.loads(line) for line in file]

    def test_a_request_is_recorded_with_the_verdict_on_its_signature(self):
        port = self.start()
        self.assertEqual(self.post(port).status, 200)
        self.assertEqual(self.post(port, signature="v1,AAAA").status, 200)
        good, bad = self.records()
        self.assertEqual((good["number"], good["method"], good["path"]), (1, "POST", "/hook?a=1"))
        self.assertEqual(good["body"], VECTORS[1][0].decode())
        self.assertEqual(good["headers"]["x-port-timestamp"], "1700000000")
        self.assertEqual((good["signatureValid"], bad["signatureValid"]), (True, False))

    def test_the_first_requests_fail_with_the_wished_status_and_later_ones_succeed(self):
        port = self.start("--fail-first", "2", "--status", "503")
        self.assertEqual([self.post(port).status for _ in range(3)], [503, 503, 200])
        self.assertEqual(len(self.records()), 3)

    def test_garbage_is_no_http(self):
        with self.assertRaises(http.client.BadStatusLine):
            self.post(self.start("--garbage"))

    def test_a_huge_answer_has_all_its_bytes(self):
        answer = self.post(self.start("--huge"))
        self.assertEqual(len(answer.read()), receiver.HUGE_BYTES)

    def test_a_redirect_names_its_target(self):
        answer = self.post(self.start("--redirect", "http://127.0.0.1:1/elsewhere"))
        self.assertEqual((answer.status, answer.headers["location"]), (302, "http://127.0.0.1:1/elsewhere"))

    def test_a_hanging_receiver_records_the_request_and_says_nothing(self):
        port = self.start("--hang")
        with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
            connection.sendall(b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n{}")
            while not os.path.exists(self.record):
                threading.Event().wait(0.01)
            connection.settimeout(0.2)
            with self.assertRaises(TimeoutError):
                connection.recv(1)


if __name__ == "__main__":
    unittest.main()
