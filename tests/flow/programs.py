"""Real programs for tests: the processor, Prometheus, Alertmanager and a webhook that receives.

Every helper is a context manager that listens on a free port of loopback and is gone when its block ends. Nothing sleeps:
`until` asks again until a condition holds or a deadline passes, and a program that ends early fails with what it printed.

Decision: programs are started with port 0 and say where they listen, so no port is chosen before it is taken. Where that cannot be,
`free_port` keeps one.
"""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self, TypeVar

import pytest

ROOT: Final = Path(__file__).resolve().parents[2]
"""The checkout."""
_POLL_S: Final = 0.05
_APT: Final = {
    "prometheus": "prometheus",
    "promtool": "prometheus",
    "amtool": "prometheus-alertmanager",
    "prometheus-alertmanager": "prometheus-alertmanager",
    "chromium": "chromium",
}
"""Program to Debian package."""

_LISTENING: Final = r"Listening on.* address=(\S+)"
"""As Prometheus and Alertmanager log it."""

_HELD: Final[list[socket.socket]] = []
"""Ports that are kept for the programs of these tests."""

T = TypeVar("T")


def need(program: str) -> str:
    """The program's path; without it the test is skipped with a reason that starts with `needs <program>:`."""
    path = shutil.which(program)
    if path is None:
        pytest.skip(f"needs {program}: apt-get install --no-install-recommends {_APT.get(program, program)}")
    return path


def free_port() -> int:
    """A port of loopback for a program that cannot choose one itself, or for nobody: until it is taken, connections are refused.

    It stays bound here, without listening, so that the system gives it to no other program that asks for any port. A program that is
    told to take it can, because it sets SO_REUSEADDR as we do; and take it once more after it was away.
    """
    held = socket.socket()
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    held.bind(("127.0.0.1", 0))
    _HELD.append(held)
    return int(held.getsockname()[1])


def until(condition: Callable[[], T | None], deadline_s: float, what: str | Callable[[], str] = "the condition") -> T:
    """Ask `condition` until its answer is true, and return that answer.

    Args:
        condition: asked at once and then 20 times a second; an OSError (connection refused, timed out) counts as no.
        deadline_s: seconds after which the test fails.
        what: for the message; a callable is asked only then.

    Raises:
        AssertionError: the deadline passed.
    """
    deadline = time.monotonic() + deadline_s
    pause = threading.Event()
    while True:
        try:
            answer = condition()
        except OSError as error:
            answer, last = None, f" (last: {error})"
        else:
            last = ""
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {deadline_s:g} s: {what() if callable(what) else what}{last}")
        pause.wait(_POLL_S)


def get_json(url: str, timeout_s: float = 30) -> Any:
    """The JSON that a GET of `url` answers."""
    with urllib.request.urlopen(url, timeout=timeout_s) as answer:
        return json.load(answer)


def get_text(url: str, timeout_s: float = 30) -> str:
    """The text that a GET of `url` answers."""
    with urllib.request.urlopen(url, timeout=timeout_s) as answer:
        return str(answer.read().decode())


class Program:
    """A subprocess whose output is read line by line.

    Args:
        command: program and arguments.
        environment: added to ours.
        ready: a line of output that matches says that the program is ready; None: ready at once.
        deadline_s: seconds to become ready.
    """

    def __init__(
        self, command: Sequence[str], *, environment: Mapping[str, str] | None = None, ready: str | None = None, deadline_s: float = 60
    ) -> None:
        self.lines: list[str] = []
        """What it printed so far, standard error included."""
        self._command = list(command)
        self._environment = os.environ | dict(environment or {})
        self._ready = ready
        self._deadline_s = deadline_s

    def __enter__(self) -> Self:
        self.process = subprocess.Popen(
            self._command, cwd=ROOT, env=self._environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        try:
            if self._ready is not None:
                self.wait_for(self._ready, self._deadline_s)
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))

    def wait_for(self, pattern: str, deadline_s: float) -> re.Match[str]:
        """The first match of `pattern` in a line of output.

        Raises:
            AssertionError: the deadline passed, or the program ended without such a line.
        """

        def found() -> re.Match[str] | None:
            ended = self.process.poll() is not None
            if ended:
                self._reader.join()
            match = next((match for line in list(self.lines) if (match := re.search(pattern, line))), None)
            assert match or not ended, f"ended with {self.process.returncode} before {pattern!r}:\n{self.output()}"
            return match

        return until(found, deadline_s, lambda: f"{self._command[0]} printing {pattern!r}:\n{self.output()}")

    def output(self) -> str:
        """The last 60 lines that it printed, for a test's message."""
        return "\n".join(self.lines[-60:])

    def stop(self, sign: signal.Signals = signal.SIGTERM, deadline_s: float = 60) -> int:
        """Ask it to end, insist after `deadline_s`, and return its exit code; again is harmless."""
        if self.process.poll() is None:
            self.process.send_signal(sign)
        try:
            self.process.wait(deadline_s)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self._reader.join()
        assert self.process.stdout is not None
        self.process.stdout.close()
        return self.process.returncode


class Serve(Program):
    """`otel-quality serve` on free ports.

    Attributes (once entered):
        otlp_grpc, otlp_http, metrics, api: `HOST:PORT` of each listener.

    Args:
        data_dir: where it keeps its state.
        arguments: more arguments of `serve`; they come last.
        environment: settings as `OTEL_QUALITY_*`.
    """

    LISTENERS: Final = ("otlp_grpc", "otlp_http", "metrics", "api")

    def __init__(self, data_dir: Path, *arguments: str, environment: Mapping[str, str] | None = None, deadline_s: float = 60) -> None:
        ports = [word for name in self.LISTENERS for word in (f"--{name.replace('_', '-')}-port", "0")]
        command = [sys.executable, "-m", "otel_quality", "serve", "--data-dir", str(data_dir), *ports, *arguments]
        super().__init__(command, environment=environment, ready=r"^ready$", deadline_s=deadline_s)

    def __enter__(self) -> Self:
        super().__enter__()
        try:
            addresses = [self.wait_for(rf"^listening {name} (\S+)$", 60)[1] for name in self.LISTENERS]
        except BaseException:
            self.stop()
            raise
        self.otlp_grpc, self.otlp_http, self.metrics, self.api = addresses
        return self

    def get(self, path: str) -> Any:
        """The JSON that the API answers to `path`, such as `/v1/scores?task=code`."""
        return get_json(f"http://{self.api}{path}")


class Prometheus(Program):
    """A Prometheus server with its own data.

    Attributes (once entered):
        url: `http://HOST:PORT`.

    Args:
        config: its configuration file.
        data: an empty folder, or one with blocks already in it.
        arguments: more arguments; they come last.
    """

    def __init__(self, config: Path, data: Path, *arguments: str) -> None:
        command = [need("prometheus"), f"--config.file={config}", f"--storage.tsdb.path={data}", "--web.listen-address=127.0.0.1:0"]
        super().__init__([*command, "--enable-feature=exemplar-storage", *arguments], ready=r"Server is ready to receive web requests")

    def __enter__(self) -> Self:
        super().__enter__()
        try:
            self.url = "http://" + self.wait_for(_LISTENING, 60)[1]
        except BaseException:
            self.stop()
            raise
        return self

    def query(self, expression: str, **parameters: str) -> list[dict[str, Any]]:
        """The series that an instant query answers."""
        words = urllib.parse.urlencode({"query": expression, **parameters})
        return list(get_json(f"{self.url}/api/v1/query?{words}")["data"]["result"])


class Alertmanager(Program):
    """An Alertmanager server that talks to no other.

    Attributes (once entered):
        address: `HOST:PORT`.
    """

    def __init__(self, config: Path, data: Path) -> None:
        command = [need("prometheus-alertmanager"), f"--config.file={config}", f"--storage.path={data}"]
        super().__init__([*command, "--web.listen-address=127.0.0.1:0", "--cluster.listen-address="])

    def __enter__(self) -> Self:
        super().__enter__()
        try:
            self.address = self.wait_for(_LISTENING, 60)[1]
            until(lambda: get_text(f"http://{self.address}/-/ready"), 60, "Alertmanager ready")
        except BaseException:
            self.stop()
            raise
        return self


class Webhook:
    """Receives what Alertmanager sends.

    Attributes:
        url: where to send it.
        alerts: every alert of every notification, in order of arrival: `status`, `labels`, `annotations`, ...
    """

    def __init__(self) -> None:
        self.alerts: list[dict[str, Any]] = []
        taken = self.alerts

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                taken.extend(json.loads(body)["alerts"])
                self.send_response(200)
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                """Keeps the test's output clean."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/"

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
