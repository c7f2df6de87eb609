"""Coroutines and asynchronous generators: timed to their end, cancelled, dropped; parents and sessions kept apart at once."""

import asyncio
import contextvars
import gc
from collections.abc import AsyncIterator, Awaitable, Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from opentelemetry import trace

import otel_quality as oq
from tests.sdk.recorded import attributes, one, outcome, taken

wrap = oq.observe_llm(backend="b", model="m", task="code")
tracer = trace.get_tracer("user")


def current() -> bool:
    """Whether a span is current here."""
    return trace.get_current_span().get_span_context().is_valid


@wrap
async def async_dialogue(count: int) -> Any:
    got: list[Any] = []
    try:
        for number in range(count):
            got.append((yield number))
            await asyncio.sleep(0)
    except KeyError:
        yield ("after", got)


def run(main: Callable[[], Awaitable[Any]]) -> Any:
    return asyncio.run(main())  # type: ignore[arg-type]


def test_asend_athrow_and_aclose_reach_the_asynchronous_generator() -> None:
    async def main() -> None:
        talk = async_dialogue(3)
        assert await anext(talk) == 0
        assert await talk.asend("a") == 1
        assert not current()
        assert await talk.athrow(KeyError()) == ("after", ["a"])
        with pytest.raises(StopAsyncIteration):
            await anext(talk)
        assert outcome(one()) == "success"
        talk = async_dialogue(3)
        await anext(talk)
        await talk.aclose()
        assert outcome(one()) == "abandoned"

    run(main)


def test_an_asynchronous_generator_dropped_in_a_running_loop_is_abandoned() -> None:
    async def main() -> None:
        talk = async_dialogue(3)
        await anext(talk)
        del talk
        gc.collect()
        deadline = asyncio.get_running_loop().time() + 60
        spans = taken()
        while not spans and asyncio.get_running_loop().time() < deadline:
            await asyncio.sleep(0)
            spans = taken()
        assert [outcome(span) for span in spans] == ["abandoned"]

    run(main)


def test_an_exception_of_an_asynchronous_generator_comes_out_itself() -> None:
    error = ValueError("boom")

    @wrap
    async def steps() -> AsyncIterator[int]:
        yield 1
        raise error

    async def main() -> None:
        with pytest.raises(ValueError) as raised:
            [each async for each in steps()]
        assert raised.value is error

    run(main)
    assert outcome(one()) == "error"


def test_a_cancelled_coroutine_and_a_cancelled_stream_are_cancelled() -> None:
    started = asyncio.Event()

    @wrap
    async def hang() -> None:
        started.set()
        await asyncio.Event().wait()

    @wrap
    async def hang_midway() -> AsyncIterator[int]:
        yield 1
        started.set()
        await asyncio.Event().wait()

    async def consume() -> None:
        async for _ in hang_midway():
            pass

    async def main() -> None:
        for target in (hang, consume):
            started.clear()
            task = asyncio.create_task(target())
            await started.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            span = one()
            assert outcome(span) == "cancelled"
            assert span.status.is_unset

    run(main)


def test_a_coroutine_dropped_midway_is_abandoned_and_leaves_the_context_alone() -> None:
    class Pause:
        def __await__(self) -> Generator[None, None, None]:
            yield

    @wrap
    async def hang() -> None:
        await Pause()

    waiting: Any = hang()
    context = contextvars.copy_context()
    context.run(waiting.send, None)
    with tracer.start_as_current_span("elsewhere") as elsewhere:
        waiting.close()
        assert trace.get_current_span() is elsewhere
    assert outcome(one()) == "abandoned"


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (TimeoutError("c4n4ry"), "timeout"),
        (type("ReadTimeout", (Exception,), {})("c4n4ry"), "timeout"),
        (type("Slow", (TimeoutError,), {})("c4n4ry"), "timeout"),
        (KeyboardInterrupt(), "cancelled"),
        (SystemExit(), "cancelled"),
        (asyncio.CancelledError(), "cancelled"),
        (ValueError("c4n4ry"), "error"),
        (type("BadRequestError", (Exception,), {"code": "content_filter"})("c4n4ry"), "refusal"),
    ],
    ids=repr,
)
def test_an_exception_decides_the_outcome_and_its_message_stays_away(error: BaseException, expected: str) -> None:
    @wrap
    def fail() -> None:
        raise error

    with pytest.raises(type(error)):
        fail()
    span = one()
    assert outcome(span) == expected
    assert span.events == ()
    assert "c4n4ry" not in span.to_json()


def test_error_types_are_qualified_and_builtins_bare() -> None:
    class Custom(Exception):
        pass

    for error, name in ((ValueError(), "ValueError"), (Custom(), f"{__name__}.{Custom.__qualname__}")):

        @wrap
        def fail(error: Exception = error) -> None:
            raise error

        with pytest.raises(type(error)):
            fail()
        assert attributes(one())["error.type"] == name


def test_nested_observers_are_parent_and_child_also_within_streams() -> None:
    @oq.observe_tool
    async def look(at: str) -> str:
        return at

    @wrap
    async def think() -> AsyncIterator[str]:
        yield await look("x")
        yield await look("y")

    @oq.observe_agent(name="ezra")
    async def work() -> list[str]:
        return [each async for each in think()]

    assert run(work) == ["x", "y"]
    spans = {span.name: span for span in taken()}
    agent, llm, tool = spans["invoke_agent ezra"], spans["chat m"], spans["execute_tool look"]
    assert agent.parent is None
    assert agent.context is not None
    assert llm.context is not None
    assert (llm.parent and llm.parent.span_id) == agent.context.span_id
    assert (tool.parent and tool.parent.span_id) == llm.context.span_id
    assert {attributes(span).get("gen_ai.agent.name") for span in spans.values()} == {"ezra"}


def test_fifty_calls_at_once_and_eight_threads_keep_their_own_parents_and_sessions() -> None:
    @wrap
    async def llm(number: int) -> int:
        await asyncio.sleep(0)
        return number

    @oq.observe_agent
    async def agent(number: int) -> int:
        with oq.session(f"conv-{number}"):
            return await llm(number) + await llm(number)

    async def main() -> list[int]:
        return await asyncio.gather(*(agent(number) for number in range(50)))

    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(lambda _: asyncio.run(main()), range(8)))
    assert results == [[2 * number for number in range(50)]] * 8
    spans = taken()
    assert len(spans) == 8 * 150
    assert len({span.context.span_id for span in spans if span.context}) == len(spans)
    children: dict[int, list[Any]] = {}
    for span in spans:
        if span.parent:
            children.setdefault(span.parent.span_id, []).append(attributes(span)["gen_ai.conversation.id"])
    assert len(children) == 400
    assert all(len(ids) == 2 and len(set(ids)) == 1 for ids in children.values())


def test_an_asynchronous_step_dropped_midway_leaves_the_context_alone() -> None:
    class Pause:
        def __await__(self) -> Generator[None, None, None]:
            yield

    @wrap
    async def steps() -> AsyncIterator[int]:
        await Pause()
        yield 1

    talk = steps()
    step: Any = anext(talk)
    contextvars.copy_context().run(step.send, None)
    with tracer.start_as_current_span("elsewhere") as elsewhere:
        step.close()
        assert trace.get_current_span() is elsewhere
    del step, talk
    assert outcome(one()) == "abandoned"
