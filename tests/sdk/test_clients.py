"""The real client libraries against the fake provider: what they return is read, and their failures are told apart."""

import asyncio
import inspect
from collections.abc import Iterator
from typing import Any

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.trace import StatusCode

import otel_quality as oq
from tests.providers import answers
from tests.providers.fake import FIRST_CONTENT_S, provider
from tests.sdk.clients import CLIENTS, PATIENT_S, TIMEOUT_S, Ask, Client
from tests.sdk.recorded import attributes, one, outcome

clients = pytest.mark.parametrize("client", CLIENTS, ids=lambda client: client.name)
streaming = pytest.mark.parametrize("client", [each for each in CLIENTS if each.stream], ids=lambda client: client.name)
asynchronous = pytest.mark.parametrize("client", [each for each in CLIENTS if each.ask_async], ids=lambda client: client.name)
cases = pytest.mark.parametrize("case", answers.CASES)


@pytest.fixture(scope="module")
def base() -> Iterator[str]:
    with provider() as address:
        yield address


def observed(ask: Ask | None) -> Any:
    """The client's call as a user would wrap it."""
    assert ask is not None
    call = ask

    @oq.observe_llm(backend="b", model="m", task="code")
    def answer(*args: Any) -> Any:
        return call(*args)

    return answer


def chunks_of(stream: Any) -> Any:
    """What is iterated of a stream; Bedrock's is inside a dict."""
    return stream["stream"] if type(stream) is dict else stream


def check(span: ReadableSpan, client: Client, case: str) -> None:
    """The span tells everything that this provider tells in this case, and no text."""
    found = attributes(span)
    streamed_model = client.streamed_model if "gen_ai.request.stream" in found else None
    model = streamed_model or client.model
    expected: dict[str, Any] = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "b",
        "gen_ai.request.model": "m",
        "otel_quality.backend": "b",
        "otel_quality.task": "code",
        "otel_quality.outcome": "refusal" if case == "refusal" else "success",
        "otel_quality.response.has_tool_call": case == "tool",
        "gen_ai.usage.input_tokens": answers.INPUT,
        "gen_ai.usage.output_tokens": answers.OUTPUT,
        "gen_ai.response.finish_reasons": (client.stops[case],),
        "gen_ai.response.model": None if model is None else model.format(case),
        "gen_ai.usage.cache_read.input_tokens": answers.CACHED if client.cached else None,
        "gen_ai.usage.cache_write.input_tokens": client.written,
        "gen_ai.usage.reasoning.output_tokens": answers.REASONING if client.reasoning else None,
    }
    assert {name: found.get(name) for name in expected} == expected
    assert span.status.status_code is StatusCode.UNSET
    assert "c4n4ry" not in span.to_json()


@clients
@cases
def test_a_whole_response_is_read(base: str, client: Client, case: str) -> None:
    observed(client.ask)(base, case, PATIENT_S)
    span = one()
    check(span, client, case)
    assert "gen_ai.request.stream" not in attributes(span)


@streaming
@cases
def test_a_stream_is_read_and_timed_at_its_first_content(base: str, client: Client, case: str) -> None:
    stream = observed(client.stream)(base, case, PATIENT_S)
    count = sum(1 for _ in chunks_of(stream))
    span = one()
    check(span, client, case)
    assert count > 1
    assert attributes(span)["gen_ai.request.stream"] is True
    assert attributes(span)["gen_ai.response.time_to_first_chunk"] >= FIRST_CONTENT_S
    assert attributes(span)["gen_ai.response.time_to_first_chunk"] <= (span.end_time or 0) - (span.start_time or 0)


@asynchronous
@cases
def test_an_awaited_response_is_read(base: str, client: Client, case: str) -> None:
    async def run() -> None:
        await observed(client.ask_async)(base, case, PATIENT_S)

    asyncio.run(run())
    check(one(), client, case)


@asynchronous
@cases
def test_an_asynchronous_stream_is_read_and_timed_at_its_first_content(base: str, client: Client, case: str) -> None:
    async def run() -> int:
        stream = observed(client.stream_async)(base, case, PATIENT_S)
        if inspect.isawaitable(stream):
            stream = await stream
        return len([each async for each in stream])

    assert asyncio.run(run()) > 1
    span = one()
    check(span, client, case)
    assert attributes(span)["gen_ai.response.time_to_first_chunk"] >= FIRST_CONTENT_S


@clients
@pytest.mark.parametrize("case", ["limited", "broken"])
def test_an_answer_with_an_error_status_is_an_error_named_by_its_class(base: str, client: Client, case: str) -> None:
    with pytest.raises(Exception) as raised:
        observed(client.ask)(base, case, PATIENT_S)
    span = one()
    assert outcome(span) == "error"
    assert attributes(span)["error.type"] == f"{raised.type.__module__}.{raised.type.__qualname__}"
    assert (span.status.status_code, span.status.description) == (StatusCode.ERROR, None)
    assert "c4n4ry" not in span.to_json()


@clients
def test_no_answer_in_time_is_a_timeout(base: str, client: Client) -> None:
    with pytest.raises(Exception):  # noqa: B017 - every library has its own
        observed(client.ask)(base, "slow", TIMEOUT_S)
    span = one()
    assert outcome(span) == "timeout"
    assert span.status.status_code is StatusCode.ERROR


@streaming
def test_a_connection_cut_within_a_stream_is_an_error_that_reaches_the_user(base: str, client: Client) -> None:
    stream = observed(client.stream)(base, "cut", PATIENT_S)
    with pytest.raises(Exception):  # noqa: B017 - every library has its own
        list(chunks_of(stream))
    span = one()
    assert outcome(span) == "error"
    assert "gen_ai.response.time_to_first_chunk" in attributes(span)


@streaming
def test_a_stream_given_up_is_abandoned(base: str, client: Client) -> None:
    stream = observed(client.stream)(base, "ok", PATIENT_S)
    for number, _ in enumerate(chunks_of(stream)):
        if number == 1:
            break
    del stream
    assert outcome(one()) == "abandoned"
