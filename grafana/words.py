"""Words and colours that mean the same on every board."""

from typing import Final

from grafana.fields import Steps, mapping, no_number
from otel_quality.vocabulary.axes import AXES
from otel_quality.vocabulary.measures import COMPONENTS, DRIFT_STATES, SIGNALS
from otel_quality.vocabulary.outcomes import Outcome
from otel_quality.vocabulary.stops import StopClass

GOOD: Final = "green"
MILD: Final = "orange"
BAD: Final = "red"
FAINT: Final = "#7b8087"
FAINTER: Final = "#565b63"

DRIFT: Final[dict[str, tuple[str, str | None]]] = {
    str(value): (state, color) for value, (state, color) in enumerate(zip(DRIFT_STATES, (FAINT, GOOD, MILD, BAD), strict=True))
}
"""Value of the state gauge to its word and colour."""
STATE_STEPS: Final[Steps] = ((None, FAINT), (1, GOOD), (2, MILD), (3, BAD))
SIGNAL_NAMES: Final = {signal.name: f"{'↑' if signal.fires == 'above' else '↓'} {signal.name.replace('_', ' ')}" for signal in SIGNALS}
"""A drift signal as a person reads it; the arrow is the side of its threshold on which it fires."""
ALERTS: Final[dict[str, tuple[str, str | None]]] = {"1": ("pending", MILD), "2": ("firing", BAD)}

OUTCOME_COLORS: Final = dict(
    zip((outcome.label for outcome in Outcome), (GOOD, BAD, MILD, "purple", FAINT, "#4f545b"), strict=True),
)
STOP_COLORS: Final = {
    StopClass.STOP.label: GOOD,
    StopClass.TOOL.label: "blue",
    StopClass.LENGTH.label: "yellow",
    StopClass.INCOMPLETE.label: "#caa15a",
    StopClass.UNKNOWN.label: FAINT,
    StopClass.EMPTY.label: "#e0b4ff",
    StopClass.ABANDONED.label: "#4f545b",
    StopClass.CANCELLED.label: "#64696f",
    StopClass.FILTER.label: MILD,
    StopClass.REFUSAL.label: "dark-orange",
    StopClass.ERROR.label: BAD,
}
COMPONENT_COLORS: Final = dict(
    zip((component.name for component in COMPONENTS), ("yellow", BAD, MILD, "purple", "blue"), strict=True),
)
TOKEN_COLORS: Final = {"input": "blue", "output": GOOD, "cache_read": "light-blue", "cache_write": "#8ab8ff", "reasoning": "purple"}

SCORE_STEPS: Final[Steps] = ((None, BAD), (60, MILD), (80, GOOD))
"""Scores 0-100: the alert on a low score fires under 60."""
ERROR_STEPS: Final[Steps] = ((None, GOOD), (0.05, MILD), (0.25, BAD))
"""Error ratios 0-1: the alert on errors fires above 0.25."""
SHARE_STEPS: Final[Steps] = ((None, BAD), (0.5, MILD), (0.7, GOOD))
"""Shares 0-1 of which more is better: under 0.7 of sessions completed the weekly report suggests planning."""
RECOVERY_STEPS: Final[Steps] = ((None, BAD), (0.5, MILD), (0.8, GOOD))
GRADE_STEPS: Final[Steps] = ((None, BAD), (2, MILD), (3, GOOD))
"""Efficiency and quality 1-5."""
LOOP_STEPS: Final[Steps] = ((None, GOOD), (0.1, MILD), (0.25, BAD))
"""The alert on loops fires above 0.25."""
FAILING_STEPS: Final[Steps] = ((None, GOOD), (0.2, MILD), (0.5, BAD))
"""Failed shares of tool executions: the alert fires above 0.5."""
ACCURACY_STEPS: Final[Steps] = ((None, BAD), (0.6, MILD), (0.8, GOOD))
"""The alert on predictions fires under 0.6."""
VELOCITY_STEPS: Final[Steps] = ((None, BAD), (-0.05, "text"), (0.05, GOOD))
"""Declining, stable, accelerating."""
GRADE_COLORS: Final = {"completed": GOOD, "incomplete": MILD}
GOAL_STEPS: Final[Steps] = ((None, BAD), (50, MILD), (70, GOOD))
"""Judges' scores 0-100: 50 and more is completed for a judge."""
FALL_STEPS: Final[Steps] = ((None, BAD), (-10, MILD), (-3, "text"))
"""Changes of a score in points: the alert on goal completion begins under -10."""
AGREEMENT_STEPS: Final[Steps] = ((None, BAD), (0.7, MILD), (0.8, GOOD))
"""Shares of sessions of which the judge says what is known: the alert begins under 0.7."""
SHIFT_STEPS: Final[Steps] = ((None, BAD), (-5, GOOD), (5, BAD))
"""Points by which a judge moved: within 5 it is steady."""
THUMB_COLORS: Final = {"up": GOOD, "down": BAD}
RUN_COLORS: Final = {"done": GOOD, "failed": BAD, "cancelled": FAINT}
AXIS_NAMES: Final = {axis: axis.replace("_", " ") for axis in AXES}
AXIS_MAPPING: Final = mapping({axis: (name, None) for axis, name in AXIS_NAMES.items()})
FIGURES: Final = {
    "feedback_agreement": "Says what thumbs say (share)",
    "feedback_auc": "Liked sessions score higher (AUC)",
    "outcome_agreement": "Says what the outcome says (share)",
    "outcome_auc": "Completed sessions score higher (AUC)",
    "repeat_difference": "Judged twice: differ by (0.01 = 1 point)",
    "repeat_correlation": "Judged twice: correlation",
    "judge_shift": "The judge shifted by (0.01 = 1 point)",
    **{f"expert_agreement_{axis}": f"Experts on {name} (alpha)" for axis, name in AXIS_NAMES.items()},
}
"""A figure of trust as a person reads it."""
FIGURE_MAPPING: Final = mapping({name: (text, None) for name, text in FIGURES.items()})
ALARM_STEPS: Final[Steps] = ((None, GOOD), (1, BAD))
"""A count of which one is too many."""

SIGNAL_MAPPING: Final = mapping({name: (text, None) for name, text in SIGNAL_NAMES.items()})
EMPTY_CELL: Final = no_number("–", "transparent")
"""For cells that are coloured all over."""
DRIFT_MAPPING: Final = mapping(DRIFT)
