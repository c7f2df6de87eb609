"""Can the figures be trusted: what arrives, what is left out, and how the processor does."""

from typing import Final

from grafana import words
from grafana.fields import by_name, painted, thresholds
from grafana.grid import Panel
from grafana.panels import curves, query
from grafana.promql import per_second, risen, select, total
from grafana.tables import CELL, columns, matrix, table
from otel_quality.vocabulary import metrics

_NOT_SCRAPED: Final = "The processor is not being scraped"
_SPAN_COLORS: Final = {
    "accepted": words.GOOD,
    "ignored": words.FAINT,
    "duplicate": "blue",
    "late": words.MILD,
    "rejected": words.BAD,
}


def health(first_id: int) -> list[Panel]:
    """Six panels whose ids count up from the first."""
    return [
        _spans(first_id),
        _age(first_id + 1),
        _coverage(first_id + 2),
        _left_out(first_id + 3),
        _memory(first_id + 4),
        _work(first_id + 5),
    ]


def _spans(panel_id: int) -> Panel:
    return curves(
        panel_id,
        "Spans by result",
        "Spans received per second, of all backends. Ignored are those of no LLM call, tool or agent; late ones are older than all that a "
        "full window holds.",
        [query(per_second(metrics.SPANS, "result"), "{{result}}", min_step="1m")],
        unit="cps",
        none="No spans in this time range",
        stack="normal",
        overrides=painted(_SPAN_COLORS),
    )


def _age(panel_id: int) -> Panel:
    return curves(
        panel_id,
        "Age of the newest span",
        "How long ago the newest call of each backend ended. A rising line is a backend that went quiet.",
        [query(f"time() - max by (backend) ({select(metrics.LAST_SPAN)})", "{{backend}}", min_step="1m")],
        unit="s",
        none="No spans yet",
    )


def _coverage(panel_id: int) -> Panel:
    return table(
        panel_id,
        "What the spans carry",
        "Share of calls whose span carried the field, per span dialect. What needs a field that a call does not carry leaves the call out.",
        columns(f"min by (dialect, field) ({select(metrics.COVERAGE)})"),
        matrix(rows="field", columns="dialect", title="Field"),
        none="No spans yet",
        sort=[("Field", False)],
        unit="percentunit",
        defaults={
            "decimals": 0,
            "thresholds": thresholds(((None, words.BAD), (0.5, words.MILD), (0.95, words.GOOD))),
            "mappings": [words.EMPTY_CELL],
            "custom": CELL | {"align": "center", "cellOptions": {"type": "color-text"}},
        },
        overrides=[by_name("Field", custom_cellOptions={"type": "auto"}, custom_align="left", custom_width=140)],
    )


def _left_out(panel_id: int) -> Panel:
    sources = (
        (metrics.REJECTED, "reason", "rejected: {{reason}}"),
        (metrics.OVERFLOW, "label", "over the bound: {{label}}"),
        (metrics.DROPPED_FIELDS, "field", "no valid number: {{field}}"),
    )
    targets = [
        query(total(risen(metric), label), legend, ref=chr(ord("A") + n), min_step="5m")
        for n, (metric, label, legend) in enumerate(sources)
    ]
    return curves(
        panel_id,
        "Left out",
        "Spans refused as bad input, label values over their bound, and values that were no number, per five minutes, of all backends.",
        targets,
        none="Nothing was left out",
        bars=True,
        stack="normal",
    )


def _memory(panel_id: int) -> Panel:
    return curves(
        panel_id,
        "Memory",
        "Resident memory of the processor, and the bytes of requests that wait to be applied.",
        [query(f"max({select(metrics.MEMORY)})", "resident"), query(f"max({select(metrics.QUEUE_BYTES)})", "waiting", ref="B")],
        unit="bytes",
        none=_NOT_SCRAPED,
    )


def _work(panel_id: int) -> Panel:
    return curves(
        panel_id,
        "Work",
        "How long the latest tick and the latest page took. A page slower than the scrape's timeout leaves gaps on every board.",
        [
            query(f"max({select(metrics.TICK_DURATION)})", "tick that refreshes scores"),
            query(f"max({select(metrics.RENDER_DURATION)})", "page that Prometheus reads", ref="B"),
        ],
        unit="s",
        none=_NOT_SCRAPED,
    )
