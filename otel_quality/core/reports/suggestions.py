"""What to do about a week: a bound that a figure is under, the weakest task type, the tool and the error that come up most.

Bounds and words are data. It suggests nothing for a figure that nobody can know (no session had an error: no recovery rate).
"""

from collections.abc import Sequence
from typing import Final

from otel_quality.core.history import Failures
from otel_quality.core.reports.records import Figures, TaskType
from otel_quality.core.reports.words import counted, percent, percent_under

COMPLETION_BOUND: Final = 0.70
EFFICIENCY_BOUND: Final = 3.0
RECOVERY_BOUND: Final = 0.80
GRADE_BOUND: Final = 3.0
"""A task type under it is low."""
SURE: Final = 5
"""Sessions from which a low task type is named before those with fewer."""
_UNKNOWN: Final = "unknown"
REPEATED: Final = 2
"""Errors from which a tool or a category is named: once is chance."""

_ADVICE: Final = {
    "file_not_found": "have paths listed before they are read or written",
    "permission_denied": "grant what the tool needs, or say what it must not touch",
    "timeout": "split long work, or raise the tool's limit",
    "api_error": "retry with growing pauses, and check quotas",
    "syntax_error": "have code and queries checked before they run",
    "command_failed": "show the command's error output to the model, and try smaller steps",
    "network_error": "retry with growing pauses, and check what the tool can reach",
    "tool_not_found": "list the tools there are in the prompt, and drop renamed ones",
    "unknown": "look at the sessions to see what it is",
}
"""By error category."""


def suggestions(figures: Figures, types: Sequence[TaskType], tools: Sequence[Failures], errors: Sequence[Failures]) -> tuple[str, ...]:
    """What to do, the most general first; empty where nothing is wrong.

    Args:
        figures: of the stretch of time.
        types: the lowest mean grade first; tools, errors: the most errors first.

    >>> suggestions(Figures(10, 4.0, 4.0, 0.5, None), [], [], [Failures("timeout", 6, 3, ())])[0]
    'Completion is 50 %, under 70 %: add planning steps before the work starts.'
    """
    return (*_low_figures(figures), *_named(types, tools, errors))


def _low_figures(figures: Figures) -> list[str]:
    completion, efficiency, recovery = figures.completion_rate, figures.mean_efficiency, figures.recovery_rate
    found = []
    if completion is not None and completion < COMPLETION_BOUND:
        said = percent_under(completion, COMPLETION_BOUND)
        found.append(f"Completion is {said}, under {percent(COMPLETION_BOUND)}: add planning steps before the work starts.")
    if efficiency is not None and efficiency < EFFICIENCY_BOUND:
        found.append(f"Tool efficiency is {efficiency:.2f} of 5, under {EFFICIENCY_BOUND:g}: add error recovery patterns.")
    if recovery is not None and recovery < RECOVERY_BOUND:
        said = percent_under(recovery, RECOVERY_BOUND)
        found.append(f"Recovery is {said} of the sessions with errors, under {percent(RECOVERY_BOUND)}: add fallback strategies.")
    return found


def _named(types: Sequence[TaskType], tools: Sequence[Failures], errors: Sequence[Failures]) -> list[str]:
    found = []
    low_types = [each for each in types if each.mean_grade < GRADE_BOUND]
    if low_types:
        low = next((each for each in low_types if each.sessions >= SURE), low_types[0])
        found.append(f"Low task type: {low.task_type}, mean grade {low.mean_grade:.2f} of 5 over {counted(low.sessions, 'session')}.")
    if tools and tools[0].count >= REPEATED:
        tool = tools[0]
        found.append(f"Error-prone tool: {tool.name}, {tool.count} errors in {counted(tool.sessions, 'session')}: review how it is called.")
    repeated = [each for each in errors if each.count >= REPEATED]
    if repeated:
        # Nobody can do anything about an error whose kind is unknown, as long as there is another.
        error = next((each for each in repeated if each.name != _UNKNOWN), repeated[0])
        found.append(f"Common error: {error.name}, {error.count} times: {_ADVICE.get(error.name, _ADVICE[_UNKNOWN])}.")
    return found
