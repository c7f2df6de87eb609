from collections.abc import Iterable as _Iterable
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar

from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from google.protobuf.internal import containers as _containers

DESCRIPTOR: _descriptor.FileDescriptor

class ExportTraceRequest(_message.Message):
    __slots__ = ("resource_spans",)
    RESOURCE_SPANS_FIELD_NUMBER: _ClassVar[int]
    resource_spans: _containers.RepeatedCompositeFieldContainer[ResourceSpans]
    def __init__(self, resource_spans: _Iterable[ResourceSpans | _Mapping] | None = ...) -> None: ...

class ResourceSpans(_message.Message):
    __slots__ = ("scope_spans",)
    SCOPE_SPANS_FIELD_NUMBER: _ClassVar[int]
    scope_spans: _containers.RepeatedCompositeFieldContainer[ScopeSpans]
    def __init__(self, scope_spans: _Iterable[ScopeSpans | _Mapping] | None = ...) -> None: ...

class ScopeSpans(_message.Message):
    __slots__ = ("spans",)
    SPANS_FIELD_NUMBER: _ClassVar[int]
    spans: _containers.RepeatedCompositeFieldContainer[Span]
    def __init__(self, spans: _Iterable[Span | _Mapping] | None = ...) -> None: ...

class Span(_message.Message):
    __slots__ = ("attributes", "end_time_unix_nano", "span_id", "start_time_unix_nano", "status", "trace_id")
    class AttributesEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: AnyValue
        def __init__(self, key: str | None = ..., value: AnyValue | _Mapping | None = ...) -> None: ...

    TRACE_ID_FIELD_NUMBER: _ClassVar[int]
    SPAN_ID_FIELD_NUMBER: _ClassVar[int]
    START_TIME_UNIX_NANO_FIELD_NUMBER: _ClassVar[int]
    END_TIME_UNIX_NANO_FIELD_NUMBER: _ClassVar[int]
    ATTRIBUTES_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    trace_id: bytes
    span_id: bytes
    start_time_unix_nano: int
    end_time_unix_nano: int
    attributes: _containers.MessageMap[str, AnyValue]
    status: SpanStatus
    def __init__(
        self,
        trace_id: bytes | None = ...,
        span_id: bytes | None = ...,
        start_time_unix_nano: int | None = ...,
        end_time_unix_nano: int | None = ...,
        attributes: _Mapping[str, AnyValue] | None = ...,
        status: SpanStatus | _Mapping | None = ...,
    ) -> None: ...

class SpanStatus(_message.Message):
    __slots__ = ("code",)
    CODE_FIELD_NUMBER: _ClassVar[int]
    code: int
    def __init__(self, code: int | None = ...) -> None: ...

class AnyValue(_message.Message):
    __slots__ = ("array_value", "bool_value", "double_value", "int_value", "string_value")
    STRING_VALUE_FIELD_NUMBER: _ClassVar[int]
    BOOL_VALUE_FIELD_NUMBER: _ClassVar[int]
    INT_VALUE_FIELD_NUMBER: _ClassVar[int]
    DOUBLE_VALUE_FIELD_NUMBER: _ClassVar[int]
    ARRAY_VALUE_FIELD_NUMBER: _ClassVar[int]
    string_value: str
    bool_value: bool
    int_value: int
    double_value: float
    array_value: ArrayValue
    def __init__(
        self,
        string_value: str | None = ...,
        bool_value: bool | None = ...,
        int_value: int | None = ...,
        double_value: float | None = ...,
        array_value: ArrayValue | _Mapping | None = ...,
    ) -> None: ...

class ArrayValue(_message.Message):
    __slots__ = ("values",)
    VALUES_FIELD_NUMBER: _ClassVar[int]
    values: _containers.RepeatedCompositeFieldContainer[AnyValue]
    def __init__(self, values: _Iterable[AnyValue | _Mapping] | None = ...) -> None: ...

class ExportRecordsRequest(_message.Message):
    __slots__ = ("resources",)
    RESOURCES_FIELD_NUMBER: _ClassVar[int]
    resources: _containers.RepeatedCompositeFieldContainer[ResourceRecords]
    def __init__(self, resources: _Iterable[ResourceRecords | _Mapping] | None = ...) -> None: ...

class ResourceRecords(_message.Message):
    __slots__ = ("scopes",)
    SCOPES_FIELD_NUMBER: _ClassVar[int]
    scopes: _containers.RepeatedCompositeFieldContainer[ScopeRecords]
    def __init__(self, scopes: _Iterable[ScopeRecords | _Mapping] | None = ...) -> None: ...

class ScopeRecords(_message.Message):
    __slots__ = ("records",)
    RECORDS_FIELD_NUMBER: _ClassVar[int]
    records: _containers.RepeatedScalarFieldContainer[bytes]
    def __init__(self, records: _Iterable[bytes] | None = ...) -> None: ...

class ExportResponse(_message.Message):
    __slots__ = ("partial_success",)
    PARTIAL_SUCCESS_FIELD_NUMBER: _ClassVar[int]
    partial_success: PartialSuccess
    def __init__(self, partial_success: PartialSuccess | _Mapping | None = ...) -> None: ...

class PartialSuccess(_message.Message):
    __slots__ = ("error_message", "rejected")
    REJECTED_FIELD_NUMBER: _ClassVar[int]
    ERROR_MESSAGE_FIELD_NUMBER: _ClassVar[int]
    rejected: int
    error_message: str
    def __init__(self, rejected: int | None = ..., error_message: str | None = ...) -> None: ...

class RpcStatus(_message.Message):
    __slots__ = ("code", "details", "message")
    CODE_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    DETAILS_FIELD_NUMBER: _ClassVar[int]
    code: int
    message: str
    details: _containers.RepeatedCompositeFieldContainer[Any]
    def __init__(self, code: int | None = ..., message: str | None = ..., details: _Iterable[Any | _Mapping] | None = ...) -> None: ...

class Any(_message.Message):
    __slots__ = ("type_url", "value")
    TYPE_URL_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    type_url: str
    value: bytes
    def __init__(self, type_url: str | None = ..., value: bytes | None = ...) -> None: ...

class RetryInfo(_message.Message):
    __slots__ = ("retry_delay",)
    RETRY_DELAY_FIELD_NUMBER: _ClassVar[int]
    retry_delay: Duration
    def __init__(self, retry_delay: Duration | _Mapping | None = ...) -> None: ...

class Duration(_message.Message):
    __slots__ = ("nanos", "seconds")
    SECONDS_FIELD_NUMBER: _ClassVar[int]
    NANOS_FIELD_NUMBER: _ClassVar[int]
    seconds: int
    nanos: int
    def __init__(self, seconds: int | None = ..., nanos: int | None = ...) -> None: ...
