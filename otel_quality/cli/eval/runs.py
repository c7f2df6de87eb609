"""`eval runs`: the runs there were, newest first."""

from typing import Any, Final

import click
from rich.text import Text

from otel_quality import terminal
from otel_quality.cli import options
from otel_quality.cli.eval.following import judged
from otel_quality.client import Client
from otel_quality.core.reports.document import Column, Section, Table

_ROOMY: Final = 110
"""Columns from which there is room for what was asked and who judged."""
_COLUMNS: Final = (
    *(Column("run"), Column("status"), Column("started")),
    *(Column("judged", number=True), Column("failed", number=True), Column("tokens", number=True), Column("cost", number=True)),
)
_MORE: Final = (Column("scope"), Column("judge", wide=True), Column("rubric", wide=True))


@click.command("runs")
@click.option("--limit", metavar="N", type=click.IntRange(1, 500), default=20, show_default=True, help="At most so many.")
@click.option("--offset", metavar="N", type=click.IntRange(0), default=0, help="After so many.")
@options.api
@options.as_json
def command(limit: int, offset: int, api_url: str, as_json: bool) -> None:
    """List runs, newest first."""
    answer = Client(api_url).get("/v1/evaluations/runs", limit=limit, offset=offset)
    if as_json:
        options.print_json(answer)
        return
    out = terminal.console()
    if not answer["runs"]:
        out.print(Text("There is no run yet; `otel-quality eval run` starts one."))
        return
    roomy = out.width >= _ROOMY
    rows = tuple(_row(run) + (_more(run) if roomy else ()) for run in answer["runs"])
    terminal.section(out, Section("Runs", table=Table(_COLUMNS + (_MORE if roomy else ()), rows)))


def _row(run: Any) -> tuple[str, ...]:
    _, total = judged(run)
    used, counts = run["spent"], run["counts"]
    cost = f"${used['cost_usd']:.2f}" if used["cost_usd"] else "-"
    numbers = (f"{counts['ok']}/{total}", str(counts["failed"]), f"{used['input_tokens'] + used['output_tokens']:,}", cost)
    return (run["id"], run["status"], run["created"][5:16].replace("T", " "), *numbers)


def _more(run: Any) -> tuple[str, ...]:
    return (run["scope"], run["judge_version"], run["rubric_version"])
