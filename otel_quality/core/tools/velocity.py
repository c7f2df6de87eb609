"""Is it getting better: the success rate of the last 3 days minus that of the 3 days before."""

from typing import Final, NamedTuple

from otel_quality.core.tools.knowledge import Effect, Tally

DAYS: Final = 3
ACCELERATING: Final = 0.05
STABLE: Final = -0.05
"""Lower bounds, excluded; at and under the last it is declining."""
MIN_SAMPLES_OF_EFFECT: Final = 20


class Velocity(NamedTuple):
    """The change of the success rate, -1 to 1, in words, and what it rests on. Without executions on either side it is 0."""

    change: float
    trend: str
    recent: Tally
    before: Tally


def velocity(recent: Tally, before: Tally) -> Velocity:
    """Compare two stretches of time.

    >>> velocity(Tally(10, 9), Tally(10, 8)).trend
    'accelerating'
    >>> velocity(Tally(10, 9), Tally()).trend
    'stable'
    """
    change = recent.rate - before.rate if recent.samples and before.samples else 0.0
    # Rates are fractions: the tenth place past a bound is rounding, not learning.
    level = round(change, 9)
    trend = "accelerating" if level > ACCELERATING else "stable" if level > STABLE else "declining"
    return Velocity(change, trend, recent, before)


def stands_out(effect: Effect, overall: Tally) -> bool:
    """Whether an hour or weekday differs from the rest: enough samples (20), and the rest's rate is outside of its interval."""
    rest = Tally(overall.samples - effect.tally.samples, overall.successes - effect.tally.successes)
    low, high = effect.tally.interval
    return effect.tally.samples >= MIN_SAMPLES_OF_EFFECT and rest.samples > 0 and not low <= rest.rate <= high
