"""The requests that wait together, decoded as one, each with an answer of its own."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from google.protobuf.message import DecodeError

from otel_quality.core.observation import Batch
from otel_quality.vocabulary.errors import Malformed, RequestError
from otel_quality.wire import framing
from otel_quality.wire.decode import Decoded
from otel_quality.wire.otlp_pb2 import ExportRecordsRequest, ExportResponse

Decode = Callable[[bytes], Decoded]
"""Bytes of one trace request, or of several in a row, to a batch. A compiled decoder may stand here."""

FULL_SUCCESS: Final = b""
"""The serialized answer where nothing was rejected: `partial_success` must be unset then."""

_REASONS: Final = {
    "invalid_id": "trace id or span id is missing or of wrong length",
    "invalid_time": "the end time is missing or out of range",
    "end_before_start": "the span ends before it starts",
    "too_long": "the span lasts longer than 24 hours",
    "unknown_backend": "the backend is not in backend.allow",
}


@dataclass(frozen=True, slots=True)
class Answers:
    """What came of some requests: batches to apply, and per request its serialized answer or its error."""

    batches: list[Batch]
    answers: list[bytes | RequestError]


def decode_traces(bodies: Sequence[bytes], decode: Decode, *, max_spans: int) -> Answers:
    """Decode waiting trace requests, together where that is sure to give the same.

    Args:
        bodies: serialized requests, in order of arrival.
        decode: the decoder.
        max_spans: bound on the spans of one request.
    """
    counts = [_resources(body, max_spans) for body in bodies]
    joined = [i for i, count in enumerate(counts) if isinstance(count, int)]
    try:
        together = decode(b"".join(bodies[i] for i in joined))
    except Malformed:
        return _one_by_one(bodies, counts, decode)
    result = Answers([together.batch], [FULL_SUCCESS] * len(bodies))
    owner = [i for i in joined for _ in range(_number(counts[i]))]
    refusals: dict[int, Counter[str]] = {}
    for resource, reason in together.rejections:
        refusals.setdefault(owner[resource], Counter())[reason] += 1
    for i, reasons in refusals.items():
        result.answers[i] = _partial(reasons)
    for i, count in enumerate(counts):
        if not isinstance(count, int):
            _alone(i, bodies[i], count, decode, result)
    return result


def _number(count: int | RequestError | None) -> int:
    return count if isinstance(count, int) else 0


def _one_by_one(bodies: Sequence[bytes], counts: Sequence[int | RequestError | None], decode: Decode) -> Answers:
    result = Answers([], [FULL_SUCCESS] * len(bodies))
    for i, body in enumerate(bodies):
        _alone(i, body, counts[i], decode, result)
    return result


def _alone(i: int, body: bytes, count: int | RequestError | None, decode: Decode, result: Answers) -> None:
    if isinstance(count, RequestError):
        result.answers[i] = count
        return
    try:
        decoded = decode(body)
    except Malformed as error:
        result.answers[i] = error
        return
    result.batches.append(decoded.batch)
    if decoded.rejections:
        result.answers[i] = _partial(Counter(reason for _, reason in decoded.rejections))


def _resources(body: bytes, max_spans: int) -> int | RequestError | None:
    try:
        framing.check_span_count(body, max_spans)
        return framing.resources(body)
    except RequestError as error:
        return error


def _partial(reasons: Counter[str]) -> bytes:
    message = "; ".join(f"{n} {'span' if n == 1 else 'spans'}: {_REASONS[reason]}" for reason, n in reasons.most_common())
    answer = ExportResponse()
    answer.partial_success.rejected = reasons.total()
    answer.partial_success.error_message = f"rejected {message}"
    return answer.SerializeToString()


def count_records(body: bytes) -> int:
    """Metrics in a request that is received and set aside.

    Raises:
        Malformed: the body is no OTLP request.
    """
    try:
        request = ExportRecordsRequest.FromString(body)
    except DecodeError:
        raise Malformed("the body is no OTLP request") from None
    return sum(len(scope.records) for resource in request.resources for scope in resource.scopes)
