"""`scores`: the report of how good each backend is.

Order and adjusted score come from the API's ranking, the numbers from its cards; nothing is computed here.
"""

from typing import Any, Final

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from otel_quality import terminal
from otel_quality.cli import options
from otel_quality.client import Client

_ROOMY: Final = 100
"""Columns from which there is room for two spaces between numbers."""
NOTHING: Final = "No responses yet. `otel-quality doctor` says what arrives and what to do."


@click.command("scores")
@click.option("--task", metavar="TASK", help='Only this task; "*" is each of them in turn. Default: over all tasks.')
@click.option("--backend", metavar="NAME", help="Only this backend.")
@options.api
@options.as_json
def command(task: str | None, backend: str | None, api_url: str, as_json: bool) -> None:
    """Report how good each backend is, best first.

    The score is 0-100 over the last 100 responses, with its 95 % interval. Under 5 responses it is scaled down and
    marked as few.
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
    gap = 2 if out.width >= _ROOMY else 1
    out.print(_ranking(cards, places, gap))
    out.print()
    out.print(_breakdown(cards, gap))
    missing = sorted({name for card in cards for name in card["missing"]})
    if missing:
        out.print(Text(f"Not reported by every backend, and left out of its score: {', '.join(missing)}.", style="dim"))
    out.print()


def _ranking(cards: list[Any], places: dict[str, Any], gap: int) -> Table:
    table = _table(gap, "#", "backend", "score", "", "95 %", "success", "latency", "samples")
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
            Text(str(card["samples"])) if card["state"] == "ok" else Text(f"{card['samples']} (few)", style="yellow"),
        )
    return table


def _breakdown(cards: list[Any], gap: int) -> Table:
    table = _table(gap, "backend", "requests", "success", "errors", "refusals", "timeouts", "latency", "TTFT", "p95")
    for card in cards:
        table.add_row(
            Text(card["backend"], style="bold"),
            *(str(card[name]) for name in ("samples", "successes", "errors", "refusals", "timeouts")),
            *(terminal.duration(card[name]) for name in ("mean_latency_ms", "mean_ttft_ms", "p95_latency_ms")),
        )
    return table


def _table(gap: int, *columns: str) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, gap, 0, 0), header_style="dim")
    for column in columns:
        name = column == "backend"
        table.add_column(column, justify="left" if name or not column else "right", no_wrap=not name, overflow="fold")
    return table
