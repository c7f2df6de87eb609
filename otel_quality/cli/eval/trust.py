"""`eval trust`: how far the judge can be trusted."""

from typing import Any, Final

import click

from otel_quality import terminal
from otel_quality.cli import options
from otel_quality.client import Client
from otel_quality.core.reports.document import Column, Section, Table
from otel_quality.core.reports.words import UNKNOWN, number
from otel_quality.vocabulary.axes import AXES

_TITLE: Final = "Trust in the judge"
_FIGURE: Final = (Column("value", number=True), Column("95 %"), Column("samples", number=True))


@click.command("trust")
@options.api
@options.as_json
def command(api_url: str, as_json: bool) -> None:
    """Say how far the judge can be trusted: agreement of its experts, stability, agreement with people and outcomes, its own drift.

    Every figure with its 95 % interval and what it rests on; one that rests on too little is not told.
    """
    answer = Client(api_url).get("/v1/evaluations/trust")
    if as_json:
        options.print_json(answer)
        return
    out = terminal.console()
    if not answer["figures"]:
        terminal.section(
            out, Section(_TITLE, "Nothing was judged yet, so nothing can be compared; `otel-quality eval run` has sessions judged.")
        )
        return
    by = f"{answer['judge_version']}, rubric {answer['rubric_version']}"
    rows = tuple((figure["name"], *_figure(figure)) for figure in answer["figures"])
    terminal.section(out, Section(_TITLE, by, Table((Column("figure"), *_FIGURE), rows)))
    out.print()
    terminal.section(out, _drifts(answer["drifts"]))
    out.print()
    terminal.section(out, Section("What the figures say", items=tuple(dict.fromkeys(map(_said, answer["figures"])))))


def _said(figure: Any) -> str:
    """What a figure says; those that there are of each axis say the same."""
    axis = next((axis for axis in AXES if figure["name"].endswith(f"_{axis}")), "")
    said = f"{figure['name']}: {figure['about']}"
    return said.replace(f"_{axis}", "_...", 1).replace(axis, "an axis") if axis else said


def _figure(figure: Any) -> tuple[str, str, str]:
    known = figure["low"] is not None and figure["high"] is not None
    interval = f"{number(figure['low'])} to {number(figure['high'])}" if known else UNKNOWN
    return number(figure["value"]), interval, str(figure["samples"])


def _drifts(drifts: list[Any]) -> Section:
    title = "The judge on the reference sessions"
    if not drifts:
        return Section(title, note="No reference session was judged.")
    columns = (Column("judge"), Column("rubric"), *_FIGURE, Column("verdict", wide=True))
    rows = tuple((each["judge_version"], each["rubric_version"], *_figure(each["shift"]), _verdict(each)) for each in drifts)
    return Section(title, note="In points, against the first scores that they got.", table=Table(columns, rows))


def _verdict(drift: Any) -> str:
    return f"{drift['verdict']}{', the first scores are its own' if drift['reference'] else ''}"
