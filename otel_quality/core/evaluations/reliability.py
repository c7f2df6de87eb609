"""Arithmetic of agreement: numbers in, an estimate with its 95 % interval and what it rests on out. Knows no judge and no session.

Decision: intervals of alpha, differences and correlations by a bootstrap over units with a fixed seed: no assumption about how scores are
spread, and the same numbers give the same interval. What enters each is a sum over units, so a resample is a row of a matrix product.
Decision: the interval of an AUC by Hanley's and McNeil's variance solved for its bounds (Newcombe 2006, method 5), because theirs and
DeLong's shrink to nothing where the AUC is 1, and a judge that was right ten times is not known to be right always.
"""

import math
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

RESAMPLES: Final = 1000
SEED: Final = 5
_TAILS: Final = (0.025, 0.975)
_Z: Final = 1.959964
_HALVINGS: Final = 40
"""Steps of bisection: what is left of 0-1 is below any figure that is told."""


class Estimate(NamedTuple):
    """A figure, its 95 % interval, and how many units it rests on; None where these tell nothing."""

    value: float | None
    low: float | None
    high: float | None
    samples: int


def krippendorff_alpha(units: Sequence[Sequence[float | None]]) -> Estimate:
    """Agreement between raters, interval metric: 1 is perfect, 0 what chance gives, below 0 they contradict each other.

    Args:
        units: of each thing that was rated what each rater said, None where one said nothing.

    Returns:
        Over the units that two raters or more said something about; no value where all said the same of everything.

    Source: Krippendorff 2011, "Computing Krippendorff's Alpha-Reliability".

    >>> round(krippendorff_alpha([(1, 1), (2, 2), (3, 2), (4, 4)]).value, 3)
    0.911
    """
    told = [(place, score) for place, unit in enumerate(units) for score in unit if score is not None]
    of, scores = np.array([place for place, _ in told], dtype=np.int64), np.array([score for _, score in told], dtype=np.float64)
    rated = np.bincount(of, minlength=len(units))[of] > 1
    of, scores = of[rated], scores[rated]
    if not len(scores):
        return Estimate(None, None, None, 0)
    scores -= scores.mean()
    _, of = np.unique(of, return_inverse=True)
    count, total, squares = np.bincount(of).astype(np.float64), np.bincount(of, scores), np.bincount(of, scores * scores)
    apart = scores - (total / count)[of]
    within = 2 * count / (count - 1) * np.bincount(of, apart * apart)
    return _bootstrapped(np.stack([count, total, squares, within], axis=1), _alpha)


def _alpha(sums: Floats) -> Floats:
    """Of rows of sums over units: ratings, what they sum to, their squares, squared differences within units."""
    count, total, squares, within = sums.T
    between = 2 * (squares - total * total / count) / (count - 1)
    return _ratio(between - within / count, between)


def mean_difference(pairs: Sequence[tuple[float, float]]) -> Estimate:
    """How far two scores of the same thing lie apart on the average, in their own unit; order does not matter.

    >>> mean_difference([(50, 60), (80, 80), (40, 35)]).value
    5.0
    """
    if not pairs:
        return Estimate(None, None, None, 0)
    return _bootstrapped(np.array([(1.0, abs(first - second)) for first, second in pairs]), lambda sums: sums[:, 1] / sums[:, 0])


def intraclass_correlation(pairs: Sequence[tuple[float, float]]) -> Estimate:
    """How much of the spread of scores is of the things scored and not of scoring them twice: ICC(1, 1), 1 is all, 0 is none.

    Returns:
        No value for fewer than two pairs, or where all scores are the same.

    Source: Shrout and Fleiss 1979, one-way random effects, single score.

    >>> round(intraclass_correlation([(10, 12), (50, 50), (90, 86), (30, 34)]).value, 3)
    0.996
    """
    if not pairs:
        return Estimate(None, None, None, 0)
    middle = float(np.mean(pairs))
    means = [((first + second) / 2 - middle, first - second) for first, second in pairs]
    return _bootstrapped(np.array([(1.0, mean, mean * mean, apart * apart) for mean, apart in means]), _icc)


def _icc(sums: Floats) -> Floats:
    """Of rows of sums over pairs: pairs, their means, the squares of these, squared differences within pairs."""
    count, total, squares, apart = sums.T
    between = _ratio(2 * (squares - total * total / count), count - 1)
    within = apart / 2 / count
    return _ratio(between - within, between + within)


def auc(scores: Sequence[float], outcomes: Sequence[bool]) -> Estimate:
    """How often a thing that came out well has the higher score than one that did not; ties count half. 0.5 is chance.

    Args:
        scores, outcomes: of the same things, in the same order.

    Returns:
        No value where all came out alike.

    Raises:
        ValueError: there are not as many outcomes as scores.

    >>> auc([90, 80, 40, 70], [True, True, False, False]).value
    1.0
    """
    if len(scores) != len(outcomes):
        raise ValueError(f"{len(scores)} scores and {len(outcomes)} outcomes; each score needs one")
    values, good = np.array(scores, dtype=np.float64), np.array(outcomes, dtype=bool)
    well, badly = np.sort(values[good]), np.sort(values[~good])
    if not len(well) or not len(badly):
        return Estimate(None, None, None, len(values))
    below = np.searchsorted(badly, well, "left").sum() + np.searchsorted(badly, well, "right").sum()
    value = float(below) / 2 / len(well) / len(badly)
    low, high = (_bound(value, len(well), len(badly), end) for end in (0.0, 1.0))
    return Estimate(value, low, high, len(values))


def _bound(value: float, well: int, badly: int, end: float) -> float:
    """The AUC between `value` and `end` that lies as far from the value as its own 95 % interval reaches."""
    inside, outside, extra = value, end, (well + badly) / 2 - 1
    for _ in range(_HALVINGS):
        at = (inside + outside) / 2
        spread = at * (1 - at) * (1 + extra * (1 - at) / (2 - at) + extra * at / (1 + at)) / (well * badly)
        if abs(at - value) <= _Z * math.sqrt(spread):
            inside = at
        else:
            outside = at
    return inside


def share(yes: int, samples: int) -> Estimate:
    """A share with Wilson's interval.

    >>> [round(each, 2) for each in share(9, 10)[:3]]
    [0.9, 0.6, 0.98]
    """
    if not samples:
        return Estimate(None, None, None, 0)
    rate, square = yes / samples, _Z * _Z / samples
    middle = (rate + square / 2) / (1 + square)
    reach = math.sqrt(rate * (1 - rate) * square + square * square / 4) / (1 + square)
    return Estimate(
        rate, min(max(middle - reach, 0.0), rate), max(min(middle + reach, 1.0), rate), samples
    )  # rounding leaves the ends apart


def mean_shift(differences: Sequence[float]) -> Estimate:
    """The mean of paired differences with Student's interval; no interval for fewer than two.

    >>> [round(each, 1) for each in mean_shift([1, 2, 3, 4, 5])[:3]]
    [3.0, 1.0, 5.0]
    """
    count = len(differences)
    if count < 2:
        return Estimate(differences[0] if differences else None, None, None, count)
    from scipy import special  # a quarter of a second that only this needs

    value = float(np.mean(differences))
    reach = float(special.stdtrit(count - 1, _TAILS[1])) * float(np.std(differences, ddof=1)) / math.sqrt(count)
    return Estimate(value, value - reach, value + reach, count)


def _bootstrapped(columns: Floats, statistic: Callable[[Floats], Floats]) -> Estimate:
    """A statistic of sums over units with its percentile interval.

    Args:
        columns: what each unit adds to each sum.
        statistic: of rows of sums, one value each; NaN where they tell nothing.
    """
    units = len(columns)
    value = float(statistic(columns.sum(axis=0, keepdims=True))[0])
    if math.isnan(value):
        return Estimate(None, None, None, units)
    drawn = np.random.default_rng(SEED).integers(0, units, (RESAMPLES, units)) + np.arange(RESAMPLES)[:, None] * units
    counts = np.bincount(drawn.ravel(), minlength=RESAMPLES * units).reshape(RESAMPLES, units)
    found = statistic(counts @ columns)
    low, high = np.quantile(found[~np.isnan(found)], _TAILS) if not np.isnan(found).all() else (value, value)
    return Estimate(value, float(low), float(high), units)


def _ratio(above: Floats, below: Floats) -> Floats:
    """NaN where nothing is below, but for what rounding leaves."""
    known = below > 1e-9
    return np.where(known, above / np.where(known, below, 1.0), np.nan)
