"""`recommend`: which backend to use for a task, and why."""

import click
from rich.text import Text

from otel_quality import terminal
from otel_quality.cli import options
from otel_quality.cli.scores import NOTHING
from otel_quality.client import Client
from otel_quality.vocabulary.measures import ALL


@click.command("recommend")
@click.option("--task", metavar="TASK", required=True, help='The task; "all" is over all tasks.')
@click.option(
    "--min-samples",
    metavar="N",
    type=click.IntRange(min=1),
    default=5,
    show_default=True,
    help="Responses from which a score counts in full.",
)
@options.api
@options.as_json
def command(task: str, min_samples: int, api_url: str, as_json: bool) -> None:
    """Say which backend to use for a task, and why."""
    answer = Client(api_url).get("/v1/recommendations", task=task, min_samples=min_samples)
    if as_json:
        options.print_json(answer)
        return
    out = terminal.console()
    if not answer["recommendations"]:
        out.print(
            NOTHING if task == ALL else f"No responses for task {task!r}. `otel-quality scores --task '*'` lists the tasks there are.",
            markup=False,
        )
        return
    width = max(len(item["backend"]) for item in answer["recommendations"])
    for item in answer["recommendations"]:
        line = Text.assemble(
            (f"{item['rank']:>2}  {item['backend']:<{width}}  ", "bold"),
            (terminal.bar(item["score"]), terminal.score_style(item["score"])),
            f"  {item['score']:.2f}  ({item['interval'][0]:.0f}–{item['interval'][1]:.0f}, {item['samples']} samples)",
        )
        out.print(line, soft_wrap=True)
        for reason in item["reasons"]:
            terminal.item(out, Text("    "), Text(reason, style="red" if reason.startswith("drift severe") else "dim"))
