"""Every kind of callable keeps its kind, value, exception, protocol and signature, and gets one span that ends once."""

import asyncio
import functools
import inspect
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest
from opentelemetry import trace

import otel_quality as oq
from tests.sdk.recorded import one, outcome, taken

wrap = oq.observe_llm(backend="b", model="m", task="code")
ANY: Any = oq
"""For wrong calls, which a type checker would refuse too."""
tracer = trace.get_tracer("user")
OBSERVERS: list[Any] = [oq.observe_llm(backend="b"), oq.observe_tool, oq.observe_agent]
observers = pytest.mark.parametrize("observe", OBSERVERS, ids=["llm", "tool", "agent"])


def current() -> bool:
    """Whether a span is current here."""
    return trace.get_current_span().get_span_context().is_valid


def kinds() -> dict[str, Callable[..., Any]]:
    def function(prompt: str, *, temperature: float = 0.5) -> object:
        """doc"""

    async def coroutine(prompt: str, *, temperature: float = 0.5) -> object:
        """doc"""

    def generator(prompt: str, *, temperature: float = 0.5) -> Iterator[object]:
        """doc"""
        yield

    async def async_generator(prompt: str, *, temperature: float = 0.5) -> AsyncIterator[object]:
        """doc"""
        yield

    return {each.__name__: each for each in (function, coroutine, generator, async_generator)}


@observers
@pytest.mark.parametrize("kind", kinds())
def test_inspect_sees_no_difference(kind: str, observe: Any) -> None:
    bare = kinds()[kind]
    wrapped = observe(bare)
    for ask in (
        inspect.iscoroutinefunction,
        inspect.isgeneratorfunction,
        inspect.isasyncgenfunction,
        inspect.isfunction,
        inspect.signature,
    ):
        assert ask(wrapped) == ask(bare)
    for name in ("__name__", "__qualname__", "__doc__", "__module__", "__annotations__"):
        assert getattr(wrapped, name) == getattr(bare, name)


@observers
def test_value_and_exception_are_the_very_ones(observe: Callable[[Any], Any]) -> None:
    value, error = object(), ValueError("boom")

    @observe
    def give() -> object:
        return value

    @observe
    async def give_later() -> object:
        return value

    @observe
    def fail() -> None:
        raise error

    @observe
    async def fail_later() -> None:
        raise error

    assert give() is value
    assert asyncio.run(give_later()) is value
    for call in (fail, lambda: asyncio.run(fail_later())):
        with pytest.raises(ValueError) as raised:
            call()
        assert raised.value is error
    assert [outcome(span) for span in taken()] == ["success", "success", "error", "error"]


def test_an_asynchronous_call_is_timed_to_its_end() -> None:
    gate_s = 0.05

    @wrap
    async def answer() -> None:
        await asyncio.sleep(gate_s)

    asyncio.run(answer())
    span = one()
    assert (span.end_time or 0) - (span.start_time or 0) >= gate_s * 1e9


def test_static_class_and_plain_methods_either_way_round() -> None:
    class Client:
        @wrap
        def plain(self, x: int) -> tuple[Any, int]:
            return self, x

        @staticmethod
        @wrap
        def static_over(x: int) -> int:
            return x

        @wrap
        @staticmethod
        def static_under(x: int) -> int:
            return x

        @classmethod
        @wrap
        def class_over(cls, x: int) -> tuple[Any, int]:
            return cls, x

        @wrap
        @classmethod
        def class_under(cls, x: int) -> tuple[Any, int]:
            return cls, x

        @wrap
        async def later(self, x: int) -> int:
            return x

    client = Client()
    assert client.plain(1) == (client, 1)
    assert (client.static_over(2), Client.static_under(3)) == (2, 3)
    assert (client.class_over(4), Client.class_under(5)) == ((Client, 4), (Client, 5))
    assert asyncio.run(client.later(6)) == 6
    assert len(taken()) == 6


def test_partials_and_callable_objects_are_observed_by_their_kind() -> None:
    class Answer:
        async def __call__(self, x: int) -> int:
            return x

    async def add(x: int, y: int) -> int:
        return x + y

    assert asyncio.run(oq.observe_llm(Answer())(1)) == 1
    assert asyncio.run(oq.observe_llm(functools.partial(add, 1))(2)) == 3
    assert len(taken()) == 2


@pytest.mark.parametrize(
    ("decorate", "words"),
    [
        (lambda: ANY.observe_llm(bakend="b"), ["bakend", "backend", "model", "task", "provider", "has_tools"]),
        (lambda: ANY.observe_tool(nme="x"), ["nme", "name"]),
        (lambda: ANY.observe_agent(agent="x"), ["agent", "name"]),
        (lambda: ANY.llm_call(modle="x"), ["modle", "model"]),
        (lambda: ANY.observe_llm(backend=3), ["backend", "string", "int"]),
        (lambda: ANY.observe_llm(3), ["not callable"]),
        (lambda: oq.observe_tool(dict), ["a class"]),
    ],
)
def test_a_misspelt_or_wrong_setting_raises_where_it_is_written_and_names_the_allowed_ones(decorate: Any, words: list[str]) -> None:
    with pytest.raises(TypeError) as raised:
        decorate()
    assert all(word in str(raised.value) for word in words)


def test_a_function_that_returns_a_coroutine_is_timed_to_its_end() -> None:
    async def later() -> str:
        await asyncio.sleep(0.03)
        return "done"

    @wrap
    def ask() -> Any:
        return later()

    async def main() -> None:
        pending = ask()
        assert asyncio.iscoroutine(pending)
        assert not current()
        assert taken() == []
        assert await asyncio.create_task(pending) == "done"

    asyncio.run(main())
    span = one()
    assert (span.end_time or 0) - (span.start_time or 0) >= 0.03e9


def test_a_function_that_returns_a_future_gives_that_future_and_ends_with_it() -> None:
    with ThreadPoolExecutor(1) as pool:
        go = threading.Event()
        future = pool.submit(go.wait, 10)

        @wrap
        def ask() -> Future[bool]:
            return future

        assert ask() is future
        assert taken() == []
        go.set()
        assert future.result(10) is True
    assert outcome(one()) == "success"


def test_a_function_that_returns_a_task_gives_that_task_and_ends_with_it() -> None:
    async def main() -> None:
        go = asyncio.Event()
        task = asyncio.create_task(go.wait())
        assert oq.observe_llm(lambda: task)() is task
        assert taken() == []
        go.set()
        await task
        await asyncio.sleep(0)

    asyncio.run(main())
    assert outcome(one()) == "success"


def test_a_future_that_is_done_already_ends_the_span_and_leaves_no_context() -> None:
    future = Future[int]()
    future.set_result(1)
    assert oq.observe_llm(lambda: future)() is future
    assert not trace.get_current_span().get_span_context().is_valid
    assert outcome(one()) == "success"


def test_a_failed_and_a_cancelled_future_decide_the_outcome() -> None:
    failed, cancelled = Future[int](), Future[int]()
    give = oq.observe_llm(lambda future: future)
    give(failed).set_exception(TimeoutError())
    assert outcome(one()) == "timeout"
    give(cancelled).cancel()
    assert outcome(one()) == "cancelled"
