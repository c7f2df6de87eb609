"""Counters over history stay bounded."""

import pytest

from otel_quality.core.history_totals import MAX_AGENTS, MAX_POLICIES, MAX_TOOLS, Totals
from otel_quality.core.sessions.record import ToolUse
from otel_quality.core.tools import ingest
from otel_quality.vocabulary.measures import OTHER
from otel_quality.vocabulary.metrics import BUCKETS_S
from tests.store.samples import NOW, execution, grade, session


def test_tools_and_agents_over_their_bound_are_counted_together() -> None:
    totals = Totals()
    totals.add_executions(execution(f"tool{each}") for each in range(MAX_TOOLS + 5))
    totals.add_executions(execution("tool0", agent=f"agent{each}") for each in range(MAX_AGENTS + 5))
    assert totals.tools[OTHER, "ezra", "success"] == 5
    assert totals.tools["tool0", OTHER, "success"] == 6
    assert totals.overflow == {"tool": 5, "agent": 6, "policy": 0}
    assert sum(totals.tools.values()) == MAX_TOOLS + MAX_AGENTS + 10
    assert len(totals.durations) == MAX_TOOLS + 1


@pytest.mark.parametrize(("latency_ns", "bucket"), [(0, 0), (10_000_000, 0), (10_000_001, 1), (10**12, len(BUCKETS_S))])
def test_a_duration_falls_into_the_first_bucket_that_holds_it(latency_ns: int, bucket: int) -> None:
    totals = Totals()
    totals.add_executions([execution(latency_ns=latency_ns)])
    series = totals.durations["git_status"]
    assert [place for place, count in enumerate(series.counts) if count] == [bucket]
    assert series.sum_s == pytest.approx(latency_ns / 1e9)


def test_a_bucket_has_its_latest_trace_and_a_failed_one_before_others_that_came_with_it() -> None:
    totals = Totals()
    failed, good, slow = execution(success=False), execution(), execution(latency_ns=10**12)
    totals.add_executions([failed, good, slow])
    held = [each for each in totals.durations["git_status"].exemplars if each]
    assert [(each.trace_id, each.span_id, each.value_s) for each in held] == [
        (failed.trace_id, failed.span_id, 0.02),
        (slow.trace_id, slow.span_id, 1000.0),
    ]
    totals.add_executions([good])
    assert totals.durations["git_status"].exemplars[1].trace_id == good.trace_id  # type: ignore[union-attr]


def test_a_session_that_was_handed_in_has_no_trace_to_open() -> None:
    totals = Totals()
    uses = (ToolUse("sh", latency_ns=5),)
    totals.add_executions(ingest.executions(session(tool_uses=uses, tool_calls=1), now_ns=NOW))
    assert totals.durations["sh"].exemplars == (None,) * (len(BUCKETS_S) + 1)


def test_changes_of_policies_are_counted_within_a_bound() -> None:
    totals = Totals()
    totals.add_adaptations(f"agent{each}.patience" for each in range(MAX_POLICIES + 3))
    totals.add_adaptations(["agent0.patience"])
    assert (totals.adaptations["agent0.patience"], totals.adaptations[OTHER], totals.overflow["policy"]) == (2, 3, 3)


def test_sessions_are_counted_by_task_and_grade() -> None:
    totals = Totals()
    for completed in (True, True, False):
        totals.add_session("debugging", grade(task_completed=completed))
    assert totals.sessions == {("debugging", "completed"): 2, ("debugging", "incomplete"): 1}
