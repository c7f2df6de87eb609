"""`sessions`: whole sessions, graded; without a subcommand their list."""

from typing import Any, Final

import click

from otel_quality.cli import options
from otel_quality.cli.lazy import Lazy
from otel_quality.vocabulary.axes import STATUSES

COMMANDS: Final = {
    "show": "Show one session: its course, its grade and why.",
    "summary": "Sum up the sessions of the last days.",
    "override": "Set a person's grade beside the machine's.",
    "add": "Hand session files to the processor.",
    "grade": "Grade session files.",
    "calibrate": "Say how good a probability of completion labelled sessions give.",
}


@click.group("sessions", cls=Lazy, package="otel_quality.cli.sessions", table=COMMANDS, invoke_without_command=True)
@click.option("--task-type", "--task", "task_type", metavar="TYPE", help="Only of this type.")
@click.option("--agent", metavar="NAME", help="Only with this agent.")
@click.option("--model", metavar="NAME", help="Only with this model.")
@click.option("--platform", metavar="NAME", help="Only of this service.")
@click.option("--profile", metavar="NAME", help="Only of this profile.")
@click.option("--source", type=click.Choice(["spans", "api", "file"]), help="Only what came this way.")
@click.option("--completed/--incomplete", default=None, help="Only completed ones, or only others, by the effective grade.")
@click.option("--status", type=click.Choice(STATUSES), help="Only those that judges scored, scored by older versions, or did not.")
@click.option("--pinned", is_flag=True, default=None, help="Only pinned ones.")
@click.option("--days", metavar="D", type=click.IntRange(1, 36_500), help="Only active in so many last days.")
@click.option("--limit", metavar="N", type=click.IntRange(1, 500), default=20, show_default=True, help="At most so many.")
@click.option("--offset", metavar="N", type=click.IntRange(0), default=0, help="After so many.")
@options.api
@options.as_json
@click.pass_context
def command(ctx: click.Context, /, api_url: str, as_json: bool, **filters: Any) -> None:
    """List sessions with their grades, pinned first, then latest active; or one of the commands below.

    Options stand before a command only where the list is wanted; each command has its own.
    """
    if ctx.invoked_subcommand is None:
        from otel_quality.cli.sessions import listing

        listing.show(filters, api_url=api_url, as_json=as_json)
    elif any(ctx.get_parameter_source(name) == click.core.ParameterSource.COMMANDLINE for name in ctx.params):
        raise click.UsageError(f"options of the list stand without a command; give those of `{ctx.invoked_subcommand}` after it", ctx)
