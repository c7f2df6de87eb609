"""`eval run`: have sessions judged, and wait for it; or say what it would take."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import click
from rich.text import Text

from otel_quality import terminal
from otel_quality.cli import options
from otel_quality.cli.eval import following
from otel_quality.client import Client
from otel_quality.core.reports.words import counted
from otel_quality.vocabulary.axes import SCOPES

_TIMEOUT_S: Final = 120.0
"""A dry run reads the text of every session that it would have judged."""
_AGO: Final = re.compile(r"(\d{1,5})([hd])")
_UNITS: Final = {"h": "hours", "d": "days"}


@click.command("run")
@click.option("--scope", type=click.Choice(SCOPES), help="Which sessions. Default: unevaluated ones by the present judge and rubric.")
@click.option("--session", "session_id", metavar="ID", help="Only this one, judged again if it was judged before.")
@click.option("--since", metavar="WHEN", help="Only sessions active since: 7d, 24h, or a time such as 2026-11-21T12:00:00Z.")
@click.option("--limit", metavar="N", type=click.IntRange(1, 10_000), default=100, show_default=True, help="At most so many, latest first.")
@click.option("--backend", metavar="NAME", default="", help="A configured judge. Default: the first one.")
@click.option("--model", metavar="NAME", default="", help="In the place of that judge's own model.")
@click.option("--dry-run", is_flag=True, help="Only say what it would take: sessions, calls, tokens, money.")
@click.option("--no-wait", is_flag=True, help="Start it and go; `eval status` tells how it goes.")
@options.api
@options.token
@options.as_json
@click.pass_context
def command(ctx: click.Context, /, dry_run: bool, no_wait: bool, api_url: str, token: str, as_json: bool, **wish: Any) -> None:
    """Have sessions judged whose text is kept, and wait until that is done.

    Ctrl-C ends the waiting, not the run. The exit code is 1 where the run failed or was cancelled; a session that fails, fails alone.
    """
    if wish["scope"] == "session" and wish["session_id"] is None:
        raise click.UsageError("--scope session needs --session ID")
    if wish["scope"] not in (None, "session") and wish["session_id"] is not None:
        raise click.UsageError("--session ID goes with no other scope")
    client = Client(api_url, token, timeout_s=_TIMEOUT_S)
    given = {name: value for name, value in (wish | {"since": _since(wish["since"])}).items() if value is not None}
    try:
        answer = client.post("/v1/evaluations/runs", given | {"dry_run": dry_run})
    except KeyboardInterrupt:
        raise following.left("a run may have begun; `otel-quality eval status` tells") from None
    if not dry_run and not no_wait:
        answer = following.follow(client, answer)
    if as_json:
        options.print_json(answer)
    elif dry_run:
        _estimate(terminal.tame(answer))
    else:
        out = terminal.console()
        for head, body in following.lines(terminal.tame(answer)):
            terminal.item(out, head, body)
    if answer.get("status") in ("failed", "cancelled"):
        ctx.exit(1)


def _since(told: str | None) -> str | None:
    """A time as the API takes it."""
    if told is None:
        return None
    try:
        if age := _AGO.fullmatch(told):
            return (datetime.now(UTC) - timedelta(**{_UNITS[age[2]]: int(age[1])})).isoformat()
        datetime.fromisoformat(told)
    except OverflowError:
        raise click.BadParameter(f"{told} is too long ago", param_hint="--since") from None
    except ValueError:
        raise click.BadParameter(
            f"{told} is neither an age such as 7d or 24h nor a time such as 2026-11-21T12:00:00Z", param_hint="--since"
        ) from None
    return told


def _estimate(said: Any) -> None:
    out = terminal.console()
    anchors = f" and {counted(said['anchors'], 'reference session')}" if said["anchors"] else ""
    left = [f"{said['left_tokens']:,} tokens" if said["left_tokens"] is not None else ""]
    left.append(f"${said['left_usd']:.2f}" if said["left_usd"] is not None else "")
    rest = {
        "would judge": f"{counted(said['sessions'], 'session')}{anchors}",
        "takes about": following.spent(said["spent"]),
        "budget": f"{' and '.join(filter(None, left))} left" if any(left) else "",
        "judge": f"{said['judge_version']}, rubric {said['rubric_version']}",
        "note": said["note"],
    }
    for title, value in rest.items():
        if value:
            terminal.item(out, Text(f"{title:<12} ", style="dim"), Text(value))
    out.print(Text("Nothing was started.", style="dim"))
