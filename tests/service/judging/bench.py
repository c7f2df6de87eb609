"""What tests of judging share: it on a store of their own behind a fake judge, and waiting for runs."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

from otel_quality.core.evaluations.record import Estimate, Run, Transcript, Wish
from otel_quality.core.sessions.record import SessionRecord
from otel_quality.judge.config import Config
from otel_quality.service.judging import Judging
from otel_quality.service.judging.equipment import Equipment
from otel_quality.service.judging.front import LOOK_AGAIN_S
from otel_quality.store.contract import Store
from tests.service.history import until
from tests.service.judging.fake import CONFIG, VERSIONS, FakeJudge, says
from tests.service.keeper import Keeper

ALL = Wish(limit=10_000)


class Bench:
    """Judging at work.

    Attributes:
        judging: it; judge: the fake behind it; keeper: the store.
    """

    def __init__(self, judging: Judging, judge: FakeJudge, keeper: Keeper) -> None:
        self.judging, self.judge, self.keeper = judging, judge, keeper

    async def start(self, wish: Wish = ALL) -> Run:
        run = await self.judging.start(wish)
        assert isinstance(run, Run)
        return run

    async def estimate(self, wish: Wish = ALL) -> Estimate:
        estimate = await self.judging.start(wish, dry_run=True)
        assert isinstance(estimate, Estimate)
        return estimate

    async def run(self, wish: Wish = ALL) -> Run:
        """A run from its beginning to its end."""
        return await self.ended((await self.start(wish)).id)

    async def ended(self, run_id: str) -> Run:
        await until(lambda: self.stands(run_id).state != "running")
        return self.stands(run_id)

    def stands(self, run_id: str) -> Run:
        run = self.keeper.tell(lambda store: store.run(run_id))
        assert run is not None
        return run

    def states(self, run_id: str) -> dict[str, str]:
        return {item.session: item.state for item in self.keeper.tell(lambda store: store.items(run_id, limit=500))}

    def errors(self, run_id: str) -> dict[str, str]:
        return {item.session: item.error for item in self.keeper.tell(lambda store: store.items(run_id, limit=500)) if item.error}


@asynccontextmanager
async def at_work(
    keeper: Keeper,
    judge: FakeJudge,
    config: Config = CONFIG,
    *,
    anchors: Mapping[str, Transcript] | None = None,
    masked: Callable[[Transcript], Transcript] = lambda transcript: transcript,
    look_again_s: float = LOOK_AGAIN_S,
    **changed: Any,
) -> AsyncIterator[Bench]:
    """Judging on a store."""
    equipment = Equipment(judge.panel, replace(VERSIONS, rubric=judge.rubric), anchors or {}, masked, lambda: keeper.now_ns)
    judging = Judging(keeper, replace(config, **changed), equipment, look_again_s=look_again_s)
    await judging.resume()
    try:
        yield Bench(judging, judge, keeper)
    finally:
        await judging.stop()


def keep(keeper: Keeper, **texts: str) -> None:
    """Keep sessions by what they say, each active a second after the one before."""

    def work(store: Store) -> None:
        with store.transaction():
            for number, (session, text) in enumerate(texts.items()):
                record = SessionRecord(id=session, end_ns=keeper.now_ns - 10**12 + number * 10**9, api_calls=1, ended=True)
                store.put_session(record, None, source="api", now_ns=keeper.now_ns)
                store.put_transcript(session, says(text), now_ns=keeper.now_ns)

    keeper.tell(work)
