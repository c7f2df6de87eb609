"""Asks again where that may help: after 429, 5xx, a timeout or a broken connection, each time after a longer wait.

The wait doubles from BASE_S, by chance between half and one and a half of that, so that many calls that failed together do not come
back together. A backend that says how long to wait is believed up to LONGEST_S; one that asks for more is given up for now.

Reads no clock: how to wait is an argument.
"""

from collections.abc import Awaitable, Callable
from typing import Final

from otel_quality.judge.accounting import Meter
from otel_quality.judge.backends.calls import Reply, Request
from otel_quality.judge.backends.failures import CallFailed, Verdict
from otel_quality.judge.errors import JudgeFailed, JudgeUnavailable, JudgeUnusable

BASE_S: Final = 1.0
MOST_S: Final = 30.0
"""Longest wait of our own choice."""
LONGEST_S: Final = 120.0
"""Longest wait that a backend may ask for."""

Ask = Callable[[Request], Awaitable[Reply]]
Wait = Callable[[float], Awaitable[object]]
Chance = Callable[[], float]
"""Numbers from 0 to 1."""


async def ask(call: Ask, request: Request, meter: Meter, *, retries: int, wait: Wait, chance: Chance) -> Reply | None:
    """The answer; None where the backend declines.

    Args:
        meter: takes what every attempt took.
        retries: attempts after the first.

    Raises:
        JudgeUnavailable, JudgeFailed, JudgeUnusable: with what the attempts took.
    """
    for attempt in range(retries + 1):
        try:
            reply = await call(request)
        except CallFailed as failure:
            meter.failed(request, failure)
            if failure.verdict is Verdict.DECLINED:
                return None
            delay = delay_s(attempt, failure.retry_after_s, chance)
            _give_up(failure, attempt, retries, delay, meter)
            await wait(delay)
        else:
            meter.answered(request, reply)
            return reply
    raise AssertionError("the last attempt answers or gives up")


def delay_s(attempt: int, retry_after_s: float | None, chance: Chance) -> float:
    """How long to wait after the attempt of this number, from 0.

    >>> [delay_s(attempt, None, lambda: 0.5) for attempt in range(7)]
    [1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0]
    >>> delay_s(0, 7.5, lambda: 0.5)
    8.0
    """
    ours = min(MOST_S, BASE_S * float(2**attempt))
    if retry_after_s is None:
        return ours * (0.5 + chance())
    return retry_after_s + BASE_S * chance()


def _give_up(failure: CallFailed, attempt: int, retries: int, delay: float, meter: Meter) -> None:
    """Raise where another attempt would not help, or is one too many."""
    if failure.verdict is Verdict.UNUSABLE:
        raise JudgeUnusable(str(failure), spent=meter.spent) from None
    if failure.verdict is not Verdict.AGAIN:
        raise JudgeFailed(str(failure), spent=meter.spent) from None
    if delay > LONGEST_S + BASE_S:
        raise JudgeUnavailable(f"{failure}; it asks to wait {delay:.0f} s", spent=meter.spent) from None
    if attempt == retries:
        times = f" ({attempt + 1} attempts)" if attempt else ""
        raise JudgeUnavailable(f"{failure}{times}", spent=meter.spent) from None
