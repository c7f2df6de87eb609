"""Steps as a test writes them, and the obvious slow version of assembly: all steps at once, sorted, counted one by one."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from otel_quality.core.sessions.record import SessionRecord, ToolUse
from otel_quality.core.step import Kind, Step
from otel_quality.vocabulary.outcomes import Outcome
from otel_quality.vocabulary.signs import TASK_TYPES, Features

FAILED = (Outcome.ERROR, Outcome.TIMEOUT)


def step(kind: Kind, span_id: int, end_s: float = 1.0, **more: Any) -> Step:
    """A step that takes a tenth of a second, or as long as since it `began`."""
    end_ns = int(end_s * 1e9)
    start_ns = int(more.pop("began", end_s - 0.1) * 1e9)
    return Step(kind, more.pop("trace", 1), span_id, more.pop("parent", 0), start_ns, end_ns, more.pop("outcome", Outcome.SUCCESS), **more)


def answer(characters: int = 100, *, asks: bool = False) -> Features:
    return Features(characters, False, False, 0, 0, asks)


def assembled(steps: Sequence[Step], *, tool_uses: int) -> dict[str, SessionRecord]:
    """Every session of these steps by its id, once all have come."""
    by_end = sorted(steps, key=lambda each: (each.end_ns, each.trace_id, each.span_id))
    conversation_of: dict[int, str] = {}
    for each in by_end:
        if each.conversation:
            conversation_of.setdefault(each.trace_id, each.conversation)
    with_agent = {each.trace_id for each in steps if each.kind == "agent"}
    sessions: dict[str, list[Step]] = {}
    for each in by_end:
        name = each.conversation or conversation_of.get(each.trace_id, "")
        if not name and each.trace_id in with_agent:
            name = f"{each.trace_id:032x}"
        if name:
            sessions.setdefault(name, []).append(each)
    return {name: _record(name, mine, tool_uses) for name, mine in sessions.items()}


def _record(name: str, steps: list[Step], tool_uses: int) -> SessionRecord:
    by_start = sorted(steps, key=lambda each: (each.start_ns, each.trace_id, each.span_id))
    answers = [each for each in steps if each.kind == "llm"]
    tools = [each for each in steps if each.kind == "tool" and each.outcome not in (Outcome.CANCELLED, Outcome.ABANDONED)]
    failed = [(each.tool, each.error or "unknown") for each in tools if each.error or each.outcome in FAILED]
    failed_answers = [
        each.error or ("timeout" if each.outcome is Outcome.TIMEOUT else "api_error") for each in answers if each.outcome in FAILED
    ]
    kept = [
        ToolUse(
            each.tool,
            each.params_hash,
            each.end_ns,
            each.end_ns - each.start_ns,
            each.error or ("unknown" if each.outcome in FAILED else ""),
            each.agent,
        )
        for each in tools
    ][-tool_uses:]
    runs = "".join("x" if use.error else "." for use in kept)
    ends = [each.end_ns for each in steps if each.ends or each.kind == "end" or each in _outermost(steps)]
    told = [each.features for each in answers if each.features is not None]
    told = told or [each.features for each in steps if each.kind == "agent" and each.features is not None][-1:]
    outcomes = [each.success for each in steps if each.success is not None]
    task = _most([each.task for each in answers if each.task])
    inferred = (_distinct([each.task_type for each in by_start]) or (task[0][0] if task and task[0][0] in TASK_TYPES else "general",))[0]
    agents = _distinct([each.agent for each in by_start])
    return SessionRecord(
        id=name,
        platform=(_distinct([each.platform for each in by_start]) or ("",))[0],
        agents=agents,
        models=_distinct([each.model for each in by_start if each.kind == "llm"]),
        backends=_distinct([each.backend for each in by_start if each.kind == "llm"]),
        task=task[0][0] if task else "",
        task_type=inferred,
        group="/".join((task[0][0] if task and task[0][0] != "general" else inferred, *agents[:1])),
        start_ns=by_start[0].start_ns,
        end_ns=steps[-1].end_ns,
        api_calls=len(answers),
        failed_api_calls=len(failed_answers),
        tool_uses=tuple(kept),
        tool_calls=len(tools),
        tool_errors=len(failed),
        error_types=_most([error for _, error in failed] + failed_answers),
        failing_tools=_most([tool for tool, _ in failed]),
        error_run=max(map(len, runs.split("."))),
        recovered="x" in runs and runs.endswith("."),
        input_tokens=sum(each.input_tokens for each in answers if each.input_tokens > 0),
        output_tokens=sum(each.output_tokens for each in answers if each.output_tokens > 0),
        cost_usd=sum(round(each.cost_usd * 10**9) for each in answers if each.cost_usd > 0) / 10**9,
        final=told[-1] if told else None,
        clarification=any(each.asks_clarification for each in told),
        ended=max(ends, default=-1) >= steps[-1].end_ns,
        success=outcomes[-1] if outcomes else None,
        traits=(("agent_failed", 1.0),) if any(each.outcome in FAILED for each in _outermost(steps)) else (),
    )


def _outermost(steps: list[Step]) -> list[Step]:
    """Agents without a span above them, and of each trace the one that began before everything else in it."""
    first = {trace: min(each.start_ns for each in steps if each.trace_id == trace) for trace in {each.trace_id for each in steps}}
    agents = [each for each in steps if each.kind == "agent"]
    longest: dict[int, Step] = {}
    for each in agents:
        if each.start_ns == first[each.trace_id]:
            longest[each.trace_id] = max((longest.get(each.trace_id, each), each), key=lambda one: (one.end_ns, one.outcome in FAILED))
    return [each for each in agents if each.parent_id == 0] + list(longest.values())


def _distinct(names: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(filter(None, names)))


def _most(names: list[str]) -> tuple[tuple[str, int], ...]:
    return tuple(sorted(Counter(names).items(), key=lambda item: (-item[1], item[0])))
