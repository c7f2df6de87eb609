"""What the API asks of history, without knowing where it is kept.

Every call may raise `StoreUnavailable` where history cannot be read or written now. Days are 1 or more and end now.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from otel_quality.core.history import KeptSession, Override, Revision, SessionFilter
from otel_quality.core.reports import lines
from otel_quality.core.reports.intelligence import Intelligence
from otel_quality.core.reports.records import Weekly
from otel_quality.core.reports.summary import Summary


@dataclass(frozen=True, slots=True)
class Tools:
    """What is known of tools; patterns by parameters and effects of time only where one tool is asked for."""

    tools: tuple[lines.Tool, ...]
    patterns: tuple[lines.Pattern, ...]
    by_parameters: tuple[lines.Pattern, ...] = ()
    effects: tuple[lines.Effect, ...] = ()


@dataclass(frozen=True, slots=True)
class Agents:
    """Agents, the busiest first, and the learning velocity of all of them together."""

    agents: tuple[lines.Agent, ...]
    velocity: lines.Velocity


class History(Protocol):
    """History as the API reads and changes it."""

    async def sessions(self, wanted: SessionFilter, *, days: int | None) -> tuple[list[KeptSession], int]:
        """Sessions, pinned first, then latest active; and how many there are without limit and offset."""
        ...

    async def session(self, session_id: str) -> tuple[KeptSession, list[Revision]] | None:
        """One session with the grades it had, newest first."""
        ...

    async def add_session(self, session: object) -> KeptSession:
        """Keep a session that somebody hands in, graded, with its tool executions; and its text where that is wanted.

        Args:
            session: a message list, or an object that holds one (`core.sessions.messages.record`), with `keep` perhaps: whether its
                text is kept; without it as the settings say.

        Raises:
            ValueError: it is none that can be graded; the message is one line.
            ConfigError: its text is to be kept and cannot be masked.
        """
        ...

    async def set_meta(self, session_id: str, changes: Mapping[str, Any]) -> KeptSession | None:
        """Change fields of `core.history.Meta`; None where there is no such session."""
        ...

    async def set_override(self, session_id: str, override: Override | None) -> KeptSession | None:
        """Set a person's grade (its time is now, whatever it says), or take it back; None where there is no such session."""
        ...

    async def tools(self, *, tool: str | None, days: int | None) -> Tools:
        """Tools, or one of them."""
        ...

    async def agents(self, *, days: int) -> Agents:
        """Agents over the last days."""
        ...

    async def models(self, *, task_type: str | None) -> tuple[lines.Model, ...]:
        """Models by task type."""
        ...

    async def predict(self, *, tool: str, agent: str, params_hash: str) -> lines.Prediction:
        """Predict an execution and record the prediction; without a hash over all parameters."""
        ...

    async def predictions(self, *, limit: int, offset: int) -> tuple[list[lines.Prediction], lines.Accuracy]:
        """Predictions, newest first, and how those of 7 days did."""
        ...

    async def adaptations(self, *, limit: int, offset: int) -> list[lines.Adaptation]:
        """Adaptations, newest first."""
        ...

    async def policies(self) -> list[lines.Policy]:
        """Policies by name."""
        ...

    async def weekly(self, week: str | None) -> Weekly:
        """The report of an ISO week, or of this one.

        Raises:
            ValueError: it is no week, or none that has begun.
        """
        ...

    async def summary(self, *, days: int, scores: Mapping[tuple[str, str], float]) -> Summary:
        """Sessions of the last days; `scores` of backends by (backend, task) are what grades are compared with."""
        ...

    async def intelligence(self, *, days: int) -> Intelligence:
        """Everything that executions teach."""
        ...
