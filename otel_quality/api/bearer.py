"""Refuses writes that do not carry the token, where the settings name one.

Reads stay open: what may be read is decided by who reaches the address. The token is compared in constant time, and neither it nor
what was sent in its place is in any answer or log.

Decision: in front of everything else, so that a refused body is never read.
"""

import hmac
from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

from otel_quality.api.problems import problem

READS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_CHALLENGE: Final = {"www-authenticate": 'Bearer realm="otel_quality"'}
_REFUSAL: Final = (
    "this API changes nothing without its token: send `Authorization: Bearer TOKEN` with the value of server.api_token;"
    " the commands take it from OTEL_QUALITY_API_TOKEN"
)


class TokenGuard:
    """ASGI middleware.

    Args:
        app: what is guarded.
        token: what a write has to carry; empty guards nothing.
    """

    def __init__(self, app: ASGIApp, token: str) -> None:
        self._app, self._token = app, token.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and self._token and scope["method"] not in READS and not self._carried(scope):
            await problem(401, _REFUSAL, headers=_CHALLENGE)(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _carried(self, scope: Scope) -> bool:
        sent = [value for name, value in scope["headers"] if name == b"authorization"]
        kind, _, token = sent[0].partition(b" ") if len(sent) == 1 else (b"", b"", b"")
        return hmac.compare_digest(token.strip(), self._token) and kind.lower() == b"bearer"
