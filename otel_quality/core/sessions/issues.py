"""What grades say over many sessions: has a task type got worse against its own past, and do grades and backend scores agree.

Degradation is the drift engine's own detector (`core.drift.rules`) with five sessions, in the order they were graded, in the place of a
response, and their mean grade in points in the place of its output tokens: a collapse of the length is then a collapse of the grade, the
newer half of the window against the older.

Nothing here knows a text or a store: records and grades in, findings out. What recurs (error, tool, task) is in `core.reports`.

Decision: this signal alone, because the others have absolute bounds: work that always fails half the time would alarm for ever, and only a
change is news. Whether a session was completed is in its points. Five sessions at a time because the detector
compares medians, and the median of grades that are either 90 or 40 jumps between the two where half of the work is completed.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from otel_quality.core.drift import detector, rules
from otel_quality.core.observation import MISSING, Rows
from otel_quality.core.sessions.record import Grade, SessionRecord
from otel_quality.vocabulary.measures import DRIFT_STATES
from otel_quality.vocabulary.outcomes import Outcome

GRADE_COLLAPSE: Final = 0.75
"""Median grade of the newer sessions over that of the older ones; below it a task type has got worse."""
DISCREPANCY: Final = 25.0
"""Points between the mean grade and the backend's score from which they disagree."""
MIN_SESSIONS: Final = 5
BLOCK: Final = 5
"""Sessions that are one observation of the detector."""
WINDOW: Final = 20
_FILL: Final = 8
_TASKS: Final = 100
"""Task types and tasks that are watched; further ones are not."""
_COLLAPSE: Final = "length_collapse_ratio"
"""The detector's signal that is the collapse of grades here."""


def points(grade: Grade) -> float:
    """A grade as one figure, 0-100: half of it completion (its probability where calibrated), a quarter each efficiency and quality.

    >>> points(Grade(True, 5, 5.0, False, 1, 0)), points(Grade(False, 1, 1.0, False, 1, 0))
    (100.0, 0.0)
    """
    completion = float(grade.task_completed) if grade.p_completed is None else grade.p_completed
    return 50 * completion + 25 * (grade.tool_calls_efficient - 1) / 4 + 25 * (grade.response_quality - 1) / 4


@dataclass(frozen=True, slots=True)
class Degradation:
    """What the detector says of one task.

    Attributes:
        state: learning, stable, mild, severe.
        since_ns: start of it, event time.
        samples: sessions in the window.
        ratio: median grade of the newer half over that of the older one; None where it is not defined. threshold: of it.
    """

    task: str
    state: str
    since_ns: int
    samples: int
    reason: str
    ratio: float | None
    threshold: float


class Watch:
    """Watches the grades of each task over its last `WINDOW` blocks of sessions.

    Args:
        collapse: see `GRADE_COLLAPSE`.
    """

    def __init__(self, *, collapse: float = GRADE_COLLAPSE) -> None:
        config = rules.Config(window=WINDOW, empty_response_rate=1.0, length_collapse_ratio=collapse, error_rate=1.0, min_window_fill=_FILL)
        self._rules = rules.Rules(config)
        self._slots: dict[str, int] = {}
        self._blocks: dict[str, list[tuple[int, Grade]]] = {}
        self._rows = 0

    def add(self, task: str, record: SessionRecord, grade: Grade) -> None:
        """Take a graded session; give each once, a later revision changes nothing here."""
        if task not in self._slots:
            if len(self._slots) >= _TASKS:
                return
            self._slots[task] = len(self._slots)
            self._rules.ensure(len(self._slots))
        block = self._blocks.setdefault(task, [])
        block.append((record.end_ns, grade))
        if len(block) == BLOCK:
            self._rows += 1
            self._rules.update(np.array([self._slots[task]], np.int64), _row(block, self._rows))
            block.clear()

    def read(self) -> list[Degradation]:
        """What is the case now, the worst first."""
        names = list(self._slots)
        readings = self._rules.read(np.arange(len(names))) if names else []
        found = [_degradation(task, reading) for task, reading in zip(names, readings, strict=True)]
        return sorted(found, key=lambda each: (-DRIFT_STATES.index(each.state), each.task))


def _row(block: list[tuple[int, Grade]], number: int) -> Rows:
    """Five sessions as one observation; its time is the latest of theirs."""
    row = np.zeros(1, detector.ROW)
    row["end_ns"], row["span_id"] = max(end_ns for end_ns, _ in block), number
    row["output_tokens"] = 1 + round(10 * sum(points(grade) for _, grade in block) / len(block))
    row["outcome"], row["stop"], row["has_tools"], row["has_tool_call"] = Outcome.SUCCESS, MISSING, MISSING, MISSING
    return row


def _degradation(task: str, reading: detector.Reading) -> Degradation:
    signal = reading.signals[_COLLAPSE]
    ratio = None if signal.value is None else float(signal.value)
    reason = f"the median grade fell to {100 * ratio:.0f} % of what it was" if signal.fired and ratio is not None else ""
    return Degradation(task, DRIFT_STATES[reading.state], reading.since_ns, BLOCK * reading.samples, reason, ratio, float(signal.threshold))


@dataclass(frozen=True, slots=True)
class Discrepancy:
    """Grades of a backend's sessions and its score do not fit together.

    Attributes:
        grade, score: means, 0-100; difference: grade minus score.
    """

    backend: str
    task: str
    grade: float
    score: float
    difference: float
    sessions: int


def discrepancies(
    graded: Iterable[tuple[SessionRecord, Grade]], scores: Mapping[tuple[str, str], float], *, threshold: float = DISCREPANCY
) -> list[Discrepancy]:
    """Where grades and backend scores disagree, the largest difference first.

    Args:
        graded: sessions; one with several backends counts for each.
        scores: 0-100 by (backend, task).
        threshold: points from which they disagree.
    """
    found: dict[tuple[str, str], list[float]] = defaultdict(list)
    for record, grade in graded:
        for backend in record.backends:
            if (backend, record.task) in scores:
                found[backend, record.task].append(points(grade))
    said = [
        Discrepancy(*key, sum(each) / len(each), scores[key], sum(each) / len(each) - scores[key], len(each)) for key, each in found.items()
    ]
    wide = [each for each in said if each.sessions >= MIN_SESSIONS and abs(each.difference) >= threshold]
    return sorted(wide, key=lambda each: (-abs(each.difference), each.backend, each.task))
