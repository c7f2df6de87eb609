"""What grades say over many sessions: has a task type got worse against its own past, and do grades and backend scores agree.

Degradation is the drift engine's own detector (`core.drift.rules`) with five sessions, in the order of their ends, in the place of a
response, and their mean grade in points in the place of its output tokens: a collapse of the length is then a collapse of the grade, the
newer half of the window against the older. What the detector finds is told where chance does not explain it: the means of the two
halves lie more than `CHANCE` standard errors apart.

Nothing here knows a text or a store: records and grades in, findings out. What recurs (error, tool, task) is in `core.reports`.

Decision: this signal alone, because the others have absolute bounds: work that always fails half the time would alarm for ever, and only a
change is news. Whether a session was completed is in its points. Five sessions at a time because the detector
compares medians, and the median of grades that are either 90 or 40 jumps between the two where half of the work is completed.

Decision: the test against chance, because the detector alone, at a ratio of 0.75 over 20 blocks, alarmed up to 1.8 times in 1,000 sessions
of work that never changes and is completed by 20 to 60 %. With it, at 0.85 over 30 blocks, it is under 0.1 times, and no fall is found
less often: from 90 % completed to 50 % in 98 of 100 cases (78 before) after 50 sessions, from 60 % to 20 % in 98 after 55.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np

from otel_quality.core.drift import detector, rules
from otel_quality.core.observation import MISSING, Rows
from otel_quality.core.sessions.record import Grade, SessionRecord
from otel_quality.vocabulary.measures import DRIFT_STATES
from otel_quality.vocabulary.outcomes import Outcome

CHANCE: Final = 3.5
"""Standard errors between the means of both halves, above which it has."""
MIN_SESSIONS: Final = 5
BLOCK: Final = 5
"""Sessions that are one observation of the detector."""
WINDOW: Final = 30
"""Blocks that are watched."""
_FILL: Final = 8
_TASKS: Final = 100
"""Task types and tasks that are watched; further ones are not."""
_COLLAPSE: Final = "length_collapse_ratio"
"""The detector's signal that is the collapse of grades here."""


@dataclass(frozen=True, slots=True)
class Config:
    """When grades are worth a word.

    Attributes:
        grade_collapse: median grade of a task type's newer sessions over that of its older ones, below which it has got worse; 0 to 1.
        discrepancy: points between the mean grade of a backend's sessions and its score from which they do not fit; 1 to 100.
    """

    grade_collapse: float = 0.85
    discrepancy: float = 25.0

    def __post_init__(self) -> None:
        if not 0 < self.grade_collapse < 1 or not 1 <= self.discrepancy <= 100:
            raise ValueError("grade_collapse must lie between 0 and 1, discrepancy between 1 and 100")


DEFAULT: Final = Config()


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
        state: learning, stable, severe.
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


class _Block(NamedTuple):
    """The points of five sessions, and the latest of their ends; numbered as they came."""

    end_ns: int
    number: int
    points: tuple[float, ...]


class Watch:
    """Watches the grades of each task over its last `WINDOW` blocks of sessions.

    Args:
        config: from which fall on it is told.
    """

    def __init__(self, config: Config = DEFAULT) -> None:
        self._rules = rules.Rules(
            rules.Config(
                window=WINDOW,
                empty_response_rate=1.0,
                length_collapse_ratio=config.grade_collapse,
                error_rate=1.0,
                min_window_fill=_FILL,
            )
        )
        self._slots: dict[str, int] = {}
        self._filling: dict[str, list[tuple[int, float]]] = {}
        self._blocks: dict[str, list[_Block]] = {}
        self._rows = 0

    def add(self, task: str, grade: Grade, *, at_ns: int) -> None:
        """Take a graded session; give each once, a later revision changes nothing here.

        Args:
            task: task type.
            at_ns: event time of its end; where its source has no times, when it came.
        """
        if task not in self._slots:
            if len(self._slots) >= _TASKS:
                return
            self._slots[task] = len(self._slots)
            self._rules.ensure(len(self._slots))
        filling = self._filling.setdefault(task, [])
        filling.append((at_ns, points(grade)))
        if len(filling) == BLOCK:
            self._rows += 1
            block = _Block(max(at_ns for at_ns, _ in filling), self._rows, tuple(each for _, each in filling))
            self._rules.update(np.array([self._slots[task]], np.int64), _row(block))
            self._blocks[task] = sorted([*self._blocks.get(task, ()), block])[-WINDOW:]
            filling.clear()

    def read(self) -> list[Degradation]:
        """What is the case now, the worst first."""
        names = list(self._slots)
        readings = self._rules.read(np.arange(len(names))) if names else []
        found = [_degradation(task, reading, self._blocks.get(task, [])) for task, reading in zip(names, readings, strict=True)]
        return sorted(found, key=lambda each: (-DRIFT_STATES.index(each.state), each.task))


def _row(block: _Block) -> Rows:
    """Five sessions as one observation."""
    row = np.zeros(1, detector.ROW)
    row["end_ns"], row["span_id"] = block.end_ns, block.number
    row["output_tokens"] = 1 + round(10 * sum(block.points) / len(block.points))
    row["outcome"], row["stop"], row["has_tools"], row["has_tool_call"] = Outcome.SUCCESS, MISSING, MISSING, MISSING
    return row


def _degradation(task: str, reading: detector.Reading, blocks: list[_Block]) -> Degradation:
    signal = reading.signals[_COLLAPSE]
    ratio = None if signal.value is None else float(signal.value)
    worse = signal.fired and ratio is not None and _more_than_chance(blocks)
    reason = f"the median grade fell to {100 * ratio:.0f} % of what it was" if worse and ratio is not None else ""
    state = DRIFT_STATES[detector.STABLE if signal.fired and not worse else reading.state]
    return Degradation(task, state, reading.since_ns, BLOCK * reading.samples, reason, ratio, float(signal.threshold))


def _more_than_chance(blocks: list[_Block]) -> bool:
    """Whether the newer half's mean lies below the older half's by more than chance explains."""
    older, newer = (
        np.array([each for block in half for each in block.points]) for half in (blocks[: len(blocks) // 2], blocks[len(blocks) // 2 :])
    )
    error = np.sqrt(older.var(ddof=1) / len(older) + newer.var(ddof=1) / len(newer))
    return bool(older.mean() - newer.mean() > CHANCE * error)


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
    graded: Iterable[tuple[SessionRecord, Grade]], scores: Mapping[tuple[str, str], float], *, threshold: float
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
