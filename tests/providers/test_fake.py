"""The fake provider does what it says: framings with right checksums, every path, every case."""

import http.client
import json
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.eventstream import EventStreamBuffer

from tests.providers import answers, framing
from tests.providers.fake import FIRST_CONTENT_S, STATUSES, provider

PATHS = {
    "/v1/chat/completions": answers.openai_chat,
    "/filtering/v1/chat/completions": answers.filtering_chat,
    "/v1/responses": answers.openai_responses,
    "/v1/messages": answers.anthropic_messages,
    "/v2/chat": answers.cohere,
    "/api/chat": answers.ollama,
}


@pytest.fixture(scope="module")
def base() -> Iterator[str]:
    with provider() as address:
        yield address


def post(address: str, body: Any) -> http.client.HTTPResponse:
    request = urllib.request.Request(address, json.dumps(body).encode(), {"content-type": "application/json"})
    return urllib.request.urlopen(request, timeout=60)  # type: ignore[no-any-return]


def test_an_aws_event_is_accepted_by_amazons_own_parser_and_a_flipped_bit_is_not() -> None:
    message = framing.aws_event("messageStop", {"stopReason": "end_turn"})
    buffer = EventStreamBuffer()
    buffer.add_data(message)
    (event,) = list(buffer)
    assert event.headers[":event-type"] == "messageStop"
    assert json.loads(event.payload) == {"stopReason": "end_turn"}
    broken = EventStreamBuffer()
    broken.add_data(message[:-6] + bytes([message[-6] ^ 1]) + message[-5:])
    with pytest.raises(Exception, match="Checksum"):
        list(broken)


@pytest.mark.parametrize("case", answers.CASES)
@pytest.mark.parametrize("path", PATHS)
def test_every_path_answers_every_case_whole(base: str, path: str, case: str) -> None:
    with post(base + path, {"model": case}) as response:
        assert json.load(response) == PATHS[path](case).whole


@pytest.mark.parametrize("path", PATHS)
def test_a_stream_sends_every_event_and_the_second_one_late(base: str, path: str) -> None:
    begun = time.monotonic()
    with post(base + path, {"model": "ok", "stream": True}) as response:
        body = response.read().decode()
    assert time.monotonic() - begun >= FIRST_CONTENT_S
    lines = [line.removeprefix("data: ") for line in body.splitlines() if line and not line.startswith("event:")]
    assert [json.loads(line) for line in lines if line != "[DONE]"] == [event for _, event in PATHS[path]("ok").events]


def test_models_in_the_path_are_found(base: str) -> None:
    with post(f"{base}/v1beta/models/ok:generateContent", {}) as response:
        assert json.load(response) == answers.gemini("ok").whole
    with post(f"{base}/model/ok/converse", {}) as response:
        assert json.load(response) == answers.bedrock("ok").whole


@pytest.mark.parametrize("case", STATUSES)
def test_error_cases_answer_with_their_status(base: str, case: str) -> None:
    with pytest.raises(urllib.error.HTTPError) as raised:
        post(f"{base}/v1/messages", {"model": case})
    assert raised.value.code == STATUSES[case]


def test_a_cut_stream_breaks_after_content_and_before_its_end(base: str) -> None:
    with post(f"{base}/v1/messages", {"model": "cut", "stream": True}) as response, pytest.raises(http.client.IncompleteRead) as raised:
        response.read()
    assert b"c4n4ry" in raised.value.partial
    assert b"message_stop" not in raised.value.partial


def test_an_unknown_path_is_a_404(base: str) -> None:
    with pytest.raises(urllib.error.HTTPError) as raised:
        post(f"{base}/nowhere", {"model": "ok"})
    assert raised.value.code == 404


def test_a_slow_request_ends_when_the_provider_stops() -> None:
    with provider() as address:
        request = http.client.HTTPConnection(address.removeprefix("http://"), timeout=60)
        request.request("POST", "/v1/messages", json.dumps({"model": "slow"}))
    with pytest.raises((http.client.RemoteDisconnected, ConnectionResetError)):
        request.getresponse()
    request.close()
