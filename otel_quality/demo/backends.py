"""Simulated backends: they answer in the shape and with the latency of real ones, and nobody is called.

Every call goes through the SDK's own decorator, as a user's would. Their names begin with `sim-`, so that nobody takes a board
of the demo for a judgement on a product.

Decision: fates are spread evenly by multiples of irrational numbers, not drawn: 5 % errors are one in every twenty, so a short
show has no bad luck, and the same thing happens every time.
"""

import asyncio
import itertools
import math
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from statistics import NormalDist
from typing import Any, Final

import otel_quality as oq

TASKS: Final = ("code", "reasoning")
_PER_SECOND: Final = 8.0
"""Calls per second to each backend for each task."""
_CHUNKS: Final = 4
_SLOWEST_S: Final = 4.0
_TOOLS: Final = [{"type": "function", "function": {"name": "read_file", "parameters": {"type": "object", "properties": {}}}}]
_FATES, _SIZES, _OFFERS = math.sqrt(2), math.sqrt(3), math.sqrt(5)


@dataclass(frozen=True, slots=True)
class Character:
    """How a backend behaves. Shares are 0-1 of all calls.

    Attributes:
        latency_s: median seconds of a whole answer.
        tokens: median output tokens.
        error, timeout, refusal, empty: shares of calls that end so; the rest is answered well.
        tool_use: share of calls with tools on offer that use one.
    """

    latency_s: float
    tokens: int
    error: float = 0.0
    timeout: float = 0.0
    refusal: float = 0.0
    empty: float = 0.0
    tool_use: float = 0.9


@dataclass(frozen=True, slots=True)
class Backend:
    """One simulated backend with its normal character."""

    name: str
    model: str
    character: Character


BACKENDS: Final = (
    Backend("sim-nova", "nova-2", Character(0.8, 420, error=0.01)),
    Backend("sim-sage", "sage-large", Character(2.1, 640, error=0.01, refusal=0.01)),
    Backend("sim-swift", "swift-mini", Character(0.35, 180, error=0.04, refusal=0.03)),
    Backend("sim-thrift", "thrift-1", Character(1.5, 300, error=0.05, timeout=0.03, refusal=0.08)),
)
DRIFTER: Final = BACKENDS[0]
"""The one that gets worse, at DRIFTING_TASK only."""
DRIFTING_TASK: Final = TASKS[0]


class Unavailable(Exception):
    """The simulated provider's way of failing."""


def stages() -> tuple[tuple[float, str, Character], ...]:
    """What happens to the drifter: from which share of the show, in words, and its character from then on."""
    normal = DRIFTER.character
    silent = replace(normal, tool_use=0.02)
    broken = replace(silent, latency_s=normal.latency_s * 2, tokens=normal.tokens // 4, error=0.28, timeout=0.12, empty=0.3)
    return (
        (0.0, "all four backends answer well", normal),
        (0.3, f"{DRIFTER.name} stops calling tools on {DRIFTING_TASK}", silent),
        (0.45, f"{DRIFTER.name} sends empty answers and errors on {DRIFTING_TASK}", broken),
    )


Now = Callable[[Backend, str], Character]
"""The present character of a backend on a task."""


async def traffic(character: Now, stop: asyncio.Event) -> None:
    """Call every backend for every task, some sixty times a second in all, until `stop` is set and the last call has ended."""
    async with asyncio.TaskGroup() as group:
        for seed, (backend, task) in enumerate(itertools.product(BACKENDS, TASKS)):
            numbers = itertools.count(seed * 1000 + 1)
            for _ in range(math.ceil(_PER_SECOND * backend.character.latency_s)):
                group.create_task(_worker(backend, task, numbers, character, stop))


async def _worker(backend: Backend, task: str, numbers: "itertools.count[int]", character: Now, stop: asyncio.Event) -> None:
    observe = oq.observe_llm(backend=backend.name, model=backend.model, task=task)
    whole, stream = observe(_answer), observe(_stream)
    for number in numbers:
        if stop.is_set():
            return
        tools = _TOOLS if _spread(number, _OFFERS) < 0.6 else None
        call = _Call(character(backend, task), backend.model, number)
        try:
            if number % 2:
                await whole(call, messages=[], tools=tools)
            else:
                async for _ in stream(call, messages=[], tools=tools):
                    pass
        except (Unavailable, TimeoutError):
            await asyncio.sleep(0.1)


@dataclass(frozen=True, slots=True)
class _Call:
    """One call's fate, settled by its number."""

    character: Character
    model: str
    number: int

    @property
    def fate(self) -> str:
        """error, timeout, refusal, empty or answered."""
        left = _spread(self.number, _FATES)
        for name in ("error", "timeout", "refusal", "empty"):
            left -= getattr(self.character, name)
            if left < 0:
                return name
        return "answered"

    @property
    def seconds(self) -> float:
        return min(_SLOWEST_S, self.character.latency_s * self._factor)

    @property
    def tokens(self) -> int:
        return 0 if self.fate == "empty" else max(1, int(self.character.tokens * self._factor))

    @property
    def _factor(self) -> float:
        """Log-normal around 1."""
        return math.exp(0.3 * NormalDist().inv_cdf(min(0.99, max(0.01, _spread(self.number, _SIZES)))))

    def uses_tool(self, offered: object) -> bool:
        return bool(offered) and self.fate == "answered" and _spread(self.number, _SIZES + _OFFERS) < self.character.tool_use

    async def wait(self, share: float) -> None:
        """Let a share of the call's time pass."""
        await asyncio.sleep(self.seconds * share)

    def fail(self) -> None:
        """Raise what the provider's client would, if this call is to fail."""
        if self.fate == "error":
            raise Unavailable("503 from the simulated provider")
        if self.fate == "timeout":
            raise TimeoutError("no answer from the simulated provider")


async def _answer(call: _Call, messages: list[Any], tools: list[Any] | None = None) -> dict[str, Any]:
    """A chat completion, whole."""
    await call.wait(1)
    call.fail()
    return {
        "model": call.model,
        "choices": [{"message": _message(call, tools), "finish_reason": _stop(call, tools)}],
        "usage": _usage(call),
    }


async def _stream(call: _Call, messages: list[Any], tools: list[Any] | None = None) -> AsyncIterator[dict[str, Any]]:
    """A chat completion, streamed; the usage comes in the last chunk."""
    await call.wait(0.3)
    call.fail()
    for _ in range(_CHUNKS if call.tokens else 0):
        yield {"model": call.model, "choices": [{"delta": _message(call, tools), "finish_reason": None}]}
        await call.wait(0.7 / _CHUNKS)
    yield {"model": call.model, "choices": [{"delta": {}, "finish_reason": _stop(call, tools)}]}
    yield {"model": call.model, "choices": [], "usage": _usage(call)}


def _message(call: _Call, tools: object) -> dict[str, Any]:
    if call.uses_tool(tools):
        return {"content": None, "tool_calls": [{"id": "call_1", "function": {"name": "read_file", "arguments": "{}"}}]}
    return {"content": "a simulated answer" if call.tokens else ""}


def _stop(call: _Call, tools: object) -> str:
    if call.fate == "refusal":
        return "content_filter"
    return "tool_calls" if call.uses_tool(tools) else "stop"


def _usage(call: _Call) -> dict[str, int]:
    return {"prompt_tokens": 900, "completion_tokens": call.tokens}


def _spread(number: int, irrational: float) -> float:
    """The number's place in 0-1; places of successive numbers are evenly spread."""
    return number * irrational % 1.0
