"""The API's calls about feedback, and what people and judges say in the answers about sessions; over loopback and a real store."""

from collections.abc import Iterator
from typing import Any

import pytest

from otel_quality.core.evaluations.record import Annotation, Versions
from otel_quality.vocabulary.axes import AXES
from tests.api.asking import problem
from tests.api.judged import NOW, SAID, Api, evaluated, hand_in, serving
from tests.service.judging.fake import VERSIONS, FakeJudge
from tests.service.keeper import DAY_NS, messages


@pytest.fixture
def api() -> Iterator[Api]:
    with serving(FakeJudge()) as api:
        yield api


@pytest.fixture
def unjudged() -> Iterator[Api]:
    with serving(None) as api:
        yield api


def test_feedback_is_new_once(api: Api) -> None:
    first, again = api.say(author="ada", comment=" clear "), api.say(author="ada", comment="clear")
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json() == SAID | {"author": "ada", "comment": "clear", "source": "api", "time": NOW}
    assert api.get("/v1/feedback", session_id="s")["feedback"] == [first.json()]


def test_an_author_who_thinks_otherwise_has_the_last_word_and_the_history_is_kept(api: Api) -> None:
    api.say(author="ada")
    api.keeper.now_ns += 10**9
    assert api.say(author="ada", rating=-1, comment="it broke", source="sdk").status_code == 201
    api.say(author="bob")
    stands = api.get("/v1/feedback", session_id="s")["feedback"]
    assert {(each["author"], each["rating"], each["source"]) for each in stands} == {("ada", -1, "sdk"), ("bob", 1, "api")}
    changes = api.get("/v1/feedback", session_id="s", changes="true")["feedback"]
    assert sorted((each["author"], each["rating"]) for each in changes) == [("ada", -1), ("ada", 1), ("bob", 1)]


def test_feedback_can_be_taken_back_once(api: Api) -> None:
    api.say()
    api.keeper.now_ns += 10**9
    taken, again = api.say(rating=0), api.say(rating=0)
    assert (taken.status_code, taken.json()["rating"], again.status_code) == (201, 0, 200)
    assert api.get("/v1/feedback")["feedback"] == []


def test_feedback_may_come_before_its_session(api: Api) -> None:
    api.say(rating=-1)
    assert api.ask("GET", "/v1/sessions/s").status_code == 404
    hand_in(api, "s")
    shown = api.get("/v1/sessions/s")
    assert (shown["likes"], shown["dislikes"], [each["rating"] for each in shown["feedback"]]) == (0, 1, [-1])


def test_feedback_is_listed_page_by_page_newest_first(api: Api) -> None:
    for index in range(5):
        api.keeper.now_ns += 10**9
        api.say(message_index=index)
    assert [each["message_index"] for each in api.get("/v1/feedback", limit=2, offset=1)["feedback"]] == [3, 2]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"rating": 2}, "field of the body 'rating'"),
        ({"rating": "1"}, "field of the body 'rating'"),
        ({"rating": True}, "field of the body 'rating'"),
        ({"message_index": -1}, "field of the body 'message_index'"),
        ({"message_index": 1.5}, "field of the body 'message_index'"),
        ({"message_index": 2**31}, "field of the body 'message_index'"),
        ({"session_id": " "}, "field of the body 'session_id'"),
        ({"session_id": "x" * 129}, "field of the body 'session_id'"),
        ({"session_id": "a\x00b"}, "field of the body 'session_id'"),
        ({"comment": "x" * 4001}, "field of the body 'comment'"),
        ({"source": "spans"}, "field of the body 'source'"),
        ({"author": "\ud800"}, "field of the body 'author'"),
        ({"message_index": float("nan")}, "field of the body 'message_index'"),
        ({"message": 1}, "unknown field of the body 'message'; allowed: session_id, message_index, rating, author, comment, source"),
    ],
)
def test_wrong_feedback_is_named_and_not_kept(unjudged: Api, wrong: dict[str, Any], said: str) -> None:
    assert problem(unjudged.say(**wrong), 400).startswith(said)
    assert unjudged.get("/v1/feedback")["feedback"] == []


def test_changes_are_of_one_session(unjudged: Api) -> None:
    assert "`changes` needs `session_id`" in problem(unjudged.ask("GET", "/v1/feedback", changes="true"), 400)


def test_sessions_tell_what_people_and_judges_say(api: Api) -> None:
    hand_in(api, "s", started_at=1, ended_at=2)
    api.say(), api.say(author="ada"), api.say(message_index=1, rating=-1)
    evaluated(api, "s", 40.0, ago_ns=DAY_NS, run="old")
    evaluated(api, "s", 80.0)
    (listed,) = api.get("/v1/sessions")["sessions"]
    assert (listed["messages"], listed["likes"], listed["dislikes"], listed["status"]) == (4, 2, 1, "evaluated")
    assert (listed["scores"]["goal_completion"], listed["scores"]["self_extension"], listed["evaluated"]) == (80.0, None, NOW)
    shown = api.get("/v1/sessions/s")
    assert {name: shown[name] for name in listed} == listed
    assert [each["scores"]["efficiency"] for each in shown["evaluations"]] == [80.0, 40.0]
    planner, critic = shown["evaluations"][0]["experts"]
    assert (planner["comment"], planner["spent"]["calls"], critic["refused"]) == ("well planned", 1, True)
    assert list(critic["scores"].values()) == [None] * len(AXES)
    assert shown["evaluations"][0]["masked"] == {"email": 2}


def test_an_evaluation_by_other_versions_is_stale_and_no_evaluation_is_pending(api: Api) -> None:
    for session in ("fresh", "old", "none"):
        hand_in(api, session)
    evaluated(api, "fresh", 80.0)
    evaluated(api, "old", 80.0, versions=Versions(VERSIONS.judge, "0-bbbbbbbb"))
    found = {each["id"]: each["status"] for each in api.get("/v1/sessions")["sessions"]}
    assert found == {"fresh": "evaluated", "old": "stale", "none": "pending"}
    for session, status in found.items():
        answer = api.get("/v1/sessions", status=status)
        assert ([each["id"] for each in answer["sessions"]], answer["total"]) == ([session], 1)
    assert [each["status"] for each in api.get("/v1/sessions/old")["evaluations"]] == ["stale"]


def test_a_session_that_goes_on_after_it_was_judged_is_stale_until_it_is_judged_again(api: Api) -> None:
    def statuses() -> tuple[str, list[str]]:
        shown = api.get("/v1/sessions/s")
        return shown["status"], [each["status"] for each in shown["evaluations"]]

    hand_in(api, "s", keep=True)
    api.run()
    hand_in(api, "s", keep=True)
    assert statuses() == ("evaluated", ["evaluated"])
    api.keeper.now_ns += 10**9
    hand_in(api, "s", keep=True, messages=messages(("sh", "ok"), ("sh", "ok")))
    assert statuses() == ("stale", ["stale"])
    assert [each["id"] for each in api.get("/v1/sessions", status="stale")["sessions"]] == ["s"]
    assert api.run()["counts"]["ok"] == 1
    assert statuses() == ("evaluated", ["evaluated", "stale"])


def test_the_status_filter_goes_with_the_others(api: Api) -> None:
    for session in ("a", "b", "c"):
        hand_in(api, session, model=session)
    evaluated(api, "a", 80.0)
    api.ask("PATCH", "/v1/sessions/c", {"profile": "nightly", "pinned": True})
    assert [each["id"] for each in api.get("/v1/sessions", status="pending")["sessions"]] == ["c", "b"]
    assert [each["id"] for each in api.get("/v1/sessions", status="pending", profile="nightly")["sessions"]] == ["c"]
    assert [each["id"] for each in api.get("/v1/sessions", status="pending", model="b", days=1)["sessions"]] == ["b"]
    assert api.get("/v1/sessions", status="evaluated", pinned="true")["total"] == 0
    assert "query parameter 'status'" in problem(api.ask("GET", "/v1/sessions", status="fresh"), 400)


def test_what_telemetry_says_of_a_session_is_in_its_detail(api: Api) -> None:
    hand_in(api, "s")
    told = Annotation("s", "relevance", api.keeper.now_ns, value=0.8, label="good", explanation="it is", author="llm", trace_id="ab" * 16)
    api.keeper.tell(lambda store: store.put_annotations([told]))
    (shown,) = api.get("/v1/sessions/s")["annotations"]
    assert (shown["name"], shown["value"], shown["label"], shown["author"], shown["time"]) == ("relevance", 0.8, "good", "llm", NOW)
