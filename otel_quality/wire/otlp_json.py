"""OTLP as JSON: a request to the protobuf that everything else reads, an answer back.

The mapping of the OTLP specification: field names in lowerCamelCase, trace and span ids in hex, 64-bit integers as numbers or strings.
What is not named here is skipped, as in protobuf. A value of the wrong kind makes the whole request malformed, and the message says where.

Decision: to protobuf and not beside it, because requests that wait together are decoded as one; JSON costs its sender and us some ten
times as much, so a request may be a quarter as large.
"""

import json
import math
from collections.abc import Iterator
from typing import Any, Final

from otel_quality.vocabulary.errors import Malformed, RequestError
from otel_quality.wire.answers import answer_to
from otel_quality.wire.otlp_pb2 import ExportLogsRequest, ExportRecordsRequest, ExportResponse, ExportTraceRequest
from otel_quality.wire.receiver import Signal

JSON: Final = "application/json"
SHARE: Final = 4
"""A request may have this part of the bytes that protobuf may have."""
_REJECTED: Final[dict[Signal, str]] = {"traces": "rejectedSpans", "logs": "rejectedLogRecords", "metrics": "rejectedDataPoints"}
_STATUS: Final = {"STATUS_CODE_UNSET": 0, "STATUS_CODE_OK": 1, "STATUS_CODE_ERROR": 2}
_MOST: Final = 1 << 64


def to_protobuf(signal: Signal, body: bytes) -> bytes:
    """The same request as protobuf.

    Raises:
        Malformed: it is no OTLP request; the message says why in one line.
    """
    try:
        told = json.loads(body)
        request = _READ[signal](_object(told, "the request"))
    except RecursionError:
        raise Malformed("the body is nested too deeply") from None
    except UnicodeDecodeError:
        raise Malformed("the body is no UTF-8") from None
    except ValueError as error:
        raise Malformed(f"the body is no OTLP request in JSON: {error}") from None
    data: bytes = request.SerializeToString()
    return data


def answer(signal: Signal, serialized: bytes) -> bytes:
    """An answer as JSON."""
    partial = ExportResponse.FromString(serialized).partial_success
    if not (partial.rejected or partial.error_message):
        return b"{}"
    return json.dumps({"partialSuccess": {_REJECTED[signal]: str(partial.rejected), "errorMessage": partial.error_message}}).encode()


def error_body(error: RequestError) -> bytes:
    """The google.rpc.Status of an error as JSON."""
    return json.dumps({"code": answer_to(error).grpc_code.value[0], "message": str(error)}).encode()


def _traces(told: dict[str, Any]) -> ExportTraceRequest:
    request = ExportTraceRequest()
    for resource in _list(told, "resourceSpans"):
        resource_spans = request.resource_spans.add()
        _attributes(resource_spans.resource.attributes, _object(resource.get("resource", {}), "resource"))
        for scope in _list(resource, "scopeSpans"):
            scope_spans = resource_spans.scope_spans.add()
            for each in _list(scope, "spans"):
                span = scope_spans.spans.add()
                _ids(span, each, ("traceId", "trace_id"), ("spanId", "span_id"), ("parentSpanId", "parent_span_id"))
                span.start_time_unix_nano = _whole(each, "startTimeUnixNano")
                span.end_time_unix_nano = _whole(each, "endTimeUnixNano")
                span.status.code = _status(_object(each.get("status") or {}, "status"))
                _attributes(span.attributes, each)
    return request


def _logs(told: dict[str, Any]) -> ExportLogsRequest:
    request = ExportLogsRequest()
    for resource in _list(told, "resourceLogs"):
        resource_logs = request.resource_logs.add()
        for scope in _list(resource, "scopeLogs"):
            scope_logs = resource_logs.scope_logs.add()
            for each in _list(scope, "logRecords"):
                record = scope_logs.log_records.add()
                _ids(record, each, ("traceId", "trace_id"), ("spanId", "span_id"))
                record.time_unix_nano = _whole(each, "timeUnixNano")
                record.observed_time_unix_nano = _whole(each, "observedTimeUnixNano")
                record.event_name = _text(each, "eventName")
                if each.get("body") is not None:
                    _value(record.body, each["body"])
                _attributes(record.attributes, each)
    return request


def _metrics(told: dict[str, Any]) -> ExportRecordsRequest:
    """Metrics are counted and set aside, so nothing of them is read."""
    request = ExportRecordsRequest()
    for resource in _list(told, "resourceMetrics"):
        records = request.resources.add()
        for scope in _list(resource, "scopeMetrics"):
            records.scopes.add().records.extend(b"" for _ in _list(scope, "metrics"))
    return request


_READ: Final[dict[Signal, Any]] = {"traces": _traces, "logs": _logs, "metrics": _metrics}


def _attributes(attributes: Any, holder: dict[str, Any]) -> None:
    for each in _list(holder, "attributes"):
        _value(attributes[_text(each, "key")], each.get("value") or {})


def _value(target: Any, told: Any) -> None:
    """An AnyValue; one that says nothing stays empty."""
    told = _object(told, "a value")
    if "stringValue" in told:
        target.string_value = _text(told, "stringValue")
    elif "boolValue" in told:
        target.bool_value = bool(told["boolValue"])
    elif "intValue" in told:
        whole = _number(told["intValue"], "intValue")
        if not -_MOST // 2 <= whole < _MOST // 2:
            raise ValueError("an intValue is out of range")
        target.int_value = int(whole)
    elif "doubleValue" in told:
        target.double_value = float(told["doubleValue"])
    elif "arrayValue" in told:
        target.array_value.SetInParent()
        for each in _list(_object(told["arrayValue"], "arrayValue"), "values"):
            _value(target.array_value.values.add(), each)
    elif "kvlistValue" in told:
        target.kvlist_value.SetInParent()
        for each in _list(_object(told["kvlistValue"], "kvlistValue"), "values"):
            _value(target.kvlist_value.values[_text(each, "key")], each.get("value") or {})


def _ids(target: Any, told: dict[str, Any], *names: tuple[str, str]) -> None:
    for name, field in names:
        text = _text(told, name)
        try:
            setattr(target, field, bytes.fromhex(text))
        except ValueError:
            raise ValueError(f"{name} is no hex: {text[:40]!r}") from None


def _whole(told: dict[str, Any], name: str) -> int:
    """A whole number that is not negative; 0 where there is none."""
    number = _number(told.get(name) or 0, name)
    if not 0 <= number < _MOST:
        raise ValueError(f"{name} is out of range")
    return int(number)


def _status(told: dict[str, Any]) -> int:
    """A status code; the specification wants its number, some emitters write its name."""
    code = told.get("code")
    return _STATUS[code] if isinstance(code, str) and code in _STATUS else _whole(told, "code") & 3


def _number(told: Any, name: str) -> int:
    if isinstance(told, float) and not (math.isfinite(told) and told == int(told)):
        raise ValueError(f"{name} is no whole number")
    if isinstance(told, bool) or not isinstance(told, (int, float, str)) or len(str(told)) > 40:
        raise ValueError(f"{name} is no whole number")
    return int(told)


def _text(told: dict[str, Any], name: str) -> str:
    text = told.get(name)
    if text is None:
        return ""
    if not isinstance(text, str):
        raise ValueError(f"{name} is no text")
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def _list(holder: dict[str, Any], name: str) -> Iterator[dict[str, Any]]:
    items = holder.get(name)
    if items is None:
        return
    if not isinstance(items, list):
        raise ValueError(f"{name} is no list")
    for item in items:
        yield _object(item, f"an element of {name}")


def _object(told: Any, what: str) -> dict[str, Any]:
    if not isinstance(told, dict):
        raise ValueError(f"{what} is no object")
    return told
