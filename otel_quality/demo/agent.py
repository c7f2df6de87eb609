"""A simulated agent with tools: it works through short sessions, and one of its tools breaks on the way.

Every step goes through the SDK as a user's would: the session, the run, the model's calls, the tools, and the question how likely
the next search is to succeed. The model is one of the simulated backends that stays well, so that only the tool is to blame.
"""

import asyncio
import itertools
from collections.abc import Callable
from typing import Any, Final

import otel_quality as oq
from otel_quality.demo.backends import BACKENDS

NAME: Final = "sim-ezra"
TASK: Final = "research"
TOOL: Final = "search_docs"
"""The one that breaks."""
BREAKS: Final = (0.55, f"{TOOL} of agent {NAME} loses its connection")
"""From which share of the show on, and in words."""
_MODEL: Final = BACKENDS[1]
_WORKERS: Final = 2
_THINKS_S: Final = 0.12
_ATTEMPTS: Final = 4
_PAUSE_S: Final = 0.25
_REQUEST: Final = [{"role": "user", "content": "Research which options the parser has, compare and explain them."}]
_TOOLS: Final = [{"type": "function", "function": {"name": TOOL, "parameters": {"type": "object", "properties": {}}}}]
_FOUND: Final = "The parser has four options, and the research is completed. Here is how they compare. " + "Each has its use. " * 40
_NOT_FOUND: Final = "I was unable to find them: the search failed each time."

Broken = Callable[[], bool]
"""Whether the tool is broken at this moment."""


def prediction() -> oq.Prediction:
    """What the processor said last about the tool in the agent's hands."""
    return oq.predict_success(TOOL, agent=NAME)


async def work(broken: Broken, stop: asyncio.Event) -> None:
    """Work through sessions, some three a second, until `stop` is set."""
    numbers = itertools.count(1)
    async with asyncio.TaskGroup() as group:
        for _ in range(_WORKERS):
            group.create_task(_worker(broken, stop, numbers))


async def _worker(broken: Broken, stop: asyncio.Event, numbers: "itertools.count[int]") -> None:
    tools = _Tools(broken)
    while not stop.is_set():
        async with oq.session(f"sim-session-{next(numbers)}", end=True):
            await _run(tools)
        await asyncio.sleep(_PAUSE_S)


class _Tools:
    """What the agent can do."""

    def __init__(self, broken: Broken) -> None:
        self._broken = broken

    @oq.observe_tool(name="read_page")
    async def read_page(self, number: int) -> str:
        await asyncio.sleep(0.03)
        return f"page {number}"

    @oq.observe_tool(name=TOOL)
    async def search(self, words: str) -> str:
        await asyncio.sleep(0.05)
        if self._broken():
            raise ConnectionError("the simulated search does not answer")
        return words


@oq.observe_agent(name=NAME)
async def _run(tools: _Tools) -> None:
    """One run: think, search, read what was found, answer."""
    found = False
    for _ in range(_ATTEMPTS):
        await _think(messages=_REQUEST, tools=_TOOLS)
        prediction()
        try:
            await tools.search("parser options")
        except ConnectionError:
            continue
        found = True
        break
    if found:
        await tools.read_page(1)
    await _answer(messages=_REQUEST, found=found)


_observe: Final = oq.observe_llm(backend=_MODEL.name, model=_MODEL.model, task=TASK)


@_observe
async def _think(messages: list[Any], tools: list[Any]) -> dict[str, Any]:
    """The model's wish to use the tool."""
    await asyncio.sleep(_THINKS_S)
    return _completion({"content": None, "tool_calls": [{"id": "call_1", "function": {"name": TOOL, "arguments": "{}"}}]}, "tool_calls")


@_observe
async def _answer(messages: list[Any], found: bool) -> dict[str, Any]:
    """The last answer, which says whether it was found."""
    await asyncio.sleep(_THINKS_S)
    return _completion({"content": _FOUND if found else _NOT_FOUND}, "stop")


def _completion(message: dict[str, Any], finish_reason: str) -> dict[str, Any]:
    return {
        "model": _MODEL.model,
        "choices": [{"message": message, "finish_reason": finish_reason}],
        "usage": {"prompt_tokens": 700, "completion_tokens": 150},
    }
