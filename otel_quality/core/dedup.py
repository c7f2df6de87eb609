"""Which spans have been seen before, by (trace id, span id).

A span is remembered by a 64-bit hash of its ids, in one of two generations. The elder is forgotten when the younger holds
`min_spans` and has lasted `min_age_ns`, or holds `max_spans`. So a repeat is recognised for at least `min_age_ns`
and `min_spans` later spans, up to `max_spans` in that time.

Two spans with one hash: about 1 in 10^13 spans at a million remembered; the later one counts as a duplicate.
Memory: 8 bytes a place, half of the places used at most: 16 to 32 bytes a span and generation.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from otel_quality.core.observation import Bools, Ints, Rows

Hashes = NDArray[np.uint64]

_ODD: Final = tuple(np.uint64(n) for n in (0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9))
_HALF: Final = np.uint64(32)


@dataclass(frozen=True, slots=True)
class Config:
    """How long repeats are recognised.

    Attributes:
        min_age_s: at least for so many seconds; >= 0.
        min_spans: and over so many spans; >= 1.
        max_spans: but no generation grows over so many; >= min_spans.
    """

    min_age_s: float = 600.0
    min_spans: int = 1_000_000
    max_spans: int = 8_000_000

    def __post_init__(self) -> None:
        if self.min_age_s < 0 or self.min_spans < 1 or self.max_spans < self.min_spans:
            raise ValueError("min_age_s must be >= 0, min_spans >= 1 and max_spans >= min_spans")


def hashes(rows: Rows) -> Hashes:
    """A hash per row of its ids; never 0, which marks a free place."""
    mixed = np.zeros(len(rows), np.uint64)
    for odd, name in zip(_ODD, ("trace_hi", "trace_lo", "span_id"), strict=True):
        mixed = (mixed ^ rows[name]) * odd
        mixed ^= mixed >> _HALF
    return np.maximum(mixed, np.uint64(1))


class _Table:
    """Open addressing with linear probing, many look-ups at a time."""

    def __init__(self, started_ns: int) -> None:
        self.started_ns = started_ns
        self.used = 0
        self._places: Hashes = np.zeros(1 << 12, np.uint64)

    def find(self, values: Hashes) -> Bools:
        found = np.zeros(len(values), np.bool_)
        active = np.arange(len(values))
        place = self._home(values)
        while len(active):
            there = self._places[place]
            hit = there == values[active]
            found[active[hit]] = True
            go_on = ~hit & (there != 0)
            active, place = active[go_on], (place[go_on] + 1) & (len(self._places) - 1)
        return found

    def add(self, values: Hashes) -> None:
        """Add values that are distinct and not in the table."""
        while (self.used + len(values)) * 2 > len(self._places):
            held = self._places[self._places != 0]
            self._places, self.used = np.zeros(len(self._places) * 2, np.uint64), 0
            self._insert(held)
        self._insert(values)

    def _insert(self, values: Hashes) -> None:
        self.used += len(values)
        place = self._home(values)
        while len(values):
            free = self._places[place] == 0
            self._places[place[free]] = values[free]
            go_on = self._places[place] != values
            values, place = values[go_on], (place[go_on] + 1) & (len(self._places) - 1)

    def _home(self, values: Hashes) -> Ints:
        return (values & np.uint64(len(self._places) - 1)).astype(np.int64)


class Dedup:
    """Tells which spans are new and remembers them."""

    def __init__(self, config: Config, *, now_ns: int) -> None:
        self._config = config
        self._young, self._old = _Table(now_ns), _Table(now_ns)

    def new(self, rows: Rows, *, now_ns: int) -> Bools:
        """Which rows are the first with their ids; from now on they are known.

        Args:
            rows: any rows that begin with `observation.EVENT`.
            now_ns: present time, for the age of generations.
        """
        values = hashes(rows)
        first = np.zeros(len(values), np.bool_)
        first[np.unique(values, return_index=True)[1]] = True
        first &= ~self._young.find(values)
        first &= ~self._old.find(values)
        self._young.add(values[first])
        self._rotate(now_ns)
        return first

    def _rotate(self, now_ns: int) -> None:
        used, age_s = self._young.used, (now_ns - self._young.started_ns) / 1e9
        ripe = used >= self._config.min_spans and age_s >= self._config.min_age_s
        if ripe or used >= self._config.max_spans:
            self._young, self._old = _Table(now_ns), self._young
