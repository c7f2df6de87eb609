"""Spans of judges' calls arrive where they should: at the address that is given, or where the standard variables say."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.flow.programs import ROOT

PROGRAM = """
import sys
import otel_quality as oq
from otel_quality.judge.visible import send_spans
end = send_spans(sys.argv[1] or None)
with oq.llm_call(backend="judge-a", task="judge"):
    pass
end()
"""


class Receiver(ThreadingHTTPServer):
    """Notes what is sent to it."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.got: list[tuple[str, bytes]] = []
        self.url = f"http://127.0.0.1:{self.server_address[1]}"


class Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        self.server.got.append((self.path, self.rfile.read(int(self.headers["content-length"]))))
        self.send_response(200)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def run(endpoint: str, **environment: str) -> None:
    command = [sys.executable, "-c", PROGRAM, endpoint]
    done = subprocess.run(command, cwd=ROOT, env=os.environ | environment, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("told", [True, False], ids=["given", "by the environment"])
def test_the_call_of_a_judge_arrives_before_the_end(receiver: Receiver, told: bool) -> None:
    run(receiver.url if told else "", **({} if told else {"OTEL_EXPORTER_OTLP_ENDPOINT": receiver.url}))
    ((path, body),) = receiver.got
    assert path == "/v1/traces"
    assert b"judge-a" in body
    assert b"otel-quality-judge" in body
