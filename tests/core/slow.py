"""The obvious slow version of scores and drift rules: lists, sorting, the formulas as they are written down."""

import statistics
from dataclasses import dataclass, replace

import numpy as np

from otel_quality.core.observation import CARRIED, MISSING, RESPONSE, TOKENS, Batch
from otel_quality.vocabulary.measures import PRESETS
from otel_quality.vocabulary.outcomes import Outcome
from otel_quality.vocabulary.stops import NORMAL, StopClass


@dataclass(frozen=True)
class Call:
    """One LLM call as a test writes it; None is missing."""

    backend: str = "anthropic"
    model: str = "claude"
    task: str = "code"
    end_ns: int = 10**18
    trace: int = 1
    span: int = 1
    outcome: Outcome = Outcome.SUCCESS
    latency_ns: int | None = 10**9
    ttft_ns: int | None = None
    output_tokens: int | None = 100
    stop: StopClass | None = StopClass.STOP
    has_tools: bool | None = None
    has_tool_call: bool | None = None
    error_type: str | None = None
    cost_usd: float | None = None

    @property
    def order(self) -> tuple[int, int, int]:
        return (self.end_ns, self.trace, self.span)


def batch(calls: list[Call]) -> Batch:
    """Calls as wire would hand them over."""
    keys = sorted({(c.backend, c.model, c.task) for c in calls})
    errors = sorted({c.error_type for c in calls if c.error_type})
    rows = np.zeros(len(calls), RESPONSE)
    for row, c in zip(rows, calls, strict=True):
        for name in TOKENS:
            row[name] = MISSING
        row["end_ns"], row["trace_hi"], row["trace_lo"], row["span_id"] = c.end_ns, c.trace >> 64, c.trace & (2**64 - 1), c.span
        for name in ("latency_ns", "ttft_ns", "output_tokens", "stop", "has_tools", "has_tool_call"):
            value = getattr(c, name)
            row[name] = MISSING if value is None else value
        row["cost_usd"] = np.nan if c.cost_usd is None else c.cost_usd
        row["key"] = keys.index((c.backend, c.model, c.task))
        row["error_type"] = MISSING if c.error_type is None else errors.index(c.error_type)
        row["outcome"], row["carried"] = c.outcome, CARRIED["model"]
    return Batch(rows, keys, errors, ("otel",))


def window(calls: list[Call], size: int) -> list[Call]:
    """The last `size` distinct calls by event time that a score or a verdict looks at."""
    distinct = {(c.trace, c.span): c for c in reversed(calls) if c.outcome <= Outcome.TIMEOUT}
    return sorted(distinct.values(), key=lambda c: c.order)[-size:]


def card(calls: list[Call]) -> dict[str, float]:
    """A score card of a window, with the figures unrounded but for the score."""
    n = len(calls)
    rate = {outcome: sum(c.outcome == outcome for c in calls) / n for outcome in Outcome}
    latencies = sorted(c.latency_ns / 1e6 for c in calls if c.latency_ns is not None)
    firsts = [c.ttft_ns / 1e6 for c in calls if c.ttft_ns is not None]
    terms = [
        (0.35, rate[Outcome.SUCCESS]),
        (0.20, 1 - rate[Outcome.ERROR]),
        (0.15, 1 - rate[Outcome.REFUSAL]),
        (0.10, 1 - rate[Outcome.TIMEOUT]),
    ]
    mean = sum(latencies) / len(latencies) if latencies else 0.0
    if latencies:
        terms.append((0.20, min(max(1 - mean / 10000, 0), 1)))
    total = sum(weight for weight, _ in terms)
    return {
        "samples": n,
        "score": round(min(max(100 * sum(w * v for w, v in terms) / total, 0), 100), 2),
        "mean_latency_ms": mean,
        "p95_latency_ms": latencies[min(int(len(latencies) * 0.95), len(latencies) - 1)] if latencies else 0.0,
        "mean_ttft_ms": sum(firsts) / len(firsts) if firsts else 0.0,
        "successes": sum(c.outcome == Outcome.SUCCESS for c in calls),
        "errors": sum(c.outcome == Outcome.ERROR for c in calls),
        "refusals": sum(c.outcome == Outcome.REFUSAL for c in calls),
        "timeouts": sum(c.outcome == Outcome.TIMEOUT for c in calls),
    }


def signals(calls: list[Call]) -> dict[str, float | None]:
    """The five drift signals of a window; None where undefined."""
    good = [c for c in calls if c.outcome not in (Outcome.ERROR, Outcome.TIMEOUT)]
    counted = [c.output_tokens for c in good if c.output_tokens is not None]
    stopped = [c.stop for c in good if c.stop is not None]
    offered = [c.has_tool_call for c in good if c.has_tools and c.has_tool_call is not None]
    found: dict[str, float | None] = {
        "empty_response_rate": counted.count(0) / len(counted) if counted else None,
        "length_collapse_ratio": None,
        "tool_silence_rate": offered.count(False) / len(offered) if len(offered) >= 3 else None,
        "stop_anomaly_rate": sum(s not in NORMAL for s in stopped) / len(stopped) if stopped else None,
        "error_rate": (len(calls) - len(good)) / len(calls) if calls else None,
    }
    if len(counted) >= 4:
        half = len(counted) // 2
        older, newer = statistics.median(counted[:half]), statistics.median(counted[half:])
        if older > 0:
            found["length_collapse_ratio"] = newer / older
    return found


def severity(calls: list[Call], preset: str) -> str:
    """What the rules say about a window."""
    (empty, length, silence, stop, error), fill = PRESETS[preset]
    if len(calls) < fill:
        return "none"
    value = signals(calls)

    def above(name: str, threshold: float) -> bool:
        return value[name] is not None and value[name] > threshold

    severe = above("empty_response_rate", empty) or (value["length_collapse_ratio"] is not None and value["length_collapse_ratio"] < length)
    mild = above("tool_silence_rate", silence) + above("stop_anomaly_rate", stop) + above("error_rate", error)
    return "severe" if severe or mild >= 2 else "mild" if mild else "none"


def numbered(calls: list[Call]) -> list[Call]:
    """The same calls, each with an identity of its own."""
    return [replace(c, trace=i * 7919 + 1, span=i + 1) for i, c in enumerate(calls)]
