"""`feedback`: what a person says of one message of a session; and what people said."""

from typing import Any, Final

import click
from rich.text import Text

from otel_quality import terminal
from otel_quality.cli import options
from otel_quality.client import Client

_RATINGS: Final = {"up": 1, "down": -1}
_MARKS: Final = {1: ("▲ up", "green"), -1: ("▼ down", "red"), 0: ("· taken back", "dim")}


@click.command("feedback")
@click.argument("session_id", metavar="SESSION")
@click.argument("message", metavar="[MESSAGE]", required=False, type=click.IntRange(0))
@click.argument("rating", metavar="[up|down]", required=False, type=click.Choice(list(_RATINGS)))
@click.option("--author", metavar="NAME", default="", help="Who says so; each author has one opinion of a message, the latest.")
@click.option("--comment", metavar="TEXT", default="", help="Why.")
@click.option("--take-back", is_flag=True, help="Take back what this author said of the message.")
@options.api
@options.token
@options.as_json
def command(
    session_id: str,
    message: int | None,
    rating: str | None,
    take_back: bool,
    api_url: str,
    token: str,
    as_json: bool,
    **said: str,
) -> None:
    """Say whether message number MESSAGE (0 is the first) of SESSION was good; with SESSION alone list what people said of it."""
    client = Client(api_url, token)
    if message is None:
        if take_back or any(said.values()):
            raise click.UsageError("--author, --comment and --take-back need MESSAGE")
        answer = client.get("/v1/feedback", session_id=session_id)
    elif (rating is None) != take_back:
        raise click.UsageError("say `up` or `down`, or --take-back")
    else:
        given = {"session_id": session_id, "message_index": message, "rating": _RATINGS[rating] if rating else 0}
        answer = client.post("/v1/feedback", given | said)
    if as_json:
        options.print_json(answer)
        return
    out, answer = terminal.console(), terminal.tame(answer)
    for each in answer.get("feedback", [answer]):
        terminal.item(out, *line(each))
    if answer.get("feedback") == []:
        out.print("Nobody said anything of the session.", markup=False)


def line(feedback: Any) -> tuple[Text, Text]:
    """What one person said, as a head and what hangs behind it."""
    mark, style = _MARKS[feedback["rating"]]
    by = f" by {feedback['author']}" if feedback["author"] else ""
    comment = f": {feedback['comment']}" if feedback["comment"] else ""
    return Text(f"{mark}  ", style=style), Text(f"message {feedback['message_index']}{by}, {feedback['time'][:10]}{comment}")
