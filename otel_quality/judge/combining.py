"""What a panel says as one: the mean over its experts, and which of them stands apart. Pure."""

from collections.abc import Sequence
from statistics import fmean, median
from typing import Final

from otel_quality.core.evaluations.record import Assessment, Scores
from otel_quality.vocabulary.axes import AXES

APART: Final = 40.0
"""Points by which an expert differs from the median of the others before that is told, and within which those agree: more than one
level and a half of a rubric."""


def mean(assessments: Sequence[Assessment]) -> Scores:
    """Per axis the mean over the experts that told it, rounded to 2 places; None where none did. Refusals tell nothing."""
    told = {axis: _told(assessments, axis) for axis in AXES}
    return {axis: round(fmean(values), 2) if values else None for axis, values in told.items()}


def outliers(assessments: Sequence[Assessment]) -> tuple[str, ...]:
    """Where one expert stands apart from two others or more who agree, one line each: a misreading, or one that was talked into something.

    Beside the mean, which stays as the experts made it: who is right is for people to say.
    """
    notes = []
    for axis in AXES:
        for expert in assessments:
            value = expert.scores.get(axis)
            others = _told([each for each in assessments if each is not expert], axis)
            agree = len(others) > 1 and max(others) - min(others) <= APART
            if value is not None and agree and abs(value - median(others)) > APART:
                notes.append(f"{expert.expert} stands apart on {axis}: {value:g}, the others' median {median(others):g}")
    return tuple(notes)


def _told(assessments: Sequence[Assessment], axis: str) -> list[float]:
    return [value for each in assessments for name, value in each.scores.items() if name == axis and value is not None]
