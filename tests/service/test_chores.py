"""Chores: rules act on what is measured, once a day; retention keeps within its bounds."""

from collections.abc import Iterator

import pytest

from otel_quality.core.tools.adapt import Config, Rule
from otel_quality.service.chores import Done, adaptations, measured, retention
from otel_quality.store.contract import Config as StoreConfig
from otel_quality.store.contract import Store
from otel_quality.store.opening import open_store
from tests.store.samples import DAY, NOW, execution, prediction

NAME = "ezra.evidence_threshold"


@pytest.fixture
def store() -> Iterator[Store]:
    opened = open_store(StoreConfig(), data_dir=None)
    yield opened
    opened.close()


def test_an_agent_that_fails_is_adapted_once_a_day_down_to_the_floor(store: Store) -> None:
    store.put_executions([execution(success=each < 5, ago_s=each) for each in range(10)])
    store.put_executions([execution(agent="max", ago_s=each) for each in range(10)])
    chore = adaptations(Config())
    for _ in range(3):
        chore.work(store, NOW)
    assert {name: policy.value for name, policy in store.policies().items()} == {NAME: 0.7}
    for day in (1, 2):
        chore.work(store, NOW + day * DAY)
    assert store.policies()[NAME].value == 0.6
    assert [(each.old, each.new, each.period) for each in store.adaptations()] == [(0.7, 0.6, "2026-01-02"), (0.8, 0.7, "2026-01-01")]


def test_failures_of_longer_ago_than_the_rule_looks_do_not_count(store: Store) -> None:
    store.put_executions([execution(success=False, ago_s=4 * 86_400 + each) for each in range(10)])
    adaptations(Config()).work(store, NOW)
    assert store.adaptations() == []


@pytest.mark.parametrize(
    ("measure", "value", "samples"),
    [("success_rate", 0.75, 4), ("mean_confidence", 0.5, 4), ("mean_latency_s", 0.02, 4), ("prediction_accuracy", 0.5, 2)],
)
def test_every_measure_is_read_by_agent(store: Store, measure: str, value: float, samples: int) -> None:
    store.put_executions([execution(success=each > 0, confidence=0.5) for each in range(4)])
    for number in range(2):
        store.add_prediction(prediction(str(number), success=number == 0, matched_ns=NOW))
    rule = Rule(name="any", measure=measure, policy="p", step=1.0, below=1.0)  # type: ignore[arg-type]
    assert measured(store, rule, now_ns=NOW + 1) == {"ezra": (pytest.approx(value), samples)}


def test_a_measure_that_nothing_tells_is_none(store: Store) -> None:
    store.put_executions([execution(latency_ns=-1)])
    for measure in ("mean_confidence", "mean_latency_s", "prediction_accuracy"):
        rule = Rule(name="any", measure=measure, policy="p", step=1.0, below=1.0)  # type: ignore[arg-type]
        assert measured(store, rule, now_ns=NOW + 1) == {}


def test_retention_is_on_by_default_and_counts_what_it_removes(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    store.put_executions([execution(), execution(ago_s=91 * 86_400)])
    chore = retention(StoreConfig())
    assert chore.work(store, NOW) == Done(pruned=1, more=True)
    assert chore.work(store, NOW) == Done()
    assert store.counts()["executions"] == 1
    assert [record.getMessage() for record in caplog.records] == ["retention removed 1 rows of history"]


def test_what_rules_changed_is_told_to_whoever_counts(store: Store) -> None:
    store.put_executions([execution(success=False, ago_s=each) for each in range(10)])
    assert adaptations(Config()).work(store, NOW) == Done(adapted=(NAME,))
    assert adaptations(Config()).work(store, NOW) == Done()
