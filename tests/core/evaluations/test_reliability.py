"""Agreement against slow versions written as the definitions are, and against the `krippendorff` package."""

import itertools
import math
import statistics
from collections.abc import Sequence

import krippendorff
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from otel_quality.core.evaluations.reliability import (
    Estimate,
    auc,
    intraclass_correlation,
    krippendorff_alpha,
    mean_difference,
    mean_shift,
    share,
)

SCORES = st.integers(0, 100).map(float)
UNITS = st.integers(2, 5).flatmap(
    lambda raters: st.lists(st.lists(st.none() | SCORES, min_size=raters, max_size=raters), min_size=1, max_size=12)
)
PAIRS = st.lists(st.tuples(SCORES, SCORES), min_size=2, max_size=15)

UNHURRIED = settings(deadline=None)
"""A busy machine is no failure."""


def slow_alpha(units: Sequence[Sequence[float | None]]) -> float | None:
    """Observed over expected disagreement, pair by pair."""
    rated = [told for unit in units if len(told := [score for score in unit if score is not None]) > 1]
    every = [score for unit in rated for score in unit]
    if len(set(every)) < 2:
        return None
    observed = sum((a - b) ** 2 / (len(unit) - 1) for unit in rated for a, b in itertools.permutations(unit, 2)) / len(every)
    expected = sum((a - b) ** 2 for a, b in itertools.permutations(every, 2)) / len(every) / (len(every) - 1)
    return 1 - observed / expected


@UNHURRIED
@given(UNITS)
def test_alpha_is_that_of_its_definition(units: list[list[float | None]]) -> None:
    found, slow = krippendorff_alpha(units).value, slow_alpha(units)
    assert found == (slow if slow is None else pytest.approx(slow, abs=1e-9))


@UNHURRIED
@given(UNITS.filter(lambda units: slow_alpha(units) is not None))
def test_alpha_is_that_of_the_krippendorff_package(units: list[list[float | None]]) -> None:
    theirs = krippendorff.alpha(np.array(units, dtype=float).T, level_of_measurement="interval")
    assert krippendorff_alpha(units).value == pytest.approx(float(theirs), abs=1e-9)


def test_alpha_rests_on_what_two_raters_or_more_rated() -> None:
    units = [(1, 2, None), (5, None, None), (None, None, None), (9, 9, 8)]
    assert krippendorff_alpha(units).samples == 2
    assert krippendorff_alpha(units[1:3]) == Estimate(None, None, None, 0)
    assert krippendorff_alpha([(50, 50)] * 20) == Estimate(None, None, None, 20)


def simulated(noise: float, *, units: int = 60, raters: int = 4) -> list[list[float | None]]:
    rng = np.random.default_rng(3)
    return [[float(of + rng.normal(0, noise)) for _ in range(raters)] for of in rng.uniform(0, 100, units)]


def test_raters_that_see_the_same_agree_and_raters_that_guess_do_not() -> None:
    good, bad = krippendorff_alpha(simulated(5)), krippendorff_alpha(simulated(500))
    assert good.low is not None
    assert good.low > 0.9
    assert bad.low is not None
    assert bad.high is not None
    assert bad.low < 0.1 < 0.3 > bad.high


def test_intervals_are_the_same_every_time_hold_the_value_and_narrow_with_more_units() -> None:
    few, many = krippendorff_alpha(simulated(20, units=15)), krippendorff_alpha(simulated(20, units=500))
    assert few == krippendorff_alpha(simulated(20, units=15))
    widths = []
    for each in (few, many):
        assert None not in each
        assert each.low < each.value < each.high  # type: ignore[operator]
        widths.append(each.high - each.low)  # type: ignore[operator]
    assert widths[1] < widths[0] / 3


def test_the_interval_of_alpha_holds_the_truth_about_as_often_as_it_says() -> None:
    rng = np.random.default_rng(4)
    truth, held, tries = 900 / (900 + 100), 0, 100
    for _ in range(tries):
        units = [[float(of + rng.normal(0, 10)) for _ in range(3)] for of in rng.normal(50, 30, 60)]
        found = krippendorff_alpha(units)
        held += found.low <= truth <= found.high  # type: ignore[operator]
    assert held >= 85


@UNHURRIED
@given(PAIRS)
def test_the_difference_of_pairs_is_their_mean_distance_whatever_their_order(pairs: list[tuple[float, float]]) -> None:
    found = mean_difference(pairs)
    assert found.value == pytest.approx(statistics.fmean(abs(a - b) for a, b in pairs))
    assert found == mean_difference([(b, a) for a, b in pairs])
    assert found.low <= found.value + 1e-9  # type: ignore[operator]
    assert found.high >= found.value - 1e-9  # type: ignore[operator]


def slow_icc(pairs: Sequence[tuple[float, float]]) -> float | None:
    """Mean squares between and within, as in a table of variances."""
    every = [score for pair in pairs for score in pair]
    if len(set(every)) < 2:
        return None
    grand = statistics.fmean(every)
    between = sum(2 * (statistics.fmean(pair) - grand) ** 2 for pair in pairs) / (len(pairs) - 1)
    within = sum((score - statistics.fmean(pair)) ** 2 for pair in pairs for score in pair) / len(pairs)
    return (between - within) / (between + within)


@UNHURRIED
@given(PAIRS)
def test_the_correlation_is_that_of_the_table_of_variances(pairs: list[tuple[float, float]]) -> None:
    found, slow = intraclass_correlation(pairs).value, slow_icc(pairs)
    assert found == (slow if slow is None else pytest.approx(slow, abs=1e-7))


def test_nothing_tells_nothing() -> None:
    for found in (mean_difference([]), intraclass_correlation([]), auc([], []), share(0, 0), mean_shift([])):
        assert found == Estimate(None, None, None, 0)
    assert intraclass_correlation([(1, 2)]).value is None
    assert mean_shift([4.0]) == Estimate(4.0, None, None, 1)


def slow_auc(scores: Sequence[float], outcomes: Sequence[bool]) -> float | None:
    told = list(zip(scores, outcomes, strict=True))
    wins = [(a > b) + (a == b) / 2 for a, well in told if well for b, other in told if not other]
    return statistics.fmean(wins) if wins else None


@UNHURRIED
@given(st.lists(st.tuples(st.integers(0, 9).map(float), st.booleans()), max_size=30))
def test_auc_is_the_share_of_pairs_in_the_right_order(told: list[tuple[float, bool]]) -> None:
    scores, outcomes = [each[0] for each in told], [each[1] for each in told]
    found, slow = auc(scores, outcomes), slow_auc(scores, outcomes)
    assert found.samples == len(told)
    assert found.value == (slow if slow is None else pytest.approx(slow))
    if found.value is not None:
        assert 0 <= found.low <= found.value <= found.high <= 1  # type: ignore[operator]


def test_the_interval_of_an_auc_is_hanleys_and_mcneils_solved_for_its_bounds() -> None:
    scores, outcomes = [float(each) for each in range(20)], [each % 3 > 0 for each in range(20)]
    found = auc(scores, outcomes)
    well = sum(outcomes)
    badly = 20 - well
    for bound in found[1:3]:
        assert bound is not None
        q1, q2 = bound / (2 - bound), 2 * bound * bound / (1 + bound)
        # Newcombe puts the mean of both group sizes in the place of each.
        each = (well + badly) / 2 - 1
        variance = (bound * (1 - bound) + each * (q1 - bound**2) + each * (q2 - bound**2)) / (well * badly)
        assert abs(bound - found.value) == pytest.approx(1.959964 * math.sqrt(variance), abs=1e-6)  # type: ignore[operator]


def test_a_judge_that_was_always_right_is_not_known_to_be_right_always() -> None:
    found = auc([9.0] * 5 + [1.0] * 5, [True] * 5 + [False] * 5)
    assert (found.value, found.high) == (1.0, pytest.approx(1.0))
    assert found.low is not None
    assert 0.5 < found.low < 0.85


def test_every_score_needs_an_outcome() -> None:
    with pytest.raises(ValueError, match="2 scores and 1 outcomes"):
        auc([1, 2], [True])


@UNHURRIED
@given(st.integers(1, 200).flatmap(lambda samples: st.tuples(st.integers(0, samples), st.just(samples))))
def test_a_share_lies_in_its_interval_within_0_and_1(told: tuple[int, int]) -> None:
    found = share(*told)
    assert found.value == told[0] / told[1]
    assert 0 <= found.low <= found.value <= found.high <= 1  # type: ignore[operator]


@UNHURRIED
@given(st.lists(st.floats(-50, 50), min_size=2, max_size=20))
def test_a_mean_shift_has_students_interval(differences: list[float]) -> None:
    found = mean_shift(differences)
    mean, deviation = statistics.fmean(differences), statistics.stdev(differences)
    assert found.value == pytest.approx(mean, abs=1e-9)
    quantile = {2: 12.7062, 5: 2.7764, 7: 2.4469, 20: 2.0930}.get(len(differences))
    if quantile:
        assert found.high - mean == pytest.approx(quantile * deviation / math.sqrt(len(differences)), rel=1e-4, abs=1e-6)  # type: ignore[operator]
