"""Totals since the start: requests, stops, errors, tokens, cost, durations with exemplars.

Counted in arrays, a batch at a time; what a reader gets is built anew only for the label sets that a batch touched.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from otel_quality.core.observation import EVENT, MISSING, TOKENS, Ints, Rows
from otel_quality.core.snapshot import Counters, Exemplar, Histogram
from otel_quality.vocabulary.measures import OTHER
from otel_quality.vocabulary.metrics import BUCKETS_S
from otel_quality.vocabulary.outcomes import Outcome
from otel_quality.vocabulary.stops import StopClass

Pair = tuple[str, str]
Triple = tuple[str, str, str]

_BUCKETS_NS: Final = (np.array(BUCKETS_S) * 1e9).astype(np.int64)
_EXEMPLAR: Final = np.dtype([("value_ns", np.int64), *EVENT])
_TOKEN_TYPES: Final = tuple(name.removesuffix("_tokens") for name in TOKENS)
_FAILED: Final = (Outcome.ERROR, Outcome.TIMEOUT)


class Histograms:
    """One duration histogram per (backend, model), with the latest exemplar per bucket."""

    def __init__(self) -> None:
        self._counts: Ints = np.zeros((0, len(BUCKETS_S) + 1), np.int64)
        self._sum_ns: Ints = np.zeros(0, np.int64)
        self._exemplars: NDArray[np.void] = np.zeros((0, len(BUCKETS_S) + 1), _EXEMPLAR)

    def ensure(self, slots: int) -> None:
        more = slots - len(self._sum_ns)
        if more > 0:
            width = len(BUCKETS_S) + 1
            self._counts = np.concatenate([self._counts, np.zeros((more, width), np.int64)])
            self._sum_ns = np.concatenate([self._sum_ns, np.zeros(more, np.int64)])
            self._exemplars = np.concatenate([self._exemplars, np.zeros((more, width), _EXEMPLAR)])

    def add(self, slots: Ints, values_ns: Ints, rows: Rows) -> None:
        """Count values; rows name their spans. Where several fall in a bucket the last one stands for it."""
        bucket = np.searchsorted(_BUCKETS_NS, values_ns, side="left")
        np.add.at(self._counts, (slots, bucket), 1)
        np.add.at(self._sum_ns, slots, values_ns)
        chosen = np.zeros(len(rows), _EXEMPLAR)
        chosen["value_ns"] = values_ns
        for name, _ in EVENT:
            chosen[name] = rows[name]
        self._exemplars[slots, bucket] = chosen

    def read(self, slot: int) -> Histogram:
        exemplars = tuple(_exemplar(e) if e["value_ns"] else None for e in self._exemplars[slot])
        return Histogram(tuple(self._counts[slot].tolist()), int(self._sum_ns[slot]) / 1e9, exemplars)

    def clear(self, slot: int) -> None:
        self._counts[slot], self._sum_ns[slot], self._exemplars[slot] = 0, 0, 0


def _exemplar(e: np.void) -> Exemplar:
    value_ns, end_ns, trace_hi, trace_lo, span_id = e.tolist()
    return Exemplar(f"{trace_hi:016x}{trace_lo:016x}", f"{span_id:016x}", value_ns / 1e9, end_ns)


class Totals:
    """All counters of LLM calls.

    Args:
        error_types: types of error per process that get a series of their own.
    """

    def __init__(self, *, error_types: int) -> None:
        self._bound = error_types
        self._error_types: set[str] = set()
        self._pairs: dict[Pair, int] = {}
        self._free: list[int] = []
        self._requests: Counter[tuple[str, str, str, str]] = Counter()
        self._stops: Counter[Triple] = Counter()
        self._errors: Counter[Triple] = Counter()
        self._tokens: Counter[Triple] = Counter()
        self._cost: dict[Pair, float] = {}
        self._events: Counter[tuple[str, str, str, str]] = Counter()
        self._durations, self._ttfcs = Histograms(), Histograms()
        self._read: tuple[dict[Pair, Histogram], dict[Pair, Histogram]] = ({}, {})
        self._touched: set[Pair] = set()

    def add(self, series: Sequence[Triple], code: Ints, rows: Rows, error_types: Sequence[str]) -> None:
        """Count responses.

        Args:
            series: the label sets (backend, model, task) to count under.
            code: which of them each row belongs to.
            rows: `observation.RESPONSE` rows whose `error_type` is a position in `error_types`.
        """
        for (s, outcome), n in _tally(code, rows["outcome"], len(Outcome)):
            self._requests[(*series[s], Outcome(outcome).label)] += n
        pairs = [(backend, model) for backend, model, _ in series]
        for (s, stop), n in _tally(code, _stop_of_record(rows), len(StopClass)):
            self._stops[(*pairs[s], StopClass(stop).label)] += n
        failed = np.isin(rows["outcome"], _FAILED) & (rows["error_type"] != MISSING)
        for (s, error), n in _tally(code[failed], rows["error_type"][failed], max(len(error_types), 1)):
            self._errors[(*pairs[s], self._error_type(error_types[error]))] += n
        for name, label in zip(TOKENS, _TOKEN_TYPES, strict=True):
            amounts = np.bincount(code, np.maximum(rows[name], 0), minlength=len(series))
            for s in np.flatnonzero(amounts).tolist():
                self._tokens[(*pairs[s], label)] += int(amounts[s])
        priced = ~np.isnan(rows["cost_usd"])
        costs = np.bincount(code[priced], rows["cost_usd"][priced], minlength=len(series))
        for s in np.unique(code[priced]).tolist():
            self._cost[pairs[s]] = self._cost.get(pairs[s], 0.0) + float(costs[s])
        self._add_times(pairs, code, rows)

    def _add_times(self, pairs: list[Pair], code: Ints, rows: Rows) -> None:
        slot = np.array([self._slot(pair) for pair in pairs], np.int64)[code]
        self._touched.update(pairs)
        # Failed calls last: their traces are what someone will want to open, and what tail samplers keep.
        order = np.argsort(np.isin(rows["outcome"], _FAILED), kind="stable")
        slot, rows = slot[order], rows[order]
        for histograms, name in ((self._durations, "latency_ns"), (self._ttfcs, "ttft_ns")):
            histograms.ensure(len(self._pairs) + len(self._free))
            known = rows[name] != MISSING
            histograms.add(slot[known], rows[name][known], rows[known])

    def _slot(self, pair: Pair) -> int:
        """Where the histograms of a pair are."""
        if pair not in self._pairs:
            self._pairs[pair] = self._free.pop() if self._free else len(self._pairs)
        return self._pairs[pair]

    def add_event(self, series: Triple, severity: str) -> None:
        """Count a transition of drift into a severity."""
        self._events[(*series, severity)] += 1

    def _error_type(self, name: str) -> str:
        if name in self._error_types:
            return name
        if len(self._error_types) >= self._bound:
            return OTHER
        self._error_types.add(name)
        return name

    def drop(self, gone: set[Triple]) -> None:
        """Leave out label sets that nobody uses any more; they would begin at 0 again."""
        for counts in (self._requests, self._events):
            for labels in [labels for labels in counts if labels[:3] in gone]:
                del counts[labels]
        live = {labels[:2] for labels in self._requests}
        dead = {pair for pair in self._pairs if pair not in live}
        self._touched -= dead
        for by_pair in (self._stops, self._errors, self._tokens):
            for triple in [triple for triple in by_pair if triple[:2] in dead]:
                del by_pair[triple]
        for pair in dead:
            self._cost.pop(pair, None)
            for histograms, read in zip((self._durations, self._ttfcs), self._read, strict=True):
                histograms.clear(self._pairs[pair])
                read.pop(pair, None)
            self._free.append(self._pairs.pop(pair))

    def snapshot(self) -> Counters:
        for pair in self._touched:
            for histograms, read in zip((self._durations, self._ttfcs), self._read, strict=True):
                read[pair] = histograms.read(self._pairs[pair])
        self._touched.clear()
        return Counters(
            requests=dict(self._requests),
            stop_reasons=dict(self._stops),
            errors=dict(self._errors),
            tokens=dict(self._tokens),
            cost_usd=dict(self._cost),
            drift_events=dict(self._events),
            durations=dict(self._read[0]),
            ttfcs=dict(self._read[1]),
        )


def _tally(code: Ints, value: NDArray[np.integer], values: int) -> list[tuple[tuple[int, int], int]]:
    """How often each (code, value) occurs; values lie in 0 to `values` - 1."""
    joined, n = np.unique(code.astype(np.int64) * values + value, return_counts=True)
    return [(divmod(int(j), values), int(k)) for j, k in zip(joined, n, strict=True)]


def _stop_of_record(rows: Rows) -> NDArray[np.int8]:
    """The class of the record: how the call ended beats what the span says, and an empty answer is its own class."""
    outcome, stop = rows["outcome"], rows["stop"]
    empty = (stop == StopClass.STOP) & (rows["output_tokens"] == 0) & (rows["has_tool_call"] != 1)
    choices = [
        (outcome == Outcome.CANCELLED, StopClass.CANCELLED),
        (outcome == Outcome.ABANDONED, StopClass.ABANDONED),
        ((outcome == Outcome.ERROR) | (outcome == Outcome.TIMEOUT), StopClass.ERROR),
        ((outcome == Outcome.REFUSAL) & (stop != StopClass.FILTER), StopClass.REFUSAL),
        (stop == MISSING, StopClass.UNKNOWN),
        (empty, StopClass.EMPTY),
    ]
    return np.select([where for where, _ in choices], [np.int8(name) for _, name in choices], stop).astype(np.int8)
