"""Bytes of a log request to evaluation records; all other log records are counted and set aside.

An event is told by the record's own name, else by its attribute `event.name`. Its fields are attributes, or stand in a map that is
the body, as older emitters of events have it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from google.protobuf.message import DecodeError

from otel_quality.core.evaluations.told import Told
from otel_quality.vocabulary import attributes as a
from otel_quality.vocabulary.errors import Malformed
from otel_quality.wire import evaluations, framing, names
from otel_quality.wire.otlp_pb2 import ExportLogsRequest, ExportResponse
from otel_quality.wire.requests import FULL_SUCCESS

_NEEDS: Final = "each needs a name, a value or label or error, and a conversation, a trace or a response's id"
_AHEAD_NS: Final = 300 * 10**9
"""How far a clock may be ahead."""


@dataclass(slots=True)
class Records:
    """What a log request held.

    Attributes:
        told: evaluations.
        invalid: evaluation records that tell nothing or name nothing; others: records of other kinds.
    """

    told: list[Told] = field(default_factory=list)
    invalid: int = 0
    others: int = 0

    @property
    def answer(self) -> bytes:
        """The serialized answer."""
        if not self.invalid:
            return FULL_SUCCESS
        answer = ExportResponse()
        answer.partial_success.rejected = self.invalid
        answer.partial_success.error_message = f"rejected {self.invalid} evaluation records: {_NEEDS}"
        return answer.SerializeToString()


def decode_logs(body: bytes, *, max_records: int, now_ns: int) -> Records:
    """Read a request.

    Args:
        max_records: bound on the records of a request.
        now_ns: the time of records that tell none, or none that can be.

    Raises:
        Malformed: the body is no OTLP log request. TooLarge: it holds more records.
    """
    framing.check_span_count(body, max_records, what="log records")
    try:
        request = ExportLogsRequest.FromString(body)
    except DecodeError:
        raise Malformed("the body is no OTLP log request") from None
    found = Records()
    for resource in request.resource_logs:
        for scope in resource.scope_logs:
            for record in scope.log_records:
                if _name(record) != a.EVALUATION_EVENT:
                    found.others += 1
                    continue
                told = evaluations.read(
                    _fields(record), evaluations.OTEL, trace_id=record.trace_id, span_id=record.span_id, time_ns=_time(record, now_ns)
                )
                if told is None:
                    found.invalid += 1
                else:
                    found.told.append(told)
    return found


def _name(record: Any) -> str:
    if record.event_name:
        return names.clean(record.event_name)
    named = record.attributes.get(a.EVENT_NAME)
    return "" if named is None else names.clean(named.string_value)


def _fields(record: Any) -> Mapping[Any, Any]:
    attributes: Mapping[Any, Any] = record.attributes
    if a.EVALUATION_NAME not in attributes and record.body.HasField("kvlist_value"):
        body: Mapping[Any, Any] = record.body.kvlist_value.values
        return body
    return attributes


def _time(record: Any, now_ns: int) -> int:
    told = record.time_unix_nano or record.observed_time_unix_nano
    return int(told) if 0 < told < now_ns + _AHEAD_NS else now_ns
