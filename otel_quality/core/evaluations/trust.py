"""How far a judge can be trusted: agreement, stability, and whether it has changed itself. Pure arithmetic with intervals.

Every figure comes with what it rests on; under `MIN_SAMPLES` it is told as not known, never as a number.
"""

from dataclasses import dataclass
from typing import Final

from otel_quality.core.evaluations.record import Scores

MIN_SAMPLES: Final = 10
"""Below it no figure is told: its interval would be as wide as its range."""


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
