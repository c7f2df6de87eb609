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

MEDIA_TYPE: Final = "application/problem+json"

RESPONSES: Final[dict[int | str, dict[str, Any]]] = {
    "4XX": {
        "description": "The call is wrong; `detail` says what to change.",
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
}
"""For each route of the OpenAPI description."""


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
    app.add_exception_handler(HTTPException, _refused)
    app.add_exception_handler(Exception, lambda _, __: problem(500, "an error of the processor; its log has the details"))


def _wrong_parameter(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    allowed = _allowed(request)
    lines = []
    for item in error.errors():
        name = ".".join(str(part) for part in item["loc"][1:]) or str(item["loc"][0])
        if item["type"] == "extra_forbidden":
            lines.append(f"unknown query parameter {name!r}; allowed: {', '.join(allowed) or 'none'}")
        else:
            lines.append(f"query parameter {name!r}: {item['msg']}, not {item.get('input')!r}")
    return problem(400, "; ".join(lines))


def _allowed(request: Request) -> list[str]:
    route = request.scope.get("route")
    if not isinstance(route, APIRoute):
        return []
    models = [parameter.field_info.annotation for parameter in route.dependant.query_params]
    return [name for model in models for name in getattr(model, "model_fields", {})]


def _refused(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    detail = {
        404: f"there is nothing at {request.url.path}; /openapi.json lists what there is",
        405: f"{request.method} is not allowed here",
    }.get(error.status_code, error.detail)
    return problem(error.status_code, detail, headers=dict(error.headers) if error.headers else None)
