"""A panel of experts behind one judge: who they are, what they cost, and what each says of a transcript."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from otel_quality.core.evaluations.record import Assessment, Spent, Transcript, Versions
from otel_quality.judge.config import Backend, Config

if TYPE_CHECKING:
    from otel_quality.judge.rubric import Rubric


class Panel:
    """The experts of a rubric, all asked of one backend."""

    def __init__(self, backend: Backend, rubric: "Rubric", config: Config, *, keys: Mapping[str, str] | None = None) -> None:
        raise NotImplementedError

    @property
    def versions(self) -> Versions:
        """What judges here."""
        raise NotImplementedError

    @property
    def experts(self) -> tuple[str, ...]:
        """Names of the experts, in order."""
        raise NotImplementedError

    def estimate(self, transcript: Transcript) -> Spent:
        """What all experts together will take for this transcript, about."""
        raise NotImplementedError

    async def assess(self, transcript: Transcript, expert: str) -> Assessment:
        """What one expert says; raises JudgeUnavailable, JudgeFailed, JudgeUnusable (all with `spent`)."""
        raise NotImplementedError

    async def close(self) -> None:
        """Let go of connections."""
        raise NotImplementedError
