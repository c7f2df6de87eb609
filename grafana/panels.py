"""One function per kind of panel, with the defaults that all our boards share.

Every panel has an id that never changes (links name it), a title, a description that ends in the metrics it reads, a unit,
and a text for the case that there is nothing to show.

Refuses: gauges, pies, alert lists, HTML (see tests/grafana/test_lint.py).
"""

from collections.abc import Sequence
from typing import Any, Final

from grafana.fields import PLAIN, Override, Steps, mapping, no_number, thresholds
from grafana.grid import Panel
from grafana.promql import names_in

DATASOURCE: Final = {"type": "prometheus", "uid": "${datasource}"}
NO_CALLS: Final = "No LLM calls in this time range"


def query(
    expr: str,
    legend: str = "",
    *,
    ref: str = "A",
    instant: bool = False,
    shape: str = "time_series",
    min_step: str = "",
    exemplar: bool = False,
) -> dict[str, Any]:
    """A target.

    Args:
        expr: PromQL.
        legend: Grafana's legend format.
        ref: unique in the panel; tables name their columns by it.
        instant: one answer for the end of the time range.
        shape: `time_series`, `table` or `heatmap`.
        min_step: smallest step; also widens `$__rate_interval`, so that a tile does not jump with single calls.
        exemplar: ask for exemplars too.
    """
    target: dict[str, Any] = {
        "refId": ref,
        "datasource": DATASOURCE,
        "expr": expr,
        "legendFormat": legend,
        "format": shape,
        "editorMode": "code",
        "instant": instant,
        "range": not instant,
        "exemplar": exemplar,
    }
    if min_step:
        target["interval"] = min_step
    return target


def panel(
    kind: str,
    panel_id: int,
    title: str,
    description: str,
    targets: list[dict[str, Any]],
    *,
    defaults: dict[str, Any],
    overrides: Sequence[Override],
    options: dict[str, Any],
    transformations: Sequence[dict[str, Any]] = (),
) -> Panel:
    """A panel of any kind; its description gets the names of the metrics it reads."""
    names = list(dict.fromkeys(name for target in targets for name in names_in(target["expr"])))
    made: Panel = {
        "id": panel_id,
        "type": kind,
        "title": title,
        "description": f"{description}\n\nMetrics: {', '.join(f'`{name}`' for name in names)}.",
        "datasource": DATASOURCE,
        "targets": targets,
        "fieldConfig": {"defaults": defaults, "overrides": list(overrides)},
        "options": options,
    }
    if transformations:
        made["transformations"] = list(transformations)
    return made


def tile(
    panel_id: int,
    title: str,
    description: str,
    *targets: dict[str, Any],
    none: str,
    unit: str = "none",
    steps: Steps = PLAIN,
    decimals: int | None = None,
    mappings: Sequence[dict[str, Any]] = (),
    overrides: Sequence[Override] = (),
    filled: bool = False,
) -> Panel:
    """One number, or a few with their names; from instant queries.

    Args:
        none: shown, without a colour that judges, where there is no number.
        steps: thresholds of its colour.
        filled: colour the whole tile, for what must catch the eye.
    """
    defaults: dict[str, Any] = {
        "unit": unit,
        "noValue": none,
        "color": {"mode": "thresholds"},
        "thresholds": thresholds(steps),
        "mappings": [*mappings, no_number(none, "#3d434b" if filled else "text")],
    }
    if decimals is not None:
        defaults["decimals"] = decimals
    options: dict[str, Any] = {
        "colorMode": "background" if filled else "value",
        "graphMode": "none",
        "justifyMode": "center",
        "orientation": "auto",
        "textMode": "value" if len(targets) == 1 else "value_and_name",
        "wideLayout": True,
        "showPercentChange": False,
        "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
    }
    if len(targets) > 1:
        options["text"] = {"titleSize": 14, "valueSize": 24}
    return panel("stat", panel_id, title, description, list(targets), defaults=defaults, overrides=overrides, options=options)


def curves(
    panel_id: int,
    title: str,
    description: str,
    targets: list[dict[str, Any]],
    *,
    unit: str = "none",
    none: str = NO_CALLS,
    overrides: Sequence[Override] = (),
    stack: str = "none",
    bars: bool = False,
    low: float | None = 0,
    soft: tuple[float, float] | None = None,
    high: float | None = None,
    steps: Steps = (),
    legend: Sequence[str] | None = (),
    decimals: int | None = None,
    gap_s: int = 180,
) -> Panel:
    """Series over time.

    Args:
        stack: `none`, `normal` or `percent`.
        low: begin of the axis; None leaves it to the data.
        soft: the axis shows at least from here to there; takes the place of `low`.
        high: nothing above is drawn.
        steps: thresholds drawn as dashed lines.
        legend: values beside each name in the legend; None for no legend.
        gap_s: a line goes on over a gap of at most so many seconds.
    """
    filled = 0 if stack == "none" else 60
    custom: dict[str, Any] = {
        "drawStyle": "bars" if bars else "line",
        "lineWidth": 2 if stack == "none" and not bars else 0,
        "fillOpacity": 80 if bars else filled,
        "gradientMode": "none",
        "showPoints": "never",
        "spanNulls": 1000 * gap_s,
        "stacking": {"mode": stack, "group": "A"},
        "thresholdsStyle": {"mode": "dashed" if steps else "off"},
    }
    defaults: dict[str, Any] = {
        "unit": unit,
        "noValue": none,
        "color": {"mode": "palette-classic"},
        "custom": custom,
        "thresholds": thresholds(steps or ((None, "green"),)),
    }
    if stack == "percent":
        defaults |= {"unit": "percentunit"}
    if soft is not None:
        custom["axisSoftMin"], custom["axisSoftMax"] = soft
    bounds = {"min": low if soft is None else None, "max": high, "decimals": decimals}
    defaults |= {name: bound for name, bound in bounds.items() if bound is not None}
    shown = {"showLegend": legend is not None, "displayMode": "list", "placement": "bottom", "calcs": list(legend or ())}
    options = {"legend": shown, "tooltip": {"mode": "multi", "sort": "desc"}}
    return panel("timeseries", panel_id, title, description, targets, defaults=defaults, overrides=overrides, options=options)


def states(
    panel_id: int,
    title: str,
    description: str,
    targets: list[dict[str, Any]],
    *,
    words: dict[str, tuple[str, str | None]],
    none: str,
    overrides: Sequence[Override] = (),
) -> Panel:
    """One band per series whose colour tells its state.

    Args:
        words: value to (text, colour); the legend shows them.
    """
    defaults = {
        "unit": "none",
        "noValue": none,
        "color": {"mode": "fixed", "fixedColor": "text"},
        "mappings": [mapping(words)],
        "thresholds": thresholds(PLAIN),
        "custom": {"lineWidth": 0, "fillOpacity": 85, "spanNulls": False},
    }
    options = {
        "mergeValues": True,
        "rowHeight": 0.8,
        "showValue": "never",
        "alignValue": "left",
        "tooltip": {"mode": "single", "sort": "none"},
        "legend": {"showLegend": True, "displayMode": "list", "placement": "bottom"},
    }
    return panel("state-timeline", panel_id, title, description, targets, defaults=defaults, overrides=overrides, options=options)


def heatmap(panel_id: int, title: str, description: str, expr: str, *, unit: str = "s", min_step: str = "2m") -> Panel:
    """Calls per second by histogram bucket, with exemplars."""
    options = {
        "calculate": False,
        "cellGap": 1,
        "filterValues": {"le": 1e-9},
        "rowsFrame": {"layout": "auto"},
        "showValue": "never",
        "color": {
            "mode": "scheme",
            "scheme": "Oranges",
            "steps": 64,
            "exponent": 0.5,
            "scale": "exponential",
            "reverse": False,
            "fill": "dark-orange",
        },
        "yAxis": {"axisPlacement": "left", "unit": unit, "reverse": False},
        "exemplars": {"color": "rgba(87,148,242,0.9)"},
        "legend": {"show": True},
        "tooltip": {"mode": "single", "yHistogram": False, "showColorScale": False},
    }
    target = query(expr, "{{le}}", shape="heatmap", exemplar=True, min_step=min_step)
    defaults = {"unit": "reqps", "noValue": NO_CALLS, "custom": {"scaleDistribution": {"type": "linear"}}}
    return panel("heatmap", panel_id, title, description, [target], defaults=defaults, overrides=(), options=options)


def bars(panel_id: int, title: str, description: str, target: dict[str, Any], *, unit: str, none: str, steps: Steps, high: float) -> Panel:
    """A horizontal bar per series, from 0 to `high`."""
    defaults = {"unit": unit, "noValue": none, "min": 0, "max": high, "color": {"mode": "thresholds"}, "thresholds": thresholds(steps)}
    defaults["mappings"] = [no_number(none, "text")]
    options = {
        "displayMode": "basic",
        "orientation": "horizontal",
        "showUnfilled": True,
        "valueMode": "color",
        "namePlacement": "left",
        "sizing": "auto",
        "minVizWidth": 8,
        "minVizHeight": 16,
        "maxVizHeight": 40,
        "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
        "legend": {"showLegend": False, "displayMode": "list", "placement": "bottom", "calcs": []},
    }
    return panel("bargauge", panel_id, title, description, [target], defaults=defaults, overrides=(), options=options)
