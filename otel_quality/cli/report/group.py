"""`report`: reports for people."""

from typing import Final

import click

from otel_quality.cli.lazy import Lazy

COMMANDS: Final = {
    "weekly": "Report a week of sessions.",
    "intelligence": "Report everything that executions teach.",
}


@click.group("report", cls=Lazy, package="otel_quality.cli.report", table=COMMANDS)
def command() -> None:
    """Report a week of sessions, or everything that executions teach, as text, Markdown, HTML or JSON."""
