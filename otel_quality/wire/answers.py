"""One table: which error is answered how, over gRPC and over HTTP.

Overload is UNAVAILABLE or 503 with a short delay, never RESOURCE_EXHAUSTED: senders drop what is answered with that. The delay
travels twice over gRPC, as status details (the specification) and as `google.rpc.retryinfo-bin` (what the Python SDK reads).
"""

from dataclasses import dataclass
from typing import Final

import grpc

from otel_quality.vocabulary.errors import Malformed, Overloaded, RequestError, TooLarge, Unavailable, Unsupported
from otel_quality.wire.otlp_pb2 import RetryInfo, RpcStatus

RETRY_DELAY_S: Final = 1
"""Short: a sender that gives up after 10 s drops at once what would wait longer."""

_RETRY_INFO_TYPE: Final = "type.googleapis.com/google.rpc.RetryInfo"


@dataclass(frozen=True, slots=True)
class Answer:
    """How a kind of error is answered.

    Attributes:
        reason: the label value in `llmq_processor_refused_requests_total`.
        retry: whether the same request may succeed later.
    """

    reason: str
    grpc_code: grpc.StatusCode
    http_status: int
    retry: bool


ANSWERS: Final[dict[type[RequestError], Answer]] = {
    Malformed: Answer("malformed", grpc.StatusCode.INVALID_ARGUMENT, 400, retry=False),
    TooLarge: Answer("too_large", grpc.StatusCode.RESOURCE_EXHAUSTED, 413, retry=False),
    Unsupported: Answer("unsupported", grpc.StatusCode.UNIMPLEMENTED, 415, retry=False),
    Overloaded: Answer("overloaded", grpc.StatusCode.UNAVAILABLE, 503, retry=True),
    Unavailable: Answer("unavailable", grpc.StatusCode.UNAVAILABLE, 503, retry=True),
}


def answer_to(error: RequestError) -> Answer:
    """The answer of an error."""
    return ANSWERS[type(error)]


def status_body(error: RequestError) -> bytes:
    """The serialized google.rpc.Status of an error, with the delay where the request may be sent again."""
    answer = answer_to(error)
    status = RpcStatus(code=answer.grpc_code.value[0], message=str(error))
    if answer.retry:
        status.details.add(type_url=_RETRY_INFO_TYPE, value=_retry_info())
    return status.SerializeToString()


def trailing_metadata(error: RequestError) -> tuple[tuple[str, bytes], ...]:
    """gRPC trailers of an error."""
    details: tuple[tuple[str, bytes], ...] = (("grpc-status-details-bin", status_body(error)),)
    return (*details, ("google.rpc.retryinfo-bin", _retry_info())) if answer_to(error).retry else details


def _retry_info() -> bytes:
    info = RetryInfo()
    info.retry_delay.seconds = RETRY_DELAY_S
    return info.SerializeToString()
