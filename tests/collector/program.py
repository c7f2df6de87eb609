"""The real Collector for tests: the build of collector/builder.yaml, with the shipped configuration, on free ports."""

import signal
from pathlib import Path
from typing import Final

import pytest

from tests.flow.programs import Program, free_port, get_text, until
from tools import go

FOLDER: Final = go.MANIFEST.parent
"""Where the shipped configuration files are."""


def need_collector() -> str:
    """The Collector's path; the test is skipped where it was not built."""
    path = go.collector()
    if not path.exists():
        pytest.skip("needs the Collector: `make test` builds it where Go is installed")
    return str(path)


def arguments(*names: str) -> list[str]:
    """`--config` arguments for shipped files, in the order in which they are merged."""
    return [f"--config={FOLDER / name}.yaml" for name in names]


class Collector(Program):
    """A running Collector.

    Attributes (once entered):
        otlp_http: base URL for OTLP/HTTP senders.

    Args:
        directory: where its queue lives; the same one again continues the queue.
        endpoint: `HOST:PORT` of the processor's OTLP/gRPC.
        names: the shipped configuration files it merges.
        http_port: where it listens for OTLP/HTTP; a restarted Collector takes its old one.
    """

    def __init__(self, directory: Path, endpoint: str, *names: str, http_port: int | None = None) -> None:
        self.http_port = http_port or free_port()
        self.otlp_http = f"http://127.0.0.1:{self.http_port}"
        self._metrics_port = free_port()
        environment = {
            "OTEL_QUALITY_ENDPOINT": endpoint,
            "OTELCOL_DIRECTORY": str(directory),
            "OTELCOL_GRPC_PORT": str(free_port()),
            "OTELCOL_HTTP_PORT": str(self.http_port),
            "OTELCOL_HEALTH_PORT": str(free_port()),
            "OTELCOL_METRICS_PORT": str(self._metrics_port),
        }
        command = [need_collector(), *arguments(*(names or ("config",)))]
        super().__init__(command, environment=environment, ready="Everything is ready", deadline_s=60)

    def metric(self, name: str) -> float:
        """Sum over the series of one of its own metrics; 0 while there is none."""
        page = until(lambda: get_text(f"http://127.0.0.1:{self._metrics_port}/metrics"), 60, "the Collector's metrics")
        return sum(float(line.rsplit(" ", 1)[1]) for line in page.splitlines() if line.startswith((f"{name}{{", f"{name} ")))

    def kill(self) -> None:
        """End it as the kernel would: no chance to finish anything."""
        self.stop(signal.SIGKILL)
