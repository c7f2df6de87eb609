"""Counters over history stay bounded."""

import pytest

from otel_quality.core.history_totals import MAX_AGENTS, MAX_TOOLS, Totals
from otel_quality.vocabulary.measures import OTHER
from otel_quality.vocabulary.metrics import BUCKETS_S
from tests.store.samples import execution, grade


def test_tools_and_agents_over_their_bound_are_counted_together() -> None:
    totals = Totals()
    totals.add_executions(execution(f"tool{each}") for each in range(MAX_TOOLS + 5))
    totals.add_executions(execution("tool0", agent=f"agent{each}") for each in range(MAX_AGENTS + 5))
    assert totals.tools[OTHER, "ezra", "success"] == 5
    assert totals.tools["tool0", OTHER, "success"] == 6
    assert totals.overflow == {"tool": 5, "agent": 6}
    assert sum(totals.tools.values()) == MAX_TOOLS + MAX_AGENTS + 10
    assert len(totals.durations) == MAX_TOOLS + 1


@pytest.mark.parametrize(("latency_ns", "bucket"), [(0, 0), (10_000_000, 0), (10_000_001, 1), (10**12, len(BUCKETS_S))])
def test_a_duration_falls_into_the_first_bucket_that_holds_it(latency_ns: int, bucket: int) -> None:
    totals = Totals()
    totals.add_executions([execution(latency_ns=latency_ns)])
    series = totals.durations["git_status"]
    assert [place for place, count in enumerate(series.counts) if count] == [bucket]
    assert series.sum_s == pytest.approx(latency_ns / 1e9)


def test_sessions_are_counted_by_task_and_grade() -> None:
    totals = Totals()
    for completed in (True, True, False):
        totals.add_session("debugging", grade(task_completed=completed))
    assert totals.sessions == {("debugging", "completed"): 2, ("debugging", "incomplete"): 1}
