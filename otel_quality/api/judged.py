"""What the API and the page ask of judged quality, without knowing where it is kept or who judges.

Every call may raise `StoreUnavailable` where history cannot be read or written now. Days are 1 or more and end now.
"""

from dataclasses import dataclass
from typing import Final, Protocol

from otel_quality.core.evaluations.overview import Overview, OverviewFilter, Ratings, WeekMeans
from otel_quality.core.evaluations.record import Annotation, Estimate, Evaluation, Feedback, Item, Run, Transcript, Versions, Wish
from otel_quality.core.evaluations.trust import Drift, Figure
from otel_quality.vocabulary.errors import OtelQualityError

NO_JUDGE: Final = (
    "no judge is configured, so nothing can be judged; write a [[judge.backends]] table with name, protocol, model and url into the"
    " processor's settings (docs/evaluations.md), or set OTEL_QUALITY_JUDGE_BACKENDS to the same as JSON, and start it again"
)


class NoJudge(OtelQualityError):
    """No judge can be had: none is configured, or not as it is set up. Everything that was said before can still be read."""

    def __init__(self, message: str = NO_JUDGE) -> None:
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class Judge:
    """Who judges.

    Attributes:
        configured: runs can be started.
        versions: what counts as current: the configured judge's, else those of the newest evaluation; None where there is neither.
    """

    configured: bool
    versions: Versions | None


@dataclass(frozen=True, slots=True)
class Detail:
    """One session with all that was said about it.

    Attributes:
        overview: as in the list.
        versions: what counts as current; None where nobody ever judged.
        feedback: what stands; evaluations, annotations likewise: each newest first.
    """

    overview: Overview
    versions: Versions | None
    feedback: tuple[Feedback, ...]
    evaluations: tuple[Evaluation, ...]
    annotations: tuple[Annotation, ...]


@dataclass(frozen=True, slots=True)
class Stats:
    """Weekly means of each session's latest evaluation by the current versions, and feedback by week; oldest first."""

    judge: Judge
    weeks: tuple[WeekMeans, ...]
    ratings: tuple[Ratings, ...]


@dataclass(frozen=True, slots=True)
class Trust:
    """How far the judge can be trusted; a figure that rests on too little has no value.

    Attributes:
        drifts: whether each version of the judge scores the reference sessions as they were scored first.
    """

    judge: Judge
    figures: tuple[Figure, ...]
    drifts: tuple[Drift, ...] = ()


class Evaluations(Protocol):
    """Judged quality as the API and the page read and change it."""

    # Feedback

    async def add_feedback(self, feedback: Feedback) -> tuple[Feedback, bool]:
        """Keep it (its time is now, whatever it says); its session need not be known (yet).

        What stands now, and whether that is new: False where the same stood already, or there was nothing to take back.
        """
        ...

    async def feedback(self, *, session: str | None, limit: int, offset: int = 0) -> list[Feedback]:
        """What stands, of one session or of all, newest first."""
        ...

    async def feedback_changes(self, session: str, *, limit: int) -> list[Feedback]:
        """Everything that was ever said of a session, newest first, with what was taken back (rating 0)."""
        ...

    # Sessions

    async def overview(self, wanted: OverviewFilter, *, days: int | None) -> tuple[list[Overview], int]:
        """Sessions, pinned first, then latest active; and how many there are without limit and offset."""
        ...

    async def detail(self, session_id: str) -> Detail | None:
        """One session with all that was said about it; None where it is not kept."""
        ...

    async def transcript(self, session_id: str) -> Transcript | None:
        """What it said, masked unless masking is off; None where it is not kept."""
        ...

    # Runs

    async def judge(self) -> Judge:
        """Who judges."""
        ...

    async def start_run(self, wish: Wish) -> Run:
        """Start a run in the background.

        Raises:
            NoJudge: none is configured, or a library or key of it is missing; the message says what to change.
            ValueError: the wish cannot be fulfilled (an unknown session or backend); one line that says what to change.
        """
        ...

    async def estimate(self, wish: Wish) -> Estimate:
        """What such a run would take; nothing is started. Raises like `start_run`."""
        ...

    async def runs(self, *, limit: int, offset: int) -> list[Run]:
        """Runs, newest first."""
        ...

    async def run(self, run_id: str) -> Run | None:
        """One run as it stands."""
        ...

    async def items(self, run_id: str, *, limit: int, offset: int) -> list[Item]:
        """Sessions of a run, in the order in which they are judged."""
        ...

    async def cancel(self, run_id: str) -> Run | None:
        """End a run; what it came to so far stays. None where there is no such run; one that has ended stays as it is."""
        ...

    # What they add up to

    async def stats(self, *, days: int, by_complexity: bool) -> Stats:
        """Trends over the last days, at most 365."""
        ...

    async def trust(self) -> Trust:
        """How far the judge can be trusted, of the latest evaluations by the current versions."""
        ...
