"""What makes up a score and a drift verdict: names, units, ranges, directions, weights.

Formulas: the composite of the score card is the weighted sum of five components, each 0-1, better upwards.
"""

from dataclasses import dataclass
from typing import Final, Literal


@dataclass(frozen=True, slots=True)
class Measure:
    """A quality dimension.

    Attributes:
        name: as in the API and as a label value.
        weight: its share of the composite score, 0-1.
        what: one line for people.
    """

    name: str
    weight: float
    what: str


COMPONENTS: Final = (
    Measure("success", 0.35, "share of responses that succeeded"),
    Measure("error", 0.20, "one minus the share of errors"),
    Measure("refusal", 0.15, "one minus the share of refusals"),
    Measure("timeout", 0.10, "one minus the share of timeouts"),
    Measure("latency", 0.20, "one minus the mean latency over 10 s, held to 0-1"),
)

WINDOW: Final = 100
"""Responses in a score window, unless configured otherwise."""
MIN_SAMPLES: Final = 5
"""Responses under which a score says `insufficient_data` and a ranking scales it down."""
WORST_LATENCY_MS: Final = 10_000
"""Mean latency at which the latency component is 0."""


@dataclass(frozen=True, slots=True)
class Signal:
    """One number of the drift rules.

    Attributes:
        name: as in the API and as a label value.
        severity: what it means when it fires.
        fires: on which side of its threshold.
        what: one line for people.
    """

    name: str
    severity: Literal["severe", "mild"]
    fires: Literal["above", "below"]
    what: str


SIGNALS: Final = (
    Signal("empty_response_rate", "severe", "above", "share of non-error responses with no output tokens"),
    Signal("length_collapse_ratio", "severe", "below", "median output tokens, newer half of the window over the older"),
    Signal("tool_silence_rate", "mild", "above", "share of responses that were offered tools and used none"),
    Signal("stop_anomaly_rate", "mild", "above", "share of non-error responses that did not stop normally"),
    Signal("error_rate", "mild", "above", "share of responses that failed"),
)

PRESETS: Final = {
    "low": ((0.5, 0.3, 0.8, 0.6, 0.40), 10),
    "normal": ((0.3, 0.5, 0.7, 0.4, 0.25), 6),
    "high": ((0.2, 0.7, 0.5, 0.3, 0.15), 4),
}
"""Per preset: the thresholds in the order of SIGNALS, and the responses under which nothing fires."""

DRIFT_WINDOW: Final = 20
"""Responses in a drift window, unless configured otherwise."""
DRIFT_STATES: Final = ("learning", "stable", "mild", "severe")
"""The position is the value of the `llmq_drift_state` gauge."""
SEVERITIES: Final = ("none", "mild", "severe")

ALL: Final = "all"
"""The task of a card over all tasks."""
ANY: Final = "*"
OTHER: Final = "__other__"
"""Where values over a bound are counted."""
UNKNOWN: Final = "unknown"
"""An absent or empty backend or model."""
GENERAL: Final = "general"
"""An absent or empty task."""
RESERVED_TASKS: Final = frozenset({ALL, ANY, OTHER})
"""No names for a task: a span that carries one gets a `_` appended."""
