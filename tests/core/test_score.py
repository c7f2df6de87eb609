"""Score cards: the formula by hand, the honest interval, missing components."""

import numpy as np
import pytest

from otel_quality.core.score import ROW, Config, cards, empty_card
from otel_quality.core.snapshot import Card, Key
from otel_quality.vocabulary.outcomes import Outcome
from tests.core.slow import Call, batch

KEY = Key("b", "m", "t")


def scored(*calls: Call, config: Config | None = None) -> Card:
    given = batch(list(calls)).responses
    rows = np.zeros((1, len(given)), ROW)
    for name in ROW.names or ():
        rows[name] = given[name]
    (card,) = cards([KEY], rows, np.array([len(given)]), config or Config())
    return card


def call(outcome: Outcome = Outcome.SUCCESS, latency_ms: float | None = 1000) -> Call:
    return Call(outcome=outcome, latency_ns=None if latency_ms is None else int(latency_ms * 1e6))


def test_the_composite_by_hand() -> None:
    card = scored(*[call()] * 7, call(Outcome.ERROR), call(Outcome.REFUSAL), call(Outcome.TIMEOUT, 11_000))
    assert card.components == pytest.approx({"success": 0.7, "error": 0.9, "refusal": 0.9, "timeout": 0.9, "latency": 0.8})
    assert card.score == 100 * (0.35 * 0.7 + 0.20 * 0.9 + 0.15 * 0.9 + 0.10 * 0.9 + 0.20 * 0.8)
    assert (card.samples, card.successes, card.errors, card.refusals, card.timeouts) == (10, 7, 1, 1, 1)
    assert (card.mean_latency_ms, card.p95_latency_ms) == (2000, 11_000)


def test_the_score_is_held_to_100_and_0() -> None:
    assert scored(call(latency_ms=0)).score == 100
    slow_errors = scored(*[call(Outcome.ERROR, 60_000)] * 5)
    assert (slow_errors.score, slow_errors.components["latency"]) == (25, 0)


def test_no_latency_is_not_zero_latency() -> None:
    card = scored(*[call(latency_ms=None)] * 6)
    assert (card.score, card.missing) == (100, ("latency",))
    assert "latency" not in card.components
    half = scored(*[call(latency_ms=None)] * 3, *[call(Outcome.ERROR, None)] * 3)
    assert half.score == pytest.approx(100 * (0.35 * 0.5 + 0.20 * 0.5 + 0.15 + 0.10) / 0.8, abs=0.01)


def test_no_data_is_all_zero() -> None:
    (card,) = cards([KEY], np.zeros((1, 4), ROW), np.array([0]), Config())
    assert card == empty_card(KEY)
    assert (card.score, card.samples, card.mean_latency_ms, set(card.components.values())) == (0, 0, 0, {0})


def test_few_samples_are_insufficient_data() -> None:
    assert [scored(*[call()] * n).state for n in (1, 4, 5)] == ["insufficient_data", "insufficient_data", "ok"]


def test_a_perfect_record_of_few_does_not_look_certain() -> None:
    few, many = scored(*[call()] * 5), scored(*[call()] * 100)
    assert few.score == many.score == 98
    assert few.interval[0] < 75 < 94 < many.interval[0] <= 98 <= many.interval[1]


def test_the_interval_narrows_with_samples() -> None:
    widths = [high - low for low, high in (scored(*[call(), call(Outcome.ERROR)] * n).interval for n in (2, 5, 20, 50))]
    assert widths == sorted(widths, reverse=True)


@pytest.mark.parametrize("n", [8, 30, 100])
@pytest.mark.parametrize("rates", [(0.97, 0.01, 0.01, 0.01), (0.8, 0.1, 0.05, 0.05), (0.5, 0.4, 0.05, 0.05)])
def test_the_interval_covers_the_true_score(n: int, rates: tuple[float, ...]) -> None:
    """Simulated responses of known rates and log-normal latency: at least 9 of 10 intervals hold the true score.

    Below the nominal 95 %: the mean of few log-normal latencies is skewed, as every interval for a mean is.
    """
    rng = np.random.default_rng(7)
    trials, median_ms, sigma = 1000, 1200, 0.8
    rows = np.zeros((trials, n), ROW)
    rows["outcome"] = rng.choice(4, size=(trials, n), p=rates)
    rows["latency_ns"] = (rng.lognormal(np.log(median_ms), sigma, (trials, n)) * 1e6).astype(np.int64)
    rows["ttft_ns"] = -1
    true_latency = 1 - median_ms * np.exp(sigma**2 / 2) / 10_000
    success, error, refusal, timeout = rates
    truth = 100 * (0.35 * success + 0.20 * (1 - error) + 0.15 * (1 - refusal) + 0.10 * (1 - timeout) + 0.20 * true_latency)
    found = cards([KEY] * trials, rows, np.full(trials, n), Config())
    assert sum(card.interval[0] <= truth <= card.interval[1] for card in found) / trials >= 0.90


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"window": 0}, "at least 1"),
        ({"worst_latency_ms": 0}, "above 0"),
        ({"success_weight": 0.5}, "add up to 1"),
        ({"error_weight": -0.2}, "at least 0"),
    ],
)
def test_wrong_settings_say_what_is_allowed(wrong: dict[str, float], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        Config(**wrong)  # type: ignore[arg-type]
