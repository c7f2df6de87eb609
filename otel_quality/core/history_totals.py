"""Counters over history since the start of the process, bounded: what /metrics says of tools and sessions."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable
from operator import attrgetter
from typing import Final

from otel_quality.core.history import ToolSeries
from otel_quality.core.sessions.record import Grade
from otel_quality.core.snapshot import Exemplar
from otel_quality.core.tools.execution import Execution
from otel_quality.core.tools.ingest import trace_of
from otel_quality.vocabulary.measures import OTHER
from otel_quality.vocabulary.metrics import BUCKETS_S

MAX_TOOLS: Final = 200
"""Tools counted apart; the others are counted under `__other__`."""
MAX_AGENTS: Final = 50
MAX_POLICIES: Final = 200
RATINGS: Final = ("up", "down")
_TIMEOUT: Final = "timeout"
_BUCKETS: Final = len(BUCKETS_S) + 1


class _Names:
    """The names that have a place of their own, first come, first served."""

    def __init__(self, bound: int) -> None:
        self._bound = bound
        self._known: set[str] = set()
        self.over = 0

    def place(self, name: str) -> str:
        if name in self._known:
            return name
        if len(self._known) < self._bound:
            self._known.add(name)
            return name
        self.over += 1
        return OTHER


class _Durations:
    """Of one tool, with the latest trace per bucket."""

    __slots__ = ("counts", "exemplars", "sum_ns")

    def __init__(self) -> None:
        self.counts = [0] * _BUCKETS
        self.exemplars: list[Exemplar | None] = [None] * _BUCKETS
        self.sum_ns = 0

    def add(self, execution: Execution) -> None:
        value_s = execution.latency_ns / 1e9
        bucket = bisect_left(BUCKETS_S, value_s)
        self.counts[bucket] += 1
        self.sum_ns += execution.latency_ns
        if execution.trace_id != trace_of(execution.session):  # a session that was handed in has no trace to open
            self.exemplars[bucket] = Exemplar(execution.trace_id, execution.span_id, value_s, execution.time_ns)

    def series(self) -> ToolSeries:
        return ToolSeries(tuple(self.counts), self.sum_ns / 1e9, tuple(self.exemplars))


class Totals:
    """Counts executions, first grades, changes of policies and ratings."""

    def __init__(self) -> None:
        self._tool_names, self._agent_names = _Names(MAX_TOOLS), _Names(MAX_AGENTS)
        self._tools: Counter[tuple[str, str, str]] = Counter()
        self._durations: dict[str, _Durations] = {}
        self._sessions: Counter[tuple[str, str]] = Counter()
        self._policy_names = _Names(MAX_POLICIES)
        self._adaptations: Counter[str] = Counter()
        self._feedback = Counter(dict.fromkeys(RATINGS, 0))

    def add_executions(self, executions: Iterable[Execution]) -> None:
        """Count executions that are new."""
        # Failed ones last: their traces are what someone will want to open.
        for each in sorted(executions, key=attrgetter("success"), reverse=True):
            tool, agent = self._tool_names.place(each.tool), self._agent_names.place(each.agent)
            outcome = "success" if each.success else _TIMEOUT if each.error == _TIMEOUT else "error"
            self._tools[tool, agent, outcome] += 1
            if each.latency_ns >= 0:
                if tool not in self._durations:
                    self._durations[tool] = _Durations()
                self._durations[tool].add(each)

    def add_session(self, task_type: str, grade: Grade) -> None:
        """Count a session that was graded for the first time."""
        self._sessions[task_type, "completed" if grade.task_completed else "incomplete"] += 1

    def add_adaptations(self, policies: Iterable[str]) -> None:
        """Count changes of policies."""
        for policy in policies:
            self._adaptations[self._policy_names.place(policy)] += 1

    def add_ratings(self, ratings: Iterable[int]) -> None:
        """Count what people said, +1 or -1; 0 takes back what was counted when it was said, and counts nothing."""
        self._feedback.update("up" if rating > 0 else "down" for rating in ratings if rating)

    @property
    def sessions(self) -> dict[tuple[str, str], int]:
        return dict(self._sessions)

    @property
    def tools(self) -> dict[tuple[str, str, str], int]:
        return dict(self._tools)

    @property
    def durations(self) -> dict[str, ToolSeries]:
        return {tool: durations.series() for tool, durations in self._durations.items()}

    @property
    def adaptations(self) -> dict[str, int]:
        return dict(self._adaptations)

    @property
    def feedback(self) -> dict[str, int]:
        return dict(self._feedback)

    @property
    def overflow(self) -> dict[str, int]:
        """Executions, and changes of policies, over a bound, by label."""
        return {"tool": self._tool_names.over, "agent": self._agent_names.over, "policy": self._policy_names.over}
