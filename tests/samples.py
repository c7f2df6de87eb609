"""Snapshots as the core makes them, small and by hand, for the tests of everything that reads one."""

from collections.abc import Iterable
from typing import Any

from otel_quality.core.evaluations.present import Present, Trusted
from otel_quality.core.history import History, StoreHealth, ToolSeries
from otel_quality.core.snapshot import Card, Counters, Exemplar, Histogram, Intake, Key, Signal, Snapshot, Stats, Verdict
from otel_quality.vocabulary.measures import COMPONENTS, PRESETS, SIGNALS

NOON_NS = 1_790_000_000_123_456_789
"""2026-09-21T14:13:20.123456789Z."""


def card(key: Key, **changed: Any) -> Card:
    """A healthy card of 20 responses, with what is given changed."""
    values: dict[str, Any] = {
        "key": key,
        "score": 91.5,
        "samples": 20,
        "successes": 19,
        "errors": 1,
        "refusals": 0,
        "timeouts": 0,
        "mean_latency_ms": 812.25,
        "mean_ttft_ms": 120.5,
        "p95_latency_ms": 1900.0,
        "components": {component.name: 0.95 for component in COMPONENTS},
        "missing": (),
        "interval": (84.2, 95.1),
        "state": "ok",
    }
    return Card(**(values | changed))


def verdict(key: Key, **changed: Any) -> Verdict:
    """A stable verdict with every signal defined, with what is given changed."""
    thresholds, _ = PRESETS["normal"]
    values: dict[str, Any] = {
        "key": key,
        "state": "stable",
        "severity": "none",
        "reason": "",
        "since_ns": NOON_NS,
        "method": "rules",
        "samples": 20,
        "signals": {signal.name: Signal(0.25, threshold, False) for signal, threshold in zip(SIGNALS, thresholds, strict=True)},
    }
    return Verdict(**(values | changed))


def snapshot(cards: Iterable[Card] = (), verdicts: Iterable[Verdict] = (), **changed: Any) -> Snapshot:
    """A snapshot of these cards and verdicts; all of them are exposed."""
    by_model = {item.key: item for item in cards if item.key.model is not None}
    by_task = {item.key: item for item in cards if item.key.model is None and item.key.task is not None}
    by_backend = {item.key: item for item in cards if item.key.model is None and item.key.task is None}
    drift = {item.key: item for item in verdicts}
    values: dict[str, Any] = {
        "time_ns": NOON_NS,
        "by_model": by_model,
        "by_task": by_task,
        "by_backend": by_backend,
        "drift": drift,
        "exposed": frozenset(by_model),
        "exposed_drift": frozenset(drift),
        "exposed_tasks": frozenset(by_task) | frozenset(by_backend),
    }
    return Snapshot(**(values | changed))


CODE = Key("anthropic", "claude-sonnet-4-5", "code")
SLOW = Key("groq", "llama-4", "code")


def full() -> Snapshot:
    """Two backends on one task, one of them drifting, and everything else that a snapshot can say."""
    cards = [
        card(CODE),
        card(Key("anthropic", None, "code")),
        card(Key("anthropic", None, None)),
        card(
            SLOW,
            score=61.27,
            interval=(49.0, 70.3),
            missing=("latency",),
            components={"success": 0.6, "error": 0.8, "refusal": 1, "timeout": 1},
        ),
        card(Key("groq", None, "code"), score=61.27, samples=3, successes=2, state="insufficient_data", interval=(20.0, 88.0)),
        card(Key("groq", None, None), score=61.27),
    ]
    empty = SIGNALS[0].name
    reason = f"{empty} 0.45 > 0.30"
    signals = dict(verdict(SLOW).signals) | {empty: Signal(0.45, 0.3, True), "tool_silence_rate": Signal(None, 0.7, False)}
    verdicts = [verdict(CODE), verdict(SLOW, state="severe", severity="severe", reason=reason, signals=signals)]
    return snapshot(cards, verdicts, counters=_counters(), intake=_intake(), stats=_stats(), windows={"score": 6, "drift": 2})


def _counters() -> Counters:
    exemplar = Exemplar("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331", 0.7, NOON_NS)
    histogram = Histogram((0, 0, 0, 0, 0, 0, 2, 5, 0, 0, 0, 0, 0, 0, 1), 97.5, (*[None] * 6, exemplar, *[None] * 8))
    return Counters(
        requests={(*CODE, "success"): 19, (*CODE, "error"): 1, (*SLOW, "success"): 20},  # type: ignore[dict-item]
        stop_reasons={("anthropic", "claude-sonnet-4-5", "stop"): 19},
        errors={("anthropic", "claude-sonnet-4-5", "rate_limit"): 1},
        tokens={("anthropic", "claude-sonnet-4-5", "output"): 4200},
        cost_usd={("anthropic", "claude-sonnet-4-5"): 0.125},
        drift_events={(*SLOW, "severe"): 1},  # type: ignore[dict-item]
        durations={("anthropic", "claude-sonnet-4-5"): histogram},
        ttfcs={("anthropic", "claude-sonnet-4-5"): histogram},
        dropped={"execution": 6, "session": 0},
        session_revisions=2,
    )


def _intake() -> Intake:
    return Intake(
        spans={"accepted": 40, "ignored": 7, "duplicate": 1, "late": 0, "rejected": 2},
        rejected={"no_trace_id": 2},
        overflow={"model": 3},
        dropped_fields={"output_tokens": 1},
        clamped=1,
        coverage={("otel-genai", "output_tokens"): 0.975, ("otel-genai", "time_to_first_chunk"): 0.0},
        calls={"otel-genai": 40},
        seen=40,
        last_span_ns={"anthropic": NOON_NS, "groq": NOON_NS - 5_000_000_000},
        evaluations={"annotation": 12, "feedback": 4, "unmatched": 1, "invalid": 1},
        unheard=2,
    )


def _stats() -> Stats:
    return Stats(
        total=40, by_backend={"anthropic": 20, "groq": 20}, by_task={"code": 40}, oldest_ns=NOON_NS - 60_000_000_000, newest_ns=NOON_NS
    )


def history() -> History:
    """One agent with two tools, one of which breaks; sessions of one task type; everything that a history can say."""
    tool_exemplar = Exemplar("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7", 0.07, NOON_NS)
    return History(
        sessions={("debugging", "completed"): 30, ("debugging", "incomplete"): 10},
        grades={
            ("debugging", "completion"): 0.75,
            ("debugging", "efficiency"): 3.5,
            ("debugging", "quality"): 4.25,
            ("debugging", "recovery"): 0.5,
            ("debugging", "loop_risk"): 0.125,
        },
        states={"debugging": "severe"},
        tools={("git_status", "ezra", "success"): 90, ("git_status", "ezra", "error"): 10, ("web_fetch", "ezra", "timeout"): 4},
        durations={"git_status": ToolSeries((0, 0, 40, 60, *[0] * 11), 8.5, (None, None, None, tool_exemplar, *[None] * 11))},
        accuracy={"ezra": 0.8},
        predictions={"ezra": 25},
        velocity={"ezra": -0.06},
        adaptations={"ezra.evidence_threshold": 2},
        overflow={"tool": 5, "policy": 1},
        masked={"EMAIL": 9, "PASSWORD": 2},
        feedback={"up": 6, "down": 2},
        runs={"done": 3, "failed": 1, "cancelled": 0},
        judged=Present(
            judge="1:gpt-5.1",
            rubric="1-0a1b2c3d",
            means={("goal_completion", "all"): 71.5, ("goal_completion", "76+"): 48.0, ("communication", "all"): 80.0},
            samples={("goal_completion", "all"): 40, ("goal_completion", "76+"): 12, ("communication", "all"): 40},
            trust={"outcome_auc": Trusted(0.83, 0.71, 0.91), "judge_shift": Trusted(-0.012, -0.03, 0.006)},
            trust_samples={"outcome_auc": 38, "judge_shift": 7, "feedback_auc": 4},
        ),
        store=StoreHealth(waiting=3, dropped=1, failures=2, pruned=7, size_bytes=4096),
    )
