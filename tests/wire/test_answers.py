"""Each error over real gRPC and over ASGI: code, status, whether and when to try again."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import grpc
import grpc.aio
import pytest

from otel_quality.vocabulary.errors import Malformed, Overloaded, RequestError, TooLarge, Unavailable, Unsupported
from otel_quality.wire.answers import ANSWERS, RETRY_DELAY_S
from otel_quality.wire.grpc_server import create_server
from otel_quality.wire.http_server import OtlpHttp
from otel_quality.wire.otlp_pb2 import RetryInfo, RpcStatus
from otel_quality.wire.receiver import Limits, Signal

EVERY_ERROR = [Malformed("m"), TooLarge("t"), Unsupported("u"), Overloaded("o"), Unavailable("n")]
EXPORT = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"


class Refusing:
    """A receiver that answers everything with one error."""

    def __init__(self, error: RequestError) -> None:
        self.error = error
        self.noted: list[tuple[Signal, RequestError]] = []

    async def receive(self, signal: Signal, body: bytes) -> bytes:
        raise self.error

    def refused(self, signal: Signal, error: RequestError) -> None:
        self.noted.append((signal, error))


async def over_grpc(receiver: Refusing) -> grpc.aio.AioRpcError:
    server = create_server(receiver, Limits())
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    try:
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await channel.unary_unary(EXPORT)(b"", timeout=60)
            return caught.value
    finally:
        await server.stop(None)


async def over_http(receiver: Refusing, path: str = "/v1/traces") -> tuple[int, dict[bytes, bytes], bytes]:
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b""}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": path, "headers": [(b"content-type", b"application/x-protobuf")]}
    await OtlpHttp(receiver, Limits())(scope, receive, send)
    return sent[0]["status"], dict(sent[0]["headers"]), sent[1]["body"]


def run(work: Callable[[], Awaitable[Any]]) -> Any:
    return asyncio.run(work())  # type: ignore[arg-type]


def test_every_kind_of_request_error_has_an_answer() -> None:
    assert set(ANSWERS) == set(RequestError.__subclasses__())


@pytest.mark.parametrize("error", EVERY_ERROR, ids=lambda e: type(e).__name__)
def test_grpc_answers_by_the_table_and_names_the_delay_twice(error: RequestError) -> None:
    receiver = Refusing(error)
    told = run(lambda: over_grpc(receiver))
    answer = ANSWERS[type(error)]
    assert (told.code(), told.details(), receiver.noted) == (answer.grpc_code, str(error), [("traces", error)])
    trailers = dict(told.trailing_metadata())
    status = RpcStatus.FromString(trailers["grpc-status-details-bin"])
    assert (status.code, status.message) == (answer.grpc_code.value[0], str(error))
    delays = [RetryInfo.FromString(detail.value).retry_delay.seconds for detail in status.details]
    assert delays == ([RETRY_DELAY_S] if answer.retry else [])
    assert ("google.rpc.retryinfo-bin" in trailers) == answer.retry


@pytest.mark.parametrize("error", EVERY_ERROR, ids=lambda e: type(e).__name__)
def test_http_answers_by_the_table_with_a_status_message(error: RequestError) -> None:
    status, headers, body = run(lambda: over_http(Refusing(error)))
    answer = ANSWERS[type(error)]
    assert (status, RpcStatus.FromString(body).message, headers[b"content-type"]) == (
        answer.http_status,
        str(error),
        b"application/x-protobuf",
    )
    assert headers.get(b"retry-after") == (str(RETRY_DELAY_S).encode() if answer.retry else None)


def test_only_what_may_succeed_later_is_retryable_to_a_sender() -> None:
    for answer in ANSWERS.values():
        assert not answer.retry or (answer.grpc_code == grpc.StatusCode.UNAVAILABLE and answer.http_status == 503)
        assert answer.retry or answer.grpc_code != grpc.StatusCode.UNAVAILABLE
