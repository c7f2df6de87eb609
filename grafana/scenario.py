"""Three simulated hours of four backends, through the real core and the real metrics page, in virtual time.

For tests and pictures. Reads no clock and no network: the same seed gives the same pages. The story, in minutes:

      0  everything is well; `gemini` has no price, `mistral-small` is new and gets few calls
     75  groq's llama answers slower and fails more often: mild drift
    105  most of its answers are empty or cut short, its tools go unused: severe drift, the score falls, the alerts fire
    120  anthropic's haiku times out for ten minutes, then recovers
    180  the end; groq is still bad

`MOMENTS` names the ends of the time ranges at which the boards are looked at.
"""

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np

from otel_quality.core.engine import Config, Engine
from otel_quality.core.observation import MISSING, RESPONSE, Batch
from otel_quality.core.snapshot import Snapshot
from otel_quality.vocabulary.outcomes import Outcome
from otel_quality.vocabulary.stops import StopClass

START_S: Final = 1_790_000_400
"""2026-09-21T14:20:00Z: a whole number of minutes."""
MINUTES: Final = 180
EVERY_S: Final = 15
"""Seconds between two pages, as Prometheus scrapes."""
_SEED: Final = 7
_NS: Final = 10**9


@dataclass(frozen=True, slots=True)
class Moment:
    """A time range to look at: `hours` up to `minute` of the story."""

    minute: int
    hours: float

    @property
    def from_s(self) -> int:
        return self.to_s - round(self.hours * 3600)

    @property
    def to_s(self) -> int:
        return START_S + self.minute * 60


MOMENTS: Final = {
    "healthy": Moment(70, 1),
    "degrading": Moment(97, 1.5),
    "alarmed": Moment(MINUTES, 3),
    "empty": Moment(-60, 3),
}


@dataclass(frozen=True, slots=True)
class Character:
    """How calls of one key go.

    Attributes:
        per_minute: calls.
        latency_s, spread: median and log-normal spread of the duration.
        stream: share of calls that are streamed; their first chunk comes after about a fifth of the duration.
        tokens_in, tokens_out: medians; halves of answers differ by chance only.
        error, timeout, refusal, empty, cut: probabilities.
        tools, unused: share of calls that offer tools, and of these those that use none.
        odd: share of answers that end for a reason that is not normal.
        price: US dollars per million output tokens; None: spans carry no cost.
    """

    per_minute: float = 5
    latency_s: float = 1.5
    spread: float = 0.35
    stream: float = 0.8
    tokens_in: int = 900
    tokens_out: int = 350
    error: float = 0.01
    timeout: float = 0.003
    refusal: float = 0.005
    empty: float = 0.0
    cut: float = 0.03
    tools: float = 0.5
    unused: float = 0.05
    odd: float = 0.0
    price: float | None = 10.0


@dataclass(frozen=True, slots=True)
class Part:
    """One (backend, model, task) and how it changes: (from minute, to minute, changed attributes)."""

    backend: str
    model: str
    task: str
    usual: Character = field(default_factory=Character)
    phases: tuple[tuple[int, int, dict[str, Any]], ...] = ()

    def at(self, minute: float) -> Character:
        """The character at this minute."""
        for begin, end, changed in self.phases:
            if begin <= minute < end:
                return replace(self.usual, **changed)
        return self.usual


_WORSE: Final[tuple[tuple[int, int, dict[str, Any]], ...]] = (
    (75, 105, {"error": 0.45, "latency_s": 2.2}),
    (
        105,
        MINUTES + 1,
        {"error": 0.35, "timeout": 0.1, "refusal": 0.1, "empty": 0.75, "odd": 0.5, "unused": 0.95, "tokens_out": 90, "latency_s": 6.0},
    ),
)
_BURST: Final = ((120, 130, {"timeout": 0.7, "latency_s": 9.0}),)
STORY: Final = (
    Part("anthropic", "claude-sonnet-4-5", "code", Character(latency_s=3.2, tokens_out=600, price=15)),
    Part("anthropic", "claude-sonnet-4-5", "reasoning", Character(latency_s=4.5, tokens_out=900, price=15)),
    Part("anthropic", "claude-haiku-4-5", "research", Character(latency_s=1.4, price=5), _BURST),
    Part("openai", "gpt-5.1", "code", Character(latency_s=4.0, tokens_out=700, error=0.02)),
    Part("openai", "gpt-5.1", "creative", Character(latency_s=3.0, refusal=0.06, tools=0.0)),
    Part("openai", "gpt-5.1-mini", "fast_ops", Character(per_minute=8, latency_s=0.7, tokens_out=120, price=2)),
    Part("groq", "llama-4-maverick", "code", Character(latency_s=0.9, tokens_out=450, price=0.8), _WORSE),
    Part("groq", "llama-4-maverick", "fast_ops", Character(per_minute=10, latency_s=0.35, tokens_out=100, price=0.8)),
    Part("groq", "mistral-small", "fast_ops", Character(per_minute=0.015, latency_s=0.5, tokens_out=90, price=0.5)),
    Part("gemini", "gemini-3-pro", "research", Character(latency_s=2.4, tokens_out=800, price=None)),
    Part("gemini", "gemini-3-pro", "creative", Character(latency_s=2.8, refusal=0.02, tools=0.0, price=None)),
)
_KEYS: Final = [(part.backend, part.model, part.task) for part in STORY]
_ERRORS: Final = ("rate_limit", "server_error", "timeout")


def snapshots(*, every_s: int = EVERY_S) -> Iterator[Snapshot]:
    """What the core says every `every_s` seconds, from the first minute to the last."""
    chance = random.Random(_SEED)  # noqa: S311
    engine = Engine(Config(), now_ns=START_S * _NS)
    calls = sorted(_calls(chance), key=lambda call: call["end_ns"])
    done = 0
    for number, now_s in enumerate(range(START_S + every_s, START_S + MINUTES * 60 + 1, every_s)):
        upto = done
        while upto < len(calls) and calls[upto]["end_ns"] <= now_s * _NS:
            upto += 1
        engine.apply(_batch(calls[done:upto], number), now_ns=now_s * _NS)
        done = upto
        yield engine.tick(now_ns=now_s * _NS)


def _batch(calls: list[dict[str, Any]], number: int) -> Batch:
    """The calls as columns, with some of what else arrives: spans of no LLM, a repeat, now and then a bad one."""
    sent = calls + calls[:1] if number % 10 == 0 else calls
    bad = {"no_trace_id": 1} if number % 97 == 96 else {}
    wrong = {"output_tokens": 1} if number % 131 == 130 else {}
    rows = np.zeros(len(sent), RESPONSE)
    for name in RESPONSE.names or ():
        rows[name] = [call[name] for call in sent]
    return Batch(
        rows,
        _KEYS,
        error_types=_ERRORS,
        dialects=("otel-genai", "openinference"),
        ignored=2 * len(calls),
        rejected=bad,
        dropped_fields=wrong,
    )


def _calls(chance: random.Random) -> Iterator[dict[str, Any]]:
    for number, part in enumerate(STORY):
        minute = chance.expovariate(part.usual.per_minute)
        while minute < MINUTES:
            yield _call(chance, number, part.at(minute), minute)
            minute += chance.expovariate(part.usual.per_minute)


def _call(chance: random.Random, number: int, how: Character, minute: float) -> dict[str, Any]:
    """One call as a `RESPONSE` row."""
    outcome, error = _ending(chance, how)
    failed = outcome in (Outcome.ERROR, Outcome.TIMEOUT)
    latency_s = 10.0 if outcome is Outcome.TIMEOUT else _lognormal(chance, how.latency_s, how.spread)
    streamed, empty = chance.random() < how.stream, chance.random() < how.empty
    tokens_in, tokens_out = round(_lognormal(chance, how.tokens_in, 0.4)), round(_lognormal(chance, how.tokens_out, 0.3))
    tokens_out = 0 if failed or empty else tokens_out
    offered = chance.random() < how.tools
    return {
        "end_ns": round((START_S + minute * 60) * _NS),
        "trace_hi": chance.getrandbits(63),
        "trace_lo": chance.getrandbits(63),
        "span_id": chance.getrandbits(63),
        "latency_ns": round(latency_s * _NS),
        "ttft_ns": round(latency_s * chance.uniform(0.1, 0.3) * _NS) if streamed and not failed else MISSING,
        "input_tokens": tokens_in,
        "output_tokens": tokens_out,
        "cache_read_tokens": tokens_in // 3,
        "cache_write_tokens": MISSING,
        "reasoning_tokens": tokens_out // 2 if how.tokens_out > 800 else MISSING,
        "cost_usd": math.nan if how.price is None else tokens_out * how.price / 1e6 + tokens_in * how.price / 5e6,
        "key": number,
        "error_type": _ERRORS.index(error) if error else MISSING,
        "outcome": outcome,
        "stop": MISSING if failed else _stop(chance, how, outcome, used=offered),
        "has_tools": offered,
        "has_tool_call": offered and chance.random() >= how.unused,
        "dialect": number % 4 == 3,
        "carried": 15 if number % 4 != 3 else 6,
    }


def _ending(chance: random.Random, how: Character) -> tuple[Outcome, str]:
    draw = chance.random()
    for probability, outcome, error in (
        (how.error, Outcome.ERROR, chance.choice(_ERRORS[:2])),
        (how.timeout, Outcome.TIMEOUT, "timeout"),
        (how.refusal, Outcome.REFUSAL, ""),
        (0.005, Outcome.CANCELLED, ""),
    ):
        if draw < probability:
            return outcome, error
        draw -= probability
    return Outcome.SUCCESS, ""


def _stop(chance: random.Random, how: Character, outcome: Outcome, *, used: bool) -> StopClass:
    if outcome is Outcome.REFUSAL:
        return StopClass.REFUSAL
    if outcome is Outcome.CANCELLED:
        return StopClass.CANCELLED
    if chance.random() < how.odd:
        return StopClass.FILTER
    if chance.random() < how.cut:
        return StopClass.LENGTH
    return StopClass.TOOL if used else StopClass.STOP


def _lognormal(chance: random.Random, median: float, spread: float) -> float:
    return chance.lognormvariate(math.log(median), spread)
