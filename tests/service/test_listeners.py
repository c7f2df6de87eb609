"""The HTTP ports: how long a connection may be quiet, between its requests and within one."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from otel_quality.service.listeners import IDLE_S, Listeners
from otel_quality.vocabulary.errors import Malformed, RequestError
from otel_quality.wire.http_server import OtlpHttp
from otel_quality.wire.receiver import Limits, Signal

pytestmark = pytest.mark.anyio
SOON_S = 10.0
READ_TIMEOUT_S = 1.0
USUAL_PAUSE_S = 60
"""Of Prometheus between two scrapes, and of OpenTelemetry's SDKs between two exports of metrics."""
HEAD = b"POST /v1/traces HTTP/1.1\r\nhost: here\r\ncontent-type: application/x-protobuf\r\ncontent-length: 4\r\n\r\n"


class Receiver:
    """Takes every request and remembers what was refused."""

    def __init__(self) -> None:
        self.errors: list[RequestError] = []

    async def receive(self, signal: Signal, body: bytes) -> bytes:
        return b""

    def refused(self, signal: Signal, error: RequestError) -> None:
        self.errors.append(error)


class Connection:
    """One connection to the port, as an exporter holds it."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    async def send(self, request: bytes) -> bytes:
        """The first line of the answer; the rest is read too."""
        self._writer.write(request)
        head = await asyncio.wait_for(self._reader.readuntil(b"\r\n\r\n"), SOON_S)
        length = next(int(line.split(b":")[1]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length"))
        await asyncio.wait_for(self._reader.readexactly(length), SOON_S)
        return head.partition(b"\r\n")[0].strip()

    async def stays_open(self, for_s: float) -> bool:
        try:
            return await asyncio.wait_for(self._reader.read(1), for_s) != b""
        except TimeoutError:
            return True

    async def ends(self) -> bool:
        return await asyncio.wait_for(self._reader.read(), SOON_S) == b""


@asynccontextmanager
async def connected(receiver: Receiver) -> AsyncIterator[Connection]:
    listeners = Listeners("127.0.0.1", READ_TIMEOUT_S)
    listeners.add_http("otlp_http", 0, OtlpHttp(receiver, Limits(read_timeout_s=READ_TIMEOUT_S)))
    await listeners.start()
    host, _, port = listeners.addresses["otlp_http"].rpartition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        yield Connection(reader, writer)
    finally:
        writer.close()
        await listeners.stop()


async def test_a_connection_is_answered_after_a_longer_pause_than_a_request_may_make() -> None:
    async with connected(Receiver()) as connection:
        assert await connection.send(HEAD + b"\x0a\x02\x0a\x00") == b"HTTP/1.1 200"
        assert await connection.stays_open(1.5 * READ_TIMEOUT_S)
        assert await connection.send(HEAD + b"\x0a\x02\x0a\x00") == b"HTTP/1.1 200"


def test_a_connection_is_not_closed_just_when_its_next_request_is_due() -> None:
    assert IDLE_S >= USUAL_PAUSE_S + READ_TIMEOUT_S


async def test_a_request_whose_bytes_do_not_arrive_is_dropped() -> None:
    receiver = Receiver()
    async with connected(receiver) as connection:
        assert await connection.send(HEAD + b"\x0a\x02") == b"HTTP/1.1 400"
        assert await connection.ends()
    (error,) = receiver.errors
    assert isinstance(error, Malformed)
    assert str(error) == "nothing more of the body came for 1 s"
