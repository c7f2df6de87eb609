"""A run in words, and following it until it ends: progress on a terminal, quiet in a pipe.

Decision: Ctrl-C ends the following and not the run, which belongs to the processor. So does a processor that is being restarted: it
continues the run, and it is asked again for a while.
"""

import time
from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import quote

import click
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.text import Text

from otel_quality import terminal
from otel_quality.client import ApiError, Client
from otel_quality.core.reports.words import counted

ASK_S: Final = 0.5
"""Seconds between two questions of how a run goes."""
MOST: Final = 20_000
"""Sessions of a run, all of them."""
PATIENCE_S: Final = 60.0
"""How long a processor that does not answer is asked again."""
_INTERRUPTED: Final = 130
_SHOWN: Final = 10
"""Failed sessions that are told one by one."""
_MARKS: Final = {"running": ("…", "cyan"), "done": ("✓", "green"), "failed": ("✗", "red"), "cancelled": ("✗", "yellow")}
_ENDED: Final = ("ok", "failed", "cancelled")


def path(run_id: str) -> str:
    """Where a run is."""
    return f"/v1/evaluations/runs/{quote(run_id, safe='')}"


def follow(client: Client, run: Any) -> Any:
    """Wait until a run ends.

    Returns:
        The run with its sessions, as the API answers it.

    Raises:
        click.exceptions.Exit: Ctrl-C; that the run goes on is said.
    """
    out = terminal.console(stderr=True)
    columns = (TextColumn("judging"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.description}"), TimeRemainingColumn())
    try:
        with Progress(*columns, console=out, transient=True, disable=not out.is_terminal) as progress:
            bar = progress.add_task("")
            while run["status"] == "running":
                time.sleep(ASK_S)
                run = _again(client, run["id"])
                ended, total = judged(run)
                progress.update(bar, completed=ended, total=total, description=_under_way(run))
    except KeyboardInterrupt:
        run_id = terminal.tame(run["id"])
        raise left(f"the run goes on; `otel-quality eval status {run_id}` tells how, `otel-quality eval cancel {run_id}` ends it") from None
    return _again(client, run["id"], sessions=MOST)


def _again(client: Client, run_id: str, *, sessions: int = 1) -> Any:
    """The run with so many of its sessions; a processor that does not answer is asked again for a while."""
    until_s = time.monotonic() + PATIENCE_S
    while True:
        try:
            return client.get(path(run_id), limit=sessions)
        except ApiError as error:
            if not error.passing or time.monotonic() > until_s:
                raise
            time.sleep(ASK_S)


def left(message: str) -> click.exceptions.Exit:
    """Say what goes on after Ctrl-C; what to raise then."""
    click.echo(f"otel-quality: {message}", err=True)
    return click.exceptions.Exit(_INTERRUPTED)


def judged(run: Any) -> tuple[int, int]:
    """How many of its sessions are through, and how many there are."""
    counts = run["counts"]
    return sum(counts[state] for state in _ENDED), sum(counts.values())


def _under_way(run: Any) -> str:
    failed = run["counts"]["failed"]
    return ", ".join(filter(None, (f"{failed} failed" if failed else "", spent(run["spent"]))))


def spent(used: Any) -> str:
    """What calls to a judge took.

    >>> spent({"calls": 8, "input_tokens": 20_500, "output_tokens": 900, "cost_usd": 0.125})
    '8 calls, 21,400 tokens, $0.1250'
    """
    cost = f", ${used['cost_usd']:.4f}" if used["cost_usd"] else ""
    return f"{counted(used['calls'], 'call')}, {used['input_tokens'] + used['output_tokens']:,} tokens{cost}"


def lines(run: Any) -> Iterator[tuple[Text, Text]]:
    """A run in words, each line a head and what hangs behind it; `run` is tamed and may have its sessions."""
    mark, style = _MARKS[run["status"]]
    ended, total = judged(run)
    counts = run["counts"]
    done = ended if run["status"] == "running" else counts["ok"]
    told = [
        f"{done} of {counted(total, 'session')} judged",
        *(f"{counts[state]} {state}" for state in ("failed", "cancelled") if counts[state]),
    ]
    if counts["pending"] and run["status"] != "running":
        told.append(f"{counts['pending']} not reached")
    yield Text(f"{mark} {run['status']}  ", style=style), Text.assemble((run["id"], "bold"), f"  {', '.join(told)}")
    rest = {
        "asked": _asked(run),
        "judge": f"{run['judge_version']}, rubric {run['rubric_version']}",
        "took": spent(run["spent"]),
        "when": f"{terminal.clock(run['created'])}{_lasted(run)}",
        "error": run["error"],
        "note": run["note"],
    }
    for title, value in rest.items():
        if value:
            yield Text(f"  {title:<6} ", style="dim"), Text(value, style="red" if title == "error" else "")
    yield from _failures([each for each in run.get("sessions", ()) if each["state"] == "failed"])


def _failures(failed: list[Any]) -> Iterator[tuple[Text, Text]]:
    """Reference sessions last: they are judged first, and would fill the list where the judge fails at all."""
    failed.sort(key=lambda each: each["anchor"])
    for each in failed[:_SHOWN]:
        yield Text("  ✗ ", style="red"), Text.assemble((each["session_id"], "bold"), f"  {each['error']}")
    if len(failed) > _SHOWN:
        yield Text("    "), Text(f"and {len(failed) - _SHOWN} more; --json has them all", style="dim")


def _asked(run: Any) -> str:
    what = f"session {run['session_id']}" if run["session_id"] else f"{run['scope']} sessions, at most {run['limit']}"
    return what + (f", active since {run['since'][:16].replace('T', ' ')} UTC" if run["since"] else "")


def _lasted(run: Any) -> str:
    if not run["ended"]:
        return ""
    return f", ended {terminal.clock(run['ended'])}"
