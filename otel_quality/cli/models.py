"""`models`: which model does best on which type of task."""

import click

from otel_quality import terminal
from otel_quality.cli import options
from otel_quality.client import Client
from otel_quality.core.reports import lines, sections


@click.command("models")
@click.option("--task", metavar="TASK", help="Only this task type.")
@options.api
@options.as_json
def command(task: str | None, api_url: str, as_json: bool) -> None:
    """Report how models do at tool executions by task type, and which one is best."""
    # Imported here: it loads what checks answers, and `--help` needs none of it.
    from otel_quality.cli.records import read_all

    answer = Client(api_url).get("/v1/models", task=task)
    if as_json:
        options.print_json(answer)
        return
    out = terminal.console()
    if not answer["models"]:
        said = "No tool execution yet. `otel-quality doctor` says what arrives."
        if task:
            said = f"No tool execution yet on task type {task!r}. `otel-quality models` lists the task types there are."
        out.print(said, markup=False)
        return
    terminal.section(out, sections.models(read_all(lines.Model, answer["models"])))
