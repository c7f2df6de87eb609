"""The same alerts as Grafana-managed rules, in the file format of Grafana's provisioning (not that of its HTTP API).

Mounted only where Grafana, not Alertmanager, is to notify; with both everybody is told twice. The recorded ratios stay with
Prometheus, which goes on evaluating its rule file.

Each rule is built as Grafana's own importer builds one: the query, a math node that turns every series into 1, a threshold.

Decision: `info` rules go to the same contact point, because a rule without one falls to the organisation's default policy;
the notification tree itself is never provisioned, since a file that has it replaces the whole tree.
"""

import re
from typing import Any, Final

from prometheus.alert import Alert
from prometheus.alerts import alerts
from prometheus.rules import annotations
from prometheus.settings import Settings, duration

CONTACT_POINT: Final = "llmq"
DATASOURCE: Final = "prometheus"
FOLDER: Final = "LLM quality alerts"
"""Not that of the dashboards: whichever of the two Grafana provisioned first would create it under an id of its own."""
_EXPRESSION: Final = "__expr__"
_INTERVAL_S: Final = 10
"""Grafana evaluates groups every 10 s or a multiple of it."""
_VALUE: Final = re.compile(r"\$value\b")


def alert_file(settings: Settings) -> dict[str, Any]:
    """llmq-alerts.yaml."""
    rules: list[dict[str, Any]] = []
    for alert in alerts(settings):
        taken = {rule["title"] for rule in rules}
        title = f"{alert.name} ({alert.severity})" if alert.name in taken else alert.name
        rules.append(_rule(alert, title, settings))
    interval = duration(max(_INTERVAL_S, -(-settings.scrape_interval_s // _INTERVAL_S) * _INTERVAL_S))
    return {"apiVersion": 1, "groups": [{"orgId": 1, "name": "llmq", "folder": FOLDER, "interval": interval, "rules": rules}]}


def contact_point_file() -> dict[str, Any]:
    """llmq-contactpoints.yaml; Grafana takes the address from its environment."""
    receiver = {"uid": "llmq-webhook", "type": "webhook", "settings": {"url": "$LLMQ_ALERT_WEBHOOK_URL"}}
    return {"apiVersion": 1, "contactPoints": [{"orgId": 1, "name": CONTACT_POINT, "receivers": [receiver]}]}


def _rule(alert: Alert, title: str, settings: Settings) -> dict[str, Any]:
    notes = {name: _VALUE.sub("$values.query.Value", text) for name, text in annotations(alert, settings).items()}
    keep = {"keepFiringFor": duration(alert.keep_s)} if alert.keep_s else {}
    return {
        "uid": f"{alert.anchor}-{alert.severity}",
        "title": title,
        "condition": "threshold",
        "data": [_query(alert.expr), _math(), _threshold()],
        "noDataState": "OK",
        "execErrState": "Error",
        "for": duration(alert.for_s),
        **keep,
        "missing_series_evals_to_resolve": 1,
        "annotations": notes,
        "labels": {"severity": alert.severity},
        "isPaused": False,
        "notification_settings": {
            "receiver": CONTACT_POINT,
            "group_by": ["alertname", "grafana_folder", "backend"],
            "group_wait": duration(settings.group_wait_s),
            "group_interval": duration(settings.group_interval_s),
            "repeat_interval": duration(settings.page_repeat_s if alert.severity == "page" else settings.repeat_s),
        },
    }


def _query(expr: str) -> dict[str, Any]:
    """The alert's expression at one instant. A data-source query needs a range above 0, though an instant one ignores it."""
    model = {"datasource": {"type": "prometheus", "uid": DATASOURCE}, "expr": expr, "instant": True, "range": False}
    return _node("query", DATASOURCE, model) | {"relativeTimeRange": {"from": 600, "to": 0}}


def _math() -> dict[str, Any]:
    expression = "is_number($query) || is_nan($query) || is_inf($query)"
    return _node("prometheus_math", _EXPRESSION, {"type": "math", "expression": expression})


def _threshold() -> dict[str, Any]:
    condition = {"evaluator": {"type": "gt", "params": [0]}}
    return _node("threshold", _EXPRESSION, {"type": "threshold", "expression": "prometheus_math", "conditions": [condition]})


def _node(ref: str, datasource: str, model: dict[str, Any]) -> dict[str, Any]:
    return {"refId": ref, "datasourceUid": datasource, "model": {"refId": ref, **model}}
