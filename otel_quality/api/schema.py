"""The shapes of the API's questions and answers, as OpenAPI describes them.

Scores are 0-100, latencies milliseconds (`_ms`), rates and components 0-1, times RFC 3339 in UTC. A misspelt query
parameter is an error, never the default.

Decision: bounds of answers are described but not enforced: an answer that rounds a hair over 1 is still the answer.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Time = Annotated[str, Field(json_schema_extra={"format": "date-time"}, examples=["2026-01-31T12:00:00.250000Z"])]
Score = Annotated[float, Field(json_schema_extra={"minimum": 0, "maximum": 100})]
Ratio = Annotated[float, Field(json_schema_extra={"minimum": 0, "maximum": 1})]
Count = Annotated[int, Field(json_schema_extra={"minimum": 0})]

_TASK = 'a task; "all" is over all tasks'


class Query(BaseModel):
    """Query parameters; an unknown one is refused."""

    model_config = ConfigDict(extra="forbid")


class ScoresQuery(Query):
    task: str | None = Field(None, description=f'{_TASK} (also where it is left out); "*" gives one card per task')
    backend: str | None = Field(None, description="only this backend; an unknown one gives one card of zeros")
    model: str | None = Field(None, description='a model, or "*" to split by model; needs `task`')


class ClearScoresQuery(Query):
    backend: str | None = Field(None, description="only this backend's windows")
    task: str | None = Field(None, description="only this task's windows")


class RecommendationsQuery(Query):
    task: str | None = Field(None, description=f"{_TASK} (also where it is left out)")
    min_samples: int = Field(5, ge=1, description="responses from which a score counts in full")


class DriftQuery(Query):
    backend: str | None = Field(None, description="only this backend")
    model: str | None = Field(None, description="only this model")
    task: str | None = Field(None, description="only this task")


class NoQuery(Query):
    """No parameters at all."""


class Card(BaseModel):
    """One score card. Without data everything is zero."""

    backend: str
    model: str | None
    task: str
    score: Score
    samples: Count
    successes: Count
    errors: Count
    refusals: Count
    timeouts: Count
    mean_latency_ms: float
    mean_ttft_ms: float
    p95_latency_ms: float
    components: dict[str, Ratio] = Field(description="the terms of the score before weighting")
    missing: list[str] = Field(description="components that no response carried; their weight is spread over the others")
    interval: tuple[Score, Score] = Field(description="95 % interval of the score")
    state: Literal["ok", "insufficient_data"]


class Scores(BaseModel):
    scores: list[Card]


class Recommendation(BaseModel):
    """One backend's place. `score` decides the order: it is `raw_score`, scaled down under `min_samples`."""

    rank: Annotated[int, Field(json_schema_extra={"minimum": 1})]
    backend: str
    model: str | None
    score: Score
    raw_score: Score
    samples: Count
    interval: tuple[Score, Score]
    state: Literal["ok", "insufficient_data"]
    reasons: list[str]


class Recommendations(BaseModel):
    task: str
    min_samples: int
    recommendations: list[Recommendation]


class Signal(BaseModel):
    """One drift signal; null where it is undefined (too few responses that it could be read from)."""

    value: float | None
    threshold: float
    fired: bool


class Rules(BaseModel):
    severity: Literal["none", "mild", "severe"]
    reason: str
    signals: dict[str, Signal]


class Verdict(BaseModel):
    """What the drift layer says about one key."""

    backend: str
    model: str | None
    task: str
    state: Literal["learning", "stable", "mild", "severe"]
    severity: Literal["none", "mild", "severe"]
    reason: str
    since: Time
    method: str
    samples: Count
    rules: Rules


class Drift(BaseModel):
    drift: list[Verdict]


class Stats(BaseModel):
    total: Count = Field(description="responses in the (backend, task) windows")
    seen: Count = Field(description="responses taken since the start")
    by_backend: dict[str, Count]
    by_task: dict[str, Count]
    oldest: Time | None
    newest: Time | None


class Intake(BaseModel):
    """What has arrived since the start, for finding out why something is missing."""

    version: str
    listeners: dict[str, str] = Field(description="HOST:PORT by name")
    time: Time = Field(description="of the snapshot")
    spans: dict[str, Count] = Field(description="by result: accepted, ignored, duplicate, late, rejected")
    rejected: dict[str, Count] = Field(description="by reason")
    calls: dict[str, Count] = Field(description="LLM calls by dialect")
    coverage: dict[str, dict[str, Ratio]] = Field(description="by dialect: share of calls that carried each field")
    overflow: dict[str, Count] = Field(description="by label: responses whose value was over its bound")
    dropped_fields: dict[str, Count] = Field(description="values left out because they were no valid number")
    clamped: Count = Field(description="spans from the future, set to their arrival")
    last_span: dict[str, Time] = Field(description="by backend")
    windows: dict[str, Count] = Field(description="windows held, by kind")


class Cleared(BaseModel):
    cleared: Count = Field(description="windows emptied")


class Problem(BaseModel):
    """An error, RFC 9457."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
