"""Every query of every panel, asked of a real Prometheus that holds three hours of real processor output."""

import math
from collections.abc import Iterator
from typing import Any, Final

import promql_parser as promql
import pytest

from grafana import scenario
from grafana.backfill import of_hours
from grafana.scenario import MOMENTS, STORY
from otel_quality.vocabulary.measures import ALL, SIGNALS
from tests.grafana.boards import BOARDS, OF_JUDGED, OF_WEEKS, Query, filled
from tests.grafana.boards import QUERIES as ALL_QUERIES
from tests.grafana.server import Server, holding
from tests.grafana.test_queries import parsed

ALARMED, EMPTY, HEALTHY, DEGRADING = (MOMENTS[name] for name in ("alarmed", "empty", "healthy", "degrading"))
Values = tuple[str, ...]

GROQ: Final[Values] = ("groq", "llama-4-maverick", "code")
HAIKU: Final[Values] = ("anthropic", "claude-haiku-4-5", "research")
KEYS: Final[set[Values]] = {(part.backend, part.model, part.task) for part in STORY}
WITH_TOOLS: Final[set[Values]] = {(part.backend, part.model, part.task) for part in STORY if part.usual.tools and part.usual.per_minute > 1}
PRICED: Final[set[Values]] = {(part.backend, part.model) for part in STORY if part.usual.price is not None}


QUERIES: Final = [query for query in ALL_QUERIES if query.uid not in (*OF_WEEKS, *OF_JUDGED)]


def short(query: Query) -> str:
    """Board, panel and ref: `overview/11A`."""
    return f"{query.uid.removeprefix('llmq-')}/{query.panel['id']}{query.target['refId']}"


BY_NAME: Final = {short(query): query for query in QUERIES}
EXPECTED: Final[dict[Values, set[Values]]] = {
    (): {()},
    ("backend",): {(backend,) for backend, _, _ in KEYS},
    ("backend", "model"): {(backend, model) for backend, model, _ in KEYS},
    ("backend", "task"): {(backend, task) for backend, _, task in KEYS},
    ("backend", "model", "task"): KEYS,
    ("signal",): {(signal.name,) for signal in SIGNALS},
    ("outcome",): {(word,) for word in ("success", "error", "refusal", "timeout", "cancelled")},
    ("stop_reason",): {(word,) for word in ("stop", "tool", "length", "filter", "refusal", "cancelled", "empty", "error")},
    ("error_type",): {("rate_limit",), ("server_error",), ("timeout",)},
    ("type",): {("input",), ("output",), ("cache_read",), ("reasoning",)},
    ("result",): {(word,) for word in ("accepted", "ignored", "duplicate", "late", "rejected")},
    ("severity",): {("mild",), ("severe",)},
    ("reason",): {("no_trace_id",)},
    ("field",): {("output_tokens",)},
}
"""Series of an answer by the labels that tell them apart: what the story holds."""
FIRING: Final[set[Values]] = {(*GROQ, signal.name) for signal in SIGNALS}
NARROWER: Final[dict[str, set[Values]]] = {
    "overview/21J": {(backend,) for backend, _ in PRICED},
    **{f"overview/23{ref}": {GROQ} for ref in "ABC"},
    **{f"drift/{panel}B": {GROQ} for panel in (21, 22, 23, 24)},
    "drift/25B": {GROQ, HAIKU},
    "backend/33A": PRICED,
    "backend/54B": set(),
    **{name: {("BackendDrifting", "groq"), ("ScoreLow", "groq")} for name in ("overview/13A", "drift/33A")},
}
"""Where a query asks for less than all there is; nothing is over a bound in the story."""
AT_LEAST: Final[dict[str, set[Values]]] = {
    "drift/22A": {key for key in KEYS if key[1] != "mistral-small"},
    "drift/23A": WITH_TOOLS,
    **{f"overview/11{ref}": {(*GROQ, "empty_response_rate"), (*GROQ, "error_rate")} for ref in "ABCDE"},
}
"""Where chance decides on some of the series."""


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with holding(of_hours(every_s=30), tmp_path_factory.mktemp("blocks")) as server:
        yield server


def labels_of(node: Any) -> Values:
    """Labels that tell the series of an expression apart."""
    if isinstance(node, promql.AggregateExpr):
        inner = labels_of(node.expr)
        return tuple(node.modifier.labels) if node.modifier else inner if "bottomk" in str(node.op) else ()
    if isinstance(node, promql.ParenExpr | promql.UnaryExpr | promql.SubqueryExpr):
        return labels_of(node.expr)
    if isinstance(node, promql.BinaryExpr):
        return max(labels_of(node.lhs), labels_of(node.rhs), key=len)
    if isinstance(node, promql.Call):
        inner = max((labels_of(argument) for argument in node.args), key=len, default=())
        return tuple(label for label in inner if label != "le" or node.func.name != "histogram_quantile")
    return ()


def values(series: dict[str, Any], labels: Values) -> Values:
    return tuple(series["metric"].get(label, "") for label in labels)


@pytest.mark.parametrize("query", QUERIES, ids=short)
def test_a_query_answers_with_the_series_that_the_story_holds(prometheus: Server, query: Query) -> None:
    found = prometheus.answer(query, ALARMED)
    labels = labels_of(parsed(query.expr))
    answered = {values(series, labels) for series in found}
    assert len(answered) == len(found), "two series look the same"
    if query.panel["type"] == "heatmap":
        assert labels == ("le",)
        assert len(found) == 15
    elif labels == ("dialect", "field"):
        assert {dialect for dialect, _ in answered} == {"otel-genai", "openinference"}
    elif short(query) in AT_LEAST:
        assert AT_LEAST[short(query)] <= answered <= EXPECTED.get(labels, FIRING)
    elif labels == ("stop_reason",):
        assert {("stop",), ("tool",), ("length",), ("filter",), ("refusal",)} <= answered <= EXPECTED[labels]
    else:
        assert answered == NARROWER.get(short(query), EXPECTED.get(labels))
    assert all(math.isfinite(number) for series in found for number in series["numbers"][-1:])


@pytest.mark.parametrize("query", QUERIES, ids=short)
def test_numbers_lie_in_the_range_of_their_unit(prometheus: Server, query: Query) -> None:
    unit = query.panel["fieldConfig"]["defaults"]["unit"]
    numbers = [number for series in prometheus.answer(query, ALARMED) for number in series["numbers"] if math.isfinite(number)]
    if query.expr.startswith("100 *") and " - " not in query.expr:
        assert all(0 <= number <= 100 for number in numbers)
    elif query.panel["type"] != "table":
        assert all(number >= 0 for number in numbers)
        if (
            unit == "percentunit"
            and "length_collapse" not in query.expr
            and query.panel["fieldConfig"]["defaults"].get("custom", {}).get("stacking", {}).get("mode") != "percent"
        ):
            assert all(number <= 1 for number in numbers)


@pytest.mark.parametrize("query", QUERIES, ids=short)
def test_without_calls_no_query_fails_and_none_makes_up_a_number(prometheus: Server, query: Query) -> None:
    assert prometheus.answer(query, EMPTY) == []


@pytest.mark.parametrize("query", [query for query in QUERIES if "${model:regex}" in query.expr], ids=short)
def test_a_chosen_model_with_a_dot_in_its_name_is_found_and_nothing_else(prometheus: Server, query: Query) -> None:
    for series in prometheus.answer(query, HEALTHY, backend=["openai"], model=["gpt-5.1"]):
        assert series["metric"].get("backend", "openai") == "openai"
        assert series["metric"].get("model", "gpt-5.1") == "gpt-5.1"


@pytest.mark.parametrize("hostile", ['"} or vector(1)', "<img onerror=alert(1)>", "${__from}", "a|.+", "\\", "gpt-5.1\\"])
@pytest.mark.parametrize("name", ["overview/32A", "overview/22A", "drift/11A", "backend/21B"])
def test_a_hostile_value_of_a_variable_selects_nothing(prometheus: Server, name: str, hostile: str) -> None:
    assert prometheus.answer(BY_NAME[name], ALARMED, backend=[hostile]) == []
    found = prometheus.answer(BY_NAME[name], ALARMED, backend=[hostile, "groq"])
    assert {series["metric"].get("backend", "groq") for series in found} == {"groq"}


@pytest.mark.parametrize("uid", [uid for uid in BOARDS if uid not in (*OF_WEEKS, *OF_JUDGED)])
def test_variables_offer_what_there_is_and_narrow_one_another(prometheus: Server, uid: str) -> None:
    def offered(name: str, **chosen: list[str]) -> set[str]:
        (variable,) = [each for each in BOARDS[uid]["templating"]["list"] if each["name"] == name]
        series, label = (
            filled(variable["definition"], ALARMED, step_s=15, **chosen).removeprefix("label_values(").removesuffix(")").rsplit(", ", 1)
        )
        return set(prometheus.get(f"label/{label}/values", start=ALARMED.from_s, end=ALARMED.to_s, **{"match[]": series}))

    assert offered("backend") == {backend for backend, _, _ in KEYS}
    assert offered("model", backend=["groq"]) == {"llama-4-maverick", "mistral-small"}
    assert offered("task", backend=["groq"], model=["llama-4-maverick"]) == {"code", "fast_ops"}
    assert ALL not in offered("task")


def test_the_board_says_which_backend_got_worse_since_when_and_why(prometheus: Server) -> None:
    state, since, value, threshold, score = (prometheus.answer(BY_NAME[f"overview/11{ref}"], ALARMED) for ref in "ABCDE")
    assert {number for series in state for number in series["numbers"]} == {3}
    began_min = {(series["numbers"][0] / 1000 - scenario.START_S) / 60 for series in since}
    assert len(began_min) == 1
    assert 105 < began_min.pop() < 120
    bounds = {series["metric"]["signal"]: series["numbers"][0] for series in threshold}
    for series in value:
        signal = series["metric"]["signal"]
        number = series["numbers"][0]
        assert number < bounds[signal] if signal == "length_collapse_ratio" else number > bounds[signal]
    assert all(series["numbers"][0] < 70 for series in score)


def test_while_all_is_well_nothing_is_listed_as_worse(prometheus: Server) -> None:
    for ref in "ABCDE":
        assert prometheus.answer(BY_NAME[f"overview/11{ref}"], HEALTHY) == []
    assert [prometheus.answer(BY_NAME[f"overview/1{ref}"], HEALTHY)[0]["numbers"] for ref in "AB"] == [[0], [0]]
    assert prometheus.answer(BY_NAME["overview/13A"], HEALTHY) == []


def test_mild_drift_shows_before_severe_drift_does(prometheus: Server) -> None:
    assert [prometheus.answer(BY_NAME[f"overview/1{ref}"], DEGRADING)[0]["numbers"] for ref in "AB"] == [[0], [1]]


def test_a_timeline_turns_red_where_the_story_says(prometheus: Server) -> None:
    worst = {series["metric"]["backend"]: max(series["numbers"]) for series in prometheus.answer(BY_NAME["overview/12A"], ALARMED)}
    assert worst["groq"] == 3
    assert worst["gemini"] == worst["openai"] == 1


def test_severe_drift_is_one_annotated_region_that_lasts(prometheus: Server) -> None:
    (drift,) = [each for each in BOARDS["llmq-overview"]["annotations"]["list"] if "expr" in each]
    regions = prometheus.range(filled(drift["expr"], ALARMED, step_s=60), ALARMED, 60)
    (groq,) = [region for region in regions if values(region, ("backend", "model", "task")) == GROQ]
    assert len(groq["values"]) > 50
    assert 105 < (groq["values"][0][0] - scenario.START_S) / 60 < 120


def test_the_first_severe_transition_is_counted_though_its_series_is_new(prometheus: Server) -> None:
    (severe,) = [series for series in prometheus.answer(BY_NAME["drift/31A"], ALARMED) if series["metric"]["severity"] == "severe"]
    assert sum(severe["numbers"]) >= 1


def test_points_lost_and_the_score_add_up_to_a_hundred(prometheus: Server) -> None:
    chosen = {"backend": ["groq"], "model": ["llama-4-maverick"], "task": ["code"]}
    lost = [prometheus.answer(BY_NAME[f"backend/12{ref}"], ALARMED, **chosen)[0]["numbers"][-1] for ref in "ABCDE"]
    (score,) = prometheus.answer(BY_NAME["backend/11A"], ALARMED, **chosen)
    assert sum(lost) + score["numbers"][-1] == pytest.approx(100, abs=0.02)


def test_the_newcomer_with_few_samples_ranks_below_its_score(prometheus: Server) -> None:
    chosen = {"model": ["mistral-small"]}
    (score,), (rank,), (samples,) = (prometheus.answer(BY_NAME[f"overview/32{ref}"], ALARMED, **chosen) for ref in "AED")
    assert rank["numbers"][0] == pytest.approx(score["numbers"][0] * samples["numbers"][0] / 5)
    assert samples["numbers"][0] < 5
