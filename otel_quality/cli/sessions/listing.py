"""The list of sessions: one line each, with the effective grade."""

from collections.abc import Mapping
from typing import Any

from rich.table import Table
from rich.text import Text

from otel_quality import terminal
from otel_quality.cli import options
from otel_quality.client import Client


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
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for name in ("", "session", "active", "type", "calls", "errors", "eff.", "quality"):
        number = name in ("calls", "errors", "eff.", "quality")
        table.add_column(name, justify="right" if number else "left", no_wrap=name != "session", overflow="fold")
    for session in answer["sessions"]:
        table.add_row(*_row(session))
    out.print(table)
    if any(session["overridden"] for session in answer["sessions"]):
        out.print(Text("* graded by a person", style="dim"))
    shown = len(answer["sessions"])
    if answer["total"] > shown:
        out.print(Text(f"{shown} of {answer['total']}; --offset {answer['offset'] + shown} goes on.", style="dim"))


def _row(session: Any) -> list[Text | str]:
    grade = session["grade"]
    name = Text(session["name"] or session["id"], style="bold")
    if session["pinned"]:
        name.append(" (pinned)", style="dim")
    numbers = [str(session["tool_calls"]), str(session["errors"])]
    at = session["active"][5:16].replace("T", " ")
    graded = [str(grade["tool_calls_efficient"]), f"{grade['response_quality']:g}"] if grade else ["-", "-"]
    return [verdict(session), name, at, session["task_type"], *numbers, *graded]


def verdict(session: Any) -> Text:
    """The session's mark: completed, incomplete, or not graded; a hand where a person said so."""
    if session["grade"] is None:
        return Text("…", style="dim")
    mark, style = ("✓", "green") if session["grade"]["task_completed"] else ("✗", "red")
    return Text(mark + ("*" if session["overridden"] else ""), style=style)
