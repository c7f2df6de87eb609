"""`eval rubric diff`: what differs between two rubrics, and whether that makes evaluations stale."""

from pathlib import Path

import click

from otel_quality.cli import options
from otel_quality.judge import rubric


@click.command("diff")
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--against", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False), help="Default: the shipped one.")
@options.as_json
def command(file: Path, against: Path | None, as_json: bool) -> None:
    """Say what differs in FILE from the shipped rubric, and whether evaluations by the other become stale."""
    old, new = rubric.load(str(against) if against else ""), rubric.load(str(file))
    head, *lines = rubric.diff(old, new)
    if as_json:
        options.print_json({"old": old.version, "new": new.version, "stale": old.version != new.version, "lines": lines})
        return
    click.echo("\n".join((head, *lines)))
