"""Records out of session files for the commands that work without a processor: bad ones are told and counted, the rest goes on."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click
from rich.progress import Progress

from otel_quality import terminal
from otel_quality.cli.sessions import files
from otel_quality.core.sessions import messages
from otel_quality.core.sessions.calibrate import Labelled
from otel_quality.core.sessions.record import SessionRecord


class Bad:
    """Says what cannot be read, one line each on stderr, and counts."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, line: str) -> None:
        self.count += 1
        click.echo(f"otel-quality: {' '.join(line.split())}", err=True)


def records(paths: tuple[str, ...], bad: Bad) -> Iterator[tuple[SessionRecord, Any]]:
    """Every session of these files as a record, with what it was read from; progress is shown on a terminal."""
    found: list[Path] = files.found(paths)
    out = terminal.console(stderr=True)
    with Progress(console=out, transient=True, disable=not out.is_terminal) as progress:
        for path in progress.track(found, description="reading sessions"):
            for where, session in files.sessions(path, bad):
                try:
                    yield messages.record(session), session
                except ValueError as error:
                    bad(f"{where}: {error}")


def labelled(paths: tuple[str, ...], bad: Bad) -> list[Labelled]:
    """The sessions of these files that tell their outcome (`success`); `labels.task_id` is the unit of cross-validation."""
    return [Labelled(record, record.success, _unit(session)) for record, session in records(paths, bad) if record.success is not None]


def _unit(session: Any) -> str:
    labels = session.get("labels") if isinstance(session, Mapping) else None
    return str(labels.get("task_id") or "") if isinstance(labels, Mapping) else ""
