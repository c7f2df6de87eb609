"""One run under way: its sessions are judged several at a time, each expert's word is kept as soon as it is said.

    a session fails          its text is gone, the judge's answer cannot be used, or the judge was away after every retry: it fails alone
    the run ends early       the judge cannot be used at all, or was away for `AWAY` sessions one after the other: failed;
                             a budget is used up: done, with a note
    what is left then        stays pending in the run, and the next run takes it

Whatever stands in the store is not done again: a session that is ok is not judged, an expert that has spoken is not asked. So a run that
was cut off goes on where it was, and at most the calls that were under way are made twice. What was set aside for those counts as spent,
so that a budget holds however often a run is cut off.

Decision: experts of a session are asked at the same time, and once one has failed, those not yet asked are left out. Those under way are
waited for, because what they take is paid for anyway and should be counted.
"""

import asyncio
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final, TypeVar

from otel_quality.core.evaluations.record import Assessment, Evaluation, Item, Run, Spent, Transcript
from otel_quality.core.sessions import transcript as texts
from otel_quality.judge import combining
from otel_quality.judge.errors import JudgeError, JudgeUnavailable, JudgeUnusable
from otel_quality.service.judging.beside import Asks
from otel_quality.service.judging.budget import Purse, share
from otel_quality.service.judging.panels import Panel
from otel_quality.store.contract import Store
from otel_quality.vocabulary.axes import ItemState, RunState
from otel_quality.vocabulary.errors import StoreUnavailable

AWAY: Final = 3
"""So many sessions in a row that fail because the judge is away end a run: a thousand would fail the same way."""
PAGE: Final = 500
_RETRY_S: Final = 0.5
_MOST_RETRY_S: Final = 15.0
OPEN: Final[tuple[ItemState, ...]] = ("pending", "running")
"""States of sessions that are still to be judged."""
_GONE: Final = "what it said is kept no longer"

T = TypeVar("T")
_log: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Means:
    """What every run works with.

    Attributes:
        asks: the store.
        calls: bound of calls at the same time, over all runs.
        masked: masks what a transcript holds, before a judge sees it.
        anchors: reference sessions by id.
        workers: sessions of one run at the same time.
        now_ns: the clock.
    """

    asks: Asks
    calls: asyncio.Semaphore
    workers: int
    masked: Callable[[Transcript], Transcript]
    anchors: Mapping[str, Transcript]
    now_ns: Callable[[], int]


class UnderWay:
    """A run that is being worked on.

    Args:
        run: as the store has it.
        items: its sessions that are not judged yet.
        panel: who judges.
        purse: what it may spend; it knows what is spent.
        means: what it works with.

    Attributes:
        run: as it stands.
        left: sessions that it has not come to an end with.
    """

    def __init__(self, run: Run, items: Sequence[Item], panel: Panel, purse: Purse, means: Means) -> None:
        self.run, self._items, self._panel, self._purse, self._means = run, items, panel, purse, means
        self.left = {item.session for item in items if not item.anchor}
        self._over: tuple[RunState, str] | None = None
        self._away, self._judged, self._last_error = 0, 0, ""

    async def work(self) -> None:
        """Judge what is not judged yet, and say how it ended."""
        waiting = iter(self._items)
        async with asyncio.TaskGroup() as group:
            for _ in range(min(self._means.workers, len(self._items))):
                group.create_task(self._worker(waiting))
        if self._over is None and self._away and not self._judged:
            self._over = ("failed", self._last_error)
        await self._put(self._end)
        _log.info("run %s is %s%s", self.run.id, self.run.state, f": {why}" if (why := self.run.error or self.run.note) else "")

    async def _worker(self, waiting: Iterator[Item]) -> None:
        for item in waiting:
            await self._session(item)
            if self._over:
                return

    async def _session(self, item: Item) -> None:
        try:
            await self._judge(item)
        except JudgeError as error:
            await self._fail(item, error)
        except Exception as error:  # noqa: BLE001 - a fault of ours in one session ends neither the others nor the run
            _log.exception("run %s: session %s", self.run.id, item.session)
            await self._fail(item, JudgeError(f"a fault of ours: {type(error).__name__}: {error}"))

    async def _judge(self, item: Item) -> None:
        """Judge one session.

        Raises:
            JudgeError: it cannot be judged.
        """
        transcript, assessments = await _look(self._means, self.run.id, item)
        if transcript is None:
            raise JudgeError(_GONE)
        digest = "" if item.anchor else texts.digest(transcript)
        transcript = self._means.masked(transcript)
        said = {each.expert: each for each in assessments}
        missing = [expert for expert in self._panel.experts if expert not in said]
        wanted = share(self._panel.estimate(transcript), len(missing), len(self._panel.experts))
        if bound := self._purse.beyond(wanted):
            raise JudgeError(f"it takes more than {bound} by itself")
        if short := await self._purse.set_aside(wanted, self._means.now_ns()):
            self._over = self._over or ("done", f"{short} is used up")
            return
        try:
            await self._put(lambda store: store.set_item(self.run.id, replace(item, state="running")))
            said |= {each.expert: each for each in await self._ask_all(item, transcript, missing)}
        finally:
            self._purse.release(wanted)
        await self._conclude(item, transcript, digest, [said[expert] for expert in self._panel.experts])

    async def _ask_all(self, item: Item, transcript: Transcript, experts: list[str]) -> list[Assessment]:
        failed: list[Exception] = []
        given = await asyncio.gather(*(self._ask_one(item, transcript, expert, failed) for expert in experts))
        if failed:
            raise next((error for error in failed if isinstance(error, JudgeUnusable)), failed[0])
        return [each for each in given if each is not None]

    async def _ask_one(self, item: Item, transcript: Transcript, expert: str, failed: list[Exception]) -> Assessment | None:
        """What an expert says, kept; None where another one, or this one, has failed.

        A call is under way until its answer is kept: what a kill can cost stays within the bound, however busy the store is.
        """
        async with self._means.calls:
            if failed:
                return None
            try:
                said = await self._panel.assess(transcript, expert)
            except Exception as error:  # noqa: BLE001 - told once the other experts are done
                failed.append(error)
                await self._pay(item, expert, error)
                return None
            self._purse.spend(said.spent)
            now_ns = self._means.now_ns()
            await self._put(lambda store: store.add_assessment(self.run.id, item.session, said, now_ns=now_ns))
        return said

    async def _pay(self, item: Item, expert: str, error: Exception) -> None:
        """Count what calls took that came to nothing."""
        if isinstance(error, JudgeError) and error.spent.calls:
            spent, now_ns = error.spent, self._means.now_ns()
            self._purse.spend(spent)
            await self._put(lambda store: store.add_spent(self.run.id, item.session, expert, spent, now_ns=now_ns))

    async def _conclude(self, item: Item, transcript: Transcript, digest: str, said: list[Assessment]) -> None:
        if all(each.refused for each in said):
            raise JudgeError(f"every expert declined to judge it: {said[0].comment}".rstrip(": "))
        made = Evaluation(
            run=self.run.id,
            session=item.session,
            time_ns=self._means.now_ns(),
            versions=self.run.versions,
            backend=self.run.wish.backend,
            model=self.run.wish.model,
            scores=combining.mean(said),
            experts=tuple(said),
            masked=transcript.masked,
            anchor=item.anchor,
            digest=digest,
        )
        self._judged, self._away = self._judged + 1, 0
        self.left.discard(item.session)

        def work(store: Store) -> None:
            with store.transaction():
                store.put_evaluation(made)
                self._set_run(store)

        await self._put(work)

    async def _fail(self, item: Item, error: JudgeError) -> None:
        self._last_error = str(error)
        self.left.discard(item.session)
        self._away = self._away + 1 if isinstance(error, JudgeUnavailable) else 0
        if isinstance(error, JudgeUnusable) or self._away >= AWAY:
            self._over = ("failed", str(error))

        def work(store: Store) -> None:
            with store.transaction():
                store.set_item(self.run.id, replace(item, state="failed", error=str(error)))
                self._set_run(store)

        await self._put(work)

    def _set_run(self, store: Store, **changes: Any) -> None:
        self.run = replace(self.run, spent=self._purse.spent, **changes)
        store.set_run(self.run)

    def _end(self, store: Store) -> None:
        state, why = self._over or ("done", "")
        if why and self.left:
            why += f"; sessions left for the next run: {len(self.left)}"
        error, note = (why, "") if state == "failed" else ("", why)
        self._set_run(store, state=state, ended_ns=self._means.now_ns(), error=error, note=note)

    @property
    def spent(self) -> Spent:
        """What it took so far."""
        return self._purse.spent

    async def _put(self, work: Callable[[Store], T]) -> T:
        """Ask the store, again and again while it is away: what was paid for should be kept."""
        return await patiently(self._means.asks, work)


async def open_items(asks: Asks, run_id: str) -> list[Item]:
    """Sessions of a run that are not judged yet, in order."""
    found: list[Item] = []
    while page := await patiently(asks, partial(_page, run_id=run_id, offset=len(found))):
        found += page
    return [item for item in found if item.state in OPEN]


def _page(store: Store, *, run_id: str, offset: int) -> list[Item]:
    return store.items(run_id, limit=PAGE, offset=offset)


async def patiently(asks: Asks, work: Callable[[Store], T]) -> T:
    """The answer of the store, asked again while it is away."""
    wait_s = _RETRY_S
    while True:
        try:
            return await asks.ask(work)
        except StoreUnavailable:
            await asyncio.sleep(wait_s)
            wait_s = min(2 * wait_s, _MOST_RETRY_S)


async def lost(means: Means, run_id: str, panel: Panel) -> list[tuple[str, str, Spent]]:
    """What experts who had been asked, or were to be, when a run was cut off may have taken: session, expert, tokens and cost.

    Nobody heard whether they answered, so no call is counted.
    """
    found: list[tuple[str, str, Spent]] = []
    for item in await patiently(means.asks, lambda store: store.items(run_id, state="running", limit=PAGE)):
        transcript, assessments = await _look(means, run_id, item)
        if transcript is not None:
            each = share(panel.estimate(transcript), 1, len(panel.experts))
            said = {assessment.expert for assessment in assessments}
            found += [(item.session, expert, replace(each, calls=0)) for expert in panel.experts if expert not in said]
    return found


async def _look(means: Means, run_id: str, item: Item) -> tuple[Transcript | None, list[Assessment]]:
    """What a session of a run says, where that is kept, and what experts have said of it."""

    def question(store: Store) -> tuple[Transcript | None, list[Assessment]]:
        return None if item.anchor else store.transcript(item.session), store.assessments(run_id, item.session)

    transcript, assessments = await patiently(means.asks, question)
    return means.anchors.get(item.session) if item.anchor else transcript, assessments
