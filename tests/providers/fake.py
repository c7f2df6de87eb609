"""A provider of LLMs on loopback that speaks eight providers' wire protocols, streams included.

The model's name is the case: those of `answers.CASES`, or `limited` (429), `broken` (500), `slow` (no answer until the client
or the server gives up), `cut` (the connection breaks within the stream). It is a fake: answers are fixed and nothing is
checked of a request but its path and model.
"""

import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.providers import answers
from tests.providers.framing import aws_event, json_line, sse

FIRST_CONTENT_S = 0.06
"""Between a stream's first frame, which is empty, and its first content."""
PATIENCE_S = 30.0
"""How long `slow` holds a request at most."""
STATUSES = {"limited": 429, "broken": 500}

Event = tuple[str | None, Any]


@dataclass(frozen=True)
class Protocol:
    """One provider's way: where it listens, what it answers, how it frames a stream."""

    path: str
    answer: Callable[[str], answers.Answer]
    frame: Callable[[Event], bytes]
    content_type: str
    end: bytes = b""


def _named_sse(event: Event) -> bytes:
    return sse(event[1], event[0])


PROTOCOLS = (
    Protocol(r"/filtering/v1/chat/completions", answers.filtering_chat, _named_sse, "text/event-stream", sse("[DONE]")),
    Protocol(r"(/v1)?/chat/completions", answers.openai_chat, _named_sse, "text/event-stream", sse("[DONE]")),
    Protocol(r"/v1/responses", answers.openai_responses, _named_sse, "text/event-stream"),
    Protocol(r"/v1/messages", answers.anthropic_messages, _named_sse, "text/event-stream"),
    Protocol(r"/v1(beta)?/models/(?P<model>\w+):(?P<stream>streamG|g)enerateContent", answers.gemini, _named_sse, "text/event-stream"),
    Protocol(
        r"/model/(?P<model>\w+)/converse(?P<stream>-stream)?",
        answers.bedrock,
        lambda event: aws_event(str(event[0]), event[1]),
        "application/vnd.amazon.eventstream",
    ),
    Protocol(r"/v2/chat", answers.cohere, _named_sse, "text/event-stream"),
    Protocol(r"/api/chat", answers.ollama, lambda event: json_line(event[1]), "application/x-ndjson"),
)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: "_Server"

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        path = self.path.partition("?")[0]
        for protocol in PROTOCOLS:
            if found := re.fullmatch(protocol.path, path):
                named = found.groupdict()
                case = str(named.get("model") or body["model"])
                streamed = named["stream"] in ("streamG", "-stream") if "stream" in named else bool(body.get("stream"))
                return self._answer(protocol, case, streamed)
        return self._send(404, {"error": {"message": f"no provider listens at {path}"}})

    def _answer(self, protocol: Protocol, case: str, streamed: bool) -> None:
        if case == "slow":
            self.server.closing.wait(PATIENCE_S)
            self.close_connection = True
        elif case in STATUSES:
            error = {"message": "c4n4ry", "type": case, "code": case}
            self._send(STATUSES[case], {"error": error, "message": "c4n4ry"}, ("x-amzn-ErrorType", "ThrottlingException"))
        elif streamed:
            self._stream(protocol, case)
        else:
            self._send(200, protocol.answer(case).whole)

    def _send(self, status: int, body: Any, *headers: tuple[str, str]) -> None:
        payload = json.dumps(body).encode()
        self.send_response(status)
        for name, value in (("content-type", "application/json"), ("content-length", str(len(payload))), *headers):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(payload)

    def _stream(self, protocol: Protocol, case: str) -> None:
        events = protocol.answer("ok" if case == "cut" else case).events
        self.send_response(200)
        self.send_header("content-type", protocol.content_type)
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        try:
            for number, event in enumerate(events):
                if number == 1:
                    self.server.closing.wait(FIRST_CONTENT_S)
                if case == "cut" and number == len(events) // 2 + 1:
                    self.close_connection = True
                    return
                self._chunk(protocol.frame(event))
            if protocol.end:
                self._chunk(protocol.end)
            self.wfile.write(b"0\r\n\r\n")
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True  # the client gave the stream up

    def _chunk(self, data: bytes) -> None:
        self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
        self.wfile.flush()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.closing = threading.Event()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is one of the cases."""


@contextmanager
def provider() -> Iterator[str]:
    """The base address of a running provider."""
    with _Server() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.closing.set()
            server.shutdown()
            thread.join()
