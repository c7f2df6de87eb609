"""The panel that a wish names, made of the settings."""

from typing import Protocol

from otel_quality.core.evaluations.record import Assessment, Spent, Transcript, Versions
from otel_quality.judge.config import Backend


class Panel(Protocol):
    """Experts behind one judge; `judge.panel.Panel` is one."""

    @property
    def versions(self) -> Versions:
        """What judges here."""
        ...

    @property
    def experts(self) -> tuple[str, ...]:
        """Names of the experts, in order."""
        ...

    def estimate(self, transcript: Transcript) -> Spent:
        """What all experts together will take for this transcript at most."""
        ...

    async def assess(self, transcript: Transcript, expert: str) -> Assessment:
        """What one expert says; raises JudgeError."""
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...


class Panels(Protocol):
    """Makes panels."""

    def __call__(self, backend: Backend) -> Panel:
        """The panel behind a judge.

        Raises:
            JudgeUnusable: it cannot be had as it is set up.
        """
        ...
