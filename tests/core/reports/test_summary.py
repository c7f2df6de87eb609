"""The summary of the last days: its figures, what fell against its own past, and where grades and scores disagree."""

from otel_quality.core.history import Failures, GradeSummary
from otel_quality.core.reports import weeks
from otel_quality.core.reports.pages import summary_page
from otel_quality.core.reports.rendering import text
from otel_quality.core.reports.summary import Known, summary
from otel_quality.core.sessions.grade import grade
from otel_quality.core.sessions.record import Grade, SessionRecord

DAY = 20_000


def day(back: int, sessions: int = 2) -> GradeSummary:
    return GradeSummary((DAY - back) * weeks.DAY_NS, "testing", sessions, sessions, 0, 0, 0, 4.0 * sessions, 3.0 * sessions)


def graded(count: int, *, good: int) -> list[tuple[SessionRecord, Grade]]:
    """So many sessions of one backend, the first `good` of which went well."""
    records = [
        SessionRecord(
            f"s{number:04}",
            task="code",
            task_type="testing",
            backends=("groq",),
            api_calls=4,
            tool_errors=0 if number < good else 4,
            tool_calls=4,
            end_ns=DAY * weeks.DAY_NS + number,
        )
        for number in range(count)
    ]
    return [(record, grade(record)) for record in records]


def test_days_come_latest_first_and_add_up() -> None:
    made = summary(Known([day(2), day(0, 4)], tools=[Failures("sh", 3, 1, ())]), days=7, now_ns=DAY * weeks.DAY_NS)
    assert [(each.day, each.figures.sessions) for each in made.by_day] == [("2024-10-04", 4), ("2024-10-02", 2)]
    assert (made.figures.sessions, made.figures.mean_efficiency, made.task_types[0].mean_grade) == (6, 4.0, 3.5)
    assert made.suggestions == ("Error-prone tool: sh, 3 errors in 1 session: review how it is called.",)


def test_a_task_type_whose_grades_fell_is_told_and_a_steady_one_is_not() -> None:
    fell = summary(Known([day(0)], graded=graded(100, good=50)), days=7, now_ns=0)
    assert [(each.task_type, each.state) for each in fell.watched] == [("testing", "severe")]
    assert "Task type testing got worse (severe)" in text(summary_page(fell))
    steady = summary(Known([day(0)], graded=graded(100, good=100)), days=7, now_ns=0)
    assert [each.state for each in steady.watched] == ["stable"]
    assert "No task type got worse." in text(summary_page(steady))


def test_too_few_sessions_tell_nothing() -> None:
    assert "Too few sessions" in text(summary_page(summary(Known([day(0)], graded=graded(5, good=5)), days=7, now_ns=0)))


def test_grades_that_do_not_fit_the_score_are_told() -> None:
    made = summary(Known([day(0)], graded=graded(20, good=0), scores={("groq", "code"): 95.0}), days=7, now_ns=0)
    (apart,) = made.disagreements
    assert (apart.backend, apart.task, apart.score, apart.sessions) == ("groq", "code", 95.0, 20)
    assert apart.difference < -25
    assert "groq" in text(summary_page(made))
