"""An independent receiver of signed webhooks, for tests: verifies each signature over the bytes as received.

It shares no code with Larboard. It prints its port, then appends one JSON line per request to a file: the method, path,
headers, body, and `signatureValid`. Options make it misbehave. It never interprets what it receives.

    python3 receiver.py --secret SECRET --record requests.jsonl [--port 0]
"""
import argparse
import base64
import hashlib
import hmac
import json
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

HUGE_BYTES = 50 * 1024 * 1024


def signature(secret, timestamp, body):
    """The value `x-port-signature` must have for these bytes."""
    message = timestamp.encode() + b"." + body
    return "v1," + base64.b64encode(hmac.new(secret.encode(), message, hashlib.sha256).digest()).decode()


def is_valid(secret, timestamp, received, body):
    """Whether both headers are there and the signature is the one for these bytes."""
    if not timestamp or not received:
        return False
    return hmac.compare_digest(signature(secret, timestamp, body).encode(), received.encode())


class Recorder:
    """Appends records to a file, a whole line at a time, and counts them."""

    def __init__(self, path):
        self.path, self.lock, self.count = path, threading.Lock(), 0

    def add(self, record):
        """Writes the record and returns its number, from 1."""
        with self.lock:
            self.count += 1
            line = json.dumps({"number": self.count, **record}, ensure_ascii=False)
            with open(self.path, "a", encoding="utf-8") as file:
                file.write(line + "\n")
            return self.count


def make_server(options):
    """A server on 127.0.0.1 that behaves as the options say."""
    recorder = Recorder(options.record)
    released = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_request(self):
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            timestamp, received = self.headers.get("x-port-timestamp"), self.headers.get("x-port-signature")
            number = recorder.add({
                "receivedAt": time.time_ns() // 1_000_000,
                "method": self.command,
                "path": self.path,
                "headers": {name.lower(): value for name, value in self.headers.items()},
                "body": body.decode("utf-8", errors="replace"),
                "signatureValid": is_valid(options.secret, timestamp, received, body),
            })
            self.behave(number)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = handle_request

        def behave(self, number):
            if options.hang:
                released.wait()
                self.close_connection = True
            elif number <= options.fail_first:
                self.answer(options.status, b'{"error":"told to fail"}')
            elif options.garbage:
                self.wfile.write(b"\x00\xffthis is not HTTP\r\n\r\n")
                self.close_connection = True
            elif options.huge:
                self.huge()
            elif options.redirect:
                self.answer(302, b"", ("location", options.redirect))
            else:
                self.answer(200, b'{"received":true}')

        def huge(self):
            self.send_response(200)
            self.send_header("content-type", "text/plain")
            self.send_header("content-length", str(HUGE_BYTES))
            self.end_headers()
            block = b"x" * 65536
            try:
                for _ in range(HUGE_BYTES // len(block)):
                    self.wfile.write(block)
            except OSError:
                self.close_connection = True  # The sender had enough, as it should.

        def answer(self, status, body, *headers):
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            for name, value in headers:
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 512

        def server_close(self):
            released.set()
            super().server_close()

        def handle_error(self, request, client_address):
            # A sender that hangs up is part of the trade; anything else belongs on standard error.
            if not isinstance(sys.exc_info()[1], OSError):
                super().handle_error(request, client_address)

    return Server(("127.0.0.1", options.port), Handler)


def parse(arguments=None):
    """The options; `--record` is the only one without a default that a test can do without."""
    parser = argparse.ArgumentParser(description="A receiver of signed webhooks, for tests.")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--secret", default="test-secret", help="the client secret of the default app")
    parser.add_argument("--record", required=True, help="file that gets one JSON line per request")
    parser.add_argument("--fail-first", type=int, default=0, metavar="N", help="answer the first N requests with --status")
    parser.add_argument("--status", type=int, default=500)
    parser.add_argument("--hang", action="store_true", help="never answer")
    parser.add_argument("--garbage", action="store_true", help="answer bytes that are not HTTP")
    parser.add_argument("--huge", action="store_true", help="answer 50 MiB")
    parser.add_argument("--redirect", metavar="URL", help="answer 302 to URL")
    return parser.parse_args(arguments)


def main():
    server = make_server(parse())
    print(server.server_address[1], flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        server.server_close()


if __name__ == "__main__":
    main()
