"""The simulated backends: their fates are spread evenly, and only one of them changes."""

import asyncio
from collections import Counter
from typing import Any

import pytest

from otel_quality.demo.backends import BACKENDS, DRIFTER, Character, Unavailable, _answer, _Call, _stream, stages

TOOLS: list[Any] = [{}]


def call(number: int, **changed: Any) -> _Call:
    return _Call(Character(**({"latency_s": 0.0, "tokens": 100} | changed)), "model", number)


def fates(character: Character, first: int, count: int) -> Counter[str]:
    return Counter(_Call(character, "model", number).fate for number in range(first, first + count))


@pytest.mark.parametrize("first", [1, 1001, 5001])
def test_every_hundred_calls_have_their_share_of_each_fate(first: int) -> None:
    found = fates(Character(1, 100, error=0.1, timeout=0.05, refusal=0.08, empty=0.2), first, 100)
    wanted = {"error": 10, "timeout": 5, "refusal": 8, "empty": 20, "answered": 57}
    assert all(abs(found[fate] - share) <= 2 for fate, share in wanted.items()), found


def test_a_healthy_backend_never_has_bad_luck() -> None:
    for backend in BACKENDS:
        for first in range(1, 200):
            found = fates(backend.character, first, 20)
            assert found["error"] + found["timeout"] <= 3, backend.name
            assert found["empty"] == 0


def test_the_stages_begin_with_health_and_get_worse() -> None:
    begins, _, characters = zip(*stages(), strict=True)
    assert begins[0] == 0
    assert list(begins) == sorted(begins)
    assert characters[0] == DRIFTER.character
    assert characters[1].tool_use < 0.1 < characters[0].tool_use
    assert characters[2].empty > 0.2


def test_a_whole_answer_has_the_shape_of_a_chat_completion() -> None:
    body = asyncio.run(_answer(call(1, tool_use=1.0), [], TOOLS))
    assert body["choices"][0]["finish_reason"] == "tool_calls"
    assert body["choices"][0]["message"]["tool_calls"]
    assert body["usage"]["completion_tokens"] > 0


def test_an_empty_answer_says_nothing_and_stops_normally() -> None:
    body = asyncio.run(_answer(call(1, empty=1.0), [], None))
    assert body["choices"][0]["message"] == {"content": ""}
    assert body["choices"][0]["finish_reason"] == "stop"
    assert body["usage"]["completion_tokens"] == 0


def test_a_stream_ends_with_its_usage() -> None:
    async def collect() -> list[dict[str, Any]]:
        return [chunk async for chunk in _stream(call(2), [], None)]

    chunks = asyncio.run(collect())
    assert chunks[-1]["usage"]["completion_tokens"] > 0
    assert chunks[-2]["choices"][0]["finish_reason"] == "stop"
    assert chunks[0]["choices"][0]["delta"]["content"]


@pytest.mark.parametrize(("fate", "error"), [("error", Unavailable), ("timeout", TimeoutError)])
def test_failures_are_raised_as_a_client_would(fate: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        asyncio.run(_answer(call(1, **{fate: 1.0}), [], None))
