"""Counters over history since the start of the process, bounded: what /metrics says of tools and sessions."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable
from typing import Final

from otel_quality.core.history import ToolSeries
from otel_quality.core.sessions.record import Grade
from otel_quality.core.tools.execution import Execution
from otel_quality.vocabulary.measures import OTHER
from otel_quality.vocabulary.metrics import BUCKETS_S

MAX_TOOLS: Final = 200
"""Tools counted apart; the others are counted under `__other__`."""
MAX_AGENTS: Final = 50
_TIMEOUT: Final = "timeout"


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


class Totals:
    """Counts executions and first grades."""

    def __init__(self) -> None:
        self._tool_names, self._agent_names = _Names(MAX_TOOLS), _Names(MAX_AGENTS)
        self._tools: Counter[tuple[str, str, str]] = Counter()
        self._durations: dict[str, list[int]] = {}
        self._sums_ns: Counter[str] = Counter()
        self._sessions: Counter[tuple[str, str]] = Counter()

    def add_executions(self, executions: Iterable[Execution]) -> None:
        """Count executions that are new."""
        for each in executions:
            tool, agent = self._tool_names.place(each.tool), self._agent_names.place(each.agent)
            outcome = "success" if each.success else _TIMEOUT if each.error == _TIMEOUT else "error"
            self._tools[tool, agent, outcome] += 1
            if each.latency_ns >= 0:
                counts = self._durations.setdefault(tool, [0] * (len(BUCKETS_S) + 1))
                counts[bisect_left(BUCKETS_S, each.latency_ns / 1e9)] += 1
                self._sums_ns[tool] += each.latency_ns

    def add_session(self, task_type: str, grade: Grade) -> None:
        """Count a session that was graded for the first time."""
        self._sessions[task_type, "completed" if grade.task_completed else "incomplete"] += 1

    @property
    def sessions(self) -> dict[tuple[str, str], int]:
        return dict(self._sessions)

    @property
    def tools(self) -> dict[tuple[str, str, str], int]:
        return dict(self._tools)

    @property
    def durations(self) -> dict[str, ToolSeries]:
        return {tool: ToolSeries(tuple(counts), self._sums_ns[tool] / 1e9) for tool, counts in self._durations.items()}

    @property
    def overflow(self) -> dict[str, int]:
        """Executions over a bound, by label."""
        return {"tool": self._tool_names.over, "agent": self._agent_names.over}
