"""`agents`: how well each agent does, and whether it gets better."""

import click
from rich.text import Text

from otel_quality import terminal
from otel_quality.cli import options
from otel_quality.client import Client
from otel_quality.core.reports import lines, sections


@click.command("agents")
@click.option("--days", metavar="D", type=click.IntRange(1, 36_500), default=7, show_default=True, help="Executions of so many last days.")
@options.api
@options.as_json
def command(days: int, api_url: str, as_json: bool) -> None:
    """Report how well agents do, the busiest first, and whether they learn."""
    # Imported here: it loads what checks answers, and `--help` needs none of it.
    from otel_quality.cli.records import read, read_all

    answer = Client(api_url).get("/v1/agents", days=days)
    if as_json:
        options.print_json(answer)
        return
    out = terminal.console()
    if not answer["agents"]:
        out.print(f"No agent executed a tool in the last {days} days. `otel-quality doctor` says what arrives.")
        return
    terminal.section(out, sections.agents(read_all(lines.Agent, answer["agents"])))
    together = read(lines.Velocity, answer["velocity"])
    if together.known:
        out.print(Text(f"All together: {together.trend}, {100 * together.change:+.0f} points of success rate in 3 days.", style="dim"))
