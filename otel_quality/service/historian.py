"""The one thread that owns the store: writes what sessions and tools came to, what sessions said and what was said of them, answers
questions, keeps history in order.

    put     from the owner's thread; never blocks it. What waits is bounded, what is over is dropped and counted
    ask     from the event loop: any work on the store, its answer awaited
    chores  retention, adaptations, calibration and the like, each in its own time

While the store fails (full disk, server away) what came waits and is tried again, at longer and longer intervals; everything
else of the processor goes on. A record that no database takes is told in the log and dropped, so that it cannot stop the others.

Decision: what is put is written as one transaction as soon as the thread is free: one a second under load, one commit each.
"""

import asyncio
import logging
import queue
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final, TypeVar

from otel_quality.core.evaluations.record import Feedback, Transcript
from otel_quality.core.evaluations.told import Told
from otel_quality.core.history import History, KeptSession, StoreHealth
from otel_quality.core.history_totals import Totals
from otel_quality.core.sessions import issues, transcript
from otel_quality.core.sessions.issues import Watch
from otel_quality.core.sessions.record import SessionRecord
from otel_quality.core.tools.execution import Execution
from otel_quality.service.chores import Chore, Done
from otel_quality.service.keeping import SPANS, Earlier, Grader, Kept, keep, keep_one
from otel_quality.service.measuring import Measures, watching
from otel_quality.service.outage import Outage
from otel_quality.service.saying import Sayings
from otel_quality.service.waiting import MAX_WAITING, Room, Text, Waiting
from otel_quality.store.contract import Store
from otel_quality.vocabulary.errors import StoreError, StoreUnavailable, StoreUnreachable

_REST: Final = 20.0
"""A chore or a reading is followed by a rest so many times as long, so that a large history leaves the thread time to write."""

T = TypeVar("T")
_log: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Pace:
    """How often what is done; seconds.

    Attributes:
        refresh_s: between two readings of means for /metrics.
        retry_s: before the first new attempt after a failure; see `outage`.
    """

    refresh_s: float = 5.0
    retry_s: float = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class _Asked:
    work: Callable[[Store], Any]
    answer: asyncio.Future[Any]


class Historian:
    """Owns a store.

    Args:
        open_store: opens it; called in the thread, again after a failure to open.
        grader: grades records; called in the thread.
        chores: what is done from time to time.
        sayings: masks what sessions say, and keeps it.
        pace: intervals.
        max_waiting: bound of what waits to be written.
        grades: when they are worth a word.
    """

    def __init__(
        self,
        open_store: Callable[[], Store],
        grader: Grader,
        chores: Sequence[Chore] = (),
        *,
        sayings: Sayings | None = None,
        pace: Pace = Pace(),
        max_waiting: int = MAX_WAITING,
        grades: issues.Config = issues.DEFAULT,
    ) -> None:
        self._open, self._grader, self._pace = open_store, grader, pace
        self.sayings = sayings or Sayings(transcript.Config())
        self._due = dict.fromkeys(chores, 0.0)
        self._queue: queue.SimpleQueue[Waiting | _Asked | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="historian", daemon=True)
        self._room = Room(max_waiting)
        self._waiting, self._earlier, self._grades = Waiting(), Earlier(), grades
        self._store: Store | None = None
        self._totals, self._watch, self._measures = Totals(), Watch(), Measures()
        self._pruned = 0
        self._changed, self._refresh_due_s = True, 0.0
        self._outage = Outage(pace.retry_s)
        self._history = History()

    async def start(self) -> None:
        """Open the store and begin to work. A store that is away for now is tried again later.

        Raises:
            StoreRefused: the store cannot be used as it is.
        """
        self._loop = asyncio.get_running_loop()
        self._first: asyncio.Future[None] = self._loop.create_future()
        self._thread.start()
        try:
            await self._first
        except BaseException:
            self._queue.put(None)
            await asyncio.to_thread(self._thread.join)
            raise

    async def stop(self) -> None:
        """Write what waits, if the store takes it, and close it."""
        self._queue.put(None)
        await asyncio.to_thread(self._thread.join)

    def put(
        self,
        sessions: Sequence[SessionRecord],
        executions: Sequence[Execution],
        told: Sequence[Told] = (),
        texts: Sequence[Text] = (),
    ) -> None:
        """Take what came by spans and log records; from any thread, never blocks. What is over the bound is dropped, executions first.

        Args:
            told: evaluations, each with its session.
            texts: what sessions said since they were last given, by name.
        """
        taken = self._room.take(sessions, executions, told, texts)
        if len(taken):
            self._queue.put(taken)

    async def ask(self, work: Callable[[Store], T]) -> T:
        """The answer of work that is done on the store, in its thread, after everything that was put before.

        Raises:
            StoreUnavailable: the store cannot be reached now, or the processor is stopping.
        """
        if not self._thread.is_alive():
            raise StoreUnavailable("the processor is stopping")
        answer: asyncio.Future[T] = self._loop.create_future()
        self._queue.put(_Asked(work, answer))
        return await answer

    async def add(self, record: SessionRecord, *, source: str, said: Transcript | None = None) -> KeptSession:
        """Keep a session that somebody hands in, graded, with its executions; see `ask` for what is raised.

        Args:
            said: all that it says, where that is to be kept; it is masked first.

        Raises:
            ConfigError: its text cannot be masked.
        """

        def work(store: Store) -> KeptSession:
            now_ns = time.time_ns()
            masked = None if said is None else self.sayings.mask(said)
            with store.transaction():
                found, kept = keep_one(store, self._grader, record, source=source, now_ns=now_ns)
                if masked is not None:
                    self.sayings.keep_text(store, record.id, masked, whole=True, now_ns=now_ns)
            self._count_kept(kept)
            return found

        return await self.ask(work)

    async def add_feedback(self, said: Feedback) -> bool:
        """Keep what a person says and count it; False where it stood already. See `ask` for what is raised."""

        def work(store: Store) -> bool:
            new = store.put_feedback(said)
            self._totals.add_ratings([said.rating] if new else [])
            return new

        return await self.ask(work)

    def history(self) -> History:
        """The latest summary, with the store's health as it is now; from any thread."""
        waiting, dropped = self._room.so_far()
        return replace(self._history, store=replace(self._history.store, waiting=waiting, dropped=dropped))

    # In the thread

    def _run(self) -> None:
        try:
            self._opened()
        except StoreUnavailable as error:
            self._outage.failed(error, "opened")
        except Exception as error:  # noqa: BLE001 - it is the starter's
            self._tell_first(error)
            return
        self._refresh()
        self._tell_first(None)
        going_on = True
        while going_on:
            items = self._drain()
            going_on = None not in items
            try:
                self._turn([item for item in items if item is not None], last=not going_on)
            except Exception:  # noqa: BLE001 - told, and the next turn may do better; history is no reason to end the processor
                _log.exception("history: a fault in its own work")
        if len(self._waiting):
            _log.error("%d records of history could not be written before the end: %s", len(self._waiting), self._outage.error)
        if self._store is not None:
            self._store.close()
        self._refuse_the_rest()

    def _turn(self, items: Sequence[Waiting | _Asked], *, last: bool) -> None:
        for item in items:
            if isinstance(item, Waiting):
                item.texts = list(self._masked(item.texts))
                self._waiting.add(item)
        if len(self._waiting) and (last or self._outage.may_try):
            self._outage.attempt("written", self._write)
        for item in items:
            if isinstance(item, _Asked):
                self._answer(item)
        if not last:
            self._do_chores()
        self._refresh()

    def _masked(self, texts: Sequence[Text]) -> Iterator[Text]:
        """Texts as they may be kept; one that cannot be masked is told in the log and dropped."""
        for session, said in texts:
            try:
                yield session, self.sayings.mask(said)
            except Exception as error:  # noqa: BLE001 - counted; never is a text kept that was not masked
                _log.error("the text of a session could not be masked and is dropped: %s", type(error).__name__)
                self._room.drop()

    def _tell_first(self, error: Exception | None) -> None:
        tell = self._first.set_result if error is None else self._first.set_exception
        self._loop.call_soon_threadsafe(tell, error)  # type: ignore[arg-type]

    def _drain(self) -> list[Waiting | _Asked | None]:
        """What waits; empty when something is due before anything comes."""
        times = [self._refresh_due_s, *self._due.values()]
        if self._outage.error or len(self._waiting):
            times = [self._outage.retry_due_s]
        items: list[Waiting | _Asked | None] = []
        try:
            items.append(self._queue.get(timeout=max(min(times) - time.monotonic(), 0.001)))
            while items[-1] is not None:
                items.append(self._queue.get_nowait())
        except queue.Empty:
            pass
        return items

    def _opened(self) -> Store:
        if self._store is None:
            store = self._open()
            try:
                self._watch = watching(store, self._grades)
            except BaseException:
                store.close()
                raise
            self._store = store
        return self._store

    def _write(self) -> None:
        waiting = self._waiting
        try:
            self._keep(waiting)
        except StoreError:
            raise
        except Exception:  # noqa: BLE001 - a record that cannot be kept is found and dropped, the others are kept
            _log.exception("%d records of history could not be kept together", len(waiting))
            self._write_one_by_one(waiting)
        else:
            self._waiting = Waiting()
            self._room.give_back(waiting.weight)

    def _write_one_by_one(self, waiting: Waiting) -> None:
        """What is written waits no more, so that it is not written again where the store fails on the way."""
        parts = list(waiting.one_by_one())
        done = 0
        try:
            for part in parts:
                try:
                    self._keep(part)
                except StoreError:
                    raise
                except Exception as error:  # noqa: BLE001 - counted
                    _log.error("one of them is dropped: %s", error)
                    self._room.drop()
                done += 1
        finally:
            self._waiting = Waiting()
            for part in parts[done:]:
                self._waiting.add(part)
            self._room.give_back(waiting.weight - self._waiting.weight)

    def _keep(self, what: Waiting) -> None:
        store, now_ns, ratings = self._opened(), time.time_ns(), list[int]()
        with store.transaction():
            kept = keep(store, self._grader, what.sessions, what.executions, source=SPANS, now_ns=now_ns, earlier=self._earlier)
            for session, said in what.texts:
                self.sayings.keep_text(store, session, said, whole=False, now_ns=now_ns)
            if what.told:
                ratings = self.sayings.keep_told(store, what.told)
        self._totals.add_ratings(ratings)
        self._count_kept(kept)

    def _count_kept(self, kept: Kept) -> None:
        for record, grade in kept.graded:
            self._totals.add_session(record.task_type, grade)
            self._watch.add(record.task_type, grade, at_ns=record.end_ns or time.time_ns())
        self._totals.add_executions(kept.executions)
        self._changed = True

    def _answer(self, asked: _Asked) -> None:
        answer: Any
        try:
            if not self._outage.may_ask or (self._store is None and not self._outage.may_try):
                answer, failed = StoreUnavailable(self._outage.error), True
            else:
                answer, failed = asked.work(self._opened()), False
                self._changed = True
        except StoreUnreachable as error:
            self._outage.failed(error, "read")
            answer, failed = StoreUnavailable(str(error)), True
        except StoreError as error:
            self._outage.failures += 1
            answer, failed = StoreUnavailable(str(error)), True
        except Exception as error:  # noqa: BLE001 - it is the asker's
            answer, failed = error, True
        self._loop.call_soon_threadsafe(_set, asked.answer, answer, failed)

    @property
    def _may_do_more(self) -> bool:
        """Nothing failed lately. While something waits, only its write tells that an outage is over: a full disk can be read."""
        return self._outage.may_try and not (self._outage.error and len(self._waiting))

    def _do_chores(self) -> None:
        for chore, due_s in self._due.items():
            now_s = time.monotonic()
            if now_s < due_s or not self._may_do_more:
                continue
            self._more = False
            try:
                done = self._outage.attempt(f"kept in order ({chore.name})", partial(self._do, chore))
            except Exception:  # noqa: BLE001 - a chore that fails must not end the others
                _log.exception("the chore %s failed", chore.name)
                done = True
            rest_s = _REST * (time.monotonic() - now_s)
            self._due[chore] = now_s + ((rest_s if self._more else max(chore.every_s, rest_s)) if done else 0.0)
            self._changed = True

    def _do(self, chore: Chore) -> None:
        done = chore.work(self._opened(), time.time_ns()) or Done()
        self._pruned += done.pruned
        self._totals.add_adaptations(done.adapted)
        self._more = done.more

    def _read(self) -> None:
        self._measures.read(self._opened(), now_ns=time.time_ns())

    def _refresh(self) -> None:
        now_s = time.monotonic()
        due = now_s >= self._refresh_due_s
        if self._may_do_more and (self._outage.error or (due and self._changed)):
            self._changed = not self._outage.attempt("read", self._read)
        if due:
            self._refresh_due_s = now_s + max(self._pace.refresh_s, _REST * (time.monotonic() - now_s))
        health = StoreHealth(
            up=not self._outage.error and self._store is not None,
            error=self._outage.error,
            failures=self._outage.failures,
            pruned=self._pruned,
            size_bytes=self._measures.size_bytes,
        )
        self._history = replace(self._measures.history(self._totals, self._watch, health), masked=dict(self.sayings.masked))

    def _refuse_the_rest(self) -> None:
        while True:
            try:
                item = self._queue.get_nowait()
            except queue.Empty:
                return
            if isinstance(item, _Asked):
                error = StoreUnavailable("the processor is stopping")
                self._loop.call_soon_threadsafe(_set, item.answer, error, True)


def _set(future: asyncio.Future[Any], answer: Any, failed: bool) -> None:
    if future.done():
        return
    if failed:
        future.set_exception(answer)
    else:
        future.set_result(answer)
