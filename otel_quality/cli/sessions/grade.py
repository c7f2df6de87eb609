"""`sessions grade`: session files to grades, without a processor."""

import json
from dataclasses import asdict, replace
from typing import Any, Final

import click
from rich.table import Table
from rich.text import Text

from otel_quality import terminal
from otel_quality.cli.sessions.reading import Bad, labelled, records
from otel_quality.core.reports.rendering import plain
from otel_quality.core.reports.words import counted
from otel_quality.core.sessions import calibrate
from otel_quality.core.sessions.grade import grade
from otel_quality.core.sessions.record import Grade, SessionRecord

_CALIBRATE: Final = "--calibrate-with"


class _Command(click.Command):
    """`--calibrate-with A B C FILE`: the option takes what follows it, up to the next option, and leaves one file to grade."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        return super().parse_args(ctx, _spread(args))


def _spread(args: list[str]) -> list[str]:
    """The option repeated before each of its values.

    >>> _spread(["--json", "--calibrate-with", "a", "b", "file"])
    ['--json', '--calibrate-with', 'a', '--calibrate-with', 'b', 'file']
    >>> _spread(["file", "--calibrate-with", "a", "b"]), _spread(["--calibrate-with", "a", "b", "--", "file"])
    (['file', '--calibrate-with', 'a', '--calibrate-with', 'b'], ['--calibrate-with', 'a', '--calibrate-with', 'b', '--', 'file'])
    """
    spread: list[str] = []
    files = 0
    at = 0
    while at < len(args):
        if args[at] != _CALIBRATE:
            files += not args[at].startswith("-")
            spread.append(args[at])
            at += 1
            continue
        end = next((place for place in range(at + 1, len(args)) if args[place].startswith("-")), len(args))
        values = args[at + 1 : end]
        left = values[1:][-1:] if end == len(args) and not files else []
        for value in values[: len(values) - len(left)] or [""]:
            spread += [_CALIBRATE, value] if value else [_CALIBRATE]
        spread += left
        at = end
    return spread


@click.command("grade", cls=_Command)
@click.argument("paths", metavar="FILE...", nargs=-1, required=True, type=click.Path(exists=True))
@click.option("--json", "as_json", is_flag=True, help="Print one grade per line as JSON.")
@click.option(
    _CALIBRATE,
    "teachers",
    metavar="LABELLED...",
    multiple=True,
    type=click.Path(exists=True),
    help="Learn from these sessions and their outcomes, and add a probability of completion. Ends at an option or before the last FILE.",
)
@click.pass_context
def command(ctx: click.Context, paths: tuple[str, ...], as_json: bool, teachers: tuple[str, ...]) -> None:
    """Grade session files: JSON or JSON lines, also packed with gzip or xz, or directories of them.

    What cannot be read is told on stderr, the rest is graded; then the exit code is 1.
    """
    bad = Bad()
    model = _learn(teachers, bad) if teachers else None
    graded = []
    for record, _ in records(paths, bad):
        said = grade(record)
        if model is not None:
            said = replace(said, p_completed=round(model.probability(record), 4))
        if as_json:
            click.echo(json.dumps(line(record, said)))
        else:
            graded.append((record, said))
    if not as_json:
        _table(graded)
    if bad.count:
        ctx.exit(1)


def _learn(teachers: tuple[str, ...], bad: Bad) -> calibrate.Calibration | None:
    taught = labelled(teachers, bad)
    model = calibrate.fit(taught)
    if model is None:
        click.echo(f"otel-quality: {calibrate.shortfall(taught)}; grades are those of the rules", err=True)
    return model


def line(record: SessionRecord, said: Grade) -> dict[str, Any]:
    """A grade as one JSON object."""
    return {"id": record.id, "task_type": record.task_type, **asdict(said)}


def _table(graded: list[tuple[SessionRecord, Grade]]) -> None:
    out = terminal.console()
    calibrated = any(said.p_completed is not None for _, said in graded)
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for name in ("session", "type", "efficiency", "quality", *(("p",) if calibrated else ()), "grade"):
        table.add_column(name, justify="right" if name in ("efficiency", "quality", "p") else "left", overflow="fold")
    for record, said in graded:
        table.add_row(
            Text(plain(record.id), style="bold"),
            record.task_type,
            str(said.tool_calls_efficient),
            f"{said.response_quality:g}",
            *((f"{said.p_completed:.2f}",) if said.p_completed is not None else ()),
            Text(said.summary, style="green" if said.task_completed else "yellow"),
        )
    terminal.table(out, table)
    completed = sum(said.task_completed for _, said in graded)
    out.print(f"{counted(len(graded), 'session')}, {terminal.share(completed, len(graded))} completed by the rules")
