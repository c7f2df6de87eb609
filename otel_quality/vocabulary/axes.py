"""The axes on which judges score a session, 0-100 each, and the words that runs and sessions are described with."""

from bisect import bisect_left
from typing import Final, Literal, get_args

Axis = Literal[
    "task_complexity",
    "goal_completion",
    "tool_usage_quality",
    "efficiency",
    "communication",
    "subagent_orchestration",
    "self_extension",
]
AXES: Final[tuple[Axis, ...]] = get_args(Axis)
"""In the order in which people read them."""
OPTIONAL_AXES: Final[frozenset[Axis]] = frozenset({"tool_usage_quality", "subagent_orchestration", "self_extension"})
"""Axes that may not apply to a session; then their score is null."""

BUCKETS: Final = ("0-25", "26-50", "51-75", "76+")
"""Of task complexity."""
BUCKET_BOUNDS: Final = (25, 50, 75)
"""A complexity up to and including the bound is in the bucket; what lies between two buckets, such as 25.5, is in the upper one."""


def bucket_of(complexity: float) -> str:
    """The bucket of a task complexity 0-100.

    >>> [bucket_of(complexity) for complexity in (0, 25, 25.5, 50, 75, 75.25, 100)]
    ['0-25', '0-25', '26-50', '26-50', '51-75', '76+', '76+']
    """
    return BUCKETS[bisect_left(BUCKET_BOUNDS, complexity)]


Status = Literal["evaluated", "stale", "pending"]
STATUSES: Final[tuple[Status, ...]] = get_args(Status)

Scope = Literal["unevaluated", "session", "all"]
SCOPES: Final[tuple[Scope, ...]] = get_args(Scope)

RunState = Literal["running", "done", "failed", "cancelled"]
RUN_STATES: Final[tuple[RunState, ...]] = get_args(RunState)

ItemState = Literal["pending", "running", "ok", "failed", "cancelled"]
ITEM_STATES: Final[tuple[ItemState, ...]] = get_args(ItemState)
