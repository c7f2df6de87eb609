"""`sessions override`: a person's grade beside the machine's, which calibration learns from."""

import urllib.parse

import click

from otel_quality import terminal
from otel_quality.cli import options
from otel_quality.cli.sessions.show import grade_lines
from otel_quality.client import Client


@click.command("override")
@click.argument("session_id", metavar="ID")
@click.option("--completed/--incomplete", "task_completed", default=None, help="Whether the task was completed.")
@click.option("--efficiency", "tool_calls_efficient", metavar="1-5", type=click.IntRange(1, 5), help="How efficient tool calls were.")
@click.option("--quality", "response_quality", metavar="1-5", type=click.FloatRange(1, 5), help="How good the response was.")
@click.option("--recovered/--unrecovered", "errors_recovered", default=None, help="Whether errors were recovered.")
@click.option("--author", metavar="NAME", help="Who says so.")
@click.option("--note", metavar="TEXT", help="Why.")
@click.option("--clear", is_flag=True, help="Take the override back; the machine's grade stands again.")
@options.api
@options.token
@options.as_json
def command(session_id: str, clear: bool, api_url: str, token: str, as_json: bool, **said: object) -> None:
    """Set a person's grade of a session. What is left out stays the machine's; a new override replaces the one before."""
    given = {name: value for name, value in said.items() if value is not None}
    if clear and given:
        raise click.UsageError("--clear stands alone")
    if not clear and not given.keys() - {"author", "note"}:
        raise click.UsageError(
            "say at least one of --completed, --incomplete, --efficiency, --quality, --recovered, --unrecovered; or --clear"
        )
    path = f"/v1/sessions/{urllib.parse.quote(session_id, safe='')}/grade"
    client = Client(api_url, token)
    answer = client.delete(path) if clear else client.post(path, given)
    if as_json:
        options.print_json(answer)
        return
    out = terminal.console()
    for head, body in grade_lines(terminal.tame(answer)):
        terminal.item(out, head, body)
