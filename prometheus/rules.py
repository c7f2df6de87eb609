"""The Prometheus rule file: recorded ratios and alerts. Rendering only; what an alert means is in `alerts`."""

from typing import Any, Final

from prometheus.alert import Alert
from prometheus.alerts import alerts
from prometheus.expressions import all_recordings
from prometheus.settings import Settings, duration

VARIABLES: Final[dict[str, dict[str, str]]] = {
    "llmq-evaluations": {},
    "llmq-sessions": {"task": "kind"},
    "llmq-tools": {"agent": "agent", "tool": "tool"},
}
"""Label to variable on the boards whose variables are not backend, model and task."""


def annotations(alert: Alert, settings: Settings) -> dict[str, str]:
    """What a reader of the alert gets: sentences, the runbook and the board with the alert's own labels chosen."""
    variables = VARIABLES.get(alert.board, {label: label for label in ("backend", "model", "task")})
    chosen = [f"var-{variables[label]}={{{{ $labels.{label} | urlquery }}}}" for label in alert.labels if label in variables]
    query = f"?{'&'.join(chosen)}" if chosen else ""
    return {
        "summary": alert.summary,
        "description": alert.description,
        "runbook_url": f"{settings.runbook_url}#{alert.anchor}",
        "dashboard_url": f"{settings.grafana_url}/d/{alert.board}{query}",
    }


def rule(alert: Alert, settings: Settings) -> dict[str, Any]:
    """One alert as a rule; durations of 0 are left out."""
    durations = {"for": alert.for_s, "keep_firing_for": alert.keep_s}
    return {
        "alert": alert.name,
        "expr": alert.expr,
        **{name: duration(value) for name, value in durations.items() if value},
        "labels": {"severity": alert.severity},
        "annotations": annotations(alert, settings),
    }


def rule_file(settings: Settings) -> dict[str, Any]:
    """One group, evaluated in order, so that alerts see ratios of the same instant."""
    recorded = [{"record": each.name, "expr": each.expr} for each in all_recordings(settings)]
    rules = [*recorded, *(rule(alert, settings) for alert in alerts(settings))]
    return {"groups": [{"name": "llmq", "interval": duration(settings.scrape_interval_s), "rules": rules}]}
