"""The one thread that owns the engine.

Requests wait in a queue; what waits is decoded and applied as one, then each sender gets its own answer. On a tick the
scores are brought up to date, a new snapshot is published, which any thread may read, and sessions and executions are handed on.

Decision: a thread and not the event loop, so that requests go on arriving while a batch is worked on: under load batches grow,
and the cost per request falls.
"""

import asyncio
import logging
import os
import queue
import resource
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol, TypeVar

from otel_quality.core import engine
from otel_quality.core.evaluations.record import Transcript
from otel_quality.core.evaluations.told import Told
from otel_quality.core.sessions.record import SessionRecord
from otel_quality.core.snapshot import Snapshot
from otel_quality.core.tools.execution import Execution
from otel_quality.outlets.metrics import Health
from otel_quality.vocabulary.errors import Overloaded, RequestError, Unavailable
from otel_quality.wire.answers import answer_to
from otel_quality.wire.logs import decode_logs
from otel_quality.wire.receiver import Limits, Signal
from otel_quality.wire.requests import FULL_SUCCESS, Answers, Decode, count_records, decode_traces

_BATCH_BYTES: Final = 8 << 20
"""Requests are worked on together up to this size."""

T = TypeVar("T")
_log: Final = logging.getLogger(__name__)


class Keep(Protocol):
    """Takes what sessions and tools came to; must not wait."""

    def __call__(
        self,
        sessions: Sequence[SessionRecord],
        executions: Sequence[Execution],
        told: Sequence[Told] = ...,
        texts: Sequence[tuple[str, Transcript]] = ...,
    ) -> None: ...


@dataclass(frozen=True, slots=True, eq=False)
class _Waiting:
    signal: Signal
    body: bytes
    answer: asyncio.Future[bytes]


@dataclass(frozen=True, slots=True, eq=False)
class _Asked:
    work: Callable[[engine.Engine], Any]
    answer: asyncio.Future[Any]


class Owner:
    """Owns the engine; is the `Receiver` of the servers and the `Processor` of the API.

    Everything but the thread's own work is called on the event loop that `start` was called on.

    Args:
        core: the engine's settings.
        decode: the decoder of trace requests.
        limits: of a request and of all that wait.
        tick_s: seconds between two snapshots.
        keep: takes what sessions and tools came to, with every tick and at the end.
    """

    def __init__(self, core: engine.Config, decode: Decode, limits: Limits, *, tick_s: float, keep: Keep) -> None:
        self._engine = engine.Engine(core, now_ns=time.time_ns())
        self._decode, self._limits, self._tick_s, self._keep = decode, limits, tick_s, keep
        self._queue: queue.SimpleQueue[_Waiting | _Asked | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="owner", daemon=True)
        self._snapshot = self._engine.tick(now_ns=time.time_ns())
        self._tick_duration_s = 0.0
        self._waiting_bytes = 0
        self._refused: Counter[tuple[str, str]] = Counter()
        self._received: Counter[str] = Counter()
        self._started_s = time.time()
        self._stopping = False

    def start(self, *, died: Callable[[], None]) -> None:
        """Begin to work.

        Args:
            died: called on the loop when the thread ends by a fault of ours.
        """
        self._loop = asyncio.get_running_loop()
        self._died = died
        self._thread.start()

    async def stop(self) -> None:
        """Finish what waits, make a last snapshot, hand on what is open, end. Requests that come later are refused."""
        self._stopping = True
        self._queue.put(None)
        await asyncio.to_thread(self._thread.join)

    def snapshot(self) -> Snapshot:
        """The latest snapshot."""
        return self._snapshot

    async def receive(self, signal: Signal, body: bytes) -> bytes:
        """Take a request; see `wire.receiver.Receiver`."""
        if self._stopping:
            raise Unavailable("the processor is stopping; send again in a moment")
        if signal == "metrics":
            self._received[signal] += count_records(body)
            return FULL_SUCCESS
        if self._waiting_bytes + len(body) > self._limits.waiting_bytes:
            raise Overloaded("too many requests wait; send again in a moment")
        self._waiting_bytes += len(body)
        answer: asyncio.Future[bytes] = self._loop.create_future()
        size = len(body)
        answer.add_done_callback(lambda done: self._answered(done, size))
        self._queue.put(_Waiting(signal, body, answer))
        # Shielded: the body of a sender that went away waits like the others, and counts until it is worked on.
        return await asyncio.shield(answer)

    def _answered(self, done: asyncio.Future[bytes], size: int) -> None:
        self._waiting_bytes -= size
        if not done.cancelled():
            done.exception()  # fetched, so that nothing is logged where the sender went away

    def refused(self, signal: Signal, error: RequestError) -> None:
        """Count a request that was answered with an error."""
        self._refused[signal, answer_to(error).reason] += 1

    async def clear_scores(self, *, backend: str | None, task: str | None) -> int:
        """Empty score windows; how many."""
        return await self._ask(lambda owned: owned.clear_scores(backend=backend, task=task, now_ns=time.time_ns()))

    async def clear_drift(self, *, backend: str | None, model: str | None, task: str | None) -> int:
        """Empty drift windows; how many."""
        return await self._ask(lambda owned: owned.clear_drift(backend=backend, model=model, task=task, now_ns=time.time_ns()))

    async def _ask(self, work: Callable[[engine.Engine], T]) -> T:
        answer: asyncio.Future[T] = self._loop.create_future()
        self._queue.put(_Asked(work, answer))
        return await answer

    def health(self) -> Health:
        """The processor's own state."""
        usage = resource.getrusage(resource.RUSAGE_SELF)
        return Health(
            queue_bytes=self._waiting_bytes,
            tick_duration_s=self._tick_duration_s,
            refused_requests=dict(self._refused),
            received_records=dict(self._received),
            resident_bytes=_resident_bytes(),
            cpu_s=usage.ru_utime + usage.ru_stime,
            start_time_s=self._started_s,
        )

    def _run(self) -> None:
        try:
            self._work()
        except Exception:  # noqa: BLE001 - told and ended, where a silent thread would leave old scores standing
            _log.exception("the processor stops: a fault in its own work")
            self._loop.call_soon_threadsafe(self._died)

    def _work(self) -> None:
        next_tick_s, going_on = time.monotonic() + self._tick_s, True
        while going_on:
            items = self._drain(next_tick_s - time.monotonic())
            going_on = None not in items
            self._apply([item for item in items if isinstance(item, _Waiting) and item.signal == "traces"])
            self._tell([item for item in items if isinstance(item, _Waiting) and item.signal == "logs"])
            asked = [item for item in items if isinstance(item, _Asked)]
            for item in asked:
                self._resolve([(item.answer, item.work(self._engine))])
            if asked or not going_on or time.monotonic() >= next_tick_s:
                self._tick(last=not going_on)
                next_tick_s = time.monotonic() + self._tick_s

    def _drain(self, timeout_s: float) -> list[_Waiting | _Asked | None]:
        """What waits, up to `_BATCH_BYTES`; empty when nothing came within the timeout."""
        items: list[_Waiting | _Asked | None] = []
        size = 0
        try:
            items.append(self._queue.get(timeout=max(timeout_s, 0.0)))
            while size < _BATCH_BYTES and items[-1] is not None:
                items.append(self._queue.get_nowait())
                size += len(items[-1].body) if isinstance(items[-1], _Waiting) else 0
        except queue.Empty:
            pass
        return items

    def _apply(self, waiting: Sequence[_Waiting]) -> None:
        if not waiting:
            return
        try:
            answers = decode_traces([item.body for item in waiting], self._decode, max_spans=self._limits.request_spans)
            for batch in answers.batches:
                self._engine.apply(batch, now_ns=time.time_ns())
        except Exception:  # noqa: BLE001 - a fault of ours must not drop what senders can send again, nor end the processor
            _log.exception("a batch of %d requests could not be applied", len(waiting))
            answers = Answers([], [Unavailable("the request could not be processed; see the processor's log")] * len(waiting))
        self._resolve(list(zip((item.answer for item in waiting), answers.answers, strict=True)))

    def _tell(self, waiting: Sequence[_Waiting]) -> None:
        """Take the evaluations of log requests."""
        for item in waiting:
            now_ns = time.time_ns()
            answer: bytes | RequestError
            try:
                records = decode_logs(item.body, max_records=self._limits.request_spans, now_ns=now_ns)
                self._engine.tell(records.told, invalid=records.invalid, now_ns=now_ns)
                self._received["logs"] += records.others
                answer = records.answer
            except RequestError as error:
                answer = error
            except Exception:  # noqa: BLE001 - as with traces
                _log.exception("a log request could not be applied")
                answer = Unavailable("the request could not be processed; see the processor's log")
            self._resolve([(item.answer, answer)])

    def _tick(self, *, last: bool) -> None:
        begun_s = time.monotonic()
        harvest = self._engine.harvest(now_ns=time.time_ns(), last=last)
        if harvest:
            self._keep(harvest.sessions, harvest.executions, harvest.told, harvest.texts)
        self._snapshot = self._engine.tick(now_ns=time.time_ns())
        self._tick_duration_s = time.monotonic() - begun_s

    def _resolve(self, answers: list[tuple[asyncio.Future[Any], Any]]) -> None:
        self._loop.call_soon_threadsafe(_set_all, answers)


def _set_all(answers: list[tuple[asyncio.Future[Any], Any]]) -> None:
    for future, answer in answers:
        if future.done():
            continue
        if isinstance(answer, Exception):
            future.set_exception(answer)
        else:
            future.set_result(answer)


def _resident_bytes() -> int:
    try:
        with open("/proc/self/statm", encoding="ascii") as statm:
            return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
