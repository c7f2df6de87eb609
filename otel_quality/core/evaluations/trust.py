"""How far a judge can be trusted: agreement, stability, and whether it has changed itself. Pure arithmetic with intervals.

Every figure comes with what it rests on; under `MIN_SAMPLES` it is told as not known, never as a number.

Decision: people and outcomes are compared with goal completion alone: it is the axis that says what they say.
Decision: of each session two evaluations at most tell stability, so that a session that is judged daily does not stand for many.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from otel_quality.core.evaluations import reliability
from otel_quality.core.evaluations.record import Evaluation, Scores, Versions
from otel_quality.core.evaluations.reliability import Estimate
from otel_quality.vocabulary.axes import AXES, Axis

MIN_SAMPLES: Final = 10
"""Below it no figure is told: its interval would be as wide as its range. Of good and bad outcomes each half of it is needed."""
MIN_ANCHORS: Final = 5
"""Reference sessions under which it is not known whether a judge shifted; they are paired, so fewer tell more."""
TOLERANCE: Final = 5.0
"""Points that a judge may shift and still be called steady."""
LATEST_RUNS: Final = 3
"""Evaluations of an anchor by one version that count as its present ones."""
COMPLETED: Final = 50.0
"""Goal completion from which on a judge counts as saying that a session was completed."""
GOAL: Final[Axis] = "goal_completion"

Verdict = Literal["steady", "shifted", "not known"]


@dataclass(frozen=True, slots=True)
class Pair:
    """What judge and people say of one session.

    Attributes:
        scores: the judge's means.
        likes, dislikes: of people.
        completed: the outcome, where a person or the application told it; None where nobody did.
    """

    session: str
    scores: Scores
    likes: int = 0
    dislikes: int = 0
    completed: bool | None = None

    @property
    def liked(self) -> bool | None:
        """What most of the feedback says; None where it says nothing or both."""
        return None if self.likes == self.dislikes else self.likes > self.dislikes


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure with its 95 % interval.

    Attributes:
        value, low, high: None where too little is known.
        samples: sessions (or units) that it rests on.
    """

    name: str
    value: float | None
    low: float | None
    high: float | None
    samples: int


@dataclass(frozen=True, slots=True)
class Drift:
    """How one version of a judge scores the anchors, against the first evaluations of them by the reference version.

    Attributes:
        shift: mean over anchors, in points, above 0 where it scores higher; samples are anchors.
        reference: it is the reference version itself; then its shift is of its later evaluations.
    """

    versions: Versions
    shift: Figure
    verdict: Verdict
    reference: bool


@dataclass(frozen=True, slots=True)
class Report:
    """All that is known.

    Attributes:
        figures: in the order in which people read them, names as in `FIGURES`.
        drifts: by version of the judge, the reference first.
    """

    figures: tuple[Figure, ...]
    drifts: tuple[Drift, ...]


FIGURES: Final[Mapping[str, str]] = {
    **{f"expert_agreement_{axis}": f"Krippendorff's alpha between the experts on {axis}; 1 is perfect, 0 is chance" for axis in AXES},
    "repeat_difference": "points between two evaluations of the same session by the same versions, of goal completion; mean",
    "repeat_correlation": "intraclass correlation of two such evaluations; 1 is the same, 0 is chance",
    "outcome_auc": "how often a session that is known to be completed has the higher goal completion; 0.5 is chance",
    "outcome_agreement": "share of sessions with a known outcome where the judge says the same (goal completion of 50 or more)",
    "feedback_auc": "how often a session that people like has the higher goal completion; 0.5 is chance",
    "feedback_agreement": "share of sessions with feedback where the judge says the same (goal completion of 50 or more)",
    "judge_shift": "points by which the present judge scores the reference sessions above their first evaluation",
}
"""Every figure by its name, with what it says."""


POINTS: Final = frozenset({"repeat_difference", "judge_shift"})
"""Figures in points of a score; the others are numbers without a unit, at most 1."""


def report(versions: Versions, *, evaluations: Sequence[Evaluation], anchors: Sequence[Evaluation], pairs: Sequence[Pair]) -> Report:
    """What is known of a judge.

    Args:
        versions: the present ones.
        evaluations: of sessions, newest first, with their experts.
        anchors: all that are kept, newest first.
        pairs: of the latest evaluations by these versions.
    """
    present = [each for each in evaluations if each.versions == versions]
    drifts = drift(anchors)
    shift = next((each.shift for each in drifts if each.versions == versions), _figure("judge_shift", Estimate(None, None, None, 0)))
    figures = (
        *agreement(present),
        *stability([*present, *(each for each in anchors if each.versions == versions)]),
        *against("outcome", pairs, {pair.session: pair.completed for pair in pairs}),
        *against("feedback", pairs, {pair.session: pair.liked for pair in pairs}),
        shift,
    )
    return Report(figures, drifts)


def agreement(evaluations: Iterable[Evaluation]) -> tuple[Figure, ...]:
    """Between the experts, by axis, of the newest evaluation of each session.

    Args:
        evaluations: newest first.
    """
    latest: dict[str, Evaluation] = {}
    for each in evaluations:
        latest.setdefault(each.session, each)
    return tuple(
        _figure(
            f"expert_agreement_{axis}",
            reliability.krippendorff_alpha([[said.scores.get(axis) for said in each.experts] for each in latest.values()]),
        )
        for axis in AXES
    )


def stability(evaluations: Iterable[Evaluation], axis: Axis = GOAL) -> tuple[Figure, Figure]:
    """Difference and correlation of the two newest evaluations of each session; all are by the same versions.

    Args:
        evaluations: newest first of each session.
    """
    twice: dict[str, list[float]] = {}
    for each in evaluations:
        score = each.scores.get(axis)
        if score is not None:
            twice.setdefault(each.session, []).append(score)
    pairs = [(scores[0], scores[1]) for scores in twice.values() if len(scores) > 1]
    return (
        _figure("repeat_difference", reliability.mean_difference(pairs)),
        _figure("repeat_correlation", reliability.intraclass_correlation(pairs)),
    )


def against(kind: Literal["outcome", "feedback"], pairs: Iterable[Pair], known: Mapping[str, bool | None]) -> tuple[Figure, Figure]:
    """The judge's goal completion against what is known of sessions: its AUC, and how often both say the same.

    Args:
        known: by session; None where nobody knows.
    """
    told = [(score, truth) for pair in pairs if (score := pair.scores.get(GOAL)) is not None and (truth := known[pair.session]) is not None]
    well = sum(truth for _, truth in told)
    found = reliability.auc([score for score, _ in told], [truth for _, truth in told])
    if min(well, len(told) - well) < MIN_SAMPLES / 2:
        found = Estimate(None, None, None, len(told))
    same = sum((score >= COMPLETED) == truth for score, truth in told)
    return _figure(f"{kind}_auc", found), _figure(f"{kind}_agreement", reliability.share(same, len(told)))


def drift(anchors: Sequence[Evaluation]) -> tuple[Drift, ...]:
    """Whether each version scores the anchors as the reference version did when it scored them first.

    Only anchors of the newest run count; the version that scored any of them first is the reference.

    Args:
        anchors: newest first.
    """
    present = {each.session for each in anchors if each.run == anchors[0].run}
    scored = [each for each in reversed(anchors) if each.session in present]
    if not scored:
        return ()
    reference = scored[0].versions
    first: dict[str, Evaluation] = {}
    later: dict[Versions, dict[str, list[Evaluation]]] = {}
    for each in scored:
        of_version = later.setdefault(each.versions, {})
        if each.versions == reference and each.session not in first:
            first[each.session] = each
        else:
            of_version.setdefault(each.session, []).append(each)
    return tuple(_drift(versions, first, of_version, reference=versions == reference) for versions, of_version in later.items())


def _drift(versions: Versions, first: Mapping[str, Evaluation], later: Mapping[str, list[Evaluation]], *, reference: bool) -> Drift:
    apart = (_apart(first[name].scores, [each.scores for each in of[-LATEST_RUNS:]]) for name, of in later.items() if name in first)
    shift = _figure("judge_shift", reliability.mean_shift([each for each in apart if each is not None]), least=MIN_ANCHORS)
    return Drift(versions, shift, verdict(shift), reference)


def _apart(first: Scores, later: Sequence[Scores]) -> float | None:
    """By how much later scores lie above the first, mean over the axes that both tell; None where there is none."""
    shifts = []
    for axis in AXES:
        before, after = first.get(axis), [score for scores in later if (score := scores.get(axis)) is not None]
        if before is not None and after:
            shifts.append(sum(after) / len(after) - before)
    return sum(shifts) / len(shifts) if shifts else None


def verdict(shift: Figure) -> Verdict:
    """What a shift means: steady where all of its interval lies within the tolerance, shifted where 0 lies outside of it.

    >>> [verdict(Figure("judge_shift", 0, low, high, 7)) for low, high in ((-2, 3), (1, 4), (1, 9), (-3, 9), (None, None))]
    ['steady', 'steady', 'shifted', 'not known', 'not known']
    """
    if shift.low is None or shift.high is None:
        return "not known"
    if shift.low >= -TOLERANCE and shift.high <= TOLERANCE:
        return "steady"
    return "shifted" if shift.low > 0 or shift.high < 0 else "not known"


def _figure(name: str, found: Estimate, *, least: int = MIN_SAMPLES) -> Figure:
    """The figure; without a number where it rests on too little."""
    return Figure(name, *found[:3], found.samples) if found.samples >= least else Figure(name, None, None, None, found.samples)
