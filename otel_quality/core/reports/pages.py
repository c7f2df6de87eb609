"""The reports as pages: a week, the last days, and what executions teach."""

from typing import Final

from otel_quality.core.history import Failures
from otel_quality.core.reports import sections
from otel_quality.core.reports.document import Column, Document, Section, Table
from otel_quality.core.reports.intelligence import Intelligence
from otel_quality.core.reports.records import Figures, Recurring, TaskType, Trend, Weekly
from otel_quality.core.reports.summary import Summary, Watched
from otel_quality.core.reports.words import UNKNOWN, counted, minute, number, percent, points
from otel_quality.core.sessions.issues import Discrepancy

_KINDS: Final = {"unknown": "error of unknown kind"}
_MEASURES: Final = {
    "mean_efficiency": "tool efficiency",
    "mean_quality": "response quality",
    "completion_rate": "completion",
    "recovery_rate": "recovery",
}


def weekly_page(report: Weekly) -> Document:
    """A weekly report for people."""
    figures = report.figures
    state = "the week is over" if report.over else "the week is not over yet"
    lead = (f"{report.first_day} to {report.last_day} (UTC), {state}; made {minute(report.made)}.",)
    title = f"Weekly report {report.week}"
    if not figures.sessions:
        return Document(title, (*lead, "No session was graded in this week."), (_past(report),))
    sections = (
        _figures(figures, "The week in numbers"),
        _to_do(report.suggestions),
        _task_types(report.task_types, "Lowest task types"),
        _errors("Most error-prone tools", "tool", report.tools, "No tool failed."),
        _errors("Commonest errors", "error", report.errors, "There were no errors."),
        _trends(report.trends),
        _past(report),
        _recurring(report.recurring),
    )
    return Document(title, lead, sections)


def summary_page(report: Summary) -> Document:
    """Sessions of the last days for people."""
    title = f"Sessions of the last {counted(report.days, 'day')}" if report.days > 1 else "Sessions of the last day"
    if not report.figures.sessions:
        return Document(title, (f"None was graded; made {minute(report.made)} (UTC).",), ())
    by_day = [(each.day, each.figures) for each in report.by_day]
    parts = (
        _figures(report.figures, "In numbers"),
        _to_do(report.suggestions),
        _task_types(report.task_types, "Task types, the lowest first"),
        _errors("Errors by tool", "tool", report.tools, "No tool failed."),
        _errors("Errors by category", "error", report.errors, "There were no errors."),
        _watched(report.watched),
        _disagreements(report.disagreements),
        _over_time("Day by day", "day", by_day),
    )
    return Document(title, (f"Until {minute(report.made)} (UTC).",), parts)


def _watched(found: tuple[Watched, ...]) -> Section:
    title = "Against their own past"
    worse = [each for each in found if each.state in ("mild", "severe")]
    if not worse:
        told = any(each.state == "stable" for each in found)
        return Section(title, note="No task type got worse." if told else "Too few sessions of any task type to tell.")
    items = tuple(f"Task type {each.task_type} got worse ({each.state}) since {each.since}: {each.reason}." for each in worse)
    return Section(title, items=items)


def _disagreements(found: tuple[Discrepancy, ...]) -> Section:
    title = "Grades and backend scores"
    if not found:
        return Section(title, note="None of them are 25 points or more apart.")
    columns = (
        Column("backend", wide=True),
        Column("task"),
        *(Column(name, number=True) for name in ("sessions", "grade", "score", "apart")),
    )
    rows = tuple(
        (each.backend, each.task, str(each.sessions), number(each.grade, 0), number(each.score, 0), f"{each.difference:+.0f}")
        for each in found
    )
    return Section(title, note="Both 0 to 100; apart: the mean grade minus the score.", table=Table(columns, rows))


def _to_do(suggestions: tuple[str, ...]) -> Section:
    return Section("What to do", items=suggestions, note="" if suggestions else "Nothing: no figure is under its bound.")


def _figures(figures: Figures, title: str) -> Section:
    rows = (
        ("Sessions", str(figures.sessions), ""),
        ("Completion rate", percent(figures.completion_rate), "sessions whose task was completed, by their grades"),
        *_outcomes(figures),
        ("Mean tool efficiency", number(figures.mean_efficiency), "of 5"),
        ("Mean response quality", number(figures.mean_quality), "of 5"),
        ("Recovery rate", percent(figures.recovery_rate), _recovery_means(figures)),
    )
    return Section(title, table=Table((Column("measure"), Column("value", number=True), Column("of", wide=True)), rows))


def _outcomes(figures: Figures) -> tuple[tuple[str, str, str], ...]:
    """What is known beside the grades, where somebody told it."""
    if not figures.told:
        return ()
    return (("Known to succeed", percent(figures.success_rate), f"{counted(figures.told, 'session')} whose outcome was told"),)


def _recovery_means(figures: Figures) -> str:
    return "no session had errors" if figures.recovery_rate is None else "sessions with errors that ended well after them"


def _task_types(types: tuple[TaskType, ...], title: str) -> Section:
    columns = (
        Column("task type", wide=True),
        *(Column(name, number=True) for name in ("sessions", "grade", "efficiency", "quality", "completed")),
    )
    rows = tuple(
        (
            each.task_type,
            str(each.sessions),
            number(each.mean_grade),
            number(each.mean_efficiency),
            number(each.mean_quality),
            percent(each.completion_rate),
        )
        for each in types
    )
    return Section(title, note="The grade is the mean of efficiency and quality, 1 to 5.", table=Table(columns, rows))


def _errors(title: str, what: str, found: tuple[Failures, ...], none: str) -> Section:
    if not found:
        return Section(title, note=none)
    columns = (Column(what, wide=True), Column("errors", number=True), Column("sessions", number=True), Column("for example", wide=True))
    rows = tuple((each.name, str(each.count), str(each.sessions), ", ".join(each.examples[:1])) for each in found)
    return Section(title, table=Table(columns, rows))


def _trends(trends: tuple[Trend, ...]) -> Section:
    title = "Trends"
    if not trends:
        return Section(title, note="No earlier week to compare with.")
    weeks = max(trend.weeks for trend in trends)
    note = f"Against the mean of {'the week before' if weeks == 1 else f'up to {weeks} weeks before'} with sessions."
    columns = (Column("measure"), *(Column(name, number=True) for name in ("now", "before", "change")), Column("it is"))
    rows = tuple((_MEASURES[trend.measure], *_trend(trend), trend.direction) for trend in trends)
    return Section(title, note=note, table=Table(columns, rows))


def _trend(trend: Trend) -> tuple[str, str, str]:
    if trend.measure.endswith("_rate"):
        return percent(trend.value), percent(trend.before), points(trend.change)
    return number(trend.value), number(trend.before), f"{trend.change:+.2f}"


def _past(report: Weekly) -> Section:
    """This week and those before it, back to the earliest that had sessions."""
    told = [index for index, each in enumerate(report.past, start=1) if each.figures.sessions]
    if not told:
        return Section("Week by week", note=f"None of the {len(report.past)} weeks before had a session.")
    shown = report.past[: told[-1]]
    return _over_time("Week by week", "week", [(report.week, report.figures), *((each.week, each.figures) for each in shown)])


def _over_time(title: str, what: str, stretches: list[tuple[str, Figures]]) -> Section:
    names = ("sessions", "completed", "efficiency", "quality", "recovered")
    columns = (Column(what), *(Column(name, number=True) for name in names))
    return Section(title, table=Table(columns, tuple((name, *_stretch(figures)) for name, figures in stretches)))


def _stretch(figures: Figures) -> tuple[str, ...]:
    if not figures.sessions:
        return ("0", *[UNKNOWN] * 4)
    shown = (percent(figures.completion_rate), number(figures.mean_efficiency), number(figures.mean_quality))
    return (str(figures.sessions), *shown, percent(figures.recovery_rate))


def _recurring(found: tuple[Recurring, ...]) -> Section:
    if not found:
        return Section("Recurring", note="No error came up in more than one session.")
    items = tuple(
        f"{each.tool} in {each.task_type}, {_KINDS.get(each.error, each.error)}: {counted(each.count, 'time')} "
        f"in {counted(each.sessions, 'session')} {_days(each)}; for example {', '.join(each.examples)}."
        for each in found
    )
    return Section("Recurring", note="The same kind of error of the same tool in more than one session.", items=items)


def _days(recurring: Recurring) -> str:
    return f"on {recurring.since}" if recurring.since == recurring.last else f"from {recurring.since} to {recurring.last}"


def intelligence_page(report: Intelligence) -> Document:
    """The intelligence report for people."""
    of, speed = report.outcomes, report.velocity
    covered = f"Tools, agents and times over {counted(report.days, 'day')}, models and patterns over all that is kept"
    lead = [f"{covered}; made {minute(report.made)} (UTC)."]
    if of.samples:
        lead.append(f"{counted(of.samples, 'execution')}, {percent(of.success_rate)} succeeded.")
    if speed.known:
        lead.append(f"Learning is {speed.trend}: {points(speed.change)} of success rate, the last 3 days against the 3 days before.")
    parts = (
        sections.tools(report.tools),
        sections.agents(report.agents),
        sections.models(report.models),
        sections.patterns(report.patterns),
        sections.accuracy(report.accuracy),
        sections.adaptations(report.adaptations),
        sections.policies(report.policies),
        sections.effects(report.effects),
    )
    return Document("Intelligence report", tuple(lead), parts)
