"""What is remembered of sessions, and the frozen summary of all history that metrics read.

Instants are nanoseconds since the Unix epoch. The records of tools and agents are in `tools.knowledge`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from otel_quality.core.evaluations.present import Present
from otel_quality.core.sessions.record import Grade, SessionRecord
from otel_quality.core.snapshot import Exemplar


@dataclass(frozen=True, slots=True)
class Meta:
    """What people set on a session; success is the outcome they told, None where nobody did."""

    pinned: bool = False
    profile: str = ""
    name: str = ""
    success: bool | None = None


@dataclass(frozen=True, slots=True)
class Override:
    """A person's grade, kept beside the machine's. What is None stays the machine's."""

    time_ns: int
    author: str = ""
    note: str = ""
    task_completed: bool | None = None
    tool_calls_efficient: int | None = None
    response_quality: float | None = None
    errors_recovered: bool | None = None


@dataclass(frozen=True, slots=True)
class KeptSession:
    """One session as it is kept.

    Attributes:
        sources: where it came from, in order of arrival: "spans", "api", "file".
        grade: the machine's; None where it is not graded yet.
        graded_ns: when the grade was made; 0 where it is not.
        updated_ns: when anything of it last changed.
        active_ns: event time of its last activity; when it came, where its source has no times.
        told_by_feedback: whether the feedback on its last message is all likes or all dislikes; None where there is none, or both.
    """

    record: SessionRecord
    sources: tuple[str, ...]
    grade: Grade | None
    graded_ns: int
    updated_ns: int
    active_ns: int
    meta: Meta = Meta()
    override: Override | None = None
    told_by_feedback: bool | None = None

    @property
    def effective(self) -> Grade | None:
        """The grade with what a person said in its place."""
        if self.grade is None or self.override is None:
            return self.grade
        names = ("task_completed", "tool_calls_efficient", "response_quality", "errors_recovered")
        said = {name: getattr(self.override, name) for name in names}
        return replace(self.grade, **{name: value for name, value in said.items() if value is not None})

    @property
    def completed(self) -> bool | None:
        """What is known for sure: a person's grade, else the outcome told to us, else the span's; None where nobody said."""
        said = (self.override.task_completed if self.override else None, self.meta.success, self.record.success)
        return next((each for each in said if each is not None), None)

    @property
    def label(self) -> bool | None:
        """What calibration learns from: what is known for sure, else feedback on the last message; a like there means completed."""
        return self.told_by_feedback if self.completed is None else self.completed


@dataclass(frozen=True, slots=True)
class Revision:
    """One grade that a session had."""

    session: str
    revision: int
    graded_ns: int
    source: str
    grade: Grade


@dataclass(frozen=True, slots=True)
class SessionFilter:
    """Which sessions are wanted; None is all.

    Attributes:
        completed: by the effective grade.
        since_ns, until_ns: of the last activity; until is excluded.
        limit: 1-500; offset: >= 0.
    """

    task_type: str | None = None
    agent: str | None = None
    model: str | None = None
    platform: str | None = None
    source: str | None = None
    profile: str | None = None
    pinned: bool | None = None
    graded: bool | None = None
    completed: bool | None = None
    since_ns: int = 0
    until_ns: int = 2**63 - 1
    limit: int = 50
    offset: int = 0

    def __post_init__(self) -> None:
        if not 1 <= self.limit <= 500:
            raise ValueError(f"limit must lie between 1 and 500, got {self.limit}")
        if self.offset < 0:
            raise ValueError(f"offset must not be negative, got {self.offset}")


@dataclass(frozen=True, slots=True)
class GradeSummary:
    """Grades of one task type in one stretch of time, by effective grade.

    Attributes:
        start_ns: of the stretch.
        with_errors: sessions that had an error; recovered: those of them that ended well after it.
        efficiency_sum, quality_sum: over all sessions.
        told: sessions whose outcome somebody knows (a person, the session itself); succeeded: those of them that did.
    """

    start_ns: int
    task_type: str
    sessions: int
    completed: int
    with_errors: int
    recovered: int
    loop_risks: int
    efficiency_sum: float
    quality_sum: float
    told: int = 0
    succeeded: int = 0


@dataclass(frozen=True, slots=True)
class RecentGrades:
    """Means over the latest sessions of one task type, by effective grade; None where nothing tells.

    Attributes:
        recovery: share of the sessions with errors that ended well after them.
    """

    task_type: str
    sessions: int
    completion: float | None
    efficiency: float | None
    quality: float | None
    recovery: float | None
    loop_risk: float | None
    p_completed: float | None


@dataclass(frozen=True, slots=True)
class ErrorGroup:
    """One category of error of one tool on one task type.

    Attributes:
        sessions: in how many; examples: ids of the latest of them, at most 3.
    """

    error: str
    tool: str
    task_type: str
    count: int
    sessions: int
    first_ns: int
    last_ns: int
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Failures:
    """Failed executions of one tool, or of one category of error.

    Attributes:
        sessions: in how many; examples: ids of the latest of them, at most 3.
    """

    name: str
    count: int
    sessions: int
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """A report as it was made for one ISO week; the document is JSON."""

    week: str
    made_ns: int
    document: str


@dataclass(frozen=True, slots=True)
class StoreHealth:
    """How it goes with the store.

    Attributes:
        up: the last attempt to write or read succeeded. error: why not, in one line.
        waiting: sessions and executions that wait to be written. dropped: those that found the queue full.
        failures: attempts that failed. pruned: rows that retention removed. size_bytes: of what is kept.
    """

    up: bool = True
    error: str = ""
    waiting: int = 0
    dropped: int = 0
    failures: int = 0
    pruned: int = 0
    size_bytes: int = 0


@dataclass(frozen=True, slots=True)
class ToolSeries:
    """Durations of one tool: how many fell in each bucket of `vocabulary.metrics.BUCKETS_S` (the last one is above all), their sum.

    Attributes:
        exemplars: the latest trace per bucket; None where no span told one.
    """

    counts: tuple[int, ...]
    sum_s: float
    exemplars: tuple[Exemplar | None, ...]


@dataclass(frozen=True, slots=True)
class History:
    """What /metrics says of history. Counters run since the start of the process.

    Attributes:
        sessions: by (task type, "completed" or "incomplete"); a session counts when it is first graded.
        grades: mean over the latest sessions of a task type by (task type, dimension); dimensions are completion,
            efficiency, quality, recovery, loop_risk, p_completed, each in its own unit (1-5 for efficiency and quality, else 0-1).
        states: of `measures.DRIFT_STATES` by task type: grades against their own past, since the start of the process.
        tools: executions by (tool, agent, outcome); outcomes are success, error, timeout.
        durations: by tool.
        accuracy: share of right predictions of 7 days by agent; agents without matched predictions are absent.
        predictions: matched ones of 7 days by agent, that is, what the accuracy rests on.
        velocity: success rate of the last 3 days minus that of the 3 days before, by agent.
        adaptations: changes by policy.
        overflow: executions whose tool or agent, changes whose policy was over its bound, by label.
        masked: secrets and personal data that were masked in what is kept, by kind.
        feedback: ratings by "up" and "down".
        runs: runs of a judge by the state in which they ended.
        judged: what judges say.
    """

    sessions: Mapping[tuple[str, str], int] = field(default_factory=dict)
    grades: Mapping[tuple[str, str], float] = field(default_factory=dict)
    states: Mapping[str, str] = field(default_factory=dict)
    tools: Mapping[tuple[str, str, str], int] = field(default_factory=dict)
    durations: Mapping[str, ToolSeries] = field(default_factory=dict)
    accuracy: Mapping[str, float] = field(default_factory=dict)
    predictions: Mapping[str, int] = field(default_factory=dict)
    velocity: Mapping[str, float] = field(default_factory=dict)
    adaptations: Mapping[str, int] = field(default_factory=dict)
    overflow: Mapping[str, int] = field(default_factory=dict)
    masked: Mapping[str, int] = field(default_factory=dict)
    feedback: Mapping[str, int] = field(default_factory=dict)
    runs: Mapping[str, int] = field(default_factory=dict)
    judged: Present = field(default_factory=Present)
    store: StoreHealth = StoreHealth()
