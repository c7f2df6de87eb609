"""`serve`: the processor itself, until it is told to stop."""

import logging
import sys
from pathlib import Path

import click

_TALKATIVE = ("httpx", "httpx2", "LiteLLM")
"""Loggers of judges' client libraries that tell every call."""


@click.command("serve")
@click.option("--config", "file", type=click.Path(path_type=Path), metavar="FILE", help="Settings as TOML; `check-config` shows them all.")
@click.option("--host", metavar="ADDRESS", help="Address that all listeners bind. Default: 127.0.0.1.")
@click.option("--otlp-grpc-port", type=int, metavar="PORT", help="OTLP/gRPC. Default: 4317; 0 picks a free one, here and below.")
@click.option("--otlp-http-port", type=int, metavar="PORT", help="OTLP/HTTP. Default: 4318.")
@click.option("--metrics-port", type=int, metavar="PORT", help="/metrics for Prometheus. Default: 9464.")
@click.option("--api-port", type=int, metavar="PORT", help="JSON API. Default: 9465.")
@click.option("--data-dir", metavar="DIR", help="Directory for what is kept on disk.")
@click.option(
    "--insecure-network",
    is_flag=True,
    default=None,
    help="Bind beyond loopback without TLS, where the network itself is closed.",
)
def command(file: Path | None, **options: object) -> int:
    """Receive OTLP, score backends, watch for drift.

    Prints one line per listener, `listening NAME HOST:PORT`, then `ready`. Every setting can also be a variable:
    OTEL_QUALITY_DRIFT_PRESET=high. Beside a Collector on the same host: --otlp-grpc-port 14317 --otlp-http-port 14318.
    """
    # Imported here: the server's libraries are slow to load, and `serve --help` needs none of them.
    from otel_quality.cli import settings
    from otel_quality.service import run

    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)
    return run(settings.load(file, {f"server.{name}": value for name, value in options.items()}), announce=_print_line)


def _print_line(line: str) -> None:
    click.echo(line)
