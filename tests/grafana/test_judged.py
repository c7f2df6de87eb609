"""Every query of the board about judged quality, asked of a real Prometheus that holds four simulated weeks of a judge."""

import math
from collections.abc import Iterator
from typing import Final

import pytest

from grafana import judged, words
from grafana.backfill import of_judged
from grafana.judged import ALERTED, JUDGE, JUDGED, JUDGED_START_S
from otel_quality.core.evaluations.trust import FIGURES, TOLERANCE
from otel_quality.vocabulary.axes import AXES, BUCKETS
from otel_quality.vocabulary.measures import ALL
from prometheus.alerts import alerts
from prometheus.settings import Settings
from tests.grafana.boards import BOARDS, OF_JUDGED, QUERIES, Query, filled
from tests.grafana.server import Server, holding
from tests.grafana.test_live import Values, labels_of, short, values
from tests.grafana.test_queries import parsed
from tests.grafana.test_weeks import recorded

BAD, HEALTHY, EMPTY = (JUDGED[name] for name in ("bad", "healthy", "empty"))
OURS: Final = [query for query in QUERIES if query.uid in OF_JUDGED]
BY_NAME: Final = {short(query): query for query in OURS}
KNOWN: Final[set[Values]] = {(figure,) for figure in FIGURES if not figure.startswith("repeat")}
"""Nothing but the anchors is judged twice."""
EXPECTED: Final[dict[Values, set[Values]]] = {
    (): {()},
    ("axis",): {(axis,) for axis in AXES},
    ("bucket",): {(bucket,) for bucket in BUCKETS},
    ("figure",): KNOWN,
    ("rating",): {("up",), ("down",)},
    ("judge", "rubric"): {("1:gpt-5.1", "2-c41d09aa")},
    ("state",): {("done",), ("failed",), ("cancelled",)},
    ("outcome",): {("success",), ("error",), ("timeout",)},
    ("type",): {("input",), ("output",)},
    ("backend", "model"): {(JUDGE.backend, str(JUDGE.model))},
}
"""Series of an answer by the labels that tell them apart: what the story holds."""
NARROWER: Final[dict[str, set[Values]]] = {
    "evaluations/11B": {(axis,) for axis in AXES if axis != "task_complexity"},
    "evaluations/12A": {(bucket,) for bucket in (*BUCKETS, ALL)},
    "evaluations/13A": {(name.removeprefix("LLMQ"), "") for name, *_ in ALERTED},
    "evaluations/31D": {(figure,) for figure in FIGURES},
    **{f"evaluations/32{ref}": {("judge_shift",)} for ref in "ABC"},
    "evaluations/33A": {("feedback_agreement",), ("outcome_agreement",)},
    "evaluations/34A": {(f"expert_agreement_{axis}",) for axis in AXES},
}
SIGNED: Final = {"evaluations/2A", "evaluations/6A", "evaluations/11B", "evaluations/31A", "evaluations/31B", "evaluations/31C"}
EACH: Final = pytest.mark.parametrize("query", OURS, ids=short)


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with holding(of_judged(), tmp_path_factory.mktemp("blocks")) as server:
        yield server


@EACH
def test_a_query_answers_with_the_series_that_the_story_holds(prometheus: Server, query: Query) -> None:
    found = prometheus.answer(query, BAD)
    labels = labels_of(parsed(query.expr))
    answered = {values(series, labels) for series in found}
    assert len(answered) == len(found), "two series look the same"
    assert answered == NARROWER.get(short(query), EXPECTED.get(labels))
    assert all(math.isfinite(each) for series in found for each in series["numbers"][-1:])


@EACH
def test_numbers_lie_in_the_range_of_their_unit(prometheus: Server, query: Query) -> None:
    numbers = [each for series in prometheus.answer(query, BAD) for each in series["numbers"] if math.isfinite(each)]
    if short(query) not in SIGNED and not short(query).startswith("evaluations/32"):
        assert all(each >= 0 for each in numbers)
    if query.panel["fieldConfig"]["defaults"]["unit"] == "percentunit":
        assert all(each <= 1 for each in numbers)
    if query.expr.startswith("100 *"):
        assert all(-100 <= each <= 100 for each in numbers)


@EACH
def test_where_nobody_judged_no_query_fails_and_none_makes_up_a_number(prometheus: Server, query: Query) -> None:
    assert prometheus.answer(query, EMPTY) == []


def test_what_is_hard_falls_and_what_is_easy_does_not(prometheus: Server) -> None:
    goal = prometheus.by_label(BY_NAME["evaluations/12A"], "bucket", BAD)
    assert max(goal["76+"]) - min(goal["76+"]) > 25
    assert max(goal["0-25"]) - min(goal["0-25"]) < 10
    assert prometheus.number(BY_NAME["evaluations/1A"], BAD) < 65 < 70 < prometheus.number(BY_NAME["evaluations/1A"], HEALTHY)
    assert prometheus.number(BY_NAME["evaluations/4A"], BAD) < prometheus.number(BY_NAME["evaluations/4A"], HEALTHY)


def test_the_means_rest_on_the_nights_of_a_week(prometheus: Server) -> None:
    assert prometheus.number(BY_NAME["evaluations/3A"], HEALTHY) == 7 * 40
    assert prometheus.number(BY_NAME["evaluations/3A"], BAD) == 6 * 40, "one night failed"


def test_the_shift_of_the_judge_is_seen_on_the_anchors_only_once_it_is_there(prometheus: Server) -> None:
    assert abs(prometheus.number(BY_NAME["evaluations/6A"], HEALTHY)) < TOLERANCE < prometheus.number(BY_NAME["evaluations/6A"], BAD)


def test_a_failed_run_costs_no_tokens(prometheus: Server) -> None:
    runs = prometheus.by_label(BY_NAME["evaluations/41A"], "state", BAD)
    calls = prometheus.by_label(BY_NAME["evaluations/42A"], "outcome", BAD)
    assert sum(round(each) for each in runs["failed"]) == 1
    assert sum(round(each) for each in calls["error"]) == 12


@pytest.mark.parametrize("hostile", ['"} or vector(1)', "<img onerror=alert(1)>", "a|.+", "\\"])
def test_a_hostile_value_of_the_variable_selects_nothing(prometheus: Server, hostile: str) -> None:
    for name in ("evaluations/42A", "evaluations/43A", "evaluations/44A"):
        assert prometheus.answer(BY_NAME[name], BAD, judge=[hostile]) == []


def test_the_variable_offers_judges(prometheus: Server) -> None:
    (_, variable) = BOARDS["llmq-evaluations"]["templating"]["list"]
    series, label = filled(variable["definition"], BAD, step_s=15).removeprefix("label_values(").removesuffix(")").rsplit(", ", 1)
    assert prometheus.get(f"label/{label}/values", start=BAD.from_s, end=BAD.to_s, **{"match[]": series}) == [JUDGE.backend]


@pytest.mark.parametrize("name", sorted({name for name, *_ in ALERTED}))
def test_the_alerts_of_the_story_are_those_that_the_shipped_rules_raise(prometheus: Server, name: str) -> None:
    (alert,) = [each for each in alerts(Settings()) if each.name == name]
    ((begins, ends),) = [rest[:2] for each, *rest in ALERTED if each == name]
    (series,) = prometheus.range(recorded(alert.expr), BAD, 1800)
    days = [(at - JUDGED_START_S) / 86_400 for at, _ in series["values"]]
    assert days[0] == pytest.approx(begins, abs=0.1)
    assert days[-1] == pytest.approx(ends, abs=0.1)


def test_no_other_alert_on_judged_quality_would_have_been_raised(prometheus: Server) -> None:
    (alert,) = [each for each in alerts(Settings()) if each.name == "LLMQJudgeDisagrees"]
    assert prometheus.range(recorded(alert.expr), BAD, 3600) == []


def test_the_weeks_are_the_same_each_time_and_end_as_told() -> None:
    first, second = (list(judged.readings(every_s=86_400)) for _ in range(2))
    assert first == second
    assert first[-1][0] == BAD.to_s


def test_every_figure_of_trust_has_words() -> None:
    assert set(words.FIGURES) == set(FIGURES)
    assert Settings().judge_shift == TOLERANCE / 100
