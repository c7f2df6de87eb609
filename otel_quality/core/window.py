"""The last N observations of each key, by event time, for many keys at once.

Any order of arrival and any cut into batches gives the same windows. A row that is older than everything a full window
holds changes nothing and is reported late; a row that a window already holds is left out.

Decision: rows of a key lie in event order from 0 to its count, not in a ring: readers see plain matrices, and the shift
on append is one gather for all touched keys (about 1 us a key and fold, measured), paid once per fold and not per row.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import DTypeLike, NDArray

from otel_quality.core.observation import Bools, Ints, Rows, before, event_order, same_event


@dataclass(frozen=True, slots=True)
class Merged:
    """What a merge did.

    Attributes:
        slots: the touched keys, ascending; shape (T,).
        starts: where each touched key begins in `rows`; shape (T,).
        totals: rows of each touched key in `rows`; shape (T,).
        rows: per touched key its old window and its new rows in event order, before the cut to the width; shape (N,).
        is_new: which of `rows` came with this merge; shape (N,).
        late: which of the given rows were too old for a full window, in the order they were given.
    """

    slots: Ints
    starts: Ints
    totals: Ints
    rows: Rows
    is_new: Bools
    late: Bools


class Windows:
    """Windows of one width over keys that are small integers (slots).

    Args:
        width: rows kept per key; >= 1.
        dtype: a packed dtype that begins with `observation.EVENT`; memory is width * itemsize bytes a key.

    Raises:
        ValueError: width is below 1.
    """

    def __init__(self, width: int, dtype: DTypeLike) -> None:
        if width < 1:
            raise ValueError(f"width must be at least 1, got {width}")
        self.width = width
        self.dtype = np.dtype(dtype)
        self._rows: Rows = np.zeros((0, width), self.dtype)
        self._count: Ints = np.zeros(0, np.int64)

    def ensure(self, slots: int) -> None:
        """Make room for slots 0 to `slots` - 1."""
        have = len(self._count)
        if slots <= have:
            return
        grown = max(slots, have * 2, 16)
        rows = np.zeros((grown, self.width), self.dtype)
        rows[:have] = self._rows
        self._rows, self._count = rows, np.concatenate([self._count, np.zeros(grown - have, np.int64)])

    def counts(self, slots: NDArray[np.integer]) -> Ints:
        """Rows held per slot."""
        counts: Ints = self._count[slots]
        return counts

    def matrix(self, slots: NDArray[np.integer]) -> Rows:
        """Rows of the given slots, shape (len(slots), width); those from the slot's count on are no data."""
        rows: Rows = self._rows[slots]
        return rows

    def span(self, slots: NDArray[np.integer]) -> tuple[int, int] | None:
        """Oldest and newest event time in the windows of the given slots, in nanoseconds; None where all are empty."""
        held = slots[self._count[slots] > 0]
        if not len(held):
            return None
        return int(self._rows["end_ns"][held, 0].min()), int(self._rows["end_ns"][held, self._count[held] - 1].max())

    def clear(self, slots: NDArray[np.integer]) -> None:
        """Empty the windows of the given slots."""
        self._count[slots] = 0

    def merge(self, slots: NDArray[np.integer], rows: Rows) -> Merged:
        """Take rows, in event order, each for its slot (`ensure` was called for them)."""
        order = np.argsort(slots, kind="stable")
        slots, rows = slots[order].astype(np.int64), rows[order]
        too_old = (self._count[slots] == self.width) & before(rows, self._rows[slots, 0])
        late = np.zeros(len(order), np.bool_)
        late[order] = too_old
        if too_old.any():
            slots, rows = slots[~too_old], rows[~too_old]
        touched, first, new_n = np.unique(slots, return_index=True, return_counts=True)
        old_n = self._count[touched]
        overlapping = (old_n > 0) & ~before(self._rows[touched, np.maximum(old_n - 1, 0)], rows[first])
        merged, is_new, totals = self._interleave(touched, old_n, new_n, rows)
        if overlapping.any():
            merged, is_new, totals = _sort_segments(merged, is_new, totals, overlapping)
        starts = np.cumsum(totals) - totals
        self._store(touched, starts, totals, merged)
        return Merged(touched, starts, totals, merged, is_new, late)

    def _interleave(self, touched: Ints, old_n: Ints, new_n: Ints, rows: Rows) -> tuple[Rows, Bools, Ints]:
        totals = old_n + new_n
        segment = np.repeat(np.arange(len(touched)), totals)
        position = np.arange(len(segment)) - (np.cumsum(totals) - totals)[segment]
        is_new = position >= old_n[segment]
        merged = np.empty(len(segment), self.dtype)
        merged[~is_new] = self._rows.reshape(-1)[(touched[segment] * self.width + position)[~is_new]]
        merged[is_new] = rows
        return merged, is_new, totals

    def _store(self, touched: Ints, starts: Ints, totals: Ints, merged: Rows) -> None:
        kept = np.minimum(totals, self.width)
        segment = np.repeat(np.arange(len(touched)), kept)
        position = np.arange(len(segment)) - (np.cumsum(kept) - kept)[segment]
        source = (starts + totals - kept)[segment] + position
        self._rows.reshape(-1)[touched[segment] * self.width + position] = merged[source]
        self._count[touched] = kept


def _sort_segments(merged: Rows, is_new: Bools, totals: Ints, overlapping: Bools) -> tuple[Rows, Bools, Ints]:
    """Put the marked segments in event order and drop rows that repeat a span already there."""
    segment = np.repeat(np.arange(len(totals)), totals)
    marked = np.flatnonzero(overlapping[segment])
    order = event_order(merged[marked])
    order = marked[order[np.argsort(segment[marked][order], kind="stable")]]
    merged[marked], is_new[marked] = merged[order], is_new[order]
    repeats = np.zeros(len(merged), np.bool_)
    repeats[1:] = (segment[1:] == segment[:-1]) & overlapping[segment[1:]] & same_event(merged[1:], merged[:-1])
    if repeats.any():
        is_new[:-1] &= ~(repeats[1:] & ~is_new[1:])
        merged, is_new, segment = merged[~repeats], is_new[~repeats], segment[~repeats]
        totals = np.bincount(segment, minlength=len(totals))
    return merged, is_new, totals
