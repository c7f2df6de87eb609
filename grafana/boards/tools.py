"""LLM quality / Tools & agents: which tool breaks, for whom and since when; how agents do, and whether they learn.

From the top: six numbers; the tools side by side and their failures over time; how long they take; the agents.
"""

from typing import Any, Final

from grafana import words
from grafana.boards.common import agent_alerts, colored
from grafana.fields import by_name, painted, thresholds
from grafana.grid import Grid, Panel
from grafana.panels import curves, heatmap, query, tile
from grafana.promql import mean, outcome_is, per_second, quantile, risen, select, total
from grafana.shell import AGENT_VARIABLES, dashboard, link_to
from grafana.tables import CELL, columns, matrix, merged, table
from otel_quality.vocabulary import metrics
from otel_quality.vocabulary.outcomes import Outcome
from prometheus.expressions import FAILED

_NO_CALLS: Final = "no tool calls"
_NO_EXECUTIONS: Final = "No tool executions in this time range"
STEP: Final = "1h"
"""Smallest step of rates: agents call tools rarely, and of three calls one failure says nothing."""
_GAP_S: Final = 6 * 3600
_MIN_CALLS: Final = 10
_FAILED: Final = outcome_is(*FAILED)
_SCORED: Final = outcome_is(Outcome.SUCCESS, *FAILED)
_ALERTS: Final = ("LLMQToolBroken", "LLMQPredictionsWrong")


def build() -> dict[str, Any]:
    """The board."""
    grid = Grid()
    grid.line(3, *((4, panel) for panel in _tiles()))
    grid.row(10, "Which tool breaks, for whom, and since when?")
    grid.line(8, (24, _tools()))
    grid.line(8, (12, _failing()), (12, _alerts()))
    grid.line(8, (12, _matrix()), (12, _outcomes()))
    grid.row(20, "How long do tools take?")
    grid.line(8, (12, _durations()), (12, _distribution()))
    grid.row(30, "How do agents do, and do they learn?")
    grid.line(6, (24, _agents()))
    grid.line(8, (8, _accuracy()), (8, _velocity()), (8, _adaptations()))
    purpose = "Tools and agents: which tool breaks, how agents do with it, whether predictions come true and agents learn."
    return dashboard("llmq-tools", "LLM quality / Tools & agents", purpose, grid, AGENT_VARIABLES)


def failed_share(*by: str) -> str:
    """Failed executions over all that ended by themselves, 0-1; 0 without failures, no series without executions."""
    failed = per_second(metrics.TOOL_CALLS, *by, matchers=(_FAILED,))
    everything = per_second(metrics.TOOL_CALLS, *by, matchers=(_SCORED,))
    return f"({failed} or 0 * {everything}) / ({everything} > 0)"


def _tiles() -> list[Panel]:
    everything = per_second(metrics.TOOL_CALLS, "tool")
    enough = f"{total(risen(metrics.TOOL_CALLS, _SCORED), 'tool')} >= {_MIN_CALLS}"
    broken = f"count({failed_share('tool')} > 0.5 and {enough}) or 0 * count({everything})"
    return [
        tile(
            1,
            "Failing tools",
            f"Tools of which more than half of the executions fail now, of {_MIN_CALLS} or more. Zero is normal.",
            query(broken, instant=True, min_step=STEP),
            none=_NO_CALLS,
            steps=words.ALARM_STEPS,
            filled=True,
        ),
        tile(
            2,
            "Failed",
            "Share of tool executions that end in an error or a timeout now.",
            query(failed_share(), instant=True, min_step=STEP),
            none=_NO_CALLS,
            unit="percentunit",
            steps=words.FAILING_STEPS,
            decimals=1,
        ),
        tile(
            3,
            "Executions",
            "Tool executions in this time range.",
            query(total(risen(metrics.TOOL_CALLS, window="$__range")), instant=True),
            none=_NO_CALLS,
            unit="short",
            decimals=0,
        ),
        tile(
            4,
            "Duration p95",
            "Duration that 95 % of the executions stay under now. Not split by agent.",
            query(quantile(0.95, metrics.TOOL_DURATION), instant=True, min_step=STEP),
            none=_NO_CALLS,
            unit="s",
        ),
        tile(
            5,
            "Predictions",
            "Lowest share of right predictions of an agent within 7 days. Red under 60 %. Not split by tool.",
            query(f"min({select(metrics.PREDICTION_ACCURACY)})", instant=True),
            none="none matched",
            unit="percentunit",
            steps=words.ACCURACY_STEPS,
            decimals=0,
        ),
        tile(
            6,
            "Adaptations",
            "Changes that adaptation rules made to policies in this time range, of all agents.",
            query(total(risen(metrics.ADAPTATIONS, window="$__range")), instant=True),
            none="none",
            decimals=0,
        ),
    ]


def _tools() -> Panel:
    names = {"tool": "Tool", "#A": "Failed now", "#B": "In the range", "#C": "Timeouts", "#D": "Executions", "#E": "Duration p95"}
    everything = total(risen(metrics.TOOL_CALLS, _SCORED, window="$__range"), "tool")
    failed = total(risen(metrics.TOOL_CALLS, _FAILED, window="$__range"), "tool")
    timeouts = total(risen(metrics.TOOL_CALLS, outcome_is(Outcome.TIMEOUT), window="$__range"), "tool")
    share: dict[str, Any] = {"unit": "percentunit", "decimals": 1}
    return table(
        11,
        "Tools",
        "One line per tool, the one that fails most now first. `Failed now` is the share of executions that end in an error or a timeout "
        "at present, `In the range` over the whole time range: a tool that began to fail has the first above the second. Click one to see "
        "it alone.",
        columns(
            failed_share("tool"),
            f"({failed} or 0 * {everything}) / ({everything} > 0)",
            timeouts,
            everything,
            quantile(0.95, metrics.TOOL_DURATION, "tool"),
            mean(metrics.TOOL_DURATION, "tool"),
            min_step=STEP,
        ),
        merged(names | {"#F": "Mean duration"}),
        none=_NO_EXECUTIONS,
        sort=[("Failed now", True)],
        overrides=[
            by_name("Tool", links=link_to("llmq-tools", "This tool alone", "Tool")),
            by_name("Failed now", **colored(words.FAILING_STEPS), **share),
            by_name("In the range", **colored(words.FAILING_STEPS), **share),
            by_name("Timeouts", decimals=0),
            by_name("Executions", decimals=0),
            by_name("Duration p95", unit="s"),
            by_name("Mean duration", unit="s"),
        ],
    )


def _failing() -> Panel:
    return curves(
        12,
        "Failed share by tool",
        "Share of executions that end in an error or a timeout. The dashed line is where the alert begins.",
        [query(failed_share("tool"), "{{tool}}", min_step=STEP)],
        unit="percentunit",
        none=_NO_EXECUTIONS,
        high=1,
        decimals=0,
        gap_s=_GAP_S,
        steps=((None, "transparent"), (0.5, words.BAD)),
    )


def _alerts() -> Panel:
    return agent_alerts(13, ("tool", "agent"), _ALERTS)


def _matrix() -> Panel:
    return table(
        14,
        "Failed share by tool and agent",
        "Is it the tool or the agent? A red line is a tool that fails for everybody, a red column an agent that uses its tools wrongly.",
        columns(failed_share("tool", "agent"), min_step=STEP),
        matrix(rows="tool", columns="agent", title="Tool"),
        none=_NO_EXECUTIONS,
        sort=[("Tool", False)],
        unit="percentunit",
        defaults={
            "decimals": 0,
            "thresholds": thresholds(words.FAILING_STEPS),
            "mappings": [words.EMPTY_CELL],
            "custom": CELL | {"align": "center", "cellOptions": {"type": "color-background", "mode": "basic"}},
        },
        overrides=[by_name("Tool", custom_cellOptions={"type": "auto"}, custom_align="left", custom_width=140)],
    )


def _outcomes() -> Panel:
    return curves(
        15,
        "Executions by outcome",
        "Tool executions per hour by how they ended. Cancelled ones are the caller's doing.",
        [query(f"3600 * {per_second(metrics.TOOL_CALLS, 'outcome')}", "{{outcome}}", min_step=STEP)],
        none=_NO_EXECUTIONS,
        stack="normal",
        overrides=painted(words.OUTCOME_COLORS),
    )


def _durations() -> Panel:
    return curves(
        21,
        "Duration p95 by tool",
        "Duration that 95 % of a tool's executions stay under: a sudden rise to a round number is a timeout. Not split by agent.",
        [query(quantile(0.95, metrics.TOOL_DURATION, "tool"), "{{tool}}", min_step=STEP)],
        unit="s",
        none=_NO_EXECUTIONS,
        gap_s=_GAP_S,
    )


def _distribution() -> Panel:
    return heatmap(
        22,
        "Duration distribution",
        "Executions per second by duration: brighter is more. Choose a tool: a second band is a second population. Not split by agent.",
        per_second(metrics.TOOL_DURATION, "le", suffix="_bucket"),
        min_step=STEP,
    )


def _agents() -> Panel:
    names = {"agent": "Agent", "#A": "Failed", "#B": "Executions", "#C": "Right predictions", "#D": "Of", "#E": "Learning velocity"}
    everything = total(risen(metrics.TOOL_CALLS, _SCORED, window="$__range"), "agent")
    failed = total(risen(metrics.TOOL_CALLS, _FAILED, window="$__range"), "agent")
    gauges = (metrics.PREDICTION_ACCURACY, metrics.PREDICTION_SAMPLES, metrics.LEARNING_VELOCITY)
    return table(
        31,
        "Agents",
        "One line per agent. `Failed` and `Executions` are of this time range; right predictions, and the number of those whose outcome is "
        "known, of 7 days; learning velocity is the success rate of the last 3 days minus that of the 3 before: above 5 % the agent gets "
        "better, under -5 % worse.",
        columns(
            f"({failed} or 0 * {everything}) / ({everything} > 0)",
            everything,
            *(f"max by (agent) ({select(metric)})" for metric in gauges),
        ),
        merged(names),
        none=_NO_EXECUTIONS,
        sort=[("Failed", True)],
        overrides=[
            by_name("Agent", links=link_to("llmq-tools", "This agent alone", "Agent")),
            by_name("Failed", **colored(words.FAILING_STEPS), unit="percentunit", decimals=1),
            by_name("Executions", decimals=0),
            by_name("Right predictions", **colored(words.ACCURACY_STEPS), unit="percentunit", decimals=0),
            by_name("Of", decimals=0),
            by_name("Learning velocity", **colored(words.VELOCITY_STEPS), unit="percentunit", decimals=1),
        ],
    )


def _accuracy() -> Panel:
    return curves(
        32,
        "Right predictions",
        "Share of predictions of 7 days that came true, by agent. The dashed line is where the alert begins. Not split by tool.",
        [query(f"max by (agent) ({select(metrics.PREDICTION_ACCURACY)})", "{{agent}}", min_step="5m")],
        unit="percentunit",
        none="No prediction has been matched yet",
        soft=(0.4, 1),
        decimals=0,
        steps=((None, "transparent"), (0.6, words.BAD)),
    )


def _velocity() -> Panel:
    return curves(
        33,
        "Learning velocity",
        "Success rate of the last 3 days minus that of the 3 before. The dashed line is where an agent is declining. Not split by tool.",
        [query(f"max by (agent) ({select(metrics.LEARNING_VELOCITY)})", "{{agent}}", min_step="5m")],
        unit="percentunit",
        none="Needs six days of executions",
        soft=(-0.1, 0.1),
        decimals=0,
        steps=((None, words.BAD), (-0.05, "transparent")),
    )


def _adaptations() -> Panel:
    return curves(
        34,
        "Adaptations",
        "Changes that adaptation rules made, by policy, of all agents. `otel-quality adaptations` tells old and new values and why.",
        [query(total(risen(metrics.ADAPTATIONS), "policy"), "{{policy}}", min_step=STEP)],
        none="No policy was changed",
        bars=True,
        stack="normal",
        decimals=0,
    )
