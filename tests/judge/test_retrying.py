"""Another attempt where it may help, after a wait; every attempt is paid for."""

import pytest

from otel_quality.core.evaluations.record import Spent
from otel_quality.judge import retrying
from otel_quality.judge.accounting import Meter
from otel_quality.judge.backends.calls import Reply, Request, Stop
from otel_quality.judge.backends.failures import CallFailed, Verdict
from otel_quality.judge.config import Backend
from otel_quality.judge.errors import JudgeError, JudgeFailed, JudgeUnavailable, JudgeUnusable

pytestmark = pytest.mark.anyio
REQUEST = Request("s" * 35, "u" * 35, {})
JUDGE = Backend("j", "openai", "m", url="http://127.0.0.1:1", input_usd_per_million=1_000_000)
REPLY = Reply("ok", Stop.END, 5, 1)
BUSY = CallFailed("busy", Verdict.AGAIN)


class Script:
    """Answers one after the other, and waits that are only noted."""

    def __init__(self, *outcomes: Reply | CallFailed) -> None:
        self._left = list(outcomes)
        self.waits: list[float] = []
        self.meter = Meter(JUDGE)

    async def call(self, request: Request) -> Reply:
        outcome = self._left.pop(0)
        if isinstance(outcome, CallFailed):
            raise outcome
        return outcome

    async def wait(self, seconds: float) -> None:
        self.waits.append(seconds)

    async def ask(self, *, retries: int = 3) -> Reply | None:
        return await retrying.ask(self.call, REQUEST, self.meter, retries=retries, wait=self.wait, chance=lambda: 0.5)


async def test_an_answer_is_taken_without_a_wait() -> None:
    script = Script(REPLY)
    assert await script.ask() is REPLY
    assert (script.waits, script.meter.spent) == ([], Spent(1, 5, 1, 5.0))


async def test_waits_double_and_a_backend_that_says_how_long_is_believed() -> None:
    script = Script(BUSY, BUSY, CallFailed("busy", Verdict.AGAIN, retry_after_s=60.0), REPLY)
    assert await script.ask() is REPLY
    assert script.waits == [1.0, 2.0, 60.5]
    assert script.meter.spent == Spent(4, 5, 1, 5.0)


async def test_what_a_backend_may_have_worked_on_is_paid_for() -> None:
    script = Script(CallFailed("cut", Verdict.AGAIN, worked=True), REPLY)
    await script.ask()
    assert script.meter.spent == Spent(2, 25, 1, 25.0)


@pytest.mark.parametrize(
    ("verdict", "error"),
    [(Verdict.AGAIN, JudgeUnavailable), (Verdict.FAILED, JudgeFailed), (Verdict.UNUSABLE, JudgeUnusable)],
)
async def test_a_verdict_decides_which_error_it_is(verdict: Verdict, error: type[JudgeError]) -> None:
    script = Script(*[CallFailed("why", verdict, worked=True)] * 3)
    with pytest.raises(JudgeError, match="why") as failed:
        await script.ask(retries=2)
    assert type(failed.value) is error
    assert failed.value.spent == script.meter.spent
    assert len(script.waits) == (2 if verdict is Verdict.AGAIN else 0)


async def test_a_backend_that_declines_is_asked_no_second_time() -> None:
    script = Script(CallFailed("no", Verdict.DECLINED))
    assert await script.ask() is None
    assert script.meter.spent == Spent(calls=1)


async def test_without_retries_the_first_failure_is_the_last() -> None:
    script = Script(BUSY)
    with pytest.raises(JudgeUnavailable, match=r"^busy$"):
        await script.ask(retries=0)
    assert script.waits == []


async def test_a_backend_that_asks_for_too_long_is_given_up_although_attempts_are_left() -> None:
    script = Script(CallFailed("busy", Verdict.AGAIN, retry_after_s=retrying.LONGEST_S + 1))
    with pytest.raises(JudgeUnavailable, match="asks to wait"):
        await script.ask()


def test_waits_differ_by_chance_between_half_and_one_and_a_half() -> None:
    assert retrying.delay_s(3, None, lambda: 0.0) == 4.0
    assert retrying.delay_s(3, None, lambda: 1.0) == 12.0
