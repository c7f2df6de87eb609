"""Steps as tests write them: one trace, one conversation, seconds instead of nanoseconds."""

from typing import Any, Final

from otel_quality.core.step import Kind, Step
from otel_quality.vocabulary.outcomes import Outcome

BEGIN_NS: Final = 10**18
SECOND: Final = 10**9


def step(kind: Kind, number: int, *, at_s: float = 0, parent: int = 0, trace: int = 1, lasted_s: float = 1, **fields: Any) -> Step:
    """A step that ends `at_s` after the beginning."""
    end_ns = BEGIN_NS + round(at_s * SECOND)
    told = {"outcome": Outcome.SUCCESS} | fields
    return Step(
        kind=kind, trace_id=trace, span_id=number, parent_id=parent, start_ns=end_ns - round(lasted_s * SECOND), end_ns=end_ns, **told
    )


def tool(number: int, *, name: str = "git", **fields: Any) -> Step:
    return step("tool", number, tool=name, **fields)


def llm(number: int, *, model: str = "claude", **fields: Any) -> Step:
    return step("llm", number, **{"backend": "anthropic", "model": model, "task": "general"} | fields)


def agent(number: int, *, name: str = "ezra", **fields: Any) -> Step:
    return step("agent", number, agent=name, **fields)
