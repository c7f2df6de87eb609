"""The list of sessions: one line each, with the effective grade."""

from collections.abc import Mapping
from typing import Any, Final

from rich.table import Table
from rich.text import Text

from otel_quality import terminal
from otel_quality.cli import options
from otel_quality.client import Client

_NUMBERS: Final = ("calls", "errors", "eff.", "quality")


def show(filters: Mapping[str, Any], *, api_url: str, as_json: bool) -> None:
    """Ask for sessions and print them.

    Args:
        filters: those of GET /v1/sessions; None is no filter.
    """
    asked = {name: str(value).lower() if isinstance(value, bool) else value for name, value in filters.items()}
    answer = Client(api_url).get("/v1/sessions", **asked)
    if as_json:
        options.print_json(answer)
        return
    out, answer = terminal.console(), terminal.tame(answer)
    if not answer["sessions"]:
        filtered = any(value is not None for name, value in filters.items() if name not in ("limit", "offset"))
        out.print("No session fits." if filtered or answer["total"] else "No session yet. `otel-quality doctor` says what arrives.")
        return
    judged = any(session["scores"] for session in answer["sessions"])
    told = any(session["likes"] + session["dislikes"] for session in answer["sessions"])
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for name in ("", "session", "active", "type", *_NUMBERS, *(("goal",) if judged else ()), *(("said",) if told else ())):
        left = name in ("", "session", "active", "type")
        table.add_column(name, justify="left" if left else "right", no_wrap=name != "session", overflow="fold")
    for session in answer["sessions"]:
        table.add_row(*_row(session), *((_goal(session),) if judged else ()), *((_said(session),) if told else ()))
    terminal.table(out, table)
    if any(session["overridden"] for session in answer["sessions"]):
        out.print(Text("* graded by a person", style="dim"))
    if any(session["status"] == "stale" for session in answer["sessions"]):
        out.print(Text("~ judged by an older judge or rubric, or gone on since", style="dim"))
    shown = len(answer["sessions"])
    if answer["total"] > shown:
        out.print(Text(f"{shown} of {answer['total']}; --offset {answer['offset'] + shown} goes on.", style="dim"))


def _row(session: Any) -> list[Text | str]:
    grade = session["grade"]
    name = Text(session["name"] or session["id"], style="bold")
    if session["name"]:
        name.append(f" {session['id']}", style="dim")
    if session["pinned"]:
        name.append(" (pinned)", style="dim")
    numbers = [str(session["tool_calls"]), str(session["errors"])]
    at = session["active"][5:16].replace("T", " ")
    graded = [str(grade["tool_calls_efficient"]), f"{grade['response_quality']:g}"] if grade else ["-", "-"]
    return [verdict(session), name, at, session["task_type"], *numbers, *graded]


def _goal(session: Any) -> Text:
    """What the judges say of goal completion, 0-100."""
    value = session["scores"]["goal_completion"] if session["scores"] else None
    if value is None:
        return Text("-", style="dim")
    return Text(f"{'~' if session['status'] == 'stale' else ''}{value:.0f}", style=terminal.score_style(value))


def _said(session: Any) -> str:
    """What people say: how many messages were found good, and how many bad."""
    return f"+{session['likes']} -{session['dislikes']}" if session["likes"] or session["dislikes"] else ""


def verdict(session: Any) -> Text:
    """The session's mark: completed, incomplete, or not graded; a hand where a person said so."""
    if session["grade"] is None:
        return Text("…", style="dim")
    mark, style = ("✓", "green") if session["grade"]["task_completed"] else ("✗", "red")
    return Text(mark + ("*" if session["overridden"] else ""), style=style)
