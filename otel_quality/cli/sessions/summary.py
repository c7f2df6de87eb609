"""`sessions summary`: the sessions of the last days, by task type, tool and error, day by day."""

import click

from otel_quality import terminal
from otel_quality.cli import options
from otel_quality.client import Client
from otel_quality.core.reports.pages import summary_page
from otel_quality.core.reports.summary import Summary


@click.command("summary")
@click.option("--days", metavar="D", type=click.IntRange(1, 36_500), default=7, show_default=True, help="Of so many last days.")
@options.api
@options.as_json
def command(days: int, api_url: str, as_json: bool) -> None:
    """Sum up the sessions of the last days: figures, task types, tools and errors, and what to do."""
    # Imported here: it loads what checks answers, and `--help` needs none of it.
    from otel_quality.cli.records import read

    answer = Client(api_url).get("/v1/reports/summary", days=days)
    if as_json:
        options.print_json(answer)
    else:
        terminal.document(terminal.console(), summary_page(read(Summary, answer)))
