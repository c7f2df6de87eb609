"""`sessions add`: session files to a running processor, which keeps and grades them."""

import json
from typing import Any

import click
from rich.text import Text

from otel_quality import terminal
from otel_quality.cli import options
from otel_quality.cli.sessions import files
from otel_quality.cli.sessions.listing import verdict
from otel_quality.cli.sessions.reading import Bad
from otel_quality.client import ApiError, Client


@click.command("add")
@click.argument("paths", metavar="FILE...", nargs=-1, required=True, type=click.Path(exists=True))
@click.option("--keep/--no-keep", default=None, help="Keep what they say, masked, for a judge; or do not. Default: as the settings say.")
@options.api
@options.token
@click.option("--json", "as_json", is_flag=True, help="Print one session per line as JSON, as the API answers it.")
@click.pass_context
def command(ctx: click.Context, /, paths: tuple[str, ...], keep: bool | None, api_url: str, token: str, as_json: bool) -> None:
    """Hand session files to the processor: JSON or JSON lines, also packed with gzip or xz, or directories of them.

    What cannot be read, or is refused, is told on stderr, the rest is kept; then the exit code is 1.
    """
    client, out = Client(api_url, token), terminal.console()
    bad = Bad()
    for path in files.found(paths):
        for where, session in files.sessions(path, bad):
            try:
                answer = client.post("/v1/sessions", session if keep is None else _told(session, keep=keep))
            except ApiError as error:
                if not error.refused:
                    raise
                bad(f"{where}: {error}")
                continue
            if as_json:
                click.echo(json.dumps(answer, ensure_ascii=False))
            else:
                answer = terminal.tame(answer)
                out.print(Text.assemble(verdict(answer), " ", (answer["id"], "bold"), f"  {answer['grade']['summary']}"), soft_wrap=True)
    if bad.count:
        ctx.exit(1)


def _told(session: Any, *, keep: bool) -> Any:
    """The session with whether its text is kept; what is none stays as it is."""
    if isinstance(session, list):
        return {"messages": session, "keep": keep}
    return session | {"keep": keep} if isinstance(session, dict) else session
