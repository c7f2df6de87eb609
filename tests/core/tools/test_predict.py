"""Predictions: words and thresholds, the choice of agent and model, and how well predictions did."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otel_quality.core.tools.knowledge import Bin, ModelPerformance, Pattern, Tally
from otel_quality.core.tools.predict import UNKNOWN, Choice, accuracy, best_model, forecast, optimal_agent


def pattern(successes: int, samples: int) -> Pattern:
    return Pattern("git_status", "ff", "ezra", "m1", Tally(samples, successes), None, None, 0)


@pytest.mark.parametrize(
    ("successes", "samples", "probability", "reason"),
    [
        (10, 10, 1.0, "excellent: 10 of 10 succeeded"),
        (91, 100, 0.91, "excellent"),
        (9, 10, 0.9, "good"),
        (71, 100, 0.71, "good"),
        (7, 10, 0.7, "mixed"),
        (51, 100, 0.51, "mixed"),
        (5, 10, 0.5, "poor"),
        (0, 3, 0.0, "poor"),
        (2, 2, 0.5, "insufficient data"),
        (0, 0, 0.5, "insufficient data"),
    ],
)
def test_the_success_rate_in_words(successes: int, samples: int, probability: float, reason: str) -> None:
    said = forecast(pattern(successes, samples))
    assert (said.probability, said.samples) == (probability, samples)
    assert said.reason.startswith(reason)


def test_the_agent_with_the_highest_rate_is_chosen_with_that_rate_as_confidence() -> None:
    assert optimal_agent([("a", Tally(10, 8)), ("b", Tally(4, 4)), ("c", Tally(2, 2)), ("", Tally(9, 9))]) == Choice("b", 1.0, 4)
    assert optimal_agent([("a", Tally(4, 4)), ("b", Tally(5, 5))]).agent == "b"
    assert optimal_agent([("c", Tally(2, 2))]) == Choice(None, 0.5, 0)
    assert optimal_agent([]) == Choice(None, 0.5, 0)


def test_the_best_model_has_the_highest_rate_then_the_lowest_latency_among_those_with_five() -> None:
    def of(model: str, samples: int, successes: int, latency_ms: float | None) -> ModelPerformance:
        return ModelPerformance(model, "testing", Tally(samples, successes), latency_ms, None, None)

    slow, fast, unknown, few, worse = of("s", 10, 9, 90), of("f", 10, 9, 20), of("u", 10, 9, None), of("x", 4, 4, 1), of("w", 50, 44, 1)
    assert best_model([unknown, slow, fast, few, worse]) == fast
    assert best_model([unknown, slow]) == slow
    assert best_model([few]) is None
    assert best_model([few], min_samples=4) == few


def of_tenth(agent: str, tenth: int, samples: int, successes: int, correct: int) -> Bin:
    return Bin(agent, tenth, Tally(samples, successes), correct, samples * (tenth + 0.5) / 10, samples * 0.1)


def test_accuracy_is_one_half_when_unknown() -> None:
    assert (accuracy([]).accuracy, accuracy([]).brier, accuracy([]).matched) == (UNKNOWN, None, 0)
    assert accuracy([of_tenth("max", 9, 4, 4, 4)], agent="ezra").accuracy == 0.5


def test_accuracy_brier_and_calibration_join_the_bins_of_all_agents_or_one() -> None:
    bins = [of_tenth("ezra", 9, 4, 3, 3), of_tenth("max", 9, 4, 4, 4), of_tenth("max", 1, 2, 1, 1)]
    everyone = accuracy(bins)
    assert (everyone.matched, everyone.accuracy, everyone.brier) == (10, 0.8, pytest.approx(0.1))
    assert [(each.tenth, each.samples, each.success_rate) for each in everyone.bins] == [(1, 2, 0.5), (9, 8, 0.875)]
    assert everyone.bins[1].mean_probability == pytest.approx(0.95)
    assert accuracy(bins, agent="ezra").accuracy == 0.75


@given(samples=st.integers(0, 10_000), share=st.floats(0, 1))
def test_the_interval_holds_the_rate_and_shrinks_with_samples(samples: int, share: float) -> None:
    tally = Tally(samples, round(samples * share))
    low, high = tally.interval
    assert 0 <= low <= high <= 1
    if samples:
        assert low - 1e-12 <= tally.rate <= high + 1e-12
        wider = Tally(samples * 4, tally.successes * 4).interval
        assert wider[1] - wider[0] <= high - low + 1e-12
