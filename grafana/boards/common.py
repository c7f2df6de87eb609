"""Panels, cells and expressions that stand on more than one board."""

from typing import Any, Final

from grafana import words
from grafana.fields import Steps, painted, thresholds
from grafana.grid import Panel
from grafana.panels import curves, query, states
from grafana.promql import KEY, chosen, per_second, select
from otel_quality.vocabulary import metrics
from otel_quality.vocabulary.measures import ALL, MIN_SAMPLES

BY_KEY: Final = ", ".join(KEY)
LEGEND: Final = "{{backend}} {{model}} {{task}}"
OVER_ALL_TASKS: Final = f'task="{ALL}"'
"""Matcher of a backend's score over everything it did."""
PROVEN_SCORES: Final = f"{select(metrics.SCORE)} and {select(metrics.SAMPLES)} >= {MIN_SAMPLES}"
"""Scores of keys with enough responses."""
NO_CALLS: Final = "no calls yet"
NO_SCORE: Final = "no score yet"
NO_TRAFFIC: Final = "no traffic"
LOW_SCORE: Final[Steps] = ((None, "transparent"), (60, words.BAD))
"""A dashed line where the alert on a low score begins."""


def state_cell() -> dict[str, Any]:
    """A table cell that shows a drift state by word and colour."""
    return {
        "mappings": [words.DRIFT_MAPPING],
        "thresholds": thresholds(words.STATE_STEPS),
        "custom_cellOptions": {"type": "color-background", "mode": "basic"},
    }


def score_cell() -> dict[str, Any]:
    """A table cell that shows a score in its colour."""
    return colored(words.SCORE_STEPS) | {"decimals": 0}


def colored(steps: Steps) -> dict[str, Any]:
    """A table cell whose number takes the colour of its threshold."""
    return {"thresholds": thresholds(steps), "custom_cellOptions": {"type": "color-text"}}


def score_bar(width: int = 150) -> dict[str, Any]:
    """A table cell that shows a score by number and bar."""
    return {
        "decimals": 1,
        "min": 0,
        "max": 100,
        "thresholds": thresholds(words.SCORE_STEPS),
        "custom_cellOptions": {"type": "gauge", "mode": "basic", "valueDisplayMode": "text"},
        "custom_width": width,
    }


def alerts(panel_id: int) -> Panel:
    """Alerts of the selected backends and those that belong to none."""
    ours = f'alertname=~"LLMQ.+", alertname!="LLMQWatchdog", {chosen("backend", "")}'
    series = f'ALERTS{{{ours}, alertstate="pending"}} or 2 * ALERTS{{{ours}, alertstate="firing"}}'
    named = f'label_replace({series}, "alertname", "$1", "alertname", "LLMQ(.+)")'
    return states(
        panel_id,
        "Alerts",
        "What Prometheus alerts on: pending until its time is up, then firing. Empty is good, provided that our alert rules are loaded.",
        [query(f"max by (alertname, backend) ({named})", "{{alertname}} {{backend}}", min_step="1m")],
        words=words.ALERTS,
        none="No alert in this time range",
    )


def agent_alerts(panel_id: int, labels: tuple[str, ...], names: tuple[str, ...]) -> Panel:
    """Alerts of these names, told apart by these labels."""
    ours = f'alertname=~"{"|".join(names)}"'
    series = f'ALERTS{{{ours}, alertstate="pending"}} or 2 * ALERTS{{{ours}, alertstate="firing"}}'
    named = f'label_replace({series}, "alertname", "$1", "alertname", "LLMQ(.+)")'
    legend = " ".join(f"{{{{{label}}}}}" for label in ("alertname", *labels))
    return states(
        panel_id,
        "Alerts",
        "What Prometheus alerts on: pending until its time is up, then firing. Empty is good, provided that our alert rules are loaded.",
        [query(f"max by ({', '.join(('alertname', *labels))}) ({named})", legend, min_step="5m")],
        words=words.ALERTS,
        none="No alert in this time range",
    )


def outcomes(panel_id: int) -> Panel:
    """Calls by how they ended."""
    return curves(
        panel_id,
        "Calls by outcome",
        "LLM calls per second by how they ended. Cancelled and abandoned are the caller's doing and change no score.",
        [query(per_second(metrics.REQUESTS, "outcome"), "{{outcome}}", min_step="2m")],
        unit="reqps",
        stack="normal",
        overrides=painted(words.OUTCOME_COLORS),
    )


def stop_reasons(panel_id: int) -> Panel:
    """Why the models stopped."""
    return curves(
        panel_id,
        "Why models stopped",
        "Share of each normalised stop class. More `length` is truncation; `filter`, `refusal`, `unknown` and `error` are abnormal. "
        "Not split by task.",
        [query(per_second(metrics.STOP_REASONS, "stop_reason"), "{{stop_reason}}", min_step="2m")],
        unit="percentunit",
        stack="percent",
        overrides=painted(words.STOP_COLORS),
    )
