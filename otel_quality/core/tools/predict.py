"""From patterns to a probability of success and its reason in words, and how well such predictions did.

Decision: a prediction of 0.5 for want of data predicts nothing, so it enters neither accuracy nor calibration.
Decision: where parameters are given, only their own pattern counts; a caller who wants the tool's general rate asks without.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from otel_quality.core.tools.knowledge import Bin, ModelPerformance, Pattern, Tally

MIN_SAMPLES: Final = 3
"""Executions under which nothing is predicted."""
MIN_SAMPLES_OF_MODEL: Final = 5
"""Executions under which a model is no candidate for the best one."""
UNKNOWN: Final = 0.5
INSUFFICIENT: Final = "insufficient data"
WORDS: Final = ((0.9, "excellent"), (0.7, "good"), (0.5, "mixed"))
"""Lower bounds, excluded, and their words; at and under the last it is poor."""
POOR: Final = "poor"


class Forecast(NamedTuple):
    """What is predicted: the probability of success 0-1, why in words, and how many executions it rests on."""

    probability: float
    reason: str
    samples: int


def word(rate: float) -> str:
    """The word of a success rate.

    >>> [word(rate) for rate in (0.95, 0.9, 0.7, 0.5, 0.0)]
    ['excellent', 'good', 'mixed', 'poor', 'poor']
    """
    return next((name for bound, name in WORDS if rate > bound), POOR)


def forecast(pattern: Pattern | None) -> Forecast:
    """What a pattern lets expect.

    >>> forecast(None)
    Forecast(probability=0.5, reason='insufficient data', samples=0)
    """
    tally = pattern.tally if pattern else Tally()
    if tally.samples < MIN_SAMPLES:
        return Forecast(UNKNOWN, INSUFFICIENT, tally.samples)
    said = f"{word(tally.rate)}: {tally.successes} of {tally.samples} succeeded"
    return Forecast(tally.rate, said, tally.samples)


class Choice(NamedTuple):
    """The agent to give a tool to; None where nothing is known. Confidence is its success rate, 0.5 where nothing is known."""

    agent: str | None
    confidence: float
    samples: int


def optimal_agent(tallies: Iterable[tuple[str, Tally]]) -> Choice:
    """The agent with the highest success rate among those with enough samples (3); with equal rates the one with more of them."""
    known = [(tally.rate, tally.samples, agent) for agent, tally in tallies if agent and tally.samples >= MIN_SAMPLES]
    if not known:
        return Choice(None, UNKNOWN, 0)
    rate, samples, agent = min(known, key=lambda each: (-each[0], -each[1], each[2]))
    return Choice(agent, rate, samples)


def best_model(performances: Iterable[ModelPerformance], *, min_samples: int = MIN_SAMPLES_OF_MODEL) -> ModelPerformance | None:
    """Highest success rate, then lowest latency, among those of one task type with enough samples; None without any."""
    enough = [each for each in performances if each.tally.samples >= max(min_samples, 1)]
    return min(enough, key=lambda each: (-each.tally.rate, _latency(each), each.model), default=None)


def _latency(performance: ModelPerformance) -> float:
    return float("inf") if performance.mean_latency_ms is None else performance.mean_latency_ms


@dataclass(frozen=True, slots=True)
class CalibrationBin:
    """Predictions of one tenth: what was predicted on average, and what happened."""

    tenth: int
    samples: int
    mean_probability: float
    success_rate: float
    interval: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Accuracy:
    """How well predictions did.

    Attributes:
        accuracy: share of right ones, where 0.5 or more predicts success; 0.5 when unknown.
        brier: mean squared error of the probabilities, 0 is best; None when unknown.
    """

    matched: int
    accuracy: float
    brier: float | None
    bins: tuple[CalibrationBin, ...]


def accuracy(bins: Iterable[Bin], *, agent: str | None = None) -> Accuracy:
    """Of one agent, or of all together."""
    mine = [each for each in bins if agent is None or each.agent == agent]
    matched = sum(each.tally.samples for each in mine)
    if not matched:
        return Accuracy(0, UNKNOWN, None, ())
    tenths = tuple(_joined([each for each in mine if each.tenth == tenth]) for tenth in sorted({each.tenth for each in mine}))
    brier = sum(each.squared_error_sum for each in mine) / matched
    return Accuracy(matched, sum(each.correct for each in mine) / matched, brier, tenths)


def _joined(bins: Sequence[Bin]) -> CalibrationBin:
    tally = Tally(sum(each.tally.samples for each in bins), sum(each.tally.successes for each in bins))
    mean = sum(each.probability_sum for each in bins) / tally.samples
    return CalibrationBin(bins[0].tenth, tally.samples, mean, tally.rate, tally.interval)
