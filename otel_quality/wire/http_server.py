"""OTLP over HTTP: protobuf or JSON, plain or gzip.

A raw ASGI application: three paths, one method. Errors are google.rpc.Status messages with the status of `answers`, in the form in
which the request came. Bodies are inflated as they arrive and never beyond the limit; JSON is read in a thread, so that a large request
holds up no other.
"""

import asyncio
import zlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final

from otel_quality.vocabulary.errors import Malformed, RequestError, TooLarge, Unsupported
from otel_quality.wire import otlp_json
from otel_quality.wire.answers import RETRY_DELAY_S, answer_to, status_body
from otel_quality.wire.receiver import SIGNALS, Limits, Receiver, Signal

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

PROTOBUF: Final = "application/x-protobuf"
_PATHS: Final[dict[str, Signal]] = {f"/v1/{signal}": signal for signal in SIGNALS}
_GZIP: Final = 16 + zlib.MAX_WBITS


@dataclass(frozen=True, slots=True)
class OtlpHttp:
    """The application.

    Attributes:
        receiver: takes the requests.
        limits: of a request.
    """

    receiver: Receiver
    limits: Limits

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
            return
        if scope["type"] != "http":
            await send({"type": "websocket.close"})
            return
        signal = _PATHS.get(scope["path"])
        if signal is None:
            await _respond(send, 404, f"no such path; OTLP is taken at {', '.join(_PATHS)}".encode(), content_type="text/plain")
        elif scope["method"] != "POST":
            await _respond(send, 405, b"OTLP is sent with POST", content_type="text/plain", headers=[(b"allow", b"POST")])
        else:
            await self._export(signal, {k.lower(): v for k, v in scope["headers"]}, receive, send)

    async def _export(self, signal: Signal, headers: dict[bytes, bytes], receive: Receive, send: Send) -> None:
        as_json = _content_type(headers) == otlp_json.JSON
        kind = otlp_json.JSON if as_json else PROTOBUF
        try:
            _check_content_type(headers)
            body = await self._body(headers, receive, self.limits.request_bytes // (otlp_json.SHARE if as_json else 1))
            if as_json:
                body = await asyncio.to_thread(otlp_json.to_protobuf, signal, body)
            answer = await self.receiver.receive(signal, body)
        except RequestError as error:
            self.receiver.refused(signal, error)
            retry = [(b"retry-after", str(RETRY_DELAY_S).encode())] if answer_to(error).retry else []
            told = otlp_json.error_body(error) if as_json else status_body(error)
            await _respond(send, answer_to(error).http_status, told, content_type=kind, headers=retry)
        else:
            await _respond(send, 200, otlp_json.answer(signal, answer) if as_json else answer, content_type=kind)

    async def _body(self, headers: dict[bytes, bytes], receive: Receive, most_bytes: int) -> bytes:
        encoding = headers.get(b"content-encoding", b"identity").decode("latin-1").strip().lower()
        if encoding not in ("identity", "gzip", ""):
            raise Unsupported(f"content encoding {encoding[:40]!r} is not known; send gzip or none")
        take = _Inflated(most_bytes) if encoding == "gzip" else _Plain(most_bytes)
        more = True
        while more:
            try:
                async with asyncio.timeout(self.limits.read_timeout_s):
                    message = await receive()
            except TimeoutError:
                raise Malformed(f"nothing more of the body came for {self.limits.read_timeout_s:g} s") from None
            if message["type"] == "http.disconnect":
                raise Malformed("the sender closed the connection within the body")
            take.feed(message.get("body", b""))
            more = message.get("more_body", False)
        return take.result()


def _content_type(headers: dict[bytes, bytes]) -> str:
    return headers.get(b"content-type", b"").decode("latin-1").split(";")[0].strip().lower()


def _check_content_type(headers: dict[bytes, bytes]) -> None:
    given = _content_type(headers)
    if given not in (PROTOBUF, otlp_json.JSON):
        raise Unsupported(f"content type {given[:40]!r} is not taken; send {PROTOBUF} or {otlp_json.JSON}")


class _Plain:
    """A body as it comes, up to a limit."""

    def __init__(self, limit: int) -> None:
        self._limit, self._size = limit, 0
        self._parts: list[bytes] = []

    def feed(self, chunk: bytes) -> None:
        self._size += len(chunk)
        if self._size > self._limit:
            raise TooLarge(f"the request is over {self._limit} bytes; send smaller batches")
        self._parts.append(chunk)

    def result(self) -> bytes:
        return b"".join(self._parts)


class _Inflated:
    """A gzip body, of one or more members, inflated as it comes and never beyond the limit."""

    def __init__(self, limit: int) -> None:
        self._plain, self._limit = _Plain(limit), limit
        self._member = zlib.decompressobj(_GZIP)
        self._empty = True

    def feed(self, chunk: bytes) -> None:
        while chunk:
            if self._member.eof:
                self._member = zlib.decompressobj(_GZIP)
            self._empty = False
            try:
                self._plain.feed(self._member.decompress(chunk, self._limit + 1))
            except zlib.error:
                raise Malformed("the body is no gzip") from None
            chunk = self._member.unused_data if self._member.eof else self._member.unconsumed_tail

    def result(self) -> bytes:
        if not (self._empty or self._member.eof):
            raise Malformed("the gzip body is cut off")
        return self._plain.result()


async def _lifespan(receive: Receive, send: Send) -> None:
    for phase in ("startup", "shutdown"):
        await receive()
        await send({"type": f"lifespan.{phase}.complete"})


async def _respond(
    send: Send, status: int, body: bytes, *, content_type: str = PROTOBUF, headers: list[tuple[bytes, bytes]] | None = None
) -> None:
    start = [(b"content-type", content_type.encode()), (b"content-length", str(len(body)).encode()), *(headers or [])]
    await send({"type": "http.response.start", "status": status, "headers": start})
    await send({"type": "http.response.body", "body": body})
