"""A returned stream comes back as an object that behaves as the stream does, and its span ends when the stream does."""

import asyncio
import collections.abc
import contextlib
import gc
import inspect
import io
import subprocess
import sys
import tracemalloc
import types
import weakref
from collections.abc import AsyncIterator, Callable, Iterator
from types import SimpleNamespace as Box
from typing import Any

import pytest
from opentelemetry import trace

import otel_quality as oq
from tests.sdk.recorded import attributes, one, outcome, taken

TTFC = "gen_ai.response.time_to_first_chunk"
wrap = oq.observe_llm(backend="b", model="m")


def chunk(text: str | None = None, stop: str | None = None) -> Any:
    return Box(model="gpt", choices=[Box(index=0, delta=Box(role=None, content=text, tool_calls=None), finish_reason=stop)], usage=None)


class Stream:
    """What a client returns for stream=True, with a length, a state and methods of its own."""

    response = "r"

    def __init__(self, chunks: Any) -> None:
        self.chunks = list(chunks)
        self.closed = False

    def __iter__(self) -> Iterator[Any]:
        yield from self.chunks

    def __len__(self) -> int:
        return len(self.chunks)

    def __getitem__(self, index: int) -> Any:
        return self.chunks[index]

    def __enter__(self) -> "Stream":
        return self

    def __exit__(self, *raised: object) -> None:
        self.close()

    def close(self) -> None:
        self.closed = True

    def twice(self) -> int:
        return 2 * len(self.chunks)


class AsyncStream:
    def __init__(self, chunks: Any) -> None:
        self.chunks = list(chunks)
        self.closed = False

    async def __aiter__(self) -> AsyncIterator[Any]:
        for each in self.chunks:
            yield each

    async def __aenter__(self) -> "AsyncStream":
        return self

    async def __aexit__(self, *raised: object) -> None:
        await self.close()

    async def close(self) -> None:
        self.closed = True


def given(value: Any) -> Any:
    """The value as an observed function returns it."""
    return wrap(lambda: value)()


def test_attributes_are_read_from_and_written_to_the_stream() -> None:
    source = Stream([1, 2])
    stream = given(source)
    assert (stream.response, stream.twice(), len(stream), stream[1]) == ("r", 4, 2, 2)
    stream.note = "n"
    assert source.__dict__["note"] == stream.note == "n"
    del stream.note
    assert not hasattr(source, "note")
    assert vars(stream) is vars(source)
    assert set(dir(source)) <= set(dir(stream))
    with pytest.raises(AttributeError):
        _ = stream.nothing
    del stream
    taken()


def test_class_equality_hash_and_text_are_the_streams() -> None:
    source = Stream([])
    stream = given(source)
    assert isinstance(stream, Stream)
    assert stream.__class__ is Stream
    assert (stream == source, stream == stream, stream != source) == (True, True, False)
    assert hash(stream) == hash(source)
    assert (str(stream), repr(stream)) == (str(source), repr(source))
    assert type(stream).__name__ == "Stream"
    assert isinstance(given(iter_ for iter_ in range(0)), types.GeneratorType)
    assert inspect.isasyncgen(given(AsyncStream([]).__aiter__()))
    del stream
    taken(collect=True)


def test_it_can_do_exactly_what_the_stream_can() -> None:
    stream, later = given(Stream([])), given(AsyncStream([]))
    assert isinstance(stream, collections.abc.Iterable)
    assert not isinstance(stream, collections.abc.AsyncIterable)
    assert not hasattr(type(stream), "__next__")
    assert isinstance(later, collections.abc.AsyncIterable)
    assert not isinstance(later, collections.abc.Iterable)
    assert not hasattr(type(later), "__len__")
    del stream, later
    taken()


def test_the_first_content_is_timed_and_an_empty_chunk_is_none() -> None:
    stream = given(Stream([chunk(""), chunk(None), chunk("c4n4ry"), chunk(None, "stop")]))
    iterator = iter(stream)
    next(iterator)
    next(iterator)
    call = object.__getattribute__(stream, "_otel_quality_call")
    assert call.ttfc_s is None
    next(iterator)
    assert call.ttfc_s is not None
    (last,) = iterator
    assert last.choices[0].finish_reason == "stop"
    span = one()
    assert attributes(span)[TTFC] == call.ttfc_s
    assert attributes(span)["gen_ai.response.finish_reasons"] == ("stop",)
    assert "c4n4ry" not in span.to_json()


@pytest.mark.parametrize(
    ("chunks", "content"), [([0], True), ([object()], True), ([b"x"], True), ([None], False), ([""], False), (["", "a"], True)]
)
def test_a_chunk_of_unknown_shape_is_content_unless_none_and_empty_text_is_not(chunks: list[Any], content: bool) -> None:
    assert list(given(iter(chunks))) == chunks
    assert (TTFC in attributes(one())) is content


def test_no_chunk_is_kept_once_the_consumer_lets_go() -> None:
    class Chunk:
        pass

    kept: list[weakref.ref[Chunk]] = []

    def chunks() -> Iterator[Chunk]:
        for _ in range(100):
            each = Chunk()
            kept.append(weakref.ref(each))
            yield each
            del each

    for _each in given(chunks()):
        del _each
        assert sum(ref() is not None for ref in kept) <= 1
    taken()


def test_a_long_stream_takes_no_more_memory_than_a_short_one() -> None:
    def peak(count: int) -> int:
        tracemalloc.start()
        for _ in given(chunk("x" * 100) for _ in range(count)):
            pass
        size = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return size

    peak(10)
    assert peak(5_000) < peak(50) + 100_000
    taken()


def test_leaving_the_with_block_after_all_is_success_before_it_abandoned() -> None:
    source = Stream([chunk("a"), chunk(None, "stop")])
    with given(source) as stream:
        assert len(list(stream)) == 2
    assert (outcome(one()), source.closed) == ("success", True)
    with given(Stream([chunk("a"), chunk("b")])) as stream:
        next(iter(stream))
    assert outcome(one()) == "abandoned"


def test_breaking_off_after_the_stop_reason_is_success() -> None:
    with given(Stream([chunk("a"), chunk(None, "stop"), chunk("usage")])) as stream:
        for each in stream:
            if each.choices[0].finish_reason:
                break
    assert outcome(one()) == "success"


def test_a_dropped_stream_ends_by_collection() -> None:
    stream = given(Stream([chunk("a")]))
    assert taken() == []
    del stream
    gc.collect()
    assert outcome(one()) == "abandoned"


def test_an_asynchronous_stream_inside_a_coroutine() -> None:
    @wrap
    async def ask(source: Any) -> Any:
        return source

    async def main() -> None:
        source = AsyncStream([chunk("a"), chunk(None, "length")])
        async with await ask(source) as stream:
            async for _ in stream:
                assert not trace.get_current_span().get_span_context().is_valid
        assert source.closed
        span = one()
        assert attributes(span)["gen_ai.response.finish_reasons"] == ("length",)
        stream = await ask(AsyncStream([chunk("a")]))
        await stream.close()
        assert outcome(one()) == "abandoned"

    asyncio.run(main())


def managers() -> dict[str, Callable[[Any], Any]]:
    class Manager:
        def __init__(self, stream: Any) -> None:
            self.stream = stream

        def __enter__(self) -> Any:
            return self.stream

        def __exit__(self, *raised: object) -> None:
            pass

    @contextlib.contextmanager
    def generator(stream: Any) -> Iterator[Any]:
        yield stream

    return {"class": Manager, "contextmanager": generator}


@pytest.mark.parametrize("kind", managers())
def test_a_context_manager_that_yields_a_stream(kind: str) -> None:
    with given(managers()[kind](Stream([chunk("a"), chunk(None, "stop")]))) as stream:
        assert isinstance(stream, Stream)
        assert taken() == []
        assert len(list(stream)) == 2
    span = one()
    assert outcome(span) == "success"
    assert TTFC in attributes(span)
    with given(managers()[kind](Stream([chunk("a")]))):
        pass
    assert outcome(one()) == "abandoned"


@pytest.mark.parametrize("kind", managers())
def test_a_context_manager_that_yields_a_value_ends_as_its_block_does(kind: str) -> None:
    with given(managers()[kind]("value")) as value:
        assert value == "value"
    assert outcome(one()) == "success"

    def fail() -> None:
        with given(managers()[kind]("value")):
            raise TimeoutError

    with pytest.raises(TimeoutError):
        fail()
    assert outcome(one()) == "timeout"


def test_an_asynchronous_context_manager_that_yields_a_stream() -> None:
    @contextlib.asynccontextmanager
    async def manager() -> AsyncIterator[Any]:
        yield AsyncStream([chunk("a"), chunk(None, "stop")])

    async def main() -> None:
        async with given(manager()) as stream:
            assert len([each async for each in stream]) == 2
        assert outcome(one()) == "success"

    asyncio.run(main())


def test_a_request_made_on_entering_that_fails_is_an_error() -> None:
    class Manager:
        def __enter__(self) -> Any:
            raise ConnectionError

        def __exit__(self, *raised: object) -> None:
            pass

    def enter() -> None:
        with given(Manager()):
            pass

    with pytest.raises(ConnectionError):
        enter()
    assert outcome(one()) == "error"


def test_something_awaitable_that_is_more_than_a_coroutine() -> None:
    class Request:
        id = "r1"

        def __await__(self) -> Iterator[Any]:
            yield from asyncio.sleep(0).__await__()
            return "done"

    async def main() -> None:
        request = given(Request())
        assert request.id == "r1"
        assert taken() == []
        assert await request == "done"

    asyncio.run(main())
    assert outcome(one()) == "success"


@pytest.mark.parametrize(
    "value",
    [[1], (1,), {"a": 1}, {1}, "text", b"bytes", None, 3, range(3), io.StringIO("x"), Exception("x")],
    ids=lambda value: type(value).__name__,
)
def test_values_come_back_themselves_and_end_the_span_at_once(value: Any) -> None:
    assert given(value) is value
    assert outcome(one()) == "success"


def test_a_dict_that_holds_a_stream_stays_the_same_dict() -> None:
    response = {"stream": Stream([{"messageStop": {"stopReason": "end_turn"}}]), "id": 1}
    assert given(response) is response
    assert list(response["stream"])
    assert attributes(one())["gen_ai.response.finish_reasons"] == ("end_turn",)


def test_a_stream_that_passes_two_observers_ends_both_spans() -> None:
    source = Stream([chunk("a"), chunk(None, "stop")])
    stream = oq.observe_agent(wrap(lambda: source))()
    assert isinstance(stream, Stream)
    with contextlib.ExitStack() as stack:
        assert len(list(stack.enter_context(stream))) == 2
    llm, agent = taken()
    assert (outcome(llm), outcome(agent)) == ("success", "success")
    assert attributes(llm)["gen_ai.response.finish_reasons"] == ("stop",)
    assert (llm.parent and llm.parent.span_id) == (agent.context and agent.context.span_id)
    with contextlib.closing(oq.observe_agent(wrap(lambda: source))()) as stream:
        next(iter(stream))
    assert [outcome(span) for span in taken()] == ["abandoned", "abandoned"]


def test_a_tool_that_returns_something_closable_returns_just_that() -> None:
    source = Stream([1])
    assert oq.observe_tool(lambda: source)() is source
    assert outcome(one()) == "success"


def run(code: str) -> None:
    """Run in a process of its own, because OpenTelemetry takes one provider per process."""
    subprocess.run([sys.executable, "-c", "import otel_quality as oq\n" + code], check=True, timeout=60)


def test_without_a_provider_nothing_is_put_before_a_stream() -> None:
    run("""
from opentelemetry import context
before = context.get_current()
class S:
    def __iter__(self): return iter(())
    def close(self): pass
s = S()
assert oq.observe_llm(lambda: s)() is s
assert list(oq.observe_llm(lambda: (x for x in (1, 2)))()) == [1, 2]
@oq.observe_llm
def gen(): yield 1
assert list(gen()) == [1]
with oq.llm_call(backend="b") as call: call.first_token(); call.finish(output_tokens=1)
assert context.get_current() == before
assert oq.sdk.border.failures() == 0
""")


def test_what_is_not_sampled_stays_so_inside_a_generator() -> None:
    run("""
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF
trace.set_tracer_provider(TracerProvider(sampler=ALWAYS_OFF))
inside = []
@oq.observe_llm
def gen():
    inside.append(trace.get_current_span().get_span_context())
    yield "x"
assert list(gen()) == ["x"]
assert inside[0].is_valid and not inside[0].trace_flags.sampled
assert oq.sdk.border.failures() == 0
""")
