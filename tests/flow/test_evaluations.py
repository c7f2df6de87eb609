"""Judged quality from a terminal: session files handed to a real processor, judged by the fake judge over the wire, looked at, with a token."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from otel_quality.vocabulary import metrics
from tests.flow.judged import KEY, fill, judged_by
from tests.flow.programs import ROOT, Program, Serve, free_port, get_text, until
from tests.judge.fake import FakeJudge, judge
from tests.service.keeper import messages

TOKEN = "correct-horse-battery-staple"
DEADLINE_S = 120.0


@pytest.fixture(scope="module")
def fake() -> Iterator[FakeJudge]:
    with judge(key=KEY) as fake:
        yield fake


@pytest.fixture(scope="module")
def serve(fake: FakeJudge, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serve]:
    environment = judged_by(fake, anchors="off") | {"OTEL_QUALITY_SERVER_API_TOKEN": TOKEN}
    with Serve(tmp_path_factory.mktemp("data"), environment=environment) as serve:
        yield serve


def cli(serve: Serve, *arguments: str, token: str = TOKEN) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "otel_quality", *arguments, "--api", f"http://{serve.api}"]
    environment = {"PATH": "/usr/bin", "OTEL_QUALITY_API_TOKEN": token}
    return subprocess.run(command, cwd=ROOT, env=environment, check=False, capture_output=True, text=True, timeout=DEADLINE_S)


def told(ran: subprocess.CompletedProcess[str]) -> Any:
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


def test_session_files_are_kept_masked_judged_shown_and_rated(serve: Serve, fake: FakeJudge, tmp_path: Path) -> None:
    file = tmp_path / "sessions.jsonl"
    said = messages(("sh", "ok"), request="Mail ann@example.com that it is done")
    file.write_text("".join(json.dumps({"id": name, "messages": said}) + "\n" for name in ("first", "second")))

    assert cli(serve, "sessions", "add", str(file)).returncode == 0
    dry = told(cli(serve, "eval", "run", "--dry-run", "--json"))
    assert (dry["sessions"], fake.seen) == (2, [])

    run = told(cli(serve, "eval", "run", "--json"))
    assert (run["status"], run["counts"]["ok"]) == ("done", 2)
    assert run["spent"]["calls"] == len(fake.seen)
    assert run["spent"]["input_tokens"] == sum(each.input_tokens for each in fake.seen)
    assert all("ann@example.com" not in each.question.record and "[EMAIL]" in each.question.record for each in fake.seen)

    assert told(cli(serve, "feedback", "first", "0", "up", "--json"))["rating"] == 1
    shown = told(cli(serve, "eval", "show", "first", "--json"))
    assert (shown["status"], shown["likes"], shown["messages"]) == ("evaluated", 1, 4)
    assert shown["evaluations"][0]["masked"] == {"EMAIL": 1}
    assert "first  evaluated" in cli(serve, "eval", "show", "first").stdout
    assert told(cli(serve, "eval", "stats", "--json"))["weeks"][0]["sessions"] == 2
    assert len(told(cli(serve, "eval", "runs", "--json"))["runs"]) == 1

    for line in (
        f'{metrics.EVALUATION_SESSIONS.name}{{axis="goal_completion",bucket="all"}} 2.0',
        f'{metrics.EVALUATION_RUNS.name}{{state="done"}} 1.0',
        f'{metrics.FEEDBACK.name}{{rating="up"}} 1.0',
        f'{metrics.FEEDBACK.name}{{rating="down"}} 0.0',
    ):
        until(lambda line=line: line in get_text(f"http://{serve.metrics}/metrics"), DEADLINE_S, line)  # type: ignore[misc]


def test_who_waits_for_a_run_waits_through_a_restart_of_the_processor(tmp_path: Path) -> None:
    fill(tmp_path, 3)
    port = ("--api-port", str(free_port()))
    command = [sys.executable, "-m", "otel_quality", "eval", "run", "--json", "--api", f"http://127.0.0.1:{port[1]}"]
    with judge(key=KEY, always="slow") as fake:
        environment = judged_by(fake, anchors="off")
        with Serve(tmp_path, *port, environment=environment) as serve, Program(command) as waiting:
            assert fake.held.wait(DEADLINE_S)
            serve.stop(signal.SIGKILL)
            fake.always = "good"
            with Serve(tmp_path, *port, environment=environment):
                assert waiting.process.wait(DEADLINE_S) == 0, waiting.output()
            waiting.stop()
            assert json.loads("\n".join(waiting.lines))["counts"]["ok"] == 3


def test_without_the_token_nothing_changes_and_everything_is_read(serve: Serve) -> None:
    for command in (("eval", "run"), ("feedback", "first", "1", "down")):
        refused = cli(serve, *command, token="")
        assert (refused.returncode, refused.stdout, refused.stderr.count("\n")) == (2, "", 1)
        assert "OTEL_QUALITY_API_TOKEN" in refused.stderr
    assert cli(serve, "eval", "runs", token="").returncode == 0
    assert cli(serve, "sessions", token="").returncode == 0
    assert TOKEN not in serve.output()
