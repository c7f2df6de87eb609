"""The API's calls about sessions: list, look, hand in, name, override.

Decision: a session that is handed in is read and parsed in a thread, so that a long one does not hold up the telemetry that the same
event loop receives.
"""

import asyncio
import json
from typing import Annotated, Any, Final

from fastapi import FastAPI, Query, Request

from otel_quality.api import problems, session_answers
from otel_quality.api import session_schema as schema
from otel_quality.api.evaluation_schema import MOST_ID
from otel_quality.api.history import History
from otel_quality.api.judged import Detail, Evaluations
from otel_quality.api.problems import Refused
from otel_quality.api.schema import NoQuery
from otel_quality.core.evaluations.overview import OverviewFilter
from otel_quality.core.history import KeptSession, Override
from otel_quality.vocabulary.errors import ConfigError

_NONE = Annotated[NoQuery, Query()]
_MESSAGES: Final = {
    "requestBody": {
        "required": True,
        "description": "A message list (OpenAI, Anthropic, Gemini, OpenTelemetry, ShareGPT), or an object that holds one.",
        "content": {
            "application/json": {
                "schema": {
                    "oneOf": [
                        {"type": "array", "items": {"type": "object"}},
                        {
                            "type": "object",
                            "properties": {
                                "id": {"type": "string", "maxLength": MOST_ID},
                                "messages": {"type": "array", "items": {"type": "object"}},
                                "platform": {"type": "string"},
                                "agent": {"type": "string"},
                                "model": {"type": "string"},
                                "task": {"type": "string"},
                                "success": {"type": "boolean"},
                                "keep": {"type": "boolean", "description": "keep its text, masked, for a judge; else as the settings say"},
                                "started_at": {"type": ["number", "string"], "description": "Unix seconds, or RFC 3339"},
                                "ended_at": {"type": ["number", "string"], "description": "Unix seconds, or RFC 3339"},
                            },
                            "required": ["messages"],
                        },
                    ]
                }
            }
        },
    }
}


def add(app: FastAPI, history: History, evaluations: Evaluations) -> None:
    """Add the calls. Those with a longer path come first: an id may hold slashes."""
    _add_reads(app, history, evaluations)
    _add_grade(app, history, evaluations)
    _add_writes(app, history, evaluations)


def _add_reads(app: FastAPI, history: History, evaluations: Evaluations) -> None:
    @app.get("/v1/sessions", responses=problems.RESPONSES, summary="Sessions, pinned first, then latest active")
    async def sessions(query: Annotated[schema.SessionsQuery, Query()]) -> schema.Sessions:
        wanted = OverviewFilter(**query.model_dump(exclude={"days"}))
        found, total = await evaluations.overview(wanted, days=query.days)
        listed = await asyncio.to_thread(lambda: [session_answers.listed(each) for each in found])
        return schema.Sessions(sessions=listed, total=total, limit=query.limit, offset=query.offset)

    @app.get("/v1/sessions/{session_id:path}", responses=problems.RESPONSES, summary="One session, its course and its grades")
    async def session(session_id: str, query: _NONE) -> schema.SessionDetail:
        return await _detail(history, evaluations, session_id)


def _add_grade(app: FastAPI, history: History, evaluations: Evaluations) -> None:
    @app.post("/v1/sessions/{session_id:path}/grade", responses=problems.RESPONSES, summary="Override a session's grade")
    async def override(session_id: str, body: schema.GradeOverride, query: _NONE) -> schema.SessionDetail:
        said = body.model_dump()
        if all(value is None for name, value in said.items() if name not in {"author", "note"}):
            raise Refused(400, "an override says at least one of task_completed, tool_calls_efficient, response_quality, errors_recovered")
        _there(await history.set_override(session_id, Override(time_ns=0, **said)), session_id)
        return await _detail(history, evaluations, session_id)

    @app.delete("/v1/sessions/{session_id:path}/grade", responses=problems.RESPONSES, summary="Take an override back")
    async def take_back(session_id: str, query: _NONE) -> schema.SessionDetail:
        _there(await history.set_override(session_id, None), session_id)
        return await _detail(history, evaluations, session_id)


def _add_writes(app: FastAPI, history: History, evaluations: Evaluations) -> None:
    @app.post("/v1/sessions", status_code=201, responses=problems.RESPONSES, summary="Hand in a session", openapi_extra=_MESSAGES)
    async def hand_in(request: Request, query: _NONE) -> schema.Session:
        session = await asyncio.to_thread(_parsed, await request.body())
        try:
            kept = await history.add_session(session)
        except ValueError as error:
            raise Refused(400, str(error)) from None
        except ConfigError as error:
            raise Refused(409, f"the session's text cannot be kept: {error}") from None
        return session_answers.listed((await _said(evaluations, kept.record.id)).overview)

    @app.patch("/v1/sessions/{session_id:path}", responses=problems.RESPONSES, summary="Pin, name or label a session")
    async def change(session_id: str, body: schema.SessionChange, query: _NONE) -> schema.SessionDetail:
        changes = body.model_dump(exclude_unset=True)
        if not changes:
            raise Refused(400, "nothing to change; set at least one of pinned, profile, name, success")
        _there(await history.set_meta(session_id, changes), session_id)
        return await _detail(history, evaluations, session_id)


async def _detail(history: History, evaluations: Evaluations, session_id: str) -> schema.SessionDetail:
    found = await history.session(session_id)
    revisions = found[1] if found else []
    return await asyncio.to_thread(session_answers.detailed, await _said(evaluations, session_id), revisions)


async def _said(evaluations: Evaluations, session_id: str) -> Detail:
    detail = await evaluations.detail(session_id)
    if detail is None:
        raise _unknown(session_id)
    return detail


def _there(kept: KeptSession | None, session_id: str) -> None:
    if kept is None:
        raise _unknown(session_id)


def _unknown(session_id: str) -> Refused:
    return Refused(404, f"there is no session {session_id[:MOST_ID]!r}; GET /v1/sessions lists them")


def _parsed(body: bytes) -> Any:
    """The JSON of a body.

    Raises:
        Refused: it is none.
    """
    try:
        return json.loads(body)
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise Refused(400, f"the body is not JSON: {error}") from None
    except RecursionError:
        raise Refused(400, "the body is nested too deeply to be a session") from None
