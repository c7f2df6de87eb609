"""The API's calls about runs and what they add up to, over loopback, with real runs behind a fake judge; and every wrong call's one line."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import jsonschema
import pytest

from otel_quality.core.evaluations.record import Versions
from otel_quality.vocabulary.errors import StoreUnavailable
from tests import samples
from tests.api.asking import problem
from tests.api.judged import DEADLINE_S, RUNS, Api, evaluated, hand_in, serving
from tests.cli.served import Served
from tests.flow.programs import until
from tests.service.judging.bench import keep
from tests.service.judging.fake import EXPERTS, VERSIONS, FakeJudge
from tests.service.keeper import DAY_NS


@pytest.fixture
def api() -> Iterator[Api]:
    with serving(FakeJudge()) as api:
        yield api


@pytest.fixture
def unjudged() -> Iterator[Api]:
    with serving(None) as api:
        yield api


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
        ({"scope": "session"}, "the body is wrong: scope `session` needs `session_id`"),
        ({"scope": "all", "session_id": "s"}, "the body is wrong: `session_id` goes with scope `session`, and with no other"),
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
