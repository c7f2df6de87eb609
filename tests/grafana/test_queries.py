"""Every query parses, names only what we export, and reads each kind of metric as it must be read."""

import re
from collections.abc import Iterator
from typing import Any, Final

import promql_parser as promql
import pytest

from grafana import scenario
from grafana.promql import AGENTS, KEY, chosen, names_in, select
from otel_quality.core.evaluations.trust import FIGURES
from otel_quality.core.history_totals import RATINGS
from otel_quality.service.measuring import DIMENSIONS
from otel_quality.vocabulary import metrics
from otel_quality.vocabulary.axes import AXES, BUCKETS
from otel_quality.vocabulary.measures import ALL, COMPONENTS, DRIFT_STATES, SEVERITIES, SIGNALS
from otel_quality.vocabulary.outcomes import Outcome
from prometheus.alerts import alerts
from prometheus.settings import Settings
from tests.grafana.boards import BOARDS, OF_JUDGED, OF_WEEKS, QUERIES, Query, filled

NOW: Final = scenario.MOMENTS["alarmed"]
METRICS: Final = {metric.name: metric for metric in metrics.METRICS}
FOREIGN: Final = {"ALERTS": {"alertname", "alertstate", "backend", "task", "tool", "agent", "figure"}}
"""Series of Prometheus itself, and the labels that we read."""
VALUES: Final[dict[str, set[str]]] = {
    "outcome": {outcome.label for outcome in Outcome},
    "signal": {signal.name for signal in SIGNALS},
    "component": {component.name for component in COMPONENTS},
    "severity": set(SEVERITIES),
    "type": {"input", "output", "cache_read", "cache_write", "reasoning"},
    "alertstate": {"pending", "firing"},
    "grade": {"completed", "incomplete"},
    "dimension": set(DIMENSIONS),
    "axis": set(AXES),
    "bucket": {*BUCKETS, ALL},
    "rating": set(RATINGS),
    "figure": {*FIGURES, "expert_agreement_.+"},
}
OFFERED: Final = {uid: {variable["name"] for variable in board["templating"]["list"]} for uid, board in BOARDS.items()}
EACH: Final = pytest.mark.parametrize("query", QUERIES, ids=lambda query: query.name)
ANNOTATIONS: Final = [
    pytest.param(each["expr"], id=uid) for uid, board in BOARDS.items() for each in board["annotations"]["list"] if "expr" in each
]


def parsed(expr: str) -> Any:
    return promql.parse(filled(expr, NOW, step_s=15))


def nodes(tree: Any) -> Iterator[Any]:
    """The expression and everything below it."""
    found: list[Any] = []
    promql.walk(tree, found.append)
    yield from found


def selectors(expr: str) -> list[Any]:
    """Every vector selector, also those inside a range."""
    return [node for node in nodes(parsed(expr)) if isinstance(node, promql.VectorSelector)]


def family(name: str) -> metrics.Metric | None:
    """The metric that a series belongs to."""
    base = re.sub(r"_(bucket|sum|count)$", "", name)
    return METRICS.get(name) or (METRICS.get(base) if base in METRICS and METRICS[base].kind == "histogram" else None)


def kind(name: str | None) -> str:
    """gauge, counter or histogram."""
    metric = family(name or "")
    assert metric, name
    return metric.kind


def labels(selector: Any) -> set[str]:
    """Labels that the series of a selector can have."""
    metric = family(selector.name)
    if metric is None:
        return FOREIGN[selector.name]
    return {*metric.labels, *(["le"] if selector.name.endswith("_bucket") else [])}


def check(expr: str) -> None:
    found = selectors(expr)
    assert found, "reads nothing"
    for selector in found:
        assert selector.name in FOREIGN or family(selector.name), f"{selector.name} is no metric of ours"
        for matcher in selector.matchers.matchers:
            assert matcher.name in labels(selector), f"{selector.name} has no label {matcher.name}"
            if matcher.name in VALUES:
                assert set(matcher.value.split("|")) <= VALUES[matcher.name], f"{matcher.name} is never {matcher.value}"
    known = set().union(*(labels(selector) for selector in found))
    for node in nodes(parsed(expr)):
        modifiers: list[Any] = [node.modifier] if isinstance(node, promql.AggregateExpr) and node.modifier else []
        modifiers += [node.modifier.matching] if isinstance(node, promql.BinaryExpr) and node.modifier and node.modifier.matching else []
        for modifier in modifiers:
            assert set(modifier.labels) <= known, f"{modifier.labels} of which nothing has"


@EACH
def test_a_query_names_only_metrics_and_labels_that_exist(query: Query) -> None:
    check(query.expr)


@pytest.mark.parametrize("expr", ANNOTATIONS)
def test_an_annotation_names_only_metrics_and_labels_that_exist(expr: str) -> None:
    check(expr)


@EACH
def test_every_series_obeys_the_variables_whose_labels_it_has(query: Query) -> None:
    for metric in metrics.METRICS:
        for series in re.findall(rf"\b{metric.name}(?:_bucket|_sum|_count)?\b(\{{[^{{}}]*(?:\$\{{[^}}]*\}}[^{{}}]*)*\}})?", query.expr):
            for label in {*KEY, *AGENTS} & set(metric.labels):
                assert re.search(rf"\b{label}=", series), f"{metric.name} ignores the variable {label}"
            read = set(re.findall(r"\$\{(\w+):regex\}", series))
            assert read <= OFFERED[query.uid], f"{metric.name} reads variables that the board does not have"


@EACH
def test_counters_are_read_as_rates_or_as_new_series(query: Query) -> None:
    tree: list[Any] = list(nodes(parsed(query.expr)))
    ranged = [node.vector_selector.name for node in tree if isinstance(node, promql.MatrixSelector)]
    unless: list[Any] = [node for node in tree if isinstance(node, promql.BinaryExpr) and str(node.op) == "unless"]
    new = [node for node in unless if node.lhs.name == node.rhs.name and node.rhs.offset is not None]
    ours = [node.name for node in tree if isinstance(node, promql.VectorSelector) and node.name not in FOREIGN]
    rising = [name for name in ours if kind(name) != "gauge"]
    assert "gauge" not in map(kind, ranged), "a gauge has no rate"
    assert len(rising) == len(ranged) + 2 * len(new), "a counter's value alone says nothing"


@EACH
def test_a_legend_names_labels_that_the_answer_has(query: Query) -> None:
    grouped = {
        label
        for node in nodes(parsed(query.expr))
        if isinstance(node, promql.AggregateExpr) and node.modifier
        for label in node.modifier.labels
    }
    assert set(re.findall(r"\{\{(\w+)\}\}", query.target["legendFormat"])) <= grouped


def test_alert_panels_read_the_names_that_our_rules_have() -> None:
    patterns = {query.uid: re.search(r'alertname=~"([^"]+)"', query.expr)[1] for query in QUERIES if "ALERTS" in query.expr}  # type: ignore[index]
    ours = {alert.name: alert.board for alert in alerts(Settings())}
    assert "LLMQWatchdog" in ours, "the one that always fires and is left out by name"
    for uid, pattern in patterns.items():
        if uid in (*OF_WEEKS, *OF_JUDGED):
            assert set(pattern.split("|")) == {name for name, board in ours.items() if board == uid}
        else:
            assert all(re.fullmatch(pattern, name) for name in ours)


def test_drift_series_of_whole_backends_stay_in_view_whichever_part_is_chosen() -> None:
    assert select(metrics.DRIFT_STATE).count("`${task:regex}|all`") == 1
    assert select(metrics.DRIFT_STATE).count("`${model:regex}|all`") == 1
    assert select(metrics.SCORE) == f"{metrics.SCORE.name}{{{chosen('backend')}, {chosen('model')}, {chosen('task')}}}"


def test_a_matcher_of_ones_own_takes_the_place_of_the_variable() -> None:
    assert select(metrics.BACKEND_SCORE, 'task="all"') == f'{metrics.BACKEND_SCORE.name}{{{chosen("backend")}, task="all"}}'


def test_states_on_the_boards_are_those_of_the_drift_watch() -> None:
    (timeline,) = [query.panel for query in QUERIES if query.name.startswith("llmq-overview/12-")]
    options = timeline["fieldConfig"]["defaults"]["mappings"][0]["options"]
    assert [options[str(value)]["text"] for value in range(len(DRIFT_STATES))] == list(DRIFT_STATES)


def test_names_of_histogram_series_are_told_by_their_family() -> None:
    assert names_in(f"sum(rate({metrics.DURATION.name}_bucket[5m])) / up") == [metrics.DURATION.name, "up"]
