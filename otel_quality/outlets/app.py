"""The metrics listener: /metrics, /-/healthy and /-/ready as a small ASGI application.

Knows no server and no socket. /-/healthy says that the process answers; /-/ready that it takes telemetry.

Decision: plain ASGI, because three fixed answers need no framework; the page is rendered in a thread, so that a large one
does not hold up the telemetry that the same event loop receives.
"""

import asyncio
from collections.abc import Callable
from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

from otel_quality.outlets.metrics import Exposition

_PLAIN: Final = "text/plain; charset=utf-8"
_METHODS: Final = ("GET", "HEAD")


def metrics_app(page: Exposition, *, not_ready: Callable[[], str]) -> ASGIApp:
    """The application.

    Args:
        page: what /metrics shows.
        not_ready: why the processor takes no telemetry at this moment, in words; empty when it does.
    """

    async def answer(path: str, accept: str) -> tuple[int, bytes, str]:
        if path == "/metrics":
            return 200, *await asyncio.to_thread(page.render, accept)
        if path == "/-/healthy":
            return 200, b"healthy\n", _PLAIN
        if path == "/-/ready":
            reason = not_ready()
            return (503, f"not ready: {reason}\n".encode(), _PLAIN) if reason else (200, b"ready\n", _PLAIN)
        return 404, b"not found; here are /metrics, /-/healthy and /-/ready\n", _PLAIN

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close"})
        elif scope["method"] not in _METHODS:
            await _send(scope, send, (405, b"only GET and HEAD\n", _PLAIN))
        else:
            await _send(scope, send, await answer(scope["path"], _accept(scope)))

    return app


def _accept(scope: Scope) -> str:
    return ",".join(value.decode("latin-1") for name, value in scope["headers"] if name == b"accept")


async def _send(scope: Scope, send: Send, answer: tuple[int, bytes, str]) -> None:
    status, body, content_type = answer
    headers = [(b"content-type", content_type.encode()), (b"content-length", str(len(body)).encode())]
    if status == 405:
        headers.append((b"allow", ", ".join(_METHODS).encode()))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
