"""The weekly report as people read it: what is known beside the grades, no rows of nothing, days told once."""

from otel_quality.core.history import ErrorGroup, GradeSummary
from otel_quality.core.reports import weeks
from otel_quality.core.reports.document import Document, Section
from otel_quality.core.reports.pages import weekly_page
from otel_quality.core.reports.weekly import weekly

WEEK = "2026-W47"
BEGIN_NS, END_NS = weeks.bounds_ns(WEEK)


def summary(*, back: int = 0, **more: int) -> GradeSummary:
    return GradeSummary(BEGIN_NS - back * weeks.WEEK_NS, "testing", 4, 3, 2, 1, 0, 16.0, 14.0, **more)


def page(*summaries: GradeSummary, recurring: tuple[ErrorGroup, ...] = ()) -> Document:
    return weekly_page(weekly(WEEK, summaries, recurring=recurring, now_ns=END_NS - 1))


def section(of: Document, title: str) -> Section:
    return next(each for each in of.sections if each.title == title)


def first_cells(of: Section) -> list[str]:
    return [row[0] for row in of.table.rows] if of.table else []


def test_outcomes_that_somebody_told_stand_beside_what_grades_say() -> None:
    shown = section(page(summary(told=4, succeeded=1)), "The week in numbers").table
    assert shown is not None
    assert [row for row in shown.rows if row[0] == "Known to succeed"] == [
        ("Known to succeed", "25 %", "4 sessions whose outcome was told")
    ]
    assert "Known to succeed" not in first_cells(section(page(summary()), "The week in numbers"))


def test_weeks_are_listed_back_to_the_earliest_that_had_sessions() -> None:
    assert first_cells(section(page(summary(), summary(back=2)), "Week by week")) == ["2026-W47", "2026-W46", "2026-W45"]
    alone = section(page(summary()), "Week by week")
    assert (alone.table, alone.note) == (None, "None of the 4 weeks before had a session.")


def test_what_recurs_tells_its_days_once_and_says_when_its_kind_is_unknown() -> None:
    day_ns = weeks.DAY_NS
    recurring = (
        ErrorGroup("unknown", "bash", "testing", 5, 3, BEGIN_NS, BEGIN_NS + 1, ("a", "b")),
        ErrorGroup("timeout", "sh", "testing", 4, 2, BEGIN_NS, BEGIN_NS + day_ns, ("c",)),
    )
    assert section(page(summary(), recurring=recurring), "Recurring").items == (
        "bash in testing, error of unknown kind: 5 times in 3 sessions on 2026-11-16; for example a, b.",
        "sh in testing, timeout: 4 times in 2 sessions from 2026-11-16 to 2026-11-17; for example c.",
    )


def test_the_lead_tells_the_minute() -> None:
    assert page(summary()).lead == ("2026-11-16 to 2026-11-22 (UTC), the week is not over yet; made 2026-11-22 23:59.",)
