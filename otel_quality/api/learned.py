"""The API's calls about what executions teach: tools, agents, models, predictions, adaptations, policies, reports."""

from collections.abc import Callable
from typing import Annotated

from fastapi import FastAPI, Query

from otel_quality.api import learned_schema as schema
from otel_quality.api import problems
from otel_quality.api.history import History
from otel_quality.api.problems import Refused
from otel_quality.api.schema import NoQuery
from otel_quality.core.reports import lines
from otel_quality.core.reports.intelligence import Intelligence
from otel_quality.core.reports.records import Weekly
from otel_quality.core.reports.summary import Summary
from otel_quality.core.snapshot import Snapshot
from otel_quality.vocabulary.parameters import params_hash

_NONE = Annotated[NoQuery, Query()]


def add(app: FastAPI, history: History, snapshot: Callable[[], Snapshot]) -> None:
    """Add the calls."""
    _add_patterns(app, history)
    _add_predictions(app, history)
    _add_policies(app, history)
    _add_reports(app, history, snapshot)


def _add_patterns(app: FastAPI, history: History) -> None:
    @app.get("/v1/tools", responses=problems.RESPONSES, summary="Tools, their patterns and their best agents")
    async def tools(query: Annotated[schema.ToolsQuery, Query()]) -> schema.Tools:
        found = await history.tools(tool=query.tool, days=query.days)
        parts = (list(found.tools), list(found.patterns), list(found.by_parameters), list(found.effects))
        return schema.Tools(tools=parts[0], patterns=parts[1], by_parameters=parts[2], effects=parts[3])

    @app.get("/v1/agents", responses=problems.RESPONSES, summary="Agents over the last days")
    async def agents(query: Annotated[schema.AgentsQuery, Query()]) -> schema.Agents:
        found = await history.agents(days=query.days)
        return schema.Agents(days=query.days, agents=list(found.agents), velocity=found.velocity)

    @app.get("/v1/models", responses=problems.RESPONSES, summary="Models by task type")
    async def models(query: Annotated[schema.ModelsQuery, Query()]) -> schema.Models:
        return schema.Models(models=list(await history.models(task_type=query.task)))


def _add_predictions(app: FastAPI, history: History) -> None:
    @app.post("/v1/predictions", status_code=201, responses=problems.RESPONSES, summary="Predict the success of an execution")
    async def predict(body: schema.PredictionRequest, query: _NONE) -> schema.Prediction:
        if body.params is not None and body.params_hash is not None:
            raise Refused(400, "give `params` or `params_hash`, not both")
        digest = params_hash(body.params) if body.params is not None else body.params_hash or ""
        made = await history.predict(tool=body.tool, agent=body.agent, params_hash=digest)
        return schema.Prediction(id=made.id, probability=made.probability, reason=made.reason, samples=made.samples)

    @app.get("/v1/predictions", responses=problems.RESPONSES, summary="Predictions and what happened, newest first")
    async def predictions(query: Annotated[schema.PageQuery, Query()]) -> schema.Predictions:
        found, accuracy = await history.predictions(limit=query.limit, offset=query.offset)
        return schema.Predictions(predictions=found, accuracy=accuracy)


def _add_policies(app: FastAPI, history: History) -> None:
    @app.get("/v1/adaptations", responses=problems.RESPONSES, summary="Changes that rules made to policies, newest first")
    async def adaptations(query: Annotated[schema.PageQuery, Query()]) -> schema.Adaptations:
        return schema.Adaptations(adaptations=await history.adaptations(limit=query.limit, offset=query.offset))

    @app.get("/v1/policies", responses=problems.RESPONSES, summary="Policies and their present values")
    async def policies(query: _NONE) -> schema.Policies:
        return schema.Policies(policies=await history.policies())

    @app.get("/v1/policies/{name:path}", responses=problems.RESPONSES, summary="One policy's present value")
    async def policy(name: str, query: _NONE) -> lines.Policy:
        found = next((each for each in await history.policies() if each.name == name), None)
        if found is None:
            raise Refused(404, f"policy {name[:128]!r} was never set, so the application's own default holds")
        return found


def _add_reports(app: FastAPI, history: History, snapshot: Callable[[], Snapshot]) -> None:
    @app.get("/v1/reports/weekly", responses=problems.RESPONSES, summary="The report of an ISO week of sessions")
    async def weekly(query: Annotated[schema.WeeklyQuery, Query()]) -> Weekly:
        try:
            return await history.weekly(query.week)
        except ValueError as error:
            raise Refused(400, f"query parameter 'week': {error}") from None

    @app.get("/v1/reports/summary", responses=problems.RESPONSES, summary="Sessions of the last days")
    async def summary(query: Annotated[schema.DaysQuery, Query()]) -> Summary:
        scores = {(key.backend, key.task): card.score for key, card in snapshot().by_task.items() if key.task is not None}
        return await history.summary(days=query.days, scores=scores)

    @app.get("/v1/reports/intelligence", responses=problems.RESPONSES, summary="Everything that executions teach")
    async def intelligence(query: Annotated[schema.DaysQuery, Query()]) -> Intelligence:
        return await history.intelligence(days=query.days)
