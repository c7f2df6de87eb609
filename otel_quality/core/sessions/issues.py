"""What grades say over many sessions: has a task type got worse against its own past, and do grades and backend scores agree.

Degradation is the drift engine's own detector (`core.drift.rules`) with five sessions, in the order they were graded, in the place of a
response:

    output tokens   the mean grade in points; so a collapse of the length is a collapse of the grade, newer half against older half
    stop reason     abnormal where a loop is likely in most of the five
    tools offered   there were errors; used: most were recovered; so silence is errors that were not recovered

Nothing here knows a text or a store: records and grades in, findings out. What recurs (error, tool, task) is in `core.reports`.

Decision: whether a session was completed moves its points and is no error of the detector, because the error signal has an absolute
bound: work that always fails half the time would alarm for ever, and only a change is news. Five sessions at a time because the detector
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
from otel_quality.vocabulary.stops import StopClass

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
_SIGNALS: Final = {
    "length_collapse_ratio": "grade_collapse_ratio",
    "stop_anomaly_rate": "loop_rate",
    "tool_silence_rate": "unrecovered_rate",
}
"""What the detector's signals are for sessions; it has no other ones here."""


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
        signals: name to value and threshold; those that are defined.
    """

    task: str
    state: str
    since_ns: int
    samples: int
    reason: str
    signals: Mapping[str, tuple[float, float, bool]]


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
    grades = [grade for _, grade in block]
    failing = [grade for grade in grades if grade.total_errors]
    row = np.zeros(1, detector.ROW)
    row["end_ns"], row["span_id"] = max(end_ns for end_ns, _ in block), number
    row["output_tokens"] = 1 + round(10 * sum(map(points, grades)) / len(grades))
    row["outcome"] = Outcome.SUCCESS
    row["stop"] = StopClass.INCOMPLETE if 2 * sum(grade.loop_risk for grade in grades) > len(grades) else StopClass.STOP
    row["has_tools"] = bool(failing)
    row["has_tool_call"] = 2 * sum(grade.errors_recovered for grade in failing) > len(failing) if failing else MISSING
    return row


def _degradation(task: str, reading: detector.Reading) -> Degradation:
    signals = {
        _SIGNALS[name]: (float(signal.value), float(signal.threshold), signal.fired)
        for name, signal in reading.signals.items()
        if name in _SIGNALS and signal.value is not None
    }
    said = [
        f"{name} {value:.2f} {'<' if name == 'grade_collapse_ratio' else '>'} {bound:.2f}"
        for name, (value, bound, fired) in signals.items()
        if fired
    ]
    return Degradation(task, DRIFT_STATES[reading.state], reading.since_ns, BLOCK * reading.samples, "; ".join(said), signals)


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
