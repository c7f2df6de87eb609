"""Tables of instant queries: side by side per label set, or as a matrix of two labels."""

from collections.abc import Sequence
from typing import Any, Final

from grafana.fields import PLAIN, Override, override, thresholds
from grafana.grid import Panel
from grafana.panels import panel, query

CELL: Final[dict[str, Any]] = {"align": "auto", "cellOptions": {"type": "auto"}, "inspect": False, "minWidth": 50}


def columns(*exprs: str, min_step: str = "5m") -> list[dict[str, Any]]:
    """Instant queries for a table: refs A, B, C... in order."""
    return [query(expr, ref=chr(ord("A") + n), instant=True, shape="table", min_step=min_step) for n, expr in enumerate(exprs)]


def table(
    panel_id: int,
    title: str,
    description: str,
    targets: list[dict[str, Any]],
    transformations: Sequence[dict[str, Any]],
    *,
    none: str,
    overrides: Sequence[Override],
    sort: Sequence[tuple[str, bool]] = (),
    unit: str = "none",
    defaults: dict[str, Any] | None = None,
) -> Panel:
    """Instant queries side by side.

    Args:
        none: shown without rows; an empty cell shows a dash.
        sort: (column, falling).
    """
    basis: dict[str, Any] = {
        "unit": unit,
        "noValue": none,
        "color": {"mode": "thresholds"},
        "thresholds": thresholds(PLAIN),
        "custom": CELL,
    }
    options = {
        "showHeader": True,
        "cellHeight": "sm",
        "sortBy": [{"displayName": name, "desc": falling} for name, falling in sort],
    }
    dash = override("byRegexp", ".*", noValue="–")
    return panel(
        "table",
        panel_id,
        title,
        description,
        targets,
        defaults=basis | (defaults or {}),
        overrides=[dash, *overrides],
        options=options,
        transformations=transformations,
    )


def merged(names: dict[str, str]) -> list[dict[str, Any]]:
    """Join instant queries by their labels, then name, order and drop columns.

    Args:
        names: field to title, in the order shown; what is not listed is hidden. `#A` stands for the value of query A.
    """
    full = {field.replace("#", "Value #"): title for field, title in names.items()}
    organize = {"indexByName": {field: n for n, field in enumerate(full)}, "renameByName": full, "excludeByName": {"Time": True}}
    return [{"id": "merge", "options": {}}, {"id": "organize", "options": organize}]


def matrix(*, rows: str, columns: str, title: str) -> list[dict[str, Any]]:
    """Turn an instant query by two labels into a line per value of one and a column per value of the other.

    Args:
        rows, columns: the labels.
        title: of the first column.
    """
    grouping = {"rowField": rows, "columnField": columns, "valueField": "Value", "emptyValue": "null"}
    organize = {"renameByName": {f"{rows}\\{columns}": title}, "indexByName": {}, "excludeByName": {}}
    return [{"id": "groupingToMatrix", "options": grouping}, {"id": "organize", "options": organize}]
