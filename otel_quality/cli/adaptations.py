"""`adaptations`: what rules changed, why, and which policies hold now."""

import click

from otel_quality import terminal
from otel_quality.cli import options
from otel_quality.client import Client
from otel_quality.core.reports import lines, sections


@click.command("adaptations")
@click.option("--limit", metavar="N", type=click.IntRange(1, 1000), default=20, show_default=True, help="The latest so many.")
@options.api
@options.as_json
def command(limit: int, api_url: str, as_json: bool) -> None:
    """List what adaptation rules changed, the latest first, and the present policies."""
    # Imported here: it loads what checks answers, and `--help` needs none of it.
    from otel_quality.cli.records import read_all

    client = Client(api_url)
    answer = client.get("/v1/adaptations", limit=limit) | client.get("/v1/policies")
    if as_json:
        options.print_json(answer)
        return
    out = terminal.console()
    terminal.section(out, sections.adaptations(read_all(lines.Adaptation, answer["adaptations"])))
    out.print()
    terminal.section(out, sections.policies(read_all(lines.Policy, answer["policies"])))
