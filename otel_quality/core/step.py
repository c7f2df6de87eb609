"""What is rare travels as plain records: a tool execution, an agent run, an LLM call that belongs to a session.

A step is what sessions are assembled from and what the intelligence learns from; scores and drift never look at it.
"""

from typing import Final, Literal, NamedTuple

from otel_quality.core.sessions.content import Content
from otel_quality.vocabulary.outcomes import Outcome
from otel_quality.vocabulary.signs import Features

Kind = Literal["llm", "tool", "agent", "end"]
"""`end` is the span of zero length that closes a session."""

UNKNOWN_NS: Final = -1


class Step(NamedTuple):
    """One span, read for its session. Texts are clean labels, empty where the span does not say.

    Attributes:
        trace_id, span_id, parent_id: as unsigned numbers; parent_id 0 is none.
        start_ns, end_ns: event time.
        conversation: `gen_ai.conversation.id`, else empty: then the trace of an agent span makes the session.
        platform: `service.name` of the resource.
        agent: of the span, or the nearest one known.
        tool, params_hash, confidence: of tool steps; confidence 0-1 or NaN.
        error: a category of `vocabulary.signs.ERROR_CATEGORIES`; empty where it did not fail.
        input_tokens, output_tokens: -1 where unknown; cost_usd NaN.
        features: of an LLM step's answer; None where neither the SDK nor content tells them.
        task_type: of mission's eleven, where the SDK inferred it.
        prediction_id: of a recorded prediction that this execution answers.
        ends: the span says that the session is over.
        success: the outcome that the span tells for the whole session.
        response_id: of an LLM call's answer, by which evaluations may name it.
        content: what the span says; None unless text is kept.
    """

    kind: Kind
    trace_id: int
    span_id: int
    parent_id: int
    start_ns: int
    end_ns: int
    outcome: Outcome
    conversation: str = ""
    platform: str = ""
    agent: str = ""
    backend: str = ""
    model: str = ""
    task: str = ""
    tool: str = ""
    params_hash: str = ""
    confidence: float = float("nan")
    error: str = ""
    input_tokens: int = -1
    output_tokens: int = -1
    cost_usd: float = float("nan")
    features: Features | None = None
    task_type: str = ""
    prediction_id: str = ""
    ends: bool = False
    success: bool | None = None
    response_id: str = ""
    content: Content | None = None
