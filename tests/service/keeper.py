"""A historian by hand: a real store, in memory where nothing else is said, owned by one thread, asked one question at a time; and sessions to fill it with."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

from otel_quality.core.evaluations.record import Feedback, Transcript
from otel_quality.core.history import KeptSession
from otel_quality.core.sessions.grade import grade
from otel_quality.core.sessions.record import SessionRecord
from otel_quality.core.sessions.transcript import Config
from otel_quality.core.tools.execution import Execution
from otel_quality.service.archive import Archive
from otel_quality.service.evaluations import Judges, Opinions
from otel_quality.service.keeping import keep_one
from otel_quality.service.saying import Sayings
from otel_quality.store.contract import Config as StoreConfig
from otel_quality.store.contract import Store
from otel_quality.store.opening import open_store

T = TypeVar("T")
NOW_NS = 1_795_219_200_000_000_000
"""Saturday 2026-11-21 00:00 UTC."""
HOUR_NS = 3600 * 10**9
DAY_NS = 24 * HOUR_NS


class Keeper:
    """Answers questions; `fails` makes each of them fail.

    Attributes:
        now_ns: its clock.
        keep_text: whether the text of what is handed in is kept.
    """

    def __init__(self, url: str = "") -> None:
        self._thread = ThreadPoolExecutor(1)
        self.store: Store = self._thread.submit(open_store, StoreConfig(url=url), data_dir=None).result()
        self.now_ns = NOW_NS
        self.fails: Exception | None = None
        self.keep_text = False
        self.sayings = Sayings(Config())

    async def ask(self, work: Callable[[Store], T]) -> T:
        if self.fails is not None:
            raise self.fails
        return await asyncio.get_running_loop().run_in_executor(self._thread, work, self.store)

    async def add(self, record: SessionRecord, *, source: str, said: Transcript | None = None) -> KeptSession:
        def work(store: Store) -> KeptSession:
            kept = keep_one(store, grade, record, source=source, now_ns=self.now_ns)[0]
            if said is not None:
                self.sayings.keep_text(store, record.id, self.sayings.mask(said), whole=True, now_ns=self.now_ns)
            return kept

        return await self.ask(work)

    async def add_feedback(self, said: Feedback) -> bool:
        return await self.ask(lambda store: store.put_feedback(said))

    def tell(self, change: Callable[[Store], T]) -> T:
        """The same, for those who do not run on a loop."""
        return self._thread.submit(change, self.store).result()

    @contextmanager
    def busy(self) -> Iterator[None]:
        """It answers nothing as long as the block runs."""
        done = threading.Event()
        self._thread.submit(done.wait)
        try:
            yield
        finally:
            done.set()

    def archive(self) -> Archive:
        return Archive(self, lambda: self.now_ns, keep_text=self.keep_text)

    def opinions(self, judges: Judges | None = None) -> Opinions:
        return Opinions(self, judges, lambda: self.now_ns)

    def close(self) -> None:
        self._thread.submit(self.store.close).result()
        self._thread.shutdown()


def execution(number: int, *, success: bool = True, ago_ns: int = HOUR_NS, **changed: object) -> Execution:
    """One execution of `run_tests` by `ezra`; a failed one was too slow."""
    time_ns = NOW_NS - ago_ns
    values = {
        "trace_id": f"{number:032x}",
        "span_id": f"{number:016x}",
        "time_ns": time_ns,
        "tool": "run_tests",
        "params_hash": "ab" * 8,
        "agent": "ezra",
        "model": "claude-sonnet-4-5",
        "task_type": "debugging",
        "session": "conv-1",
        "success": success,
        "latency_ns": 812_000_000,
        "error": "" if success else "timeout",
        "hour": time_ns // HOUR_NS % 24,
        "weekday": (time_ns // DAY_NS + 3) % 7,
    } | changed
    return Execution(**values)  # type: ignore[arg-type]


def messages(*tools: tuple[str, str], request: str = "Fix the crash", answer: str = "Done: the crash is fixed.") -> list[dict[str, object]]:
    """A message list of (tool, output) calls, in the shape of OpenAI."""
    listed: list[dict[str, object]] = [{"role": "user", "content": request}]
    for number, (tool, output) in enumerate(tools):
        call = {"id": f"c{number}", "type": "function", "function": {"name": tool, "arguments": '{"path": "."}'}}
        listed.append({"role": "assistant", "content": None, "tool_calls": [call]})
        listed.append({"role": "tool", "tool_call_id": f"c{number}", "content": output})
    return [*listed, {"role": "assistant", "content": answer}]


FAILED = "Traceback (most recent call last): TimeoutError: timed out"
