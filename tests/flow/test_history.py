"""Every command about sessions and executions against a running processor that has taken an agent's spans and session files."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.flow.programs import ROOT, Serve, until
from tests.service.keeper import FAILED, messages

CONVERSATION = "conv/7"


@pytest.fixture(scope="module")
def serve(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serve]:
    """A processor that has seen one agent run, and two sessions by file."""
    folder = tmp_path_factory.mktemp("history")
    files = folder / "sessions.jsonl"
    sessions = [
        {"id": "stuck", "agent": "bilbo", "messages": messages(*[("run_tests", FAILED)] * 6, answer="I could not do it, it failed.")},
        {"id": "fine", "agent": "bilbo", "messages": messages(*[("grep", "x")] * 5)},
    ]
    files.write_text("".join(json.dumps(session) + "\n" for session in sessions))
    with Serve(folder / "data") as serve:
        run(serve, "tests.flow.agent", "run", CONVERSATION)
        assert run(serve, "otel_quality", "sessions", "add", str(files)).count("\n") == 2
        until(lambda: answer(serve, "sessions")["total"] == 3, 30, "three sessions")
        yield serve


def run(serve: Serve, module: str, *words: str) -> str:
    """What a program printed that ended well and said nothing on stderr."""
    environment = os.environ | {"OTEL_EXPORTER_OTLP_ENDPOINT": f"http://{serve.otlp_http}", "OTEL_QUALITY_API_URL": f"http://{serve.api}"}
    command = [sys.executable, "-m", module, *words]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    return done.stdout


def told(serve: Serve, *words: str) -> str:
    return run(serve, "otel_quality", *words)


def answer(serve: Serve, *words: str) -> Any:
    return json.loads(told(serve, *words, "--json"))


def week(serve: Serve) -> str:
    """The ISO week of the sessions, which may be over by now."""
    active = {each["active"] for each in answer(serve, "sessions")["sessions"]}
    return f"{datetime.fromisoformat(max(active)):%G-W%V}"


def test_sessions_of_every_source_are_listed_and_shown(serve: Serve) -> None:
    assert {each["id"]: each["sources"] for each in answer(serve, "sessions")["sessions"]} == {
        CONVERSATION: ["spans"],
        "stuck": ["api"],
        "fine": ["api"],
    }
    shown = told(serve, "sessions", "show", CONVERSATION)
    assert "✗ read_file" in shown
    assert "file_not_found" in shown
    assert "recovered" in shown
    assert "loop" in told(serve, "sessions", "show", "stuck")


def test_what_a_person_says_counts_in_the_weekly_report(serve: Serve) -> None:
    report = ("report", "weekly", "--week", week(serve))
    before = answer(serve, *report)["figures"]["completion_rate"]
    told(serve, "sessions", "override", "fine", "--incomplete", "--note", "it was the wrong file")
    after = answer(serve, *report)["figures"]["completion_rate"]
    told(serve, "sessions", "override", "fine", "--clear")
    assert (round(before, 3), round(after, 3)) == (0.667, 0.333)


def test_tools_agents_and_models_know_spans_and_files(serve: Serve) -> None:
    tools = {each["tool"]: each["outcomes"]["failures"] for each in answer(serve, "tools")["tools"]}
    assert tools == {"run_tests": 6, "grep": 0, "read_file": 1}
    assert {each["agent"] for each in answer(serve, "agents")["agents"]} == {"ezra", "bilbo"}
    assert "claude-x" in {each["model"] for each in answer(serve, "models")["models"]}


def test_a_prediction_follows_what_happened(serve: Serve) -> None:
    assert told(serve, "predict", "run_tests", "--agent", "bilbo").startswith("run_tests by bilbo: 0 %  poor: 0 of 6 succeeded")
    assert "poor" in told(serve, "predict")


def test_reports_are_written_in_every_form(serve: Serve, tmp_path: Path) -> None:
    report = ("report", "weekly", "--week", week(serve))
    weekly = told(serve, *report)
    assert "Error-prone tool: run_tests, 6 errors in 1 session" in weekly
    for form, start in (("markdown", "# Weekly report "), ("html", "<!doctype html>"), ("text", "Weekly report "), ("json", "{")):
        file = tmp_path / form
        told(serve, *report, "--format", form, "--output", str(file))
        assert file.read_text().startswith(start)
    assert "run_tests" in told(serve, "report", "intelligence")
    assert "run_tests" in told(serve, "sessions", "summary")
    assert set(answer(serve, "adaptations")) == {"adaptations", "policies"}
