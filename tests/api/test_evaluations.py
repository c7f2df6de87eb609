"""The API's calls about judged quality, over loopback, a real store and real runs behind a fake judge; and every wrong call's one line."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import jsonschema
import pytest

from otel_quality.core.evaluations.record import Annotation, Assessment, Evaluation, Versions
from otel_quality.vocabulary.axes import AXES
from otel_quality.vocabulary.errors import StoreUnavailable
from tests import samples
from tests.api.asking import problem
from tests.cli.served import Served
from tests.flow.programs import until
from tests.service.judging.bench import keep
from tests.service.judging.fake import EXPERTS, PRICE, VERSIONS, FakeJudge
from tests.service.keeper import DAY_NS, messages

DEADLINE_S = 30.0
RUNS = "/v1/evaluations/runs"
NOW = "2026-11-21T00:00:00.000000Z"
SAID: dict[str, Any] = {"session_id": "s", "message_index": 3, "rating": 1}


class Api:
    """Calls of one server."""

    def __init__(self, served: Served, judge: FakeJudge | None) -> None:
        self.keeper, self.judge = served.keeper, judge
        self._client = httpx.Client(base_url=served.url, timeout=DEADLINE_S)

    def get(self, path: str, **query: Any) -> Any:
        answer = self._client.get(path, params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def ask(self, method: str, path: str, body: Any = None, **query: Any) -> httpx.Response:
        payload = {} if body is None else {"content": json.dumps(body), "headers": {"content-type": "application/json"}}
        return self._client.request(method, path, params=query, **payload)  # type: ignore[arg-type]

    def say(self, **said: Any) -> httpx.Response:
        return self.ask("POST", "/v1/feedback", SAID | said)

    def start(self, **wish: Any) -> str:
        answer = self.ask("POST", RUNS, wish)
        assert answer.status_code == 202, answer.text
        return str(answer.json()["id"])

    def run(self, **wish: Any) -> Any:
        """A run from its beginning to its end."""
        run_id = self.start(**wish)

        def ended() -> Any:
            run = self.get(f"{RUNS}/{run_id}")
            return run if run["status"] != "running" else None

        return until(ended, DEADLINE_S, "the end of the run")

    def close(self) -> None:
        self._client.close()


@pytest.fixture
def judge() -> FakeJudge:
    return FakeJudge()


@pytest.fixture
def api(judge: FakeJudge) -> Iterator[Api]:
    with Served(samples.full(), judge=judge) as served:
        api = Api(served, judge)
        yield api
        api.close()


@pytest.fixture
def unjudged() -> Iterator[Api]:
    with Served(samples.full()) as served:
        api = Api(served, None)
        yield api
        api.close()


def hand_in(api: Api, session: str, **said: Any) -> None:
    assert api.ask("POST", "/v1/sessions", {"id": session, "messages": messages(("sh", "ok"))} | said).status_code == 201


def evaluated(
    api: Api, session: str, score: float, *, versions: Versions = VERSIONS, ago_ns: int = 0, run: str = "r", anchor: bool = False
) -> None:
    scores = dict.fromkeys(AXES, score) | {"self_extension": None}
    experts = (Assessment("planner", scores, "well planned", spent=PRICE), Assessment("critic", {}, "no", refused=True))
    time_ns = api.keeper.now_ns - ago_ns
    made = Evaluation(run, session, time_ns, versions, "fake", "judge-1", scores, experts, {"email": 2}, anchor)
    api.keeper.tell(lambda store: store.put_evaluation(made))


# Feedback


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


# Sessions


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


# Runs


def test_a_run_judges_in_the_background_and_one_session_fails_alone(api: Api) -> None:
    keep(api.keeper, good="score 80", bad="fail", other="score 60")
    answer = api.ask("POST", RUNS, {})
    assert (answer.status_code, answer.headers["location"]) == (202, f"{RUNS}/{answer.json()['id']}")
    assert (answer.json()["status"], answer.json()["scope"], answer.json()["model"]) == ("running", "unevaluated", "judge-1")

    def ended() -> Any:
        run = api.get(answer.headers["location"])
        return run if run["status"] != "running" else None

    run = until(ended, DEADLINE_S, "the end of the run")
    assert (run["status"], run["counts"]["ok"], run["counts"]["failed"]) == ("done", 2, 1)
    states = {each["session_id"]: (each["state"], each["mean"]) for each in run["sessions"]}
    assert states == {"good": ("ok", 80.0), "other": ("ok", 60.0), "bad": ("failed", None)}
    assert "no JSON" in next(each["error"] for each in run["sessions"] if each["state"] == "failed")
    assert run["spent"]["calls"] >= 2 * len(EXPERTS)
    assert run["spent"]["cost_usd"] == pytest.approx(api.judge.spent.cost_usd)  # type: ignore[union-attr]
    assert {each["id"]: each["status"] for each in api.get("/v1/sessions")["sessions"]}["good"] == "evaluated"
    assert (run["judge_version"], run["rubric_version"]) == (VERSIONS.judge, VERSIONS.rubric)


def test_runs_are_listed_newest_first_page_by_page(api: Api) -> None:
    keep(api.keeper, s="score 80")
    ids = []
    for _ in range(3):
        api.keeper.now_ns += 10**9
        ids.append(api.run(scope="all")["id"])
    assert [each["id"] for each in api.get(RUNS)["runs"]] == ids[::-1]
    assert [each["id"] for each in api.get(RUNS, limit=1, offset=1)["runs"]] == ids[1:2]


def test_sessions_of_a_run_come_page_by_page(api: Api) -> None:
    keep(api.keeper, **{f"s{number}": "score 80" for number in range(5)})
    run = api.run()
    pages = [api.get(f"{RUNS}/{run['id']}", limit=2, offset=offset)["sessions"] for offset in (0, 2, 4)]
    assert [each["session_id"] for page in pages for each in page] == [each["session_id"] for each in run["sessions"]]


def test_one_session_is_judged_again_where_it_is_named(api: Api) -> None:
    keep(api.keeper, s="score 80", t="score 10")
    for _ in range(2):
        run = api.run(session_id="s")
    assert (run["scope"], run["session_id"], run["counts"]["ok"]) == ("session", "s", 1)
    assert len(api.get("/v1/sessions/s")["evaluations"]) == 2
    assert api.get("/v1/sessions/t")["status"] == "pending"


def test_a_run_takes_only_what_was_active_since(api: Api) -> None:
    keep(api.keeper, s="score 80")
    active = api.get("/v1/sessions/s")["active"]
    for later in (datetime.fromisoformat(active).replace(year=2027).astimezone(UTC).isoformat(), "9999-12-31T23:59:59Z"):
        assert api.run(since=later)["sessions"] == []
    assert len(api.run(since="0001-01-01")["sessions"]) == 1
    run = api.run(since=active, scope="all")
    assert (run["since"], [each["session_id"] for each in run["sessions"]]) == (active, ["s"])


def test_a_dry_run_tells_what_it_would_take_and_starts_nothing(api: Api) -> None:
    keep(api.keeper, s="score 80", t="score 10")
    answer = api.ask("POST", RUNS, {"dry_run": True, "backend": "other"})
    said = answer.json()
    assert (answer.status_code, said["dry_run"], said["sessions"], said["spent"]["calls"]) == (200, True, 2, 4)
    assert (said["backend"], said["model"], said["judge_version"]) == ("other", "judge-2", "1:judge-2")
    assert "location" not in answer.headers
    assert (api.get(RUNS)["runs"], api.judge.asked) == ([], {})  # type: ignore[union-attr]


def test_a_run_is_cancelled_and_what_it_came_to_stays() -> None:
    with Served(samples.full(), judge=FakeJudge(held=True)) as served:
        api = Api(served, None)
        keep(api.keeper, s="score 80", t="score 10")
        run_id = api.start()
        cancelled = api.ask("DELETE", f"{RUNS}/{run_id}")
        assert (cancelled.status_code, cancelled.json()["status"], cancelled.json()["counts"]["cancelled"]) == (200, "cancelled", 2)
        assert {each["state"] for each in api.get(f"{RUNS}/{run_id}")["sessions"]} == {"cancelled"}
        assert api.ask("DELETE", f"{RUNS}/{run_id}").json()["status"] == "cancelled"
        api.close()


def test_an_unknown_run_is_404(api: Api) -> None:
    for method in ("GET", "DELETE"):
        assert "there is no run 'x'" in problem(api.ask(method, f"{RUNS}/x"), 404)


@pytest.mark.parametrize(
    ("wish", "said"),
    [
        ({"scope": "some"}, "field of the body 'scope'"),
        ({"scope": "session"}, "`session_id` goes with scope `session`"),
        ({"scope": "all", "session_id": "s"}, "`session_id` goes with scope `session`"),
        ({"limit": 0}, "field of the body 'limit'"),
        ({"limit": 10_001}, "field of the body 'limit'"),
        ({"since": "yesterday"}, "field of the body 'since'"),
        ({"dry_run": "yes"}, "field of the body 'dry_run'"),
        ({"dryrun": True}, "unknown field of the body 'dryrun'"),
        ({"session_id": "nobody"}, "no text of session 'nobody' is kept"),
        ({"session_id": "a\x00"}, "is kept, so it cannot be judged"),
        ({"since": 1e30}, "field of the body 'since'"),
        ({"model": "a\nb"}, "field of the body 'model'"),
        ({"backend": "nobody"}, "there is no judge 'nobody'; there are fake, other"),
    ],
)
def test_a_wrong_wish_is_named_and_nothing_is_started(api: Api, wish: dict[str, Any], said: str) -> None:
    assert said in problem(api.ask("POST", RUNS, wish), 400)
    assert api.get(RUNS)["runs"] == []


def test_without_a_judge_a_run_is_refused_with_the_setting_and_everything_else_works(unjudged: Api) -> None:
    hand_in(unjudged, "s")
    for body in ({}, {"dry_run": True}):
        said = problem(unjudged.ask("POST", RUNS, body), 409)
        assert "[[judge.backends]]" in said
        assert "OTEL_QUALITY_JUDGE_BACKENDS" in said
    assert unjudged.get("/v1/sessions")["sessions"][0]["status"] == "pending"
    stats = unjudged.get("/v1/evaluations/stats")
    assert (stats["configured"], stats["judge_version"], stats["weeks"]) == (False, None, [])
    assert unjudged.get("/v1/evaluations/trust")["configured"] is False
    evaluated(unjudged, "s", 80.0)
    assert unjudged.get("/v1/sessions")["sessions"][0]["status"] == "evaluated"
    assert unjudged.get("/v1/evaluations/stats")["judge_version"] == VERSIONS.judge


def test_a_judge_whose_library_is_missing_is_told_before_anything_starts(api: Api) -> None:
    keep(api.keeper, s="score 80")
    assert "pip install" in problem(api.ask("POST", RUNS, {"model": "no-library"}), 409)
    assert api.get(RUNS)["runs"] == []


def test_while_history_is_away_everything_about_it_is_503(api: Api) -> None:
    api.keeper.fails = StoreUnavailable("the disk is full")
    reads = ("/v1/feedback", "/v1/sessions", "/v1/sessions/s", RUNS, f"{RUNS}/r", "/v1/evaluations/stats", "/v1/evaluations/trust")
    answers = [api.ask("GET", path) for path in reads]
    answers += [api.say(), api.ask("POST", RUNS, {}), api.ask("POST", RUNS, {"dry_run": True}), api.ask("DELETE", f"{RUNS}/r")]
    for answer in answers:
        assert "the disk is full" in problem(answer, 503)
        assert answer.headers["retry-after"] == "5"


# What they add up to


def test_trends_are_weekly_means_and_can_be_split_by_complexity(api: Api) -> None:
    for session, score in (("a", 20.0), ("b", 80.0), ("c", 90.0)):
        hand_in(api, session)
        evaluated(api, session, score)
    hand_in(api, "long-ago")
    evaluated(api, "long-ago", 50.0, ago_ns=14 * DAY_NS)
    api.say(), api.say(author="ada", rating=-1)
    stats = api.get("/v1/evaluations/stats", days=7)
    (week,) = stats["weeks"]
    assert (week["week"], week["start"], week["bucket"], week["sessions"]) == ("2026-W47", "2026-11-16T00:00:00.000000Z", "all", 3)
    assert week["axes"]["efficiency"] == {"mean": pytest.approx(190 / 3), "samples": 3}
    assert week["axes"]["self_extension"] == {"mean": None, "samples": 0}
    assert [(each["week"], each["up"], each["down"]) for each in stats["feedback"]] == [("2026-W47", 1, 1)]
    assert len(api.get("/v1/evaluations/stats", days=30)["weeks"]) == 2
    split = api.get("/v1/evaluations/stats", days=7, by_complexity="true")["weeks"]
    assert [(each["bucket"], each["sessions"]) for each in split] == [("0-25", 1), ("76+", 2)]


@pytest.mark.parametrize("days", [0, 366, "many"])
def test_days_of_trends_have_bounds(unjudged: Api, days: object) -> None:
    assert "query parameter 'days'" in problem(unjudged.ask("GET", "/v1/evaluations/stats", days=days), 400)


def test_trust_tells_figures_with_what_they_rest_on_and_how_the_judge_scores_the_reference_sessions(api: Api) -> None:
    empty = api.get("/v1/evaluations/trust")
    assert {(each["value"], each["samples"]) for each in empty["figures"]} == {(None, 0)}
    assert (empty["configured"], empty["drifts"]) == (True, [])
    keep(api.keeper, **{f"s{number}": f"score {number * 8}" for number in range(12)})
    api.run()
    for versions, score, ago_ns in ((Versions("1:older", "1"), 40.0, DAY_NS), (VERSIONS, 70.0, 0)):
        for number in range(6):
            evaluated(api, f"anchor/{number}", score, versions=versions, ago_ns=ago_ns, run=versions.judge, anchor=True)
    told = api.get("/v1/evaluations/trust")
    figures = {each["name"]: each for each in told["figures"]}
    agreement, outcome = figures["expert_agreement_goal_completion"], figures["outcome_auc"]
    assert (agreement["value"], agreement["samples"]) == (pytest.approx(1.0), 12)
    assert agreement["low"] <= agreement["value"] <= agreement["high"]
    assert "Krippendorff" in agreement["about"]
    assert (outcome["value"], outcome["low"], outcome["samples"]) == (None, None, 0)
    older, present = told["drifts"]
    assert (older["judge_version"], older["reference"], present["judge_version"]) == ("1:older", True, VERSIONS.judge)
    assert (present["verdict"], present["shift"]["value"], present["shift"]["samples"]) == ("shifted", 30.0, 6)


# The description


def test_answers_fit_the_description(api: Api) -> None:
    description = api.get("/openapi.json")
    keep(api.keeper, s="score 80", t="fail")
    run = api.run()
    api.say(session_id="s", author="ada")
    dry = api.ask("POST", RUNS, {"dry_run": True})
    started = api.ask("POST", RUNS, {"scope": "all"})
    made = [
        (api.ask("GET", "/v1/feedback"), "get", "/v1/feedback"),
        (api.say(session_id="t"), "post", "/v1/feedback"),
        (api.say(session_id="t"), "post", "/v1/feedback"),
        (dry, "post", RUNS),
        (started, "post", RUNS),
        (api.ask("GET", RUNS), "get", RUNS),
        (api.ask("GET", f"{RUNS}/{run['id']}"), "get", RUNS + "/{run_id}"),
        (api.ask("DELETE", f"{RUNS}/{run['id']}"), "delete", RUNS + "/{run_id}"),
        (api.ask("GET", "/v1/evaluations/stats", by_complexity="true"), "get", "/v1/evaluations/stats"),
        (api.ask("GET", "/v1/evaluations/trust"), "get", "/v1/evaluations/trust"),
        (api.ask("GET", "/v1/sessions"), "get", "/v1/sessions"),
        (api.ask("GET", "/v1/sessions/s"), "get", "/v1/sessions/{session_id}"),
    ]
    assert {answer.status_code for answer, _, _ in made} == {200, 201, 202}
    for answer, method, path in made:
        described = next(found for name, found in description["paths"].items() if re.sub(":path", "", name) == path)
        schema = described[method]["responses"][str(answer.status_code)]["content"]["application/json"]["schema"]
        validator = jsonschema.Draft202012Validator(schema | {"components": description["components"]})
        validator.validate(answer.json())
        with pytest.raises(jsonschema.ValidationError):
            validator.validate({"nothing": "of it"})
