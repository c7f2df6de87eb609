"""Nothing of ours raises into the user's code: hostile results and arguments come back untouched, and are counted."""

import ast
import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from opentelemetry import trace

import otel_quality as oq
from otel_quality.sdk import border, content
from otel_quality.sdk.border import ELSEWHERE, MAX_PLACES
from tests.sdk.recorded import one, outcome, taken

SDK = Path(border.__file__).parent
wrap = oq.observe_llm(backend="b", model="m")


def raising(*names: str) -> Any:
    """An object whose special methods of these names raise."""

    def fail(*args: object) -> Any:
        raise RuntimeError("hostile")

    return type("Hostile", (), dict.fromkeys(names, fail))()


HOSTILE = {
    "attributes": raising("__getattr__"),
    "every attribute": raising("__getattribute__"),
    "class": type("Hostile", (), {"__class__": property(lambda self: 1 / 0)})(),
    "comparison": raising("__eq__", "__ne__", "__hash__"),
    "iteration": raising("__iter__", "__len__", "__getitem__", "__next__"),
    "truth and text": raising("__bool__", "__repr__", "__str__"),
    "shape": type("Shape", (), {"choices": property(lambda self: 1 / 0)})(),
    "choices of the wrong kind": type("Shape", (), {"choices": 3, "usage": "x", "type": 4, "done": "x", "output": 5})(),
    "nonsense": {
        "choices": [None, 3, {"message": [], "finish_reason": object()}],
        "usage": {"prompt_tokens": "many", "completion_tokens": -1},
    },
}


@pytest.mark.usefixtures("fails_inside")
@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("observe", [wrap, oq.observe_tool, oq.observe_agent], ids=["llm", "tool", "agent"])
def test_a_hostile_result_comes_back_untouched_with_one_span(name: str, observe: Any) -> None:
    value = HOSTILE[name]
    got = observe(lambda: value)()
    if name != "iteration" or observe is oq.observe_tool:
        assert got is value
    del got
    assert len(taken(collect=True)) == 1


@pytest.mark.usefixtures("fails_inside")
@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_chunk_and_argument_pass_through(name: str) -> None:
    value = HOSTILE[name]

    @wrap
    def echo(messages: Any, tools: Any = None, config: Any = None) -> Iterator[Any]:
        yield messages

    @oq.observe_tool
    def use(value: Any, **more: Any) -> Any:
        return value

    (got,) = echo(value, value, value)
    assert got is value
    assert use(value, more=value) is value
    assert [outcome(span) for span in taken()] == ["success", "success"]


@pytest.mark.usefixtures("fails_inside")
def test_a_hostile_chunk_of_an_asynchronous_stream_passes_through() -> None:
    value = HOSTILE["every attribute"]

    @wrap
    async def echo() -> AsyncIterator[Any]:
        yield value

    async def main() -> list[Any]:
        return [each async for each in echo()]

    (got,) = asyncio.run(main())
    assert got is value
    assert outcome(one()) == "success"


@pytest.mark.usefixtures("fails_inside")
def test_hostile_content_does_not_stop_a_call_while_content_is_captured() -> None:
    content.set_capturing(True)
    try:
        for value in HOSTILE.values():
            assert oq.observe_tool(lambda value: value)(value) is value
    finally:
        content.set_capturing(False)
    assert len(taken(collect=True)) == len(HOSTILE)


@pytest.mark.usefixtures("fails_inside")
def test_wrong_values_told_to_a_block_are_left_out() -> None:
    with oq.llm_call(backend=object(), model=3) as call:  # type: ignore[arg-type]
        call.finish(raising("__getattr__"), output_tokens="many", stop_reason=4, response_model=raising("__str__"))
    assert outcome(one()) == "success"


@pytest.mark.usefixtures("fails_inside")
def test_failures_are_counted_by_place() -> None:
    before = border.failures()
    wrap(lambda: HOSTILE["attributes"])()
    assert border.failures() == before + 1
    assert any(place.endswith("RuntimeError") for place in border.failures_by_place())
    taken()


@pytest.mark.usefixtures("fails_inside")
def test_the_table_of_failures_is_bounded() -> None:
    before = border.failures()
    for number in range(2 * MAX_PLACES):

        def piece() -> None:
            raise ValueError

        piece.__name__ = f"piece{number}"
        assert border.run(piece) is None
    assert len(border.failures_by_place()) <= MAX_PLACES + 1
    assert border.failures_by_place()[ELSEWHERE] >= MAX_PLACES
    assert border.failures() == before + 2 * MAX_PLACES


@pytest.mark.usefixtures("fails_inside")
def test_an_exporter_that_raises_does_not_reach_the_call() -> None:
    from opentelemetry.sdk.trace import SpanProcessor, TracerProvider

    class Broken(SpanProcessor):
        def on_start(self, span: Any, parent_context: Any = None) -> None:
            raise OSError

        def on_end(self, span: Any) -> None:
            raise OSError

    provider = trace.get_tracer_provider()
    assert isinstance(provider, TracerProvider)
    processors = provider._active_span_processor
    before = processors._span_processors
    processors.add_span_processor(Broken())
    try:
        assert wrap(lambda: 1)() == 1
        assert list(wrap(lambda: iter([1, 2]))()) == [1, 2]
    finally:
        processors._span_processors = before
    assert not trace.get_current_span().get_span_context().is_valid
    taken()


def test_exactly_one_place_catches_everything() -> None:
    def catches_all(node: ast.AST) -> bool:
        return isinstance(node, ast.ExceptHandler) and (node.type is None or ast.unparse(node.type) == "Exception")

    found = [path.name for path in SDK.rglob("*.py") for node in ast.walk(ast.parse(path.read_text())) if catches_all(node)]
    assert found == ["border.py"]
