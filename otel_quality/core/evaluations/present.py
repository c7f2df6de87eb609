"""Judged quality at this moment, as /metrics shows it; what is not known is absent."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple


class Trusted(NamedTuple):
    """A figure of trust with its 95 % interval, without a unit: 0.01 is one point of a score."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Present:
    """What judges say of the last days, and what is to be thought of it.

    Attributes:
        judge, rubric: versions whose evaluations count; empty where nobody ever judged.
        means: 0-100, of each session's latest evaluation by these versions, by (axis, bucket of complexity); "all" is not split.
        samples: sessions that each mean rests on.
        trust: by figure, names as in `trust.FIGURES`.
        trust_samples: what each figure rests on, those that are not known yet too.
    """

    judge: str = ""
    rubric: str = ""
    means: Mapping[tuple[str, str], float] = field(default_factory=dict)
    samples: Mapping[tuple[str, str], int] = field(default_factory=dict)
    trust: Mapping[str, Trusted] = field(default_factory=dict)
    trust_samples: Mapping[str, int] = field(default_factory=dict)
