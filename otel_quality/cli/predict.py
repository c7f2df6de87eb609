"""`predict`: will a planned execution succeed; and how earlier predictions did."""

import json
from typing import Any

import click
from rich.text import Text

from otel_quality import terminal
from otel_quality.cli import options
from otel_quality.client import Client
from otel_quality.core.reports import lines, sections
from otel_quality.core.reports.words import percent
from otel_quality.vocabulary.attributes import PREDICTION_ID


def _object(_: click.Context, __: click.Parameter, value: str | None) -> dict[str, Any] | None:
    if value is None:
        return None
    try:
        params = json.loads(value)
    except (ValueError, RecursionError) as error:
        raise click.BadParameter(f"it is not JSON: {error}") from None
    if not isinstance(params, dict):
        raise click.BadParameter('it is no JSON object, such as {"path": "."}')
    return params


@click.command("predict")
@click.argument("tool", required=False)
@click.option("--agent", metavar="NAME", default="", help="The agent that will execute it. Default: none, as code outside of agents.")
@click.option("--params", metavar="JSON", callback=_object, help="Its arguments by name, as a JSON object. Default: over all parameters.")
@click.option("--params-hash", metavar="HASH", help="Their hash instead, 16 hex digits.")
@options.api
@options.token
@options.as_json
def command(
    tool: str | None, agent: str, params: dict[str, Any] | None, params_hash: str | None, api_url: str, token: str, as_json: bool
) -> None:
    """Predict whether an execution of TOOL succeeds, and record the prediction; without TOOL list how predictions did."""
    client = Client(api_url, token)
    if tool is None:
        if agent or params is not None or params_hash:
            raise click.UsageError("--agent, --params and --params-hash need TOOL")
        _list(client, as_json=as_json)
        return
    given = {"tool": tool, "agent": agent, "params": params, "params_hash": params_hash}
    answer = client.post("/v1/predictions", {name: value for name, value in given.items() if value is not None})
    if as_json:
        options.print_json(answer)
        return
    out, answer = terminal.console(), terminal.tame(answer)
    said = Text.assemble(
        (f"{tool} by {agent or 'no agent'}: ", "bold"), (percent(answer["probability"]), _style(answer)), f"  {answer['reason']}"
    )
    out.print(said, soft_wrap=True)
    out.print(Text(f"{PREDICTION_ID} {answer['id']} on the execution's span matches it for sure.", style="dim"), soft_wrap=True)


def _style(answer: Any) -> str:
    return terminal.score_style(100 * answer["probability"]) if answer["samples"] >= 3 else "yellow"


def _list(client: Client, *, as_json: bool) -> None:
    # Imported here: it loads what checks answers, and `--help` needs none of it.
    from otel_quality.cli.records import read, read_all

    answer = client.get("/v1/predictions", limit=20)
    if as_json:
        options.print_json(answer)
        return
    out = terminal.console()
    if not answer["predictions"]:
        out.print("No prediction was asked for yet: otel-quality predict TOOL --agent NAME", markup=False)
        return
    terminal.section(out, sections.predictions(read_all(lines.Prediction, answer["predictions"])))
    out.print()
    terminal.section(out, sections.accuracy(read(lines.Accuracy, answer["accuracy"])))
