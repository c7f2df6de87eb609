"""Panels in front of a fake judge, for tests: one per client library, waits noted and not waited."""

import sys
from collections.abc import Awaitable, Callable
from typing import Any

from otel_quality.core.evaluations.record import Line, Spent, Transcript
from otel_quality.judge import rubric
from otel_quality.judge.config import Backend, Config
from otel_quality.judge.panel import Panel
from tests.judge.fake import FakeJudge

WIRES = ("openai", "anthropic", "litellm-openai", "litellm-anthropic")
"""Client library, and for LiteLLM the protocol that it speaks to the judge."""
KEY = "sk-c4n4ry"
KEYS = {"JUDGE_KEY": KEY}
RUBRIC = rubric.load()
PRICES = {"input_usd_per_million": 3.0, "output_usd_per_million": 15.0}

SESSION = Transcript(
    (
        Line("user", "Which files changed?", message=0),
        Line("call", '{"path": "."}', "git_status", message=1),
        Line("result", "M app.py", "git_status", message=2),
        Line("assistant", "Only app.py has changed.", message=3),
    )
)


def backend(fake: FakeJudge, wire: str = "openai", **settings: Any) -> Backend:
    """The settings of a judge that is this fake."""
    library, _, protocol = wire.partition("-")
    url = fake.anthropic if "anthropic" in wire else fake.openai
    told: dict[str, Any] = {"name": "house judge", "url": url, "key_env": "JUDGE_KEY"} | PRICES | settings
    return Backend(protocol=library, model=f"{protocol}/judge-1" if protocol else "judge-1", **told)  # type: ignore[arg-type]


class Waits(list[float]):
    """Waits between attempts, in seconds, as they were asked for."""

    async def __call__(self, seconds: float) -> None:
        self.append(seconds)


def panel(judge: Backend, *, wait: Callable[[float], Awaitable[object]] | None = None, config: Config | None = None, **more: Any) -> Panel:
    """A panel of the shipped rubric behind it, that does not wait; chance is always in the middle."""
    return Panel(judge, RUBRIC, config or Config(retries=2), keys=KEYS, wait=Waits() if wait is None else wait, chance=lambda: 0.5, **more)


class House:
    """Panels before one fake judge, each made once, because making a client takes a while.

    Attributes:
        waits: of all panels.
    """

    def __init__(self, fake: FakeJudge) -> None:
        self.fake = fake
        self.waits = Waits()
        self._panels: dict[tuple[Backend, Config], Panel] = {}

    def panel(self, wire: str = "openai", *, config: Config = Config(retries=2), **settings: Any) -> Panel:  # noqa: B008 - frozen
        """The panel behind a judge with these settings."""
        judge = backend(self.fake, wire, **settings)
        if (judge, config) not in self._panels:
            self._panels[judge, config] = panel(judge, wait=self.waits, config=config)
        return self._panels[judge, config]

    def reset(self) -> None:
        self.fake.reset()
        self.fake.key = KEY
        self.waits.clear()

    async def close(self) -> None:
        for each in self._panels.values():
            await each.close()
        if "litellm" in sys.modules:
            litellm = sys.modules["litellm"]
            await litellm.close_litellm_async_clients()
            litellm.in_memory_llm_clients_cache.flush_cache()


def price(input_tokens: int, output_tokens: int) -> float:
    return (input_tokens * PRICES["input_usd_per_million"] + output_tokens * PRICES["output_usd_per_million"]) / 1e6


def counted(fake: FakeJudge) -> Spent:
    """What the fake itself has counted."""
    taken, given = fake.input_tokens, fake.output_tokens
    return Spent(len(fake.seen), taken, given, price(taken, given))
