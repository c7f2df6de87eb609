"""`eval rubric show`: a rubric as the file that it is."""

from dataclasses import asdict
from pathlib import Path

import click

from otel_quality.cli import options
from otel_quality.judge import rubric


@click.command("show")
@click.argument("file", metavar="[FILE]", required=False, type=click.Path(path_type=Path, dir_okay=False))
@options.as_json
def command(file: Path | None, as_json: bool) -> None:
    """Print a rubric as TOML, the shipped one by default: a copy is where a rubric of your own begins."""
    found = rubric.load(str(file) if file else "")
    if as_json:
        options.print_json({"version": found.version, **{name: part for name, part in asdict(found).items() if name != "text"}})
    else:
        click.echo(found.text, nl=not found.text.endswith("\n"))
