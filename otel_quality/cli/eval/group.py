"""`eval`: judged quality: runs of a judge, what they came to, and what they are judged by."""

from typing import Final

import click

from otel_quality.cli.lazy import Lazy

COMMANDS: Final = {
    "run": "Have sessions judged.",
    "status": "Say how a run goes, the latest one by default.",
    "runs": "List runs.",
    "cancel": "End a run.",
    "show": "Show what judges and people say of one session.",
    "stats": "Report the scores of the last weeks.",
    "trust": "Say how far the judge can be trusted.",
    "rubric": "Show, check and compare what is judged by.",
}


@click.group("eval", cls=Lazy, package="otel_quality.cli.eval", table=COMMANDS)
def command() -> None:
    """Have sessions judged by a panel of LLM experts, and see what they say."""
