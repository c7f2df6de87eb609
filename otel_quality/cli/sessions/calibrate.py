"""`sessions calibrate`: how well labelled sessions predict each other."""

from dataclasses import asdict
from math import isnan
from typing import Any

import click
from rich.table import Table

from otel_quality import terminal
from otel_quality.cli import options
from otel_quality.cli.sessions.reading import Bad, labelled
from otel_quality.core.sessions import calibrate
from otel_quality.core.sessions.calibrate import Quality, Report


@click.command("calibrate")
@click.argument("paths", metavar="FILE...", nargs=-1, required=True, type=click.Path(exists=True))
@click.option("--folds", metavar="N", type=click.IntRange(2, 50), default=5, show_default=True, help="Folds of the cross-validation.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
@click.pass_context
def command(ctx: click.Context, paths: tuple[str, ...], folds: int, as_json: bool) -> None:
    """Say how good a probability of completion these labelled sessions give.

    Cross-validated: every session is judged by a model that saw neither it nor another session of its task (`labels.task_id`).
    """
    bad = Bad()
    taught = labelled(paths, bad)
    report = calibrate.cross_validate(taught, folds=folds)
    if report is None:
        raise click.ClickException(calibrate.shortfall(taught) or "not calibrated: too few labelled sessions for so many folds")
    if as_json:
        options.print_json(_without_nan(asdict(report)))
    else:
        _print(report)
    if bad.count:
        ctx.exit(1)


def _without_nan(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nan(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_without_nan(each) for each in value]
    return None if isinstance(value, float) and isnan(value) else value


def _print(report: Report) -> None:
    out = terminal.console()
    rows = [*report.groups.items(), ("all", report.pooled), ("mean of groups", report.macro)]
    quality = _table("group", "sessions", "completed", "AUC", "Brier", "of the share alone")
    for name, each in rows:
        quality.add_row(name or "(no group)", str(each.sessions), *_figures(each))
    out.print(f"Cross-validated in {report.folds} folds by task")
    out.print(quality)
    out.print()
    bins = _table("said", "sessions", "mean said", "completed")
    for row in report.table:
        bins.add_row(f"{row.low:.1f}–{row.high:.1f}", str(row.sessions), f"{row.said:.2f}", f"{row.succeeded:.2f}")
    out.print("Calibration")
    out.print(bins)


def _figures(of: Quality) -> tuple[str, ...]:
    return (f"{100 * of.success:.0f} %", "-" if isnan(of.auc) else f"{of.auc:.2f}", f"{of.brier:.3f}", f"{of.brier_of_share:.3f}")


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for column in columns:
        table.add_column(column, justify="left" if column in ("group", "said") else "right")
    return table
