"""`eval show`: what judges and people say of one session."""

from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import quote

import click
from rich.text import Text

from otel_quality import terminal
from otel_quality.cli import feedback, options
from otel_quality.client import Client
from otel_quality.core.reports.words import counted, number
from otel_quality.vocabulary.axes import AXES

_GAP: Final = (Text(), Text())
_WIDTH: Final = max(len(axis) for axis in AXES)


@click.command("show")
@click.argument("session_id", metavar="SESSION")
@click.option("--all", "every", is_flag=True, help="Every evaluation with its comments, not the latest only.")
@options.api
@options.as_json
def command(session_id: str, every: bool, api_url: str, as_json: bool) -> None:
    """Show what judges say of a session, expert by expert, and what people say."""
    answer = Client(api_url).get(f"/v1/sessions/{quote(session_id, safe='')}")
    if as_json:
        parts = ("id", "messages", "likes", "dislikes", "status", "scores", "evaluated", "has_transcript")
        options.print_json({name: answer[name] for name in (*parts, "feedback", "evaluations", "annotations")})
        return
    out, answer = terminal.console(), terminal.tame(answer)
    for head, body in _lines(answer, every=every):
        terminal.item(out, head, body)


def _lines(session: Any, *, every: bool) -> Iterator[tuple[Text, Text]]:
    yield Text(), Text.assemble((session["name"] or session["id"], "bold"), (f"  {session['status']}", "dim"))
    evaluations = session["evaluations"]
    if not evaluations:
        kept = "`otel-quality eval run` has it judged" if session["has_transcript"] else "its text is not kept, so no judge can read it"
        yield Text(), Text(f"Not judged yet: {kept}.", style="dim")
    for evaluation in evaluations if every else evaluations[:1]:
        yield _GAP
        yield from _evaluation(evaluation)
    if len(evaluations) > 1 and not every:
        yield Text(), Text(f"{counted(len(evaluations) - 1, 'earlier evaluation')}; --all shows them.", style="dim")
    if session["feedback"] or session["annotations"]:
        yield _GAP
    for each in session["feedback"]:
        yield feedback.line(each)
    for each in session["annotations"]:
        yield _annotation(each)


def _evaluation(made: Any) -> Iterator[tuple[Text, Text]]:
    stale = "  stale" if made["status"] == "stale" else ""
    by = f"{terminal.clock(made['time'])} by {made['judge_version']}, rubric {made['rubric_version']}"
    yield Text(), Text.assemble((by, "dim"), (stale, "yellow"))
    for axis in AXES:
        value = made["scores"][axis]
        if value is None:
            yield Text(f"{axis:<{_WIDTH}}    -  ", style="dim"), Text("does not apply", style="dim")
            continue
        style = "" if axis == "task_complexity" else terminal.score_style(value)
        each = ", ".join(f"{expert['expert']} {number(expert['scores'][axis], 0)}" for expert in made["experts"])
        yield Text(f"{axis:<{_WIDTH}}  "), Text.assemble((f"{value:3.0f}  {terminal.bar(value)}", style), (f"  {each}", "dim"))
    for expert in made["experts"]:
        said = "declined to judge" if expert["refused"] else expert["comment"] or "no comment"
        yield Text(f"  {expert['expert']}: ", style="cyan"), Text(said)
    for note in made["notes"]:
        yield Text("  note: ", style="yellow"), Text(note)
    if made["masked"]:
        told = ", ".join(f"{kind} ×{count}" for kind, count in sorted(made["masked"].items()))
        yield Text("  masked: ", style="dim"), Text(told, style="dim")


def _annotation(told: Any) -> tuple[Text, Text]:
    value = number(told["value"]) if told["value"] is not None else ""
    said = " ".join(filter(None, (value, told["label"], told["error"])))
    by = f" by {told['author']}" if told["author"] else ""
    why = f": {told['explanation']}" if told["explanation"] else ""
    return Text(f"• {told['name']}  ", style="cyan"), Text(f"{said}{by}, {told['time'][:10]}{why}")
