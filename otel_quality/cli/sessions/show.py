"""`sessions show`: one session as it went: its calls in order, where it went wrong, its grade and every sign that counted."""

import urllib.parse
from collections import Counter
from collections.abc import Iterator
from itertools import groupby
from typing import Any, Final

import click
from rich.text import Text

from otel_quality import terminal
from otel_quality.cli import options
from otel_quality.client import Client
from otel_quality.core.reports.words import counted, milliseconds, percent

Line = tuple[Text, Text]
"""A head, and what hangs behind it where it is too long for one line."""
_GAP: Final[Line] = (Text(), Text())
_FOLD: Final = 4
"""Calls in a row without a mark, from which they are told in one line."""
_BEGINNING: Final = 20
_END: Final = 40
"""Lines of a long course that are shown."""
_TOOL_WIDTH: Final = 28
_MARKS: Final = {
    "": ("·", "dim", ""),
    "error": ("✗", "yellow", ""),
    "same_again": ("✗", "yellow", "the same call again"),
    "repeated": ("✗", "red", "{run} failures in a row"),
    "loop": ("✗", "bold red", "{run} failures in a row: loop"),
    "recovered": ("✓", "green", "recovered"),
}


@click.command("show")
@click.argument("session_id", metavar="ID")
@click.option("--all", "every", is_flag=True, help="Every call on its own line.")
@options.api
@options.as_json
def command(session_id: str, every: bool, api_url: str, as_json: bool) -> None:
    """Show one session: what it was, its calls in order with marks where it went wrong, its grade and why."""
    answer = Client(api_url).get(f"/v1/sessions/{urllib.parse.quote(session_id, safe='')}")
    if as_json:
        options.print_json(answer)
        return
    answer = terminal.tame(answer)
    out = terminal.console()
    lines = list(_course(answer, every=every))
    course = ((Text(), line) for line in (lines if every else _shortened(lines)))
    for head, body in (*_head(answer), _GAP, *course, _GAP, *grade_lines(answer)):
        terminal.item(out, head, body)


def _head(session: Any) -> Iterator[Line]:
    name = f"{session['name']}  " if session["name"] else ""
    yield Text(), Text.assemble((f"{name}{session['id']}", "bold"), ("  pinned" if session["pinned"] else "", "dim"))
    parts = {
        "type": session["task_type"],
        "platform": session["platform"],
        "agents": ", ".join(session["agents"]),
        "models": ", ".join(session["models"]),
        "profile": session["profile"],
        "when": _when(session),
        "calls": _calls(session),
        "tokens": f"{session['input_tokens']} in, {session['output_tokens']} out"
        if session["input_tokens"] + session["output_tokens"]
        else "",
        "cost": f"${session['cost_usd']:.4f}" if session["cost_usd"] else "",
        "outcome": {True: "succeeded", False: "failed", None: ""}[session["success"]],
        "from": ", ".join(session["sources"]),
        "said": f"{session['likes']} up, {session['dislikes']} down" if session["likes"] or session["dislikes"] else "",
        "judged": _judged(session),
    }
    for title, value in parts.items():
        if value:
            yield Text(f"{title:<9} ", style="dim"), Text(value)


def _judged(session: Any) -> str:
    if session["scores"] is None:
        return ""
    told = ", ".join(f"{axis} {value:.0f}" for axis, value in session["scores"].items() if value is not None)
    return told + (" (by an older judge or rubric, or before it went on)" if session["status"] == "stale" else "")


def _when(session: Any) -> str:
    if not session["end"]:
        return ""
    took = f", took {milliseconds(1000 * session['duration_s'])}" if session["duration_s"] is not None else ""
    return f"{terminal.clock(session['start'] or session['end'])}{took}{'' if session['ended'] else ', ended by idleness'}"


def _calls(session: Any) -> str:
    told = [counted(session["api_calls"], "API call"), counted(session["tool_calls"], "tool call"), counted(session["errors"], "error")]
    return ", ".join(told) + (f" ({session['failed_api_calls']} of API calls)" if session["failed_api_calls"] else "")


def _course(session: Any, *, every: bool) -> Iterator[Text]:
    stages = session["course"]
    if not stages:
        yield Text("No tool was called.", style="dim")
        return
    if stages[0]["number"] > 1:
        yield Text(f"calls 1-{stages[0]['number'] - 1} are no longer kept", style="dim")
    width = len(str(stages[-1]["number"]))
    timed = any(stage["latency_ms"] is not None for stage in stages)
    run = 0
    for (marked, _), group in groupby(stages, key=lambda stage: (bool(stage["mark"]), stage["agent"])):
        together = list(group)
        if not every and not marked and len(together) >= _FOLD:
            run = 0
            yield _folded(together, width)
            continue
        for stage in together:
            run = run + 1 if stage["error"] else 0
            yield _stage(stage, width, run, timed=timed)


def _shortened(lines: list[Text]) -> list[Text]:
    """Of a long course its beginning and its end."""
    between = len(lines) - _BEGINNING - _END
    if between <= 1:
        return lines
    return [*lines[:_BEGINNING], Text(f"… {between} more lines; --all shows every call", style="dim"), *lines[-_END:]]


def _folded(stages: list[Any], width: int) -> Text:
    tools = Counter(stage["tool"] for stage in stages)
    told = ", ".join(f"{tool} ×{count}" if count > 1 else tool for tool, count in tools.most_common(4))
    more = ", …" if len(tools) > 4 else ""
    return Text(f"{stages[0]['number']:>{width}}-{stages[-1]['number']}  {len(stages)} calls: {told}{more}", style="dim")


def _stage(stage: Any, width: int, run: int, *, timed: bool) -> Text:
    sign, style, said = _MARKS[stage["mark"]]
    tool = stage["tool"] if len(stage["tool"]) <= _TOOL_WIDTH else f"{stage['tool'][: _TOOL_WIDTH - 1]}…"
    took = f"{milliseconds(stage['latency_ms']):>8}  " if timed else ""
    told = "  ".join(filter(None, (stage["error"], f"◀ {said.format(run=run)}" if said else "")))
    return Text(f"{stage['number']:>{width}}  {sign} {tool:<{_TOOL_WIDTH}}  {took}{told}".rstrip(), style=style)


def grade_lines(session: Any) -> Iterator[Line]:
    """A session's grade, the person's beside the machine's, and why."""
    grade, machine, override = session["grade"], session["machine_grade"], session["override"]
    if grade is None or machine is None:
        yield Text(), Text("Not graded yet.", style="dim")
        return
    done = grade["task_completed"]
    yield (
        Text("✓ completed  " if done else "✗ not completed  ", style="green" if done else "red"),
        Text.assemble(
            f"efficiency {grade['tool_calls_efficient']} of 5, quality {grade['response_quality']:g} of 5",
            f", {percent(grade['p_completed'])} likely completed" if grade["p_completed"] is not None else "",
            ", errors recovered" if grade["errors_recovered"] else "",
        ),
    )
    if override is not None:
        yield _by_hand(override, machine)
    for dimension, signs in machine["signs"].items():
        told = ", ".join(f"{sign['name']} {sign['value']}{_weight(sign, dimension)}" for sign in signs) or "no sign"
        yield Text(f"  {dimension:<11}", style="dim"), Text(told)


def _weight(sign: Any, dimension: str) -> str:
    return "" if dimension == "efficiency" else f" ({sign['weight']:+g})"


def _by_hand(override: Any, machine: Any) -> Line:
    names = ("task_completed", "tool_calls_efficient", "response_quality", "errors_recovered")
    told = ", ".join(f"{name} {_word(machine[name])} -> {_word(override[name])}" for name in names if override[name] is not None)
    by = f" by {override['author']}" if override["author"] else ""
    note = f": {override['note']}" if override["note"] else ""
    return Text("  by hand    ", style="cyan"), Text(f"{override['time'][:10]}{by}: {told}{note}", style="cyan")


def _word(value: Any) -> str:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else f"{value:g}"
