"""The shapes of sessions in the API. Grades are 1-5, durations seconds and milliseconds, times RFC 3339 in UTC, null where nobody told."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from otel_quality.api.evaluation_schema import Annotation, Body, Evaluation, Feedback, Said, Text
from otel_quality.api.schema import Count, Query, Ratio, Time
from otel_quality.core.reports.course import MEANINGS
from otel_quality.vocabulary.axes import Status

MOST_NOTE = 2_000

Efficiency = Annotated[int, Field(json_schema_extra={"minimum": 1, "maximum": 5})]
Quality = Annotated[float, Field(json_schema_extra={"minimum": 1, "maximum": 5})]


class SessionsQuery(Query):
    task_type: str | None = Field(None, description="only of this type")
    agent: str | None = Field(None, description="only with this agent")
    model: str | None = Field(None, description="only with this model")
    platform: str | None = Field(None, description="only of this service")
    source: str | None = Field(None, description='only from "spans", "api" or "file"')
    profile: str | None = Field(None, description="only of this profile")
    pinned: bool | None = Field(None, description="only pinned ones, or only others")
    graded: bool | None = Field(None, description="only graded ones, or only others")
    completed: bool | None = Field(None, description="only completed ones by the effective grade, or only others")
    status: Status | None = Field(None, description="only evaluated ones (by the current judge and rubric), stale or pending ones")
    days: int | None = Field(None, ge=1, le=36_500, description="only active in so many last days")
    limit: int = Field(50, ge=1, le=500)
    offset: int = Field(0, ge=0, le=2**31)


class SessionChange(Body):
    """What people set on a session; what is left out stays as it is."""

    pinned: bool = Field(False, description="listed first, and kept whatever its age")
    profile: Text = ""
    name: Text = ""
    success: bool | None = Field(None, description="the outcome, which calibration learns from; null takes it back")


class GradeOverride(Body):
    """A person's grade; at least one part of it. What is left out stays the machine's."""

    task_completed: bool | None = None
    tool_calls_efficient: int | None = Field(None, ge=1, le=5)
    response_quality: float | None = Field(None, ge=1, le=5)
    errors_recovered: bool | None = None
    author: Text = ""
    note: str = Field("", max_length=MOST_NOTE)


class Sign(BaseModel):
    """One thing that counted: its value as seen, and its weight; a positive one speaks for completion or quality."""

    name: str
    value: str
    weight: float


class Grade(BaseModel):
    """A grade; `signs` by dimension: completion, efficiency, quality."""

    task_completed: bool
    tool_calls_efficient: Efficiency
    response_quality: Quality
    errors_recovered: bool
    total_api_calls: Count
    total_errors: Count
    error_types: list[str]
    tools_with_errors: list[str]
    repeated_errors: bool
    loop_risk: bool
    clarification: bool
    summary: str
    p_completed: Ratio | None = Field(description="probability of completion; null where it is not calibrated")
    signs: dict[str, list[Sign]]


class Override(BaseModel):
    """What a person said, beside the machine's grade; null where the machine's stands."""

    time: Time
    author: str
    note: str
    task_completed: bool | None
    tool_calls_efficient: Efficiency | None
    response_quality: Quality | None
    errors_recovered: bool | None


class Revision(BaseModel):
    """A grade that the session had."""

    revision: Count
    time: Time
    source: str
    grade: Grade


class Session(Said):
    """A session in a list."""

    id: str
    name: str
    profile: str
    pinned: bool
    platform: str
    agents: list[str]
    models: list[str]
    task: str
    task_type: str
    start: Time | None
    end: Time | None
    active: Time = Field(description="its last activity; when it was handed in, where the source has no times")
    duration_s: float | None
    api_calls: Count
    tool_calls: Count
    errors: Count
    input_tokens: Count
    output_tokens: Count
    cost_usd: float
    ended: bool = Field(description="somebody said that it is over; false after idle time")
    sources: list[str]
    grade: Grade | None = Field(description="the effective one: a person's where given, else the machine's")
    overridden: bool
    success: bool | None = Field(description="the outcome, as a person or the session itself told it")


class Sessions(BaseModel):
    sessions: list[Session]
    total: Count = Field(description="without limit and offset")
    limit: Count
    offset: Count


class Stage(BaseModel):
    """One tool execution of the session's course."""

    number: Annotated[int, Field(json_schema_extra={"minimum": 1})]
    tool: str
    agent: str
    params_hash: str
    time: Time | None
    latency_ms: float | None
    error: str = Field(description="its category; empty where it succeeded")
    mark: Literal["", "error", "repeated", "loop", "recovered", "same_again"] = Field(
        description="; ".join(f"{mark}: {meaning}" for mark, meaning in MEANINGS.items())
    )


class Counted(BaseModel):
    name: str
    count: Count


class SessionDetail(Session):
    """A session with its course, the machine's grade with every sign, a person's beside it, the grades it had, and all that was said."""

    backends: list[str]
    failed_api_calls: Count
    error_types: list[Counted]
    failing_tools: list[Counted]
    course: list[Stage] = Field(description="the latest executions, as many as are kept of a session")
    machine_grade: Grade | None
    override: Override | None
    revisions: list[Revision] = Field(description="newest first")
    feedback: list[Feedback] = Field(description="what stands, newest first")
    evaluations: list[Evaluation] = Field(description="newest first")
    annotations: list[Annotation] = Field(description="newest first")
