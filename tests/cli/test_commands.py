"""The commands against the real API over loopback: what they print, and how they fail."""

import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from otel_quality.cli.group import COMMANDS, run
from otel_quality.core.snapshot import Intake, Key, Snapshot
from tests import samples
from tests.cli.ran import Cli, runner
from tests.cli.served import Served
from tests.flow.programs import free_port


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Cli:
    monkeypatch.delenv("OTEL_QUALITY_API_URL", raising=False)

    return runner(capsys)


@pytest.fixture(scope="module")
def full() -> Iterator[Served]:
    with Served(samples.full()) as served:
        yield served


@pytest.fixture(scope="module")
def empty() -> Iterator[Served]:
    with Served(Snapshot()) as served:
        yield served


def words(text: str) -> list[list[str]]:
    return [line.split() for line in text.splitlines() if line.strip()]


def test_scores_is_the_report_ranking_first_then_a_breakdown(cli: Cli, full: Served) -> None:
    ran = cli("scores", "--task", "code", "--api", full.url)
    lines = words(ran.out)
    assert (ran.code, ran.err) == (0, "")
    assert lines[0] == ["Scores", "for", "code"]
    assert lines[2] == ["1", "anthropic", "91.50", "██████████████████░░", "84–95", "95", "%", "812", "ms", "20"]
    assert lines[3] == ["2", "groq", "36.76", "███████░░░░░░░░░░░░░", "20–88", "67", "%", "812", "ms", "3", "(few)"]
    assert lines[4] == ["backend", "requests", "success", "errors", "refusals", "timeouts", "latency", "TTFT", "p95"]
    assert lines[5] == ["anthropic", "20", "19", "1", "0", "0", "812", "ms", "120", "ms", "1900", "ms"]


def test_scores_without_a_task_is_over_all_tasks(cli: Cli, full: Served) -> None:
    assert cli("scores", "--api", full.url).out.startswith("Scores over all tasks")
    assert [line for line in cli("scores", "--task", "*", "--api", full.url).out.splitlines() if line.startswith("Scores")] == [
        "Scores for code"
    ]


def test_an_unknown_backend_is_reported_with_zeros(cli: Cli, full: Served) -> None:
    lines = words(cli("scores", "--backend", "nobody", "--api", full.url).out)
    assert lines[2] == ["-", "nobody", "0.00", "░░░░░░░░░░░░░░░░░░░░", "0–0", "-", "-", "0", "(few)"]


def test_the_report_in_a_pipe_is_plain_and_one_line_per_backend(cli: Cli) -> None:
    long = Key("a-backend-with-a-name-that-is-far-longer-than-any-column-of-a-terminal-would-allow", None, None)
    with Served(samples.snapshot([samples.card(long)])) as served:
        out = cli("scores", "--api", served.url).out
    assert "\x1b" not in out
    assert long.backend in out.splitlines()[2]


def test_recommend_gives_the_order_and_the_reasons(cli: Cli, full: Served) -> None:
    out = cli("recommend", "--task", "code", "--api", full.url).out
    first, second = (line for line in out.splitlines() if "█" in line)
    assert first.split()[:2] == ["1", "anthropic"]
    assert "36.76" in second
    assert "drift severe: empty_response_rate 0.45 > 0.30 (model llama-4)" in out
    assert "61.27" in cli("recommend", "--task", "code", "--min-samples", "3", "--api", full.url).out


def test_recommend_for_an_unheard_task_says_how_to_find_one(cli: Cli, full: Served) -> None:
    assert "No responses for task 'poetry'" in cli("recommend", "--task", "poetry", "--api", full.url).out


def test_drift_lists_the_worst_first_with_its_reason(cli: Cli, full: Served) -> None:
    lines = cli("drift", "--api", full.url).out.splitlines()
    assert lines[0].split()[1:7] == ["severe", "groq", "·", "llama-4", "·", "code"]
    assert lines[0].endswith("since 2026-09-21 14:13:20 UTC")
    assert lines[1].strip() == "empty_response_rate 0.45 > 0.30"
    assert lines[2].split()[1] == "stable"


def test_drift_clears_what_is_named(cli: Cli, full: Served) -> None:
    assert cli("drift", "--clear", "--backend", "groq", "--api", full.url).out == "1 drift window cleared\n"
    assert full.processor.cleared[-1] == ("drift", {"backend": "groq", "model": None, "task": None})


@pytest.mark.parametrize("command", [["scores", "--task", "code"], ["recommend", "--task", "code"], ["drift"]])
def test_json_is_the_answer_of_the_api(cli: Cli, full: Served, command: list[str]) -> None:
    answer = json.loads(cli(*command, "--json", "--api", full.url).out)
    assert {"scores", "recommendations", "drift"} & set(answer)


@pytest.mark.parametrize("command", [["scores"], ["drift"], ["recommend", "--task", "all"]])
def test_nothing_yet_points_to_the_doctor(cli: Cli, empty: Served, command: list[str]) -> None:
    ran = cli(*command, "--api", empty.url)
    assert (ran.code, "otel-quality doctor" in ran.out) == (0, True)


def test_the_address_comes_from_the_environment_too(cli: Cli, full: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_QUALITY_API_URL", full.url)
    assert cli("scores").code == 0


def test_doctor_finds_everything_in_order_but_what_is_missing(cli: Cli, full: Served) -> None:
    healthy = replace(samples.full().intake, rejected={}, overflow={})
    full.processor.present = replace(samples.full(), intake=healthy)
    ran = cli("doctor", "--api", full.url)
    full.processor.present = samples.full()
    assert ran.code == 0
    assert "40 LLM calls taken; the latest: anthropic 0 s ago, groq 5 s ago" in ran.out
    assert "time_to_first_chunk is on 0 % of them: no TTFT" in ran.out
    assert "groq/llama-4/code drifts (severe): empty_response_rate 0.45 > 0.30" in ran.out


def test_doctor_fails_on_rejected_spans_and_on_bounds_that_bite(cli: Cli, full: Served) -> None:
    ran = cli("doctor", "--api", full.url)
    assert ran.code == 1
    assert "✗ 2 spans rejected as bad input: no_trace_id 2" in ran.out
    assert "✗ 3 responses count as __other__: their model is over the bound" in ran.out


def test_doctor_says_where_to_send_when_nothing_arrives(cli: Cli) -> None:
    with Served(Snapshot(), {"otlp_http": "127.0.0.1:40318"}) as served:
        ran = cli("doctor", "--api", served.url)
    assert ran.code == 1
    assert "OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:40318" in ran.out


def test_doctor_explains_spans_that_are_no_calls(cli: Cli) -> None:
    with Served(samples.snapshot(intake=Intake(spans={"accepted": 0, "ignored": 12}))) as served:
        ran = cli("doctor", "--api", served.url)
    assert ran.code == 1
    assert "12 spans arrived, none of them an LLM call" in ran.out
    assert "gen_ai.operation.name" in ran.out


def test_doctor_does_not_say_that_rejected_spans_are_no_calls(cli: Cli) -> None:
    with Served(samples.snapshot(intake=Intake(spans={"accepted": 0, "rejected": 5}, rejected={"invalid_id": 5}))) as served:
        ran = cli("doctor", "--api", served.url)
    assert ran.code == 1
    assert "✗ 5 spans rejected as bad input: invalid_id 5" in ran.out
    assert "none of them" not in ran.out


def test_doctor_knocks_at_the_listeners(cli: Cli) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listens, gone = (f"127.0.0.1:{port}" for port in (listening.getsockname()[1], free_port()))
        with Served(samples.full(), {"otlp_grpc": listens, "metrics": gone}) as served:
            ran = cli("doctor", "--api", served.url)
    assert f"✓ otlp_grpc listens on {listens}" in ran.out
    assert f"✗ metrics does not answer at {gone}" in ran.out
    assert ran.code == 1


def test_doctor_as_json_carries_level_and_advice(cli: Cli, full: Served) -> None:
    ran = cli("doctor", "--json", "--api", full.url)
    body = json.loads(ran.out)
    assert (ran.code, body["ok"]) == (1, False)
    assert {"level", "what", "advice"} == set(body["findings"][0])


def test_doctor_without_a_processor_says_how_to_start_one(cli: Cli) -> None:
    ran = cli("doctor", "--api", f"http://127.0.0.1:{free_port()}")
    assert ran.code == 1
    assert "otel-quality serve" in ran.out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["scors"], "no command 'scors'; there are serve, demo, scores"),
        (["scores", "--tsk", "code"], "Did you mean '--task'?"),
        (["recommend"], "Missing option '--task'"),
        (["recommend", "--task", "code", "--min-samples", "0"], "'--min-samples'"),
        (["scores", "--api", "localhost"], "no http:// or https:// URL"),
        (["demo", "--seconds", "0"], "--seconds must be 1 or more"),
        (["demo", "--endpoint", "http://x", "--json"], "--endpoint sends only"),
    ],
)
def test_a_wrong_call_is_one_line_and_exit_code_2(cli: Cli, arguments: list[str], says: str) -> None:
    ran = cli(*arguments)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("otel-quality: ")
    assert ran.err.count("\n") == 1
    assert says in ran.err


@pytest.mark.parametrize("command", [["scores"], ["recommend", "--task", "code"], ["drift"]])
def test_without_a_processor_one_line_says_what_to_do(cli: Cli, command: list[str]) -> None:
    ran = cli(*command, "--api", f"http://127.0.0.1:{free_port()}")
    assert (ran.code, ran.out, ran.err.count("\n")) == (1, "", 1)
    assert "connection refused" in ran.err
    assert "otel-quality serve" in ran.err


def test_something_else_at_the_address_is_named_as_such(cli: Cli) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        other = threading.Thread(target=_answer_hello, args=(server,))
        other.start()
        ran = cli("drift", "--api", f"http://127.0.0.1:{server.getsockname()[1]}")
        other.join()
    assert ran.code == 1
    assert "is no otel_quality API" in ran.err


def _answer_hello(server: socket.socket) -> None:
    peer, _ = server.accept()
    with peer:
        peer.recv(65536)
        peer.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\nconnection: close\r\n\r\nhello")


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(cli: Cli, name: str) -> None:
    ran = cli(name, "--help")
    assert ran.code == 0
    assert ran.out.startswith(f"Usage: otel-quality {name}")


def test_help_lists_every_command_and_no_arguments_is_help(cli: Cli) -> None:
    ran = cli("--help")
    assert all(f"  {name} " in ran.out for name in COMMANDS)
    assert cli() == ran


def test_version_is_printed(cli: Cli) -> None:
    assert cli("--version").out.startswith("otel-quality ")


@pytest.mark.parametrize(("words", "place", "offered"), [("otel-quality rec", 1, "recommend"), ("otel-quality scores --ta", 2, "--task")])
def test_the_shell_completes_commands_and_options(
    words: str, place: int, offered: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"_OTEL_QUALITY_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": str(place)}.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SystemExit):
        run([])
    assert capsys.readouterr().out == f"plain,{offered}\n"


def test_without_the_server_extra_one_line_says_what_to_install() -> None:
    code = (
        "import importlib.util as util; found = util.find_spec\n"
        "util.find_spec = lambda name: None if name == 'click' else found(name)\n"
        "from otel_quality.__main__ import main; main()"
    )
    ran = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True, timeout=60)
    assert ran.returncode == 2
    assert ran.stderr == 'otel-quality: this command needs the server extra: pip install "otel-quality[server]"\n'


@pytest.mark.parametrize("loading", ["otel_quality.cli.group", "click", "otel_quality.cli.scores"])
def test_ctrl_c_while_the_commands_are_loaded_is_told_by_the_exit_code_alone(loading: str) -> None:
    code = (
        "import signal, sys\n"
        "class Hasty:\n"
        "    def find_spec(self, name, *more):\n"
        f"        if name == {loading!r}:\n"
        "            signal.raise_signal(signal.SIGINT)\n"
        "from otel_quality.__main__ import main\n"
        "sys.meta_path.insert(0, Hasty())\n"
        "sys.argv[1:] = ['scores']\n"
        "main()"
    )
    ran = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True, timeout=60)
    assert (ran.returncode, ran.stdout, ran.stderr.strip()) == (130, "", "")


@pytest.mark.parametrize(("encoding", "name", "printed"), [("utf-8", "\ud800x", b"\\ud800x"), ("ascii", "caf\u00e9", b"caf\\xe9")])
def test_what_stdout_has_no_characters_for_is_printed_in_others(encoding: str, name: str, printed: bytes, tmp_path: Path) -> None:
    session = {"id": name, "messages": [{"role": "assistant", "content": "done"}]}
    (tmp_path / "one.json").write_text(json.dumps(session))
    words = [sys.executable, "-m", "otel_quality", "sessions", "grade", str(tmp_path / "one.json")]
    ran = subprocess.run(words, check=False, capture_output=True, timeout=60, env=os.environ | {"PYTHONIOENCODING": encoding})
    assert (ran.returncode, ran.stderr) == (0, b"")
    assert printed in ran.stdout


@pytest.mark.parametrize("command", ["check-config", "--version"])
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_output_that_cannot_be_written_is_told_in_one_line(command: str, unbuffered: str) -> None:
    environment = os.environ | {"PYTHONUNBUFFERED": unbuffered}
    with Path("/dev/full").open("w") as full_disk:
        words = [sys.executable, "-m", "otel_quality", command]
        ran = subprocess.run(words, check=False, stdout=full_disk, stderr=subprocess.PIPE, text=True, timeout=60, env=environment)
    assert (ran.returncode, ran.stderr) == (1, "otel-quality: [Errno 28] No space left on device\n")


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_reader_that_has_gone_is_told_nothing(unbuffered: str) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    words = [sys.executable, "-m", "otel_quality", "check-config"]
    environment = os.environ | {"PYTHONUNBUFFERED": unbuffered}
    with os.fdopen(writing, "wb") as nobody:
        ran = subprocess.run(words, check=False, stdout=nobody, stderr=subprocess.PIPE, text=True, timeout=60, env=environment)
    assert (ran.returncode, ran.stderr) == (1, "")
