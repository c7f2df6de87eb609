"""Budgets: what is set aside is never exceeded, days end, and a run that ends for want of money says so."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from otel_quality.core.evaluations.record import Assessment, Spent, Wish
from otel_quality.service.judging.budget import DAY_NS, Treasury, share
from tests.service.history import until
from tests.service.judging.bench import at_work, keep
from tests.service.judging.fake import CONFIG, ESTIMATE, FakeJudge, says
from tests.service.keeper import Keeper

pytestmark = pytest.mark.anyio
CALL = Spent(1, 800, 200, 0.01)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def keeper() -> Iterator[Keeper]:
    opened = Keeper()
    yield opened
    opened.close()


async def test_what_is_set_aside_counts_until_it_is_released() -> None:
    purse = Treasury(replace(CONFIG, run_budget_tokens=2000, day_budget_tokens=0)).purse()
    assert await purse.set_aside(CALL, 0) == ""
    assert purse.lacks(share(CALL, 2, 1))
    assert purse.left() == (1000, None)
    purse.spend(replace(CALL, output_tokens=100))
    purse.release(CALL)
    assert (purse.left(), purse.lacks(CALL)) == ((1100, None), "")


async def test_the_day_is_shared_by_runs_and_ends() -> None:
    treasury = Treasury(replace(CONFIG, run_budget_usd=1.0, day_budget_usd=0.015, day_budget_tokens=0, run_budget_tokens=0))
    first, second = treasury.purse(), treasury.purse()
    treasury.turn(0, Spent())
    first.spend(CALL)
    assert second.left() == (None, pytest.approx(0.005))
    assert "judge.day_budget_usd = 0.015" in await second.set_aside(CALL, DAY_NS - 1)
    assert await second.set_aside(CALL, DAY_NS) == ""


async def test_a_clock_that_is_set_back_makes_no_new_day() -> None:
    treasury = Treasury(replace(CONFIG, run_budget_usd=0.0, day_budget_usd=0.015, day_budget_tokens=0, run_budget_tokens=0))
    purse = treasury.purse()
    treasury.turn(5 * DAY_NS, Spent())
    purse.spend(CALL)
    assert "judge.day_budget_usd" in await purse.set_aside(CALL, 4 * DAY_NS)
    treasury.turn(4 * DAY_NS, Spent())
    assert await purse.set_aside(CALL, 4 * DAY_NS) == "", "what the store tells of that day counts"


def test_a_share_is_rounded_up() -> None:
    assert share(Spent(4, 10, 10, 1.0), 1, 4) == Spent(1, 3, 3, 0.25)


async def test_a_run_ends_early_within_its_budget_and_the_next_takes_the_rest(keeper: Keeper) -> None:
    keep(keeper, **{f"s{number}": "score 80" for number in range(10)})
    async with at_work(keeper, FakeJudge(), run_budget_tokens=10_000, concurrency=8) as bench:
        run = await bench.run()
        assert (run.state, dict(run.counts), run.error) == ("done", {"ok": 4, "pending": 6}, "")
        assert run.note == ("the budget of this run (judge.run_budget_tokens = 10,000) is used up; sessions left for the next run: 6")
        assert [dict((await bench.run()).counts) for _ in range(2)] == [{"ok": 4, "pending": 2}, {"ok": 2}]


async def test_the_budget_of_the_day_holds_for_all_runs_and_after_a_restart(keeper: Keeper) -> None:
    keep(keeper, **{f"s{number}": "score 80" for number in range(10)})
    for expected in ({"ok": 4, "pending": 6}, {"pending": 6}):
        async with at_work(keeper, FakeJudge(), day_budget_usd=0.0185) as bench:
            run = await bench.run()
            assert dict(run.counts) == expected
            assert "judge.day_budget_usd = 0.0185) is used up" in run.note
    keeper.now_ns += DAY_NS
    async with at_work(keeper, FakeJudge(), day_budget_usd=0.0185) as bench:
        assert dict((await bench.run()).counts) == {"ok": 4, "pending": 2}


async def test_a_dry_run_tells_what_a_run_would_take_and_asks_nobody(keeper: Keeper) -> None:
    keep(keeper, a="score 80", b="score 20", c="score 30")
    anchors = {"anchor/good": says("score 90")}
    async with at_work(keeper, FakeJudge(), anchors=anchors, run_budget_usd=1.0, day_budget_tokens=100_000) as bench:
        estimate = await bench.estimate()
        assert (estimate.sessions, estimate.anchors, estimate.note) == (3, 1, "")
        assert estimate.spent == Spent(8, 8000, 1600, pytest.approx(8 * ESTIMATE.cost_usd))
        assert (estimate.left_tokens, estimate.left_usd) == (100_000, 1.0)
        assert (bench.judge.asked, keeper.tell(lambda store: store.runs())) == ({}, [])
        run = await bench.run()
        after = await bench.estimate(Wish("all"))
        assert after.left_tokens == 100_000 - run.spent.input_tokens - run.spent.output_tokens
    async with at_work(keeper, FakeJudge(), run_budget_tokens=5_000) as bench:
        assert (await bench.estimate(Wish("all"))).note == "the budget of this run (judge.run_budget_tokens = 5,000) ends it early"
        assert (await bench.estimate()).note.startswith("there is nothing to judge")


async def test_calls_that_were_under_way_when_a_run_was_cut_off_count_against_the_budget_of_the_day_once(keeper: Keeper) -> None:
    keep(keeper, a="score 80", b="score 20", c="score 30")
    first, second = FakeJudge(held=True), FakeJudge()
    async with at_work(keeper, first, concurrency=2) as bench:
        run = await bench.start()
        await until(lambda: first.under_way == 2)
    each = ESTIMATE.input_tokens + ESTIMATE.output_tokens
    keeper.tell(lambda store: store.add_assessment(run.id, "c", Assessment("planner", {}), now_ns=keeper.now_ns))
    for _ in range(2):
        async with at_work(keeper, second, day_budget_tokens=4 * each - 1) as bench:
            ended = await bench.ended(run.id)
        assert "judge.day_budget_tokens" in ended.note
        assert not second.asked
        spent = keeper.tell(lambda store: store.spent(since_ns=0))
        assert (spent.calls, spent.input_tokens + spent.output_tokens) == (0, 3 * each), "of one expert it is known"


async def test_a_session_waits_for_those_under_way_before_a_budget_is_called_used_up(keeper: Keeper) -> None:
    keep(keeper, a="score 80", b="score 20")
    async with at_work(keeper, FakeJudge(held=True), run_budget_tokens=4_500) as bench:
        run = await bench.start()
        await until(lambda: bench.judge.under_way == 2)
        bench.judge.let_go()
        assert dict((await bench.ended(run.id)).counts) == {"ok": 2}


async def test_a_session_that_no_budget_would_ever_hold_fails_alone_and_stops_no_other(keeper: Keeper) -> None:
    keep(keeper, a="score 80", b="long, score 20")
    async with at_work(keeper, FakeJudge(), run_budget_tokens=10_000) as bench:
        run = await bench.run()
        assert (run.state, dict(run.counts)) == ("done", {"ok": 1, "failed": 1})
        assert bench.errors(run.id) == {"b": "it takes more than the budget of this run (judge.run_budget_tokens = 10,000) by itself"}
