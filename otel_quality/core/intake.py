"""What has arrived: counts of spans by result, fields carried, newest event per backend."""

from collections import Counter
from collections.abc import Sequence
from typing import Final

import numpy as np

from otel_quality.core.keys import KeyTable
from otel_quality.core.observation import CARRIED, MISSING, Batch, Ints, Rows
from otel_quality.core.snapshot import Intake

_COLUMNS: Final = {
    "latency": "latency_ns",
    "time_to_first_chunk": "ttft_ns",
    "input_tokens": "input_tokens",
    "output_tokens": "output_tokens",
    "stop_reason": "stop",
    "tools_offered": "has_tools",
    "tool_call": "has_tool_call",
}
"""Fields whose coverage is told, and the column in which MISSING says that a span did not carry them."""


class IntakeCount:
    """Counts since the start."""

    def __init__(self) -> None:
        self.accepted = self.ignored = self.duplicate = self.late = self.seen = self.clamped = 0
        self._rejected: Counter[str] = Counter()
        self._dropped: Counter[str] = Counter()
        self._calls: Counter[str] = Counter()
        self._carried: Counter[tuple[str, str]] = Counter()
        self._newest_ns: Ints = np.zeros(0, np.int64)

    def add_refused(self, batch: Batch) -> None:
        self.ignored += batch.ignored
        self._rejected.update(batch.rejected)
        self._dropped.update(batch.dropped_fields)

    def add_taken(self, rows: Rows, dialects: Sequence[str], *, duplicates: int, others: int) -> None:
        """Count fresh responses, repeats, and fresh tool and agent spans."""
        self.duplicate += duplicates
        self.accepted += len(rows) + others
        self.seen += len(rows)
        for d in np.unique(rows["dialect"]):
            name, mine = dialects[d], rows[rows["dialect"] == d]
            self._calls[name] += len(mine)
            for field, column in _COLUMNS.items():
                self._carried[name, field] += int((mine[column] != MISSING).sum())
            for field, bit in CARRIED.items():
                self._carried[name, field] += int((mine["carried"] & bit != 0).sum())

    def add_late(self, n: int) -> None:
        """Count responses taken above that turned out to be late."""
        self.late += n
        self.accepted -= n

    def newest(self, backends: int) -> Ints:
        """Newest event time per backend slot, in nanoseconds; 0 where none is known."""
        if backends > len(self._newest_ns):
            self._newest_ns = np.concatenate([self._newest_ns, np.zeros(backends - len(self._newest_ns), np.int64)])
        return self._newest_ns

    def forget(self, slots: Sequence[int]) -> None:
        """Leave out the newest events of backends whose slots are given up."""
        self._newest_ns[list(slots)] = 0

    def snapshot(self, table: KeyTable) -> Intake:
        newest = self.newest(len(table.backends.keys))
        return Intake(
            spans={
                "accepted": self.accepted,
                "ignored": self.ignored,
                "duplicate": self.duplicate,
                "late": self.late,
                "rejected": self._rejected.total(),
            },
            rejected=dict(self._rejected),
            overflow=dict(table.overflow),
            dropped_fields=dict(self._dropped),
            clamped=self.clamped,
            coverage={key: n / self._calls[key[0]] for key, n in self._carried.items()},
            calls=dict(self._calls),
            seen=self.seen,
            last_span_ns={key.backend: int(newest[slot]) for key, slot in table.backends.slots.items() if newest[slot]},
        )
