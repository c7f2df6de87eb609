"""What every board shares: data source and key variables, links to its siblings, the drift annotation, refresh and range.

Decision: a variable offers no value with a backtick or a quote (its `regex` drops them), so that none can end the PromQL
string it is put into. Such a backend is still on the boards under `All`.
"""

from typing import Any, Final, NamedTuple

from grafana.grid import Grid
from grafana.panels import DATASOURCE
from grafana.promql import JUDGE, KEY, KIND, OF_JUDGES, chosen, select
from otel_quality.vocabulary import metrics
from otel_quality.vocabulary.metrics import Metric

TAG: Final = "llm-quality"
SCHEMA_VERSION: Final = 39
ALL_VALUE: Final = ".+"
SAFE_VALUES: Final = '/^[^`"]*$/'


class Variable(NamedTuple):
    """A dashboard's variable: what a label of a metric can be, as far as the variables before it leave it.

    Attributes:
        everything: the value of All; `.*` where the label may be absent.
        matcher: of the series that it is read from; empty is all of the metric.
    """

    name: str
    label: str
    metric: Metric
    title: str
    everything: str = ALL_VALUE
    matcher: str = ""


KEY_VARIABLES: Final = tuple(Variable(name, name, metrics.SAMPLES, name.capitalize()) for name in KEY)
KIND_VARIABLES: Final = (Variable(KIND, "task", metrics.SESSIONS, "Task type"),)
AGENT_VARIABLES: Final = (
    Variable("agent", "agent", metrics.TOOL_CALLS, "Agent", ".*"),
    Variable("tool", "tool", metrics.TOOL_CALLS, "Tool"),
)
JUDGE_VARIABLES: Final = (Variable(JUDGE, "backend", metrics.SAMPLES, "Judge", matcher=OF_JUDGES),)


def dashboard(
    uid: str,
    title: str,
    description: str,
    grid: Grid,
    variables: tuple[Variable, ...] = KEY_VARIABLES,
    *,
    since: str = "now-6h",
) -> dict[str, Any]:
    """The whole classic dashboard, ready to be written as JSON.

    Args:
        since: begin of the time range that it opens with.
    """
    return {
        "annotations": {"list": [_BUILT_IN, _drift(obeys_variables=variables == KEY_VARIABLES)]},
        "description": description,
        "editable": False,
        "fiscalYearStartMonth": 0,
        "graphTooltip": 1,
        "links": [_LINK],
        "panels": grid.panels,
        "refresh": "30s",
        "schemaVersion": SCHEMA_VERSION,
        "tags": [TAG],
        "templating": {"list": [_SOURCE, *(_variable(variables, n) for n in range(len(variables)))]},
        "time": {"from": since, "to": "now"},
        "timepicker": {},
        "timezone": "",
        "title": title,
        "uid": uid,
        "weekStart": "",
    }


def link_to(uid: str, title: str, *fields: str) -> list[dict[str, Any]]:
    """A table cell's link to another board, filtered by the row's own fields (column titles, which are the labels' names)."""
    chosen = "".join(f"&var-{field.lower()}=${{__data.fields.{field}:percentencode}}" for field in fields)
    return [{"title": title, "url": f"/d/{uid}?${{datasource:queryparam}}{chosen}&${{__url_time_range}}", "targetBlank": False}]


def _variable(variables: tuple[Variable, ...], position: int) -> dict[str, Any]:
    """One of the variables, which offers what those before it leave."""
    name, label, metric, title, everything, matcher = variables[position]
    before = ", ".join(filter(None, (matcher, *(chosen(each.label, variable=each.name) for each in variables[:position]))))
    series = f"{metric.name}{{{before}}}" if before else metric.name
    text = f"label_values({series}, {label})"
    return {
        "name": name,
        "label": title,
        "type": "query",
        "datasource": DATASOURCE,
        "definition": text,
        "query": {"query": text, "refId": f"variable-{name}", "qryType": 1},
        "regex": SAFE_VALUES,
        "refresh": 2,
        "sort": 1,
        "multi": True,
        "includeAll": True,
        "allValue": everything,
        "current": {"selected": True, "text": ["All"], "value": ["$__all"]},
        "options": [],
        "hide": 0,
        "skipUrlSync": False,
    }


_SOURCE: Final = {
    "name": "datasource",
    "label": "Data source",
    "type": "datasource",
    "query": "prometheus",
    "regex": "",
    "current": {"selected": False, "text": "Prometheus", "value": "prometheus"},
    "options": [],
    "hide": 0,
    "includeAll": False,
    "multi": False,
    "refresh": 1,
    "skipUrlSync": False,
}
_LINK: Final = {
    "title": "LLM quality",
    "type": "dashboards",
    "tags": [TAG],
    "asDropdown": False,
    "icon": "external link",
    "includeVars": True,
    "keepTime": True,
    "targetBlank": False,
    "tooltip": "The other boards, with the same selection and time range",
    "url": "",
}
_BUILT_IN: Final = {
    "builtIn": 1,
    "datasource": {"type": "grafana", "uid": "-- Grafana --"},
    "enable": True,
    "hide": True,
    "iconColor": "rgba(0, 211, 255, 1)",
    "name": "Annotations & Alerts",
    "type": "dashboard",
}


def _drift(*, obeys_variables: bool) -> dict[str, Any]:
    """The state, not the moment: samples closer than a step become one region from start to end.

    Args:
        obeys_variables: the board has the variables of a drift key; else the drift of every backend is shown.
    """
    state = select(metrics.DRIFT_STATE) if obeys_variables else metrics.DRIFT_STATE.name
    return {
        "name": "Severe drift",
        "datasource": DATASOURCE,
        "enable": True,
        "hide": False,
        "iconColor": "red",
        "expr": f"max by ({', '.join(KEY)}) ({state}) == 3",
        "step": "60s",
        "titleFormat": "{{backend}} is in severe drift",
        "textFormat": "{{model}} · {{task}}",
        "tagKeys": "backend,model,task",
        "useValueForTime": False,
    }
