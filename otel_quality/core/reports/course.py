"""The course of a session: its tool executions in order, with marks where it went wrong.

A mark says what an execution is part of: a failure alone, the third and later of a row, the fifth and later (a loop), the success
that ends a row, and a call that repeats the failed one before it word for word (same tool, same parameters).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

from otel_quality.core.sessions.grade import LOOP_RUN, REPEATED_RUN
from otel_quality.core.sessions.record import ToolUse

Mark = Literal["", "error", "repeated", "loop", "recovered", "same_again"]

MEANINGS: Final[dict[Mark, str]] = {
    "error": "failed",
    "repeated": f"failed, {REPEATED_RUN} or more in a row",
    "loop": f"failed, {LOOP_RUN} or more in a row: loop risk",
    "recovered": "succeeded after a failure",
    "same_again": "failed again with the same parameters",
}


@dataclass(frozen=True, slots=True)
class Stage:
    """One execution in its place; `run` counts the failures in a row up to it."""

    use: ToolUse
    run: int
    mark: Mark


def course(uses: Iterable[ToolUse]) -> list[Stage]:
    """Mark executions, given in event order.

    >>> [stage.mark for stage in course([ToolUse("sh", "a"), ToolUse("sh", "b", error="timeout"), ToolUse("sh", "b", error="timeout")])]
    ['', 'error', 'same_again']
    """
    stages: list[Stage] = []
    for use in uses:
        before = stages[-1] if stages else None
        run = (before.run if before else 0) + 1 if use.error else 0
        stages.append(Stage(use, run, _mark(use, run, before)))
    return stages


def _mark(use: ToolUse, run: int, before: Stage | None) -> Mark:
    if not use.error:
        return "recovered" if before and before.run else ""
    if run >= LOOP_RUN:
        return "loop"
    if run >= REPEATED_RUN:
        return "repeated"
    again = (
        before is not None and before.run and use.params_hash and (use.tool, use.params_hash) == (before.use.tool, before.use.params_hash)
    )
    return "same_again" if again else "error"
