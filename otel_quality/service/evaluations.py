"""Answers what the API asks of judged quality: from the store what was said, from whoever judges what is to be said.

Computes no figure itself: the store adds up, `core.evaluations` compares. Starts no thread and knows no judge but by its interface.
"""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Final, Protocol

from otel_quality.api.judged import Detail, Judge, NoJudge, Stats, Trust
from otel_quality.core.evaluations.overview import Overview, OverviewFilter
from otel_quality.core.evaluations.record import Estimate, Feedback, Item, Run, Transcript, Versions, Wish
from otel_quality.core.evaluations.trust import report
from otel_quality.core.reports.weeks import DAY_NS
from otel_quality.judge.errors import JudgeError
from otel_quality.service.archive import Asks
from otel_quality.store.contract import Store

_COMPARED: Final = 1_000
"""Evaluations, the latest, that trust rests on at most; more make its intervals hardly narrower, and these take 0.2 s."""
_ALL: Final = 10_000
"""Feedback, and evaluations likewise, that one session shows at most."""


class Hears(Asks, Protocol):
    """Where questions and feedback go."""

    async def add_feedback(self, said: Feedback) -> bool:
        """Keep what a person says; False where it stood already."""
        ...


class Judges(Protocol):
    """Whoever judges, as `service.judging` does."""

    @property
    def configured(self) -> bool:
        """Runs can be started."""
        ...

    def versions(self) -> Versions | None:
        """Of the judge that stands first in the settings; None where there is none."""
        ...

    async def start(self, wish: Wish, *, dry_run: bool) -> Run | Estimate:
        """Start a run, or tell what it would take.

        Raises:
            ValueError: the wish cannot be fulfilled.
            JudgeError: the judge cannot be had as it is set up.
        """
        ...

    async def cancel(self, run_id: str) -> Run | None:
        """End a run; None where there is none."""
        ...


class Opinions:
    """Implements `api.judged.Evaluations`.

    Args:
        historian: where questions go.
        judges: who judges; None is nobody.
        now_ns: the clock.
    """

    def __init__(self, historian: Hears, judges: Judges | None, now_ns: Callable[[], int]) -> None:
        self._ask, self._hear, self._judges, self._now_ns = historian.ask, historian.add_feedback, judges, now_ns

    # Feedback

    async def add_feedback(self, feedback: Feedback) -> tuple[Feedback, bool]:
        said = replace(feedback, time_ns=self._now_ns())
        if await self._hear(said):
            return said, True

        def question(store: Store) -> tuple[Feedback, bool]:
            known = store.feedback(session=said.session, limit=_ALL)
            same = (each for each in known if (each.message_index, each.author) == (said.message_index, said.author))
            return next(same, said), False

        return await self._ask(question)

    async def feedback(self, *, session: str | None, limit: int, offset: int = 0) -> list[Feedback]:
        return await self._ask(lambda store: store.feedback(session=session, limit=limit, offset=offset))

    async def feedback_changes(self, session: str, *, limit: int) -> list[Feedback]:
        return await self._ask(lambda store: store.feedback_changes(session, limit=limit))

    # Sessions

    async def overview(self, wanted: OverviewFilter, *, days: int | None) -> tuple[list[Overview], int]:
        if days is not None:
            wanted = replace(wanted, since_ns=self._since(days))

        def question(store: Store) -> tuple[list[Overview], int]:
            versions = self._versions(store)
            return store.overview(wanted, versions), store.count_overview(wanted, versions)

        return await self._ask(question)

    async def detail(self, session_id: str) -> Detail | None:
        def question(store: Store) -> Detail | None:
            versions = self._versions(store)
            overview = store.overview_of(session_id, versions)
            if overview is None:
                return None
            feedback = store.feedback(session=session_id, limit=_ALL)
            evaluations = store.evaluations(session=session_id, limit=_ALL)
            return Detail(overview, versions, tuple(feedback), tuple(evaluations), tuple(store.annotations(session_id, limit=_ALL)))

        return await self._ask(question)

    async def transcript(self, session_id: str) -> Transcript | None:
        return await self._ask(lambda store: store.transcript(session_id))

    # Runs

    async def judge(self) -> Judge:
        return await self._ask(self._judge)

    async def start_run(self, wish: Wish) -> Run:
        run = await self._start(wish, dry_run=False)
        assert isinstance(run, Run)
        return run

    async def estimate(self, wish: Wish) -> Estimate:
        estimate = await self._start(wish, dry_run=True)
        assert isinstance(estimate, Estimate)
        return estimate

    async def runs(self, *, limit: int, offset: int) -> list[Run]:
        return await self._ask(lambda store: store.runs(limit=limit, offset=offset))

    async def run(self, run_id: str) -> Run | None:
        return await self._ask(lambda store: store.run(run_id))

    async def items(self, run_id: str, *, limit: int, offset: int) -> list[Item]:
        return await self._ask(lambda store: store.items(run_id, limit=limit, offset=offset))

    async def cancel(self, run_id: str) -> Run | None:
        if self._judges is None:
            return await self.run(run_id)
        return await self._judges.cancel(run_id)

    # What they add up to

    async def stats(self, *, days: int, by_complexity: bool) -> Stats:
        since_ns = self._since(days)

        def question(store: Store) -> Stats:
            judge = self._judge(store)
            weeks = [] if judge.versions is None else store.week_means(judge.versions, since_ns=since_ns, by_complexity=by_complexity)
            return Stats(judge, tuple(weeks), tuple(store.ratings_by_week(since_ns=since_ns)))

        return await self._ask(question)

    async def trust(self) -> Trust:
        judge = await self.judge()
        versions = judge.versions
        if versions is None:
            return Trust(judge, ())
        # One by one, so that what waits to be written comes in between; and the arithmetic where it holds nobody up.
        evaluations = await self._ask(lambda store: store.evaluations(limit=_COMPARED))
        anchors = await self._ask(lambda store: store.anchors(limit=_COMPARED))
        pairs = await self._ask(lambda store: store.pairs(versions, limit=_COMPARED))
        found = await asyncio.to_thread(report, versions, evaluations=evaluations, anchors=anchors, pairs=pairs)
        return Trust(judge, found.figures, found.drifts)

    async def _start(self, wish: Wish, *, dry_run: bool) -> Run | Estimate:
        if self._judges is None or not self._judges.configured:
            raise NoJudge
        try:
            return await self._judges.start(wish, dry_run=dry_run)
        except JudgeError as error:
            raise NoJudge(str(error)) from None

    def _judge(self, store: Store) -> Judge:
        return Judge(self._judges is not None and self._judges.configured, self._versions(store))

    def _versions(self, store: Store) -> Versions | None:
        """What counts as current; without a judge what the newest evaluation is of, so that its figures stay."""
        return (self._judges.versions() if self._judges is not None else None) or store.current_versions()

    def _since(self, days: int) -> int:
        return max(self._now_ns() - days * DAY_NS, 0)
