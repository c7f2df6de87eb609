"""A user's program with OpenTelemetry's own SDK: a conversation with its text on spans, and evaluations as log events.

    python -m tests.flow.said PROTOCOL ENDPOINT WHAT CONVERSATION

PROTOCOL is `http`, `grpc`, or `json` (OTLP/HTTP as the SDKs of browsers and Node write it); WHAT is any of `spans`, `thumb`, `relevance`, `by_trace`, `by_response`, joined by commas; each in its
order. A thumb and the relevance name the conversation, the others the span's trace or the response's id alone. Ends when all is sent.
"""

import json
import sys
import time
import urllib.request
from typing import Any

from opentelemetry import trace
from opentelemetry._logs import LogRecord, SeverityNumber
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import LogRecordExportResult, SimpleLogRecordProcessor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExportResult
from opentelemetry.sdk.trace.id_generator import IdGenerator
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags

from tests.wire.json_requests import as_json

MARKER = "kumquat-marmalade"
SECRET = "ghp_aB3dE6gH9jK2mN5pQ8sT1vW4yZ7bC0eF3hJ6"
TRACE_ID = 0x5AFE_0000_0000_0000_0000_0000_0000_0042
CHAT = {"gen_ai.operation.name": "chat", "gen_ai.provider.name": "openai", "gen_ai.request.model": "gpt-5"}
RELEVANCE = {"gen_ai.evaluation.name": "relevance", "gen_ai.evaluation.score.value": 0.75, "gen_ai.evaluation.explanation": "to the point"}
THUMB = {
    "gen_ai.evaluation.name": "helpfulness",
    "gen_ai.evaluation.score.label": "thumbs-up",
    "otel_quality.evaluation.author_kind": "human",
    "otel_quality.evaluation.author": "ann",
    "gen_ai.evaluation.explanation": "mail me at ann@example.com",
}


class _Fixed(IdGenerator):
    """One trace, known beforehand, so that an evaluation may come before its spans."""

    def __init__(self) -> None:
        self._span = 0x77

    def generate_trace_id(self) -> int:
        return TRACE_ID

    def generate_span_id(self) -> int:
        self._span += 1
        return self._span


class _Json:
    """Exports as JSON what the SDK's own encoders make."""

    def __init__(self, url: str, encode: Any, done: Any) -> None:
        self._url, self._encode, self._done = url, encode, done

    def export(self, batch: Any) -> Any:
        body = as_json(self._encode(batch))
        request = urllib.request.Request(self._url, body, {"content-type": "application/json"}, method="POST")
        with urllib.request.urlopen(request, timeout=60) as answer:
            assert json.load(answer) == {}
        return self._done

    def shutdown(self) -> None:
        """Nothing is held."""


def exporters(protocol: str, endpoint: str) -> tuple[Any, Any]:
    if protocol == "json":
        from opentelemetry.exporter.otlp.proto.common._log_encoder import encode_logs
        from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans

        traces = _Json(f"{endpoint}/v1/traces", encode_spans, SpanExportResult.SUCCESS)
        return traces, _Json(f"{endpoint}/v1/logs", encode_logs, LogRecordExportResult.SUCCESS)
    if protocol == "grpc":
        from opentelemetry.exporter.otlp.proto.grpc._log_exporter import OTLPLogExporter as GrpcLogs
        from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter as GrpcSpans

        return GrpcSpans(endpoint=endpoint, insecure=True), GrpcLogs(endpoint=endpoint, insecure=True)
    from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter as HttpLogs
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter as HttpSpans

    return HttpSpans(endpoint=f"{endpoint}/v1/traces"), HttpLogs(endpoint=f"{endpoint}/v1/logs")


def text(role: str, said: str) -> dict[str, Any]:
    return {"role": role, "parts": [{"type": "text", "content": said}]}


def converse(tracer: trace.Tracer, conversation: str) -> None:
    """Two calls of a model, the second of which repeats the conversation, and a tool between them; the agent's span ends it."""
    call = {"type": "tool_call", "id": "c1", "name": "search", "arguments": {"query": MARKER}}
    asked = [text("system", "Be brief."), text("user", f"Find {MARKER} with {SECRET}")]
    answered = {"role": "assistant", "parts": [{"type": "text", "content": "I search."}, call]}
    found = {"role": "tool", "parts": [{"type": "tool_call_response", "id": "c1", "response": f"one jar of {MARKER}"}]}
    with tracer.start_as_current_span("agent", attributes={"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "ezra"}):
        for number, (history, answer) in enumerate(
            ((asked, answered), ([*asked, answered, found], text("assistant", "There is one jar.")))
        ):
            attributes = CHAT | {"gen_ai.conversation.id": conversation, "gen_ai.response.id": f"resp-{number}"}
            messages = {"gen_ai.input.messages": json.dumps(history), "gen_ai.output.messages": json.dumps([answer])}
            with tracer.start_as_current_span("chat", attributes=attributes | messages):
                pass


def main(protocol: str, endpoint: str, what: str, conversation: str) -> None:
    spans, logs = exporters(protocol, endpoint)
    tracing, logging = TracerProvider(id_generator=_Fixed()), LoggerProvider()
    tracing.add_span_processor(SimpleSpanProcessor(spans))
    logging.add_log_record_processor(SimpleLogRecordProcessor(logs))
    logger = logging.get_logger("evaluator")
    of_trace = trace.set_span_in_context(NonRecordingSpan(SpanContext(TRACE_ID, 0x79, is_remote=True, trace_flags=TraceFlags(1))))
    named = {"gen_ai.conversation.id": conversation}
    events: dict[str, tuple[dict[str, Any], Any]] = {
        "thumb": (THUMB | named, None),
        "relevance": (RELEVANCE | named, of_trace),
        "by_trace": (RELEVANCE | {"gen_ai.evaluation.name": "by_trace"}, of_trace),
        "by_response": (RELEVANCE | {"gen_ai.evaluation.name": "by_response", "gen_ai.response.id": "resp-1"}, None),
    }
    for each in what.split(","):
        if each == "spans":
            converse(tracing.get_tracer("app"), conversation)
            continue
        attributes, context = events[each]
        at_ns = 1_790_000_000_000_000_000 + len(each)
        record = LogRecord(
            timestamp=at_ns,
            observed_timestamp=time.time_ns(),
            context=context,
            severity_number=SeverityNumber.INFO,
            event_name="gen_ai.evaluation.result",
            attributes=attributes,
        )
        logger.emit(record)
    tracing.shutdown()
    logging.shutdown()


if __name__ == "__main__":
    main(*sys.argv[1:5])
