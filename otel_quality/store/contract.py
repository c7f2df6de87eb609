"""What every store can do. `tests/store/test_contract.py` holds each implementation to it.

A store belongs to one thread. Every method is a transaction of its own unless it runs inside `transaction()`; then all of
them are committed or none. Instants are nanoseconds since the Unix epoch; a time range excludes its end.

Every method raises `StoreUnavailable` where the disk is full, the file locked or the server away: the same call may
succeed later, and nothing of the failed transaction is kept.
"""

import re
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Final, Literal, Protocol

from otel_quality.core.history import (
    ErrorGroup,
    Failures,
    GradeSummary,
    KeptSession,
    Meta,
    Override,
    RecentGrades,
    Report,
    Revision,
    SessionFilter,
)
from otel_quality.core.sessions.record import Grade, SessionRecord
from otel_quality.core.tools.execution import Execution
from otel_quality.core.tools.knowledge import (
    Adaptation,
    AgentPerformance,
    Bin,
    Effect,
    ModelPerformance,
    Pattern,
    Policy,
    Prediction,
    Tally,
)
from otel_quality.store.judged import FOREVER_NS, Judged

_PASSWORD: Final = re.compile(r"://[^\s/:@?#]*:(?!\d+(?:[/?,]|$))(.*)@|[?&]password=([^&]*)")
_UNREADABLE: Final = re.compile(r"[/@=\s]|%(?![0-9A-Fa-f]{2})")
"""What ends a password in an address, so that the rest of it would be read as something else and told in an error."""


@dataclass(frozen=True, slots=True)
class Config:
    """Where history is kept and for how long.

    Attributes:
        url: postgresql://user@host/database; empty is SQLite: history.sqlite in the data directory, or memory without one.
        retention_days: what is older is removed, except pinned sessions; 1 to 36500.
        max_bytes: over it the oldest history is removed, whatever its age, texts of sessions first; at least 16777216.
        max_executions: over it the oldest tool executions are removed; at least 1000.
    """

    url: str = ""
    retention_days: int = 90
    max_bytes: int = 2 << 30
    max_executions: int = 1_000_000

    def __post_init__(self) -> None:
        if self.url and not self.url.startswith(("postgresql://", "postgres://")):
            raise ValueError("url must be empty (SQLite) or start with postgresql://")
        if any(_UNREADABLE.search(found[1] or found[2] or "") for found in _PASSWORD.finditer(self.url)):
            raise ValueError("the password in url holds a character that an address cannot: write / as %2F, @ as %40, % as %25 and so on")
        if not 1 <= self.retention_days <= 36_500:
            raise ValueError("retention_days must lie between 1 and 36500")
        if self.max_bytes < 16 << 20:
            raise ValueError("max_bytes must be at least 16777216")
        if self.max_executions < 1000:
            raise ValueError("max_executions must be at least 1000")


class Store(Judged, Protocol):
    """History behind one interface; see the module."""

    def close(self) -> None:
        """Let go of the file or connection; any number of times."""

    def transaction(self) -> AbstractContextManager[None]:
        """All writes inside are committed together, or none where an exception leaves it. May be nested; the outermost counts."""

    # Sessions

    def put_session(self, record: SessionRecord, grade: Grade | None, *, source: str, now_ns: int) -> None:
        """Keep a session in the place of what was kept under its id; what people set on it stays.

        A grade is also kept as a revision (the latest 20 of a session). `source` joins the session's sources. A record without
        times (end_ns 0) counts as active now.
        """

    def session(self, session_id: str) -> KeptSession | None:
        """One session."""

    def sessions(self, wanted: SessionFilter) -> list[KeptSession]:
        """Sessions, pinned first, then latest active."""

    def count_sessions(self, wanted: SessionFilter) -> int:
        """How many `sessions` would give without limit and offset."""

    def set_probability(self, session_id: str, grade: Grade) -> bool:
        """Put a grade that differs in `p_completed` alone in the place of the kept one; False where the session has none.

        No revision is made, and neither `graded_ns` nor `updated_ns` moves: what happened in the session has not changed.
        """

    def revisions(self, session_id: str) -> list[Revision]:
        """Grades that the session had, newest first."""

    def set_meta(self, session_id: str, meta: Meta, *, now_ns: int) -> bool:
        """Set what people set; False where there is no such session."""

    def set_override(self, session_id: str, override: Override | None, *, now_ns: int) -> bool:
        """Set or take back a person's grade; False where there is no such session."""

    def delete_session(self, session_id: str) -> bool:
        """Remove a session with its revisions, executions, text and all that was said of it; False where nothing of it was kept.

        What judging it took stays, for the budgets.
        """

    def absorb_session(self, session_id: str, *, into: str) -> bool:
        """Remove a session and its revisions and give its executions to another one; False where there was none.

        Its text, feedback and annotations go along; what the other one has already stands. What judges said goes: they saw a part.
        """

    def labelled(self, *, limit: int = 10_000) -> list[KeptSession]:
        """The latest sessions whose `label` is known."""

    def labels_stamp(self) -> str:
        """Changes whenever `labelled` does."""

    def grade_summaries(self, step: Literal["day", "week"], *, since_ns: int, until_ns: int = FOREVER_NS) -> list[GradeSummary]:
        """Graded sessions by UTC day, or by ISO week (Monday, UTC), and task type; oldest first."""

    def recent_grades(self, task_type: str, *, window: int) -> RecentGrades:
        """Means over the latest graded sessions of a task type, at most `window`."""

    def latest_grades(self, task_type: str, *, limit: int) -> list[tuple[int, Grade]]:
        """The machine's grades of the latest sessions of a task type with the instants of their last activity, newest first."""

    def error_groups(self, *, since_ns: int, until_ns: int = FOREVER_NS, limit: int = 100) -> list[ErrorGroup]:
        """Failed executions by category, tool and task type; most frequent first."""

    def failures(self, by: Literal["tool", "error"], *, since_ns: int, until_ns: int = FOREVER_NS, limit: int = 100) -> list[Failures]:
        """Failed executions by tool, or by category of error; most frequent first."""

    # Executions

    def put_executions(self, executions: Sequence[Execution]) -> list[Execution]:
        """Keep executions; one that is known by (trace id, span id) changes nothing. Those that were new."""

    def delete_executions(self, trace_id: str) -> int:
        """Remove the executions of a trace; how many."""

    def executions(self, *, session: str | None = None, tool: str | None = None, limit: int = 100) -> list[Execution]:
        """Executions, newest first."""

    def patterns(
        self,
        *,
        tool: str | None = None,
        agent: str | None = None,
        params_hash: str | None = None,
        model: str | None = None,
        limit: int = 500,
    ) -> list[Pattern]:
        """Per (tool, parameter hash, agent, model), most samples first."""

    def aggregated_patterns(self, *, tool: str | None = None, agent: str | None = None, limit: int = 500) -> list[Pattern]:
        """Per (tool, agent, model) over all parameters, most samples first."""

    def pattern(self, *, tool: str, agent: str, params_hash: str | None) -> Pattern | None:
        """Of the patterns of one tool, agent and parameter hash (None: over all parameters) the one of the model with most samples."""

    def tool_tallies(self, *, since_ns: int, until_ns: int = FOREVER_NS) -> dict[str, Tally]:
        """Executions by tool."""

    def agent_tallies(self, *, since_ns: int, until_ns: int = FOREVER_NS, tool: str | None = None) -> dict[str, Tally]:
        """Executions by agent."""

    def model_performance(self, *, task_type: str | None = None) -> list[ModelPerformance]:
        """Per (model, task type), most samples first, at most 1000."""

    def agent_performance(self, *, since_ns: int, until_ns: int = FOREVER_NS) -> list[AgentPerformance]:
        """Per agent, most samples first, at most 1000."""

    def effects(
        self, by: Literal["hour", "weekday"], *, tool: str | None = None, agent: str | None = None, since_ns: int = 0
    ) -> list[Effect]:
        """Executions by hour of the day or day of the week; only those that have any."""

    # Predictions

    def add_prediction(self, prediction: Prediction) -> None:
        """Record a prediction; a known id changes nothing."""

    def match_predictions(self, executions: Sequence[Execution], *, within_ns: int) -> int:
        """Tell predictions what happened; how many.

        An execution answers the prediction that it names; else the oldest unmatched one of its (tool, agent, params_hash)
        that was made at most `within_ns` before its end; else likewise one of its (tool, agent) over all parameters.
        """

    def predictions(self, *, limit: int = 100, offset: int = 0) -> list[Prediction]:
        """Predictions, newest first."""

    def prediction_bins(self, *, since_ns: int, until_ns: int = FOREVER_NS) -> list[Bin]:
        """Matched predictions that rest on enough samples (3), by agent and tenth of probability; time is when it was made."""

    # Adaptations and policies

    def adapt(self, adaptation: Adaptation) -> bool:
        """Record it and set its policy; False (and no change) where the rule acted for this agent in this period already."""

    def adaptations(self, *, limit: int = 100, offset: int = 0) -> list[Adaptation]:
        """Adaptations, newest first."""

    def policies(self) -> dict[str, Policy]:
        """Every policy that was ever set, by name."""

    def set_policy(self, name: str, value: float, *, now_ns: int) -> None:
        """Set a policy by hand."""

    # Documents

    def put_report(self, report: Report) -> None:
        """Keep a weekly report in the place of what was kept for its week."""

    def report(self, week: str) -> Report | None:
        """The report of an ISO week, such as 2026-W47."""

    def reports(self, *, limit: int = 12) -> list[Report]:
        """Reports, latest week first."""

    def put_calibration(self, name: str, document: str, *, now_ns: int) -> None:
        """Keep a calibration model (JSON) in the place of what was kept under its name."""

    def calibration(self, name: str) -> str | None:
        """A calibration model's document."""

    # Upkeep

    def counts(self) -> Mapping[str, int]:
        """Rows by table."""

    def size_bytes(self) -> int:
        """What history takes, free space that will be used again left out."""

    def prune(self, config: Config, *, now_ns: int, most: int = 5_000) -> int:
        """Remove what is over age or size, the oldest first; rows removed, 0 when nothing is over any more.

        What was said of a session stays as long as the session. Over the size, texts of sessions go before all else.
        Of each table about `most` rows at a time, so that removing holds nobody up for long: ask again until it is 0.
        """
