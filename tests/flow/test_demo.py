"""`otel-quality demo` as a user runs it: the right backend is found, nothing is left behind unless asked for."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from otel_quality.vocabulary.alerts import BACKEND_DRIFTING
from tests.flow.programs import ROOT, Program, Serve, get_json, until

DEMO = [sys.executable, "-m", "otel_quality", "demo"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the demo puts what it throws away."""
    return tmp_path_factory.mktemp("demo")


@pytest.fixture(scope="module")
def outcome(folder: Path) -> dict[str, Any]:
    """The JSON of one short demo, run under settings of the user's that must not matter."""
    hostile = {"OTEL_SDK_DISABLED": "true", "OTEL_TRACES_SAMPLER": "always_off", "OTEL_QUALITY_DRIFT_WINDOW": "5", "TMPDIR": str(folder)}
    ran = subprocess.run(
        [*DEMO, "--json", "--seconds", "12"], cwd=ROOT, env=os.environ | hostile, capture_output=True, text=True, timeout=300, check=False
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    answer: dict[str, Any] = json.loads(ran.stdout)
    return answer


def test_only_the_backend_that_gets_worse_is_found_to_drift_severely(outcome: dict[str, Any]) -> None:
    severe = [(it["backend"], it["task"]) for it in outcome["drift"] if it["state"] == "severe"]
    assert severe == [("sim-nova", "code")]
    stable = {it["backend"] for it in outcome["drift"] if it["state"] == "stable" and it["task"] == "code"}
    assert stable == {"sim-sage", "sim-swift", "sim-thrift"}


def test_the_verdict_comes_after_the_cause_and_gives_its_reason(outcome: dict[str, Any]) -> None:
    at = {event["kind"]: event for event in outcome["timeline"]}
    causes = [event["at_s"] for event in outcome["timeline"] if event["kind"] == "stage"]
    assert len(causes) == 4
    assert at["severe"]["at_s"] > causes[1]
    assert "length_collapse_ratio" in at["severe"]["reason"] or "empty_response_rate" in at["severe"]["reason"]


def test_the_ranking_has_every_backend_with_samples_and_reasons(outcome: dict[str, Any]) -> None:
    assert outcome["simulated"] is True
    assert {place["backend"] for place in outcome["ranking"]} == {"sim-nova", "sim-sage", "sim-swift", "sim-thrift"}
    assert all(place["samples"] >= 20 and place["state"] == "ok" and place["reasons"] for place in outcome["ranking"])


def test_the_alert_is_worded_as_the_shipped_rules_word_it(outcome: dict[str, Any]) -> None:
    labels = {"backend": "sim-nova", "model": "nova-2", "task": "code"}
    summary, description = BACKEND_DRIFTING.filled(labels)
    assert outcome["alert"] == {
        "alertname": BACKEND_DRIFTING.name,
        "labels": labels | {"severity": "page"},
        "summary": summary,
        "description": description,
    }


def test_the_agents_grade_falls_when_its_tool_breaks_and_the_tool_is_named(outcome: dict[str, Any]) -> None:
    agent = outcome["agent"]
    assert agent["grades"]["best"]["completed"] > 0.9
    assert agent["grades"]["now"]["completed"] < agent["grades"]["best"]["completed"] - 0.3
    assert agent["grades"]["now"]["efficiency"] < agent["grades"]["best"]["efficiency"]
    assert any("search_docs" in each for each in agent["suggestions"])
    at = {event["kind"]: event["at_s"] for event in outcome["timeline"]}
    broke = max(event["at_s"] for event in outcome["timeline"] if event["kind"] == "stage")
    assert broke < at["grade"] <= at["suggestion"]


def test_the_prediction_that_the_agent_hears_comes_from_what_its_tool_did(outcome: dict[str, Any]) -> None:
    prediction = outcome["agent"]["prediction"]
    assert prediction["tool"] == "search_docs"
    assert prediction["probability"] < 0.9
    assert "succeeded" in prediction["reason"]


def test_nothing_is_left_behind(outcome: dict[str, Any], folder: Path) -> None:
    assert outcome["responses"] > 100
    assert list(folder.iterdir()) == []


def test_plain_lines_tell_the_story_and_what_is_kept_goes_on_answering(tmp_path: Path) -> None:
    with Program([*DEMO, "--seconds", "2", "--keep"], environment={"TMPDIR": str(tmp_path)}, ready="Wrap your own calls") as demo:
        assert demo.process.wait(120) == 0
    assert demo.lines[0] == "otel_quality demo: simulated backends, real SDK, real OTLP"
    assert not any("\x1b" in line for line in demo.lines)
    api, pid = (demo.wait_for(pattern, 5)[1] for pattern in (r"^ +ask it +otel-quality scores --api (\S+)$", r"^ +stop it +kill (\d+)$"))
    try:
        until(lambda: get_json(f"{api}/v1/stats")["seen"], 60, "its calls counted")
    finally:
        os.kill(int(pid), signal.SIGTERM)
    until(lambda: _gone(int(pid)), 60, "the kept processor to end")


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_stopped_half_way_it_takes_its_processor_with_it(sign: signal.Signals, tmp_path: Path) -> None:
    with Program([*DEMO, "--seconds", "60"], environment={"TMPDIR": str(tmp_path)}, ready="behind the scenes") as demo:
        assert demo.stop(sign) == 130
        assert not any("Traceback" in line or "Transient" in line for line in demo.lines), demo.output()
    assert list(tmp_path.iterdir()) == []


def test_with_an_endpoint_it_only_sends_until_stopped(tmp_path: Path) -> None:
    with Serve(tmp_path) as serve:
        with Program([*DEMO, "--endpoint", f"http://{serve.otlp_http}", "--seconds", "0"]) as demo:
            until(lambda: serve.get("/v1/stats")["seen"] > 50, 60, demo.output)
            assert demo.stop(signal.SIGTERM) == 130
        assert demo.lines == [f"simulated backends send to http://{serve.otlp_http} until stopped (Ctrl-C)"]


def _gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    stat = Path(f"/proc/{pid}/stat")
    return stat.exists() and stat.read_text().rpartition(")")[2].split()[0] == "Z"
