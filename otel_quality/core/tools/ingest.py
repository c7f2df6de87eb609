"""A finished session that was handed in: its tool messages as executions, so that they teach as those from spans do."""

import hashlib
from typing import Final

from otel_quality.core.sessions.record import SessionRecord, ToolUse
from otel_quality.core.tools.execution import Execution

_HOUR_NS: Final = 3600 * 10**9
_EPOCH_WEEKDAY: Final = 3
"""The first of January 1970 was a Thursday."""


def trace_of(session_id: str) -> str:
    """The trace id of the executions of a session that was handed in, by which they can be taken back."""
    return hashlib.sha256(f"session:{session_id}".encode("utf-8", "surrogatepass")).hexdigest()[:32]


def executions(record: SessionRecord, *, now_ns: int) -> list[Execution]:
    """The executions of a session, in order.

    They are named by the session and their place in it, so a session that is handed in again, or longer, adds what is new only. Where
    the source told no times they are the session's end, or now, a nanosecond apart.

    >>> [each.success for each in executions(SessionRecord("s", tool_uses=(ToolUse("sh"), ToolUse("sh", error="timeout"))), now_ns=9)]
    [True, False]
    """
    trace_id = trace_of(record.id)
    first = max(record.tool_calls - len(record.tool_uses), 0)
    end_ns = record.end_ns or now_ns
    return [
        _execution(record, use, trace_id, first + place, end_ns - (len(record.tool_uses) - place))
        for place, use in enumerate(record.tool_uses, start=1)
    ]


def timed(record: SessionRecord, use: ToolUse) -> bool:
    """Whether a tool use tells its time, not only its place.

    >>> timed(SessionRecord("s", start_ns=10**18, end_ns=2 * 10**18), ToolUse("sh", end_ns=3))
    False
    """
    return use.end_ns >= record.start_ns > 0


def _execution(record: SessionRecord, use: ToolUse, trace_id: str, number: int, place_ns: int) -> Execution:
    time_ns = max(use.end_ns if timed(record, use) else place_ns, 0)
    return Execution(
        trace_id=trace_id,
        span_id=f"{number:016x}",
        time_ns=time_ns,
        tool=use.tool,
        params_hash=use.params_hash,
        agent=use.agent or next(iter(record.agents), ""),
        model=next(iter(record.models), ""),
        task_type=record.work,
        session=record.id,
        success=not use.error,
        latency_ns=use.latency_ns,
        error=use.error,
        hour=time_ns // _HOUR_NS % 24,
        weekday=(time_ns // (24 * _HOUR_NS) + _EPOCH_WEEKDAY) % 7,
    )
