"""The built-in page's addresses: what is going on now, sessions, one session, evaluations. Reads as the API does; writes are the API's.

Every answer forbids the browser to load anything from elsewhere (Content-Security-Policy), to keep it, and to show it in a frame.

Decision: rendered here and not in the browser, so that it can be read without JavaScript, in a text browser, and by a screen reader
from the first byte. The script only sends forms and reads the first page anew.
"""

import asyncio
from collections.abc import Callable
from http import HTTPStatus
from importlib.resources import files
from typing import Annotated, Any, Final

from fastapi import FastAPI, Query, Response
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined

from otel_quality.api.answers import rfc3339
from otel_quality.api.history import History
from otel_quality.api.judged import Evaluations
from otel_quality.api.page import views
from otel_quality.core.evaluations.overview import OverviewFilter
from otel_quality.core.snapshot import Snapshot
from otel_quality.vocabulary.axes import AXES, STATUSES
from otel_quality.vocabulary.errors import StoreUnavailable
from otel_quality.vocabulary.measures import ALL
from otel_quality.vocabulary.signs import TASK_TYPES

LATEST: Final = 20
"""Sessions on the first page."""
PAGE: Final = 50
"""Sessions on a page of their own."""
WEEKS_DAYS: Final = 84
"""Days that the page of evaluations looks back: twelve weeks."""
RUNS: Final = 10
_ASSETS: Final = {"page.css": "text/css", "page.js": "text/javascript", "icon.svg": "image/svg+xml"}
HEADERS: Final = {
    "content-security-policy": "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self';"
    " form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
}


def add(
    app: FastAPI, snapshot: Callable[[], Snapshot], history: History, evaluations: Evaluations, *, version: str, token_needed: bool
) -> None:
    """Add the page.

    Args:
        snapshot: the present one; history, evaluations: as the API reads them.
        token_needed: writes need a token, so forms ask for it.
    """
    page = _Page(snapshot, version, token_needed=token_needed)
    _add_home(app, page, evaluations)
    _add_sessions(app, page, history, evaluations)
    _add_evaluations(app, page, evaluations)
    _add_assets(app)


class _Page:
    """Renders templates with what all of them show."""

    def __init__(self, snapshot: Callable[[], Snapshot], version: str, *, token_needed: bool) -> None:
        self.snapshot = snapshot
        self._environment = Environment(
            loader=PackageLoader("otel_quality.api.page"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
        )
        self._environment.filters |= views.FILTERS
        self._environment.globals |= {"time": views.clock, "version": version, "token_needed": token_needed, "axes": AXES}

    async def render(self, name: str, here: str, *, status: int = 200, **values: Any) -> Response:
        """A page, rendered in a thread: a long session must not hold up the telemetry that the same event loop receives."""
        now = rfc3339(self.snapshot().time_ns)
        text = await asyncio.to_thread(self._environment.get_template(name).render, here=here, now=now, **values)
        return HTMLResponse(text, status_code=status, headers=HEADERS)

    async def problem(self, status: int, detail: str) -> Response:
        """A page that says what is wrong."""
        return await self.render("problem.html", "", status=status, title=HTTPStatus(status).phrase, detail=detail)


def _add_home(app: FastAPI, page: _Page, evaluations: Evaluations) -> None:
    @app.get("/", include_in_schema=False)
    async def home(task: Annotated[str, Query(max_length=200)] = ALL) -> Response:
        snapshot = page.snapshot()
        drifts, counts = await asyncio.to_thread(views.drifts, snapshot)
        values: dict[str, Any] = {"sessions": [], "total": 0, "no_history": ""}
        try:
            found, total = await evaluations.overview(OverviewFilter(limit=LATEST), days=None)
            values |= {"sessions": await asyncio.to_thread(views.sessions, found), "total": total}
        except StoreUnavailable as error:
            values["no_history"] = f"History cannot be reached now: {error}"
        return await page.render(
            "home.html",
            "/",
            task=task,
            tasks=views.tasks(snapshot),
            places=await asyncio.to_thread(views.ranking, snapshot, task),
            drifts=drifts,
            drift_counts=counts,
            **values,
        )


def _add_sessions(app: FastAPI, page: _Page, history: History, evaluations: Evaluations) -> None:
    @app.get("/sessions", include_in_schema=False)
    async def sessions(query: Annotated[views.SessionsQuery, Query()]) -> Response:
        try:
            found, total = await evaluations.overview(query.wanted(PAGE), days=None)
        except StoreUnavailable as error:
            return await page.problem(503, f"History cannot be reached now: {error}")
        listed = await asyncio.to_thread(views.sessions, found)
        newer, older = query.neighbours(PAGE, total)
        return await page.render(
            "sessions.html",
            "/sessions",
            sessions=listed,
            total=total,
            offset=query.offset,
            query=query,
            newer=newer,
            older=older,
            task_types=TASK_TYPES,
            statuses=STATUSES,
        )

    @app.get("/sessions/{session_id:path}", include_in_schema=False)
    async def session(session_id: str) -> Response:
        try:
            known, said = await history.session(session_id), await evaluations.detail(session_id)
            transcript = await evaluations.transcript(session_id)
        except StoreUnavailable as error:
            return await page.problem(503, f"History cannot be reached now: {error}")
        if known is None or said is None:
            return await page.problem(404, f"There is no session {session_id[:128]!r}.")
        shown = await asyncio.to_thread(views.session, *known, said, transcript)
        return await page.render("session.html", "", **shown)


def _add_evaluations(app: FastAPI, page: _Page, evaluations: Evaluations) -> None:
    @app.get("/evaluations", include_in_schema=False)
    async def judged() -> Response:
        try:
            stats = await evaluations.stats(days=WEEKS_DAYS, by_complexity=False)
            trust, runs = await evaluations.trust(), await evaluations.runs(limit=RUNS, offset=0)
        except StoreUnavailable as error:
            return await page.problem(503, f"History cannot be reached now: {error}")
        return await page.render("evaluations.html", "/evaluations", **views.evaluations(stats, trust, runs, days=WEEKS_DAYS))


def _add_assets(app: FastAPI) -> None:
    folder = files("otel_quality.api.page") / "assets"
    kept = {name: (folder / name).read_bytes() for name in _ASSETS}

    @app.get("/assets/{name}", include_in_schema=False)
    def asset(name: str) -> Response:
        if name not in kept:
            return Response(status_code=404)
        return Response(kept[name], media_type=_ASSETS[name], headers=HEADERS | {"cache-control": "no-cache"})
