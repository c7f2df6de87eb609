"""Executions, sessions, grades and what was said of sessions, for the tests of history."""

from itertools import count

from otel_quality.core.evaluations.record import (
    Annotation,
    Assessment,
    Evaluation,
    Feedback,
    Line,
    Run,
    Scores,
    Spent,
    Transcript,
    Versions,
    Wish,
)
from otel_quality.core.sessions.record import Grade, SessionRecord, Sign, ToolUse
from otel_quality.core.tools.execution import Execution
from otel_quality.core.tools.knowledge import Adaptation, Prediction
from otel_quality.store.contract import Store
from otel_quality.vocabulary.signs import Features

S = 10**9
DAY = 86_400 * S
NOW = 20_454 * DAY + 12 * 3600 * S
"""Noon of a Thursday (2026-01-01), UTC."""
_SPANS = count(1)


def execution(tool: str = "git_status", *, success: bool = True, ago_s: float = 0, **more: object) -> Execution:
    """One that has not been before."""
    number = next(_SPANS)
    time_ns = NOW - int(ago_s * S)
    told: dict[str, object] = {
        "trace_id": f"{number:032x}",
        "span_id": f"{number:016x}",
        "params_hash": "0123456789abcdef",
        "agent": "ezra",
        "model": "m1",
        "task_type": "debugging",
        "session": "s1",
        "latency_ns": 20_000_000,
        "error": "" if success else "timeout",
        "hour": time_ns // (3600 * S) % 24,
        "weekday": (time_ns // DAY + 3) % 7,
    }
    return Execution(tool=tool, success=success, time_ns=time_ns, **(told | more))  # type: ignore[arg-type]


def session(name: str = "s1", *, ago_s: float = 0, **more: object) -> SessionRecord:
    end_ns = NOW - int(ago_s * S)
    told: dict[str, object] = {
        "platform": "cli",
        "agents": ("ezra", "helper"),
        "models": ("m1",),
        "backends": ("anthropic",),
        "task": "code",
        "task_type": "debugging",
        "start_ns": end_ns - 60 * S,
        "end_ns": end_ns,
        "api_calls": 4,
        "tool_uses": (ToolUse("git_status", "0123456789abcdef", end_ns, 5, "", "ezra"), ToolUse("bash", error="timeout")),
        "tool_calls": 2,
        "tool_errors": 1,
        "input_tokens": 400,
        "output_tokens": 100,
        "cost_usd": 0.02,
        "final": Features(900, True, False, 1, 0, False),
    }
    return SessionRecord(id=name, **(told | more))  # type: ignore[arg-type]


def grade(**more: object) -> Grade:
    told: dict[str, object] = {
        "task_completed": True,
        "tool_calls_efficient": 4,
        "response_quality": 3.5,
        "errors_recovered": False,
        "total_api_calls": 4,
        "total_errors": 1,
        "error_types": ("timeout",),
        "tools_with_errors": ("bash",),
        "summary": "done",
        "signs": {"completion": (Sign("done", "1", 1.0),)},
    }
    return Grade(**(told | more))  # type: ignore[arg-type]


def keep(store: Store, *ids: str, **more: object) -> None:
    """Keep sessions, the first one the latest active."""
    for place, name in enumerate(ids):
        store.put_session(session(name, ago_s=10 * place, **more), grade(), source="spans", now_ns=NOW)


def prediction(name: str = "p1", *, ago_s: float = 60, **more: object) -> Prediction:
    told: dict[str, object] = {
        "tool": "git_status",
        "agent": "ezra",
        "params_hash": "0123456789abcdef",
        "probability": 0.8,
        "reason": "good: 8 of 10 succeeded",
        "samples": 10,
    }
    return Prediction(id=name, time_ns=NOW - int(ago_s * S), **(told | more))  # type: ignore[arg-type]


def adaptation(**more: object) -> Adaptation:
    told: dict[str, object] = {
        "time_ns": NOW,
        "rule": "low success",
        "agent": "ezra",
        "period": "2026-01-01",
        "trigger": "success_rate_3d 0.4 below 0.6",
        "change": "ezra.evidence_threshold 0.8 to 0.7",
        "policy": "ezra.evidence_threshold",
        "old": 0.8,
        "new": 0.7,
        "reason": "fails too often",
        "expected": "success above 0.6",
    }
    return Adaptation(**(told | more))  # type: ignore[arg-type]


JUDGE = Versions("1:fake", "1-0123abcd")
"""The versions that judge in these tests."""
OLDER = Versions("1:older", JUDGE.rubric)
SCORES: Scores = {
    "task_complexity": 40.0,
    "goal_completion": 80.0,
    "tool_usage_quality": 60.0,
    "efficiency": 70.0,
    "communication": 90.0,
    "subagent_orchestration": None,
    "self_extension": None,
}


def feedback(rating: int = 1, *, ago_s: float = 0, **more: object) -> Feedback:
    told: dict[str, object] = {"session": "s1", "message_index": 3, "author": "ann", "comment": "", "source": "api"}
    return Feedback(rating=rating, time_ns=NOW - int(ago_s * S), **(told | more))  # type: ignore[arg-type]


def annotation(name: str = "relevance", *, ago_s: float = 0, **more: object) -> Annotation:
    told: dict[str, object] = {"session": "s1", "value": 0.7, "label": "good", "author": "llm", "trace_id": "a", "span_id": "b"}
    return Annotation(name=name, time_ns=NOW - int(ago_s * S), **(told | more))  # type: ignore[arg-type]


def transcript(messages: int = 4, **more: object) -> Transcript:
    return Transcript(tuple(Line("user", f"text {each}", message=each) for each in range(messages)), **more)  # type: ignore[arg-type]


def run(name: str = "r1", *, ago_s: float = 0, **more: object) -> Run:
    told: dict[str, object] = {"wish": Wish("all", "", 5, 20, "local", "fake"), "versions": JUDGE, "state": "running"}
    return Run(name, created_ns=NOW - int(ago_s * S), **(told | more))  # type: ignore[arg-type]


def assessment(expert: str = "planner", **more: object) -> Assessment:
    told: dict[str, object] = {"scores": SCORES, "comment": "well done", "spent": Spent(1, 200, 50, 0.01)}
    return Assessment(expert, **(told | more))  # type: ignore[arg-type]


def evaluation(session: str = "s1", run: str = "r1", *, ago_s: float = 0, scores: Scores = SCORES, **more: object) -> Evaluation:
    told: dict[str, object] = {
        "versions": JUDGE,
        "backend": "local",
        "model": "fake",
        "experts": (assessment(), assessment("critic", comment="too long")),
        "masked": {"email": 2},
    }
    return Evaluation(run, session, NOW - int(ago_s * S), scores=scores, **(told | more))  # type: ignore[arg-type]
