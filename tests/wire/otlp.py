"""Trace requests as bytes, made with the official protocol classes."""

from collections.abc import Mapping, Sequence
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, KeyValue

END_NS = 1_790_000_000_000_000_000
SECOND = 10**9

CHAT: Mapping[str, Any] = {"gen_ai.operation.name": "chat", "gen_ai.provider.name": "anthropic", "gen_ai.request.model": "claude"}


def any_value(value: Any) -> AnyValue:
    if isinstance(value, AnyValue):
        return value
    if isinstance(value, bool):
        return AnyValue(bool_value=value)
    if isinstance(value, int):
        return AnyValue(int_value=value)
    if isinstance(value, float):
        return AnyValue(double_value=value)
    if isinstance(value, bytes):
        return AnyValue(bytes_value=value)
    if isinstance(value, str):
        return AnyValue(string_value=value)
    return AnyValue(array_value=ArrayValue(values=[any_value(item) for item in value]))


def span(attributes: Mapping[str, Any], *, number: int = 1, failed: bool = False, **changes: Any) -> dict[str, Any]:
    """A span of one second; changes replace protocol fields."""
    return {
        "trace_id": number.to_bytes(16, "big"),
        "span_id": (number % 2**64).to_bytes(8, "big"),
        "start_time_unix_nano": END_NS - SECOND,
        "end_time_unix_nano": END_NS,
        "attributes": attributes,
        "failed": failed,
        **changes,
    }


def chat(
    *, number: int = 1, failed: bool = False, without: Sequence[str] = (), at: Mapping[str, Any] | None = None, **own: Any
) -> dict[str, Any]:
    """A chat span of the latest convention.

    Args:
        without: attributes of `CHAT` to leave out.
        at: attributes by their full name.
        own: attributes of ours by what follows `otel_quality.`, with `_` for the dot in two-part names.
    """
    base = {key: value for key, value in CHAT.items() if key not in without}
    ours = {"backend": "otel_quality.backend", "task": "otel_quality.task", "outcome": "otel_quality.outcome"}
    return span({**base, **(at or {}), **{ours[name]: value for name, value in own.items()}}, number=number, failed=failed)


def request(*spans: Mapping[str, Any], service: str = "") -> bytes:
    """One request with one resource and scope.

    Args:
        service: the resource's name; empty: it has none.
    """
    message = ExportTraceServiceRequest()
    resource = message.resource_spans.add()
    if service:
        resource.resource.attributes.add(key="service.name", value=any_value(service))
    scope = resource.scope_spans.add()
    for fields in spans:
        made = scope.spans.add(**{k: v for k, v in fields.items() if k not in ("attributes", "failed")})
        made.attributes.extend(KeyValue(key=key, value=any_value(value)) for key, value in fields["attributes"].items())
        if fields.get("failed"):
            made.status.code = 2
    return message.SerializeToString()
