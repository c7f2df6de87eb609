"""`eval rubric check`: whether a rubric can be judged by."""

from pathlib import Path

import click

from otel_quality.cli import options
from otel_quality.core.reports.words import counted
from otel_quality.judge import rubric


@click.command("check")
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False))
@options.as_json
def command(file: Path, as_json: bool) -> None:
    """Check a rubric and say its version; every problem is one line, and the exit code is 2 if there is any."""
    found = rubric.load(str(file))
    if as_json:
        options.print_json({"version": found.version, "experts": [expert.name for expert in found.experts]})
    else:
        names = ", ".join(expert.name for expert in found.experts)
        click.echo(f"{file}: rubric {found.version}, {counted(len(found.experts), 'expert')}: {names}")
