"""`report intelligence`: everything that executions teach."""

from pathlib import Path
from typing import Any

import click

from otel_quality.cli import options
from otel_quality.cli.report import output as of
from otel_quality.client import Client
from otel_quality.core.reports.document import Document
from otel_quality.core.reports.intelligence import Intelligence
from otel_quality.core.reports.pages import intelligence_page


@click.command("intelligence")
@click.option("--days", metavar="D", type=click.IntRange(1, 36_500), default=7, show_default=True, help="Executions of so many last days.")
@of.form
@of.output
@options.api
@options.as_json
def command(days: int, form: str, output: Path | None, api_url: str, as_json: bool) -> None:
    """Report everything that executions teach: tools, agents, models, patterns, predictions, adaptations."""
    of.write(Client(api_url).get("/v1/reports/intelligence", days=days), _page, form, as_json=as_json, output=output)


def _page(answer: Any) -> Document:
    # Imported here: it loads what checks answers, and `--help` needs none of it.
    from otel_quality.cli.records import read

    return intelligence_page(read(Intelligence, answer))
