"""Sessions per minute that `otel-quality serve` has judged by the fake judge over HTTP, and what that does to telemetry meanwhile.

The fake answers after a delay as a model would; without one, what is left is the cost of our own work, judge and judged on the same
machine. Tokens and dollars are compared with the fake's own count: they must be equal.
"""

import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final
from urllib.request import Request, urlopen

from benchmarks.timing import process_cpu_s
from tests.flow.judged import KEY, PRICES, counts, ended, fill, judged_by, start
from tests.flow.programs import Serve
from tests.judge.fake import judge
from tests.wire.otlp import chat, request

SESSIONS: Final = 200
CONCURRENCIES: Final = (1, 4, 16)
_QUIET_S: Final = 5.0
_PAUSE_S: Final = 0.1


def main() -> None:
    """Print the table."""
    print(f"{SESSIONS} sessions, 4 experts each, and the anchors; the fake judge on this machine answers at once")
    for concurrency in CONCURRENCIES:
        _measure(concurrency)


def _measure(concurrency: int) -> None:
    with tempfile.TemporaryDirectory() as folder, judge(key=KEY) as fake:
        fill(Path(folder), SESSIONS)
        environment = judged_by(fake, concurrency=concurrency, run_budget_tokens=0)
        with Serve(Path(folder), environment=environment) as serve:
            quiet_s = _Probe(serve.otlp_http).during(lambda: threading.Event().wait(_QUIET_S))
            begun_s, cpu_s = time.monotonic(), process_cpu_s(serve.process.pid)
            runs = list[Any]()
            busy_s = _Probe(serve.otlp_http).during(lambda: runs.append(ended(serve, start(serve)["id"], 600)))
            took_s, cpu_s = time.monotonic() - begun_s, process_cpu_s(serve.process.pid) - cpu_s
            run = runs[0]
        spent, (into, out) = run["spent"], PRICES
        usd = (fake.input_tokens * into + fake.output_tokens * out) / 1e6
        equal = (spent["input_tokens"], spent["output_tokens"], spent["calls"]) == (fake.input_tokens, fake.output_tokens, len(fake.seen))
        print(
            f"  concurrency {concurrency:3d} {60 * counts(run)['ok'] / took_s:8.0f} sessions/min {len(fake.seen) / took_s:6.0f} calls/s"
            f"   CPU {1e3 * cpu_s / len(fake.seen):5.1f} ms a call"
            f"   telemetry p99 {1e3 * busy_s:5.0f} ms, {1e3 * quiet_s:.0f} ms without a run\n"
            f"    {spent['calls']} calls, {spent['input_tokens']:,} + {spent['output_tokens']:,} tokens, {spent['cost_usd']:.4f} USD:"
            f" {'as the judge counts them' if equal and abs(usd - spent['cost_usd']) < 1e-9 else 'NOT as the judge counts them'}",
            flush=True,
        )


class _Probe:
    """Sends telemetry, one request after the other, ten a second, and notes how long each took.

    Args:
        address: `HOST:PORT` of OTLP/HTTP.
    """

    def __init__(self, address: str) -> None:
        self._url, self._took_s, self._over = f"http://{address}/v1/traces", list[float](), threading.Event()

    def during(self, work: Callable[[], object]) -> float:
        """The 99th percentile of seconds while work is done."""
        thread = threading.Thread(target=self._send)
        thread.start()
        try:
            work()
        finally:
            self._over.set()
            thread.join()
        return sorted(self._took_s)[int(len(self._took_s) * 0.99)]

    def _send(self) -> None:
        body, headers = request(chat()), {"content-type": "application/x-protobuf"}
        while not self._over.wait(_PAUSE_S):
            begun_s = time.perf_counter()
            with urlopen(Request(self._url, body, headers), timeout=30) as answer:
                answer.read()
            self._took_s.append(time.perf_counter() - begun_s)
