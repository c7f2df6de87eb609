"""Spans that this process has ended, for tests of the SDK."""

import gc
from collections.abc import Mapping
from typing import Any

from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

EXPORTER = InMemorySpanExporter()


def record() -> None:
    """Have every span of this process kept; the provider is the process's present one, or a new one."""
    provider = trace.get_tracer_provider()
    if not isinstance(provider, TracerProvider):
        provider = TracerProvider()
        trace.set_tracer_provider(provider)
    provider.add_span_processor(SimpleSpanProcessor(EXPORTER))


def taken(*, collect: bool = False) -> list[ReadableSpan]:
    """Our spans ended since the last time, oldest first; some client libraries write spans of their own.

    Args:
        collect: First collect what is not referred to any more but in a circle, for spans that end with it.
    """
    if collect:
        gc.collect()
    spans = EXPORTER.get_finished_spans()
    EXPORTER.clear()
    return [span for span in spans if span.instrumentation_scope and span.instrumentation_scope.name == "otel_quality"]


def one() -> ReadableSpan:
    """The only span ended since the last time, if need be by collection."""
    spans = taken() or taken(collect=True)
    assert len(spans) == 1, [span.name for span in spans]
    return spans[0]


def attributes(span: ReadableSpan) -> Mapping[str, Any]:
    return dict(span.attributes or {})


def outcome(span: ReadableSpan) -> str:
    return str(attributes(span)["otel_quality.outcome"])
