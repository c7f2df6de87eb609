"""Runs with the real panel and a judge on the wire: counted as the judge counts; one that cannot be used or is not there is one line."""

import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest

from otel_quality.core.evaluations.record import Run, Wish
from otel_quality.judge.config import Backend, Config
from otel_quality.judge.panel import Panel
from otel_quality.judge.rubric import load
from otel_quality.service.judging import Judging
from otel_quality.service.judging.equipment import Equipment, versions
from otel_quality.service.judging.runs import AWAY
from tests.flow.programs import free_port
from tests.judge.fake import FakeJudge, judge
from tests.service.history import until
from tests.service.judging.bench import keep
from tests.service.keeper import Keeper

pytestmark = pytest.mark.anyio
KEY = "sk-of-the-team"
SESSIONS = 12
RUBRIC = load()
EXPERTS = len(RUBRIC.experts)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def keeper() -> Iterator[Keeper]:
    opened = Keeper()
    keep(opened, **{f"s{number:02d}": f"Hello, this is {number}" for number in range(SESSIONS)})
    yield opened
    opened.close()


async def judged(keeper: Keeper, fake: FakeJudge, **changed: object) -> Run:
    """A run by this judge, from its beginning to its end."""
    backend = Backend("mine", "openai", "judge-1", url=fake.openai, key_env="MY_KEY", input_usd_per_million=3, output_usd_per_million=15)
    config = replace(Config(backends=(backend,), retries=0, concurrency=1), **changed)  # type: ignore[arg-type]
    equipment = Equipment(lambda chosen: Panel(chosen, RUBRIC, config, keys={"MY_KEY": KEY}), versions(backend, RUBRIC))
    judging = Judging(keeper, config, equipment)
    begun = await judging.start(Wish())
    assert isinstance(begun, Run)
    try:
        await until(lambda: stands(keeper, begun).state != "running")
    finally:
        await judging.stop()
    return stands(keeper, begun)


def stands(keeper: Keeper, run: Run) -> Run:
    now = keeper.tell(lambda store: store.run(run.id))
    assert now is not None
    return now


def counts(run: Run) -> dict[str, int]:
    return {state: number for state, number in run.counts.items() if number}


async def test_what_a_run_took_is_what_the_judge_counted_whatever_it_did(keeper: Keeper) -> None:
    with judge(key=KEY) as fake:
        fake.then("broken", "good", "too_high", "broken", "good", "refusal", "good", "good", "missing_axis", "fenced", "too_long", "good")
        run = await judged(keeper, fake)
        assert (run.state, counts(run)) == ("done", {"ok": SESSIONS - 2, "failed": 2})
        assert (run.spent.input_tokens, run.spent.output_tokens) == (fake.input_tokens, fake.output_tokens)
        assert run.spent.cost_usd == pytest.approx((3 * fake.input_tokens + 15 * fake.output_tokens) / 1e6)
        assert run.spent == keeper.tell(lambda store: store.spent(since_ns=0))


async def test_a_judge_that_refuses_the_key_fails_the_run_in_one_line_without_it(keeper: Keeper) -> None:
    with judge(key="another") as fake:
        run = await judged(keeper, fake)
        assert (run.state, counts(run), len(fake.seen)) == ("failed", {"failed": 1, "pending": SESSIONS - 1}, 1)
    assert "judge mine (judge-1) answered 401" in run.error
    assert f"sessions left for the next run: {SESSIONS - 1}" in run.error
    assert "\n" not in run.error
    assert KEY not in run.error


async def test_a_judge_that_is_down_fails_the_run_after_a_few_sessions(keeper: Keeper) -> None:
    run = await judged(keeper, FakeJudge(f"http://127.0.0.1:{free_port()}", threading.Event()))
    assert (run.state, counts(run)) == ("failed", {"failed": AWAY, "pending": SESSIONS - AWAY})
    assert "judge mine" in run.error
