"""Options of the reports, and writing one where it belongs."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import click

from otel_quality.core.reports.document import Document
from otel_quality.core.reports.rendering import render

FORMATS: Final = ("text", "markdown", "html", "json")

form: Final = click.option("--format", "form", type=click.Choice(FORMATS), default="text", show_default=True, help="What it is written as.")
output: Final = click.option("--output", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Write it there.")


def write(answer: Any, page: Callable[[Any], Document], form: str, *, as_json: bool, output: Path | None) -> None:
    """Print a report, or write it to a file.

    Args:
        answer: the API's answer.
        page: makes a page of it.
        form: one of `FORMATS`; `as_json` is the same as "json".
    """
    shown = json.dumps(answer, indent=2, ensure_ascii=False) + "\n" if as_json or form == "json" else render(page(answer), form)  # type: ignore[arg-type]
    if output is None:
        click.echo(shown, nl=False)
        return
    try:
        output.write_text(shown, encoding="utf-8")
    except OSError as error:
        raise click.ClickException(f"{output} cannot be written: {error.strerror}") from None
    click.echo(f"wrote {output}")
