"""The JSON API: scores, recommendations, drift, windows, intake; and history, in `sessions`, `learned` and `evaluations`.

Reads the processor's present snapshot and asks it to clear windows, asks history; computes no score and knows no socket. No CORS and no
documentation pages (those load scripts from elsewhere); /openapi.json describes everything. `page` is the same for people.

Decision: handlers that read are plain functions, which the framework runs in threads, so that a long list does not hold up
the telemetry that the same event loop receives.
"""

from collections.abc import Callable, Mapping
from typing import Annotated, Protocol

from fastapi import FastAPI, Query

from otel_quality.api import answers, evaluations, learned, problems, schema, sessions
from otel_quality.api.bearer import READS, TokenGuard
from otel_quality.api.bodies import BoundedRoute
from otel_quality.api.history import History
from otel_quality.api.hosts import HostGuard
from otel_quality.api.judged import Evaluations
from otel_quality.api.page import routes as page
from otel_quality.core.snapshot import Snapshot
from otel_quality.vocabulary.measures import ALL, ANY

_NONE = Annotated[schema.NoQuery, Query()]


class Processor(Protocol):
    """What the API needs of the processor."""

    def snapshot(self) -> Snapshot:
        """The present snapshot; any thread may ask."""
        ...

    async def clear_scores(self, *, backend: str | None, task: str | None) -> int:
        """Empty the score windows of a backend, a task, both, or all (None); the number of windows emptied."""
        ...

    async def clear_drift(self, *, backend: str | None, model: str | None, task: str | None) -> int:
        """Empty drift windows likewise."""
        ...


def create_app(
    processor: Processor,
    history: History,
    judged: Evaluations,
    *,
    version: str,
    bound_host: str = "127.0.0.1",
    token: str = "",
    listeners: Callable[[], Mapping[str, str]] = dict,
) -> FastAPI:
    """The application.

    Args:
        processor: where answers about the present come from; history: those about sessions and executions; judged: about what
            people and judges say of them.
        version: of this package.
        bound_host: the address that the server listens on; on loopback only loopback names are answered.
        token: what every write has to carry; empty is none.
        listeners: gives the processor's own listeners, `HOST:PORT` by name, for whoever looks for a fault.
    """
    app = FastAPI(
        title="otel_quality",
        version=version,
        docs_url=None,
        redoc_url=None,
        description=_DESCRIPTION,
        redirect_slashes=False,
        # A judge brings a tracer provider, and FastAPI would tell it of each request, with the ids of sessions, as several spans.
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    app.router.route_class = BoundedRoute
    app.add_middleware(TokenGuard, token=token)
    app.add_middleware(HostGuard, bound_host=bound_host)
    problems.install(app)
    _add_reads(app, processor, listeners)
    _add_clears(app, processor)
    sessions.add(app, history, judged)
    evaluations.add(app, judged)
    learned.add(app, history, processor.snapshot)
    page.add(app, processor.snapshot, history, judged, version=version, token_needed=bool(token))
    _describe(app, token=bool(token))
    return app


_DESCRIPTION = (
    "How good each LLM backend is at each task, when it gets worse, which to use instead; how whole sessions went, what people"
    " and judges say of them, and what tools and agents have taught. Errors are RFC 9457 problem JSON."
)


_GUARDED = "The value of server.api_token, where that is set; every call that changes something needs it then."


def _add_reads(app: FastAPI, processor: Processor, listeners: Callable[[], Mapping[str, str]]) -> None:
    @app.get("/v1/scores", responses=problems.RESPONSES, summary="Score cards")
    def scores(query: Annotated[schema.ScoresQuery, Query()]) -> schema.Scores:
        return answers.scores(processor.snapshot(), query)

    @app.get("/v1/recommendations", responses=problems.RESPONSES, summary="Backends, best first")
    def recommendations(query: Annotated[schema.RecommendationsQuery, Query()]) -> schema.Recommendations:
        return answers.recommendations(processor.snapshot(), query)

    @app.get("/v1/drift", responses=problems.RESPONSES, summary="Drift verdicts")
    def drift(query: Annotated[schema.DriftQuery, Query()]) -> schema.Drift:
        return answers.drift(processor.snapshot(), query)

    @app.get("/v1/stats", responses=problems.RESPONSES, summary="What the windows hold")
    def stats(query: _NONE) -> schema.Stats:
        return answers.stats(processor.snapshot())

    @app.get("/v1/intake", responses=problems.RESPONSES, summary="What has arrived")
    def intake(query: _NONE) -> schema.Intake:
        return answers.intake(processor.snapshot(), version=app.version, listeners=listeners())


def _add_clears(app: FastAPI, processor: Processor) -> None:
    @app.delete("/v1/scores", responses=problems.RESPONSES, summary="Empty score windows")
    async def clear_scores(query: Annotated[schema.ClearScoresQuery, Query()]) -> schema.Cleared:
        return schema.Cleared(cleared=await processor.clear_scores(backend=_filter(query.backend), task=_task(query.task)))

    @app.delete("/v1/drift", responses=problems.RESPONSES, summary="Empty drift windows, after a recovery")
    async def clear_drift(query: Annotated[schema.DriftQuery, Query()]) -> schema.Cleared:
        parts = {"backend": _filter(query.backend), "model": _filter(query.model), "task": _task(query.task)}
        return schema.Cleared(cleared=await processor.clear_drift(**parts))


def _filter(value: str | None) -> str | None:
    return None if value == ANY else value


def _task(value: str | None) -> str | None:
    return None if value in (ALL, ANY) else value


def _describe(app: FastAPI, *, token: bool) -> None:
    """Add to the OpenAPI description the error's shape, which no route returns as such, and which calls need the token."""
    plain = app.openapi

    def described() -> dict[str, object]:
        description = plain()
        description["components"]["schemas"].setdefault("Problem", schema.Problem.model_json_schema())
        description["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer", "description": _GUARDED}}
        for operations in description["paths"].values():
            for method, operation in operations.items():
                if method.upper() not in READS:
                    operation["security"] = [{"token": []}] if token else [{}, {"token": []}]
        return description

    app.openapi = described  # type: ignore[method-assign]
