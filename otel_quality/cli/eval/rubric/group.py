"""`eval rubric`: what is judged by, a file; works without a processor."""

from typing import Final

import click

from otel_quality.cli.lazy import Lazy

COMMANDS: Final = {
    "show": "Print a rubric, the shipped one by default.",
    "check": "Check a rubric of yours.",
    "diff": "Say what differs from the shipped one.",
}


@click.group("rubric", cls=Lazy, package="otel_quality.cli.eval.rubric", table=COMMANDS)
def command() -> None:
    """Show, check and compare what is judged by: the axes in words and the experts of the panel."""
