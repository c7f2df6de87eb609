"""Groups of sessions that are compared with each other: what is usual in each, and which one a session without a group is most like.

Effort has no absolute scale: five tool calls are many in one kind of work and few in another. So every number of a session enters
calibration as its distance from the mean of its group, in standard deviations.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from otel_quality.core.sessions.features import NAMES, Vector, dense, sketch
from otel_quality.core.sessions.record import SessionRecord
from otel_quality.core.sessions.traits import CLASSES

MIN_SESSIONS: Final = 10
"""Sessions under which a group has no norms of its own."""
_FARTHEST: Final = 3.0
"""Standard deviations beyond which a value counts no more."""
_RARE: Final = 3
"""Sessions that must have a class of words for it to count."""
_CLUES: Final = 300
"""Clues of a group that are kept, the most frequent ones."""
_FLAT: Final = 1e-6


@dataclass(frozen=True, slots=True)
class Group:
    """What is usual in a group.

    Attributes:
        sessions: how many taught it.
        mean, spread: of the dense features; spread 0 where it does not vary or is not known.
        scale: weight of each class of the sketch, 0 where it is rare.
        centre: mean of the weighted sketches.
        clues: share of sessions that have a clue.
    """

    sessions: int
    mean: Vector
    spread: Vector
    scale: Vector
    centre: Vector
    clues: Mapping[int, float]

    def distance(self, record: SessionRecord) -> Vector:
        """The dense features as distances from what is usual; 0 where one is not known."""
        with np.errstate(divide="ignore", invalid="ignore"):
            away = (np.array(dense(record)) - self.mean) / self.spread
        return np.where(np.isfinite(away), np.clip(away, -_FARTHEST, _FARTHEST), 0.0)

    def words(self, record: SessionRecord) -> Vector:
        """The sketch, weighted, of length 1, as distance from the centre; zeros without one."""
        return _unit(sketch(record) * self.scale) - self.centre

    def to_json(self) -> dict[str, Any]:
        vectors = {name: np.round(getattr(self, name), 5).tolist() for name in ("mean", "spread", "scale", "centre")}
        return {"sessions": self.sessions, "clues": {str(clue): round(share, 4) for clue, share in self.clues.items()}, **vectors}

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> "Group":
        vectors = {name: np.array(told[name], np.float64) for name in ("mean", "spread", "scale", "centre")}
        return cls(sessions=int(told["sessions"]), clues={int(clue): float(share) for clue, share in told["clues"].items()}, **vectors)


def _unit(vector: Vector) -> Vector:
    length = float(np.linalg.norm(vector))
    return vector / length if length > 0 else vector


def learn(records: Sequence[SessionRecord]) -> Group:
    """What is usual among these sessions; at least one."""
    values = np.array([dense(record) for record in records])
    known = np.isfinite(values)
    count = np.maximum(known.sum(axis=0), 1)
    mean = np.where(known, values, 0.0).sum(axis=0) / count
    spread = np.sqrt(np.where(known, (values - mean) ** 2, 0.0).sum(axis=0) / count)
    assert values.shape[1] == len(NAMES)
    sketches = np.array([sketch(record) for record in records]).reshape(-1, CLASSES)
    having = (sketches > 0).sum(axis=0)
    scale = np.where(having >= _RARE, np.log((1 + len(records)) / (1 + having)) + 0.3, 0.0)
    centre = np.mean([_unit(each * scale) for each in sketches], axis=0)
    clues = Counter(clue for record in records for clue in record.clues).most_common(_CLUES)
    shares = {clue: count / len(records) for clue, count in clues}
    return Group(len(records), mean, np.where(spread > _FLAT, spread, 0.0), scale, centre, shares)


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
    return sum(float(np.log((group.clues.get(clue, 0.0) * n + 0.5) / (n + 1))) for clue in clues)
