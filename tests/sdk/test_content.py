"""No text on a span unless content capture is on; then messages, arguments and results in the conventions' shape."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

import otel_quality as oq
from otel_quality.sdk import content
from tests.providers import answers
from tests.sdk.recorded import attributes, one, taken

CANARY = "c4n4ry"
wrap = oq.observe_llm(backend="b", model="m")


@pytest.fixture
def _capturing() -> Iterator[None]:
    content.set_capturing(True)
    yield
    content.set_capturing(False)


def parts(found: Any) -> list[tuple[str, str]]:
    """Role and text of each message."""
    return [(each["role"], part["content"]) for each in json.loads(found) for part in each["parts"]]


def everything(text: str) -> None:
    """Every way in which text could get onto a span."""

    @wrap
    def whole(prompt: str, **more: Any) -> Any:
        return answers.openai_chat("ok").whole

    @wrap
    def stream(prompt: str) -> Iterator[str]:
        yield prompt

    @wrap
    async def later(prompt: str) -> AsyncIterator[str]:
        yield prompt

    @oq.observe_tool
    def tool(path: str) -> str:
        return path

    @oq.observe_agent
    def agent(goal: str) -> str:
        return goal

    @wrap
    def fail(prompt: str) -> None:
        raise ValueError(prompt)

    async def consume() -> None:
        async for _ in later(text):
            pass

    whole(text, messages=[{"role": "user", "content": text}], tools=[text], secret=text)
    list(stream(text))
    asyncio.run(consume())
    tool(text)
    agent(text)
    with pytest.raises(ValueError, match=text):
        fail(text)


def test_with_capture_off_no_text_is_anywhere_on_any_span() -> None:
    everything(CANARY)
    spans = taken()
    assert len(spans) == 6
    assert all(CANARY not in span.to_json() for span in spans)
    assert all(span.events == () for span in spans)


@pytest.mark.usefixtures("_capturing")
def test_with_capture_on_prompt_and_answer_are_messages() -> None:
    @wrap
    def ask(messages: list[Any]) -> Any:
        return answers.anthropic_messages("ok").whole

    ask([{"role": "system", "content": "be kind"}, {"role": "user", "content": [{"type": "text", "text": "hi"}]}])
    found = attributes(one())
    assert parts(found["gen_ai.input.messages"]) == [("system", "be kind"), ("user", "hi")]
    assert parts(found["gen_ai.output.messages"]) == [("assistant", "".join(answers.TEXT))]


@pytest.mark.usefixtures("_capturing")
@pytest.mark.parametrize(
    "shape", [answers.openai_chat, answers.openai_responses, answers.anthropic_messages, answers.gemini, answers.cohere, answers.ollama]
)
def test_with_capture_on_a_streams_text_is_put_together_once(shape: Any) -> None:
    list(wrap(lambda: iter([body for _, body in shape("ok").events]))())
    assert parts(attributes(one())["gen_ai.output.messages"]) == [("assistant", "".join(answers.TEXT))]


@pytest.mark.usefixtures("_capturing")
def test_with_capture_on_a_tools_arguments_and_result_are_json() -> None:
    @oq.observe_tool
    def look(path: str, depth: int = 1) -> dict[str, int]:
        return {"files": 3}

    look("/tmp", depth=2)
    found = attributes(one())
    assert json.loads(found["gen_ai.tool.call.arguments"]) == {"path": "/tmp", "depth": 2}
    assert json.loads(found["gen_ai.tool.call.result"]) == {"files": 3}


@pytest.mark.usefixtures("_capturing")
def test_with_capture_on_an_error_is_recorded_and_a_plain_prompt_is_the_users() -> None:
    @wrap
    def fail(prompt: str) -> None:
        raise ValueError("why")

    with pytest.raises(ValueError, match="why"):
        fail("hello")
    span = one()
    assert parts(attributes(span)["gen_ai.input.messages"]) == [("user", "hello")]
    assert [event.name for event in span.events] == ["exception"]


@pytest.mark.usefixtures("_capturing")
def test_captured_text_is_bounded() -> None:
    list(wrap(lambda: ("x" * 1000 for _ in range(200)))())
    assert len(attributes(one())["gen_ai.output.messages"]) <= content.MAX_CONTENT
    oq.observe_tool(lambda value: None)("y" * 1_000_000)
    assert len(attributes(one())["gen_ai.tool.call.arguments"]) <= content.MAX_CONTENT
