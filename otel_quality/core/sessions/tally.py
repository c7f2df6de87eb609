"""What a row of tool executions adds up to: failures by category and by tool, the longest run of them, whether the last ones went well."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from otel_quality.core.sessions.record import ToolUse

TOOL_USES: Final = 1_000
"""Tool executions that a record keeps, the latest ones; counts are of all."""


@dataclass(frozen=True, slots=True)
class Tally:
    """Figures of tool executions.

    Attributes:
        errors: how many failed.
        error_types, failing_tools: with counts, most frequent first, of equal ones the first by name.
        error_run: the longest run of failures.
        recovered: there was a failure, and the last execution succeeded.
    """

    errors: int
    error_types: tuple[tuple[str, int], ...]
    failing_tools: tuple[tuple[str, int], ...]
    error_run: int
    recovered: bool


def tally(uses: Iterable[ToolUse]) -> Tally:
    """Add up tool executions in event order.

    >>> tally([ToolUse("sh", error="timeout"), ToolUse("sh", error="timeout"), ToolUse("ls")])
    Tally(errors=2, error_types=(('timeout', 2),), failing_tools=(('sh', 2),), error_run=2, recovered=True)
    """
    types: Counter[str] = Counter()
    tools: Counter[str] = Counter()
    run = longest = 0
    for use in uses:
        if use.error:
            types[use.error] += 1
            tools[use.tool] += 1
            run += 1
            longest = max(longest, run)
        else:
            run = 0
    return Tally(types.total(), most_frequent(types), most_frequent(tools), longest, bool(types) and not run)


def most_frequent(counts: Counter[str]) -> tuple[tuple[str, int], ...]:
    """Names with their counts, most frequent first, of equal ones the first by name."""
    return tuple(sorted(counts.items(), key=lambda item: (-item[1], item[0])))
