"""The generated boards as tests look at them: every panel, every query, and what Grafana puts in place of its variables."""

import re
from dataclasses import dataclass
from typing import Any, Final

from grafana.boards import BOARDS as BUILDERS
from grafana.promql import AGENTS, JUDGE, KEY, KIND
from grafana.scenario import Moment

BOARDS: Final[dict[str, dict[str, Any]]] = {board["uid"]: board for board in (build() for build in BUILDERS)}


def panels(board: dict[str, Any], *, rows: bool = False) -> list[dict[str, Any]]:
    """All panels in order, those of folded rows too; rows themselves on request."""
    flat = [panel for outer in board["panels"] for panel in (outer, *outer.get("panels", []))]
    return flat if rows else [panel for panel in flat if panel["type"] != "row"]


@dataclass(frozen=True, slots=True)
class Query:
    """One target of one panel."""

    uid: str
    panel: dict[str, Any]
    target: dict[str, Any]

    @property
    def name(self) -> str:
        return f"{self.uid}/{self.panel['id']}-{self.panel['title']}/{self.target['refId']}"

    @property
    def expr(self) -> str:
        return str(self.target["expr"])


QUERIES: Final = [Query(uid, panel, target) for uid, board in BOARDS.items() for panel in panels(board) for target in panel["targets"]]


OF_WEEKS: Final = ("llmq-sessions", "llmq-tools")
"""Boards that the simulated days are for; the others show the simulated hours."""
OF_JUDGED: Final = ("llmq-evaluations",)
"""Boards that the simulated weeks of a judge are for."""


def escape_regex(value: str) -> str:
    r"""As @grafana/data escapes a value for the format `regex`.

    >>> escape_regex("gpt-4.1/eu")
    'gpt-4\\.1\\/eu'
    """
    return re.sub(r"[\\^$*+?.()|\[\]{}/]", r"\\\g<0>", value)


def filled(expr: str, moment: Moment, *, step_s: int, **chosen: list[str]) -> str:
    """The query as Grafana sends it: variables by their format, All by its custom value, its own ones for this step and range.

    Args:
        chosen: values by variable; one that is not given is All.
    """
    words = {
        "$__rate_interval": f"{max(step_s + 15, 60)}s",
        "$__range": f"{round(moment.hours * 3600)}s",
    }
    for name in (*KEY, *AGENTS, KIND, JUDGE):
        values = [escape_regex(value) for value in chosen.get(name, [])]
        words[f"${{{name}:regex}}"] = ".+" if not values else values[0] if len(values) == 1 else f"({'|'.join(values)})"
    for variable, value in words.items():
        expr = expr.replace(variable, value)
    return expr
