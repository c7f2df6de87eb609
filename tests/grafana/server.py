"""Asks a real Prometheus what Grafana would ask it for a panel."""

import urllib.parse
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from grafana.backfill import served, write_blocks
from grafana.scenario import Moment
from tests.flow.programs import get_json, need
from tests.grafana.boards import Query, filled

_STEP_S: Final = 30
"""About what Grafana chooses for a panel of 400 pixels and three hours."""

Series = dict[str, Any]


class Server:
    """A Prometheus by its address."""

    def __init__(self, url: str) -> None:
        self.url = url

    def get(self, path: str, **parameters: Any) -> Any:
        """The `data` of an API call that succeeds."""
        words = urllib.parse.urlencode(parameters, doseq=True)
        body = get_json(f"{self.url}/api/v1/{path}?{words}", timeout_s=30)
        assert body["status"] == "success", body
        return body["data"]

    def instant(self, expr: str, at_s: float) -> list[Series]:
        """Series of an instant query; each has `metric` and `value`."""
        return list(self.get("query", query=expr, time=at_s)["result"])

    def range(self, expr: str, moment: Moment, step_s: int) -> list[Series]:
        """Series of a range query; each has `metric` and `values`."""
        return list(self.get("query_range", query=expr, start=moment.from_s, end=moment.to_s, step=step_s)["result"])

    def answer(self, query: Query, moment: Moment, **chosen: list[str]) -> list[Series]:
        """What the panel's query answers with these variables; numbers of each series are in `numbers`."""
        smallest = query.target.get("interval", "15s")
        step_s = max(_STEP_S, int(smallest[:-1]) * {"s": 1, "m": 60, "h": 3600, "d": 86_400}[smallest[-1]])
        expr = filled(query.expr, moment, step_s=step_s, **chosen)
        found = self.instant(expr, moment.to_s) if query.target["instant"] else self.range(expr, moment, step_s)
        for series in found:
            points = [series["value"]] if "value" in series else series["values"]
            series["numbers"] = [float(value) for _, value in points]
        return found

    def number(self, query: Query, moment: Moment) -> float:
        """The only number of an instant query."""
        (series,) = self.answer(query, moment)
        return float(series["numbers"][0])

    def by_label(self, query: Query, label: str, moment: Moment) -> dict[str, list[float]]:
        """Numbers of each series by a label's value."""
        return {series["metric"][label]: series["numbers"] for series in self.answer(query, moment)}


@contextmanager
def holding(story: Iterable[Iterable[str]], folder: Path) -> Iterator[Server]:
    """A Prometheus that holds a story in blocks under a folder."""
    need("prometheus")
    need("promtool")
    with served(write_blocks(folder, story)) as url:
        yield Server(url)
