"""`eval trust`: how far the judge can be trusted."""

from typing import Any

import click

from otel_quality import terminal
from otel_quality.cli import options
from otel_quality.client import Client
from otel_quality.core.reports.document import Column, Section, Table
from otel_quality.core.reports.words import number


@click.command("trust")
@options.api
@options.as_json
def command(api_url: str, as_json: bool) -> None:
    """Say how far the judge can be trusted: agreement of its experts, stability, agreement with people and outcomes, its own drift.

    Every figure with its 95 % interval and what it rests on; one that rests on too little is not told.
    """
    answer = Client(api_url).get("/v1/evaluations/trust")
    if as_json:
        options.print_json(answer)
        return
    by = f"{answer['judge_version']}, rubric {answer['rubric_version']}" if answer["judge_version"] else ""
    columns = (Column("figure", wide=True), Column("value", number=True), Column("95 %"), Column("samples", number=True))
    rows = tuple(_row(figure) for figure in answer["figures"])
    nothing = "Nothing was judged yet, so nothing can be compared; `otel-quality eval run` has sessions judged."
    terminal.section(terminal.console(), Section("Trust in the judge", by if rows else nothing, Table(columns, rows) if rows else None))


def _row(figure: Any) -> tuple[str, ...]:
    known = figure["low"] is not None and figure["high"] is not None
    interval = f"{number(figure['low'])} to {number(figure['high'])}" if known else "-"
    return (figure["name"], number(figure["value"]), interval, str(figure["samples"]))
