"""Every error of the API as RFC 9457 problem JSON, one clear line each, never a stack trace.

Decision: a wrong parameter is 400 and names the parameter and what is allowed, not the framework's 422 with a list of
internals. What is our own fault is 500 with no detail; the server's log has the trace.
"""

from http import HTTPStatus
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException

from otel_quality.api.answers import NeedsTask
from otel_quality.api.judged import NoJudge
from otel_quality.vocabulary.errors import StoreUnavailable

MEDIA_TYPE: Final = "application/problem+json"

_PROBLEM: Final = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
RESPONSES: Final[dict[int | str, dict[str, Any]]] = {
    "4XX": {"description": "The call is wrong; `detail` says what to change.", "content": _PROBLEM},
    "5XX": {"description": "503: history cannot be reached now, ask again; 500: our fault.", "content": _PROBLEM},
}
"""For each route of the OpenAPI description."""


class Refused(Exception):
    """A call that is refused: the answer's status and its one line."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status


def problem(status: int, detail: str, *, headers: dict[str, str] | None = None) -> JSONResponse:
    """An answer that says what went wrong.

    Args:
        status: HTTP status, 400 or more; its phrase is the title.
        detail: one line: what is wrong and what to do.
    """
    body = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": detail}
    return JSONResponse(body, status_code=status, headers=headers, media_type=MEDIA_TYPE)


def install(app: FastAPI) -> None:
    """Answer every error of the application this way."""
    app.add_exception_handler(RequestValidationError, _wrong_parameter)
    app.add_exception_handler(NeedsTask, lambda _, error: problem(400, str(error)))
    app.add_exception_handler(Refused, _refused_call)
    app.add_exception_handler(NoJudge, lambda _, error: problem(409, str(error)))
    app.add_exception_handler(StoreUnavailable, _no_history)
    app.add_exception_handler(HTTPException, _refused)
    app.add_exception_handler(Exception, lambda _, __: problem(500, "an error of the processor; its log has the details"))


def _refused_call(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, Refused)
    return problem(error.status, str(error))


def _no_history(_: Request, error: Exception) -> JSONResponse:
    return problem(503, f"history cannot be reached now: {error}", headers={"retry-after": "5"})


def _wrong_parameter(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    return problem(400, "; ".join(_line(item, request) for item in error.errors()))


def _line(item: dict[str, Any], request: Request) -> str:
    """What is wrong with one parameter, or one field of the body."""
    of_body = item["loc"][0] == "body"
    if of_body and item["type"] == "json_invalid":
        return f"the body is not JSON: {item['ctx']['error']}"
    kind = "field of the body" if of_body else "query parameter"
    name = ".".join(str(part) for part in item["loc"][1:]) or str(item["loc"][0])
    if item["type"] == "extra_forbidden":
        return f"unknown {kind} {name!r}; allowed: {', '.join(_allowed(request, of_body=of_body)) or 'none'}"
    if of_body and item["type"] == "value_error":
        return f"the {'body' if item['loc'] == ('body',) else name} is wrong: {item['ctx']['error']}"
    if item["loc"] == ("body",):
        return f"the body must be a JSON object: {item['msg']}"
    return f"{kind} {name!r}: {item['msg']}, not {item.get('input')!r:.200}"


def _allowed(request: Request, *, of_body: bool) -> list[str]:
    route = request.scope.get("route")
    if not isinstance(route, APIRoute):
        return []
    parameters = route.dependant.body_params if of_body else route.dependant.query_params
    models = [parameter.field_info.annotation for parameter in parameters]
    return [name for model in models for name in getattr(model, "model_fields", {})]


def _refused(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    detail = {
        404: f"there is nothing at {request.url.path}; /openapi.json lists what there is",
        405: f"{request.method} is not allowed here",
    }.get(error.status_code, error.detail)
    return problem(error.status_code, detail, headers=dict(error.headers) if error.headers else None)
