"""Groups of sessions that are compared with each other: what is usual in each, and which one a session without a group is most like.

Effort has no absolute scale: five tool calls are many in one kind of work and few in another. So every number of a session enters
calibration as its rank within its group.

Decision: ranks, not standard deviations from the mean, because counts, sizes and shares have long tails and many ties, where a few
sessions would stretch the scale for all, and a rare yes among noes would weigh as much as a common one.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import log
from typing import Any, Final

import numpy as np

from otel_quality.core.sessions.features import Vector, dense, sketch
from otel_quality.core.sessions.record import SessionRecord
from otel_quality.core.sessions.traits import CLASSES

MIN_SESSIONS: Final = 10
"""Sessions under which a group has no norms of its own."""
_STEPS: Final = 64
"""Values of a feature that a group keeps, at equal steps of rank."""
_DIGITS: Final = 5
"""Decimals of what is kept and of what is compared with it, so that what was equal stays equal in JSON."""
_UNIFORM: Final = 12**0.5
"""Makes ranks from 0 to 1 vary by 1."""
_RARE: Final = 3
"""Sessions that must have a class of words for it to count."""
_CLUES: Final = 300
"""Clues of a group that are kept, the most frequent ones."""


@dataclass(frozen=True, slots=True)
class Group:
    """What is usual in a group.

    Attributes:
        sessions: how many taught it.
        steps: of each dense feature the values at equal steps of rank; all the same where it does not vary or is not known.
        scale: weight of each class of the sketch, 0 where it is rare.
        centre: mean of the weighted sketches.
        clues: share of sessions that have a clue.
    """

    sessions: int
    steps: Vector
    scale: Vector
    centre: Vector
    clues: Mapping[int, float]

    def distance(self, record: SessionRecord) -> Vector:
        """The dense features as ranks around 0, -1.7 to 1.7; 0 where one is not known, or does not vary."""
        values = _values(record)
        at = values[:, None]
        rank = ((self.steps < at).mean(axis=1) + (self.steps <= at).mean(axis=1)) / 2
        tells = np.isfinite(values) & (self.steps[:, 0] < self.steps[:, -1])
        return np.where(tells, _UNIFORM * (rank - 0.5), 0.0)

    def words(self, record: SessionRecord) -> Vector:
        """The sketch, weighted, of length 1, as distance from the centre; zeros without one."""
        return _unit(sketch(record) * self.scale) - self.centre

    def to_json(self) -> dict[str, Any]:
        vectors = {name: np.round(getattr(self, name), _DIGITS).tolist() for name in ("steps", "scale", "centre")}
        return {"sessions": self.sessions, "clues": {str(clue): round(share, 4) for clue, share in self.clues.items()}, **vectors}

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> "Group":
        vectors = {name: np.array(told[name], np.float64) for name in ("steps", "scale", "centre")}
        return cls(sessions=int(told["sessions"]), clues={int(clue): float(share) for clue, share in told["clues"].items()}, **vectors)


def _unit(vector: Vector) -> Vector:
    length = float(np.linalg.norm(vector))
    return vector / length if length > 0 else vector


def learn(records: Sequence[SessionRecord]) -> Group:
    """What is usual among these sessions; at least one."""
    steps = np.array([_steps(values[np.isfinite(values)]) for values in np.array([_values(record) for record in records]).T])
    sketches = np.array([sketch(record) for record in records]).reshape(-1, CLASSES)
    having = (sketches > 0).sum(axis=0)
    scale = np.where(having >= _RARE, np.log((1 + len(records)) / (1 + having)) + 0.3, 0.0)
    centre = np.mean([_unit(each * scale) for each in sketches], axis=0)
    clues = Counter(clue for record in records for clue in record.clues).most_common(_CLUES)
    shares = {clue: count / len(records) for clue, count in clues}
    return Group(len(records), steps, scale, centre, shares)


def _values(record: SessionRecord) -> Vector:
    return np.round(np.array(dense(record)), _DIGITS)


def _steps(known: Vector) -> Vector:
    """The values in the middle of each step of rank; zeros where none is known."""
    ranks = (np.arange(_STEPS) + 0.5) / _STEPS
    return np.sort(known)[(ranks * len(known)).astype(np.int64)] if len(known) else np.zeros(_STEPS)


def nearest(record: SessionRecord, groups: Mapping[str, Group]) -> str | None:
    """The group whose clues a session shares most; None where it shares none.

    A naive Bayes over the clues that any group knows: how probable are those that the session has.
    """
    known = [clue for clue in sorted(record.clues) if any(clue in group.clues for group in groups.values())]
    if not known:
        return None
    scores = {name: _fit(known, group) for name, group in groups.items()}
    return max(sorted(scores), key=scores.__getitem__)


def _fit(clues: Iterable[int], group: Group) -> float:
    n = group.sessions
    return sum(log((group.clues.get(clue, 0.0) * n + 0.5) / (n + 1)) for clue in clues)
