"""The shapes of judged quality in the API. Scores are 0-100, money US dollars, times RFC 3339 in UTC, null where nothing tells."""

from datetime import datetime
from typing import Annotated, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from otel_quality.api.schema import Count, Query, Score, Time
from otel_quality.vocabulary.axes import BUCKETS, OPTIONAL_AXES, Axis, ItemState, RunState, Scope, Status

MOST_ID: Final = 128
"""Characters of a session's id."""
MOST_TEXT: Final = 200
"""Characters of a name, a profile or an author."""
MOST_COMMENT: Final = 4_000
MOST_INDEX: Final = 2**31 - 1
MOST_DAYS: Final = 365

Id = Annotated[str, Field(min_length=1, max_length=MOST_ID)]
Text = Annotated[str, Field(max_length=MOST_TEXT)]
Name = Annotated[str, Field(max_length=MOST_TEXT, pattern=r"^[^\x00-\x1f\x7f]*$")]
Scores = Annotated[
    dict[Axis, Score | None], Field(description=f"by axis; null where one does not apply, which {', '.join(sorted(OPTIONAL_AXES))} may")
]


class Body(BaseModel):
    """A body; an unknown field is refused."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


# Questions


class FeedbackQuery(Query):
    session_id: Id | None = Field(None, description="only of the session with this id")
    changes: bool = Field(False, description="everything that was ever said of it, with what was taken back; needs `session_id`")
    limit: int = Field(100, ge=1, le=500)
    offset: int = Field(0, ge=0, le=2**31)

    @model_validator(mode="after")
    def _one_session(self) -> Self:
        if self.changes and (self.session_id is None or self.offset):
            raise ValueError("`changes` needs `session_id`, and takes no `offset`")
        return self


class FeedbackGiven(Body):
    """What one person says about one message; it takes the place of what this author said of it before."""

    session_id: Id = Field(description="it need not be known yet")
    message_index: int = Field(ge=0, le=MOST_INDEX, strict=True, description="of the message in its session, from 0")
    rating: int = Field(ge=-1, le=1, strict=True, description="1 is good, -1 bad, 0 takes it back")
    author: Text = ""
    comment: str = Field("", max_length=MOST_COMMENT)
    source: Literal["api", "sdk", "page"] = Field("api", description="what it was said with")


class RunsQuery(Query):
    limit: int = Field(50, ge=1, le=500)
    offset: int = Field(0, ge=0, le=2**31)


class RunQuery(Query):
    limit: int = Field(500, ge=1, le=20_000, description="sessions to list")
    offset: int = Field(0, ge=0, le=2**31)


class RunWish(Body):
    """A run as it is asked for."""

    scope: Scope | None = Field(None, description="`session` where `session_id` is given, else `unevaluated`")
    session_id: Id | None = Field(None, description="which one, where the scope is `session`")
    since: datetime | None = Field(None, description="only sessions active since; UTC where no offset is told")
    limit: int = Field(100, ge=1, le=10_000, strict=True, description="sessions at most, the latest active first")
    backend: Name = Field("", description="a configured judge by its name; empty is the first one")
    model: Name = Field("", description="in the place of that judge's own model")
    dry_run: bool = Field(False, strict=True, description="only say what it would take")

    @model_validator(mode="after")
    def _fits(self) -> Self:
        self.scope = self.scope or ("session" if self.session_id else "unevaluated")
        if self.scope == "session" and self.session_id is None:
            raise ValueError("scope `session` needs `session_id`")
        if self.scope != "session" and self.session_id is not None:
            raise ValueError("`session_id` goes with scope `session`, and with no other")
        return self


class StatsQuery(Query):
    days: int = Field(90, ge=1, le=MOST_DAYS)
    by_complexity: bool = Field(False, description=f"split by task complexity: {', '.join(BUCKETS)}")


# Answers


class Feedback(BaseModel):
    session_id: str
    message_index: Count
    rating: Literal[1, -1, 0]
    author: str
    comment: str
    source: str
    time: Time


class FeedbackList(BaseModel):
    feedback: list[Feedback] = Field(description="newest first")


class Spent(BaseModel):
    """What calls to the judge took."""

    calls: Count
    input_tokens: Count
    output_tokens: Count
    cost_usd: float = Field(description="0 where no price is configured")


class Assessment(BaseModel):
    """What one expert of the panel says."""

    expert: str
    scores: Scores
    comment: str
    refused: bool = Field(description="the backend declined to judge, so there is no score")
    spent: Spent


class Evaluation(BaseModel):
    """What a run came to for one session: the mean over the experts that told an axis, and what each said."""

    run: str
    time: Time
    judge_version: str
    rubric_version: str
    status: Literal["evaluated", "stale"] = Field(description="stale: by other versions, or the session has gone on since")
    backend: str
    model: str
    scores: Scores
    experts: list[Assessment]
    masked: dict[str, Count] = Field(description="secrets and personal data masked in what the judge saw, by kind")
    notes: list[str] = Field(description="where one expert stands apart from the others, one line each")


class Annotation(BaseModel):
    """An evaluation that somebody else's telemetry brought (`gen_ai.evaluation.result`)."""

    name: str
    value: float | None
    label: str
    explanation: str
    author: str
    time: Time
    trace_id: str
    span_id: str
    response_id: str
    error: str


class Judge(BaseModel):
    """Who judges. Versions are the configured judge's, else those of the newest evaluation; null where nobody ever judged."""

    configured: bool
    judge_version: str | None
    rubric_version: str | None


class Item(BaseModel):
    """One session of a run."""

    session_id: str
    state: ItemState
    error: str
    mean: Score | None = Field(description="over the axes that apply")
    anchor: bool = Field(description="a reference session that watches the judge itself; in no count and no statistics")


class Run(BaseModel):
    id: str
    status: RunState
    scope: Scope
    session_id: str | None
    since: Time | None
    limit: Count
    backend: str
    model: str
    judge_version: str
    rubric_version: str
    created: Time
    ended: Time | None
    counts: dict[ItemState, Count] = Field(description="sessions by state")
    spent: Spent
    error: str = Field(description="why it failed")
    note: str = Field(description="what else is to be said, such as a budget that ended it early")


class RunDetail(Run):
    sessions: list[Item] = Field(description="in the order in which they are judged")


class Runs(BaseModel):
    runs: list[Run] = Field(description="newest first")
    limit: Count
    offset: Count


class Estimate(BaseModel):
    """What a run would take; nothing was started."""

    dry_run: Literal[True]
    scope: Scope
    sessions: Count
    anchors: Count = Field(description="reference sessions judged on top")
    backend: str
    model: str
    judge_version: str
    rubric_version: str
    spent: Spent = Field(description="about, rather too high; one answer per expert and session")
    left_tokens: Count | None = Field(description="what the budgets of a run and of the day leave it; null where unbounded")
    left_usd: float | None
    note: str = Field(description="what would end it early, such as a budget")


class Mean(BaseModel):
    mean: Score | None
    samples: Count


class Week(BaseModel):
    """Means of one ISO week, by the time of evaluation, of each session's latest evaluation by the current versions."""

    week: str = Field(examples=["2026-W47"])
    start: Time
    bucket: str = Field(description=f"of task complexity: {', '.join(BUCKETS)}; all where not split")
    sessions: Count
    axes: dict[Axis, Mean]


class Ratings(BaseModel):
    """Feedback that stands, of one ISO week."""

    week: str
    start: Time
    up: Count
    down: Count


class Stats(Judge):
    days: Count
    weeks: list[Week] = Field(description="oldest first")
    feedback: list[Ratings] = Field(description="oldest first")


class Figure(BaseModel):
    """One figure with its 95 % interval; null where it rests on too few samples."""

    name: str
    about: str = Field(description="what it says")
    value: float | None
    low: float | None
    high: float | None
    samples: Count


class Drift(BaseModel):
    """How one version of the judge scores the reference sessions, against the first scores that they got."""

    judge_version: str
    rubric_version: str
    reference: bool = Field(description="the first scores are its own")
    verdict: Literal["steady", "shifted", "not known"]
    shift: Figure = Field(description="points, above 0 where it scores higher; samples are reference sessions")


class Trust(Judge):
    figures: list[Figure]
    drifts: list[Drift] = Field(description="the reference first")


class Said(BaseModel):
    """What was said about a session, in a list."""

    messages: Count = Field(description="as far as known; where only spans tell, the calls of models")
    likes: Count
    dislikes: Count
    status: Status = Field(description="evaluated by the current judge and rubric, stale (by older ones, or gone on since), or pending")
    scores: Scores | None = Field(description="mean over the experts of its latest evaluation")
    evaluated: Time | None
    has_transcript: bool = Field(description="its text is kept, so it can be judged")
