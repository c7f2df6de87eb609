"""`report weekly`: a week of sessions."""

from pathlib import Path
from typing import Any

import click

from otel_quality.cli import options
from otel_quality.cli.report import output as of
from otel_quality.client import Client
from otel_quality.core.reports.document import Document
from otel_quality.core.reports.pages import weekly_page
from otel_quality.core.reports.records import Weekly


@click.command("weekly")
@click.option("--week", metavar="WEEK", help="An ISO week such as 2026-W47. Default: this week.")
@of.form
@of.output
@options.api
@options.as_json
def command(week: str | None, form: str, output: Path | None, api_url: str, as_json: bool) -> None:
    """Report a week of sessions: figures, what was weakest, trends, what recurs, what to do."""
    of.write(Client(api_url).get("/v1/reports/weekly", week=week), _page, form, as_json=as_json, output=output)


def _page(answer: Any) -> Document:
    # Imported here: it loads what checks answers, and `--help` needs none of it.
    from otel_quality.cli.records import read

    return weekly_page(read(Weekly, answer))
