"""The records of a week: plain values that are their own JSON. Grades are 1-5, rates 0-1; a mean or rate of nothing is None."""

from dataclasses import dataclass
from typing import Literal

from otel_quality.core.history import Failures

Direction = Literal["better", "worse", "steady"]


@dataclass(frozen=True, slots=True)
class Figures:
    """A stretch of time in five numbers.

    Attributes:
        recovery_rate: of the sessions that had errors, the share that ended well after the last one.
        told: sessions whose outcome somebody knows; success_rate: the share of them that did succeed, whatever their grades say.
    """

    sessions: int
    mean_efficiency: float | None
    mean_quality: float | None
    completion_rate: float | None
    recovery_rate: float | None
    told: int = 0
    success_rate: float | None = None


@dataclass(frozen=True, slots=True)
class TaskType:
    """Sessions of one task type."""

    task_type: str
    sessions: int
    mean_grade: float
    mean_efficiency: float
    mean_quality: float
    completion_rate: float


@dataclass(frozen=True, slots=True)
class Trend:
    """One figure against its mean over the weeks before."""

    measure: str
    value: float
    before: float
    change: float
    direction: Direction
    weeks: int


@dataclass(frozen=True, slots=True)
class PastWeek:
    """The figures of an earlier week."""

    week: str
    figures: Figures


@dataclass(frozen=True, slots=True)
class Recurring:
    """The same category of error, of the same tool, on the same task type, in more than one session; days in UTC."""

    error: str
    tool: str
    task_type: str
    count: int
    sessions: int
    since: str
    last: str
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Weekly:
    """The report of one ISO week.

    Attributes:
        first_day, last_day: Monday and Sunday.
        over: whether the week was over when the report was made.
        made: when, RFC 3339.
        task_types: the lowest mean grade first; tools, errors: failed executions by tool and by category, the most frequent first.
        trends: against the weeks before; empty without any.
        past: the weeks before, the nearest first, also those without sessions.
    """

    week: str
    first_day: str
    last_day: str
    over: bool
    made: str
    figures: Figures
    task_types: tuple[TaskType, ...]
    tools: tuple[Failures, ...]
    errors: tuple[Failures, ...]
    trends: tuple[Trend, ...]
    past: tuple[PastWeek, ...]
    recurring: tuple[Recurring, ...]
    suggestions: tuple[str, ...]
