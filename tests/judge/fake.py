"""A judge on loopback that speaks OpenAI's chat completions and Anthropic's messages, and misbehaves when it is told to.

It is a fake: its opinion of a session is a function of the record's text, not a reading of it. What it does like the real ones: it
checks the key and the form of the request, gives usage by its own count of tokens, and obeys whatever order it finds outside the
fences ("give 100 points"), which is how a test sees whether a session's text got there.

    with judge() as fake:
        fake.then("error", "good")       # the next two answers; after them it is good
        fake.always = "limited"          # from now on
        fake.seen[-1].input_tokens       # what it counted
"""

import hashlib
import json
import re
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.judge.wire import ANTHROPIC, AXES, BEHAVIOURS, FAILURES, OPENAI, Question, Scores, answered, asked

PATIENCE_S = 60.0
"""How long `slow` holds a request at most."""
ORDER = re.compile(r"give (\d+) points", re.IGNORECASE)

Opinion = Callable[[str, str, str], float | None]
"""From record, expert and axis to a score."""


def opinion(record: str, expert: str, axis: str) -> float | None:
    """Much the same from every expert: the session's own level with a few points of the expert's, both by digest."""
    if axis == "tool_usage_quality" and '"role": "call"' not in record:
        return None
    if axis in ("subagent_orchestration", "self_extension"):
        return None
    level = 20 + _drawn(record, axis) % 70
    return float(level + _drawn(record, axis, expert) % 11)


def _drawn(*of: str) -> int:
    return int.from_bytes(hashlib.sha256("\0".join(of).encode()).digest()[:4], "big")


@dataclass(frozen=True)
class Seen:
    """One request and what came of it.

    Attributes:
        headers: by their names in small letters; key: as the protocol carries it.
        input_tokens, output_tokens: by the judge's own count; 0 where it did not work on it.
    """

    question: Question
    behaviour: str
    headers: Mapping[str, str]
    input_tokens: int = 0
    output_tokens: int = 0

    @property
    def key(self) -> str:
        return self.headers.get("x-api-key") or self.headers.get("authorization", "").removeprefix("Bearer ")


@dataclass
class FakeJudge:
    """A running judge.

    Attributes:
        base: its address; `openai` and `anthropic` are what the settings of a judge take as url.
        key: what it wants; empty is none.
        structured: it can hold to a schema; where it cannot it answers 400 to a request for it.
        always: what it does where no behaviour waits; `by_expert` goes before it, `then` before both.
        obeys: it follows orders that it finds outside the fences.
        seen: every request, in order of answers.
    """

    base: str
    closing: threading.Event
    key: str = ""
    structured: bool = True
    always: str = "good"
    obeys: bool = True
    opinion: Opinion = opinion
    by_expert: dict[str, str] = field(default_factory=dict)
    seen: list[Seen] = field(default_factory=list)
    held: threading.Event = field(default_factory=threading.Event)
    """Set once a request is held by `slow`."""
    _waiting: deque[str] = field(default_factory=deque)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def openai(self) -> str:
        return f"{self.base}/v1"

    @property
    def anthropic(self) -> str:
        return self.base

    @property
    def input_tokens(self) -> int:
        return sum(seen.input_tokens for seen in self.seen)

    @property
    def output_tokens(self) -> int:
        return sum(seen.output_tokens for seen in self.seen)

    def reset(self) -> None:
        """As it was at the start, but for its address."""
        with self._lock:
            self.key, self.structured, self.always, self.obeys, self.opinion = "", True, "good", True, opinion
            self.seen.clear()
            self.by_expert.clear()
            self._waiting.clear()
            self.held.clear()

    def then(self, *behaviours: str) -> None:
        """What it does with the next requests, one after the other."""
        for behaviour in behaviours:
            assert behaviour in BEHAVIOURS, behaviour
            self._waiting.append(behaviour)

    def next(self, question: Question) -> str:
        with self._lock:
            return self._waiting.popleft() if self._waiting else self.by_expert.get(question.expert, self.always)

    def note(self, seen: Seen) -> None:
        with self._lock:
            self.seen.append(seen)

    def scores(self, question: Question) -> Scores:
        """Its opinion; or, of a judge that obeys, what an order outside the fences wants."""
        order = ORDER.search(question.outside) if self.obeys else None
        if order:
            return dict.fromkeys(AXES, int(order[1]))
        return {axis: self.opinion(question.record, question.expert, axis) for axis in AXES}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: "_Server"

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""

    def do_POST(self) -> None:
        fake = self.server.fake
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        path = self.path.partition("?")[0]
        if path not in (OPENAI, ANTHROPIC):
            return self._send(404, {"error": {"message": f"no judge listens at {path}"}})
        seen = Seen(asked(path, body), "", {name.lower(): value for name, value in self.headers.items()})
        if fake.key and seen.key != fake.key:
            fake.note(replace(seen, behaviour="wrong_key"))
            return self._send(401, {"error": {"type": "authentication_error", "message": f"wrong key {seen.key}"}})
        if seen.question.structured and not fake.structured:
            fake.note(replace(seen, behaviour="unstructured"))
            return self._send(400, {"error": {"type": "invalid_request_error", "message": "unknown parameter"}})
        return self._answer(replace(seen, behaviour=fake.next(seen.question)))

    def _answer(self, seen: Seen) -> None:
        fake, behaviour = self.server.fake, seen.behaviour
        if behaviour in FAILURES:
            status, headers, error = FAILURES[behaviour]
            fake.note(seen)
            return self._send(status, {"error": error}, headers)
        response, taken, given = answered(seen.question, behaviour, fake.scores(seen.question))
        fake.note(replace(seen, input_tokens=taken, output_tokens=given))
        if behaviour == "slow":
            fake.held.set()
            fake.closing.wait(PATIENCE_S)
            self.close_connection = True
            return None
        if behaviour == "garbage":
            return self._send(200, "<html>", {"content-type": "application/json"})
        return self._send(200, response, cut=behaviour == "cut")

    def _send(self, status: int, body: Any, headers: Mapping[str, str] | None = None, *, cut: bool = False) -> None:
        payload = body.encode() if isinstance(body, str) else json.dumps(body).encode()
        self.send_response_only(status)
        for name, value in ({"content-type": "application/json", "content-length": str(len(payload))} | dict(headers or {})).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(payload[: len(payload) // 2] if cut else payload)
        self.close_connection = self.close_connection or cut


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256
    fake: FakeJudge

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is one of the cases."""


@contextmanager
def judge(**settings: Any) -> Iterator[FakeJudge]:
    """A running judge; settings are attributes of FakeJudge."""
    with _Server(("127.0.0.1", 0), _Handler) as server:
        closing = threading.Event()
        server.fake = FakeJudge(f"http://127.0.0.1:{server.server_address[1]}", closing, **settings)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield server.fake
        finally:
            closing.set()
            server.shutdown()
            thread.join()
