"""From the steps of tools to executions: whose they were, by which model's wish, in which session.

What a tool's span does not say is taken from its neighbours: the agent from the nearest span above it in the trace that names one,
the model and the task from the latest LLM call of its session that had ended before it. Everything is bounded; what a bound drops
is counted.

Decision: a tool's span whose agent is not known waits, because a trace's spans end, and arrive, children first. It waits a short
while, not until its trace is complete: a run may take hours, and what is learned late is of no use to the run. What arrives
without its agent stays without.
"""

from collections import Counter, OrderedDict, deque
from collections.abc import Sequence
from typing import Final, TypeVar

from otel_quality.core.step import UNKNOWN_NS, Step
from otel_quality.core.tools.execution import Execution
from otel_quality.vocabulary.measures import GENERAL, OTHER
from otel_quality.vocabulary.outcomes import Outcome

WAIT_NS: Final = 10 * 10**9
"""How long a tool's span waits for its agent's, by arrival."""
MAX_TRACES: Final = 20_000
"""Traces remembered, those that were seen last."""
MAX_SPANS: Final = 512
"""Spans of one trace among which an agent is looked for."""
MAX_SESSIONS: Final = 20_000
"""Sessions whose latest LLM call is remembered."""
MAX_READY: Final = 200_000
"""Executions that wait to be taken; what is over is dropped and counted."""
MAX_LABELS: Final = 1_000
"""(tool, agent) whose cancelled executions are counted apart."""

_HOUR_NS: Final = 3600 * 10**9
_DAY_NS: Final = 24 * _HOUR_NS
_EPOCH_WEEKDAY: Final = 3
"""The first of January 1970 was a Thursday."""
_UNDONE: Final = frozenset({Outcome.CANCELLED, Outcome.ABANDONED})


class _Trace:
    """What is known of one trace.

    Attributes:
        above: span to its parent and the agent it names.
        agents: all that its spans name.
        runs: it holds an agent span, so that it makes a session by itself.
        conversation: the conversation that its spans name.
    """

    __slots__ = ("above", "agents", "conversation", "runs")

    def __init__(self) -> None:
        self.above: dict[int, tuple[int, str]] = {}
        self.agents: set[str] = set()
        self.runs = False
        self.conversation = ""


_Call = tuple[int, str, str]
"""The latest LLM call of a session: its end, model and task."""


class Executions:
    """Collects executions until they are taken."""

    def __init__(self) -> None:
        self.dropped = 0
        """Executions that found `MAX_READY` waiting to be taken."""
        self.overflow = 0
        """Cancelled executions over `MAX_LABELS`, counted under `__other__`."""
        self.cancelled: Counter[tuple[str, str]] = Counter()
        """Executions that the caller gave up, by (tool, agent); they teach nothing and are no `Execution`."""
        self._traces: OrderedDict[int, _Trace] = OrderedDict()
        self._calls: OrderedDict[str, _Call] = OrderedDict()
        self._types: OrderedDict[str, str] = OrderedDict()
        self._waiting: deque[tuple[int, Step, _Call | None]] = deque()
        self._ready: list[Execution] = []

    def add(self, steps: Sequence[Step], *, now_ns: int) -> None:
        """Take steps, in any order; no step twice."""
        in_order = sorted(steps, key=_event_order)
        for step in in_order:
            self._remember(step)
        for step in in_order:
            if step.kind == "llm":
                self._called(step)
            elif step.kind == "tool":
                call = self._calls.get(self._session(step))
                if self._agent(step) or not step.parent_id:
                    self._finish(step, call)
                else:
                    self._waiting.append((now_ns, step, call))

    def take(self, *, now_ns: int, all_of_them: bool = False) -> list[Execution]:
        """What is ready since the last call; with `all_of_them` also what still waits for its agent."""
        waiting, self._waiting = self._waiting, deque()
        for arrived_ns, step, call in waiting:
            if all_of_them or now_ns - arrived_ns >= WAIT_NS or self._agent(step):
                self._finish(step, call)
            else:
                self._waiting.append((arrived_ns, step, call))
        ready, self._ready = self._ready, []
        return ready

    def _remember(self, step: Step) -> None:
        trace = _recent(self._traces, step.trace_id, MAX_TRACES)
        if trace is None:
            trace = self._traces[step.trace_id] = _Trace()
        known, agent, is_agent = len(trace.above), step.agent, step.kind == "agent"
        if known < MAX_SPANS or (is_agent and known < 2 * MAX_SPANS):
            trace.above[step.span_id] = (step.parent_id, agent)
            if agent:
                trace.agents.add(agent)
        if is_agent:
            trace.runs = True
        if step.conversation:
            trace.conversation = step.conversation
        if step.task_type:
            session = self._session(step)
            if _recent(self._types, session, MAX_SESSIONS) is None:
                self._types[session] = step.task_type

    def _called(self, step: Step) -> None:
        session = self._session(step)
        before = _recent(self._calls, session, MAX_SESSIONS)
        if before is None or before[0] <= step.end_ns:
            self._calls[session] = (step.end_ns, step.model, step.task)

    def _session(self, step: Step) -> str:
        """Id of the step's session, or what stands for it while it belongs to none."""
        if step.conversation:
            return step.conversation
        trace = self._traces.get(step.trace_id)
        return (trace.conversation if trace else "") or f"{step.trace_id:032x}"

    def _agent(self, step: Step) -> str:
        """The agent of the nearest span above that names one; empty where none is known."""
        trace = self._traces.get(step.trace_id)
        agent, above = step.agent, step.parent_id
        for _ in range(MAX_SPANS if trace else 0):
            if agent or trace is None or above not in trace.above:
                break
            above, agent = trace.above[above]
        return agent

    def _finish(self, step: Step, call: _Call | None) -> None:
        """Make the execution; `call` is the latest LLM call of its session when it came."""
        trace = self._traces.get(step.trace_id)
        agent = self._agent(step) or (next(iter(trace.agents)) if trace and len(trace.agents) == 1 else "")
        if step.outcome in _UNDONE:
            self._count_cancelled(step.tool, agent)
        elif len(self._ready) >= MAX_READY:
            self.dropped += 1
        else:
            self._ready.append(self._execution(step, agent, call))

    def _count_cancelled(self, tool: str, agent: str) -> None:
        labels = (tool, agent)
        if labels not in self.cancelled and len(self.cancelled) >= MAX_LABELS:
            self.overflow += 1
            labels = (OTHER, OTHER)
        self.cancelled[labels] += 1

    def _execution(self, step: Step, agent: str, call: _Call | None) -> Execution:
        session, trace = self._session(step), self._traces.get(step.trace_id)
        in_session = step.conversation or (trace is not None and (trace.conversation or trace.runs))
        latest = self._calls.get(session)
        if call is None or (latest is not None and latest[0] <= step.end_ns):
            call = latest
        told = step.task or (call[2] if call else "")
        return Execution(
            trace_id=f"{step.trace_id:032x}",
            span_id=f"{step.span_id:016x}",
            time_ns=step.end_ns,
            tool=step.tool,
            params_hash=step.params_hash,
            agent=agent,
            model=step.model or (call[1] if call else ""),
            task_type=told if told and told != GENERAL else self._types.get(session, GENERAL),
            session=session if in_session else "",
            success=step.outcome is Outcome.SUCCESS and not step.error,
            latency_ns=step.end_ns - step.start_ns if UNKNOWN_NS < step.start_ns <= step.end_ns else -1,
            confidence=step.confidence if step.confidence == step.confidence else None,
            input_tokens=step.input_tokens,
            output_tokens=step.output_tokens,
            error=step.error,
            hour=step.end_ns // _HOUR_NS % 24,
            weekday=(step.end_ns // _DAY_NS + _EPOCH_WEEKDAY) % 7,
            prediction_id=step.prediction_id,
        )


def _event_order(step: Step) -> tuple[int, bool]:
    """By their ends; a call that ends with a tool's execution may have asked for it."""
    return step.end_ns, step.kind == "tool"


_Key = TypeVar("_Key")
_Value = TypeVar("_Value")


def _recent(held: "OrderedDict[_Key, _Value]", key: _Key, bound: int) -> _Value | None:
    """The value of a key, which is now the latest used; None where it has none: then there is room for one."""
    value = held.get(key)
    if value is not None:
        held.move_to_end(key)
    elif len(held) >= bound:
        held.popitem(last=False)
    return value
