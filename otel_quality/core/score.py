"""Score cards: what the windows say about quality, for many keys at once.

The composite is 100 * sum(weight * component) over the components of `vocabulary.measures`, held to 0-100 and rounded to
2 places. A component that no response carried is left out and its weight spread over the others: no latency is not zero
latency.

Decision: the 95 % interval joins two intervals by MOVER (Zou and Donner, Statistics in Medicine 27, 2008): Wilson's for the
mean of what an outcome is worth (a number between a worst and a best, so Wilson's binomial variance is an upper bound),
Student's for the mean latency. It stays honest where every response succeeded: the Wilson part does not shrink to a point.
"""

from dataclasses import dataclass
from statistics import NormalDist
from typing import Final

import numpy as np
from numpy.typing import NDArray

from otel_quality.core.observation import EVENT, MISSING, Bools, Ints, Rows
from otel_quality.core.snapshot import Card, Key
from otel_quality.vocabulary import measures
from otel_quality.vocabulary.outcomes import SCORED

Floats = NDArray[np.float64]

ROW: Final = np.dtype([*EVENT, ("latency_ns", np.int64), ("ttft_ns", np.int64), ("outcome", np.uint8)])
"""What a score window keeps of a response: 49 bytes."""

_NS_PER_MS: Final = 1e6
_OUTCOME_COMPONENTS: Final = SCORED
_Z: Final = NormalDist().inv_cdf(0.975)
_T_SMALL: Final = (12.7062, 4.3027, 3.1824, 2.7764, 2.5706, 2.4469, 2.3646, 2.3060, 2.2622, 2.2281)
"""Student's 0.975 quantile for 1 to 10 degrees of freedom; beyond, Cornish-Fisher's expansion errs by less than 0.001."""


@dataclass(frozen=True, slots=True)
class Config:
    """How a score is made.

    Attributes:
        window: responses in a window; 1 to 10000.
        min_samples: under it a card says `insufficient_data`; >= 1.
        worst_latency_ms: mean latency at which the latency component is 0; > 0.
        success_weight, error_weight, refusal_weight, timeout_weight, latency_weight: shares of the composite; >= 0, their sum is 1.
    """

    window: int = measures.WINDOW
    min_samples: int = measures.MIN_SAMPLES
    worst_latency_ms: float = measures.WORST_LATENCY_MS
    success_weight: float = measures.COMPONENTS[0].weight
    error_weight: float = measures.COMPONENTS[1].weight
    refusal_weight: float = measures.COMPONENTS[2].weight
    timeout_weight: float = measures.COMPONENTS[3].weight
    latency_weight: float = measures.COMPONENTS[4].weight

    def __post_init__(self) -> None:
        if not 1 <= self.window <= 10_000 or self.min_samples < 1:
            raise ValueError("window must be 1 to 10000 and min_samples at least 1")
        if not self.worst_latency_ms > 0:
            raise ValueError("worst_latency_ms must be above 0")
        if min(self.weights) < 0 or abs(sum(self.weights) - 1) > 1e-9:
            raise ValueError(f"the five weights must be at least 0 and add up to 1, they are {', '.join(map(str, self.weights))}")

    @property
    def weights(self) -> tuple[float, float, float, float, float]:
        """In the order of `measures.COMPONENTS`."""
        return (self.success_weight, self.error_weight, self.refusal_weight, self.timeout_weight, self.latency_weight)


@dataclass(frozen=True, slots=True)
class _Figures:
    """One array per figure, shape (K,); `outcomes` (4, K) counts in the order of `_OUTCOME_COMPONENTS`."""

    samples: Ints
    outcomes: Ints
    timed: Ints
    mean_ms: Floats
    deviation_ms: Floats
    p95_ms: Floats
    ttft_ms: Floats


def empty_card(key: Key) -> Card:
    """The card of a key without data: all zero."""
    zeros = {component.name: 0.0 for component in measures.COMPONENTS}
    return Card(key, 0.0, 0, 0, 0, 0, 0, 0.0, 0.0, 0.0, zeros, (), (0.0, 100.0), "insufficient_data")


def cards(keys: list[Key], rows: Rows, counts: Ints, config: Config) -> list[Card]:
    """Cards of many windows.

    Args:
        keys: whose windows these are; K of them.
        rows: shape (K, width), of dtype `ROW`; row k is data up to counts[k].
        counts: responses per window; shape (K,).
        config: weights and bounds.
    """
    if not keys:
        return []
    figures = _figures(rows, counts)
    components = _components(figures, config)
    weights = np.array(config.weights)[:, None] * np.vstack([np.ones((4, len(keys))), figures.timed > 0])
    share = weights / np.maximum(weights.sum(axis=0), 1e-300)
    score = np.clip(100 * (share * components).sum(axis=0), 0, 100)
    low, high = _interval(figures, components, share, config)
    return [_card(k, key, figures, components, float(score[k]), (float(low[k]), float(high[k])), config) for k, key in enumerate(keys)]


def _figures(rows: Rows, counts: Ints) -> _Figures:
    valid: Bools = np.arange(rows.shape[1]) < counts[:, None]
    outcome, latency, ttft = (np.ascontiguousarray(rows[name]) for name in ("outcome", "latency_ns", "ttft_ns"))
    timed_rows, first_rows = valid & (latency != MISSING), valid & (ttft != MISSING)
    timed, firsts = timed_rows.sum(axis=1), first_rows.sum(axis=1)
    total_ns = np.where(timed_rows, latency, 0).sum(axis=1)
    mean_ms = total_ns / np.maximum(timed, 1) / _NS_PER_MS
    spread = np.where(timed_rows, latency / _NS_PER_MS - mean_ms[:, None], 0.0)
    ordered = np.sort(np.where(timed_rows, latency, np.iinfo(np.int64).max), axis=1)
    index = np.maximum(np.minimum((timed * 0.95).astype(np.int64), timed - 1), 0)
    p95 = np.where(timed > 0, np.take_along_axis(ordered, index[:, None], axis=1)[:, 0], 0)
    return _Figures(
        samples=counts,
        outcomes=np.array([(valid & (outcome == code)).sum(axis=1) for code in _OUTCOME_COMPONENTS]),
        timed=timed,
        mean_ms=mean_ms,
        deviation_ms=np.sqrt((spread**2).sum(axis=1) / np.maximum(timed - 1, 1)),
        p95_ms=p95 / _NS_PER_MS,
        ttft_ms=np.where(first_rows, ttft, 0).sum(axis=1) / np.maximum(firsts, 1) / _NS_PER_MS,
    )


def _components(figures: _Figures, config: Config) -> Floats:
    """Shape (5, K), 0-1; zero without data."""
    rates = figures.outcomes / np.maximum(figures.samples, 1)
    latency = _latency_component(figures.mean_ms, config)
    components = np.vstack([rates[0], 1 - rates[1:], latency])
    return np.where(figures.samples > 0, components, 0.0)


def _latency_component(mean_ms: Floats, config: Config) -> Floats:
    return np.clip(1 - mean_ms / config.worst_latency_ms, 0, 1)


def _interval(figures: _Figures, components: Floats, share: Floats, config: Config) -> tuple[Floats, Floats]:
    """Ends of the 95 % interval, 0-100, shape (K,) each."""
    n = np.maximum(figures.samples, 1)
    # What each outcome is worth under these weights: a success earns all four terms, the others lack their own and the first.
    worth = share[:4].sum(axis=0) - np.vstack([np.zeros_like(share[0]), share[0] + share[1:4]])
    floor, reach = worth.min(axis=0), np.maximum(worth.max(axis=0) - worth.min(axis=0), 1e-12)
    outcome_part = (share[:4] * components[:4]).sum(axis=0)
    p = np.clip((outcome_part - floor) / reach, 0, 1)
    centre, half = (p + _Z**2 / (2 * n)) / (1 + _Z**2 / n), _Z / (1 + _Z**2 / n) * np.sqrt(p * (1 - p) / n + _Z**2 / (4 * n**2))
    margin = _student(figures.timed - 1) * figures.deviation_ms / np.sqrt(np.maximum(figures.timed, 1))
    unknown = figures.timed < 2
    best = np.where(unknown, 1.0, _latency_component(figures.mean_ms - margin, config))
    worst = np.where(unknown, 0.0, _latency_component(figures.mean_ms + margin, config))
    down = np.hypot(outcome_part - (floor + reach * (centre - half)), share[4] * (components[4] - worst))
    up = np.hypot(floor + reach * (centre + half) - outcome_part, share[4] * (best - components[4]))
    estimate = outcome_part + share[4] * components[4]
    nothing = figures.samples == 0
    low, high = np.clip(100 * (estimate - down), 0, 100), np.clip(100 * (estimate + up), 0, 100)
    return np.where(nothing, 0.0, low), np.where(nothing, 100.0, high)


def _student(freedom: Ints) -> Floats:
    """0.975 quantile of Student's t; freedom below 1 counts as 1."""
    v = np.maximum(freedom, 1).astype(np.float64)
    z = _Z
    terms = ((z**3 + z) / 4, (5 * z**5 + 16 * z**3 + 3 * z) / 96, (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384)
    expansion = z + sum(term / v**power for power, term in enumerate(terms, start=1))
    small = np.array(_T_SMALL)[np.minimum(v, len(_T_SMALL)).astype(np.int64) - 1]
    return np.where(v <= len(_T_SMALL), small, expansion)


def _card(k: int, key: Key, figures: _Figures, components: Floats, score: float, interval: tuple[float, float], config: Config) -> Card:
    samples = int(figures.samples[k])
    if samples == 0:
        return empty_card(key)
    timed = bool(figures.timed[k])
    named = {m.name: float(components[i, k]) for i, m in enumerate(measures.COMPONENTS) if timed or m.name != "latency"}
    successes, errors, refusals, timeouts = (int(n) for n in figures.outcomes[:, k])
    return Card(
        key=key,
        score=round(score, 2),
        samples=samples,
        successes=successes,
        errors=errors,
        refusals=refusals,
        timeouts=timeouts,
        mean_latency_ms=float(figures.mean_ms[k]),
        mean_ttft_ms=float(figures.ttft_ms[k]),
        p95_latency_ms=float(figures.p95_ms[k]),
        components=named,
        missing=() if timed else ("latency",),
        interval=(round(interval[0], 2), round(interval[1], 2)),
        state="ok" if samples >= config.min_samples else "insufficient_data",
    )
