"""What the scenario cannot hold, from the real metrics page, scraped: exemplars, rare counts, a backend watched as a whole."""

from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, Final

import pytest

from grafana.scenario import Moment
from otel_quality.core.snapshot import Key
from otel_quality.outlets.families import Health
from otel_quality.outlets.metrics import Exposition
from tests.flow.programs import Prometheus, until
from tests.grafana.boards import QUERIES, Query, filled
from tests.grafana.server import Server
from tests.samples import NOON_NS, full, history, verdict

WITH_EXEMPLARS: Final = [query for query in QUERIES if query.target["exemplar"]]
WHOLE: Final = Key("ollama", None, None)
"""A drift key as `drift.key = "backend"` makes it."""
CALL_TRACE, TOOL_TRACE = "0af7651916cd43dd8448eb211c80319c", "4bf92f3577b34da6a3ce929d0e0e4736"
LEFT_OUT: Final = [query for query in QUERIES if query.panel["title"] == "Left out"]


@pytest.fixture(scope="module")
def target() -> Iterator[str]:
    """A page for Prometheus to scrape, `HOST:PORT`."""
    whole = verdict(WHOLE, state="severe", severity="severe")
    snapshot = replace(full(), drift={**full().drift, WHOLE: whole}, exposed_drift=full().exposed_drift | {WHOLE})
    exposition = Exposition(lambda: snapshot, Health, version="1.0.0", history=lambda: replace(history(), overflow={}))

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body, content_type = exposition.render(self.headers.get("Accept", ""))
            self.send_response(200)
            self.send_header("Content-Type", content_type)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Keeps the test's output clean."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Page) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"127.0.0.1:{server.server_address[1]}"
        server.shutdown()


@pytest.fixture(scope="module")
def server(target: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder: Path = tmp_path_factory.mktemp("scraped")
    jobs = f"scrape_configs: [{{job_name: page, scrape_interval: 1s, static_configs: [{{targets: ['{target}']}}]}}]\n"
    (folder / "prometheus.yml").write_text(jobs)
    with Prometheus(folder / "prometheus.yml", folder / "data") as prometheus:
        yield Server(prometheus.url)


def ids(query: Query) -> str:
    return query.name


def test_panels_of_durations_ask_for_exemplars() -> None:
    assert {query.panel["type"] for query in WITH_EXEMPLARS} == {"timeseries", "heatmap"}
    assert len(WITH_EXEMPLARS) == 5


@pytest.mark.parametrize("query", WITH_EXEMPLARS, ids=ids)
def test_a_panel_that_asks_for_exemplars_gets_the_trace_behind_a_call(server: Server, query: Query) -> None:
    around = {"start": NOON_NS / 1e9 - 60, "end": NOON_NS / 1e9 + 60}
    expr = filled(query.expr, Moment(0, 1), step_s=15)

    def traces() -> list[dict[str, Any]]:
        found = server.get("query_exemplars", query=expr, **around)
        return [exemplar["labels"] for series in found for exemplar in series["exemplars"]]

    (first, *_) = until(traces, 30, "an exemplar")
    assert set(first) == {"trace_id", "span_id"}
    assert first["trace_id"] == {"llmq-tools": TOOL_TRACE}.get(query.uid, CALL_TRACE)


@pytest.mark.parametrize("query", LEFT_OUT, ids=ids)
def test_what_was_left_out_once_is_seen_although_its_series_is_new(server: Server, query: Query) -> None:
    expr = filled(query.expr, Moment(0, 1), step_s=300)
    (series,) = until(lambda: server.get("query", query=expr)["result"], 30, "a series")
    expected = {"reason": ("no_trace_id", 2), "label": ("model", 3), "field": ("output_tokens", 1)}
    ((label, value),) = series["metric"].items()
    assert (value, float(series["value"][1])) == expected[label]


def test_a_backend_that_is_watched_as_a_whole_is_listed_whichever_model_is_chosen(server: Server) -> None:
    (worse,) = [query for query in QUERIES if query.name.startswith("llmq-overview/11-") and query.name.endswith("/A")]
    expr = filled(worse.expr, Moment(0, 1), step_s=300, model=["llama-4"], task=["code"])

    def backends() -> set[str]:
        return {series["metric"]["backend"] for series in server.get("query", query=expr)["result"]}

    assert until(backends, 30, "a backend in drift") == {"groq", "ollama"}
