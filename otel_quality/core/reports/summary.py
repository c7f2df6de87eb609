"""Sessions of the last days: their figures, grades by task type, errors by tool and by category, day by day. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from otel_quality.core.history import Failures, GradeSummary
from otel_quality.core.reports import weeks
from otel_quality.core.reports.records import Figures, TaskType
from otel_quality.core.reports.suggestions import suggestions
from otel_quality.core.reports.weekly import figures_of, task_types


@dataclass(frozen=True, slots=True)
class Day:
    """The figures of one day in UTC."""

    day: str
    figures: Figures


@dataclass(frozen=True, slots=True)
class Summary:
    """What sessions of the last days add up to.

    Attributes:
        task_types: the lowest mean grade first; tools, errors: the most errors first.
        by_day: days that had sessions, the latest first.
    """

    days: int
    made: str
    figures: Figures
    task_types: tuple[TaskType, ...]
    tools: tuple[Failures, ...]
    errors: tuple[Failures, ...]
    by_day: tuple[Day, ...]
    suggestions: tuple[str, ...]


def summary(summaries: Sequence[GradeSummary], *, tools: Sequence[Failures], errors: Sequence[Failures], days: int, now_ns: int) -> Summary:
    """Add up what the store counted.

    Args:
        summaries: grades by day and task type.
        tools, errors: failed executions of the same days by tool and by category, the most frequent first.
    """
    figures, types = figures_of(summaries), task_types(summaries)
    by_day: dict[str, list[GradeSummary]] = {}
    for each in summaries:
        by_day.setdefault(weeks.date(each.start_ns), []).append(each)
    return Summary(
        days=days,
        made=weeks.instant(now_ns),
        figures=figures,
        task_types=types,
        tools=tuple(tools),
        errors=tuple(errors),
        by_day=tuple(Day(day, figures_of(by_day[day])) for day in sorted(by_day, reverse=True)),
        suggestions=suggestions(figures, types, tools, errors),
    )
