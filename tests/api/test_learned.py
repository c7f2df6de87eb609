"""The API's calls about what executions teach, over a real store."""

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI

from otel_quality.api.app import create_app
from otel_quality.service import archive
from otel_quality.vocabulary.parameters import params_hash
from tests import samples
from tests.api.asking import ask, problem
from tests.api.test_app import FakeProcessor
from tests.core.reports.knowing import ADAPTATION, POLICY
from tests.service.keeper import DAY_NS, FAILED, HOUR_NS, NOW_NS, Keeper, execution, messages

PARAMS = {"path": ".", "depth": 2}


@pytest.fixture
def keeper() -> Iterator[Keeper]:
    keeper = Keeper()
    yield keeper
    keeper.close()


@pytest.fixture
def app(keeper: Keeper) -> FastAPI:
    made = [
        *(execution(number, success=number < 6) for number in range(10)),
        *(execution(number, agent="bilbo", model="llama-4", latency_ns=50_000_000) for number in range(10, 14)),
        *(execution(number, tool="git_status", params_hash=params_hash(PARAMS)) for number in range(20, 22)),
        execution(30, ago_ns=5 * DAY_NS),
        execution(31, ago_ns=40 * DAY_NS, tool="old_tool"),
    ]
    keeper.tell(lambda store: store.put_executions(made))
    return create_app(FakeProcessor(samples.full()), keeper.archive(), keeper.opinions(), version="1")


def get(app: FastAPI, path: str) -> Any:
    answer = ask(app, path)
    assert answer.status_code == 200, answer.text
    return answer.json()


def predict(app: FastAPI, **body: Any) -> Any:
    answer = ask(app, "/v1/predictions", method="POST", body=body)
    assert answer.status_code == 201, answer.text
    return answer.json()


def test_tools_come_with_patterns_over_all_parameters_and_their_best_agent(app: FastAPI) -> None:
    body = get(app, "/v1/tools")
    assert [each["tool"] for each in body["tools"]] == ["run_tests", "git_status", "old_tool"]
    first = body["tools"][0]
    assert (first["outcomes"]["samples"], first["outcomes"]["successes"]) == (15, 11)
    assert (first["optimal_agent"], first["confidence"]) == ("bilbo", 1.0)
    assert {each["params_hash"] for each in body["patterns"]} == {None}
    assert (body["by_parameters"], body["effects"]) == ([], [])


def test_tools_of_the_last_days_leave_older_ones_out(app: FastAPI) -> None:
    assert [each["tool"] for each in get(app, "/v1/tools?days=30")["tools"]] == ["run_tests", "git_status"]


def test_a_tools_best_agent_is_found_beyond_the_patterns_that_are_listed(
    app: FastAPI, keeper: Keeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "_PATTERNS", 1)
    rare = [execution(number, tool="rare", agent="bilbo") for number in range(200, 203)]
    keeper.tell(lambda store: store.put_executions(rare))
    body = get(app, "/v1/tools")
    assert len(body["patterns"]) == 1
    assert {each["tool"]: each["optimal_agent"] for each in body["tools"]}["rare"] == "bilbo"


def test_one_tool_is_told_by_parameters_and_by_time_too(app: FastAPI) -> None:
    body = get(app, "/v1/tools?tool=run_tests")
    assert [each["tool"] for each in body["tools"]] == ["run_tests"]
    assert {each["params_hash"] for each in body["by_parameters"]} == {"ab" * 8}
    assert {each["when"] for each in body["effects"] if each["by"] == "weekday"} == {"Friday", "Monday"}


def test_agents_over_the_last_days_with_velocity(app: FastAPI) -> None:
    body = get(app, "/v1/agents?days=3")
    assert body["days"] == 3
    ezra, bilbo = body["agents"]
    assert (ezra["agent"], ezra["outcomes"]["samples"], ezra["mean_latency_ms"]) == ("ezra", 12, 812.0)
    assert (round(ezra["velocity"]["change"], 3), ezra["velocity"]["trend"]) == (-0.333, "declining")
    assert (bilbo["agent"], bilbo["velocity"]["trend"], bilbo["prediction_accuracy"]) == ("bilbo", "stable", 0.5)
    assert body["velocity"]["recent_samples"] == 16


def test_models_by_task_and_the_best_one(app: FastAPI) -> None:
    models = get(app, "/v1/models?task=debugging")["models"]
    assert [(each["model"], each["outcomes"]["samples"], each["best"]) for each in models] == [
        ("claude-sonnet-4-5", 14, True),
        ("llama-4", 4, False),
    ]
    assert get(app, "/v1/models?task=poetry") == {"models": []}


def test_a_prediction_says_why_and_what_it_rests_on(app: FastAPI) -> None:
    made = predict(app, tool="run_tests", agent="bilbo", params_hash="ab" * 8)
    assert set(made) == {"id", "probability", "reason", "samples"}
    assert (made["probability"], made["samples"]) == (1.0, 4)
    assert made["reason"].startswith("excellent")


def test_parameters_and_their_hash_are_the_same_question(app: FastAPI) -> None:
    answers = [predict(app, tool="git_status", agent="ezra", **how) for how in ({"params": PARAMS}, {"params_hash": params_hash(PARAMS)})]
    assert {(each["probability"], each["reason"], each["samples"]) for each in answers} == {(0.5, "insufficient data", 2)}
    assert predict(app, tool="run_tests", agent="ezra")["samples"] == 11


def test_predictions_are_recorded_and_matched_with_what_happened(app: FastAPI, keeper: Keeper) -> None:
    made = predict(app, tool="run_tests", agent="bilbo")
    keeper.now_ns += 1000
    predict(app, tool="unheard", agent="bilbo")
    happened = [execution(90, success=False, agent="bilbo", ago_ns=-HOUR_NS, prediction_id=made["id"])]
    keeper.tell(lambda store: store.match_predictions(happened, within_ns=DAY_NS))
    body = get(app, "/v1/predictions")
    assert [(each["tool"], each["success"]) for each in body["predictions"]] == [("unheard", None), ("run_tests", False)]
    assert (body["accuracy"]["matched"], body["accuracy"]["accuracy"], body["accuracy"]["brier"]) == (1, 0.0, 1.0)
    assert [each["id"] for each in get(app, "/v1/predictions?limit=1&offset=1")["predictions"]] == [made["id"]]


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({}, "field of the body 'tool': Field required"),
        ({"tool": ""}, "field of the body 'tool'"),
        ({"tool": "x" * 129}, "field of the body 'tool'"),
        ({"tool": "sh", "params": [1]}, "field of the body 'params'"),
        ({"tool": "sh", "params_hash": "XYZ"}, "field of the body 'params_hash'"),
        ({"tool": "sh", "params": {}, "params_hash": "ab" * 8}, "give `params` or `params_hash`, not both"),
        ({"tool": "sh", "agnt": "x"}, "unknown field of the body 'agnt'; allowed: tool, agent, params, params_hash"),
    ],
)
def test_a_wrong_question_records_nothing(app: FastAPI, body: Any, says: str) -> None:
    assert problem(ask(app, "/v1/predictions", method="POST", body=body), 400).startswith(says)
    assert get(app, "/v1/predictions")["predictions"] == []


def test_adaptations_and_policies(app: FastAPI, keeper: Keeper) -> None:
    keeper.tell(lambda store: store.adapt(ADAPTATION))
    (made,) = get(app, "/v1/adaptations")["adaptations"]
    assert (made["policy"], made["old"], made["new"], made["time"]) == (POLICY, 0.8, 0.7, "2026-09-21T14:13:20Z")
    assert get(app, "/v1/policies") == {"policies": [get(app, f"/v1/policies/{POLICY}")]}
    assert get(app, f"/v1/policies/{POLICY}")["value"] == 0.7


def test_a_policy_that_was_never_set_is_404(app: FastAPI) -> None:
    assert "was never set" in problem(ask(app, "/v1/policies/nobody.patience"), 404)


def test_the_weekly_report_is_made_and_kept(app: FastAPI, keeper: Keeper) -> None:
    ask(app, "/v1/sessions", method="POST", body={"id": "s", "messages": messages(*[("run_tests", FAILED)] * 3)})
    made = get(app, "/v1/reports/weekly")
    assert (made["week"], made["over"], made["figures"]["sessions"]) == ("2026-W47", False, 1)
    assert made["tools"][0]["name"] == "run_tests"
    assert keeper.tell(lambda store: [each.week for each in store.reports()]) == ["2026-W47"]
    assert get(app, "/v1/reports/weekly?week=2026-W46")["figures"]["sessions"] == 0


def test_a_kept_report_outlives_the_sessions_of_its_week(app: FastAPI, keeper: Keeper) -> None:
    ask(app, "/v1/sessions", method="POST", body={"id": "s", "messages": messages()})
    made = get(app, "/v1/reports/weekly")
    keeper.tell(lambda store: store.delete_session("s"))
    keeper.now_ns += 100 * DAY_NS
    assert get(app, "/v1/reports/weekly?week=2026-W47") == made


@pytest.mark.parametrize("week", ["2026-47", "2026-W60", "2027-W05"])
def test_a_wrong_week_is_named(app: FastAPI, week: str) -> None:
    assert problem(ask(app, f"/v1/reports/weekly?week={week}"), 400).startswith("query parameter 'week': ")


def test_the_summary_of_the_last_days(app: FastAPI) -> None:
    ask(app, "/v1/sessions", method="POST", body={"id": "s", "messages": messages(("run_tests", "ok"))})
    body = get(app, "/v1/reports/summary?days=2")
    assert (body["days"], body["figures"]["sessions"], [each["day"] for each in body["by_day"]]) == (2, 1, ["2026-11-21"])
    assert [(each["name"], each["count"]) for each in body["errors"]] == [("timeout", 4)]


def test_the_intelligence_report_has_all_of_it(app: FastAPI, keeper: Keeper) -> None:
    keeper.tell(lambda store: store.set_policy("x", 1.0, now_ns=NOW_NS))
    body = get(app, "/v1/reports/intelligence?days=7")
    assert body["outcomes"]["samples"] == 17
    assert [each["agent"] for each in body["agents"]] == ["ezra", "bilbo"]
    assert {each["model"] for each in body["models"]} == {"claude-sonnet-4-5", "llama-4"}
    assert body["policies"] == [{"name": "x", "value": 1.0, "updated": "2026-11-21T00:00:00Z"}]
