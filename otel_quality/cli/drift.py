"""`drift`: who got worse, since when and by which signals; and emptying a window after a recovery."""

from typing import Any

import click
from rich.text import Text

from otel_quality import terminal
from otel_quality.cli import options
from otel_quality.client import Client


@click.command("drift")
@click.option("--backend", metavar="NAME", help="Only this backend.")
@click.option("--model", metavar="NAME", help="Only this model.")
@click.option("--task", metavar="TASK", help="Only this task.")
@click.option("--clear", is_flag=True, help="Empty these drift windows (all of them without a filter), after a recovery.")
@options.api
@options.token
@options.as_json
def command(backend: str | None, model: str | None, task: str | None, clear: bool, api_url: str, token: str, as_json: bool) -> None:
    """List drift verdicts, the worst first, or clear their windows.

    States: learning (too few responses), stable, mild, severe.
    """
    client = Client(api_url, token)
    ask = client.delete if clear else client.get
    answer = ask("/v1/drift", backend=backend, model=model, task=task)
    if as_json:
        options.print_json(answer)
    elif clear:
        click.echo(f"{answer['cleared']} drift {'window' if answer['cleared'] == 1 else 'windows'} cleared")
    else:
        _list(answer["drift"])


def _list(verdicts: list[Any]) -> None:
    out = terminal.console()
    if not verdicts:
        out.print("No drift windows yet. `otel-quality doctor` says what arrives and what to do.")
    order = list(reversed(terminal.STATE_MARKS))
    for verdict in sorted(verdicts, key=lambda verdict: order.index(verdict["state"])):
        style = terminal.STATE_STYLES[verdict["state"]]
        key = " · ".join(part for part in (verdict["backend"], verdict["model"], verdict["task"]) if part is not None)
        state = Text(f"{terminal.STATE_MARKS[verdict['state']]} {verdict['state']:<8}  ", style=style)
        known = f"{verdict['samples']} samples so far" if verdict["state"] == "learning" else f"since {terminal.clock(verdict['since'])}"
        terminal.item(out, state, Text.assemble(key, (f"  {known}", "dim")))
        if verdict["reason"]:
            terminal.item(out, Text(" " * len(state)), Text(verdict["reason"], style=style))
