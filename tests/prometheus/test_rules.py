"""The rules as promtool sees them: they are valid, do what was written down by hand, and a change of any number is noticed."""

import dataclasses
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from prometheus.__main__ import main
from prometheus.alerts import alerts
from prometheus.files import ROOT, generated
from prometheus.rules import rule_file
from prometheus.settings import Settings
from tests.flow.programs import need

HOME = ROOT / "prometheus"
TESTS = sorted((HOME / "tests").rglob("*.yaml"))
WITH_NO_SPANS = Settings(no_spans_min_requests=100)
"""What tests/optional is written for."""


def promtool(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([need("promtool"), *map(str, arguments)], capture_output=True, text=True, timeout=120, check=False)


def tree(folder: Path, settings: Settings, edit: tuple[str, str] = ("", "")) -> Path:
    """A copy of prometheus/ with the rules of other settings and one text replaced in them; the folder of its tests."""
    shutil.copytree(HOME / "tests", folder / "prometheus/tests")
    for path, text in generated(settings).items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    rules = folder / "prometheus/rules/llmq.yaml"
    text = rules.read_text()
    assert edit[0] in text, "the mutation must change something"
    rules.write_text(text.replace(*edit) if edit[0] else text)
    return folder / "prometheus/tests"


def only(folder: Path, test: str) -> Path:
    """The test of a mutation, with no other rules beside it than those that its alerts need: the rest would take most of the time."""
    path, rules = folder / f"{test}.yaml", folder.parent / "rules/llmq.yaml"
    document = yaml.safe_load(rules.read_text())
    (group,) = document["groups"]
    named = set(re.findall(r"LLMQ[A-Za-z]+", path.read_text()))
    needed = [rule for rule in group["rules"] if rule.get("alert") in named]
    for rule in reversed(group["rules"]):
        if "record" in rule and any(rule["record"] in other["expr"] for other in needed):
            needed.insert(0, rule)
    group["rules"] = needed
    rules.write_text(yaml.safe_dump(document))
    return path


@pytest.mark.parametrize(
    "settings", [Settings(), WITH_NO_SPANS, Settings().scaled(1 / 60)], ids=["shipped", "with LLMQNoSpans", "in seconds"]
)
def test_rules_pass_every_lint_and_both_configurations_are_valid(settings: Settings, tmp_path: Path) -> None:
    tree(tmp_path, settings)
    checked = promtool("check", "rules", "--lint=all", "--lint-fatal", tmp_path / "prometheus/rules/llmq.yaml")
    assert checked.returncode == 0, checked.stdout + checked.stderr
    for name in ("prometheus.yml", "prometheus-grafana-alerts.yml"):
        checked = promtool("check", "config", tmp_path / "prometheus" / name)
        assert checked.returncode == 0, checked.stdout + checked.stderr


@pytest.mark.parametrize("test", [path for path in TESTS if path.parent.name == "tests"], ids=lambda path: path.stem)
def test_shipped_rules_do_what_is_written_down(test: Path) -> None:
    answer = promtool("test", "rules", test)
    assert answer.returncode == 0, answer.stdout + answer.stderr


def test_the_opt_in_rules_do_what_is_written_down(tmp_path: Path) -> None:
    answer = promtool("test", "rules", tree(tmp_path, WITH_NO_SPANS) / "optional/no_spans.yaml")
    assert answer.returncode == 0, answer.stdout + answer.stderr


@pytest.mark.parametrize(
    ("test", "changes"),
    [
        ("backend_drifting", {"drift_for_s": 60}),
        ("backend_drifting", {"drift_for_s": 180}),
        ("backend_drifting", {"drift_keep_s": 300}),
        ("backend_drifting", {"drift_keep_s": 900}),
        ("backend_drifting", {"mild_for_s": 600}),
        ("score_low", {"score_floor": 0.5}),
        ("score_low", {"score_floor": 0.62}),
        ("score_low", {"score_min_samples": 19}),
        ("score_low", {"score_min_samples": 21}),
        ("score_low", {"score_for_s": 300}),
        ("error_ratio_high", {"error_ratio": 0.15}),
        ("error_ratio_high", {"error_ratio": 0.7}),
        ("error_ratio_high", {"error_min_requests": 15}),
        ("error_ratio_high", {"error_min_requests": 60}),
        ("error_ratio_high", {"error_for_s": 300}),
        ("completion_falling", {"session_window_s": 4 * 3600}),
        ("completion_falling", {"session_min": 8}),
        ("completion_falling", {"rise_errors": 1}),
        ("completion_falling", {"completion_fall": 0.1}),
        ("completion_falling", {"completion_fall": 0.2}),
        ("completion_falling", {"completion_for_s": 3600}),
        ("completion_falling", {"agents_keep_s": 7200}),
        ("grades_falling", {"grades_for_s": 300}),
        ("grades_falling", {"grades_for_s": 1200}),
        ("grades_falling", {"agents_keep_s": 300}),
        ("loop_risk", {"loop_ratio": 0.15}),
        ("loop_risk", {"loop_ratio": 0.4}),
        ("loop_risk", {"loop_for_s": 300}),
        ("loop_risk", {"session_min": 8}),
        ("loop_risk", {"agents_keep_s": 300}),
        ("tool_broken", {"tool_error_ratio": 0.4}),
        ("tool_broken", {"tool_error_ratio": 0.9}),
        ("tool_broken", {"tool_min_calls": 8}),
        ("tool_broken", {"tool_min_calls": 20}),
        ("tool_broken", {"tool_for_s": 600}),
        ("tool_broken", {"tool_window_s": 1200}),
        ("tool_usual", {"rise_errors": 20}),
        ("tool_usual", {"past_ago_s": 600}),
        ("completion_falling", {"past_ago_s": 6 * 3600}),
        ("predictions_wrong", {"accuracy_floor": 0.5}),
        ("predictions_wrong", {"accuracy_floor": 0.7}),
        ("predictions_wrong", {"accuracy_min_samples": 19}),
        ("predictions_wrong", {"accuracy_min_samples": 21}),
        ("predictions_wrong", {"accuracy_for_s": 900}),
        ("predictions_wrong", {"agents_keep_s": 900}),
        ("goal_completion_falling", {"evaluation_fall": 0.05}),
        ("goal_completion_falling", {"evaluation_fall": 0.2}),
        ("goal_completion_falling", {"evaluation_errors": 1.5}),
        ("goal_completion_falling", {"evaluation_errors": 3}),
        ("goal_completion_falling", {"evaluation_min_sessions": 29}),
        ("goal_completion_falling", {"evaluation_min_sessions": 31}),
        ("goal_completion_falling", {"evaluation_ago_s": 3 * 86400}),
        ("goal_completion_falling", {"evaluation_for_s": 7200}),
        ("goal_completion_falling", {"agents_keep_s": 7200}),
        ("judge_disagrees", {"judge_agreement": 0.6}),
        ("judge_disagrees", {"judge_agreement": 0.75}),
        ("judge_disagrees", {"judge_min_samples": 19}),
        ("judge_disagrees", {"judge_min_samples": 21}),
        ("judge_disagrees", {"judge_for_s": 900}),
        ("judge_disagrees", {"agents_keep_s": 900}),
        ("judge_shifted", {"judge_shift": 0.04}),
        ("judge_shifted", {"judge_shift": 0.07}),
        ("judge_shifted", {"judge_for_s": 3600}),
        ("judge_shifted", {"judge_shift_told_s": 86400}),
        ("evaluation_run_failed", {"run_failed_s": 1800}),
        ("evaluation_run_failed", {"run_failed_s": 7200}),
        ("optional/no_spans", {"no_spans_min_requests": 10}),
        ("optional/no_spans", {"no_spans_min_requests": 1000}),
        ("optional/no_spans", {"no_spans_after_s": 900}),
        ("down", {"down_for_s": 60}),
        ("intake", {"recent_s": 300}),
    ],
    ids=str,
)
def test_another_threshold_or_duration_fails_the_tests(test: str, changes: dict[str, Any], tmp_path: Path) -> None:
    settings = dataclasses.replace(WITH_NO_SPANS, **changes)
    answer = promtool("test", "rules", only(tree(tmp_path, settings), test))
    assert answer.returncode == 1, answer.stdout
    assert "exp:[" in answer.stdout + answer.stderr, "an expectation must have failed"


@pytest.mark.parametrize(
    ("test", "edit"),
    [
        ("backend_drifting", ("llmq_drift_state) == 3", "llmq_drift_state) >= 2")),
        ("backend_drifting", ("    keep_firing_for: 10m\n", "")),
        ("backend_drifting", ("max by (backend, model, task)", "max by (backend, model, task, instance)")),
        ("score_low", ('{task!="all"}', "")),
        ("score_low", ("< 0.6", "<= 0.6")),
        ("error_ratio_high", ("error|timeout", "error")),
        ("error_ratio_high", ("success|error|refusal|timeout", "success|error|refusal|timeout|cancelled")),
        ("completion_falling", ("1 - (", "(")),
        ("completion_falling", ('{grade="incomplete"}', '{grade="completed"}')),
        ("grades_falling", ("llmq_session_drift_state) == 3", "llmq_session_drift_state) >= 2")),
        ("grades_falling", ("max by (task) (llmq_session_drift", "min by (task) (llmq_session_drift")),
        ("loop_risk", ('dimension="loop_risk"', 'dimension="quality"')),
        ("loop_risk", ("max by (task) (llmq", "max by (task, instance) (llmq")),
        ("tool_broken", ("sum by (tool)", "sum by (tool, agent)")),
        ("tool_broken", (" unless (tool:", " and (tool:")),
        ("tool_broken", ('outcome=~"success|error|timeout"', 'outcome=~"success|error|timeout|cancelled"')),
        ("predictions_wrong", ("min by (agent) (llmq_prediction_accuracy_ratio)", "llmq_prediction_accuracy_ratio")),
        ("goal_completion_falling", ("on () (max by (judge", "on (judge) (max by (judge")),
        ("goal_completion_falling", (', bucket="all"', "")),
        ("goal_completion_falling", ('axis="goal_completion", ', "")),
        (
            "goal_completion_falling",
            ("min by (axis) (llmq_evaluation_score_ratio{", "min by (axis, instance) (llmq_evaluation_score_ratio{"),
        ),
        ("judge_disagrees", ('figure=~"feedback_agreement|outcome_agreement"', 'figure=~".*"')),
        ("judge_shifted", (" > 0 and ", " > -1 and ")),
        ("judge_shifted", (" < 0 and ", " < 1 and ")),
        ("judge_shifted", ('{figure="judge_shift"}', "")),
        ("evaluation_run_failed", ('{state="failed"}', "")),
        ("down", (" or on () vector(0)", "")),
        ("down", ("min(up", "max(up")),
        ("intake", ("llmq_rejected_spans_total unless", "llmq_rejected_spans_total and")),
        ("intake", ("sum by (label)", "sum by (label, instance)")),
    ],
    ids=str,
)
def test_another_expression_fails_the_tests(test: str, edit: tuple[str, str], tmp_path: Path) -> None:
    answer = promtool("test", "rules", only(tree(tmp_path, WITH_NO_SPANS, edit), test))
    assert answer.returncode == 1, answer.stdout
    assert "exp:[" in answer.stdout + answer.stderr, "an expectation must have failed"


def test_rules_use_only_what_prometheus_2_42_and_3_know() -> None:
    expressions = " ".join(rule["expr"] for rule in rule_file(WITH_NO_SPANS)["groups"][0]["rules"])
    words = set(re.findall(r"\b([a-z_]+)\s*\(", re.sub(r'"[^"]*"', "", expressions)))
    assert words <= {"increase", "time", "vector", "min", "max", "sum", "by", "and", "or", "on", "unless"}


def test_no_alert_of_silence_unless_asked_for() -> None:
    assert "LLMQNoSpans" not in {alert.name for alert in alerts(Settings())}
    assert "LLMQNoSpans" in {alert.name for alert in alerts(WITH_NO_SPANS)}


def test_without_a_collector_it_is_neither_scraped_nor_alerted_about(tmp_path: Path) -> None:
    assert main(["--root", str(tmp_path), "--collector", ""]) == 0
    for path in ("prometheus/rules/llmq.yaml", "prometheus/prometheus.yml"):
        assert "ollector" not in (tmp_path / path).read_text()
