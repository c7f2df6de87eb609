"""A panel before a judge on the wire, through the real clients: what it says, what it costs, and what becomes of every misbehaviour."""

import asyncio
import sys
from dataclasses import replace

import pytest

from otel_quality.core.evaluations.record import Spent
from otel_quality.judge.config import Config
from otel_quality.judge.errors import JudgeError, JudgeFailed, JudgeUnavailable, JudgeUnusable
from otel_quality.judge.panel import DECLINED, Panel
from otel_quality.vocabulary.axes import AXES
from tests.flow.programs import free_port
from tests.judge.fake import FakeJudge
from tests.judge.panels import KEY, KEYS, RUBRIC, SESSION, WIRES, House, backend, counted, panel
from tests.judge.wire import RETRY_AFTER_S

pytestmark = pytest.mark.anyio
every_wire = pytest.mark.parametrize("wire", WIRES)
SOON_S = 40.0
"""Deadline for what should happen at once; a request that is held is held for longer."""


def about(spent: Spent) -> Spent:
    """The same but for rounding."""
    return replace(spent, cost_usd=pytest.approx(spent.cost_usd))


def expected(fake: FakeJudge, expert: str) -> dict[str, float | None]:
    record = fake.seen[-1].question.record
    return {axis: fake.opinion(record, expert, axis) for axis in AXES}


@every_wire
async def test_an_expert_scores_every_axis_and_its_tokens_are_those_that_the_judge_counted(
    house: House, fake: FakeJudge, wire: str
) -> None:
    asked = house.panel(wire)
    spent = Spent()
    for expert in asked.experts:
        said = await asked.assess(SESSION, expert)
        assert said.scores == expected(fake, expert)
        assert (said.expert, said.comment, said.refused) == (expert, "Message 1 shows it.", False)
        spent += said.spent
    assert [seen.question.expert for seen in fake.seen] == list(asked.experts) == ["planner", "tool user", "critic", "user's advocate"]
    assert spent == about(counted(fake))
    assert all(seen.key == KEY and seen.question.structured for seen in fake.seen)


@every_wire
@pytest.mark.parametrize("behaviour", ["fenced", "thinking"])
async def test_an_object_in_a_code_fence_or_after_thinking_is_taken(house: House, fake: FakeJudge, wire: str, behaviour: str) -> None:
    fake.then(behaviour)
    assert (await house.panel(wire).assess(SESSION, "critic")).scores == expected(fake, "critic")
    assert len(fake.seen) == 1


UNUSABLE = {
    "prose": "not one JSON object alone",
    "broken": "not one JSON object alone",
    "empty": "it was empty",
    "too_high": "goal_completion was not between 0 and 100",
    "negative": "efficiency was not between 0 and 100",
    "text_score": "efficiency was no number",
    "missing_axis": "communication was missing",
    "null_axis": "communication was null, but it applies to every session",
    "unknown_axis": "an axis that does not exist",
    "length": "it was cut off at 1500 tokens",
}


@every_wire
@pytest.mark.parametrize("behaviour", UNUSABLE)
async def test_an_unusable_answer_is_told_to_the_judge_once(house: House, fake: FakeJudge, wire: str, behaviour: str) -> None:
    fake.then(behaviour)
    said = await house.panel(wire).assess(SESSION, "critic")
    assert said.scores == expected(fake, "critic")
    assert UNUSABLE[behaviour] in fake.seen[1].question.outside
    assert said.spent == about(counted(fake))
    assert house.waits == []


@every_wire
async def test_a_second_unusable_answer_fails_the_session_and_is_paid_for(house: House, fake: FakeJudge, wire: str) -> None:
    fake.then("broken", "missing_axis", "good")
    with pytest.raises(JudgeFailed, match="as critic gave no usable answer, asked twice: communication was missing") as failed:
        await house.panel(wire).assess(SESSION, "critic")
    assert not isinstance(failed.value, JudgeUnusable)
    assert failed.value.spent == about(counted(fake))
    assert len(fake.seen) == 2


@every_wire
async def test_a_refusal_is_recorded_as_one_and_not_asked_again(house: House, fake: FakeJudge, wire: str) -> None:
    fake.then("refusal")
    said = await house.panel(wire).assess(SESSION, "critic")
    assert (said.refused, said.comment, set(said.scores.values())) == (True, "I will not judge this.", {None})
    assert said.spent == about(counted(fake))
    assert len(fake.seen) == 1


@pytest.mark.parametrize("wire", ["openai", "litellm-openai"])
async def test_a_filter_that_answers_400_is_a_refusal(house: House, fake: FakeJudge, wire: str) -> None:
    fake.then("filtered")
    said = await house.panel(wire).assess(SESSION, "critic")
    assert (said.refused, said.comment) == (True, DECLINED)


BUSY = {
    "limited": [RETRY_AFTER_S + 0.5],
    "limited_by_date": [9.5],
    "error": [1.0],
    "overloaded": [1.0],
    "unavailable": [1.5],
    "cut": [1.0],
    "garbage": [1.0],
}


@every_wire
@pytest.mark.parametrize("behaviour", BUSY)
async def test_a_busy_or_broken_judge_is_asked_again_after_a_wait(house: House, fake: FakeJudge, wire: str, behaviour: str) -> None:
    fake.then(behaviour)
    said = await house.panel(wire).assess(SESSION, "critic")
    assert said.scores == expected(fake, "critic")
    assert house.waits == BUSY[behaviour]
    assert said.spent.calls == len(fake.seen) == 2


@every_wire
async def test_waits_grow_until_the_judge_is_given_up(house: House, fake: FakeJudge, wire: str) -> None:
    fake.always = "error"
    with pytest.raises(JudgeUnavailable, match=r"judge house judge .* answered 500: .*internal.*error.*\(3 attempts\)$") as failed:
        await house.panel(wire).assess(SESSION, "critic")
    assert house.waits == [1.0, 2.0]
    assert failed.value.spent == Spent(calls=3)
    assert "\n" not in str(failed.value)


@every_wire
async def test_a_judge_that_asks_for_an_hour_is_given_up_at_once(house: House, fake: FakeJudge, wire: str) -> None:
    fake.then("limited_for_long")
    with pytest.raises(JudgeUnavailable, match="it asks to wait 3600 s"):
        await house.panel(wire).assess(SESSION, "critic")
    assert house.waits == []


@every_wire
async def test_what_a_broken_connection_took_is_counted_by_an_estimate(house: House, fake: FakeJudge, wire: str) -> None:
    fake.then("cut")
    asked = house.panel(wire)
    spent = (await asked.assess(SESSION, "critic")).spent
    told = fake.seen[1]
    assert told.input_tokens * 2 < spent.input_tokens < told.input_tokens * 3
    assert spent.output_tokens == told.output_tokens


@every_wire
async def test_a_judge_that_does_not_answer_in_time_is_given_up(house: House, fake: FakeJudge, wire: str) -> None:
    fake.then("slow")
    asked = house.panel(wire, timeout_s=1.0, config=Config(retries=0))
    with pytest.raises(JudgeUnavailable, match="gave no answer within 1 s"):
        await asyncio.wait_for(asked.assess(SESSION, "critic"), SOON_S)


@every_wire
@pytest.mark.parametrize(("behaviour", "error"), [("too_long", JudgeFailed), ("no_model", JudgeUnusable), ("no_quota", JudgeUnusable)])
async def test_what_would_fail_each_time_is_not_asked_again(
    house: House, fake: FakeJudge, wire: str, behaviour: str, error: type[JudgeError]
) -> None:
    if (wire, behaviour) == ("litellm-anthropic", "no_quota"):
        return  # Anthropic has no such answer, and LiteLLM tells no code
    fake.then(behaviour)
    with pytest.raises(error) as failed:
        await house.panel(wire).assess(SESSION, "critic")
    assert type(failed.value) is error
    assert (house.waits, len(fake.seen)) == ([], 1)


@every_wire
async def test_a_wrong_key_ends_everything_and_is_not_repeated(house: House, fake: FakeJudge, wire: str) -> None:
    fake.key = "another"
    with pytest.raises(JudgeUnusable, match="answered 401") as failed:
        await house.panel(wire).assess(SESSION, "critic")
    assert KEY not in str(failed.value)
    assert failed.value.__cause__ is None


async def test_a_judge_that_is_not_there_is_unavailable(fake: FakeJudge) -> None:
    nowhere = backend(fake, url=f"http://127.0.0.1:{free_port()}/v1")
    for wire in ("openai", "anthropic", "litellm"):
        with pytest.raises(JudgeUnavailable) as failed:
            await panel(replace(nowhere, protocol=wire, model="openai/m"), config=Config(retries=1)).assess(SESSION, "critic")
        assert failed.value.spent == Spent(calls=2)


@every_wire
async def test_a_server_without_structured_output_is_asked_for_the_form_in_words(house: House, fake: FakeJudge, wire: str) -> None:
    fake.structured = False
    assert (await house.panel(wire, structured=False).assess(SESSION, "critic")).scores == expected(fake, "critic")
    with pytest.raises(JudgeFailed, match="set structured = false"):
        await house.panel(wire).assess(SESSION, "critic")


@pytest.mark.parametrize("wire", ["openai", "anthropic"])
async def test_a_key_of_the_environment_goes_to_no_server_of_ones_own(
    house: House, fake: FakeJudge, wire: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID", "ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN"):
        monkeypatch.setenv(name, "not-for-you")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("ANTHROPIC_BASE_URL", "http://127.0.0.1:1")
    fake.key = ""
    await house.panel(wire, key_env="").assess(SESSION, "critic")
    assert "not-for-you" not in fake.seen[0].headers.values()
    assert fake.seen[0].key == "none"


async def test_a_temperature_is_sent_where_it_is_set(house: House, fake: FakeJudge) -> None:
    for wire in WIRES:
        await house.panel(wire).assess(SESSION, "critic")
        await house.panel(wire, temperature=0.5).assess(SESSION, "critic")
    assert [seen.question.body.get("temperature") for seen in fake.seen] == [None, 0.5] * len(WIRES)


async def test_a_server_that_tells_no_usage_is_accounted_by_an_estimate(house: House, fake: FakeJudge) -> None:
    for wire in ("openai", "litellm-openai"):
        fake.then("no_usage")
        spent = (await house.panel(wire).assess(SESSION, "critic")).spent
        assert fake.seen[-1].input_tokens < spent.input_tokens < 1.5 * fake.seen[-1].input_tokens


async def test_an_estimate_is_near_what_a_panel_takes(house: House, fake: FakeJudge) -> None:
    asked = house.panel()
    estimate = asked.estimate(SESSION)
    for expert in asked.experts:
        await asked.assess(SESSION, expert)
    assert estimate.calls == 4
    assert fake.input_tokens < estimate.input_tokens < 1.5 * fake.input_tokens
    assert estimate.cost_usd == pytest.approx((estimate.input_tokens * 3 + estimate.output_tokens * 15) / 1e6)
    assert house.panel(config=Config(max_transcript_chars=1000)).estimate(SESSION).input_tokens == estimate.input_tokens


@every_wire
async def test_cancelling_does_not_wait_for_the_judge(house: House, fake: FakeJudge, wire: str) -> None:
    fake.always = "slow"
    task = asyncio.create_task(house.panel(wire).assess(SESSION, "critic"))
    assert await asyncio.to_thread(fake.held.wait, SOON_S)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(task, SOON_S)


async def test_cancelling_ends_a_wait_for_the_next_attempt(house: House, fake: FakeJudge) -> None:
    waiting = asyncio.Event()

    async def wait(seconds: float) -> None:
        waiting.set()
        await asyncio.Event().wait()

    fake.always = "limited"
    task = asyncio.create_task(panel(backend(fake), wait=wait).assess(SESSION, "critic"))
    await asyncio.wait_for(waiting.wait(), SOON_S)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(task, SOON_S)


async def test_versions_are_the_protocol_with_the_model_and_the_rubric_with_its_digest(house: House, fake: FakeJudge) -> None:
    versions = house.panel().versions
    assert versions.judge == "1:judge-1"
    assert versions.rubric == RUBRIC.version


async def test_an_expert_that_is_not_on_the_panel_is_named(house: House, fake: FakeJudge) -> None:
    with pytest.raises(ValueError, match="no expert poet; it has planner, tool user, critic, user's advocate"):
        await house.panel().assess(SESSION, "poet")


def test_a_missing_key_or_library_is_told_before_the_first_call(fake: FakeJudge, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(JudgeUnusable, match="needs its key in the environment variable JUDGE_KEY, which is not set"):
        Panel(backend(fake), RUBRIC, Config())
    for key in ("schlüssel", "two\nlines"):
        with pytest.raises(JudgeUnusable, match="JUDGE_KEY holds for judge house judge cannot be a key") as unusable:
            Panel(backend(fake), RUBRIC, Config(), keys={"JUDGE_KEY": key})
        assert key not in str(unusable.value)
    for name, extra in (("openai", "judge"), ("anthropic", "judge"), ("litellm", "judge,litellm")):
        monkeypatch.setitem(sys.modules, name, None)
        with pytest.raises(JudgeUnusable, match=rf"pip install 'otel-quality\[server,{extra}\]'"):
            Panel(backend(fake, name), RUBRIC, Config(), keys=KEYS)
