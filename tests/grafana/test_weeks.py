"""Every query of the boards about sessions, tools and agents, asked of a real Prometheus that holds eight simulated days."""

import math
from collections.abc import Iterator
from typing import Any, Final

import pytest

from grafana import weeks
from grafana.backfill import of_weeks
from grafana.weeks import ALERTED, BREAKS_DAY, BROKEN, WEEKS, WEEKS_START_S, WORK
from prometheus.alerts import alerts
from prometheus.expressions import all_recordings
from prometheus.settings import Settings
from tests.grafana.boards import BOARDS, OF_WEEKS, QUERIES, Query, filled
from tests.grafana.server import Server, holding
from tests.grafana.test_live import Values, labels_of, short, values
from tests.grafana.test_queries import parsed

BAD, HEALTHY, EMPTY = (WEEKS[name] for name in ("bad", "healthy", "empty"))
OURS: Final = [query for query in QUERIES if query.uid in OF_WEEKS]
BY_NAME: Final = {short(query): query for query in OURS}
TOOLS: Final[set[Values]] = {(tool,) for tool in weeks.TOOLS}
PAIRS: Final[set[Values]] = {(tool, work.agent) for work in WORK for tool in work.tools}
EXPECTED: Final[dict[Values, set[Values]]] = {
    (): {()},
    ("task",): {(work.task,) for work in WORK},
    ("grade",): {("completed",), ("incomplete",)},
    ("tool",): TOOLS,
    ("tool", "agent"): PAIRS,
    ("agent",): {(work.agent,) for work in WORK},
    ("outcome",): {("success",), ("error",), ("timeout",)},
    ("policy",): {("allegro.evidence_threshold",)},
}
"""Series of an answer by the labels that tell them apart: what the story holds."""
NARROWER: Final[dict[str, set[Values]]] = {
    "sessions/13A": {
        ("CompletionFalling", "research"),
        ("LoopRisk", "research"),
        ("GradesFalling", "research"),
        ("GradesFalling", "documentation"),
    },
    "sessions/25A": set(),
    "tools/11C": {(BROKEN,)},
    "tools/13A": {("ToolBroken", BROKEN, "")},
}
EACH: Final = pytest.mark.parametrize("query", OURS, ids=short)


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with holding(of_weeks(), tmp_path_factory.mktemp("blocks")) as server:
        yield server


@EACH
def test_a_query_answers_with_the_series_that_the_story_holds(prometheus: Server, query: Query) -> None:
    found = prometheus.answer(query, BAD)
    labels = labels_of(parsed(query.expr))
    answered = {values(series, labels) for series in found}
    assert len(answered) == len(found), "two series look the same"
    if query.panel["type"] == "heatmap":
        assert labels == ("le",)
        assert len(found) == 15
    else:
        assert answered == NARROWER.get(short(query), EXPECTED.get(labels))
    assert all(math.isfinite(each) for series in found for each in series["numbers"][-1:])


@EACH
def test_numbers_lie_in_the_range_of_their_unit(prometheus: Server, query: Query) -> None:
    numbers = [each for series in prometheus.answer(query, BAD) for each in series["numbers"] if math.isfinite(each)]
    defaults = query.panel["fieldConfig"]["defaults"]
    if defaults["unit"] == "percentunit":
        assert all(-1 <= each <= 1 for each in numbers)
    if short(query) not in {"sessions/11B", "tools/31E", "tools/33A"}:
        assert all(each >= 0 for each in numbers), "nothing but changes can be negative"


@EACH
def test_without_sessions_no_query_fails_and_none_makes_up_a_number(prometheus: Server, query: Query) -> None:
    assert prometheus.answer(query, EMPTY) == []


def test_one_tool_is_broken_in_the_bad_week_and_none_in_the_healthy_one(prometheus: Server) -> None:
    assert prometheus.number(BY_NAME["tools/1A"], HEALTHY) == 0
    assert prometheus.number(BY_NAME["tools/1A"], BAD) == 1
    now, in_range = (prometheus.by_label(BY_NAME[f"tools/11{ref}"], "tool", BAD) for ref in "AB")
    assert max(now, key=lambda tool: now[tool][0]) == BROKEN
    assert now[BROKEN][0] > in_range[BROKEN][0] > 0.2


def test_work_that_needs_the_tool_falls_and_other_work_does_not(prometheus: Server) -> None:
    change = {task: numbers[0] for task, numbers in prometheus.by_label(BY_NAME["sessions/11B"], "task", BAD).items()}
    assert change["research"] < -0.3
    assert abs(change["debugging"]) < 0.2
    assert prometheus.number(BY_NAME["sessions/6A"], HEALTHY) < 0.05 < 0.25 < prometheus.number(BY_NAME["sessions/6A"], BAD)


def test_the_completed_share_is_that_of_the_counted_sessions(prometheus: Server) -> None:
    first, last = [
        sum(history.sessions.get((work.task, "completed"), 0) for work in WORK)
        for at_s, history in weeks.histories()
        if at_s in (BAD.from_s, BAD.to_s)
    ]
    everything = prometheus.number(BY_NAME["sessions/2A"], BAD)
    assert prometheus.number(BY_NAME["sessions/1A"], BAD) * everything == pytest.approx(last - first, rel=0.02)


def test_the_fall_begins_where_the_story_says(prometheus: Server) -> None:
    (research,) = [
        series for series in prometheus.answer(BY_NAME["sessions/12A"], BAD, kind=["research"]) if series["metric"]["task"] == "research"
    ]
    began_s = next(at for at, value in research["values"] if float(value) < 0.7)
    assert BREAKS_DAY < (began_s - WEEKS_START_S) / 86_400 < BREAKS_DAY + 1


def test_the_agent_that_uses_the_tool_declines_and_its_predictions_come_true_less_often(prometheus: Server) -> None:
    velocity, accuracy = (prometheus.by_label(BY_NAME[f"tools/31{ref}"], "agent", BAD) for ref in "EC")
    assert velocity["allegro"][0] < -0.05 < velocity["ezra"][0] < 0.05
    assert accuracy["allegro"][0] < 0.8 < accuracy["ezra"][0]


@pytest.mark.parametrize("hostile", ['"} or vector(1)', "<img onerror=alert(1)>", "a|.+", "\\"])
@pytest.mark.parametrize(("name", "variable"), [("sessions/11A", "kind"), ("tools/11A", "tool"), ("tools/31B", "agent")])
def test_a_hostile_value_of_a_variable_selects_nothing(prometheus: Server, name: str, variable: str, hostile: str) -> None:
    chosen: dict[str, Any] = {variable: [hostile]}
    assert prometheus.answer(BY_NAME[name], BAD, **chosen) == []


def test_variables_offer_what_there_is_and_narrow_one_another(prometheus: Server) -> None:
    def offered(uid: str, name: str, **chosen: list[str]) -> set[str]:
        (variable,) = [each for each in BOARDS[uid]["templating"]["list"] if each["name"] == name]
        text = filled(variable["definition"], BAD, step_s=15, **chosen)
        series, label = text.removeprefix("label_values(").removesuffix(")").rsplit(", ", 1)
        return set(prometheus.get(f"label/{label}/values", start=BAD.from_s, end=BAD.to_s, **{"match[]": series}))

    assert offered("llmq-sessions", "kind") == {work.task for work in WORK}
    assert offered("llmq-tools", "agent") == {"ezra", "allegro", "bezalel"}
    assert offered("llmq-tools", "tool", agent=["bezalel"]) == {"sql_query", "read_file"}


def test_the_days_are_the_same_each_time_and_end_as_told() -> None:
    first, second = (list(weeks.histories(every_s=6 * 3600)) for _ in range(2))
    assert first == second
    assert first[-1][0] == BAD.to_s
    assert set(first[-1][1].velocity) == {"ezra", "allegro", "bezalel"}


def recorded(expr: str) -> str:
    """The expression with what is recorded written out, because nobody evaluates rules on blocks."""
    for each in reversed(all_recordings(Settings())):
        expr = expr.replace(each.name, f"({each.expr})")
    return expr


@pytest.mark.parametrize("name", sorted({name for name, *_ in ALERTED}))
def test_the_alerts_of_the_story_are_those_that_the_shipped_rules_raise(prometheus: Server, name: str) -> None:
    (alert,) = [each for each in alerts(Settings()) if each.name == name]
    found = prometheus.range(recorded(alert.expr), BAD, 1800)
    for label, value, begins, ends in (rest[:4] for each, *rest in ALERTED if each == name):
        (series,) = [series for series in found if series["metric"][label] == value]
        days = [(at - WEEKS_START_S) / 86_400 for at, _ in series["values"]]
        assert days[0] == pytest.approx(begins, abs=0.1)
        assert days[-1] == pytest.approx(ends, abs=0.1)


def test_no_grade_falls_without_its_alert_in_the_story(prometheus: Server) -> None:
    (alert,) = [each for each in alerts(Settings()) if each.name == "LLMQGradesFalling"]
    fallen = {series["metric"]["task"] for series in prometheus.range(recorded(alert.expr), BAD, 1800)}
    assert fallen == {value for name, _, value, *_ in ALERTED if name == alert.name}
