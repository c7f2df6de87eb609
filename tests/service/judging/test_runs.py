"""Runs: every session is judged once or fails alone; they are bounded, cancelled at once, and continued where they were."""

import asyncio
import logging
import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest

from otel_quality.api.judged import NoJudge
from otel_quality.core.evaluations.record import Spent, Transcript, Wish
from otel_quality.judge.config import Config
from otel_quality.judge.errors import JudgeUnusable
from otel_quality.service.judging import Judging
from otel_quality.service.judging.runs import AWAY
from otel_quality.vocabulary.errors import StoreUnavailable
from tests.service.history import until
from tests.service.judging.bench import at_work, keep
from tests.service.judging.fake import ESTIMATE, EXPERTS, PRICE, VERSIONS, FakeJudge, says
from tests.service.keeper import Keeper

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def keeper() -> Iterator[Keeper]:
    opened = Keeper()
    yield opened
    opened.close()


def times(price: Spent, calls: int) -> Spent:
    return Spent(price.calls * calls, price.input_tokens * calls, price.output_tokens * calls, pytest.approx(price.cost_usd * calls))


async def test_every_session_is_judged_by_every_expert_and_what_they_said_is_kept(keeper: Keeper) -> None:
    keep(keeper, a="score 80", b="score 20", c="no number")
    async with at_work(keeper, FakeJudge()) as bench:
        begun = await bench.start()
        run = await bench.ended(begun.id)
        assert (begun.state, begun.wish.backend, begun.wish.model, begun.versions) == ("running", "fake", "judge-1", VERSIONS)
        assert (run.state, run.error, run.note, dict(run.counts)) == ("done", "", "", {"ok": 3})
        assert run.ended_ns == keeper.now_ns
        assert run.spent == times(PRICE, 6) == bench.judge.spent
    (of_a,) = keeper.tell(lambda store: store.evaluations(session="a"))
    assert (of_a.run, of_a.backend, of_a.model, of_a.versions) == (run.id, "fake", "judge-1", VERSIONS)
    assert set(of_a.scores.values()) == {80.0}
    assert {each.expert: each.comment for each in of_a.experts} == {name: f"{name} says so" for name in EXPERTS}
    assert {item.session: item.mean for item in keeper.tell(lambda store: store.items(run.id))} == {"a": 80, "b": 20, "c": 50}


async def test_what_is_judged_is_not_judged_again_until_the_rubric_changes(keeper: Keeper) -> None:
    keep(keeper, a="score 80", b="score 20")
    judge = FakeJudge()
    async with at_work(keeper, judge) as bench:
        await bench.run()
        again = await bench.run()
        assert (again.state, dict(again.counts), again.note) == (
            "done", {}, "there is nothing to judge: every session whose text is kept is judged by the present judge and rubric",
        )  # fmt: skip
        assert set(judge.asked.values()) == {1}
    judge.rubric = "2-bbbbbbbb"
    async with at_work(keeper, judge) as bench:
        assert dict((await bench.run()).counts) == {"ok": 2}


async def test_a_session_that_went_on_since_it_was_judged_or_while_it_was_is_judged_again(keeper: Keeper) -> None:
    keep(keeper, a="score 80", b="score 20")
    async with at_work(keeper, FakeJudge()) as bench:
        await bench.run()
        keeper.now_ns += 10**9
        keep(keeper, a="score 80, and on", b="score 20")
        assert bench.states((await bench.run()).id) == {"a": "ok"}
        keeper.now_ns += 10**9
        bench.judge.hold_again()
        run = await bench.start(Wish("session", "b"))
        await until(lambda: bench.judge.under_way)
        keep(keeper, b="score 20, and on")
        bench.judge.let_go()
        await bench.ended(run.id)
        keeper.now_ns += 10**9
        assert bench.states((await bench.run()).id) == {"b": "ok"}
        assert dict((await bench.run()).counts) == {}


async def test_where_nothing_is_to_be_judged_it_is_told_why(keeper: Keeper) -> None:
    judge = FakeJudge(held=True)
    async with at_work(keeper, judge) as bench:
        for wish in (Wish(), Wish("all")):
            assert "no session's text is kept" in (await bench.run(wish)).note
            assert "content.keep" in (await bench.estimate(wish)).note, "how text is kept"
        keep(keeper, a="score 80", b="score 20")
        for wish in (Wish(since_ns=keeper.now_ns), Wish("all", since_ns=keeper.now_ns)):
            assert (await bench.run(wish)).note == "there is nothing to judge: no session whose text is kept was active since then"
        begun = await bench.start()
        assert (await bench.run()).note == "there is nothing to judge: a run under way judges what is left"
        judge.let_go()
        await bench.ended(begun.id)
        assert "every session whose text is kept is judged" in (await bench.run()).note


async def test_ends_of_runs_are_counted_by_state_from_zero(keeper: Keeper) -> None:
    async with at_work(keeper, FakeJudge(held=True), concurrency=1) as bench:
        assert bench.judging.ended() == {"done": 0, "failed": 0, "cancelled": 0}
        await bench.ended((await bench.start()).id)
        await until(lambda: bench.judging.ended()["done"] == 1)
        keep(keeper, a="score 80")
        begun = await bench.start()
        for _ in range(2):
            await bench.judging.cancel(begun.id)
        assert bench.judging.ended() == {"done": 1, "failed": 0, "cancelled": 1}


async def test_scopes_limits_and_judges_are_as_wished(keeper: Keeper) -> None:
    keep(keeper, a="score 1", b="score 2", c="score 3")
    async with at_work(keeper, FakeJudge()) as bench:
        latest = await bench.run(Wish(limit=1))
        assert bench.states(latest.id) == {"c": "ok"}
        one = await bench.run(Wish("session", session="a", backend="other"))
        assert (bench.states(one.id), one.versions.judge, one.wish.model) == ({"a": "ok"}, "1:judge-2", "judge-2")
        every = await bench.run(Wish("all", model="judge-3"))
        assert (set(bench.states(every.id)), every.versions.judge) == ({"a", "b", "c"}, "1:judge-3")
        since = await bench.run(Wish("all", since_ns=keeper.now_ns))
        assert (since.state, dict(since.counts)) == ("done", {})


async def test_a_wish_that_cannot_be_fulfilled_says_what_to_change(keeper: Keeper) -> None:
    async with at_work(keeper, FakeJudge()) as bench:
        for wish, why in (
            (Wish("session", session="nobody"), "no text of session 'nobody' is kept"),
            (Wish("session"), "the scope session needs the session's id"),
            (Wish(backend="mine"), "there is no judge 'mine'; there are fake, other"),
        ):
            with pytest.raises(ValueError, match=why):
                await bench.start(wish)
        with pytest.raises(JudgeUnusable, match="pip install"):
            await bench.start(Wish(model="no-library"))
        assert keeper.tell(lambda store: store.runs()) == []
        assert bench.judge.made == bench.judge.closed


async def test_without_a_judge_a_run_says_which_setting_to_write(keeper: Keeper) -> None:
    judging = Judging(keeper, Config(), None)
    await judging.resume()
    with pytest.raises(NoJudge, match=r"judge\.backends"):
        await judging.start(Wish())
    assert (judging.configured, judging.versions(), await judging.cancel("nothing")) == (False, None, None)
    await judging.stop()


async def test_a_session_that_fails_fails_alone(keeper: Keeper, caplog: pytest.LogCaptureFixture) -> None:
    keep(keeper, a="score 80", b="fail", c="away", d="refuse", e="bug", f="half", g="score 60")
    async with at_work(keeper, FakeJudge(), concurrency=1) as bench:
        with caplog.at_level(logging.CRITICAL):
            run = await bench.run()
        assert (run.state, dict(run.counts)) == ("done", {"ok": 3, "failed": 4})
        assert bench.errors(run.id) == {
            "b": "planner: the answer is no JSON, nor the one after it was told so",
            "c": "judge fake cannot be reached: connection refused",
            "d": "every expert declined to judge it: I would rather not",
            "e": "a fault of ours: ZeroDivisionError: division by zero",
        }
        assert run.spent == bench.judge.spent == keeper.tell(lambda store: store.spent(since_ns=0)), "what failed is paid for too"
    (half,) = keeper.tell(lambda store: store.evaluations(session="f"))
    assert {each.expert: each.refused for each in half.experts} == {"planner": True, "critic": False}
    assert set(half.scores.values()) == {50.0}


async def test_a_session_whose_text_has_gone_since_fails_alone(keeper: Keeper) -> None:
    keep(keeper, a="score 80", b="score 20")
    async with at_work(keeper, FakeJudge(held=True), concurrency=1) as bench:
        run = await bench.start()
        await until(lambda: bench.judge.under_way)
        keeper.tell(lambda store: store.delete_transcript("a"))
        bench.judge.let_go()
        assert dict((await bench.ended(run.id)).counts) == {"ok": 1, "failed": 1}
        assert bench.errors(run.id) == {"a": "what it said is kept no longer"}


async def test_a_judge_that_is_away_for_several_sessions_fails_the_run_and_leaves_the_rest(keeper: Keeper) -> None:
    keep(keeper, **{f"s{number:02d}": "away" for number in range(30)}, last="score 80")
    async with at_work(keeper, FakeJudge(), concurrency=1) as bench:
        run = await bench.run()
    assert (run.state, dict(run.counts)) == ("failed", {"ok": 1, "failed": AWAY, "pending": 30 - AWAY})
    assert run.error == f"judge fake cannot be reached: connection refused; sessions left for the next run: {30 - AWAY}"


async def test_a_judge_that_cannot_be_used_fails_the_run_at_once(keeper: Keeper) -> None:
    keep(keeper, **{f"s{number:02d}": "unusable" for number in range(30)})
    async with at_work(keeper, FakeJudge(), concurrency=1) as bench:
        run = await bench.run()
    assert (run.state, dict(run.counts)) == ("failed", {"failed": 1, "pending": 29})
    assert run.error.startswith("judge fake refuses the key; set the variable")


async def test_one_session_whose_judge_is_away_fails_its_run(keeper: Keeper) -> None:
    keep(keeper, a="away")
    async with at_work(keeper, FakeJudge()) as bench:
        run = await bench.run()
    assert (run.state, run.error) == ("failed", "judge fake cannot be reached: connection refused")


async def test_no_more_calls_than_wished_are_under_way_over_all_runs(keeper: Keeper) -> None:
    keep(keeper, **{f"s{number}": "score 80" for number in range(20)})
    async with at_work(keeper, FakeJudge(held=True), concurrency=3) as bench:
        runs = [await bench.start(Wish("all")), await bench.start(Wish("all", backend="other"))]
        await until(lambda: bench.judge.under_way == 3)
        bench.judge.let_go()
        assert {(await bench.ended(run.id)).state for run in runs} == {"done"}
        assert bench.judge.most_under_way == 3


async def test_a_call_is_under_way_until_its_answer_is_kept(keeper: Keeper) -> None:
    keep(keeper, a="score 80", b="score 20")
    judge = FakeJudge(held=True)
    async with at_work(keeper, judge, concurrency=1) as bench:
        run = await bench.start()
        await until(lambda: judge.under_way)
        with keeper.busy():
            judge.let_go()
            await until(lambda: not judge.under_way)
            assert sum(judge.asked.values()) == 1, "nobody is paid for an answer while the one before could be lost"
        assert dict((await bench.ended(run.id)).counts) == {"ok": 2}


async def test_runs_of_unevaluated_sessions_that_overlap_judge_each_once(keeper: Keeper) -> None:
    keep(keeper, **{f"s{number}": "score 80" for number in range(8)})
    async with at_work(keeper, FakeJudge(held=True)) as bench:
        first, second = await asyncio.gather(bench.start(Wish(limit=5)), bench.start())
        bench.judge.let_go()
        assert [dict((await bench.ended(run.id)).counts) for run in (first, second)] == [{"ok": 5}, {"ok": 3}]


async def test_cancelling_gives_up_calls_under_way_and_keeps_what_is_judged(keeper: Keeper) -> None:
    keep(keeper, a="score 80", b="score 20", c="score 30")
    async with at_work(keeper, FakeJudge(), concurrency=1) as bench:
        await bench.run(Wish(limit=1))
    async with at_work(keeper, FakeJudge(held=True), concurrency=1) as bench:
        run = await bench.start(Wish("all"))
        await until(lambda: bench.judge.under_way)
        assert dict(bench.stands(run.id).counts) == {"running": 1, "pending": 2}
        cancelled = await asyncio.wait_for(bench.judging.cancel(run.id), 30)
        assert cancelled is not None
        assert (cancelled.state, dict(cancelled.counts), cancelled.ended_ns) == ("cancelled", {"cancelled": 3}, keeper.now_ns)
        assert bench.judge.under_way == 0
        assert await bench.judging.cancel(run.id) == cancelled, "it has ended and stays as it is"
        bench.judge.let_go()
        assert dict((await bench.run()).counts) == {"ok": 2}


async def test_a_run_goes_on_after_a_stop_and_asks_nobody_twice(keeper: Keeper) -> None:
    keep(keeper, **{f"s{number:02d}": "score 80" for number in range(10)})
    before, after = FakeJudge(held=True, first=6), FakeJudge()
    async with at_work(keeper, before, concurrency=1) as bench:
        run = await bench.start()
        await until(lambda: before.under_way and sum(before.asked.values()) == 7)
    assert bench.stands(run.id).state == "running"
    known = {
        (item.session, said.expert)
        for item in keeper.tell(lambda store: store.items(run.id))
        for said in keeper.tell(lambda store, of=item.session: store.assessments(run.id, of))  # type: ignore[misc]
    }
    assert len(known) == 6
    (running,) = keeper.tell(lambda store: store.items(run.id, state="running"))
    lost = sum((running.session, expert) not in known for expert in EXPERTS)
    async with at_work(keeper, after, concurrency=1) as bench:
        ended = await bench.ended(run.id)
    assert (ended.state, dict(ended.counts)) == ("done", {"ok": 10})
    assert sum(after.asked.values()) == 20 - len(known)
    spent = sum([PRICE] * 20 + [replace(ESTIMATE, calls=0)] * lost, Spent())
    assert ended.spent == replace(spent, cost_usd=pytest.approx(spent.cost_usd)), "what nobody heard of counts as it was set aside"


async def left_behind(keeper: Keeper, **texts: str) -> str:
    """A run that the last life of the processor left in the middle."""
    keep(keeper, **texts)
    judge = FakeJudge(held=True)
    async with at_work(keeper, judge) as bench:
        run = await bench.start()
        await until(lambda: judge.under_way)
        return run.id


async def test_a_run_can_be_cancelled_before_it_is_continued(keeper: Keeper) -> None:
    run = await left_behind(keeper, a="score 80", b="score 20")
    async with at_work(keeper, FakeJudge(held=True)) as bench:
        cancelled = await bench.judging.cancel(run)
        assert cancelled is not None
        assert (cancelled.state, dict(cancelled.counts)) == ("cancelled", {"cancelled": 2})
        again = await bench.start()
        assert len(bench.states(again.id)) == 2, "what was cancelled is free for the next run"
        await until(lambda: bench.judge.under_way)
        assert bench.stands(run).state == "cancelled"


async def test_a_start_without_its_store_continues_as_soon_as_that_is_there(keeper: Keeper) -> None:
    run = await left_behind(keeper, a="score 80", b="score 20")
    keeper.fails = StoreUnavailable("the server is away")
    async with at_work(keeper, FakeJudge()) as bench:
        with pytest.raises(StoreUnavailable):
            await bench.start()
        keeper.fails = None
        assert dict((await bench.ended(run)).counts) == {"ok": 2}


async def test_a_continued_run_that_has_spent_its_budget_leaves_no_session_as_if_it_ran(keeper: Keeper) -> None:
    run = await left_behind(keeper, a="score 80", b="score 20")
    keeper.tell(lambda store: store.add_spent(run, "a", "planner", Spent(1, 90_000, 0, 0.0), now_ns=keeper.now_ns))
    async with at_work(keeper, FakeJudge(), run_budget_tokens=91_000) as bench:
        ended = await bench.ended(run)
        assert (ended.state, dict(ended.counts)) == ("done", {"pending": 2})
        assert ended.note.endswith("is used up; sessions left for the next run: 2")


async def test_a_run_whose_judge_or_rubric_changed_meanwhile_is_not_continued(keeper: Keeper) -> None:
    run = await left_behind(keeper, a="score 80")
    changed = FakeJudge()
    changed.rubric = "2-bbbbbbbb"
    async with at_work(keeper, changed) as bench:
        ended = await bench.ended(run)
    assert (ended.state, dict(ended.counts)) == ("failed", {"pending": 1})
    assert ended.error == "not continued after a restart: the judge or its rubric has changed since it began"


async def test_anchors_are_judged_in_every_run_and_are_no_sessions(keeper: Keeper) -> None:
    keep(keeper, a="score 80")
    anchors = {"anchor/good": says("score 90"), "anchor/bad": says("score 10")}
    async with at_work(keeper, FakeJudge(), anchors=anchors) as bench:
        runs = [await bench.run(Wish("all")) for _ in range(2)]
        assert [dict(run.counts) for run in runs] == [{"ok": 1}, {"ok": 1}]
        assert bench.judge.asked["score 90", "planner"] == 2
        assert runs[0].spent == times(PRICE, 6)
    judged = keeper.tell(lambda store: store.evaluations(anchors=True))
    assert sorted((each.session, each.scores["efficiency"]) for each in judged) == [("anchor/bad", 10.0)] * 2 + [("anchor/good", 90.0)] * 2
    assert [each.session for each in keeper.tell(lambda store: store.evaluations())] == ["a", "a"]


async def test_what_is_masked_before_a_judge_sees_it_is_counted(keeper: Keeper) -> None:
    keep(keeper, a="score 80 for bob@example.org")

    def masked(transcript: Transcript) -> Transcript:
        lines = tuple(replace(line, text=line.text.replace("bob@example.org", "[EMAIL]")) for line in transcript.lines)
        return replace(transcript, lines=lines, masked={"EMAIL": 1})

    async with at_work(keeper, FakeJudge(), masked=masked) as bench:
        await bench.run()
        assert {text for text, _ in bench.judge.asked} == {"score 80 for [EMAIL]"}
    (evaluation,) = keeper.tell(lambda store: store.evaluations())
    assert evaluation.masked == {"EMAIL": 1}


async def test_prompts_masking_and_calls_are_off_the_loop_that_receives_telemetry(keeper: Keeper) -> None:
    keep(keeper, a="score 80")
    masking = set[str]()

    def masked(transcript: Transcript) -> Transcript:
        masking.add(threading.current_thread().name)
        return transcript

    async with at_work(keeper, FakeJudge(), masked=masked) as bench:
        await bench.estimate()
        await bench.run()
        assert bench.judge.threads == masking == {"judging"}


async def test_a_store_that_is_away_for_a_while_costs_no_call(keeper: Keeper) -> None:
    keep(keeper, a="score 80", b="score 20")
    async with at_work(keeper, FakeJudge(held=True)) as bench:
        run = await bench.start()
        await until(lambda: bench.judge.under_way)
        keeper.fails = StoreUnavailable("the disk is full")
        bench.judge.let_go()
        await until(lambda: not bench.judge.under_way)
        keeper.fails = None
        assert dict((await bench.ended(run.id)).counts) == {"ok": 2}
        assert set(bench.judge.asked.values()) == {1}


async def test_a_thousand_sessions_in_one_run(keeper: Keeper) -> None:
    keep(keeper, **{f"s{number:04d}": f"score {number % 101}" for number in range(1000)})
    async with at_work(keeper, FakeJudge(), concurrency=16, run_budget_tokens=0) as bench:
        run = await bench.run()
        assert (run.state, dict(run.counts)) == ("done", {"ok": 1000})
        assert sum(bench.judge.asked.values()) == 2000
        assert run.spent == bench.judge.spent
    assert len(keeper.tell(lambda store: store.unevaluated(VERSIONS))) == 0
