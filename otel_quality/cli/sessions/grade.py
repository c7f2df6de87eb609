"""`sessions grade`: session files to grades, without a processor."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
from rich.progress import Progress
from rich.table import Table
from rich.text import Text

from otel_quality import terminal
from otel_quality.cli.sessions import files
from otel_quality.core.sessions import messages
from otel_quality.core.sessions.grade import grade
from otel_quality.core.sessions.record import Grade, SessionRecord


class _Bad:
    """Says what cannot be read, one line each on stderr, and counts."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, line: str) -> None:
        self.count += 1
        click.echo(f"otel-quality: {' '.join(line.split())}", err=True)


@click.command("grade")
@click.argument("paths", metavar="FILE...", nargs=-1, required=True, type=click.Path(exists=True))
@click.option("--json", "as_json", is_flag=True, help="Print one grade per line as JSON.")
@click.pass_context
def command(ctx: click.Context, paths: tuple[str, ...], as_json: bool) -> None:
    """Grade session files: JSON or JSON lines, also packed with gzip or xz, or directories of them.

    What cannot be read is told on stderr, the rest is graded; then the exit code is 1.
    """
    bad = _Bad()
    graded = ((record, grade(record)) for record in _records(files.found(paths), bad))
    if as_json:
        for record, said in graded:
            click.echo(json.dumps(line(record, said), ensure_ascii=False))
    else:
        _table(list(graded))
    if bad.count:
        ctx.exit(1)


def _records(paths: list[Path], bad: files.Bad) -> Iterator[SessionRecord]:
    out = terminal.console(stderr=True)
    with Progress(console=out, transient=True, disable=not out.is_terminal) as progress:
        for path in progress.track(paths, description="reading sessions"):
            for where, session in files.sessions(path, bad):
                try:
                    yield messages.record(session)
                except ValueError as error:
                    bad(f"{where}: {error}")


def line(record: SessionRecord, said: Grade) -> dict[str, Any]:
    """A grade as one JSON object."""
    return {"id": record.id, "task_type": record.task_type, **asdict(said)}


def _table(graded: list[tuple[SessionRecord, Grade]]) -> None:
    out = terminal.console()
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for name in ("session", "type", "efficiency", "quality", "grade"):
        table.add_column(name, justify="right" if name in ("efficiency", "quality") else "left", overflow="fold")
    for record, said in graded:
        table.add_row(
            Text(record.id, style="bold"),
            record.task_type,
            str(said.tool_calls_efficient),
            f"{said.response_quality:g}",
            Text(said.summary, style="green" if said.task_completed else "yellow"),
        )
    out.print(table)
    completed = sum(said.task_completed for _, said in graded)
    out.print(f"{len(graded)} sessions, {terminal.share(completed, len(graded))} completed by the rules")
