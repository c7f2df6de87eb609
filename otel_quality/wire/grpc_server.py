"""OTLP over gRPC.

Decision: grpc.aio with handlers of raw bytes. A generated servicer answers malformed input with INTERNAL where the
specification wants INVALID_ARGUMENT, and the threads of the synchronous server are held by half-open calls.
`maximum_concurrent_rpcs` is not used: it answers RESOURCE_EXHAUSTED, which senders take for "drop".
"""

from collections.abc import Awaitable, Callable
from typing import Any, Final

import grpc
import grpc.aio

from otel_quality.vocabulary.errors import RequestError
from otel_quality.wire.answers import answer_to, trailing_metadata
from otel_quality.wire.receiver import Limits, Receiver, Signal

_SERVICES: Final[dict[str, Signal]] = {
    "/opentelemetry.proto.collector.trace.v1.TraceService/Export": "traces",
    "/opentelemetry.proto.collector.logs.v1.LogsService/Export": "logs",
    "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export": "metrics",
}


class _Exports(grpc.GenericRpcHandler):
    def __init__(self, receiver: Receiver) -> None:
        self._handlers: dict[str, Any] = {}
        for path, signal in _SERVICES.items():
            self._handlers[path] = grpc.unary_unary_rpc_method_handler(_export(receiver, signal))

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> Any:
        return self._handlers.get(handler_call_details.method)


def _export(receiver: Receiver, signal: Signal) -> Callable[[bytes, Any], Awaitable[bytes]]:
    async def export(body: bytes, context: Any) -> bytes:
        try:
            return await receiver.receive(signal, body)
        except RequestError as error:
            receiver.refused(signal, error)
            await context.abort(answer_to(error).grpc_code, str(error), trailing_metadata(error))
            raise

    return export


def create_server(receiver: Receiver, limits: Limits) -> grpc.aio.Server:
    """A server without ports; `add_insecure_port` and `start` are the caller's."""
    server = grpc.aio.server(
        options=[
            ("grpc.max_receive_message_length", limits.request_bytes),
            ("grpc.max_concurrent_streams", 256),
            ("grpc.so_reuseport", 0),
            ("grpc.server_handshake_timeout_ms", int(limits.read_timeout_s * 1000)),
            ("grpc.keepalive_time_ms", 60_000),
            ("grpc.keepalive_timeout_ms", int(limits.read_timeout_s * 1000)),
        ]
    )
    server.add_generic_rpc_handlers((_Exports(receiver),))
    return server
