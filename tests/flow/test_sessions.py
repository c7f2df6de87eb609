"""From an agent observed by the SDK to its graded session: through the processor, late spans, a restart, and advice back to the agent."""

import os
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

from tests.flow.programs import ROOT, Serve, get_text, until
from tests.wire.otlp import request, span

CONVERSATION = "conv-42"
TOOL = {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "git"}


def agent(serve: Serve, *arguments: str) -> list[str]:
    """Run the agent; what it printed."""
    environment = os.environ | {"OTEL_EXPORTER_OTLP_ENDPOINT": f"http://{serve.otlp_http}", "OTEL_QUALITY_API_URL": f"http://{serve.api}"}
    command = [sys.executable, "-m", "tests.flow.agent", *arguments]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.splitlines()


def session(serve: Serve, *, revision: int = 0) -> dict[str, Any]:
    """The session in full, once it has a grade of this revision."""

    def found() -> dict[str, Any] | None:
        if not any(each["id"] == CONVERSATION for each in serve.get("/v1/sessions")["sessions"]):
            return None
        whole: dict[str, Any] = serve.get(f"/v1/sessions/{CONVERSATION}")
        return whole if whole["revisions"][0]["revision"] >= revision else None

    return until(found, 60, lambda: f"revision {revision} of the session; there are {serve.get('/v1/sessions')}")


def post(serve: Serve, *spans: dict[str, Any]) -> None:
    body = urllib.request.Request(
        f"http://{serve.otlp_http}/v1/traces", request(*spans), {"content-type": "application/x-protobuf"}, method="POST"
    )
    with urllib.request.urlopen(body, timeout=60) as answer:
        assert answer.status == 200


def test_a_session_is_graded_revised_by_what_comes_late_and_goes_on_after_a_restart(tmp_path: Path) -> None:
    with Serve(tmp_path) as serve:
        agent(serve, "run", CONVERSATION)
        first = session(serve)
        assert (first["api_calls"], first["tool_calls"], first["errors"], first["ended"]) == (2, 3, 1, True)
        assert (first["agents"], first["models"], first["platform"]) == (["ezra"], ["claude-x"], "shop")
        assert (first["task"], first["task_type"], first["input_tokens"]) == ("code", "debugging", 200)
        graded = first["grade"]
        assert (graded["task_completed"], graded["response_quality"], graded["errors_recovered"]) == (True, 4.5, True)
        assert (graded["error_types"], graded["tools_with_errors"]) == (["file_not_found"], ["read_file"])
        post(serve, span(TOOL | {"gen_ai.conversation.id": CONVERSATION}, number=77))
        late = session(serve, revision=1)
        assert (late["tool_calls"], late["ended"]) == (4, True)
        agent(serve, "late", CONVERSATION)
        assert serve.stop() == 0
    with Serve(tmp_path) as serve:
        reopened = session(serve, revision=2)
        assert reopened["api_calls"] == 3, "what was open at the end is kept as it stood"
        assert reopened["grade"]["task_completed"] is False, "the last answer speaks against it"
        agent(serve, "late", CONVERSATION)
        assert serve.stop() == 0
    with Serve(tmp_path) as serve:
        again = session(serve, revision=3)
        assert (again["api_calls"], again["tool_calls"]) == (4, 4), "what an earlier life has seen is not forgotten"


def test_what_executions_taught_comes_back_to_the_agent(tmp_path: Path) -> None:
    now_ns = time.time_ns()
    failed = [
        span(
            TOOL | {"gen_ai.agent.name": "ezra", "error.type": "TimeoutError"},
            number=1000 + number,
            failed=True,
            start_time_unix_nano=now_ns - 10**9,
            end_time_unix_nano=now_ns,
        )
        for number in range(30)
    ]
    with Serve(tmp_path) as serve:
        for number in range(3):
            agent(serve, "run", f"conv-{number}")
        post(serve, *failed)
        page = f"http://{serve.metrics}/metrics"
        wanted = 'llmq_tool_calls_total{agent="ezra",outcome="timeout",tool="git"} 30.0'
        until(lambda: wanted in get_text(page), 60, "the tool's failures on /metrics")
        assert 'llmq_sessions_total{grade="completed",task="debugging"} 3.0' in get_text(page)
        assert serve.stop() == 0
    with Serve(tmp_path) as serve:  # adaptations are looked at when the processor starts
        predicted, policy = agent(serve, "advised", "read_file", "ezra")
        assert predicted.startswith("predicted 1.0 ")
        assert policy.startswith("policy 0."), "the rule has lowered it"
        (answered,) = until(lambda: [each for each in serve.get("/v1/predictions")["predictions"] if each["success"]], 60, "what happened")
        assert (answered["tool"], answered["agent"], answered["probability"]) == ("read_file", "ezra", 1.0)


def test_a_run_that_turns_out_to_be_part_of_a_conversation_is_one_session_with_it(tmp_path: Path) -> None:
    run, asked = {"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "ezra"}, {"gen_ai.conversation.id": CONVERSATION}
    trace = f"{9:032x}"
    with Serve(tmp_path) as serve:
        post(serve, span(run, number=9), span(TOOL, number=9, span_id=b"childone", parent_span_id=(9).to_bytes(8, "big")))
        until(lambda: [each["id"] for each in serve.get("/v1/sessions")["sessions"]] == [trace], 60, "the run as a session of its own")
        post(serve, span(TOOL | asked | {"otel_quality.session.end": True}, number=9, span_id=b"childtwo"))
        until(lambda: [each["id"] for each in serve.get("/v1/sessions")["sessions"]] == [CONVERSATION], 60, "the conversation alone")
        whole = serve.get(f"/v1/sessions/{CONVERSATION}")
        assert (whole["tool_calls"], whole["agents"], whole["ended"]) == (2, ["ezra"], True)
        page = get_text(f"http://{serve.metrics}/metrics")
        assert 'llmq_sessions_total{grade="completed",task="general"} 1.0' in page, "it is counted once"
        assert serve.stop() == 0
