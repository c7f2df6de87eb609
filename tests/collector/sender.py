"""An application under test: makes as many LLM calls as each line of its input asks for, and says when their spans are out.

A line is `TASK COUNT`; the answer is `sent COUNT`. The task `foreign` makes spans that are no LLM calls instead.
Run as `python -m tests.collector.sender`; the standard OTEL_* variables say where the spans go.
"""

import sys

from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider

import otel_quality as oq


def foreign(count: int) -> None:
    """Spans as any web framework makes them."""
    for _ in range(count):
        with trace.get_tracer("web").start_as_current_span("GET /"):
            pass


def calls(task: str, count: int) -> None:
    """LLM calls as the SDK sees them."""
    for _ in range(count):
        with oq.llm_call(backend="anthropic", model="claude-sonnet-4-5", task=task) as call:
            call.finish(output_tokens=120, stop_reason="end_turn")


def main() -> None:
    """Answer until the input ends."""
    oq.configure()
    provider = trace.get_tracer_provider()
    assert isinstance(provider, TracerProvider)
    for line in sys.stdin:
        task, count = line.split()
        if task == "foreign":
            foreign(int(count))
        else:
            calls(task, int(count))
        provider.force_flush()
        print("sent", count, flush=True)


if __name__ == "__main__":
    main()
