"""OTLP in JSON is read as the same request in protobuf is."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from otel_quality.vocabulary.errors import Malformed, Overloaded
from otel_quality.wire import otlp_json
from otel_quality.wire.decode import Config, Decoder
from otel_quality.wire.logs import decode_logs
from otel_quality.wire.otlp_pb2 import ExportResponse
from otel_quality.wire.receiver import Signal
from otel_quality.wire.requests import count_records
from tests.wire import otlp, test_logs
from tests.wire.json_requests import as_json

VALUES = st.recursive(
    st.one_of(st.text(max_size=9), st.booleans(), st.integers(-(2**63), 2**63 - 1), st.floats(allow_nan=False)),
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=5,
)
ATTRIBUTES = st.dictionaries(
    st.sampled_from(["gen_ai.usage.output_tokens", "gen_ai.response.finish_reasons", "gen_ai.conversation.id", "otel_quality.task", "x"]),
    VALUES,
    max_size=5,
)


@given(st.lists(ATTRIBUTES, min_size=1, max_size=4), st.booleans(), st.booleans())
def test_a_trace_request_gives_the_same_batch(spans: list[dict[str, Any]], failed: bool, numbers: bool) -> None:
    body = otlp.request(*(otlp.chat(number=n, at=at, failed=failed) for n, at in enumerate(spans, 1)), service="shop")
    decode = Decoder(Config(), text=True).decode
    wanted, given_ = (
        decode(body),
        decode(otlp_json.to_protobuf("traces", as_json(ExportTraceServiceRequest.FromString(body), numbers=numbers))),
    )
    assert given_.rejections == wanted.rejections
    assert given_.batch.responses.tobytes() == wanted.batch.responses.tobytes()
    assert (given_.batch.keys, repr(given_.batch.calls)) == (wanted.batch.keys, repr(wanted.batch.calls))


def test_a_log_request_gives_the_same_records() -> None:
    attributes = test_logs.NAMED | {"gen_ai.conversation.id": "c", "otel_quality.message.index": 3}
    body = test_logs.request({"attributes": attributes, "span_id": bytes([2]) * 8}, {"event_name": "other"})
    given_ = otlp_json.to_protobuf("logs", as_json(ExportLogsServiceRequest.FromString(body)))
    told = {"max_records": 9, "now_ns": test_logs.NOW}
    assert decode_logs(given_, **told) == decode_logs(body, **told)


def test_metrics_are_counted() -> None:
    body = json.dumps({"resourceMetrics": [{"scopeMetrics": [{"metrics": [{"name": "a"}, {"name": "b"}]}]}]}).encode()
    assert count_records(otlp_json.to_protobuf("metrics", body)) == 2


@pytest.mark.parametrize("signal", ["traces", "logs", "metrics"])
@pytest.mark.parametrize(
    "body", [b"", b"[]", b"nonsense", b"\xff", b'{"resourceSpans":1,"resourceLogs":1,"resourceMetrics":1}', b"[" * 100_000]
)
def test_what_is_no_request_is_malformed(signal: Signal, body: bytes) -> None:
    with pytest.raises(Malformed):
        otlp_json.to_protobuf(signal, body)


@pytest.mark.parametrize(
    ("span", "why"),
    [
        ({"traceId": "xyz"}, "traceId is no hex"),
        ({"startTimeUnixNano": "soon"}, "invalid literal"),
        ({"startTimeUnixNano": -1}, "startTimeUnixNano is out of range"),
        ({"startTimeUnixNano": 1.5}, "startTimeUnixNano is no whole number"),
        ({"startTimeUnixNano": "9" * 100}, "startTimeUnixNano is no whole number"),
        ({"attributes": {}}, "attributes is no list"),
        ({"attributes": [{"key": 1}]}, "key is no text"),
        ({"attributes": [{"key": "a", "value": {"intValue": str(2**70)}}]}, "out of range"),
        ({"attributes": [{"key": "a", "value": {"stringValue": 5}}]}, "stringValue is no text"),
    ],
)
def test_a_value_of_the_wrong_kind_is_named(span: dict[str, Any], why: str) -> None:
    body = json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]}).encode()
    with pytest.raises(Malformed, match=why):
        otlp_json.to_protobuf("traces", body)


def test_answers_are_json_too() -> None:
    partial = ExportResponse()
    partial.partial_success.rejected, partial.partial_success.error_message = 2, "why"
    assert otlp_json.answer("traces", b"") == b"{}"
    told = json.loads(otlp_json.answer("logs", partial.SerializeToString()))
    assert told == {"partialSuccess": {"rejectedLogRecords": "2", "errorMessage": "why"}}
    assert json.loads(otlp_json.error_body(Overloaded("later"))) == {"code": 14, "message": "later"}
