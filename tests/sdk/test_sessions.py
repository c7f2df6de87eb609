"""The conversation is on every span begun inside, through coroutines and generators, and its end is told when asked for."""

import asyncio
import contextvars
from collections.abc import Generator, Iterator
from typing import Any

import pytest
from opentelemetry import context

import otel_quality as oq
from tests.sdk.recorded import attributes, one, taken

ID = "gen_ai.conversation.id"


@oq.observe_llm(backend="b")
def ask() -> str:
    return "x"


@oq.observe_llm(backend="b")
async def ask_later() -> str:
    await asyncio.sleep(0)
    return "x"


@oq.observe_llm(backend="b")
def stream() -> Iterator[str]:
    yield "x"


def test_every_span_inside_carries_the_conversation_and_none_after() -> None:
    with oq.session("conv-1"):
        ask()
        oq.observe_tool(ask)()
        with oq.llm_call(backend="b"):
            pass
    assert {attributes(span)[ID] for span in taken()} == {"conv-1"}
    ask()
    assert ID not in attributes(one())


def test_it_follows_into_coroutines_tasks_and_streams() -> None:
    async def main() -> None:
        async with oq.session("conv-2"):
            await asyncio.gather(ask_later(), asyncio.create_task(ask_later()))
            list(stream())
        await ask_later()

    asyncio.run(main())
    assert [attributes(span).get(ID) for span in taken()] == ["conv-2"] * 3 + [None]


def test_a_session_inside_a_generator_holds_over_its_yields_and_does_not_leak() -> None:
    @oq.observe_agent
    def work() -> Iterator[None]:
        with oq.session("inside"):
            yield
            ask()

    for _ in work():
        ask()
    assert [attributes(span).get(ID) for span in taken()] == [None, "inside", None]


def test_the_inner_session_wins() -> None:
    with oq.session("outer"):
        with oq.session("inner"):
            ask()
        ask()
    assert [attributes(span)[ID] for span in taken()] == ["inner", "outer"]


def test_without_being_asked_a_session_sends_no_span() -> None:
    with oq.session("conv"):
        pass
    assert taken() == []


def end_of(session: oq.session, error: type[Exception] | None = None) -> dict[str, Any]:
    def block() -> None:
        with session:
            if error is not None:
                raise error

    if error is None:
        block()
    else:
        with pytest.raises(error):
            block()
    span = one()
    assert span.start_time == span.end_time
    return dict(attributes(span))


def test_the_end_of_a_session_is_a_span_of_zero_length() -> None:
    end = {ID: "c", "otel_quality.session.end": True}
    assert end_of(oq.session("c", end=True)) == end
    assert end_of(oq.session("c", success=True)) == {**end, "otel_quality.session.success": True}
    assert end_of(oq.session("c", success=False)) == {**end, "otel_quality.session.success": False}
    assert end_of(oq.session("c", end=True), ValueError) == {**end, "otel_quality.session.success": False}


def test_success_may_be_told_inside_the_block() -> None:
    with oq.session("c") as session:
        session.success = True
    assert attributes(one())["otel_quality.session.success"] is True


@pytest.mark.parametrize("nobody", ["", None])
def test_an_empty_conversation_is_none(nobody: Any) -> None:
    with oq.session(nobody):
        ask()
    assert ID not in attributes(one())


def test_other_ids_are_taken_as_text() -> None:
    with oq.session(42):
        ask()
    assert attributes(one())[ID] == "42"


def test_the_context_is_as_before_after_the_block() -> None:
    before = context.get_current()
    with oq.session("c"):
        assert context.get_current() is not before
    assert context.get_current() is before


def test_a_session_of_a_dropped_coroutine_leaves_the_context_alone() -> None:
    class Pause:
        def __await__(self) -> Generator[None, None, None]:
            yield

    async def hang() -> None:
        async with oq.session("gone"):
            await Pause()

    waiting = hang()
    contextvars.copy_context().run(waiting.send, None)
    with oq.session("here"):
        waiting.close()
        ask()
    assert attributes(one())[ID] == "here"


def test_a_misspelt_setting_raises() -> None:
    with pytest.raises(TypeError):
        oq.session("c", sucess=True)  # type: ignore[call-arg]
