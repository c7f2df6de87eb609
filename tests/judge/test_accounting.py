"""Tokens as the backend counts them, else by an estimate that is rather too high; and their price."""

import pytest

from otel_quality.core.evaluations.record import Spent
from otel_quality.judge import accounting
from otel_quality.judge.accounting import Meter
from otel_quality.judge.backends.calls import Reply, Request, Stop
from otel_quality.judge.backends.failures import CallFailed, Verdict
from otel_quality.judge.config import Backend

JUDGE = Backend("j", "openai", "m", url="http://127.0.0.1:1", input_usd_per_million=3.0, output_usd_per_million=15.0)
REQUEST = Request("x" * 350, "y" * 700, {})


def test_prices_are_per_million_tokens() -> None:
    assert accounting.spent(JUDGE, 1_000_000, 100_000, calls=4) == Spent(4, 1_000_000, 100_000, pytest.approx(4.5))


def test_a_judge_without_prices_costs_nothing_that_is_counted() -> None:
    free = Backend("j", "openai", "m", url="http://127.0.0.1:1")
    assert accounting.spent(free, 10**6, 10**6).cost_usd == 0


def test_what_the_backend_tells_goes_before_any_estimate() -> None:
    meter = Meter(JUDGE)
    meter.answered(REQUEST, Reply("z" * 70, Stop.END, 5, 3))
    meter.answered(REQUEST, Reply("z" * 70, Stop.END))
    meter.failed(REQUEST, CallFailed("429", Verdict.AGAIN))
    meter.failed(REQUEST, CallFailed("cut", Verdict.AGAIN, worked=True))
    assert (meter.spent.calls, meter.spent.input_tokens, meter.spent.output_tokens) == (4, 5 + 300 + 300, 3 + 20)


@pytest.mark.parametrize(
    "text", ["Plain English words, most of them short, with some marks.", "日本語のテキスト", '{"a": [1, 2, {"b": null}]}']
)
def test_an_estimate_is_rather_too_high(text: str) -> None:
    words = len(text.replace(",", " ").split())
    assert accounting.tokens(text) >= words
    assert accounting.tokens("") == 0
    assert accounting.tokens("\ud800") == 1
