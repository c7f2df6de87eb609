"""`tools`: how often each tool succeeds, with whom, and when it does not."""

import click

from otel_quality import terminal
from otel_quality.cli import options
from otel_quality.client import Client
from otel_quality.core.reports import lines, sections


@click.command("tools")
@click.argument("tool", required=False)
@click.option("--days", metavar="D", type=click.IntRange(1, 36_500), help="Calls of so many last days. Default: all that is kept.")
@options.api
@options.as_json
def command(tool: str | None, days: int | None, api_url: str, as_json: bool) -> None:
    """Report how often tools succeed and which agent is best at each; with TOOL that one, by parameters and by time too."""
    # Imported here: it loads what checks answers, and `--help` needs none of it.
    from otel_quality.cli.records import read_all

    answer = Client(api_url).get("/v1/tools", tool=tool, days=days)
    if as_json:
        options.print_json(answer)
        return
    out = terminal.console()
    if not answer["tools"]:
        out.print(
            f"Nothing is known of {tool}." if tool else "No tool execution yet. `otel-quality doctor` says what arrives.", markup=False
        )
        return
    parts = [sections.tools(read_all(lines.Tool, answer["tools"])), sections.patterns(read_all(lines.Pattern, answer["patterns"]), most=10)]
    if tool:
        parts.append(sections.patterns(read_all(lines.Pattern, answer["by_parameters"])))
        parts.append(sections.effects(read_all(lines.Effect, answer["effects"]), "By hour and weekday"))
    for number, part in enumerate(parts):
        if number:
            out.print()
        terminal.section(out, part)
