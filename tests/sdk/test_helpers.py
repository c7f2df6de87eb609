"""The streaming helpers of the real clients: context managers, text iterators, final messages, raw responses."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

import otel_quality as oq
from otel_quality.sdk import content
from tests.providers import answers
from tests.providers.fake import FIRST_CONTENT_S, provider
from tests.sdk import clients
from tests.sdk.recorded import attributes, one, outcome, taken

wrap = oq.observe_llm(backend="b", model="m")
TTFC = "gen_ai.response.time_to_first_chunk"


@pytest.fixture(scope="module")
def base() -> Iterator[str]:
    with provider() as address:
        clients._anthropic(address, clients.PATIENT_S)  # importing a client takes longer than the first content does
        clients._openai(address, clients.PATIENT_S)
        yield address


@wrap
def anthropic_stream(base: str, model: str = "ok") -> Any:
    return clients._anthropic(base, clients.PATIENT_S).stream(model=model, messages=clients.MESSAGES, max_tokens=9)


@wrap
def anthropic_stream_async(base: str, model: str = "ok") -> Any:
    return clients._anthropic_async(base, clients.PATIENT_S).stream(model=model, messages=clients.MESSAGES, max_tokens=9)


@wrap
def openai_stream(base: str, model: str = "ok") -> Any:
    messages, usage = clients.MESSAGES, {"include_usage": True}
    return clients._openai(base, clients.PATIENT_S).chat.completions.stream(model=model, messages=messages, stream_options=usage)


@wrap
def responses_stream(base: str, model: str = "ok") -> Any:
    return clients._openai(base, clients.PATIENT_S).responses.stream(model=model, input="x")


def check(stop: str, *, timed: bool = True) -> None:
    span = one()
    found = attributes(span)
    assert found["otel_quality.outcome"] == "success"
    assert found["gen_ai.response.finish_reasons"] == (stop,)
    assert (found["gen_ai.usage.input_tokens"], found["gen_ai.usage.output_tokens"]) == (answers.INPUT, answers.OUTPUT)
    assert (found.get(TTFC, 0) >= FIRST_CONTENT_S) is timed
    assert "c4n4ry" not in span.to_json()


def test_anthropic_by_events(base: str) -> None:
    with anthropic_stream(base) as stream:
        assert len(list(stream)) > 5
    check("end_turn")


def test_anthropic_by_text(base: str) -> None:
    with anthropic_stream(base) as stream:
        assert tuple(stream.text_stream) == answers.TEXT
    check("end_turn")


def test_anthropic_by_final_message(base: str) -> None:
    with anthropic_stream(base) as stream:
        assert stream.get_final_message().stop_reason == "end_turn"
    check("end_turn", timed=False)


def test_anthropic_until_done_and_by_final_text(base: str) -> None:
    with anthropic_stream(base) as stream:
        stream.until_done()
    check("end_turn", timed=False)
    with anthropic_stream(base) as stream:
        assert stream.get_final_text() == "".join(answers.TEXT)
    check("end_turn", timed=False)


def test_anthropic_asynchronously(base: str) -> None:
    async def main() -> None:
        async with anthropic_stream_async(base) as stream:
            assert tuple([text async for text in stream.text_stream]) == answers.TEXT
        check("end_turn")
        async with anthropic_stream_async(base) as stream:
            assert (await stream.get_final_message()).stop_reason == "end_turn"
        check("end_turn", timed=False)

    asyncio.run(main())


def test_anthropic_left_early_and_refused(base: str) -> None:
    with anthropic_stream(base) as stream:
        next(iter(stream.text_stream))
    assert outcome(one()) == "abandoned"
    with anthropic_stream(base):
        pass
    assert outcome(one()) == "abandoned"

    def enter() -> None:
        with anthropic_stream(base, "limited"):
            pass

    with pytest.raises(Exception, match="429"):
        enter()
    assert outcome(one()) == "error"


def test_openai_chat_helper(base: str) -> None:
    with openai_stream(base) as stream:
        assert {event.type for event in stream} >= {"chunk", "content.delta"}
    check("stop")
    with openai_stream(base) as stream:
        assert stream.get_final_completion().choices[0].finish_reason == "stop"
    check("stop", timed=False)
    with openai_stream(base) as stream:
        assert stream.until_done() is stream
    check("stop", timed=False)


def test_openai_responses_helper(base: str) -> None:
    with responses_stream(base) as stream:
        assert stream.get_final_response().status == "completed"
    check("completed", timed=False)
    with responses_stream(base) as stream:
        list(stream)
    check("completed")


def test_openai_with_streaming_response_ends_with_its_block(base: str) -> None:
    @wrap
    def ask() -> Any:
        create = clients._openai(base, clients.PATIENT_S).chat.completions.with_streaming_response.create
        return create(model="ok", messages=clients.MESSAGES)

    with ask() as response:
        assert response.parse().choices
        assert taken() == []
    assert outcome(one()) == "success"


def test_captured_text_of_a_helper_is_taken_once(base: str) -> None:
    content.set_capturing(True)
    try:
        for consume in (list, lambda stream: list(stream.text_stream), lambda stream: stream.get_final_text()):
            with anthropic_stream(base) as stream:
                consume(stream)
            assert attributes(one())["gen_ai.output.messages"].count("c4n4ry") == 1
    finally:
        content.set_capturing(False)
