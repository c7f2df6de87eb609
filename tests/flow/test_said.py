"""What telemetry says: evaluations as log events of OpenTelemetry's own SDK, and text that is kept only where a team chose to."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.flow.programs import ROOT, Serve, get_text, until
from tests.flow.said import MARKER, SECRET

CONVERSATION = "conv-said"
KEEP = {"OTEL_QUALITY_CONTENT_KEEP": "true"}


def tell(serve: Serve, what: str, *, protocol: str = "http") -> None:
    endpoint = f"http://{serve.otlp_grpc}" if protocol == "grpc" else f"http://{serve.otlp_http}"
    command = [sys.executable, "-m", "tests.flow.said", protocol, endpoint, what, CONVERSATION]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def session(serve: Serve) -> dict[str, Any] | None:
    if not any(each["id"] == CONVERSATION for each in serve.get("/v1/sessions")["sessions"]):
        return None
    whole: dict[str, Any] = serve.get(f"/v1/sessions/{CONVERSATION}")
    return whole


def judged(serve: Serve, *, annotations: int, feedback: int) -> dict[str, Any]:
    """The session once so much was said of it."""

    def found() -> dict[str, Any] | None:
        whole = session(serve)
        return whole if whole and (len(whole["annotations"]), len(whole["feedback"])) == (annotations, feedback) else None

    return until(found, 30, lambda: f"{annotations} annotations and {feedback} opinions; there is {session(serve)}")


def metric(serve: Serve, line: str) -> bool:
    return line in get_text(f"http://{serve.metrics}/metrics")


@pytest.mark.parametrize("protocol", ["http", "grpc", "json"])
def test_evaluations_are_joined_to_their_session_whenever_and_however_often_they_come(tmp_path: Path, protocol: str) -> None:
    with Serve(tmp_path, environment=KEEP) as serve:
        tell(serve, "by_trace,by_response,relevance,thumb", protocol=protocol)
        tell(serve, "spans", protocol=protocol)
        whole = judged(serve, annotations=3, feedback=1)
        assert {each["name"] for each in whole["annotations"]} == {"by_trace", "by_response", "relevance"}
        assert {each["value"] for each in whole["annotations"]} == {0.75}
        (thumb,) = whole["feedback"]
        assert (thumb["rating"], thumb["author"], thumb["source"]) == (1, "ann", "spans")
        assert thumb["message_index"] == 4, "the last message, which was not known when the thumb came"
        assert thumb["comment"] == "mail me at [EMAIL]"
        tell(serve, "relevance,by_trace,thumb,by_response", protocol=protocol)
        until(lambda: metric(serve, 'llmq_processor_evaluation_records_total{result="annotation"} 6.0'), 30, "the repeats counted")
        assert session(serve) == whole, "repeats change nothing, also after the session has ended"


def test_text_is_kept_masked_and_once_where_the_team_chose_to(tmp_path: Path) -> None:
    with Serve(tmp_path, environment=KEEP) as serve:
        tell(serve, "spans")
        until(lambda: (session(serve) or {}).get("has_transcript"), 30, "the text kept")
        assert metric(serve, 'llmq_processor_masked_total{kind="GITHUB_TOKEN"} 1.0')
        assert serve.stop() == 0
    from otel_quality.store.contract import Config
    from otel_quality.store.opening import open_store

    store = open_store(Config(), data_dir=tmp_path)
    said = store.transcript(CONVERSATION)
    store.close()
    assert said is not None
    assert [(line.role, line.name, line.text, line.message) for line in said.lines] == [
        ("system", "", "Be brief.", 0),
        ("user", "", f"Find {MARKER} with [GITHUB_TOKEN]", 1),
        ("assistant", "", "I search.", 2),
        ("call", "search", f'{{"query": "{MARKER}"}}', 2),
        ("result", "search", f"one jar of {MARKER}", 3),
        ("assistant", "", "There is one jar.", 4),
    ]
    assert said.masked == {"GITHUB_TOKEN": 1}


def test_text_that_is_to_be_masked_and_cannot_be_is_told_at_the_start(tmp_path: Path) -> None:
    program = (
        "import sys; sys.modules['datafog'] = None; sys.argv[0] = 'otel-quality'\n"
        "from otel_quality.__main__ import main\n"
        "sys.exit(main())\n"
    )
    command = [sys.executable, "-c", program, "serve", "--data-dir", str(tmp_path)]
    for name in Serve.LISTENERS:
        command += [f"--{name.replace('_', '-')}-port", "0"]
    done = subprocess.run(command, cwd=ROOT, env=os.environ | KEEP, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "pip install 'otel-quality[judge]'" in done.stderr
    assert "content.mask = false" in done.stderr


@pytest.mark.parametrize(("environment", "kept"), [({}, False), (KEEP | {"OTEL_QUALITY_CONTENT_MASK": "false"}, True)])
def test_without_the_teams_choice_no_text_is_anywhere_on_disk(tmp_path: Path, environment: dict[str, str], kept: bool) -> None:
    with Serve(tmp_path, environment=environment) as serve:
        tell(serve, "spans")
        until(lambda: (session(serve) or {}).get("grade"), 30, "the session graded")
        on_disk = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
        assert serve.stop() == 0
    on_disk += b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    from otel_quality.store.contract import Config
    from otel_quality.store.opening import open_store

    store = open_store(Config(), data_dir=tmp_path)
    said = store.transcript(CONVERSATION)
    store.close()
    assert (said is not None) == kept
    if said is not None:
        assert SECRET in said.lines[1].text, "only where masking is off too"
    assert MARKER.encode() not in on_disk or kept
    assert SECRET.encode() not in on_disk or kept
