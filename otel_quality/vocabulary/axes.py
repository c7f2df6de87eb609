"""The axes on which judges score a session, 0-100 each, and the words that runs and sessions are described with."""

from typing import Final, Literal

Axis = Literal[
    "task_complexity",
    "goal_completion",
    "tool_usage_quality",
    "efficiency",
    "communication",
    "subagent_orchestration",
    "self_extension",
]
AXES: Final[tuple[Axis, ...]] = (
    "task_complexity",
    "goal_completion",
    "tool_usage_quality",
    "efficiency",
    "communication",
    "subagent_orchestration",
    "self_extension",
)
"""In the order in which people read them."""
OPTIONAL_AXES: Final[frozenset[Axis]] = frozenset({"tool_usage_quality", "subagent_orchestration", "self_extension"})
"""Axes that may not apply to a session; then their score is null."""

BUCKETS: Final = ("0-25", "26-50", "51-75", "76+")
"""Of task complexity."""
BUCKET_BOUNDS: Final = (25, 50, 75)
"""A complexity up to and including the bound is in the bucket; a mean between two whole numbers belongs to the next bucket above 25, 50 or 75."""

Status = Literal["evaluated", "stale", "pending"]
STATUSES: Final[tuple[Status, ...]] = ("evaluated", "stale", "pending")

Scope = Literal["unevaluated", "session", "all"]
SCOPES: Final[tuple[Scope, ...]] = ("unevaluated", "session", "all")

RunState = Literal["running", "done", "failed", "cancelled"]
RUN_STATES: Final[tuple[RunState, ...]] = ("running", "done", "failed", "cancelled")

ItemState = Literal["pending", "running", "ok", "failed", "cancelled"]
ITEM_STATES: Final[tuple[ItemState, ...]] = ("pending", "running", "ok", "failed", "cancelled")
