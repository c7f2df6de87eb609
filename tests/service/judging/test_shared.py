"""Two processors on one PostgreSQL: a run is judged by the one that works on it, and by the other one only once that has let go."""

import logging
from collections.abc import Iterator
from contextlib import AsyncExitStack

import pytest

from otel_quality.core.evaluations.record import Wish
from tests.service.history import until
from tests.service.judging.bench import at_work, keep
from tests.service.judging.fake import VERSIONS, FakeJudge
from tests.service.keeper import Keeper
from tests.store import server

pytestmark = pytest.mark.anyio
LEFT = "runs that other processors work on are left to them: {}"


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def keepers() -> Iterator[tuple[Keeper, Keeper]]:
    """Two processors' stores, which are one."""
    with server.running() as running:
        url = running.database("shared")
        first, second = Keeper(url), Keeper(url)
        yield first, second
        for keeper in (first, second):
            keeper.close()


async def test_a_run_is_left_to_the_processor_that_works_on_it_until_that_is_gone(
    keepers: tuple[Keeper, Keeper], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    here, there = keepers
    keep(here, a="score 80", b="score 20", c="score 30")
    busy, idle, changed = FakeJudge(held=True), FakeJudge(), FakeJudge()
    changed.rubric = "2-bbbbbbbb"
    async with at_work(here, busy) as bench:
        run = await bench.start(Wish(limit=2))
        await until(lambda: busy.under_way)
        for judge in (idle, changed):
            async with at_work(there, judge) as other:
                assert dict((await other.run(Wish("session", "a"))).counts) == {"ok": 1}, "it has looked at what was left, and works"
            assert {text for text, _ in judge.asked} == {"score 80"}
        assert (bench.stands(run.id).state, bench.stands(run.id).versions) == ("running", VERSIONS)
        assert caplog.messages.count(LEFT.format(run.id)) == 2
    async with at_work(there, FakeJudge()) as other:
        assert dict((await other.ended(run.id)).counts) == {"ok": 2}
    async with at_work(here, FakeJudge()) as bench:
        assert dict((await bench.run()).counts) == {}, "all is judged"


async def test_a_run_that_was_left_to_another_processor_is_continued_without_a_restart_once_that_is_gone(
    keepers: tuple[Keeper, Keeper], caplog: pytest.LogCaptureFixture
) -> None:
    here, there = keepers
    keep(here, a="score 80", b="score 20")
    busy, judge = FakeJudge(held=True), FakeJudge()
    async with AsyncExitStack() as old:
        bench = await old.enter_async_context(at_work(here, busy))
        run = await bench.start(Wish(limit=1))
        here.now_ns += 10**9
        unwanted = await bench.start(Wish(limit=1))
        await until(lambda: busy.under_way)
        async with at_work(there, judge, look_again_s=0.05) as new:
            await until(lambda: LEFT.format(f"{run.id}, {unwanted.id}") in caplog.messages)
            await new.judging.cancel(unwanted.id)
            assert not judge.asked
            await old.aclose()
            assert dict((await new.ended(run.id)).counts) == {"ok": 1}
            assert (await new.ended(unwanted.id)).state == "cancelled"
            assert {text for text, _ in judge.asked} == {"score 20"}
