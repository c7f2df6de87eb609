"""The processor as a process: it announces, serves while asked to stop, and ends in order."""

import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import grpc
import pytest

from tests.flow.programs import Serve, until
from tests.wire.otlp import chat, request

EXPORT = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"


def test_it_announces_every_listener_then_ready_and_ends_with_0_on_sigterm(tmp_path: Path) -> None:
    with Serve(tmp_path / "new" / "folder") as serve:
        assert [line.split()[1] for line in serve.lines if line.startswith("listening")] == list(Serve.LISTENERS)
        assert urllib.request.urlopen(f"http://{serve.metrics}/-/ready", timeout=60).read() == b"ready\n"
        assert (tmp_path / "new" / "folder").is_dir()
        assert serve.stop(signal.SIGTERM) == 0
    assert serve.lines[-1] == "ready", "nothing is printed on the way out"


def test_a_connection_that_stays_open_does_not_keep_it_from_ending(tmp_path: Path) -> None:
    with Serve(tmp_path) as serve, grpc.insecure_channel(serve.otlp_grpc) as channel:
        channel.unary_unary(EXPORT)(request(chat()), timeout=60)
        with urllib.request.urlopen(f"http://{serve.api}/v1/stats", timeout=60):
            assert serve.stop(signal.SIGINT, deadline_s=20) == 0


def test_a_half_sent_request_is_closed(tmp_path: Path) -> None:
    with Serve(tmp_path, environment={"OTEL_QUALITY_OTLP_READ_TIMEOUT_S": "1"}) as serve:
        host, port = serve.otlp_http.split(":")
        with socket.create_connection((host, int(port)), timeout=60) as half:
            half.sendall(b"POST /v1/traces HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-protobuf\r\ncontent-length: 100\r\n\r\nabc")
            assert until(lambda: half.recv(4096) == b"" or None, 60, "the server closes it")


def test_another_host_name_is_not_answered_by_the_api(tmp_path: Path) -> None:
    with Serve(tmp_path) as serve:
        asked = urllib.request.Request(f"http://{serve.api}/v1/stats", headers={"Host": "evil.example"})
        with pytest.raises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(asked, timeout=60)
        assert caught.value.code in (400, 403, 421)


def test_a_history_that_cannot_be_used_is_one_line_and_exit_1(tmp_path: Path) -> None:
    (tmp_path / "history.sqlite").write_bytes(b"no database" * 500)
    ports = [word for name in ("otlp-grpc", "otlp-http", "metrics", "api") for word in (f"--{name}-port", "0")]
    command = [sys.executable, "-m", "otel_quality", "serve", *ports, "--data-dir", tmp_path]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.endswith("history.sqlite cannot be used for history: file is not a database; give another data directory")
    assert done.stdout == ""


def said(*options: str) -> tuple[int, str]:
    """Exit code and stderr of a `serve` that cannot start."""
    free = ("--otlp-grpc-port=0", "--otlp-http-port=0", "--metrics-port=0", "--api-port=0")
    ended = subprocess.run(
        [sys.executable, "-m", "otel_quality", "serve", *free, *options], check=False, capture_output=True, text=True, timeout=60
    )
    return ended.returncode, ended.stderr


def test_a_data_directory_that_cannot_be_made_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for folder, why in (("file", "File exists"), ("file/new", "Not a directory")):
        code, error = said("--data-dir", str(tmp_path / folder))
        assert (code, error.count("\n")) == (2, 1)
        assert f"--data-dir {tmp_path / folder}: {why}" in error


def test_a_data_directory_is_one_processors_until_that_is_gone_however_it_ends(tmp_path: Path) -> None:
    with Serve(tmp_path) as serve:
        code, error = said("--data-dir", str(tmp_path))
        assert (code, error) == (
            2, f"otel-quality: --data-dir {tmp_path}: another processor keeps its history there; end it, or name another directory\n",
        )  # fmt: skip
        assert serve.get("/v1/stats")["seen"] == 0
        serve.stop(signal.SIGKILL)
        with Serve(tmp_path) as again:
            assert again.get("/v1/stats")["seen"] == 0


@pytest.mark.parametrize("host", ["no-such-host.invalid", "192.0.2.1"])
def test_a_host_that_is_not_this_machine_is_one_line_that_says_so(host: str) -> None:
    code, error = said("--host", host, "--insecure-network")
    assert (code, error.count("\n")) == (1, 1)
    assert "name an address of this machine with --host" in error
    assert "Unknown error" not in error
