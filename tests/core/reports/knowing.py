"""What a store may have added up, small and by hand: two tools, two agents, two models, one adaptation."""

from typing import Any

from otel_quality.core.reports.intelligence import Known
from otel_quality.core.tools.knowledge import (
    Adaptation,
    AgentPerformance,
    Bin,
    Effect,
    ModelPerformance,
    Pattern,
    Policy,
    Tally,
)

NOON_NS = 1_790_000_000_123_456_789
"""2026-09-21T14:13:20.123456789Z."""
POLICY = "ezra.evidence_threshold"

ADAPTATION = Adaptation(
    NOON_NS,
    "evidence",
    "ezra",
    "2026-09-21",
    "success rate of 3 days 0.50 under 0.60",
    "evidence_threshold lowered by 0.1",
    POLICY,
    0.8,
    0.7,
    "ezra fails too often",
    "more tasks taken on",
)


def known(**changed: Any) -> Known:
    """All of it, with what is given changed."""
    values: dict[str, Any] = {
        "tool_tallies": {"git_status": Tally(4, 4), "run_tests": Tally(40, 22)},
        "tool_agents": {"run_tests": [("ezra", Tally(30, 15)), ("bilbo", Tally(10, 7))], "git_status": [("ezra", Tally(2, 2))]},
        "patterns": [Pattern("run_tests", None, "ezra", "claude-sonnet-4-5", Tally(30, 15), 812.25, 0.75, NOON_NS)],
        "models": [
            ModelPerformance("llama-4", "testing", Tally(4, 4), 50.0, None, None),
            ModelPerformance("claude-sonnet-4-5", "testing", Tally(30, 15), 812.25, 1200.5, 0.0125),
        ],
        "agents": [AgentPerformance("ezra", Tally(32, 17), 812.25, 0.75), AgentPerformance("", Tally(2, 1), None, None)],
        "recent": {"ezra": Tally(10, 4)},
        "before": {"ezra": Tally(10, 6)},
        "bins": [Bin("ezra", 5, Tally(10, 4), 4, 5.0, 2.5)],
        "hours": [Effect(3, Tally(30, 5)), *(Effect(hour, Tally(30, 20)) for hour in range(4, 9))],
        "weekdays": [Effect(0, Tally(90, 55))],
        "adaptations": [ADAPTATION],
        "policies": [Policy(POLICY, 0.7, NOON_NS)],
    }
    return Known(**(values | changed))
