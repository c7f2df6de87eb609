"""What labelled sessions teach: how probable it is that a session was completed.

A regularised logistic regression (scikit-learn) over what a session is relative to its group (`groups`). Slopes are shared by all
groups, plus a deviation of each family of groups that the penalty pulls towards zero, plus a level per group: a group with few labels
leans on the others, one with many has its say. With fewer than 20 labels, or none of one kind, there is no calibration.

A model is numbers only: to JSON and back, never pickled.

Decision: a group of fewer than `FAMILY` labels joins the family of the larger group that it is most like (by tools, prompt and words of
the request), because slopes fitted on a few dozen labels are noise: 25 airline sessions alone predict at 0.58 AUC, with their kin at 0.70.
"""

import zlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from otel_quality.core.sessions.features import NAMES, Vector
from otel_quality.core.sessions.groups import MIN_SESSIONS, Group, learn, nearest
from otel_quality.core.sessions.record import SessionRecord
from otel_quality.core.sessions.traits import CLASSES

MIN_LABELS: Final = 20
"""Labels under which nothing is fitted."""
MAX_LABELS: Final = 5_000
"""Labels that are fitted at most, the last given: memory and time grow with them (about 50 KB each), what they teach hardly does."""
FAMILY: Final = 50
"""Labels from which a group has slopes of its own."""
VERSION: Final = 2
_STRENGTH: Final = 0.02
"""Inverse of the penalty. Columns are scaled by the figures below: a larger one is penalised less."""
_SLOPE: Final = 0.7
_OWN_SLOPE: Final = 0.7
_WORDS: Final = 14.0
_LEVEL: Final = 2.0
_POOLED: Final = ""
"""The norms over all sessions, for one that is like no group."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """A session whose outcome is known.

    Attributes:
        unit: what must not be on both sides of a cross-validation (the task); the session itself where empty.
    """

    record: SessionRecord
    success: bool
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Weights:
    """What was fitted, in terms of distances from what is usual.

    Attributes:
        base: level of all; levels: deviation per group.
        slopes: shared; own: deviation per family; words: per family.
    """

    base: float
    slopes: Vector
    levels: Mapping[str, float]
    own: Mapping[str, Vector]
    words: Mapping[str, Vector]


@dataclass(frozen=True, slots=True)
class Calibration:
    """Gives the probability that a session was completed.

    Attributes:
        labels: how many taught it.
        groups: norms by group name; that of the empty name is over all.
        family: group to the family whose slopes it uses.
    """

    labels: int
    groups: Mapping[str, Group]
    family: Mapping[str, str]
    weights: Weights

    def group_of(self, record: SessionRecord) -> str:
        """The group that a session is compared with: its own, else the one it is most like, else all."""
        if record.group != _POOLED and record.group in self.groups:
            return record.group
        named = {name: group for name, group in self.groups.items() if name != _POOLED}
        return nearest(record, named) or _POOLED

    def probability(self, record: SessionRecord) -> float:
        """Probability of completion, 0-1."""
        name = self.group_of(record)
        norms, family, weights = self.groups[name], self.family.get(name, _POOLED), self.weights
        away = norms.distance(record)
        value = weights.base + weights.levels.get(name, 0.0) + float(away @ weights.slopes)
        if family in weights.own:
            value += float(away @ weights.own[family]) + float(norms.words(record) @ weights.words[family])
        return float(1 / (1 + np.exp(-np.clip(value, -30, 30))))

    def to_json(self) -> dict[str, Any]:
        """The model as JSON can hold it."""
        of = self.weights
        return {
            "version": VERSION,
            "features": list(NAMES),
            "labels": self.labels,
            "groups": {name: group.to_json() for name, group in self.groups.items()},
            "family": dict(self.family),
            "base": of.base,
            "slopes": _rounded(of.slopes),
            "levels": dict(of.levels),
            "own": {name: _rounded(vector) for name, vector in of.own.items()},
            "words": {name: _rounded(vector) for name, vector in of.words.items()},
        }

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> "Calibration":
        """The model that `to_json` gave.

        Raises:
            ValueError: it was fitted by another version; fit anew.
        """
        if told.get("version") != VERSION or told.get("features") != list(NAMES):
            raise ValueError("the calibration was made by another version; fit it anew")
        weights = Weights(
            base=float(told["base"]),
            slopes=np.array(told["slopes"], np.float64),
            levels={name: float(level) for name, level in told["levels"].items()},
            own={name: np.array(vector, np.float64) for name, vector in told["own"].items()},
            words={name: np.array(vector, np.float64) for name, vector in told["words"].items()},
        )
        groups = {name: Group.from_json(group) for name, group in told["groups"].items()}
        return cls(int(told["labels"]), groups, dict(told["family"]), weights)


def _rounded(vector: Vector) -> list[float]:
    rounded: list[float] = np.round(vector, 5).tolist()
    return rounded


def shortfall(labelled: Sequence[Labelled]) -> str:
    """Why these labels cannot calibrate; empty where they can.

    >>> shortfall([])
    'not calibrated: 0 labelled sessions, 20 are needed'
    """
    if len(labelled) < MIN_LABELS:
        return f"not calibrated: {len(labelled)} labelled sessions, {MIN_LABELS} are needed"
    if len({each.success for each in labelled}) < 2:
        return "not calibrated: all labelled sessions have the same outcome"
    return ""


def fit(labelled: Sequence[Labelled]) -> Calibration | None:
    """Learn from labelled sessions, of more than `MAX_LABELS` the last ones; None where there is a `shortfall`."""
    labelled = labelled[-MAX_LABELS:]
    if shortfall(labelled):
        return None
    from scipy import sparse
    from sklearn.linear_model import LogisticRegression

    groups, family, names = _groups([each.record for each in labelled])
    families = sorted({family[name] for name in names if family[name]})
    levels = sorted(set(names))
    away = np.array([groups[name].distance(each.record) for name, each in zip(names, labelled, strict=True)])
    words = np.array([groups[name].words(each.record) for name, each in zip(names, labelled, strict=True)])
    level_of = np.array([[_LEVEL * (name == level) for level in levels] for name in names])
    columns = [sparse.csr_matrix(_SLOPE * away), sparse.csr_matrix(level_of)]
    for own in families:
        mine = np.array([family[name] == own for name in names])[:, None]
        columns += [sparse.csr_matrix(_OWN_SLOPE * away * mine), sparse.csr_matrix(_WORDS * words * mine)]
    model = LogisticRegression(C=_STRENGTH, max_iter=2000)
    model.fit(sparse.hstack(columns, format="csr"), [each.success for each in labelled])
    fitted = model.coef_[0]
    dense, wide = len(NAMES), len(NAMES) + CLASSES
    start = dense + len(levels)
    own_at = {name: start + place * wide for place, name in enumerate(families)}
    weights = Weights(
        base=float(model.intercept_[0]),
        slopes=_SLOPE * fitted[:dense],
        levels={name: float(_LEVEL * fitted[dense + place]) for place, name in enumerate(levels)},
        own={name: _OWN_SLOPE * fitted[at : at + dense] for name, at in own_at.items()},
        words={name: _WORDS * fitted[at + dense : at + wide] for name, at in own_at.items()},
    )
    return Calibration(len(labelled), groups, family, weights)


def _groups(records: Sequence[SessionRecord]) -> tuple[dict[str, Group], dict[str, str], list[str]]:
    """Norms by group, family by group, and the group of each session."""
    sizes = Counter(record.group for record in records)
    named = [name for name, size in sorted(sizes.items()) if name != _POOLED and size >= MIN_SESSIONS]
    groups = {name: learn([record for record in records if record.group == name]) for name in named}
    large = {name: group for name, group in groups.items() if group.sessions >= FAMILY}
    family = {name: name if name in large else _kin([r for r in records if r.group == name], large) for name in groups}
    groups[_POOLED] = learn(records)
    family[_POOLED] = _POOLED
    return groups, family, [record.group if record.group in groups else _POOLED for record in records]


def _kin(records: Sequence[SessionRecord], large: Mapping[str, Group]) -> str:
    """The large group that most of these sessions are like; empty where they are like none."""
    votes = Counter(filter(None, (nearest(record, large) for record in records)))
    return min(votes, key=lambda name: (-votes[name], name)) if votes else _POOLED


@dataclass(frozen=True, slots=True)
class Quality:
    """How good probabilities were on sessions that did not teach them.

    Attributes:
        sessions: how many; success: share that succeeded.
        auc: chance that a success has the higher probability than a failure; NaN where there is but one kind.
        brier: mean squared error; brier_of_share: that of always saying the share.
    """

    sessions: int
    success: float
    auc: float
    brier: float
    brier_of_share: float


@dataclass(frozen=True, slots=True)
class Bin:
    """One row of the calibration table: of the sessions said to succeed with `low` to `high`, how many did."""

    low: float
    high: float
    sessions: int
    said: float
    succeeded: float


@dataclass(frozen=True, slots=True)
class Report:
    """A cross-validation: over all sessions, the plain mean over groups, each group, and the calibration table."""

    folds: int
    pooled: Quality
    macro: Quality
    groups: Mapping[str, Quality]
    table: tuple[Bin, ...]


def cross_validate(labelled: Sequence[Labelled], *, folds: int = 5) -> Report | None:
    """Fit on all folds but one and judge on that one, in turn; sessions of one unit stay together.

    None where there is a `shortfall`, also within a fold.
    """
    units = [each.unit or each.record.id for each in labelled]
    ranked = sorted(set(units), key=lambda unit: (zlib.crc32(unit.encode("utf-8", "surrogatepass")), unit))
    fold_of = {unit: place % folds for place, unit in enumerate(ranked)}
    fold = np.array([fold_of[unit] for unit in units], np.int64)
    said = np.zeros(len(labelled))
    for held in range(folds):
        model = fit([each for each, at in zip(labelled, fold, strict=True) if at != held])
        if model is None:
            return None
        for place in np.flatnonzero(fold == held).tolist():
            said[place] = model.probability(labelled[place].record)
    success = np.array([each.success for each in labelled], np.float64)
    return _report([each.record.group for each in labelled], said, success, folds)


def _report(names: Sequence[str], said: Vector, success: Vector, folds: int) -> Report:
    of = np.array(names)
    groups = {name: quality(said[of == name], success[of == name]) for name in sorted(set(names))}
    fields = ("success", "auc", "brier", "brier_of_share")
    means = {name: _mean([getattr(each, name) for each in groups.values()]) for name in fields}
    return Report(folds, quality(said, success), Quality(len(names), **means), groups, table(said, success))


def _mean(values: Sequence[float]) -> float:
    known = [value for value in values if not np.isnan(value)]
    return sum(known) / len(known) if known else float("nan")


def quality(said: Vector, success: Vector) -> Quality:
    """How good these probabilities are.

    >>> quality(np.array([0.9, 0.4, 0.6, 0.1]), np.array([1.0, 1.0, 0.0, 0.0])).auc
    0.75
    """
    share = float(success.mean())
    errors = float(((said - success) ** 2).mean())
    return Quality(len(said), share, auc(said, success), errors, share * (1 - share))


def auc(said: Vector, success: Vector) -> float:
    """The area under the ROC curve; ties count half; NaN where there is but one kind."""
    up, down = said[success > 0.5], said[success <= 0.5]
    if not len(up) or not len(down):
        return float("nan")
    ordered = np.sort(down)
    below, upto = np.searchsorted(ordered, up, "left"), np.searchsorted(ordered, up, "right")
    return float((below + upto).sum() / (2 * len(up) * len(down)))


def table(said: Vector, success: Vector, *, bins: int = 10) -> tuple[Bin, ...]:
    """The calibration table: bins of equal width; those without a session are left out."""
    place: NDArray[np.int64] = np.minimum((said * bins).astype(np.int64), bins - 1)
    return tuple(
        Bin(at / bins, (at + 1) / bins, int(mine.sum()), float(said[mine].mean()), float(success[mine].mean()))
        for at in range(bins)
        if (mine := place == at).any()
    )
