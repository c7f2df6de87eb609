"""Sessions per minute that `otel-quality serve` has judged by the fake judge over HTTP, and what that does to telemetry meanwhile.

Where the fake thinks for a while, as a model does, sessions follow from concurrency; where it does not, what is left is the cost of our
own work, with judge and judged on the same machine. Tokens and dollars are compared with the fake's own count: they must be equal.
"""

import multiprocessing
import tempfile
import threading
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any, Final
from urllib.request import Request, urlopen

from benchmarks.timing import process_cpu_s
from otel_quality.vocabulary.axes import AXES
from tests.flow.judged import KEY, PRICES, counts, ended, fill, judged_by, start
from tests.flow.programs import Serve
from tests.judge.fake import Opinion, judge, opinion
from tests.wire.otlp import chat, request

SESSIONS: Final = 200
WAYS: Final = ((1, 0.0), (4, 0.0), (16, 0.0), (4, 0.5), (16, 0.5))
"""Calls at the same time, and seconds that the judge thinks."""
_QUIET_S: Final = 5.0
_PAUSE_S: Final = 0.02


def main() -> None:
    """Print the table."""
    print(f"{SESSIONS} sessions, 4 experts each, and the anchors; the fake judge is on this machine")
    for concurrency, thinks_s in WAYS:
        _measure(concurrency, thinks_s)


def _measure(concurrency: int, thinks_s: float) -> None:
    with tempfile.TemporaryDirectory() as folder, judge(key=KEY, opinion=_thinking(thinks_s)) as fake:
        fill(Path(folder), SESSIONS)
        environment = judged_by(fake, concurrency=concurrency, run_budget_tokens=0)
        with Serve(Path(folder), environment=environment) as serve:
            quiet_s = _p99_s(serve.otlp_http, lambda: threading.Event().wait(_QUIET_S))
            work = _Run(serve)
            busy_s = _p99_s(serve.otlp_http, work)
        spent, (into, out) = work.run["spent"], PRICES
        usd = (fake.input_tokens * into + fake.output_tokens * out) / 1e6
        equal = (spent["input_tokens"], spent["output_tokens"], spent["calls"]) == (fake.input_tokens, fake.output_tokens, len(fake.seen))
        per_minute, calls = 60 * counts(work.run)["ok"] / work.took_s, len(fake.seen)
        print(
            f"  concurrency {concurrency:3d}, thinks {thinks_s:3.1f} s {per_minute:8.0f} sessions/min {calls / work.took_s:6.0f} calls/s"
            f"   CPU {1e3 * work.cpu_s / calls:5.1f} ms a call"
            f"   telemetry p99 {1e3 * busy_s:5.0f} ms, {1e3 * quiet_s:.0f} ms without a run\n"
            f"    {spent['calls']} calls, {spent['input_tokens']:,} + {spent['output_tokens']:,} tokens, {spent['cost_usd']:.4f} USD:"
            f" {'as the judge counts them' if equal and abs(usd - spent['cost_usd']) < 1e-9 else 'NOT as the judge counts them'}",
            flush=True,
        )


def _thinking(seconds: float) -> Opinion:
    """An opinion that takes so long over all axes."""

    def thought(record: str, expert: str, axis: str) -> float | None:
        threading.Event().wait(seconds / len(AXES))
        return opinion(record, expert, axis)

    return thought


class _Run:
    """A run from its beginning to its end, once it is called: what came of it, and what it took."""

    def __init__(self, serve: Serve) -> None:
        self._serve = serve

    def __call__(self) -> None:
        begun_s, cpu_s = time.monotonic(), process_cpu_s(self._serve.process.pid)
        self.run: Any = ended(self._serve, start(self._serve)["id"], 600)
        self.took_s, self.cpu_s = time.monotonic() - begun_s, process_cpu_s(self._serve.process.pid) - cpu_s


def _p99_s(address: str, work: Callable[[], object]) -> float:
    """The 99th percentile of what a request of telemetry takes while work is done, sent from a process of its own, fifty a second."""
    spawn = multiprocessing.get_context("spawn")
    over, (mine, its) = spawn.Event(), spawn.Pipe()
    process = spawn.Process(target=_send, args=(f"http://{address}/v1/traces", over, its))
    process.start()
    try:
        mine.recv()
        work()
    finally:
        over.set()
        took_s: list[float] = mine.recv()
        process.join()
    return sorted(took_s)[int(len(took_s) * 0.99)]


def _send(url: str, over: Event, answer: Connection) -> None:
    body, headers = request(chat()), {"content-type": "application/x-protobuf"}
    took_s = []
    answer.send("ready")
    while not over.wait(_PAUSE_S):
        begun_s = time.perf_counter()
        with urlopen(Request(url, body, headers), timeout=30) as answered:
            answered.read()
        took_s.append(time.perf_counter() - begun_s)
    answer.send(took_s)
