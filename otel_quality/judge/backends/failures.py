"""What a client's exception means for the call: ask again, the session cannot be judged so, the backend declines, or nothing will work.

Read by shape (a status, a response with headers, the class's name), because three libraries say it with classes of their own.

Decision: statuses are a table. 429 is worth another attempt but where the quota is used up, 5xx always; 400 is about this one request
(too long, say); 401 to 405 are about the key, the model or the address, and would meet every session.
"""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import Enum
from typing import Any, Final

from otel_quality.judge.config import Backend
from otel_quality.vocabulary.stops import StopClass, classify


class Verdict(Enum):
    """What to do about a call that failed."""

    AGAIN = "the same call may succeed in a moment"
    FAILED = "this request fails each time"
    DECLINED = "the backend declines this request because of its content"
    UNUSABLE = "every request would fail"


class CallFailed(Exception):
    """One call to a judge that gave no answer.

    Attributes:
        retry_after_s: how long the backend asks to wait; None where it says nothing.
        worked: it may have worked on the request, and count its tokens, before it failed.
    """

    def __init__(self, message: str, verdict: Verdict, *, retry_after_s: float | None = None, worked: bool = False) -> None:
        super().__init__(message)
        self.verdict = verdict
        self.retry_after_s = retry_after_s
        self.worked = worked


_STATUSES: Final[dict[int, Verdict]] = {
    408: Verdict.AGAIN,
    409: Verdict.AGAIN,
    425: Verdict.AGAIN,
    429: Verdict.AGAIN,
    **dict.fromkeys((401, 402, 403, 404, 405, 407), Verdict.UNUSABLE),
}
_SERVER_ERROR: Final = 500
_NO_QUOTA: Final = frozenset({"insufficient_quota", "billing_hard_limit_reached", "credit_balance_too_low"})
_DECLINES: Final = frozenset({StopClass.FILTER, StopClass.REFUSAL})
_DECLINED_CLASS: Final = "ContentPolicyViolationError"
"""LiteLLM's word for what any provider's filter refused."""
_CLIENTS: Final = frozenset({"openai", "anthropic", "litellm", "httpx", "httpx2", "httpcore"})
_MIDWAY: Final = frozenset({"ReadError", "ReadTimeout", "RemoteProtocolError", "JSONDecodeError"})
"""What is at the bottom of a failure after the request had arrived."""
_LONGEST: Final = 200
_OF_SCHEMA: Final = re.compile(r"response_format|output_config|schema|structured|parameter", re.IGNORECASE)
_NO_SCHEMA: Final = "; if it has no structured output, set structured = false for it"


def told(error: Exception, backend: Backend, key: str) -> CallFailed | None:
    """The failure in our terms; None where it is neither the backend's nor its client's, but a fault in this program."""
    who = f"judge {backend.name} ({backend.model})"
    kind = type(error).__name__
    if isinstance(error, CallFailed):
        return error
    if isinstance(error, TimeoutError) or "Timeout" in kind:
        return CallFailed(f"{who} gave no answer within {backend.timeout_s:g} s", Verdict.AGAIN, worked=True)
    if isinstance(error, json.JSONDecodeError | UnicodeDecodeError):
        return CallFailed(f"{who} answered what is no JSON; is its url right?", Verdict.AGAIN, worked=True)
    if type(error).__module__.partition(".")[0] not in _CLIENTS:
        return None
    status = getattr(error, "status_code", None)
    if isinstance(status, int) and "Connection" not in kind:
        return _of_status(who, status, error, backend, key)
    again = "Connection" in kind or "Protocol" in kind or "Validation" in kind
    return CallFailed(f"{who}: {_said(error, key)}", Verdict.AGAIN if again else Verdict.FAILED, worked=_worked(error))


def _of_status(who: str, status: int, error: Exception, backend: Backend, key: str) -> CallFailed:
    verdict = _STATUSES.get(status, Verdict.AGAIN if status >= _SERVER_ERROR else Verdict.FAILED)
    codes = _codes(error)
    if codes & _NO_QUOTA:
        verdict = Verdict.UNUSABLE
    elif type(error).__name__ == _DECLINED_CLASS or any(classify(code) in _DECLINES for code in codes):
        verdict = Verdict.DECLINED
    said = _said(error, key)
    hint = _NO_SCHEMA if backend.structured and status in (400, 422) and _OF_SCHEMA.search(said) else ""
    message = f"{who} answered {status}: {said}{hint}"
    return CallFailed(message, verdict, retry_after_s=retry_after_s(_headers(error)), worked=_worked(error))


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The error and what led to it: LiteLLM says "500" of what was a broken connection."""
    link: BaseException | None = error
    while link is not None:
        yield link
        link = link.__cause__ or link.__context__


def _worked(error: Exception) -> bool:
    """The request had arrived when it broke."""
    return any(type(each).__name__ in _MIDWAY for each in _chain(error))


def _codes(error: Exception) -> set[str]:
    """The backend's own words for what is wrong."""
    body = getattr(error, "body", None)
    detail = body.get("error", body) if isinstance(body, dict) else None
    told = [getattr(error, "code", None), *(detail.get(name) for name in ("code", "type") if isinstance(detail, dict))]
    return {code for code in told if isinstance(code, str)}


def _said(error: Exception, key: str) -> str:
    """The backend's message as one short line without the key."""
    body = getattr(error, "body", None)
    detail = body.get("error", body) if isinstance(body, dict) else None
    message = detail.get("message") if isinstance(detail, dict) else None
    cause = error.__cause__ or error.__context__
    text = message if isinstance(message, str) and message else f"{error}" + (f" ({cause})" if cause and str(cause) else "")
    if key:
        text = text.replace(key, "***")
    return re.sub(r"[\s\x00-\x1f\x7f-\x9f]+", " ", text).strip()[:_LONGEST] or type(error).__name__


def _headers(error: Exception) -> Any:
    """Those of the answer; LiteLLM's exceptions have them in other places."""
    places = (place for each in _chain(error) for place in (getattr(each, "response", None), each))
    return next((headers for place in places if (headers := getattr(place, "headers", None))), {})


def retry_after_s(headers: Any) -> float | None:
    """How long the answer's headers ask to wait: `retry-after-ms`, or `Retry-After` as seconds, or as a date beside the answer's own.

    >>> retry_after_s({"retry-after": "2.5"}), retry_after_s({"retry-after-ms": "300"}), retry_after_s({"retry-after": "soon"})
    (2.5, 0.3, None)
    """
    for name, unit in (("retry-after-ms", 1e-3), ("retry-after", 1.0)):
        text = headers.get(name)
        if text is not None and re.fullmatch(r"\d{1,9}(\.\d+)?", text):
            return float(text) * unit
    until, now = (_instant(headers.get(name)) for name in ("retry-after", "date"))
    return None if until is None or now is None else max(0.0, (until - now).total_seconds())


def _instant(text: str | None) -> datetime | None:
    try:
        found = parsedate_to_datetime(text or "")
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
