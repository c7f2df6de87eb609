"""Asks a running processor's JSON API: used by the commands and by the demo.

Standard library only, one request at a time, no retry. Anything but an answer becomes an `ApiError` of one line that says
what to do.

Decision: no proxy for loopback, whatever the environment says: a proxy cannot reach this machine's own 127.0.0.1.
"""

import json
import urllib.error
import urllib.parse
import urllib.request
from http.client import HTTPException
from typing import Any, Final

from otel_quality.vocabulary.errors import OtelQualityError
from otel_quality.vocabulary.secrets import masked

DEFAULT_URL: Final = "http://127.0.0.1:9465"
_TIMEOUT_S: Final = 10.0
_WRONG_CALL: Final = frozenset({400, 401, 409, 413, 415})
_LATER: Final = 503
_ALWAYS_TAKEN_BYTES: Final = 1024 * 1024
"""A longer body may be too much. The API says so while the body is still on its way, where nobody hears it, and hangs up."""
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})


class ApiError(OtelQualityError):
    """The API could not be asked, or refused. `refused`: the call itself is wrong; `passing`: the same call may succeed later."""

    def __init__(self, message: str, *, refused: bool = False, passing: bool = False) -> None:
        super().__init__(message)
        self.refused, self.passing = refused, passing


class Client:
    """One API.

    Args:
        url: where it is, such as http://127.0.0.1:9465.
        token: what its writes have to carry; empty where it wants none.
        timeout_s: for one answer.

    Raises:
        ApiError: the URL is none, or the token cannot be sent.
    """

    def __init__(self, url: str = DEFAULT_URL, token: str = "", *, timeout_s: float = _TIMEOUT_S) -> None:
        self.url = url.rstrip("/")
        parts = urllib.parse.urlsplit(self.url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ApiError(f"{masked(url)!r} is no http:// or https:// URL of an API, such as {DEFAULT_URL}", refused=True)
        if token and not (token.isascii() and token.isprintable()):
            raise ApiError("the API's token must be printable ASCII", refused=True)
        self._token, self._timeout_s = token, timeout_s
        direct = [urllib.request.ProxyHandler({})] if parts.hostname in _LOOPBACK else []
        self._opener = urllib.request.build_opener(*direct)

    def get(self, path: str, **query: str | int | None) -> Any:
        """The JSON at a path; None leaves a parameter out.

        Raises:
            ApiError: not reachable, no API of ours, or refused.
        """
        return self._ask("GET", path, query)

    def delete(self, path: str, **query: str | int | None) -> Any:
        """Likewise, with DELETE."""
        return self._ask("DELETE", path, query)

    def post(self, path: str, body: Any) -> Any:
        """Likewise, with POST and a JSON body."""
        return self._ask("POST", path, {}, json.dumps(body).encode())

    def _ask(self, method: str, path: str, query: dict[str, str | int | None], body: bytes | None = None) -> Any:
        given = urllib.parse.urlencode({name: value for name, value in query.items() if value is not None})
        headers = {"Content-Type": "application/json"} if body is not None else {}
        url = f"{self.url}{path}{'?' if given else ''}{given}"
        request = urllib.request.Request(url, body, headers, method=method)  # noqa: S310 - http(s) only, checked above
        if self._token and method != "GET":
            # Unredirected: whoever answers at the address must not send the token on to another.
            request.add_unredirected_header("Authorization", f"Bearer {self._token}")
        try:
            with self._opener.open(request, timeout=self._timeout_s) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            raise self._refusal(error) from None
        except (OSError, HTTPException) as error:
            reason = getattr(error, "reason", error)
            if isinstance(reason, BrokenPipeError | ConnectionResetError) and body is not None and len(body) > _ALWAYS_TAKEN_BYTES:
                said = f"{masked(self.url)} hung up in the midst of {len(body) / 1e6:.1f} MB: that is more than it takes; send less at once"
                raise ApiError(said, refused=True) from None
            raise ApiError(
                f"no processor answers at {masked(self.url)} ({_words(reason)}); start one with `otel-quality serve`, or name another"
                " with --api URL or OTEL_QUALITY_API_URL",
                passing=True,
            ) from None
        except ValueError:
            raise ApiError(f"{masked(self.url)} is no otel_quality API: {path} did not answer JSON") from None

    def _refusal(self, error: urllib.error.HTTPError) -> ApiError:
        try:
            detail = json.load(error)["detail"]
        except (ValueError, KeyError, TypeError, OSError):
            return ApiError(f"{masked(self.url)} is no otel_quality API, or an older one: it answered {error.code} {error.reason}")
        return ApiError(str(detail), refused=error.code in _WRONG_CALL, passing=error.code == _LATER)


def _words(reason: object) -> str:
    text = reason.strerror if isinstance(reason, OSError) and reason.strerror else str(reason)
    return (text or type(reason).__name__).lower()
