"""What every store can do about judged quality: feedback, transcripts, evaluations, runs. `contract.Store` is this and the rest.

The rules of `contract` hold here too. Feedback, annotations and evaluations may name a session that is not kept (yet).
"""

from collections.abc import Sequence
from typing import Protocol

from otel_quality.core.evaluations.overview import Overview, OverviewFilter, Ratings, WeekMeans
from otel_quality.core.evaluations.record import Annotation, Assessment, Evaluation, Feedback, Item, Run, Spent, Transcript, Versions
from otel_quality.core.evaluations.trust import Pair
from otel_quality.vocabulary.axes import ItemState

FOREVER_NS = 2**63 - 1


class Judged(Protocol):
    """Judged quality behind one interface; see the module."""

    # Feedback

    def put_feedback(self, feedback: Feedback) -> bool:
        """Keep it in the place of what this author said of this message; what was said before stays as its history.

        False, and nothing changes, where the same rating and comment stand already, or something later does. Rating 0 takes it back.
        """

    def feedback(self, *, session: str | None = None, since_ns: int = 0, limit: int = 100, offset: int = 0) -> list[Feedback]:
        """What stands, newest first; what was taken back is left out."""

    def feedback_changes(self, session: str, *, limit: int = 100) -> list[Feedback]:
        """Everything that was ever said of a session, newest first, with what was taken back."""

    def ratings_by_week(self, *, since_ns: int, until_ns: int = FOREVER_NS) -> list[Ratings]:
        """Feedback that stands, by ISO week of its time, oldest first."""

    def put_annotations(self, annotations: Sequence[Annotation]) -> int:
        """Keep them; one that is known stays as it is. How many were new."""

    def annotations(self, session: str, *, limit: int = 100) -> list[Annotation]:
        """Those of a session, newest first."""

    def session_of_trace(self, trace_id: str) -> str | None:
        """The session of a tool execution of this trace, in hex; None where none is kept."""

    # Transcripts

    def put_transcript(self, session: str, transcript: Transcript, *, now_ns: int) -> None:
        """Keep it in the place of what was kept; evaluations of a session that said something else are outdated from then on."""

    def transcript(self, session: str) -> Transcript | None:
        """What a session said, where it is kept."""

    def delete_transcript(self, session: str) -> bool:
        """Forget what a session said; False where nothing was kept."""

    # Runs

    def add_run(self, run: Run, items: Sequence[Item]) -> None:
        """Keep a new run with its sessions, all in one transaction."""

    def claim_run(self, run_id: str) -> bool:
        """Whether it is ours to work on: no other process that shares this history has it until `release_run`, or until we are gone."""

    def release_run(self, run_id: str) -> None:
        """Leave it to whoever claims it next."""

    def set_run(self, run: Run) -> None:
        """Change state, end, spent, error and note of a run; its counts are counted from its items."""

    def run(self, run_id: str) -> Run | None:
        """One run."""

    def runs(self, *, limit: int = 50, offset: int = 0) -> list[Run]:
        """Runs, newest first."""

    def items(self, run_id: str, *, state: ItemState | None = None, limit: int = 500, offset: int = 0) -> list[Item]:
        """Sessions of a run, in the order in which they were added."""

    def set_item(self, run_id: str, item: Item) -> None:
        """Change what stands of one session of a run."""

    def add_assessment(self, run_id: str, session: str, assessment: Assessment, *, now_ns: int) -> None:
        """Keep what one expert said, as soon as it is said, so that a restart asks it no second time."""

    def add_spent(self, run_id: str, session: str, expert: str, spent: Spent, *, now_ns: int) -> None:
        """Count what calls took that came to nothing; the expert has said nothing by them."""

    def assessments(self, run_id: str, session: str) -> list[Assessment]:
        """What experts said of a session in a run, in order of time."""

    def put_evaluation(self, evaluation: Evaluation) -> None:
        """Keep what a run came to for a session, and mark the session ok in the run, in one transaction.

        It is outdated at once where the session says something else by now than was judged.
        """

    def evaluations(
        self, *, session: str | None = None, run: str | None = None, anchors: bool | None = False, limit: int = 100
    ) -> list[Evaluation]:
        """Evaluations with their experts, newest first; anchors None is both kinds."""

    def anchors(self, *, limit: int = 1000) -> list[Evaluation]:
        """The newest evaluations of anchors, and the first of each anchor by each version on top of the limit; newest first."""

    def with_transcript(self, *, since_ns: int = 0, limit: int = 100) -> list[str]:
        """Ids of sessions whose text is kept, latest active first."""

    def unevaluated(self, versions: Versions, *, since_ns: int = 0, limit: int = 100) -> list[str]:
        """Ids of sessions whose text is kept and that these versions have not judged as it stands, latest active first.

        Those at which these versions have failed before come last, so that they keep no other session from being judged.
        """

    def spent(self, *, since_ns: int, run: str | None = None) -> Spent:
        """What the calls of experts took since, in one run or in all, failed sessions and anchors included."""

    # What they add up to

    def overview(self, wanted: OverviewFilter, versions: Versions | None) -> list[Overview]:
        """Sessions, pinned first, then latest active, with what was said about them; without versions nothing is `evaluated`."""

    def overview_of(self, session: str, versions: Versions | None) -> Overview | None:
        """Likewise one session; None where it is not kept."""

    def count_overview(self, wanted: OverviewFilter, versions: Versions | None) -> int:
        """How many `overview` would give without limit and offset."""

    def current_versions(self) -> Versions | None:
        """Versions of the newest evaluation that is no anchor's: what stands for the present ones where no judge is configured."""

    def week_means(self, versions: Versions, *, since_ns: int, until_ns: int = FOREVER_NS, by_complexity: bool = False) -> list[WeekMeans]:
        """By ISO week of evaluation, oldest first; of each session its latest evaluation by these versions."""

    def pairs(self, versions: Versions, *, limit: int = 2000) -> list[Pair]:
        """What the latest evaluations by these versions say beside what people and outcomes say, newest first."""
