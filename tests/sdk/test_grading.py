"""What the user's process tells of a session, so that grading needs no text."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from opentelemetry import trace

import otel_quality as oq
from tests.sdk.recorded import attributes, one, taken

CHARACTERS = "otel_quality.response.characters"
TYPE = "otel_quality.session.task_type"
ANSWER = "Done: the report is saved to https://example.org/r\n```py\n1\n```"
FIGURES = {
    CHARACTERS: len(ANSWER),
    "otel_quality.response.has_code": True,
    "otel_quality.response.has_link": True,
    "otel_quality.response.completion_signs": 2,
}


def figures() -> dict[str, Any]:
    told = attributes(one())
    return {name: value for name, value in told.items() if name.startswith("otel_quality.response.") and not name.endswith("has_tool_call")}


def reply(content: str | None, **message: Any) -> dict[str, Any]:
    return {"choices": [{"message": {"content": content, **message}, "finish_reason": "stop"}], "model": "m"}


@oq.observe_llm(backend="b")
def ask(prompt: str, result: Any = None) -> Any:
    return result


@oq.observe_llm(backend="b")
def stream(pieces: list[str]) -> Iterator[Any]:
    for piece in pieces:
        yield {"choices": [{"delta": {"content": piece}}]}


@oq.observe_llm(backend="b")
async def stream_later(pieces: list[str]) -> AsyncIterator[str]:
    for piece in pieces:
        yield piece


def test_figures_of_an_answer_are_told_and_no_text_of_it() -> None:
    with oq.session("c"):
        ask("x", reply(ANSWER))
    span = one()
    assert FIGURES.items() <= attributes(span).items()
    assert "report" not in span.to_json()


def test_figures_of_a_stream_are_those_of_its_whole() -> None:
    with oq.session("c"):
        list(stream(list(ANSWER)))
    assert figures() == FIGURES

    async def main() -> None:
        async with oq.session("c"):
            assert [piece async for piece in stream_later([ANSWER[:7], ANSWER[7:]])]

    asyncio.run(main())
    assert figures() == FIGURES


@pytest.mark.parametrize(
    ("result", "told"),
    [
        (reply("I was unable to do it. Could you please tell me more?"), {CHARACTERS: 53, "otel_quality.response.failure_signs": 1, "otel_quality.response.asks_clarification": True}),
        (reply(None, tool_calls=[{"id": "1"}]), {CHARACTERS: 0}),
        (reply("  x\n"), {CHARACTERS: 1}),
        ("plain text", {CHARACTERS: 10}),
        ({"of": "no known shape"}, {}),
        (None, {}),
    ],
)  # fmt: skip
def test_what_an_answer_tells(result: Any, told: dict[str, Any]) -> None:
    with oq.session("c"):
        ask("x", result)
    assert figures() == told


def test_a_call_that_stands_alone_is_graded_by_nobody_and_pays_nothing() -> None:
    ask("x", reply(ANSWER))
    assert figures() == {}
    oq.observe_agent(ask)("x", reply(ANSWER))
    inner, _ = taken()
    assert attributes(inner)[CHARACTERS] == len(ANSWER)


def test_a_block_whose_answer_is_at_hand_tells_its_figures_and_one_without_claims_none() -> None:
    with oq.session("c"), oq.llm_call(backend="b") as call:
        call.finish(reply(ANSWER))
    assert figures() == FIGURES
    with oq.session("c"), oq.llm_call(backend="b") as call:
        call.finish(output_tokens=12)
    assert figures() == {}


def test_a_call_that_failed_has_no_answer() -> None:
    with oq.session("c"):
        ask("x", {"type": "response.failed", "response": {"output": [], "status": "failed", "error": {"code": "server_error"}}})
    assert figures() == {}


FIX, WRITE = "please fix the crash, it is broken", "write the documentation"


def types() -> list[str | None]:
    return [attributes(span).get(TYPE) for span in taken()]


def test_the_first_request_of_a_session_tells_its_task_type() -> None:
    with oq.session("c"):
        ask(FIX)
        ask(WRITE)
    assert types() == ["debugging", None]
    ask(FIX)
    assert types() == [None], "a call that stands alone is of no session"


def test_the_request_is_the_users_first_message() -> None:
    @oq.observe_llm(backend="b")
    def create(*, messages: list[dict[str, Any]]) -> None: ...

    with oq.session("c"):
        create(messages=[{"role": "system", "content": WRITE}, {"role": "user", "content": [{"type": "text", "text": FIX}]}])
    assert types() == ["debugging"]


def test_an_agent_run_tells_its_own_and_what_is_inside_does_not_repeat_it() -> None:
    @oq.observe_agent(name="ezra")
    def run(goal: str) -> None:
        ask(WRITE)
        oq.observe_agent(name="helper")(ask)(WRITE)

    run(FIX)
    assert types() == [None, None, None, "debugging"]
    with oq.session("c"):
        run(FIX)
        run(WRITE)
    assert types() == [None, None, None, "debugging"] + [None] * 4


def test_without_text_at_hand_the_next_request_tells() -> None:
    with oq.session("c"):
        oq.observe_tool(lambda text: text)(FIX)
        with oq.llm_call(backend="b"):
            pass
        oq.observe_llm(backend="b")(lambda number: number)(3)
        ask(FIX)
    assert types() == [None, None, None, "debugging"]


def test_the_end_of_a_session_is_a_span_of_no_length() -> None:
    with oq.session("c", success=True):
        pass
    span = one()
    assert span.start_time == span.end_time
    assert attributes(span) == {"gen_ai.conversation.id": "c", "otel_quality.session.end": True, "otel_quality.session.success": True}


def test_the_outermost_run_of_an_agent_ends_its_session_also_under_a_span_of_somebody_else() -> None:
    run = oq.observe_agent(name="ezra")(oq.observe_agent(name="helper")(lambda: None))
    run()
    assert [attributes(span).get("otel_quality.session.end") for span in taken()] == [None, None], "a root span is seen to be one"
    with trace.get_tracer("somebody").start_as_current_span("GET /"):
        run()
    assert [attributes(span).get("otel_quality.session.end") for span in taken()] == [None, True]
