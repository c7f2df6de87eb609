"""The API's calls about judged quality: feedback, runs of a judge, what they add up to.

Decision: without a judge only the start of a run is refused (409, with the setting to write); a refusal that waiting does not cure is
not 503.
"""

import asyncio
from datetime import UTC
from typing import Annotated, Any, Final
from urllib.parse import quote

from fastapi import FastAPI, Query, Response

from otel_quality.api import evaluation_answers as answers
from otel_quality.api import evaluation_schema as schema
from otel_quality.api import problems
from otel_quality.api.judged import Evaluations
from otel_quality.api.problems import Refused
from otel_quality.api.schema import NoQuery
from otel_quality.core.evaluations.record import Feedback, Wish

_NONE = Annotated[NoQuery, Query()]
_KNOWN: Final[dict[int | str, dict[str, Any]]] = {200: {"model": schema.Feedback, "description": "The same stood already."}}
_DRY: Final[dict[int | str, dict[str, Any]]] = {
    200: {"model": schema.Estimate, "description": "A dry run: what it would take."},
    202: {"headers": {"Location": {"description": "where the run can be followed", "schema": {"type": "string"}}}},
}

_LAST_NS: Final = 2**63 - 1
"""The last instant that is told apart; 2262."""


def add(app: FastAPI, evaluations: Evaluations) -> None:
    """Add the calls."""
    _add_feedback(app, evaluations)
    _add_starts(app, evaluations)
    _add_runs(app, evaluations)
    _add_sums(app, evaluations)


def _add_feedback(app: FastAPI, evaluations: Evaluations) -> None:
    @app.post("/v1/feedback", status_code=201, responses=problems.RESPONSES | _KNOWN, summary="Say how good a message was")
    async def give(body: schema.FeedbackGiven, query: _NONE, response: Response) -> schema.Feedback:
        if not body.session_id.isprintable():
            raise Refused(400, "field of the body 'session_id': it must be printable")
        given = Feedback(body.session_id, body.message_index, body.rating, 0, body.author, body.comment, body.source)
        stands, new = await evaluations.add_feedback(given)
        if not new:
            response.status_code = 200
        return answers.feedback(stands)

    @app.get("/v1/feedback", responses=problems.RESPONSES, summary="What people said of messages, newest first")
    async def feedback(query: Annotated[schema.FeedbackQuery, Query()]) -> schema.FeedbackList:
        if query.changes and query.session_id is not None:
            found = await evaluations.feedback_changes(query.session_id, limit=query.limit)
        else:
            found = await evaluations.feedback(session=query.session_id, limit=query.limit, offset=query.offset)
        return schema.FeedbackList(feedback=[answers.feedback(each) for each in found])


def _add_starts(app: FastAPI, evaluations: Evaluations) -> None:
    @app.post(
        "/v1/evaluations/runs", status_code=202, responses=problems.RESPONSES | _DRY, summary="Have sessions judged, in the background"
    )
    async def start(body: schema.RunWish, query: _NONE, response: Response) -> schema.Run | schema.Estimate:
        wish = _wish(body)
        try:
            if body.dry_run:
                response.status_code = 200
                return answers.estimate(await evaluations.estimate(wish))
            run = await evaluations.start_run(wish)
        except ValueError as error:
            raise Refused(400, str(error)) from None
        response.headers["location"] = f"/v1/evaluations/runs/{quote(run.id, safe='')}"
        return answers.run(run)

    @app.delete("/v1/evaluations/runs/{run_id}", responses=problems.RESPONSES, summary="Cancel a run; what it came to stays")
    async def cancel(run_id: str, query: _NONE) -> schema.Run:
        run = await evaluations.cancel(run_id)
        if run is None:
            raise _unknown(run_id)
        return answers.run(run)


def _add_runs(app: FastAPI, evaluations: Evaluations) -> None:
    @app.get("/v1/evaluations/runs", responses=problems.RESPONSES, summary="Runs, newest first")
    async def runs(query: Annotated[schema.RunsQuery, Query()]) -> schema.Runs:
        found = await evaluations.runs(limit=query.limit, offset=query.offset)
        return schema.Runs(runs=[answers.run(each) for each in found], limit=query.limit, offset=query.offset)

    @app.get(
        "/v1/evaluations/runs/{run_id}",
        response_model=schema.RunDetail,
        responses=problems.RESPONSES,
        summary="One run, with the state of its sessions",
    )
    async def run(run_id: str, query: Annotated[schema.RunQuery, Query()]) -> Response:
        found = await evaluations.run(run_id)
        if found is None:
            raise _unknown(run_id)
        items = await evaluations.items(run_id, limit=query.limit, offset=query.offset)
        # In a thread: ten thousand sessions must not hold up the telemetry that the same event loop receives.
        text = await asyncio.to_thread(lambda: answers.run_detail(found, items).model_dump_json())
        return Response(text, media_type="application/json")


def _add_sums(app: FastAPI, evaluations: Evaluations) -> None:
    @app.get("/v1/evaluations/stats", responses=problems.RESPONSES, summary="Weekly means per axis, and feedback by week")
    async def stats(query: Annotated[schema.StatsQuery, Query()]) -> schema.Stats:
        return answers.stats(await evaluations.stats(days=query.days, by_complexity=query.by_complexity), days=query.days)

    @app.get("/v1/evaluations/trust", responses=problems.RESPONSES, summary="How far the judge can be trusted")
    async def trust(query: _NONE) -> schema.Trust:
        return answers.trust(await evaluations.trust())


def _wish(body: schema.RunWish) -> Wish:
    since = body.since
    if since is not None and since.tzinfo is None:
        since = since.replace(tzinfo=UTC)
    return Wish(
        scope=body.scope or "unevaluated",
        session=body.session_id or "",
        since_ns=0 if since is None else min(max(int(since.timestamp() * 1_000_000) * 1000, 0), _LAST_NS),
        limit=body.limit,
        backend=body.backend,
        model=body.model,
    )


def _unknown(run_id: str) -> Refused:
    return Refused(404, f"there is no run {run_id[: schema.MOST_ID]!r}; GET /v1/evaluations/runs lists them")
