"""The five rules: has one of five signals over the last responses of a key crossed its threshold.

What it detects: empty answers, answers that get shorter, tools no longer used, abnormal stops, errors. Explainable and
there from the sixth response on; it wakes people too easily to be the only judge (its window of 20 is short).

`evaluate` is the pure function over windows; `Rules` keeps the windows and the states.

    severe  any severe signal, or two mild ones
    mild    one mild signal
    none    else, and always below the minimum fill
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from otel_quality.core.drift.detector import LEARNING, MILD, ROW, SEVERE, STABLE, Reading, Update
from otel_quality.core.observation import MISSING, Bools, Ints, Rows
from otel_quality.core.snapshot import Signal
from otel_quality.core.window import Merged, Windows
from otel_quality.vocabulary import measures
from otel_quality.vocabulary.outcomes import Outcome
from otel_quality.vocabulary.stops import NORMAL

Floats = NDArray[np.float64]

_MIN_LENGTHS: Final = 4
_MIN_OFFERED: Final = 3
_SEVERE: Final = np.array([signal.severity == "severe" for signal in measures.SIGNALS])
_BELOW: Final = np.array([signal.fires == "below" for signal in measures.SIGNALS])
_NAMES: Final = tuple(signal.name for signal in measures.SIGNALS)
_LENGTH: Final = _NAMES.index("length_collapse_ratio")
_NORMAL_STOPS: Final = np.array(sorted(NORMAL), np.int8)
_CHUNK: Final = 16_384
"""Windows evaluated at a time: bounds the memory of a large batch to a few MiB."""


@dataclass(frozen=True, slots=True)
class Config:
    """Thresholds: a preset, and what is set to differ from it.

    Attributes:
        preset: low, normal or high sensitivity (`measures.PRESETS`).
        window: responses in a window; 2 to 10000.
        min_window_fill: responses under which nothing fires; None: the preset's.
        empty_response_rate, length_collapse_ratio, tool_silence_rate, stop_anomaly_rate, error_rate: thresholds, 0-1; None: the preset's.
    """

    preset: str = "normal"
    window: int = measures.DRIFT_WINDOW
    min_window_fill: int | None = None
    empty_response_rate: float | None = None
    length_collapse_ratio: float | None = None
    tool_silence_rate: float | None = None
    stop_anomaly_rate: float | None = None
    error_rate: float | None = None

    def __post_init__(self) -> None:
        if self.preset not in measures.PRESETS:
            raise ValueError(f"preset must be one of {', '.join(measures.PRESETS)}, got {self.preset!r}")
        if not 2 <= self.window <= 10_000:
            raise ValueError(f"window must be 2 to 10000, got {self.window}")
        if self.fill < 1:
            raise ValueError(f"min_window_fill must be at least 1, got {self.fill}")
        if not all(0 <= threshold <= 1 for threshold in self.thresholds):
            raise ValueError("thresholds must lie between 0 and 1")

    @property
    def thresholds(self) -> tuple[float, ...]:
        """In the order of `measures.SIGNALS`."""
        own = (getattr(self, name) for name in _NAMES)
        return tuple(preset if value is None else value for value, preset in zip(own, measures.PRESETS[self.preset][0], strict=True))

    @property
    def fill(self) -> int:
        return measures.PRESETS[self.preset][1] if self.min_window_fill is None else self.min_window_fill


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What the rules say about E windows.

    Attributes:
        values: the signals, NaN where undefined; shape (E, 5).
        fired: which fired; shape (E, 5).
        states: learning, stable, mild or severe; shape (E,).
        medians: output tokens of the older and the newer half, NaN where undefined; shape (E, 2).
    """

    values: Floats
    fired: Bools
    states: NDArray[np.int8]
    medians: Floats


def evaluate(rows: Rows, valid: Bools, config: Config) -> Evaluation:
    """Apply the rules.

    Args:
        rows: windows in event order, shape (E, width), of dtype `ROW`.
        valid: which of them are data; shape (E, width).
        config: thresholds.
    """
    outcome, tokens = rows["outcome"], np.ascontiguousarray(rows["output_tokens"])
    failed = valid & ((outcome == Outcome.ERROR) | (outcome == Outcome.TIMEOUT))
    good = valid & ~failed
    counted, stopped = good & (tokens != MISSING), good & (rows["stop"] != MISSING)
    offered = good & (rows["has_tools"] == 1) & (rows["has_tool_call"] != MISSING)
    medians = _halves(tokens, counted)
    with np.errstate(invalid="ignore", divide="ignore"):
        length = np.where(medians[:, 0] > 0, medians[:, 1] / medians[:, 0], np.nan)
    values = np.column_stack(
        [
            _rate(counted & (tokens == 0), counted, 1),
            length,
            _rate(offered & (rows["has_tool_call"] == 0), offered, _MIN_OFFERED),
            _rate(stopped & ~np.isin(rows["stop"], _NORMAL_STOPS), stopped, 1),
            _rate(failed, valid, 1),
        ]
    )
    filled = valid.sum(axis=1) >= config.fill
    thresholds = np.array(config.thresholds)
    with np.errstate(invalid="ignore"):
        fired = np.where(_BELOW, values < thresholds, values > thresholds) & filled[:, None]
    severe = fired[:, _SEVERE].any(axis=1) | (fired[:, ~_SEVERE].sum(axis=1) >= 2)
    states = np.select([~filled, severe, fired.any(axis=1)], [LEARNING, SEVERE, MILD], STABLE).astype(np.int8)
    return Evaluation(values, fired, states, medians)


def _rate(part: Bools, whole: Bools, at_least: int) -> Floats:
    n = whole.sum(axis=1)
    return np.where(n >= at_least, part.sum(axis=1) / np.maximum(n, 1), np.nan)


def _halves(tokens: Ints, counted: Bools) -> Floats:
    """Medians of the first n//2 and of the other counted responses of each window; shape (E, 2)."""
    n = counted.sum(axis=1)
    older = counted & (np.cumsum(counted, axis=1) <= (n // 2)[:, None])
    medians = np.column_stack([_median(tokens, older), _median(tokens, counted & ~older)])
    medians[n < _MIN_LENGTHS] = np.nan
    return medians


def _median(values: Ints, chosen: Bools) -> Floats:
    n = chosen.sum(axis=1)
    ordered = np.sort(np.where(chosen, values, np.iinfo(np.int64).max), axis=1)
    low, high = np.maximum(n - 1, 0) // 2, n // 2
    pick = np.take_along_axis(ordered, np.column_stack([low, np.minimum(high, values.shape[1] - 1)]), axis=1)
    return np.where(n > 0, pick.astype(np.float64).mean(axis=1), np.nan)


class Rules:
    """The rules over many keys; see `detector.Detector`."""

    method = "rules"

    def __init__(self, config: Config) -> None:
        self._config = config
        self._windows = Windows(config.window, ROW)
        self._states = np.zeros(0, np.int8)
        self._since_ns: Ints = np.zeros(0, np.int64)

    def ensure(self, slots: int) -> None:
        self._windows.ensure(slots)
        more = max(slots - len(self._states), 0)
        self._states = np.concatenate([self._states, np.full(more, LEARNING, np.int8)])
        self._since_ns = np.concatenate([self._since_ns, np.full(more, MISSING, np.int64)])

    def update(self, slots: NDArray[np.integer], rows: Rows) -> Update:
        merged = self._windows.merge(slots, rows)
        ends = _ends(merged)
        states = np.concatenate(
            [np.zeros(0, np.int8), *(self._evaluate(merged, ends[i : i + _CHUNK]) for i in range(0, len(ends), _CHUNK))]
        )
        segment = np.repeat(np.arange(len(merged.slots)), merged.totals)[ends]
        slot_of = merged.slots[segment]
        first = np.ones(len(ends), np.bool_)
        first[1:] = segment[1:] != segment[:-1]
        previous = np.where(first, self._states[slot_of], np.roll(states, 1))
        changed = (states != previous) | (self._since_ns[slot_of] == MISSING) & first
        times = merged.rows["end_ns"][ends]
        self._since_ns[slot_of[changed]] = times[changed]
        self._states[slot_of] = states
        entered = np.maximum(states, STABLE) != np.maximum(previous, STABLE)
        return Update(merged.slots, np.column_stack([slot_of[entered], states[entered]]).astype(np.int64), merged.late)

    def _evaluate(self, merged: Merged, ends: Ints) -> NDArray[np.int8]:
        starts = np.repeat(merged.starts, merged.totals)[ends]
        index = ends[:, None] - np.arange(self._config.window - 1, -1, -1)
        valid = index >= starts[:, None]
        return evaluate(merged.rows[np.maximum(index, 0)], valid, self._config).states

    def read(self, slots: NDArray[np.integer]) -> list[Reading]:
        counts = self._windows.counts(slots)
        rows = self._windows.matrix(slots)
        evaluation = evaluate(rows, np.arange(rows.shape[1]) < counts[:, None], self._config)
        thresholds = self._config.thresholds
        return [
            Reading(
                state=int(self._states[slot]),
                since_ns=int(self._since_ns[slot]),
                samples=int(counts[e]),
                reason=_reason(evaluation, e, thresholds),
                signals={
                    name: Signal(None if np.isnan(value) else float(value), threshold, bool(fired))
                    for name, value, threshold, fired in zip(_NAMES, evaluation.values[e], thresholds, evaluation.fired[e], strict=True)
                },
            )
            for e, slot in enumerate(slots)
        ]

    def clear(self, slots: NDArray[np.integer]) -> None:
        self._windows.clear(slots)
        self._states[slots] = LEARNING
        self._since_ns[slots] = MISSING

    def states(self) -> NDArray[np.int8]:
        return self._states


def _ends(merged: Merged) -> Ints:
    """Rows after which a window is evaluated.

    Each new row that follows all older ones of its key; where a new row came in between, the last older row too, once:
    the window that ends there has changed, and its past states were told already.
    """
    segment = np.repeat(np.arange(len(merged.slots)), merged.totals)
    position = np.arange(len(merged.rows))
    last_old = np.full(len(merged.slots), -1)
    np.maximum.at(last_old, segment[~merged.is_new], position[~merged.is_new])
    first_new = np.full(len(merged.slots), len(merged.rows))
    np.minimum.at(first_new, segment[merged.is_new], position[merged.is_new])
    between = (first_new < last_old)[segment] & (position == last_old[segment])
    return np.flatnonzero(between | (merged.is_new & (position > last_old[segment])))


def _reason(evaluation: Evaluation, e: int, thresholds: tuple[float, ...]) -> str:
    """Every signal that fired with its value; empty where none did."""
    parts = []
    for s in np.flatnonzero(evaluation.fired[e]):
        sign = "<" if _BELOW[s] else ">"
        text = f"{_NAMES[s]} {evaluation.values[e, s]:.2f} {sign} {thresholds[s]:.2f}"
        if s == _LENGTH:
            older, newer = evaluation.medians[e]
            text += f" (median output tokens {older:g} -> {newer:g})"
        parts.append(text)
    return "; ".join(parts)
