"""What steps add up to, whatever the order in which they come: the sum that a session record is made of.

Sums are over integers and every choice (first, last, most) is by event order, so the same steps give the same record, and two parts
merge to what their steps together would have given. Exact for any number of steps, but for the tool executions that are kept: of those
the latest stay, and the longest run of failures is looked for among them.

Decision: the outermost agent of a trace is the one that began before everything else in it, not the one without a parent, because a run
inside a web request has the request's span above it, which nobody sends here. A sub-agent begins after a step of the agent above it.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Final

from otel_quality.core.sessions.content import Contents
from otel_quality.core.sessions.record import SessionRecord, ToolUse
from otel_quality.core.sessions.tally import most_frequent, tally
from otel_quality.core.step import UNKNOWN_NS, Step
from otel_quality.vocabulary import signs
from otel_quality.vocabulary.measures import GENERAL
from otel_quality.vocabulary.outcomes import Outcome
from otel_quality.vocabulary.signs import Features

Order = tuple[int, int, int]
"""(end, trace id, span id): event order."""

_Use = tuple[int, int, int, str, str, int, str, str]
"""Event order, then tool, parameter hash, latency in nanoseconds, error, agent."""

_Run = tuple[int, int, bool]
"""Of one trace: the earliest start of its steps, the end of the agent that began then (-1 without), whether it failed."""

NAMES: Final = 32
"""Distinct names of one kind (agents, models, tools that fail, ...) that a session keeps."""
RUNS: Final = 64
"""Traces of one part whose outermost agent is looked for; of those before them it is known."""
_FAILED: Final = (Outcome.ERROR, Outcome.TIMEOUT)
_GIVEN_UP: Final = (Outcome.CANCELLED, Outcome.ABANDONED)
_NEVER: Final[Order] = (-1, -1, -1)
_API_ERRORS: Final = {Outcome.ERROR: "api_error", Outcome.TIMEOUT: "timeout"}
_NANO: Final = 10**9
_SUMS: Final = (
    "api_calls",
    "failed_api_calls",
    "tool_calls",
    "tool_errors",
    "input_tokens",
    "output_tokens",
    "cost_nano_usd",
    "unkept_names",
)


class Part:
    """The sum of some steps of a session.

    Args:
        tool_uses: executions that are kept.

    Attributes:
        contents: what the steps say, where text is kept; `texts` fills and empties it.
        unkept_names: how often a name over the bound of its kind was left out.
    """

    __slots__ = (
        "agent_failed",
        "agents",
        "api_calls",
        "backends",
        "bound",
        "clarification",
        "contents",
        "cost_nano_usd",
        "end_ns",
        "error_types",
        "failed_api_calls",
        "failing_tools",
        "final",
        "final_order",
        "input_tokens",
        "mark_ns",
        "models",
        "output_tokens",
        "platforms",
        "runs",
        "start_ns",
        "success",
        "success_order",
        "task_types",
        "tasks",
        "tool_calls",
        "tool_errors",
        "unkept_names",
        "uses",
    )

    def __init__(self, tool_uses: int) -> None:
        self.bound = tool_uses
        self.start_ns, self.end_ns, self.mark_ns = -1, -1, -1
        self.api_calls = self.failed_api_calls = self.tool_calls = self.tool_errors = 0
        self.input_tokens = self.output_tokens = self.cost_nano_usd = self.unkept_names = 0
        self.agents: dict[str, Order] = {}
        self.models: dict[str, Order] = {}
        self.backends: dict[str, Order] = {}
        self.platforms: dict[str, Order] = {}
        self.task_types: dict[str, Order] = {}
        self.tasks: dict[str, int] = {}
        self.error_types: dict[str, int] = {}
        self.failing_tools: dict[str, int] = {}
        self.uses: list[_Use] = []
        self.runs: dict[int, _Run] = {}
        self.final: Features | None = None
        self.final_order: tuple[bool, int, int, int] = (False, *_NEVER)
        self.success_order = _NEVER
        self.success: bool | None = None
        self.clarification = self.agent_failed = False
        self.contents: Contents | None = None

    def take(self, step: Step) -> None:
        """Add a step that was never added before."""
        start_ns = step.start_ns if UNKNOWN_NS < step.start_ns <= step.end_ns else step.end_ns
        first = (start_ns, step.trace_id, step.span_id)
        if self.start_ns < 0 or start_ns < self.start_ns:
            self.start_ns = start_ns
        if step.end_ns > self.end_ns:
            self.end_ns = step.end_ns
        if step.platform:
            self._earliest(self.platforms, step.platform, first)
        if step.agent:
            self._earliest(self.agents, step.agent, first)
        if step.task_type:
            self._earliest(self.task_types, step.task_type, first)
        if step.success is not None:
            self._told(step.success, (step.end_ns, step.trace_id, step.span_id))
        if step.kind == "tool":
            self._tool(step)
        elif step.kind == "llm":
            self._answer(step, first)
        elif step.kind == "agent":
            self.agent_failed = self.agent_failed or (step.parent_id == 0 and step.outcome in _FAILED)
            if step.features is not None:
                self._answered(step, False)
        is_agent = step.kind == "agent"
        known = self.runs.get(step.trace_id)
        if known is None or start_ns <= known[0]:
            self._run(step.trace_id, (start_ns, step.end_ns if is_agent else -1, is_agent and step.outcome in _FAILED))
        if step.ends or step.kind == "end" or (is_agent and step.parent_id == 0):
            self.mark_ns = max(self.mark_ns, step.end_ns)

    def _run(self, trace_id: int, run: _Run) -> None:
        _begin(self.runs, trace_id, run)
        if len(self.runs) > RUNS:
            _, end_ns, failed = self.runs.pop(next(iter(self.runs)))
            self.mark_ns = max(self.mark_ns, end_ns)
            self.agent_failed = self.agent_failed or failed

    def _told(self, success: bool, order: Order) -> None:
        if order > self.success_order:
            self.success, self.success_order = success, order

    def _tool(self, step: Step) -> None:
        if step.outcome in _GIVEN_UP:
            return
        error = step.error or (signs.UNKNOWN_ERROR if step.outcome in _FAILED else "")
        self.tool_calls += 1
        if error:
            self.tool_errors += 1
            self._count(self.error_types, error, 1)
            self._count(self.failing_tools, step.tool, 1)
        latency_ns = step.end_ns - step.start_ns if UNKNOWN_NS < step.start_ns <= step.end_ns else -1
        self.uses.append((step.end_ns, step.trace_id, step.span_id, step.tool, step.params_hash, latency_ns, error, step.agent))
        if len(self.uses) > 2 * self.bound:
            self._keep_latest()

    def _keep_latest(self) -> None:
        self.uses.sort()
        del self.uses[: -self.bound]

    def _answer(self, step: Step, first: Order) -> None:
        self.api_calls += 1
        if step.outcome in _FAILED:
            self.failed_api_calls += 1
            self._count(self.error_types, step.error or _API_ERRORS[step.outcome], 1)
        if step.model:
            self._earliest(self.models, step.model, first)
        if step.backend:
            self._earliest(self.backends, step.backend, first)
        if step.task:
            self._count(self.tasks, step.task, 1)
        self.input_tokens += max(0, step.input_tokens)
        self.output_tokens += max(0, step.output_tokens)
        if step.cost_usd > 0:
            self.cost_nano_usd += round(step.cost_usd * _NANO)
        if step.features is not None:
            self._answered(step, True)
            self.clarification = self.clarification or step.features.asks_clarification

    def _answered(self, step: Step, by_model: bool) -> None:
        """Note an answer's features; what an agent's span says of its run counts where no call of a model says anything."""
        order = (by_model, step.end_ns, step.trace_id, step.span_id)
        if order > self.final_order:
            self.final, self.final_order = step.features, order

    def merge(self, other: "Part") -> None:
        """Add all that another part has."""
        self.start_ns = min((ns for ns in (self.start_ns, other.start_ns) if ns >= 0), default=-1)
        self.end_ns, self.mark_ns = max(self.end_ns, other.end_ns), max(self.mark_ns, other.mark_ns)
        for name in _SUMS:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for name in ("agents", "models", "backends", "platforms", "task_types"):
            for value, order in getattr(other, name).items():
                self._earliest(getattr(self, name), value, order)
        for name in ("tasks", "error_types", "failing_tools"):
            for value, count in getattr(other, name).items():
                self._count(getattr(self, name), value, count)
        if other.final_order > self.final_order:
            self.final, self.final_order = other.final, other.final_order
        if other.success is not None:
            self._told(other.success, other.success_order)
        self.clarification = self.clarification or other.clarification
        self.agent_failed = self.agent_failed or other.agent_failed
        for trace_id, run in other.runs.items():
            self._run(trace_id, run)
        self.uses += other.uses
        if len(self.uses) > 2 * self.bound:
            self._keep_latest()

    def _earliest(self, seen: dict[str, Order], name: str, order: Order) -> None:
        """Note where a name appeared first."""
        known = seen.get(name)
        if known is None:
            if len(seen) < NAMES:
                seen[name] = order
            else:
                self.unkept_names += 1
        elif order < known:
            seen[name] = order

    def _count(self, counts: dict[str, int], name: str, number: int) -> None:
        """Note that a name came up so often."""
        if name in counts:
            counts[name] += number
        elif len(counts) < NAMES:
            counts[name] = number
        else:
            self.unkept_names += number

    def record(self, name: str, *, revision: int, absorbs: tuple[str, ...] = ()) -> SessionRecord:
        """The record of a session that consists of this part; see there for `revision` and `absorbs`."""
        self._keep_latest()
        uses = tuple(
            ToolUse(tool, params_hash, end_ns, latency_ns, error, agent)
            for end_ns, _, _, tool, params_hash, latency_ns, error, agent in self.uses
        )
        sums = tally(uses)
        agents = _in_order(self.agents)
        task = next((task for task, _ in most_frequent(Counter(self.tasks))), "")
        inferred = next(iter(_in_order(self.task_types)), task if task in signs.TASK_TYPES else signs.GENERAL)
        return SessionRecord(
            id=name,
            platform=next(iter(_in_order(self.platforms)), ""),
            agents=agents,
            models=_in_order(self.models),
            backends=_in_order(self.backends),
            task=task,
            task_type=inferred,
            group="/".join((inferred if task in ("", GENERAL) else task, *agents[:1])),
            start_ns=max(0, self.start_ns),
            end_ns=max(0, self.end_ns),
            api_calls=self.api_calls,
            failed_api_calls=self.failed_api_calls,
            tool_uses=uses,
            tool_calls=self.tool_calls,
            tool_errors=self.tool_errors,
            error_types=most_frequent(Counter(self.error_types)),
            failing_tools=most_frequent(Counter(self.failing_tools)),
            error_run=sums.error_run,
            recovered=sums.recovered,
            input_tokens=self.input_tokens,
            output_tokens=self.output_tokens,
            cost_usd=self.cost_nano_usd / _NANO,
            final=self.final,
            clarification=self.clarification or (self.final is not None and self.final.asks_clarification),
            ended=max(self.mark_ns, outermost_ns([self])) >= self.end_ns,
            success=self.success,
            revision=revision,
            traits=(("agent_failed", 1.0),) if self.agent_failed or any(failed for _, _, failed in self.runs.values()) else (),
            absorbs=absorbs,
        )


def outermost_ns(parts: Sequence[Part]) -> int:
    """The latest end of an outermost agent of a session that consists of these parts; -1 where there is none."""
    runs = parts[0].runs
    if len(parts) > 1:
        runs = dict(runs)
        for part in parts[1:]:
            for trace_id, run in part.runs.items():
                _begin(runs, trace_id, run)
    return max((end_ns for _, end_ns, _ in runs.values()), default=-1)


def _begin(runs: dict[int, _Run], trace_id: int, run: _Run) -> None:
    """Note what a trace began with: of equal starts the agent that ends last is the outer one."""
    known = runs.get(trace_id)
    if known is None or (-run[0], run[1], run[2]) > (-known[0], known[1], known[2]):
        runs[trace_id] = run


def _in_order(seen: dict[str, Order]) -> tuple[str, ...]:
    return tuple(sorted(seen, key=lambda name: (seen[name], name)))
