"""Which files are generated, and their text."""

from pathlib import Path
from typing import Any, Final

import yaml

from prometheus.alert import Alert
from prometheus.alerts import alerts
from prometheus.grafana_alerts import alert_file, contact_point_file
from prometheus.rules import rule_file
from prometheus.servers import alertmanager_config, prometheus_config
from prometheus.settings import Settings, duration

ROOT: Final = Path(__file__).resolve().parents[1]
"""The checkout."""
_HEADER: Final = "# Written by `python -m prometheus`. Change the specification in prometheus/ or the command's options, not this file.\n"
DOCUMENT: Final = Path("docs/alerts.md")
BEGIN: Final = "<!-- alerts: written by `python -m prometheus` -->\n"
END: Final = "<!-- end of alerts -->\n"


def generated(settings: Settings) -> dict[Path, str]:
    """Every file that is written whole, by its path from the checkout's root."""
    documents: dict[str, dict[str, Any]] = {
        "prometheus/rules/llmq.yaml": rule_file(settings),
        "prometheus/prometheus.yml": prometheus_config(settings),
        "prometheus/prometheus-grafana-alerts.yml": prometheus_config(settings, alertmanager=False),
        "prometheus/alertmanager.yml": alertmanager_config(settings),
        "grafana/alerting/llmq-alerts.yaml": alert_file(settings),
        "grafana/alerting/llmq-contactpoints.yaml": contact_point_file(),
    }
    return {Path(path): _HEADER + yaml.safe_dump(content, sort_keys=False, width=140) for path, content in documents.items()}


def with_table(document: str, settings: Settings) -> str:
    """The documentation with its table of alerts made anew between the two marks.

    Raises:
        ValueError: a mark is missing.
    """
    before, begin, rest = document.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{DOCUMENT} has no lines {BEGIN.strip()!r} and {END.strip()!r} to write the table between")
    return before + begin + _table(settings) + end + after


def _table(settings: Settings) -> str:
    rows = ["| alert | severity | fires when | after | kept | labels |", "|---|---|---|---|---|---|"]
    rows += [_row(alert) for alert in alerts(settings)]
    return "\n".join(rows) + "\n"


def _row(alert: Alert) -> str:
    after, keep = (duration(value) if value else "" for value in (alert.for_s, alert.keep_s))
    labels = ", ".join(alert.labels)
    return f"| [{alert.name}](runbooks.md#{alert.anchor}) | {alert.severity} | {alert.when} | {after} | {keep} | {labels} |"
