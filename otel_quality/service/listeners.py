"""The four ports: bound first, so that a taken one is known before anything starts."""

import asyncio
import errno
import math
import os
import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Final

import grpc.aio
from hypercorn.asyncio import serve
from hypercorn.config import Config as HypercornConfig

from otel_quality.vocabulary.errors import OtelQualityError

_BACKLOG: Final = 512
_GRACE_S: Final = 5.0
IDLE_S: Final = 75
"""After so long without a request a connection is closed: longer than the minute that scrapers and exporters pause where nobody says else,
because a connection that is closed just as it is used again answers nothing."""


class PortTaken(OtelQualityError):
    """A port cannot be bound; the message says which, for what, and what to do."""


@dataclass(slots=True)
class Listeners:
    """Servers on their ports, in the order they were added.

    Attributes:
        host: address they bind.
        read_timeout_s: seconds that a request may pause while it arrives.
        addresses: listener to `host:port`, once added.
    """

    host: str
    read_timeout_s: float
    addresses: dict[str, str] = field(default_factory=dict)
    _servers: list[Callable[[], Awaitable[None]]] = field(default_factory=list)
    _grpc: list[grpc.aio.Server] = field(default_factory=list)
    _stop: asyncio.Event = field(default_factory=asyncio.Event)
    _tasks: list[asyncio.Task[None]] = field(default_factory=list)

    def add_http(self, name: str, port: int, app: Any) -> None:
        """Give an ASGI application its port.

        Raises:
            PortTaken: the port cannot be bound.
        """
        sock = self._bind(name, port)
        self.addresses[name] = f"{_bracketed(self.host)}:{sock.getsockname()[1]}"
        self._servers.append(lambda: serve(app, self._http_config(sock), shutdown_trigger=self._stop.wait))

    def add_grpc(self, name: str, port: int, create: Callable[[], grpc.aio.Server]) -> None:
        """Give a gRPC server its port; it is created only when the port is free.

        gRPC takes no socket and logs by itself what it cannot bind, so the port is tried first.

        Raises:
            PortTaken: the port cannot be bound.
        """
        self._bind(name, port).close()
        server = create()
        try:
            bound = server.add_insecure_port(f"{_bracketed(self.host)}:{port}")
        except RuntimeError as error:
            raise self._taken(name, port, error) from None
        self.addresses[name] = f"{_bracketed(self.host)}:{bound}"
        self._grpc.append(server)

    def reachable(self, name: str) -> str:
        """Base address of a listener from this machine."""
        address = self.addresses[name]
        everywhere = {"0.0.0.0": "127.0.0.1", "[::]": "[::1]"}  # noqa: S104 - not bound here
        host, _, port = address.rpartition(":")
        return f"http://{everywhere.get(host, host)}:{port}"

    def _bind(self, name: str, port: int) -> socket.socket:
        try:
            family = socket.getaddrinfo(self.host, port, type=socket.SOCK_STREAM)[0][0]
            return socket.create_server((self.host, port), family=family, backlog=_BACKLOG)
        except OSError as error:
            raise self._taken(name, port, error) from None

    async def start(self) -> None:
        """Answer on all ports."""
        self._tasks = [asyncio.ensure_future(server()) for server in self._servers]
        for server in self._grpc:
            await server.start()

    async def stop(self) -> None:
        """Take no new connections, let calls under way end, close."""
        self._stop.set()
        await asyncio.gather(*(server.stop(_GRACE_S) for server in self._grpc), *self._tasks)

    def _http_config(self, sock: socket.socket) -> HypercornConfig:
        config = HypercornConfig()
        config.bind = [f"fd://{sock.detach()}"]
        config.keep_alive_timeout = IDLE_S
        # When this runs out, between two requests too, Hypercorn reads no more and keeps the connection open: whoever uses it then waits
        # for ever. So it never does before an idle connection is closed.
        config.read_timeout = IDLE_S + math.ceil(self.read_timeout_s)
        config.graceful_timeout = _GRACE_S
        config.include_server_header = False
        config.accesslog = config.errorlog = None
        return config

    def _taken(self, name: str, port: int, error: Exception) -> PortTaken:
        what = f"{name}: cannot listen on {_bracketed(self.host)}:{port}"
        if isinstance(error, socket.gaierror):
            return PortTaken(f"{what}: {error.strerror}; name an address of this machine with --host")
        # A number's own words: Python's message names the address once more.
        number = error.errno if isinstance(error, OSError) else None
        why = str(error) if number is None else os.strerror(number)
        if number == errno.EADDRNOTAVAIL:
            return PortTaken(f"{what}: {why}; name an address of this machine with --host")
        beside = "; beside a Collector on this host: --otlp-grpc-port 14317 --otlp-http-port 14318" if port in (4317, 4318) else ""
        return PortTaken(f"{what}: {why}; choose another with --{name.replace('_', '-')}-port, or 0 for a free one{beside}")


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
