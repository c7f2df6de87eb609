"""Trace requests as a busy sender makes them: every span with ids of its own, 13 attributes, about 520 bytes."""

import time
from typing import Final

import numpy as np

from otel_quality.wire.otlp_pb2 import ExportTraceRequest

MODELS: Final = (("anthropic", "claude-sonnet"), ("anthropic", "claude-haiku"), ("openai", "gpt-5"), ("gemini", "pro"), ("groq", "llama"))
TASKS: Final = ("code", "reasoning", "research", "fast_ops")
_IDS: Final = np.dtype("u1")
_MARK: Final = bytes(range(200, 224))
"""What stands for the ids while a request is built, so that they are found again in its bytes."""


class Requests:
    """Requests of `size` spans, alike but for ids and the end time of the whole.

    Args:
        size: spans in a request; >= 1.
        sessions: each span names a conversation, of 20 spans each; else it names a user instead and belongs to no session.
    """

    def __init__(self, size: int, *, sessions: bool = False) -> None:
        body = _request(size, "gen_ai.conversation.id" if sessions else "enduser.pseudo.id.abcd")
        self._body = np.frombuffer(body, _IDS).copy()
        # The span id follows the trace id after a tag and a length of a byte each.
        starts = _find_all(body, _MARK[:16])
        self._places = np.array([[at + k for k in range(16)] + [at + 18 + k for k in range(8)] for at in starts])
        self._random = np.random.default_rng(11)

    def next(self) -> bytes:
        """A request with ids that no other one has."""
        self._body[self._places] = self._random.integers(1, 256, self._places.shape, np.uint8)
        return self._body.tobytes()


def _find_all(body: bytes, part: bytes) -> list[int]:
    found, at = [], body.find(part)
    while at >= 0:
        found.append(at)
        at = body.find(part, at + 1)
    return found


def _request(size: int, belongs_to: str) -> bytes:
    request = ExportTraceRequest()
    scope = request.resource_spans.add().scope_spans.add()
    now = time.time_ns()
    for i in range(size):
        backend, model = MODELS[i % len(MODELS)]
        span = scope.spans.add(trace_id=_MARK[:16], span_id=_MARK[16:], start_time_unix_nano=now - 10**9 - i, end_time_unix_nano=now - i)
        texts = {
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": backend,
            "gen_ai.request.model": model,
            "gen_ai.response.model": f"{model}-2026-10-01",
            "gen_ai.response.id": f"chatcmpl-{i:020d}",
            belongs_to: f"conv-{i // 20}",
            "otel_quality.backend": backend,
            "otel_quality.task": TASKS[i % len(TASKS)],
            "server.address": f"api.{backend}.example",
        }
        for key, value in texts.items():
            span.attributes[key].string_value = value
        span.attributes["gen_ai.usage.input_tokens"].int_value = 900 + i % 100
        span.attributes["gen_ai.usage.output_tokens"].int_value = 200 + i % 50
        span.attributes["gen_ai.response.time_to_first_chunk"].double_value = 0.25
        span.attributes["gen_ai.response.finish_reasons"].array_value.values.add(string_value="stop")
    return request.SerializeToString()


def runs(sessions: int, *, first: int = 0, calls: bool = True) -> bytes:
    """Whole agent runs: each ten LLM calls and ten tool executions in one trace and conversation, ended by the agent's span.

    Args:
        sessions: how many; first: the number of the first one, which makes ids that no other request has.
        calls: without LLM calls, where it is about the tools.
    """
    request = ExportTraceRequest()
    scope = request.resource_spans.add().scope_spans.add()
    now = time.time_ns()
    for number in range(first, first + sessions):
        trace_id, talk = (number + 1).to_bytes(16, "big"), {"gen_ai.conversation.id": f"run-{number}", "gen_ai.agent.name": "ezra"}
        for i in range(21):
            if not calls and i % 2 == 0 and i < 20:
                continue
            span = scope.spans.add(trace_id=trace_id, span_id=(number * 32 + i + 1).to_bytes(8, "big"))
            span.parent_span_id = b"" if i == 20 else (number * 32 + 21).to_bytes(8, "big")
            span.end_time_unix_nano = now + i
            span.start_time_unix_nano = span.end_time_unix_nano - 10**9
            for key, value in (talk | _KINDS[0 if i == 20 else 1 + i % 2]).items():
                span.attributes[key].string_value = value
            if i % 2 == 0 and i < 20:
                span.attributes["otel_quality.response.characters"].int_value = 700
                span.attributes["gen_ai.usage.output_tokens"].int_value = 200
    return request.SerializeToString()


_KINDS: Final = (
    {"gen_ai.operation.name": "invoke_agent", "otel_quality.outcome": "success"},
    {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "anthropic",
        "gen_ai.request.model": "claude",
        "otel_quality.outcome": "success",
    },
    {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": "git_status",
        "otel_quality.tool.params_hash": "0123456789abcdef",
        "otel_quality.outcome": "success",
    },
)
"""Attributes of an agent's run, an LLM call, a tool execution."""
