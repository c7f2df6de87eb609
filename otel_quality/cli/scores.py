"""`scores`: the report of how good each backend is.

Order and adjusted score come from the API's ranking, the numbers from its cards; nothing is computed here.
"""

from typing import Any

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from otel_quality import terminal
from otel_quality.cli import options
from otel_quality.client import Client

NOTHING = "No responses yet. `otel-quality doctor` says what arrives and what to do."


@click.command("scores")
@click.option("--task", metavar="TASK", help='Only this task; "*" is each of them in turn. Default: over all tasks.')
@click.option("--backend", metavar="NAME", help="Only this backend.")
@options.api
@options.as_json
def command(task: str | None, backend: str | None, api_url: str, as_json: bool) -> None:
    """Report how good each backend is, best first.

    The score is 0-100 over the last 100 responses, with its 95 % interval. Under 5 responses it is scaled down and
    marked as too few.
    """
    client = Client(api_url)
    answer = client.get("/v1/scores", task=task, backend=backend)
    if as_json:
        options.print_json(answer)
        return
    out = terminal.console()
    cards: dict[str, list[Any]] = {}
    for card in answer["scores"]:
        cards.setdefault(card["task"], []).append(card)
    if not cards:
        out.print(NOTHING)
    for name, of_task in cards.items():
        ranking = client.get("/v1/recommendations", task=name)["recommendations"]
        _report(out, name, of_task, {item["backend"]: item for item in ranking})


def _report(out: Console, task: str, cards: list[Any], places: dict[str, Any]) -> None:
    cards.sort(key=lambda card: places[card["backend"]]["rank"] if card["backend"] in places else len(places) + 1)
    out.print(Text("Scores over all tasks" if task == "all" else f"Scores for {task}", style="bold"))
    out.print(_ranking(cards, places))
    out.print()
    out.print(_breakdown(cards))
    missing = sorted({name for card in cards for name in card["missing"]})
    if missing:
        out.print(Text(f"Not reported by every backend, and left out of its score: {', '.join(missing)}.", style="dim"))
    out.print()


def _ranking(cards: list[Any], places: dict[str, Any]) -> Table:
    table = _table("#", "backend", "score", "", "95 % interval", "success", "latency", "samples", "state")
    for card in cards:
        place = places.get(card["backend"])
        score = place["score"] if place else card["score"]
        table.add_row(
            str(place["rank"]) if place else "-",
            Text(card["backend"], style="bold"),
            f"{score:.2f}",
            Text(terminal.bar(score), style=terminal.score_style(score)),
            f"{card['interval'][0]:.0f}–{card['interval'][1]:.0f}",
            terminal.share(card["successes"], card["samples"]),
            terminal.duration(card["mean_latency_ms"]),
            str(card["samples"]),
            "ok" if card["state"] == "ok" else Text("too few", style="yellow"),
        )
    return table


def _breakdown(cards: list[Any]) -> Table:
    table = _table("backend", "requests", "success", "errors", "refusals", "timeouts", "latency", "TTFT", "p95")
    for card in cards:
        table.add_row(
            Text(card["backend"], style="bold"),
            *(str(card[name]) for name in ("samples", "successes", "errors", "refusals", "timeouts")),
            *(terminal.duration(card[name]) for name in ("mean_latency_ms", "mean_ttft_ms", "p95_latency_ms")),
        )
    return table


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for column in columns:
        table.add_column(column, justify="left" if column in {"backend", "", "state"} else "right", no_wrap=True)
    return table
