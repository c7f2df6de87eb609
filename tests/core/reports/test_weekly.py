"""The weekly report: its figures, the weakest, trends and suggestions, exactly."""

import json
from dataclasses import asdict
from typing import Any

import pytest

from otel_quality.core.history import ErrorGroup, Failures, GradeSummary
from otel_quality.core.reports import weeks
from otel_quality.core.reports.records import Figures, TaskType, Weekly
from otel_quality.core.reports.suggestions import suggestions
from otel_quality.core.reports.weekly import weekly

WEEK = "2026-W47"
BEGIN_NS, END_NS = weeks.bounds_ns(WEEK)
GOOD = Figures(10, 3.0, 4.0, 0.7, 0.8)


def summary(task_type: str = "testing", *, back: int = 0, sessions: int = 4, **changed: float) -> GradeSummary:
    values = {"completed": 3, "with_errors": 2, "recovered": 1, "loop_risks": 0, "efficiency_sum": 16.0, "quality_sum": 14.0} | changed
    return GradeSummary(BEGIN_NS - back * weeks.WEEK_NS, task_type, sessions, **values)  # type: ignore[arg-type]


def report(*summaries: GradeSummary, now_ns: int = END_NS, **failed: Any) -> Weekly:
    return weekly(WEEK, summaries, now_ns=now_ns, **failed)


def test_figures_are_those_of_this_week_over_all_task_types() -> None:
    made = report(summary(), summary("debugging", sessions=6, completed=1, efficiency_sum=9.0, quality_sum=21.0), summary(back=1))
    assert made.figures == Figures(10, 2.5, 3.5, 0.4, 0.5)
    assert (made.first_day, made.last_day) == ("2026-11-16", "2026-11-22")


def test_a_week_without_sessions_knows_no_rates() -> None:
    made = report(summary(back=1))
    assert made.figures == Figures(0, None, None, None, None)
    assert (made.task_types, made.trends, made.suggestions) == ((), (), ())


def test_recovery_is_unknown_where_no_session_had_errors() -> None:
    assert report(summary(with_errors=0, recovered=0)).figures.recovery_rate is None


@pytest.mark.parametrize(("now_ns", "over"), [(END_NS - 1, False), (END_NS, True)])
def test_a_week_is_over_at_its_end(now_ns: int, over: bool) -> None:
    assert report(now_ns=now_ns).over is over


def test_the_lowest_task_type_comes_first() -> None:
    made = report(summary("research"), summary("debugging", quality_sum=8.0), summary("docs"))
    assert [(each.task_type, each.mean_grade) for each in made.task_types] == [("debugging", 3.0), ("docs", 3.75), ("research", 3.75)]


def test_tools_and_errors_are_listed_up_to_five_and_suggestions_name_the_first() -> None:
    failed = [Failures(f"tool{number}", 9 - number, 1, ()) for number in range(7)]
    made = report(summary(), tools=failed, errors=[Failures("timeout", 4, 2, ("a",))])
    assert [each.name for each in made.tools] == ["tool0", "tool1", "tool2", "tool3", "tool4"]
    assert made.errors == (Failures("timeout", 4, 2, ("a",)),)
    assert any("Error-prone tool: tool0, 9 errors in 1 session" in each for each in made.suggestions)


def test_what_recurs_came_up_in_more_than_one_session() -> None:
    def group(tool: str, sessions: int) -> ErrorGroup:
        return ErrorGroup("timeout", tool, "testing", 9, sessions, BEGIN_NS - weeks.WEEK_NS, BEGIN_NS, ("a",))

    made = report(summary(), recurring=[group("once", 1), group("twice", 2), group("often", 5)])
    assert [(each.tool, each.sessions, each.since, each.last) for each in made.recurring] == [
        ("often", 5, "2026-11-09", "2026-11-16"),
        ("twice", 2, "2026-11-09", "2026-11-16"),
    ]


def test_a_trend_is_against_the_mean_of_the_weeks_that_had_sessions() -> None:
    made = report(summary(completed=1), summary(back=1, completed=4), summary(back=3, completed=2), summary(back=5, completed=0))
    trend = next(each for each in made.trends if each.measure == "completion_rate")
    assert (trend.value, trend.before, trend.change, trend.direction, trend.weeks) == (0.25, 0.75, -0.5, "worse", 2)
    assert [each.week for each in made.past] == ["2026-W46", "2026-W45", "2026-W44", "2026-W43"]
    assert [each.figures.sessions for each in made.past] == [4, 0, 4, 0]


@pytest.mark.parametrize(("efficiency_sum", "direction"), [(16.7, "steady"), (15.3, "steady"), (17.0, "better"), (15.0, "worse")])
def test_a_small_change_is_no_trend(efficiency_sum: float, direction: str) -> None:
    trends = report(summary(efficiency_sum=efficiency_sum), summary(back=1)).trends
    assert [each.direction for each in trends if each.measure == "mean_efficiency"] == [direction]


def test_figures_at_their_bounds_suggest_nothing() -> None:
    assert (
        suggestions(GOOD, [TaskType("testing", 9, 3.0, 3.0, 3.0, 0.7)], [Failures("sh", 1, 1, ())], [Failures("timeout", 1, 1, ())]) == ()
    )


@pytest.mark.parametrize(
    ("figures", "says"),
    [
        (Figures(10, 3.0, 4.0, 0.6996, 0.8), "Completion is 69.96 %, under 70 %: add planning steps before the work starts."),
        (Figures(10, 2.9, 4.0, 0.7, 0.8), "Tool efficiency is 2.90 of 5, under 3: add error recovery patterns."),
        (Figures(10, 3.0, 4.0, 0.7, 0.5), "Recovery is 50 % of the sessions with errors, under 80 %: add fallback strategies."),
    ],
)
def test_each_figure_under_its_bound_has_its_suggestion(figures: Figures, says: str) -> None:
    assert suggestions(figures, [], [], []) == (says,)


def test_the_low_task_type_the_tool_and_the_error_are_named() -> None:
    types = [TaskType("debugging", 1, 2.5, 2.0, 3.0, 0.5), TaskType("testing", 2, 2.9, 2.9, 2.9, 0.5)]
    tools, errors = [Failures("run_tests", 4, 2, ()), Failures("sh", 3, 1, ())], [Failures("syntax_error", 5, 2, ())]
    assert suggestions(GOOD, types, tools, errors) == (
        "Low task type: debugging, mean grade 2.50 of 5 over 1 session.",
        "Error-prone tool: run_tests, 4 errors in 2 sessions: review how it is called.",
        "Common error: syntax_error, 5 times: have code and queries checked before they run.",
    )


def test_an_error_of_unknown_kind_is_named_only_where_there_is_no_other() -> None:
    unknown, known, once = Failures("unknown", 9, 3, ()), Failures("timeout", 4, 2, ()), Failures("timeout", 1, 1, ())
    (said,) = suggestions(GOOD, [], [], [unknown, known])
    assert said.startswith("Common error: timeout, 4 times")
    (said,) = suggestions(GOOD, [], [], [unknown, once])
    assert said == "Common error: unknown, 9 times: look at the sessions to see what it is."


def test_a_low_task_type_with_enough_sessions_is_named_before_one_with_few() -> None:
    few, enough = (TaskType(name, sessions, grade, grade, grade, 0.5) for name, sessions, grade in (("docs", 4, 2.0), ("sql", 5, 2.5)))
    (said,) = suggestions(GOOD, [few, enough], [], [])
    assert said == "Low task type: sql, mean grade 2.50 of 5 over 5 sessions."


def test_a_report_is_its_own_json() -> None:
    made = report(summary(), summary(back=1), tools=[Failures("sh", 3, 1, ("a",))])
    assert json.loads(json.dumps(asdict(made)))["figures"]["completion_rate"] == 0.75
