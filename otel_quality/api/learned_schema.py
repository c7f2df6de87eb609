"""The shapes of what executions teach, in the API. The lines themselves are those of `core.reports.lines`."""

from typing import Annotated, Any

from pydantic import BaseModel, Field

from otel_quality.api.evaluation_schema import Body
from otel_quality.api.schema import Count, Query, Ratio
from otel_quality.core.reports import lines
from otel_quality.vocabulary.parameters import HASH_DIGITS

_Label = Annotated[str, Field(max_length=128)]


class ToolsQuery(Query):
    tool: str | None = Field(None, description="only this tool; then by parameters and by time too")
    days: int | None = Field(None, ge=1, le=36_500, description="calls of so many last days; patterns are over all that is kept")


class AgentsQuery(Query):
    days: int = Field(7, ge=1, le=36_500)


class ModelsQuery(Query):
    task: str | None = Field(None, description="only this task type")


class PageQuery(Query):
    limit: int = Field(100, ge=1, le=1000)
    offset: int = Field(0, ge=0, le=2**31)


class WeeklyQuery(Query):
    week: str | None = Field(None, description="an ISO week such as 2026-W47; left out: this week")


class DaysQuery(Query):
    days: int = Field(7, ge=1, le=36_500)


class Tools(BaseModel):
    tools: list[lines.Tool]
    patterns: list[lines.Pattern] = Field(description="per tool, agent and model, over all parameters")
    by_parameters: list[lines.Pattern] = Field(description="of the tool that was asked for")
    effects: list[lines.Effect] = Field(description="likewise, by hour of the day and day of the week")


class Agents(BaseModel):
    days: Count
    agents: list[lines.Agent]
    velocity: lines.Velocity = Field(description="of all agents together")


class Models(BaseModel):
    models: list[lines.Model]


class PredictionRequest(Body):
    """A planned execution. Without parameters and hash: over all parameters."""

    tool: _Label = Field(min_length=1)
    agent: _Label = ""
    params: dict[str, Any] | None = Field(None, description="the arguments by name; hashed, never kept")
    params_hash: str | None = Field(None, pattern=f"^[0-9a-f]{{{HASH_DIGITS}}}$", description="in place of `params`")


class Prediction(BaseModel):
    """What is predicted; give the id to the execution's span, and it is matched for sure."""

    id: str
    probability: Ratio
    reason: str
    samples: Count = Field(description="executions that it rests on")


class Predictions(BaseModel):
    predictions: list[lines.Prediction]
    accuracy: lines.Accuracy


class Adaptations(BaseModel):
    adaptations: list[lines.Adaptation]


class Policies(BaseModel):
    policies: list[lines.Policy]
