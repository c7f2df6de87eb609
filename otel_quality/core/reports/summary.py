"""Sessions of the last days: their figures, grades by task type, errors by tool and by category, day by day. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from otel_quality.core.history import Failures, GradeSummary
from otel_quality.core.reports import weeks
from otel_quality.core.reports.records import Figures, TaskType
from otel_quality.core.reports.suggestions import suggestions
from otel_quality.core.reports.weekly import figures_of, task_types
from otel_quality.core.sessions.issues import DEFAULT, Config, Discrepancy, Watch, discrepancies
from otel_quality.core.sessions.record import Grade, SessionRecord


@dataclass(frozen=True, slots=True)
class Day:
    """The figures of one day in UTC."""

    day: str
    figures: Figures


@dataclass(frozen=True, slots=True)
class Watched:
    """Whether the grades of a task type got worse against its own past: the drift engine's states, with the signals that fired."""

    task_type: str
    state: str
    since: str
    sessions: int
    reason: str


@dataclass(frozen=True, slots=True)
class Summary:
    """What sessions of the last days add up to.

    Attributes:
        task_types: the lowest mean grade first; tools, errors: the most errors first.
        by_day: days that had sessions, the latest first.
        watched: task types, the worst first. disagreements: where grades and the backend's score do not fit together.
    """

    days: int
    made: str
    figures: Figures
    task_types: tuple[TaskType, ...]
    tools: tuple[Failures, ...]
    errors: tuple[Failures, ...]
    by_day: tuple[Day, ...]
    watched: tuple[Watched, ...]
    disagreements: tuple[Discrepancy, ...]
    suggestions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Known:
    """What a summary is made of.

    Attributes:
        summaries: grades by day and task type.
        tools, errors: failed executions of the same days by tool and by category, the most frequent first.
        graded: the latest sessions with their effective grades, in any order; a session without times ends when it came.
        scores: of backends, 0-100, by (backend, task).
        config: from which fall, and from which difference to the scores on, grades are worth a word.
    """

    summaries: Sequence[GradeSummary]
    tools: Sequence[Failures] = ()
    errors: Sequence[Failures] = ()
    graded: Sequence[tuple[SessionRecord, Grade]] = ()
    scores: Mapping[tuple[str, str], float] = field(default_factory=dict)
    config: Config = DEFAULT


def summary(known: Known, *, days: int, now_ns: int) -> Summary:
    """Add up what the store counted over so many days."""
    figures, types = figures_of(known.summaries), task_types(known.summaries)
    by_day: dict[str, list[GradeSummary]] = {}
    for each in known.summaries:
        by_day.setdefault(weeks.date(each.start_ns), []).append(each)
    return Summary(
        days=days,
        made=weeks.instant(now_ns),
        figures=figures,
        task_types=types,
        tools=tuple(known.tools),
        errors=tuple(known.errors),
        by_day=tuple(Day(day, figures_of(by_day[day])) for day in sorted(by_day, reverse=True)),
        watched=_watched(known.graded, known.config),
        disagreements=tuple(discrepancies(known.graded, known.scores, threshold=known.config.discrepancy)),
        suggestions=suggestions(figures, types, known.tools, known.errors),
    )


def _watched(graded: Sequence[tuple[SessionRecord, Grade]], config: Config) -> tuple[Watched, ...]:
    watch = Watch(config)
    for record, grade in sorted(graded, key=lambda each: (each[0].end_ns, each[0].id)):
        watch.add(record.task_type, grade, at_ns=record.end_ns)
    return tuple(Watched(each.task, each.state, weeks.date(each.since_ns), each.samples, each.reason) for each in watch.read())
