"""What our own SDK captures is what the processor keeps of a session: each message once, counted as the application counts them."""

from collections.abc import Iterator
from types import SimpleNamespace as Answer
from typing import Any

import pytest
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans

import otel_quality as oq
from otel_quality.core.engine import Config, Engine
from otel_quality.core.sessions.transcript import Config as ContentConfig
from otel_quality.sdk import content
from otel_quality.wire import decode
from tests.sdk.recorded import taken

NOW = 2_000_000_000_000_000_000
OPENAI: list[Any] = [
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": "Is it clean?"},
    {
        "role": "assistant",
        "content": None,
        "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "git", "arguments": '{"path": "."}'}}],
    },
    {"role": "tool", "tool_call_id": "c1", "content": "clean tree"},
]
ANTHROPIC: list[Any] = [
    {"role": "user", "content": [{"type": "text", "text": "Is it clean?"}]},
    {
        "role": "assistant",
        "content": [{"type": "text", "text": "I look."}, Answer(type="tool_use", id="c1", name="git", input={"path": "."})],
    },
    {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "c1", "content": [{"type": "text", "text": "clean tree"}]}]},
]


@pytest.fixture(autouse=True)
def _capturing() -> Iterator[None]:
    content.set_capturing(True)
    yield
    content.set_capturing(False)


@oq.observe_llm(backend="b", model="m")
def complete(messages: list[Any], answer: str) -> Any:
    message = Answer(role="assistant", content=answer, tool_calls=None, refusal=None)
    return Answer(model="m", choices=[Answer(index=0, finish_reason="stop", message=message)], usage=None)


@oq.observe_tool(name="git")
def git(path: str) -> str:
    return "clean tree"


def kept(messages: list[Any], *, first: int, says: str) -> list[tuple[str, str, str, int]]:
    """An agent that asks the model, runs the tool, and asks again with all messages; what is kept of its session."""

    @oq.observe_agent(name="ezra")
    def run() -> None:
        complete(messages[:first], says)
        git(path=".")
        complete(messages, "It is.")

    with oq.session("conv-1"):
        run()
    body = encode_spans(taken()).SerializeToString()
    engine = Engine(Config(content=ContentConfig(keep=True)), now_ns=NOW)
    engine.apply(decode.Decoder(decode.Config(), text=True).decode(body).batch, now_ns=NOW)
    ((name, said),) = engine.harvest(now_ns=NOW).texts
    assert name == "conv-1"
    return [(line.role, line.name, line.text, line.message) for line in said.lines]


def test_a_conversation_of_openai() -> None:
    assert kept(OPENAI, first=2, says="") == [
        ("system", "", "Be brief.", 0),
        ("user", "", "Is it clean?", 1),
        ("call", "git", '{"path": "."}', 2),
        ("result", "git", "clean tree", 3),
        ("assistant", "", "It is.", 4),
    ]


def test_a_conversation_of_anthropic() -> None:
    lines = kept(ANTHROPIC, first=1, says="I look.")
    assert [line[0] for line in lines].count("call") == 1
    assert lines[0] == ("user", "", "Is it clean?", 0)
    assert lines[-1][:3] == ("assistant", "", "It is.")
    assert [text for role, _, text, _ in lines if role == "result"] == ["clean tree"]
