"""Refuses bodies that are too large or no JSON by their own account, before anything parses them.

Decision: a write must say `Content-Type: application/json`. A form on another site can post to 127.0.0.1, but not with this type
unless the API allows it first (CORS), which it never does; so no page that somebody visits can change history.
"""

from collections.abc import Callable, Coroutine
from typing import Any, Final

from fastapi import Request, Response
from fastapi.routing import APIRoute
from starlette.types import Message

from otel_quality.api.problems import Refused

MOST_BYTES: Final = 16 << 20
"""Of one body; a session of ten thousand tool calls fits."""
MOST_PARSED_BYTES: Final = 1 << 20
"""Of a body that the framework parses, which it does on the event loop that receives telemetry."""
_WRITES: Final = frozenset({"POST", "PUT", "PATCH"})


class BoundedRoute(APIRoute):
    """A route whose body is JSON and within its bound."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()
        parsed = self.body_field is not None

        async def guarded(request: Request) -> Response:
            most = MOST_PARSED_BYTES if parsed else MOST_BYTES
            return await handle(await _bounded(request, most) if request.method in _WRITES else request)

        return guarded


async def _bounded(request: Request, most_bytes: int) -> Request:
    """The request with its body read.

    Raises:
        Refused: 415 another type; 413 too large, whatever its length says.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise Refused(415, f"the body must be JSON: send `Content-Type: application/json`, not {repr(kind[:80]) if kind else 'none'}")
    length = request.headers.get("content-length", "")
    body = bytearray()
    if length.isdigit() and int(length) > most_bytes:
        raise _too_large(most_bytes)
    async for chunk in request.stream():
        body += chunk
        if len(body) > most_bytes:
            raise _too_large(most_bytes)
    whole: Message = {"type": "http.request", "body": bytes(body), "more_body": False}

    async def receive() -> Message:
        return whole

    return Request(request.scope, receive)


def _too_large(most_bytes: int) -> Refused:
    return Refused(413, f"the body is over {most_bytes} bytes; send less at once")
