"""The API's calls about sessions, over a real store: handed in, listed, shown, named, overridden; and every wrong call's one line."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI

from otel_quality.api import bodies
from otel_quality.api.app import create_app
from otel_quality.vocabulary.errors import StoreUnavailable
from tests import samples
from tests.api.asking import ask, problem
from tests.api.test_app import FakeProcessor
from tests.service.keeper import FAILED, Keeper, messages

JSON = {"content-type": "application/json"}


@pytest.fixture
def keeper() -> Iterator[Keeper]:
    keeper = Keeper()
    yield keeper
    keeper.close()


@pytest.fixture
def app(keeper: Keeper) -> FastAPI:
    return create_app(FakeProcessor(samples.full()), keeper.archive(), keeper.opinions(), version="1")


def post(app: FastAPI, session: Any) -> dict[str, Any]:
    answer = ask(app, "/v1/sessions", method="POST", body=session)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def test_a_message_list_is_graded_and_kept(app: FastAPI) -> None:
    kept = post(app, {"id": "conv-1", "agent": "ezra", "messages": messages(("run_tests", FAILED), ("run_tests", "ok"))})
    assert (kept["id"], kept["task_type"], kept["sources"], kept["agents"]) == ("conv-1", "debugging", ["api"], ["ezra"])
    assert (kept["tool_calls"], kept["errors"]) == (2, 1)
    assert kept["grade"]["errors_recovered"] is True
    assert ask(app, "/v1/sessions/conv-1").json()["id"] == "conv-1"


def test_a_session_that_is_handed_in_teaches_once(app: FastAPI) -> None:
    for _ in range(2):
        post(app, {"id": "conv-1", "agent": "ezra", "messages": messages(("run_tests", FAILED), ("run_tests", "ok"))})
    (tool,) = ask(app, "/v1/tools").json()["tools"]
    assert (tool["tool"], tool["outcomes"]["samples"], tool["outcomes"]["failures"]) == ("run_tests", 2, 1)


@pytest.mark.parametrize(
    ("by_default", "said", "kept"),
    [(False, {}, False), (True, {}, True), (False, {"keep": True}, True), (True, {"keep": False}, False)],
)
def test_text_is_kept_masked_where_the_settings_or_the_session_say_so(
    keeper: Keeper, by_default: bool, said: dict[str, bool], kept: bool
) -> None:
    keeper.keep_text = by_default
    app = create_app(FakeProcessor(samples.full()), keeper.archive(), keeper.opinions(), version="1")
    answer = post(app, {"id": "s", "messages": messages(("sh", "ok"), request="write to ann@example.com")} | said)
    assert answer["has_transcript"] is kept
    transcript = keeper.tell(lambda store: store.transcript("s"))
    assert (transcript is not None) is kept
    if transcript is not None:
        assert transcript.lines[0].text == "write to [EMAIL]"
        assert transcript.masked == {"EMAIL": 1}


def test_keep_is_true_or_false(app: FastAPI) -> None:
    body = {"messages": messages(), "keep": "yes"}
    assert problem(ask(app, "/v1/sessions", method="POST", body=body), 400) == "`keep` must be true or false"


def test_a_bare_list_gets_an_id_from_its_messages(app: FastAPI) -> None:
    first, again, other = (post(app, messages(("sh", output)))["id"] for output in ("a", "a", "b"))
    assert first == again != other


def test_the_course_marks_where_it_went_wrong(app: FastAPI) -> None:
    post(app, {"id": "s", "messages": messages(*[("run_tests", FAILED)] * 5, ("run_tests", "ok"))})
    shown = ask(app, "/v1/sessions/s").json()
    assert [(stage["number"], stage["mark"]) for stage in shown["course"]] == [
        (1, "error"),
        (2, "same_again"),
        (3, "repeated"),
        (4, "repeated"),
        (5, "loop"),
        (6, "recovered"),
    ]
    assert (shown["course"][0]["time"], shown["course"][0]["latency_ms"]) == (None, None)
    assert shown["error_types"] == [{"name": "timeout", "count": 5}]
    assert {sign["name"] for sign in shown["machine_grade"]["signs"]["quality"]} >= {"loop_risk", "repeated_errors"}


def test_a_persons_grade_stands_beside_the_machines_and_can_be_taken_back(app: FastAPI) -> None:
    post(app, {"id": "s", "messages": messages(("sh", "ok"))})
    said = {"task_completed": False, "author": "ada", "note": "it broke the build"}
    shown = ask(app, "/v1/sessions/s/grade", method="POST", body=said).json()
    assert (shown["grade"]["task_completed"], shown["machine_grade"]["task_completed"], shown["overridden"]) == (False, True, True)
    assert shown["override"] == said | {
        "time": "2026-11-21T00:00:00.000000Z",
        "tool_calls_efficient": None,
        "response_quality": None,
        "errors_recovered": None,
    }
    assert shown["success"] is False
    back = ask(app, "/v1/sessions/s/grade", method="DELETE").json()
    assert (back["override"], back["overridden"], back["grade"]["task_completed"]) == (None, False, True)


def test_revisions_are_the_grades_it_had(app: FastAPI) -> None:
    post(app, {"id": "s", "messages": messages(("sh", "ok"))})
    post(app, {"id": "s", "messages": messages(("sh", "ok"), answer="I was unable to do it; it failed.")})
    revisions = ask(app, "/v1/sessions/s").json()["revisions"]
    assert [each["grade"]["task_completed"] for each in revisions] == [False, True]


def test_people_pin_name_and_label(app: FastAPI) -> None:
    post(app, {"id": "s", "messages": messages()})
    changed = ask(app, "/v1/sessions/s", method="PATCH", body={"pinned": True, "name": " The crash ", "success": False}).json()
    assert (changed["pinned"], changed["name"], changed["profile"], changed["success"]) == (True, "The crash", "", False)
    again = ask(app, "/v1/sessions/s", method="PATCH", body={"profile": "nightly", "success": None}).json()
    assert (again["pinned"], again["name"], again["profile"], again["success"]) == (True, "The crash", "nightly", None)


def test_an_id_may_hold_slashes_and_spaces(app: FastAPI) -> None:
    post(app, {"id": "team/a b", "messages": messages()})
    assert ask(app, "/v1/sessions/team%2Fa%20b").json()["id"] == "team/a b"
    assert ask(app, "/v1/sessions/team/a%20b/grade", method="POST", body={"response_quality": 2}).json()["grade"]["response_quality"] == 2


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("", ["c", "b", "a"]),
        ("?limit=1&offset=1", ["b"]),
        ("?agent=ezra", ["a"]),
        ("?model=m", ["b"]),
        ("?task_type=testing", ["c"]),
        ("?completed=false", ["b"]),
        ("?source=spans", []),
        ("?graded=true&platform=x", []),
        ("?days=1", ["c", "b", "a"]),
        ("?pinned=false", ["c", "b", "a"]),
    ],
)
def test_sessions_are_filtered_and_paged(app: FastAPI, keeper: Keeper, query: str, ids: list[str]) -> None:
    for session in (
        {"id": "a", "agent": "ezra", "messages": messages()},
        {"id": "b", "model": "m", "messages": messages(answer="failed")},
        {"id": "c", "messages": messages(request="write unit tests with pytest")},
    ):
        keeper.now_ns += 1000
        post(app, session)
    answer = ask(app, f"/v1/sessions{query}").json()
    assert [each["id"] for each in answer["sessions"]] == ids
    assert answer["total"] == (3 if "limit" in query else len(ids))


def test_a_pinned_session_comes_first(app: FastAPI, keeper: Keeper) -> None:
    for name in ("a", "b"):
        keeper.now_ns += 1000
        post(app, {"id": name, "messages": messages()})
    ask(app, "/v1/sessions/a", method="PATCH", body={"pinned": True})
    assert [each["id"] for each in ask(app, "/v1/sessions").json()["sessions"]] == ["a", "b"]


def test_ten_thousand_tool_calls_are_graded(app: FastAPI) -> None:
    kept = post(app, {"id": "long", "messages": messages(*[("sh", "ok")] * 10_000)})
    assert (kept["tool_calls"], kept["grade"]["loop_risk"]) == (10_000, True)
    course = ask(app, "/v1/sessions/long").json()["course"]
    assert (len(course), course[-1]["number"]) == (1000, 10_000)


def test_text_that_is_no_unicode_harms_nothing(app: FastAPI) -> None:
    body = json.dumps({"id": "s", "messages": messages(("to\ud800ol\x00", "x\udfff\x00"), answer="\ud800")}).encode()
    assert ask(app, "/v1/sessions", method="POST", content=body, headers=JSON).status_code == 201
    assert len(ask(app, "/v1/sessions/s").json()["course"]) == 1
    assert len(ask(app, "/v1/tools").json()["tools"]) == 1


@pytest.mark.parametrize(
    ("session", "says"),
    [
        ([], "the session holds no message of the assistant, so there is nothing to grade"),
        ({"messages": []}, "the session holds no message of the assistant"),
        ([{"role": "user", "content": "hi"}], "the session holds no message of the assistant"),
        ({"turns": []}, "no session: an object needs `messages`; its keys are turns"),
        ("hello", "no session: messages are a list, not text"),
        ([{"role": "wizard", "content": "x"}], "message 0 has the role 'wizard'"),
        ({"id": "x" * 129, "messages": messages()}, "the session's id must be printable and at most 128 characters long"),
        ({"id": "a\nb", "messages": messages()}, "the session's id must be printable"),
    ],
)
def test_what_is_no_session_is_told(app: FastAPI, session: Any, says: str) -> None:
    assert problem(ask(app, "/v1/sessions", method="POST", body=session), 400).startswith(says)
    assert ask(app, "/v1/sessions").json()["total"] == 0


@pytest.mark.parametrize("body", [b"", b"{", b'{"messages": [', b"\xff\xfe", b"\xff{", b"[" * 100_000])
def test_a_body_that_is_no_json_is_told(app: FastAPI, body: bytes) -> None:
    detail = problem(ask(app, "/v1/sessions", method="POST", content=body, headers=JSON), 400)
    assert detail.startswith(("the body is not JSON", "the body is nested too deeply"))


@pytest.mark.parametrize("kind", ["", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"])
@pytest.mark.parametrize(("method", "path"), [("POST", "/v1/sessions"), ("PATCH", "/v1/sessions/s"), ("POST", "/v1/predictions")])
def test_what_a_form_of_another_site_can_send_is_refused(app: FastAPI, kind: str, method: str, path: str) -> None:
    answer = ask(app, path, method=method, content=json.dumps(messages()).encode(), headers={"content-type": kind} if kind else {})
    assert "Content-Type: application/json" in problem(answer, 415)
    assert ask(app, "/v1/sessions").json()["total"] == 0


def test_a_body_over_the_bound_is_refused_whatever_its_length_says(app: FastAPI, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "MOST_BYTES", 1000)

    async def chunks() -> Any:
        for _ in range(4):
            yield b" " * 400

    assert "over 1000 bytes" in problem(ask(app, "/v1/sessions", method="POST", content=b" " * 1001, headers=JSON), 413)
    assert "over 1000 bytes" in problem(ask(app, "/v1/sessions", method="POST", content=chunks(), headers=JSON), 413)


@pytest.mark.parametrize("path", ["/v1/feedback", "/v1/predictions", "/v1/evaluations/runs", "/v1/sessions/s/grade"])
def test_a_body_that_the_event_loop_parses_is_small(app: FastAPI, path: str) -> None:
    body = b'{"session_id": "' + b"x" * bodies.MOST_PARSED_BYTES + b'"}'
    assert f"over {bodies.MOST_PARSED_BYTES} bytes" in problem(ask(app, path, method="POST", content=body, headers=JSON), 413)


@pytest.mark.parametrize(
    ("method", "path", "body", "says"),
    [
        ("PATCH", "/v1/sessions/s", {}, "nothing to change; set at least one of pinned, profile, name, success"),
        ("PATCH", "/v1/sessions/s", {"pined": True}, "unknown field of the body 'pined'; allowed: pinned, profile, name, success"),
        ("PATCH", "/v1/sessions/s", {"name": "x" * 201}, "field of the body 'name': String should have at most 200 characters"),
        ("PATCH", "/v1/sessions/s", [], "the body must be a JSON object"),
        ("POST", "/v1/sessions/s/grade", {}, "an override says at least one of task_completed"),
        ("POST", "/v1/sessions/s/grade", {"note": "x"}, "an override says at least one of task_completed"),
        (
            "POST",
            "/v1/sessions/s/grade",
            {"response_quality": 6},
            "field of the body 'response_quality': Input should be less than or equal to 5",
        ),
        ("POST", "/v1/sessions/s/grade", {"tool_calls_efficient": 0}, "field of the body 'tool_calls_efficient'"),
    ],
)
def test_a_wrong_field_is_named(app: FastAPI, method: str, path: str, body: Any, says: str) -> None:
    post(app, {"id": "s", "messages": messages()})
    assert problem(ask(app, path, method=method, body=body), 400).startswith(says)


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/v1/sessions/none", None),
        ("PATCH", "/v1/sessions/none", {"pinned": True}),
        ("POST", "/v1/sessions/none/grade", {"task_completed": True}),
        ("DELETE", "/v1/sessions/none/grade", None),
    ],
)
def test_an_unknown_session_is_404(app: FastAPI, method: str, path: str, body: Any) -> None:
    assert problem(ask(app, path, method=method, body=body), 404) == "there is no session 'none'; GET /v1/sessions lists them"


@pytest.mark.parametrize("query", ["?limit=0", "?limit=501", "?offset=-1", "?days=0", "?completed=maybe", "?agnt=x"])
def test_a_wrong_filter_is_named(app: FastAPI, query: str) -> None:
    assert query[1:].partition("=")[0] in problem(ask(app, f"/v1/sessions{query}"), 400)


def test_while_history_is_away_the_answer_is_503_and_the_present_still_answers(app: FastAPI, keeper: Keeper) -> None:
    keeper.fails = StoreUnavailable("the disk is full")
    answer = ask(app, "/v1/sessions")
    assert problem(answer, 503) == "history cannot be reached now: the disk is full"
    assert answer.headers["retry-after"] == "5"
    assert ask(app, "/v1/scores").status_code == 200
