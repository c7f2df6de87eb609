"""What the decorator costs a call, against a span written by hand with the OpenTelemetry SDK (the peer)."""

from collections.abc import Callable
from types import SimpleNamespace as Namespace

from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.util import types

import otel_quality as oq
from benchmarks.timing import best_cpu_s

CALLS = 4000
REPLY = Namespace(
    object="chat.completion",
    model="gpt-5-2026-10-01",
    choices=[Namespace(finish_reason="stop", message=Namespace(content="x", tool_calls=None, refusal=None))],
    usage=Namespace(prompt_tokens=11, completion_tokens=22, prompt_tokens_details=None, completion_tokens_details=None),
)
ATTRIBUTES: types.Attributes = {
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "openai",
    "gen_ai.request.model": "gpt-5",
    "gen_ai.response.model": "gpt-5-2026-10-01",
    "gen_ai.usage.input_tokens": 11,
    "gen_ai.usage.output_tokens": 22,
    "gen_ai.response.finish_reasons": ("stop",),
    "otel_quality.task": "code",
}


def main() -> None:
    """Print the ratio."""
    trace.set_tracer_provider(TracerProvider())
    tracer = trace.get_tracer("peer")

    @oq.observe_llm(backend="openai", model="gpt-5", task="code")
    def observed(prompt: str) -> Namespace:
        return REPLY

    def by_hand(prompt: str) -> Namespace:
        with tracer.start_as_current_span("chat gpt-5", attributes=ATTRIBUTES):
            return REPLY

    ours, peer = _us_per_call(observed), _us_per_call(by_hand)
    print(f"observe_llm   {ours:.1f} us a call; {ours / peer:.2f} of a span written by hand with the OpenTelemetry SDK ({peer:.1f} us)")


def _us_per_call(function: Callable[[str], object]) -> float:
    def work() -> None:
        for _ in range(CALLS):
            function("x")

    return best_cpu_s(work) * 1e6 / CALLS
