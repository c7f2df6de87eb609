"""A processor's API, as far as the SDK asks it: real HTTP, answers that a test sets, requests that it can look at."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from otel_quality.sdk import asking


def stop_asking() -> None:
    """End the thread that asks and wait for its end, so that no late answer, nor a failure, is the next test's."""
    asking.stop()
    for thread in threading.enumerate():
        if thread.name == "otel-quality-asker":
            thread.join(30)


class FakeProcessor:
    """Answers `/v1/predictions`, `/v1/policies` and `/v1/feedback`.

    Attributes:
        status: of every answer to a request that comes from now on; 200 gives what the test has set.
        probability: that predictions are given.
        policies: name to value.
        hold: while it is not set, requests wait.
        posted: bodies of the predictions asked for.
        polls: how often policies were asked for.
        opinions: bodies of the feedback that was taken.
        token: what it wants of who changes something; seen: what was sent.
        moved: where it sends whoever posts; asked: what those who came without a body sent as token.
    """

    def __init__(self) -> None:
        self.status = 200
        self.probability: Any = 0.9
        self.policies: dict[str, Any] = {}
        self.posted: list[dict[str, str]] = []
        self.polls = 0
        self.opinions: list[dict[str, Any]] = []
        self.token = ""
        self.seen: set[str | None] = set()
        self.moved = ""
        self.asked: list[str | None] = []
        self.hold = threading.Event()
        self.hold.set()
        fake = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                fake.hold.wait(60)
                self.status = fake.status
                fake.polls += 1
                fake.asked.append(self.headers["authorization"])
                listed = [{"name": name, "value": value, "updated": "2026-11-21T00:00:00Z"} for name, value in fake.policies.items()]
                self._answer(200, {"policies": listed})

            def do_POST(self) -> None:
                fake.hold.wait(60)
                self.status = fake.status
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                fake.seen.add(self.headers["authorization"])
                if fake.moved:
                    self.send_response(302)
                    self.send_header("location", fake.moved)
                    self.end_headers()
                    return
                if fake.token and self.headers["authorization"] != f"Bearer {fake.token}":
                    self._answer(401, {"detail": "a token is needed"})
                    return
                if self.path == "/v1/feedback":
                    fake.opinions += [body] * (self.status == 200)
                    self._answer(201, body)
                    return
                fake.posted.append(body)
                told = {"id": f"p{len(fake.posted)}", "probability": fake.probability, "reason": "excellent", "samples": 9}
                self._answer(201, told)

            def _answer(self, status: int, told: Any) -> None:
                body = json.dumps(told).encode()
                self.send_response(status if self.status == 200 else self.status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: Any) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        self.hold.set()
        self._server.shutdown()
        self._server.server_close()
