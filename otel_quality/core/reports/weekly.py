"""A week of sessions: how good they were, what was weakest, whether it gets better, what recurs, what to do.

Pure: what the store has added up goes in, a plain record comes out. Grades are 1-5, rates 0-1; a mean or rate of nothing is None.
A task type's mean grade is the mean of its efficiency and its quality. Sessions count by their effective grade: a person's
where somebody gave one.

Decision: a trend compares with the mean of the weeks before that had sessions, each week weighing the same, so one busy week does
not stand for a month; within `steady` it is no trend.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from otel_quality.core.history import ErrorGroup, Failures, GradeSummary
from otel_quality.core.reports import weeks
from otel_quality.core.reports.records import Direction, Figures, PastWeek, Recurring, TaskType, Trend, Weekly
from otel_quality.core.reports.suggestions import suggestions

WEEKS_BEFORE: Final = 4
"""Weeks that a trend looks back on."""
_LISTED: Final = 5
"""Task types, tools and errors that a report names, each."""

STEADY: Final[Mapping[str, float]] = {"mean_efficiency": 0.2, "mean_quality": 0.2, "completion_rate": 0.05, "recovery_rate": 0.05}
"""Changes up to this are steady, by measure."""


def weekly(
    week: str,
    summaries: Sequence[GradeSummary],
    *,
    tools: Sequence[Failures] = (),
    errors: Sequence[Failures] = (),
    recurring: Sequence[ErrorGroup] = (),
    now_ns: int,
) -> Weekly:
    """The report of a week.

    Args:
        week: such as 2026-W47.
        summaries: grades by week and task type, of this week and of those before it.
        tools, errors: failed executions of this week by tool and by category, the most frequent first.
        recurring: failed executions of this week and the weeks before, for what recurs.
        now_ns: when it is made.

    Raises:
        ValueError: it is no ISO week.
    """
    begin_ns, end_ns = weeks.bounds_ns(week)
    by_week: dict[str, list[GradeSummary]] = {}
    for summary in summaries:
        by_week.setdefault(weeks.week_of(summary.start_ns), []).append(summary)
    figures = figures_of(by_week.get(week, []))
    past = tuple(PastWeek(name, figures_of(by_week.get(name, []))) for name in weeks.before(week, WEEKS_BEFORE))
    types = task_types(by_week.get(week, []))
    return Weekly(
        week=week,
        first_day=weeks.date(begin_ns),
        last_day=weeks.date(end_ns - 1),
        over=now_ns >= end_ns,
        made=weeks.instant(now_ns),
        figures=figures,
        task_types=types[:_LISTED],
        tools=tuple(tools[:_LISTED]),
        errors=tuple(errors[:_LISTED]),
        trends=_trends(figures, [each.figures for each in past]),
        past=past,
        recurring=recurring_of(recurring)[:_LISTED],
        suggestions=suggestions(figures, types, tools, errors),
    )


def figures_of(summaries: Iterable[GradeSummary]) -> Figures:
    """What grades of several task types add up to.

    >>> figures_of([GradeSummary(0, "testing", 4, 3, 2, 1, 0, 16.0, 14.0)])
    Figures(sessions=4, mean_efficiency=4.0, mean_quality=3.5, completion_rate=0.75, recovery_rate=0.5, told=0, success_rate=None)
    """
    all_of = list(summaries)
    sessions = sum(each.sessions for each in all_of)
    return Figures(
        sessions=sessions,
        mean_efficiency=_ratio(sum(each.efficiency_sum for each in all_of), sessions),
        mean_quality=_ratio(sum(each.quality_sum for each in all_of), sessions),
        completion_rate=_ratio(sum(each.completed for each in all_of), sessions),
        recovery_rate=_ratio(sum(each.recovered for each in all_of), sum(each.with_errors for each in all_of)),
        told=(told := sum(each.told for each in all_of)),
        success_rate=_ratio(sum(each.succeeded for each in all_of), told),
    )


def task_types(summaries: Iterable[GradeSummary]) -> tuple[TaskType, ...]:
    """Each task type of a stretch of time, the lowest mean grade first."""
    by_type: dict[str, list[GradeSummary]] = {}
    for summary in summaries:
        by_type.setdefault(summary.task_type, []).append(summary)
    found = []
    for name, of_type in by_type.items():
        figures = figures_of(of_type)
        efficiency, quality, completion = figures.mean_efficiency, figures.mean_quality, figures.completion_rate
        if efficiency is not None and quality is not None and completion is not None:
            found.append(TaskType(name, figures.sessions, (efficiency + quality) / 2, efficiency, quality, completion))
    return tuple(sorted(found, key=lambda each: (each.mean_grade, each.task_type)))


def recurring_of(groups: Iterable[ErrorGroup]) -> tuple[Recurring, ...]:
    """What failed alike in more than one session, the most sessions first."""
    found = sorted(
        (group for group in groups if group.sessions > 1), key=lambda group: (-group.sessions, -group.count, group.error, group.tool)
    )
    return tuple(
        Recurring(
            group.error,
            group.tool,
            group.task_type,
            group.count,
            group.sessions,
            weeks.date(group.first_ns),
            weeks.date(group.last_ns),
            group.examples,
        )
        for group in found
    )


def _trends(now: Figures, past: Sequence[Figures]) -> tuple[Trend, ...]:
    found = []
    for measure, steady in STEADY.items():
        value = getattr(now, measure)
        earlier = [each for each in (getattr(figures, measure) for figures in past) if each is not None]
        if value is None or not earlier:
            continue
        before = sum(earlier) / len(earlier)
        change = value - before
        direction: Direction = "steady" if abs(change) <= steady else "better" if change > 0 else "worse"
        found.append(Trend(measure, value, before, change, direction, len(earlier)))
    return tuple(found)


def _ratio(part: float, whole: int) -> float | None:
    return part / whole if whole else None
