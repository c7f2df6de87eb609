"""One tool execution, as it is kept."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Execution:
    """What is remembered of a tool execution; never its parameters, only their hash.

    Attributes:
        trace_id, span_id: hex; together they are unique.
        time_ns: event time, the end.
        params_hash: 16 hex digits; empty where the span does not tell it.
        session: id of its session; empty without one.
        success: whether it succeeded; a cancelled execution is none.
        latency_ns: >= 0; -1 where unknown. confidence 0-1 or None. tokens -1 where unknown.
        hour, weekday: of the event time in UTC; weekday 0 is Monday.
    """

    trace_id: str
    span_id: str
    time_ns: int
    tool: str
    params_hash: str
    agent: str
    model: str
    task_type: str
    session: str
    success: bool
    latency_ns: int = -1
    confidence: float | None = None
    input_tokens: int = -1
    output_tokens: int = -1
    error: str = ""
    hour: int = 0
    weekday: int = 0
    prediction_id: str = ""
