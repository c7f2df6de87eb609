"""The intelligence report: its numbers are those of the records it is made of, and its page fits."""

import json
from dataclasses import asdict
from typing import Any

from otel_quality.core.reports import lines
from otel_quality.core.reports.intelligence import Intelligence, intelligence
from otel_quality.core.reports.pages import intelligence_page
from otel_quality.core.reports.rendering import COLUMNS, text
from otel_quality.core.tools.knowledge import Tally
from tests.core.reports.knowing import NOON_NS, POLICY, known


def report() -> Intelligence:
    return intelligence(known(), days=7, now_ns=NOON_NS)


def test_tools_come_with_their_optimal_agent_and_its_rate() -> None:
    first, second = report().tools
    assert (first.tool, first.outcomes.failures, first.optimal_agent, first.confidence) == ("run_tests", 18, "bilbo", 0.7)
    assert (second.tool, second.optimal_agent, second.confidence) == ("git_status", None, 0.5)


def test_the_best_model_of_a_task_type_has_enough_samples() -> None:
    assert [(each.model, each.best) for each in report().models] == [("claude-sonnet-4-5", True), ("llama-4", False)]


def test_agents_come_with_velocity_and_prediction_accuracy() -> None:
    ezra, nameless = report().agents
    assert (ezra.velocity.trend, round(ezra.velocity.change, 9)) == ("declining", -0.2)
    assert (ezra.prediction_accuracy, ezra.predictions) == (0.4, 10)
    assert (nameless.velocity.trend, nameless.prediction_accuracy, nameless.predictions) == ("stable", 0.5, 0)


def test_calibration_says_what_was_predicted_and_what_happened() -> None:
    did = report().accuracy
    assert (did.matched, did.accuracy, did.brier) == (10, 0.4, 0.25)
    (tenth,) = did.calibration
    assert (tenth.low, tenth.high, tenth.mean_probability, tenth.success_rate) == (0.5, 0.6, 0.5, 0.4)


def test_only_times_that_stand_out_are_in_the_report() -> None:
    assert [each.when for each in report().effects] == ["03:00"]
    assert [each.when for each in lines.effects("weekday", known().weekdays)] == ["Monday"]


def test_everything_of_nothing_is_a_report_too() -> None:
    nothing: dict[str, Any] = {name: {} for name in ("tool_tallies", "tool_agents", "recent", "before")}
    nothing |= dict.fromkeys(("patterns", "models", "agents", "bins", "hours", "weekdays", "adaptations", "policies"), ())
    made = intelligence(known(**nothing), days=7, now_ns=NOON_NS)
    assert made.outcomes == lines.outcomes(Tally())
    assert "None yet." in text(intelligence_page(made))


def test_a_report_is_its_own_json() -> None:
    assert json.loads(json.dumps(asdict(report())))["policies"] == [{"name": POLICY, "value": 0.7, "updated": "2026-09-21T14:13:20Z"}]


def test_the_page_has_every_part_and_fits() -> None:
    page = text(intelligence_page(report()))
    assert max(map(len, page.splitlines())) <= COLUMNS
    assert "Learning is declining: -20 points of success rate" in page
    for part in ("bilbo (70 %)", f"{POLICY}: 0.8 -> 0.7", "10 predictions matched, 40 % came true, Brier score 0.250", "03:00"):
        assert part in " ".join(page.split()), part
