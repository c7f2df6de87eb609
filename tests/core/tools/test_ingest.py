"""Sessions that are handed in become executions once."""

from datetime import UTC, datetime

from otel_quality.core.sessions.record import SessionRecord, ToolUse
from otel_quality.core.tools.ingest import executions

NOON_NS = 1_790_000_000_123_456_789
"""Monday 2026-09-21 14:13 UTC."""


def record(count: int = 3, **changed: object) -> SessionRecord:
    uses = tuple(ToolUse("sh", "ab" * 8, end_ns=place, error="timeout" if place == 1 else "") for place in range(count))
    values = {
        "id": "s",
        "tool_uses": uses,
        "tool_calls": count,
        "agents": ("ezra",),
        "models": ("m", "n"),
        "task_type": "testing",
    } | changed
    return SessionRecord(**values)  # type: ignore[arg-type]


def test_each_tool_use_is_an_execution_with_what_the_session_tells() -> None:
    made = executions(record(), now_ns=NOON_NS)
    assert [(each.tool, each.params_hash, each.success, each.error) for each in made] == [
        ("sh", "ab" * 8, True, ""),
        ("sh", "ab" * 8, False, "timeout"),
        ("sh", "ab" * 8, True, ""),
    ]
    assert {(each.session, each.agent, each.model, each.task_type) for each in made} == {("s", "ezra", "m", "testing")}


def test_without_times_they_end_with_the_session_in_order() -> None:
    made = executions(record(), now_ns=NOON_NS)
    assert [each.time_ns for each in made] == sorted({each.time_ns for each in made})
    at = datetime.fromtimestamp(NOON_NS / 1e9, UTC)
    assert {(each.hour, each.weekday) for each in made} == {(at.hour, at.weekday())}
    assert executions(record(end_ns=NOON_NS - 10**15), now_ns=NOON_NS)[-1].time_ns == NOON_NS - 10**15


def test_times_that_are_told_are_kept() -> None:
    use = ToolUse("sh", end_ns=NOON_NS - 5)
    assert executions(record(tool_uses=(use,), start_ns=NOON_NS - 9, end_ns=NOON_NS), now_ns=NOON_NS)[0].time_ns == NOON_NS - 5


def test_a_session_that_grew_adds_only_what_is_new() -> None:
    names = [{(each.trace_id, each.span_id) for each in executions(record(count), now_ns=NOON_NS)} for count in (3, 5)]
    assert names[0] < names[1]
    assert len(names[1]) == 5
    assert not names[1] & {(each.trace_id, each.span_id) for each in executions(record(id="t"), now_ns=NOON_NS)}


def test_the_place_counts_also_where_only_the_latest_uses_are_kept() -> None:
    whole, cut = record(5), record(5, tool_uses=record(5).tool_uses[-2:])
    assert [each.span_id for each in executions(whole, now_ns=9)][-2:] == [each.span_id for each in executions(cut, now_ns=9)]


def test_a_task_that_is_told_is_the_executions_task() -> None:
    assert executions(record(1, task="code"), now_ns=9)[0].task_type == "code"
    assert executions(record(1, task="general"), now_ns=9)[0].task_type == "testing"
