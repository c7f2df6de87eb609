"""`eval stats`: scores and feedback, week by week."""

from typing import Any, Final

import click
from rich.text import Text

from otel_quality import terminal
from otel_quality.cli import options
from otel_quality.client import Client
from otel_quality.core.reports.document import Column, Section, Table
from otel_quality.core.reports.words import number, percent
from otel_quality.vocabulary.axes import AXES, Axis

_ROOMY: Final = 110
"""Columns from which there is room for the whole names of the axes."""
_SHORT: Final[dict[Axis, str]] = {
    "task_complexity": "task",
    "goal_completion": "goal",
    "tool_usage_quality": "tools",
    "efficiency": "effic.",
    "communication": "comm.",
    "subagent_orchestration": "agents",
    "self_extension": "self",
}
"""Of the axes, where there is none."""
_LONG: Final[dict[Axis, str]] = {"tool_usage_quality": "tool use", "subagent_orchestration": "subagents", "self_extension": "self-ext."}
_WHOLE: Final = "all"


@click.command("stats")
@click.option("--days", metavar="D", type=click.IntRange(1, 365), default=90, show_default=True, help="Of so many last days.")
@click.option("--by-complexity", is_flag=True, help="Split by task complexity.")
@options.api
@options.as_json
def command(days: int, by_complexity: bool, api_url: str, as_json: bool) -> None:
    """Report weekly means per axis, 0-100, of each session's latest evaluation by the present judge and rubric; and feedback."""
    answer = Client(api_url).get("/v1/evaluations/stats", days=days, by_complexity=str(by_complexity).lower())
    if as_json:
        options.print_json(answer)
        return
    out, answer = terminal.console(), terminal.tame(answer)
    terminal.section(out, _weeks(answer, by_complexity=by_complexity, roomy=out.width >= _ROOMY))
    out.print()
    terminal.section(out, _feedback(answer["feedback"]))
    if not answer["configured"]:
        out.print(Text("No judge is configured; what was judged before still counts. docs/evaluations.md says how.", style="dim"))


def _weeks(answer: Any, *, by_complexity: bool, roomy: bool) -> Section:
    title = f"Scores by week, last {answer['days']} days"
    if not answer["weeks"]:
        return Section(title, note="Nothing was judged in this time; `otel-quality eval run` has sessions judged.")
    columns = (
        *(Column("week"), *((Column("complexity" if roomy else "bucket"),) if by_complexity else ()), Column("judged", number=True)),
        *(Column(_LONG.get(axis, axis.replace("_", " ")) if roomy else _SHORT[axis], number=True, wide=True) for axis in AXES),
    )
    return Section(
        title, f"{answer['judge_version']}, rubric {answer['rubric_version']}", Table(columns, tuple(map(_row, answer["weeks"])))
    )


def _row(week: Any) -> tuple[str, ...]:
    bucket = () if week["bucket"] == _WHOLE else (week["bucket"],)
    axes = (week["axes"].get(axis) for axis in AXES)
    return (week["week"], *bucket, str(week["sessions"]), *(number(mean["mean"] if mean else None, 1) for mean in axes))


def _feedback(weeks: list[Any]) -> Section:
    if not weeks:
        return Section("Feedback", note="Nobody said anything in this time.")
    columns = (Column("week"), Column("up", number=True), Column("down", number=True), Column("good", number=True))
    rows = tuple((each["week"], str(each["up"]), str(each["down"]), _good(each)) for each in weeks)
    return Section("Feedback", table=Table(columns, rows))


def _good(week: Any) -> str:
    both = week["up"] + week["down"]
    return percent(week["up"] / both if both else None)
