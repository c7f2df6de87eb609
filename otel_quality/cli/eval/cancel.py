"""`eval cancel`: end a run."""

import click

from otel_quality import terminal
from otel_quality.cli import options
from otel_quality.cli.eval import following
from otel_quality.client import Client


@click.command("cancel")
@click.argument("run_id", metavar="RUN")
@options.api
@options.token
@options.as_json
def command(run_id: str, api_url: str, token: str, as_json: bool) -> None:
    """End a run. What it came to so far stays; a run that has ended stays as it is."""
    answer = Client(api_url, token).delete(following.path(run_id))
    if as_json:
        options.print_json(answer)
        return
    out = terminal.console()
    for head, body in following.lines(terminal.tame(answer)):
        terminal.item(out, head, body)
