"""What exceptions of the clients mean, read by their shape."""

from collections.abc import Mapping

import anthropic
import httpx
import httpx2
import litellm
import openai
import pytest

from otel_quality.judge.backends import failures
from otel_quality.judge.backends.failures import CallFailed, Verdict
from otel_quality.judge.config import Backend

KEY = "sk-c4n4ry"
JUDGE = Backend("j", "openai", "m", url="http://127.0.0.1:1", key_env="K")


def status_error(status: int, body: object = None, headers: Mapping[str, str] | None = None) -> openai.APIStatusError:
    response = httpx.Response(status, headers=headers, request=httpx.Request("POST", "http://127.0.0.1:1"))
    return openai.APIStatusError("it failed", response=response, body=body)


def told(error: Exception) -> CallFailed:
    failure = failures.told(error, JUDGE, KEY)
    assert failure is not None
    assert "\n" not in str(failure)
    return failure


@pytest.mark.parametrize(
    ("verdict", "statuses"),
    [
        (Verdict.AGAIN, (408, 409, 425, 429, 500, 502, 503, 504, 529, 599)),
        (Verdict.UNUSABLE, (401, 402, 403, 404, 405, 407)),
        (Verdict.FAILED, (400, 413, 415, 422, 302)),
    ],
)
def test_a_status_tells_whether_to_ask_again(verdict: Verdict, statuses: tuple[int, ...]) -> None:
    assert {status: told(status_error(status)).verdict for status in statuses} == dict.fromkeys(statuses, verdict)


@pytest.mark.parametrize(
    ("body", "verdict"),
    [
        ({"code": "insufficient_quota"}, Verdict.UNUSABLE),
        ({"error": {"type": "insufficient_quota"}}, Verdict.UNUSABLE),
        ({"code": "content_filter"}, Verdict.DECLINED),
        ({"code": "rate_limit_exceeded"}, Verdict.AGAIN),
        ({"code": 7}, Verdict.AGAIN),
        ("text", Verdict.AGAIN),
        ({"error": "text"}, Verdict.AGAIN),
    ],
)
def test_a_backends_own_word_goes_before_the_status(body: object, verdict: Verdict) -> None:
    assert told(status_error(429, body)).verdict is verdict


def test_messages_are_one_short_line_without_the_key() -> None:
    said = str(told(status_error(500, {"message": f"wrong\n\x1b[31mkey {KEY} " + "x" * 1000})))
    assert said.startswith("judge j (m) answered 500: wrong [31mkey *** xxx")
    assert len(said) < 300


def test_timeouts_and_broken_connections_are_worth_another_attempt() -> None:
    request = httpx.Request("POST", "http://127.0.0.1:1")
    broken = openai.APIConnectionError(request=request)
    broken.__cause__ = httpx.RemoteProtocolError("peer closed")
    refused = openai.APIConnectionError(request=request)
    refused.__cause__ = httpx.ConnectError("refused")
    late = anthropic.APITimeoutError(httpx2.Request("POST", "http://127.0.0.1:1"))
    assert [told(error).verdict for error in (TimeoutError(), late, broken, refused)] == [Verdict.AGAIN] * 4
    assert [told(error).worked for error in (TimeoutError(), late, broken, refused)] == [True, True, True, False]


def test_what_is_hidden_in_an_exception_of_litellm_is_found() -> None:
    inner = status_error(429, headers={"retry-after": "4"})
    outer = litellm.RateLimitError("slow down", "openai", "m")
    outer.__cause__ = inner
    assert told(outer).retry_after_s == 4.0
    declined = litellm.ContentPolicyViolationError("no", "m", "azure")
    assert told(declined).verdict is Verdict.DECLINED


def test_a_fault_of_this_program_is_not_the_judges() -> None:
    assert failures.told(KeyError("x"), JUDGE, KEY) is None
    assert failures.told(ValueError("x"), JUDGE, KEY) is None


def test_another_error_of_a_client_is_not_tried_again() -> None:
    assert told(openai.OpenAIError("unknown")).verdict is Verdict.FAILED


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "0"}, 0.0),
        ({"retry-after-ms": "1500", "retry-after": "9"}, 1.5),
        ({"retry-after": "-5"}, None),
        ({"retry-after": "Sat, 21 Nov 2026 10:00:30 GMT", "date": "Sat, 21 Nov 2026 10:00:00 GMT"}, 30.0),
        ({"retry-after": "Sat, 21 Nov 2026 10:00:00 GMT", "date": "Sat, 21 Nov 2026 10:00:30 GMT"}, 0.0),
        ({"retry-after": "Sat, 21 Nov 2026 10:00:30 GMT"}, None),
        ({"retry-after": "never", "date": "today"}, None),
    ],
)
def test_how_long_to_wait_is_read_from_the_answer_alone(headers: dict[str, str], seconds: float | None) -> None:
    assert failures.retry_after_s(headers) == seconds
