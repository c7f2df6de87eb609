"""The token: every write needs it, no read does, and it is told nowhere."""

from collections.abc import Iterator

import httpx
import pytest
from fastapi import FastAPI

from otel_quality.api.app import create_app
from tests import samples
from tests.api.asking import ask, problem
from tests.api.test_app import FakeProcessor
from tests.service.keeper import Keeper

TOKEN = "correct-horse-battery-staple"
FEEDBACK = {"session_id": "s", "message_index": 0, "rating": 1}
WRITES = [
    ("POST", "/v1/feedback", FEEDBACK),
    ("POST", "/v1/sessions", []),
    ("PATCH", "/v1/sessions/s", {"pinned": True}),
    ("POST", "/v1/sessions/s/grade", {"task_completed": True}),
    ("DELETE", "/v1/sessions/s/grade", None),
    ("POST", "/v1/predictions", {"tool": "sh"}),
    ("POST", "/v1/evaluations/runs", {}),
    ("DELETE", "/v1/evaluations/runs/r", None),
    ("DELETE", "/v1/scores", None),
    ("DELETE", "/v1/drift", None),
]


@pytest.fixture
def app() -> Iterator[FastAPI]:
    keeper = Keeper()
    yield create_app(FakeProcessor(samples.full()), keeper.archive(), keeper.opinions(), version="1", token=TOKEN)
    keeper.close()


def refused(answer: httpx.Response) -> bool:
    if answer.status_code != 401:
        return False
    assert "OTEL_QUALITY_API_TOKEN" in problem(answer, 401)
    assert answer.headers["www-authenticate"].startswith("Bearer ")
    assert TOKEN not in answer.text + str(answer.headers)
    return True


def test_the_list_of_writes_is_complete(app: FastAPI) -> None:
    described = {
        (method.upper(), name.replace("{session_id}", "s").replace("{run_id}", "r"))
        for name, operations in app.openapi()["paths"].items()
        for method in operations
        if method != "get"
    }
    assert {(method, path) for method, path, _ in WRITES} == described


def test_the_description_says_which_calls_need_it(app: FastAPI) -> None:
    for operations in app.openapi()["paths"].values():
        for method, operation in operations.items():
            assert operation.get("security") == (None if method == "get" else [{"token": []}])


@pytest.mark.parametrize(("method", "path", "body"), WRITES)
def test_every_write_needs_the_token(app: FastAPI, method: str, path: str, body: object) -> None:
    assert refused(ask(app, path, method=method, body=body))
    assert not refused(ask(app, path, method=method, body=body, headers={"authorization": f"Bearer {TOKEN}"}))


@pytest.mark.parametrize("path", ["/v1/scores", "/v1/sessions", "/v1/feedback", "/v1/evaluations/stats", "/openapi.json"])
def test_no_read_needs_it(app: FastAPI, path: str) -> None:
    assert ask(app, path).status_code == 200


@pytest.mark.parametrize(
    "sent",
    [f"Bearer {TOKEN}x", f"Bearer {TOKEN[:-1]}", "Bearer", "Bearer ", f"Basic {TOKEN}", TOKEN, f"Bearer {TOKEN.upper()}", "Bearer \xe4"],
)
def test_another_token_is_none(app: FastAPI, sent: str) -> None:
    assert refused(ask(app, "/v1/feedback", method="POST", body=FEEDBACK, headers={"authorization": sent.encode("latin-1")}))


def test_two_tokens_are_none(app: FastAPI) -> None:
    headers = [("authorization", f"Bearer {TOKEN}"), ("authorization", "Bearer x")]
    assert refused(ask(app, "/v1/feedback", method="POST", body=FEEDBACK, headers=headers))


def test_the_scheme_may_be_written_small(app: FastAPI) -> None:
    assert ask(app, "/v1/feedback", method="POST", body=FEEDBACK, headers={"authorization": f"bearer {TOKEN}"}).status_code == 201


def test_a_body_that_is_refused_is_not_read(app: FastAPI) -> None:
    assert refused(ask(app, "/v1/sessions", method="POST", content=b"{", headers={"content-type": "text/plain"}))


def test_without_a_token_in_the_settings_none_is_asked_for() -> None:
    keeper = Keeper()
    app = create_app(FakeProcessor(samples.full()), keeper.archive(), keeper.opinions(), version="1")
    assert ask(app, "/v1/feedback", method="POST", body=FEEDBACK).status_code == 201
    keeper.close()
