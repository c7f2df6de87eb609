"""Velocity: words and thresholds; which hours and weekdays stand out."""

import pytest

from otel_quality.core.tools.knowledge import Effect, Tally
from otel_quality.core.tools.velocity import stands_out, velocity


@pytest.mark.parametrize(
    ("recent", "before", "change", "trend"),
    [
        ((100, 86), (100, 80), 0.06, "accelerating"),
        ((100, 85), (100, 80), 0.05, "stable"),
        ((100, 80), (100, 80), 0.0, "stable"),
        ((100, 76), (100, 80), -0.04, "stable"),
        ((100, 75), (100, 80), -0.05, "declining"),
        ((10, 0), (10, 10), -1.0, "declining"),
        ((10, 0), (0, 0), 0.0, "stable"),
        ((0, 0), (10, 10), 0.0, "stable"),
    ],
)
def test_the_change_of_the_rate_in_words(recent: tuple[int, int], before: tuple[int, int], change: float, trend: str) -> None:
    said = velocity(Tally(*recent), Tally(*before))
    assert said.change == pytest.approx(change)
    assert said.trend == trend


def test_an_hour_stands_out_with_enough_samples_and_the_rest_outside_of_its_interval() -> None:
    overall = Tally(1000, 900)
    assert stands_out(Effect(3, Tally(40, 10)), overall)
    assert not stands_out(Effect(3, Tally(19, 0)), overall)
    assert not stands_out(Effect(3, Tally(40, 35)), overall)
    assert not stands_out(Effect(3, overall), overall)
