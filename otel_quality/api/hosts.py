"""Refuses requests that name a host we are not, against DNS rebinding.

A web page may point its own name at 127.0.0.1 and then read this API from the visitor's browser. Such a request carries
the page's name as its Host, so on a loopback bind only loopback names are answered. Not a substitute for a token on
another bind, where the name cannot be known and every one is taken.
"""

import ipaddress
from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

from otel_quality.api.problems import problem

_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "[::1]"})


class HostGuard:
    """ASGI middleware.

    Args:
        app: what is guarded.
        bound_host: the address that the server listens on.
    """

    def __init__(self, app: ASGIApp, bound_host: str) -> None:
        self._app = app
        self._names = _LOOPBACK | {_in_url(bound_host)} if is_loopback(bound_host) else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and self._names is not None and _host(scope) not in self._names:
            answer = problem(421, f"this API is bound to loopback and answers to {', '.join(sorted(self._names))} only")
            await answer(scope, receive, send)
            return
        await self._app(scope, receive, send)


def is_loopback(host: str) -> bool:
    """Whether a bind address is reachable from this machine only.

    >>> [is_loopback(host) for host in ("127.0.0.1", "::1", "localhost", "0.0.0.0", "processor")]
    [True, True, True, False, False]
    """
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _in_url(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _host(scope: Scope) -> str:
    """The Host header in lower case without its port."""
    value = next((value for name, value in scope["headers"] if name == b"host"), b"").decode("latin-1").lower()
    name, colon, port = value.rpartition(":")
    return name if colon and (port.isdigit() or not port) else value
