"""`sessions`: whole sessions, graded."""

from typing import Final

import click

from otel_quality.cli.lazy import Lazy

COMMANDS: Final = {
    "grade": "Grade session files.",
    "calibrate": "Say how good a probability of completion labelled sessions give.",
}


@click.group("sessions", cls=Lazy, package="otel_quality.cli.sessions", table=COMMANDS)
def command() -> None:
    """Grade whole sessions, and learn from labelled ones."""
