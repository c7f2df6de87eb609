"""`eval runs`: the runs there were, newest first."""

from typing import Any

import click
from rich.text import Text

from otel_quality import terminal
from otel_quality.cli import options
from otel_quality.cli.eval.following import judged
from otel_quality.client import Client
from otel_quality.core.reports.document import Column, Section, Table


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
    columns = (
        *(Column("run"), Column("status"), Column("started"), Column("scope")),
        *(Column("judged", number=True), Column("failed", number=True), Column("tokens", number=True), Column("cost", number=True)),
        Column("judge", wide=True),
    )
    terminal.section(out, Section("Runs", table=Table(columns, tuple(_row(run) for run in answer["runs"]))))


def _row(run: Any) -> tuple[str, ...]:
    _, total = judged(run)
    used, counts = run["spent"], run["counts"]
    cost = f"${used['cost_usd']:.2f}" if used["cost_usd"] else "-"
    numbers = (f"{counts['ok']}/{total}", str(counts["failed"]), f"{used['input_tokens'] + used['output_tokens']:,}", cost)
    return (run["id"], run["status"], run["created"][:16].replace("T", " "), run["scope"], *numbers, run["judge_version"])
