"""The weekly and the intelligence report as pages."""

from typing import Final

from otel_quality.core.reports import sections
from otel_quality.core.reports.document import Column, Document, Section, Table
from otel_quality.core.reports.intelligence import Intelligence
from otel_quality.core.reports.records import Errors, Figures, Recurring, Trend, Weekly
from otel_quality.core.reports.words import UNKNOWN, counted, number, percent, points

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
    lead = (f"{report.first_day} to {report.last_day} (UTC), {state}; made {report.made}.",)
    title = f"Weekly report {report.week}"
    if not figures.sessions:
        return Document(title, (*lead, "No session was graded in this week."), (_past(report),))
    sections = (
        _figures(figures),
        Section("What to do", items=report.suggestions, note="" if report.suggestions else "Nothing: no figure is under its bound."),
        _task_types(report),
        _errors("Most error-prone tools", "tool", report.tools, "No tool failed."),
        _errors("Commonest errors", "error", report.errors, "There were no errors."),
        _trends(report.trends),
        _past(report),
        _recurring(report.recurring),
    )
    return Document(title, lead, sections)


def _figures(figures: Figures) -> Section:
    rows = (
        ("Sessions", str(figures.sessions), ""),
        ("Completion rate", percent(figures.completion_rate), "sessions whose task was completed"),
        ("Mean tool efficiency", number(figures.mean_efficiency), "of 5"),
        ("Mean response quality", number(figures.mean_quality), "of 5"),
        ("Recovery rate", percent(figures.recovery_rate), _recovery_means(figures)),
    )
    return Section("The week in numbers", table=Table((Column("measure"), Column("value", number=True), Column("of", wide=True)), rows))


def _recovery_means(figures: Figures) -> str:
    return "no session had errors" if figures.recovery_rate is None else "sessions with errors that ended well after them"


def _task_types(report: Weekly) -> Section:
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
        for each in report.task_types
    )
    return Section("Lowest task types", note="The grade is the mean of efficiency and quality, 1 to 5.", table=Table(columns, rows))


def _errors(title: str, what: str, found: tuple[Errors, ...], none: str) -> Section:
    if not found:
        return Section(title, note=none)
    columns = (Column(what, wide=True), Column("errors", number=True), Column("sessions", number=True), Column("for example", wide=True))
    rows = tuple((each.name, str(each.errors), str(each.sessions), ", ".join(each.examples[:1])) for each in found)
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
    names = ("sessions", "completed", "efficiency", "quality", "recovered")
    columns = (Column("week"), *(Column(name, number=True) for name in names))
    lines = [(report.week, report.figures), *((each.week, each.figures) for each in report.past)]
    return Section("Week by week", table=Table(columns, tuple((week, *_week(figures)) for week, figures in lines)))


def _week(figures: Figures) -> tuple[str, ...]:
    if not figures.sessions:
        return ("0", *[UNKNOWN] * 4)
    shown = (percent(figures.completion_rate), number(figures.mean_efficiency), number(figures.mean_quality))
    return (str(figures.sessions), *shown, percent(figures.recovery_rate))


def _recurring(found: tuple[Recurring, ...]) -> Section:
    if not found:
        return Section("Recurring", note="No error came up in more than one session.")
    items = tuple(
        f"Error {each.error} of {each.tool} in {each.task_type}: {counted(each.count, 'time')} in {counted(each.sessions, 'session')}, "
        f"since {each.since}, last {each.last}; for example {', '.join(each.examples)}."
        for each in found
    )
    return Section("Recurring", items=items)


def intelligence_page(report: Intelligence) -> Document:
    """The intelligence report for people."""
    of, speed = report.outcomes, report.velocity
    lead = [f"Tools, agents and times over {counted(report.days, 'day')}, models and patterns over all that is kept; made {report.made}."]
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
