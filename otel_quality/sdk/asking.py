"""What the processor's API knows, asked for by a thread in the background: no call of the user's ever waits for an answer.

One daemon thread, started with the first question; it asks at OTEL_QUALITY_API_URL, with OTEL_QUALITY_API_TOKEN where that is set, and
stops with the process. While the API cannot be reached it tries again ever less often, and what waits is bounded. A forked child starts
a thread of its own when it asks.

Decision: no client library and no connection kept: a few requests a minute, in a process that is not ours.
"""

import atexit
import json
import os
import sys
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, Final

from opentelemetry import context as otel_context

from otel_quality.sdk import border
from otel_quality.sdk.configuration import api_token, api_url

EVERY_S: Final = 10.0
"""Seconds between two times that a repeated question is asked."""
MAX_WAITING: Final = 1_000
"""Questions that wait; further ones are left out, and asked when they are wanted again."""

LAST_S: Final = 2.0
"""Seconds that the end of the process waits for what still has to be sent."""
_LAST_PAUSE_S: Final = 0.2
"""Between two attempts at the end of the process."""
_TIMEOUT_S: Final = 5.0
_MAX_ANSWER_BYTES: Final = 1 << 20
_PAUSES_S: Final = (1.0, 2.0, 4.0, 8.0, 15.0, 30.0, 60.0)
_SUPPRESSED: Final = ("suppress_instrumentation", getattr(otel_context, "_SUPPRESS_INSTRUMENTATION_KEY", ""))


class Question:
    """One thing to ask.

    Args:
        path: of the API, such as `/v1/policies`.
        take: called in the background with the JSON that came; a failure is counted and changes nothing.
        body: posted as JSON; None asks with GET.
        matters: it tells the processor something; the end of the process waits for it.
    """

    __slots__ = ("body", "matters", "path", "take")

    def __init__(self, path: str, take: Callable[[Any], None], body: Mapping[str, Any] | None = None, *, matters: bool = False) -> None:
        self.path, self.take, self.body, self.matters = path, take, body, matters


class _Asker:
    """The thread, and what it is to ask."""

    def __init__(self) -> None:
        self.url, self.token = api_url(), api_token()
        self.waiting: dict[Question, None] = {}
        self.repeated: dict[Question, None] = {}
        self.repeat_at_s = 0.0
        self.wake, self.ending, self.stopped = threading.Event(), threading.Event(), threading.Event()
        self.tried = threading.Condition()
        threading.Thread(target=self._run, name="otel-quality-asker", daemon=True).start()

    def stop(self) -> None:
        for event in (self.stopped, self.ending, self.wake):
            event.set()

    def _run(self) -> None:
        for key in filter(None, _SUPPRESSED):  # other instrumentation makes no spans of these requests
            otel_context.attach(otel_context.set_value(key, True))
        failed = 0
        while not self.stopped.is_set():
            self.wake.wait(max(0.0, self.repeat_at_s - time.monotonic()) if self.repeated else None)
            self.wake.clear()
            failed = 0 if all(self._asked(question) for question in self._due()) else failed + 1
            with self.tried:
                self.tried.notify_all()
            if failed:
                self.repeat_at_s = 0.0
                self._pause(_PAUSES_S[min(failed, len(_PAUSES_S)) - 1])
                self.wake.set()

    def _pause(self, pause_s: float) -> None:
        if self.ending.is_set():
            self.stopped.wait(_LAST_PAUSE_S)
        else:
            self.ending.wait(pause_s)

    def finish(self) -> None:
        """Wait a little for what still has to be sent, then end."""
        self.ending.set()
        with self.tried:
            self.tried.wait_for(lambda: not any(question.matters for question in list(self.waiting)), LAST_S)
        self.stop()

    def _due(self) -> list[Question]:
        questions = list(self.waiting)
        if time.monotonic() >= self.repeat_at_s:
            self.repeat_at_s = time.monotonic() + EVERY_S
            questions += self.repeated
        return questions

    def _asked(self, question: Question) -> bool:
        """Ask; False where the API cannot be reached, so that asking anything else would be in vain."""
        if self.stopped.is_set():
            return False
        answer = border.run(fetch, self.url, question.path, question.body, self.token)
        if answer is None:
            return False
        self.waiting.pop(question, None)
        status, told = answer
        if status < 400:
            border.run(question.take, told)
        elif question.matters:
            border.run(_refused, status)
        return True


def _refused(status: int) -> None:
    """Count what the processor does not take, such as feedback without the token that it wants."""
    raise PermissionError(status) if status in (401, 403) else ValueError(status)


def fetch(url: str, path: str, body: Mapping[str, Any] | None, token: str = "") -> tuple[int, Any] | None:
    """Status and JSON of one request; None where there is no answer, or one that says to come back later."""
    import urllib.error
    import urllib.request

    if not url.startswith(("http://", "https://")):
        return None
    data = None if body is None else json.dumps(body).encode()
    headers = {"content-type": "application/json", "accept": "application/json"}
    try:
        request = urllib.request.Request(url + path, data, headers)  # noqa: S310 - checked above
        if token:  # unredirected: whoever answers at the address must not send the token on to another
            request.add_unredirected_header("Authorization", f"Bearer {token}")
        with urllib.request.urlopen(request, timeout=_TIMEOUT_S) as answer:  # noqa: S310 - checked above
            return answer.status, json.loads(answer.read(_MAX_ANSWER_BYTES))
    except urllib.error.HTTPError as error:
        with error:
            return (error.code, None) if error.code < 500 else None
    except (OSError, ValueError):  # not reachable, cut off, no address, no JSON
        return None


_asker: _Asker | None = None
_lock = threading.Lock()


def _present() -> _Asker:
    global _asker  # noqa: PLW0603 - one thread per process
    if _asker is None:
        with _lock:
            if _asker is None:
                _asker = _Asker()
                _finish_with_multiprocessing()
    return _asker


def ask(question: Question) -> None:
    """Have a question asked once, soon; one that waits already is asked once for both."""
    asker = _present()
    if len(asker.waiting) < MAX_WAITING:
        asker.waiting[question] = None
        asker.wake.set()
    elif question.matters:
        border.run(_left_out)


def _left_out() -> None:
    """Count what there is no room for."""
    raise BufferError


def ask_again_and_again(question: Question) -> None:
    """Have a question asked soon and every EVERY_S from then on; a second time changes nothing."""
    asker = _present()
    if question not in asker.repeated:
        asker.repeated[question] = None
        asker.repeat_at_s = 0.0
        asker.wake.set()


def stop() -> None:
    """End the thread; the next question starts another."""
    asker = _asker
    _forget()
    if asker is not None:
        asker.stop()


def _forget() -> None:
    """Let go of the thread. In a forked child that is all: it does not run there, and its locks may be held for ever."""
    global _asker, _lock
    _asker, _lock = None, threading.Lock()


def _finish() -> None:
    """At the end of the process."""
    asker = _asker
    _forget()
    if asker is not None:
        asker.finish()


def _finish_with_multiprocessing() -> None:
    """A process that multiprocessing started ends without `atexit`; it has an end of its own."""
    process, util = sys.modules.get("multiprocessing.process"), sys.modules.get("multiprocessing.util")
    if process is not None and util is not None and process.parent_process() is not None:
        util.Finalize(None, _finish, exitpriority=0)


atexit.register(_finish)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)
