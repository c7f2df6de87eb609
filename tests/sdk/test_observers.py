"""The attributes of the contract: names, values and defaults of LLM, tool and agent spans."""

import functools
import hashlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some
from opentelemetry.trace import SpanKind

import otel_quality as oq
from otel_quality.vocabulary.parameters import params_hash
from tests.sdk.recorded import attributes, one, taken

TOOLS = [{"name": "look"}]
HAS_TOOLS = "otel_quality.request.has_tools"


def test_an_llm_span_carries_exactly_what_is_known() -> None:
    oq.observe_llm(backend="groq", model="llama-4", task="fast_ops", provider="meta", has_tools=False)(lambda prompt: "text")("x")
    span = one()
    assert (span.name, span.kind) == ("chat llama-4", SpanKind.CLIENT)
    assert attributes(span) == {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "meta",
        "gen_ai.request.model": "llama-4",
        "otel_quality.backend": "groq",
        "otel_quality.task": "fast_ops",
        HAS_TOOLS: False,
        "otel_quality.outcome": "success",
    }


def test_without_settings_the_span_is_still_one_of_a_chat() -> None:
    oq.observe_llm(lambda: None)()
    span = one()
    assert span.name == "chat"
    assert attributes(span) == {"gen_ai.operation.name": "chat", "otel_quality.task": "general", "otel_quality.outcome": "success"}


def test_provider_and_backend_stand_in_for_each_other() -> None:
    oq.observe_llm(backend="b")(lambda: None)()
    assert attributes(one())["gen_ai.provider.name"] == "b"
    oq.observe_llm(provider="p")(lambda: None)()
    assert attributes(one())["otel_quality.backend"] == "p"


def test_the_model_is_taken_from_the_call_where_it_is_not_set() -> None:
    def positional(model: str, prompt: str) -> None: ...
    def default(prompt: str, model: str = "m2") -> None: ...
    def open_(**request: Any) -> None: ...

    observe = oq.observe_llm(backend="b")
    for call, model in (
        (lambda: observe(positional)("m1", "x"), "m1"),
        (lambda: observe(default)("x"), "m2"),
        (lambda: observe(open_)(model="m3"), "m3"),
        (lambda: observe(open_)(modelId="m4"), "m4"),
        (lambda: oq.observe_llm(backend="b", model="m5")(open_)(model="m3"), "m5"),
    ):
        call()
        assert attributes(one())["gen_ai.request.model"] == model


@pytest.mark.parametrize(
    ("request_", "offered"),
    [
        ({"messages": [], "tools": TOOLS}, True),
        ({"messages": [], "tools": []}, False),
        ({"messages": [], "tools": None}, False),
        ({"messages": []}, False),
        ({"messages": [], "toolConfig": {"tools": TOOLS}}, True),
        ({"contents": "x", "config": {"tools": TOOLS}}, True),
        ({"contents": "x", "config": {}}, False),
        ({"input": "x", "tools": TOOLS}, True),
        ({"tools": object(), "messages": []}, False),
        ({"prompt": "x"}, None),
        ({}, None),
    ],
)
def test_whether_tools_were_offered_is_told_where_the_arguments_show_it(request_: dict[str, Any], offered: bool | None) -> None:
    oq.observe_llm(backend="b")(lambda **request: None)(**request_)
    assert attributes(one()).get(HAS_TOOLS) is offered


def test_a_signature_that_could_carry_tools_tells_and_one_that_could_not_says_nothing() -> None:
    def ask(messages: Any, tools: Any = None) -> None: ...
    def prompt(prompt: str) -> None: ...

    oq.observe_llm(backend="b")(ask)([1], TOOLS)
    assert attributes(one())[HAS_TOOLS] is True
    oq.observe_llm(backend="b")(prompt)("x")
    assert HAS_TOOLS not in attributes(one())
    oq.observe_llm(backend="b", has_tools=True)(prompt)("x")
    assert attributes(one())[HAS_TOOLS] is True


def sha(value: Any) -> str:
    """As mission and contract word it."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()).hexdigest()[:16]


def test_a_tool_span_carries_name_hash_and_outcome() -> None:
    @oq.observe_tool
    def git_status(path: str, depth: int = 1) -> str:
        return "clean"

    git_status("/tmp/ä", depth=2)
    span = one()
    assert (span.name, span.kind) == ("execute_tool git_status", SpanKind.INTERNAL)
    assert attributes(span) == {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": "git_status",
        "otel_quality.tool.params_hash": sha({"path": "/tmp/ä", "depth": 2}),
        "otel_quality.outcome": "success",
    }


def test_a_tool_is_named_by_its_function_a_partials_function_or_its_class() -> None:
    class Search:
        def __call__(self) -> None: ...

    def look(at: str) -> None: ...

    for tool, name in ((look, "look"), (functools.partial(look, "x"), "look"), (Search(), "Search")):
        oq.observe_tool(tool)(*("x",) if tool is look else ())
        assert attributes(one())["gen_ai.tool.name"] == name
    oq.observe_tool(name="other")(look)("x")
    assert attributes(one())["gen_ai.tool.name"] == "other"


def test_a_failing_tool_and_agent_name_their_error() -> None:
    for observe in (oq.observe_tool(name="t"), oq.observe_agent(name="a")):

        @observe
        def fail() -> None:
            raise FileNotFoundError

        with pytest.raises(FileNotFoundError):
            fail()
        found = attributes(one())
        assert (found["otel_quality.outcome"], found["error.type"]) == ("error", "FileNotFoundError")


def test_an_agent_span_and_what_is_inside_carry_its_name() -> None:
    @oq.observe_tool(name="look")
    def tool() -> None: ...

    @oq.observe_agent(name="inner")
    def inner() -> None:
        tool()

    @oq.observe_agent
    def ezra() -> None:
        tool()
        inner()

    ezra()
    assert [(span.name, attributes(span)["gen_ai.agent.name"]) for span in taken()] == [
        ("execute_tool look", "ezra"),
        ("execute_tool look", "inner"),
        ("invoke_agent inner", "inner"),
        ("invoke_agent ezra", "ezra"),
    ]


def hash_of(function: Any, *args: Any, **kwargs: Any) -> str:
    oq.observe_tool(function)(*args, **kwargs)
    return str(attributes(one())["otel_quality.tool.params_hash"])


def test_the_hash_is_of_the_bound_arguments_by_name() -> None:
    def tool(path: str, depth: int = 1, *more: int, **rest: int) -> None: ...

    class Box:
        def tool(self, path: str) -> None: ...

    assert hash_of(tool, "a", 2) == hash_of(tool, depth=2, path="a") == sha({"path": "a", "depth": 2})
    assert hash_of(tool, "a") == sha({"path": "a"})
    assert hash_of(tool, "a", 2, 3, 4) == sha({"path": "a", "depth": 2, "more": [3, 4]})
    assert hash_of(tool, "a", other=5) == sha({"path": "a", "other": 5})
    assert hash_of(Box.tool, Box(), "a") == sha({"path": "a"})
    assert hash_of(tool, "a", object()) == sha({"path": "a", "depth": "object"})
    assert hash_of(tool, "a", [1, {2, 3}]) == sha({"path": "a", "depth": [1, "set"]})


def test_a_hash_is_found_for_what_json_refuses() -> None:
    circle: list[Any] = []
    circle.append(circle)
    assert params_hash({"a": circle, "b": 1}) == sha({"a": "list", "b": 1})
    assert params_hash({"a": {1: 2, "x": 3}}) == sha({"a": "dict"})
    assert len(params_hash({"a": "\ud800"})) == 16


json_values = some.recursive(
    some.none() | some.booleans() | some.integers() | some.floats(allow_nan=False) | some.text(),
    lambda inner: some.lists(inner, max_size=3) | some.dictionaries(some.text(), inner, max_size=3),
    max_leaves=8,
)


@given(some.dictionaries(some.text(min_size=1), json_values, max_size=4))
def test_the_hash_is_that_of_the_contract_whatever_the_order(arguments: dict[str, Any]) -> None:
    assert params_hash(arguments) == params_hash(dict(reversed(arguments.items()))) == sha(arguments)


def test_arguments_that_do_not_fit_raise_as_ever() -> None:
    for observe in (oq.observe_agent, oq.observe_tool, oq.observe_llm):
        with pytest.raises(TypeError, match="positional argument"):
            observe(lambda x: x)()
        found = attributes(one())
        assert found["error.type"] == "TypeError"
        assert "otel_quality.tool.params_hash" not in found
