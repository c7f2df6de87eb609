"""Sessions with what was said about them, and the statistics: what the API, the commands, the page and the metrics show."""

from collections.abc import Mapping
from dataclasses import dataclass

from otel_quality.core.evaluations.record import Scores
from otel_quality.core.history import KeptSession, SessionFilter
from otel_quality.vocabulary.axes import Axis, Status


@dataclass(frozen=True, slots=True)
class OverviewFilter(SessionFilter):
    """Which sessions are wanted, pinned first, then latest active; None is all.

    Attributes:
        status: whether judges scored it, by the versions that the question names.
    """

    status: Status | None = None


@dataclass(frozen=True, slots=True)
class Overview:
    """One session in the overview.

    Attributes:
        messages: how many it has, as far as known.
        scores: mean over experts of its latest evaluation; None where there is none.
        evaluated_ns: of the latest evaluation; 0 where there is none.
        has_transcript: its text is kept, so it can be judged.
    """

    kept: KeptSession
    messages: int
    likes: int
    dislikes: int
    status: Status
    scores: Scores | None
    evaluated_ns: int
    has_transcript: bool


@dataclass(frozen=True, slots=True)
class Mean:
    """A mean over sessions; None where none tells the axis."""

    value: float | None
    samples: int


@dataclass(frozen=True, slots=True)
class WeekMeans:
    """Means of one ISO week, of each session's latest evaluation of the current versions.

    Attributes:
        week: such as 2026-W47 (by the time of evaluation); start_ns: its Monday, UTC.
        bucket: of task complexity (`axes.BUCKETS`); "all" where not split.
    """

    week: str
    start_ns: int
    bucket: str
    sessions: int
    means: Mapping[Axis, Mean]


@dataclass(frozen=True, slots=True)
class Ratings:
    """Feedback of a stretch of time."""

    start_ns: int
    up: int
    down: int
