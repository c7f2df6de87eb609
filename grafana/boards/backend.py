"""LLM quality / Backend: everything about the selected backends, models and tasks.

From the top: eight numbers; the points that the score has lost and to what; latency; tokens and cost; how calls end;
and, folded, whether the figures can be trusted.
"""

from typing import Any, Final

from grafana import panels, words
from grafana.boards.overview import outcomes, stop_reasons
from grafana.grid import Grid, Panel
from grafana.panels import NO_CALLS, by_name, columns, curves, heatmap, query, table, tile
from grafana.promql import KEY, WINDOW, by_samples, error_ratio, mean, per_second, quantile, score_100, select, total
from grafana.shell import dashboard
from otel_quality.vocabulary import metrics
from otel_quality.vocabulary.measures import COMPONENTS
from otel_quality.vocabulary.metrics import Metric

_KEY: Final = ", ".join(KEY)
_PERCENTILES: Final = {"p50": "#6ed0e0", "p95": "orange", "p99": "red", "mean": "#b7b7b7"}


def build() -> dict[str, Any]:
    """The board."""
    grid = Grid()
    grid.line(4, *((3, panel) for panel in _tiles()))
    grid.row(10, "The score, and what it loses points for")
    grid.line(9, (8, _score()), (8, _lost()), (8, _samples()))
    grid.row(20, "Latency")
    grid.line(8, (12, _latency(21, "Latency", "Duration of whole calls", metrics.DURATION)),
              (12, heatmap(22, "Latency distribution", "Calls per second by duration; a diamond is a call whose trace can be opened. Not split by task.",
                           per_second(metrics.DURATION, "le", suffix="_bucket"))))  # fmt: skip
    grid.line(8, (12, _latency(23, "Time to first token", "Time to the first chunk with content, of streamed calls", metrics.TTFC)),
              (12, heatmap(24, "Time to first token, distribution", "Streamed calls per second by the time to their first chunk. Not split by task.",
                           per_second(metrics.TTFC, "le", suffix="_bucket"))))  # fmt: skip
    grid.row(30, "Tokens and cost")
    grid.line(8, *((8, panel) for panel in _tokens()))
    grid.row(40, "How calls end")
    grid.line(8, (8, outcomes(41)), (8, stop_reasons(42)), (8, _errors()))
    grid.row(50, "Can these figures be trusted? (pipeline health)", folded=True)
    health = _health()
    grid.line(8, *((8, panel) for panel in health[:3]))
    grid.line(8, *((8, panel) for panel in health[3:]))
    return dashboard("llmq-backend", "LLM quality / Backend", "One backend, model or task in detail: choose it above; All adds everything up.", grid)


def _tiles() -> list[Panel]:
    state = f"max({select(metrics.DRIFT_STATE)})"
    worst = f"max by ({_KEY}) ({select(metrics.DRIFT_STATE)}) == on () group_left () {state}"
    since = f"1000 * max(max by ({_KEY}) ({select(metrics.DRIFT_SINCE)}) and on ({_KEY}) ({worst}))"
    per_call = f"1000 * {per_second(metrics.COST)} / ({per_second(metrics.DURATION, suffix='_count')} > 0)"
    return [
        tile(1, "Score", "Mean score, 0-100, of the selected backends, models and tasks, weighted by the responses in each window. Red under 60.",
             query(score_100(f"({by_samples(select(metrics.SCORE))})")), unit="none", none="no score yet", steps=words.SCORE_STEPS, decimals=0),
        tile(2, "Drift", "Worst drift state of the selection.", query(state, instant=True), unit="none", none="no calls yet",
             steps=words.STATE_STEPS, mappings=[words.DRIFT_MAPPING], filled=True),
        tile(3, "In this state", "When the worst drift state of the selection last began.", query(since, instant=True), unit="dateTimeFromNow",
             none="no calls yet"),
        tile(4, "Error ratio", "Errors and timeouts over the calls that count for a score. Red above 25 %.", query(error_ratio(), min_step="5m"),
             unit="percentunit", none="no traffic", steps=words.ERROR_STEPS, decimals=1),
        tile(5, "First token p95", "Time to the first chunk that 95 % of streamed calls stay under. Not split by task.",
             query(quantile(0.95, metrics.TTFC), min_step="5m"), unit="s", none="no streams", decimals=2),
        tile(6, "Latency p95", "Duration that 95 % of calls stay under. Not split by task.", query(quantile(0.95, metrics.DURATION), min_step="5m"),
             unit="s", none="no traffic", decimals=1),
        tile(7, "Calls", "LLM calls per second.", query(per_second(metrics.REQUESTS), min_step="5m"), unit="reqps", none="no traffic", decimals=2),
        tile(8, "Cost per 1k calls", "US dollars per thousand calls, where spans carry a cost. Not split by task.", query(per_call, min_step="5m"),
             unit="currencyUSD", none="no cost known", decimals=2),
    ]  # fmt: skip


def _score() -> Panel:
    return curves(
        11, "Score per model and task", "Score of each selected backend, model and task, 0-100. The dashed line is where the alert on a low score begins.",
        [query(score_100(f"max by ({_KEY}) ({select(metrics.SCORE)})"), "{{backend}} · {{model}} · {{task}}")], unit="none", none="No score yet",
        high=100, decimals=0, steps=((None, "transparent"), (60, words.BAD)),
    )  # fmt: skip


def _lost() -> Panel:
    part_of = {part: by_samples(select(metrics.COMPONENT, f'component="{part.name}"')) for part in COMPONENTS}
    targets = [
        query(f"{round(100 * part.weight)} * (1 - {mean_part})", part.name, ref=chr(ord("A") + n)) for n, (part, mean_part) in enumerate(part_of.items())
    ]
    weights = ", ".join(f"{part.name} {round(100 * part.weight)}" for part in COMPONENTS)
    return curves(
        12, "Points lost, and to what",
        f"Why the score is not 100: the points that each component takes away, stacked. At most: {weights}. A failed call costs twice, as a missing "
        "success and as an error, refusal or timeout. Mean over the selection, weighted by responses.",
        targets, unit="none", none="No score yet", stack="normal", overrides=panels.painted(words.COMPONENT_COLORS | {"success": "#b877d9"}), decimals=0,
    )  # fmt: skip


def _samples() -> Panel:
    return table(
        13, "Parts of the selection", "What the score is made of: score, 95 % interval and samples of each selected backend, model and task, worst first.",
        columns(*(score_100(f"max by ({_KEY}) ({select(metric)})") for metric in (metrics.SCORE, metrics.SCORE_LOWER, metrics.SCORE_UPPER)),
                f"max by ({_KEY}) ({select(metrics.SAMPLES)})"),
        panels.merged({"backend": "Backend", "model": "Model", "task": "Task", "#A": "Score", "#B": "At least", "#C": "At most", "#D": "Samples"}),
        none="No score yet", sort=[("Score", False)],
        overrides=[
            by_name("Score", decimals=0, thresholds=panels.thresholds(words.SCORE_STEPS), custom_cellOptions={"type": "color-text"}, custom_width=60),
            by_name("At least", decimals=0, custom_width=65), by_name("At most", decimals=0, custom_width=65), by_name("Samples", custom_width=70),
        ],
    )  # fmt: skip


def _latency(panel_id: int, title: str, what: str, histogram: Metric) -> Panel:
    targets = [
        query(quantile(q, histogram), name, ref=ref, exemplar=name == "p95", min_step="1m")
        for q, name, ref in ((0.5, "p50", "A"), (0.95, "p95", "B"), (0.99, "p99", "C"))
    ]
    return curves(
        panel_id, title, f"{what}: median, 95th and 99th percentile, and mean. Not split by task.",
        [*targets, query(mean(histogram), "mean", ref="D", min_step="1m")], unit="s", overrides=panels.painted(_PERCENTILES),
    )  # fmt: skip


def _tokens() -> list[Panel]:
    output = per_second(metrics.TOKENS, "backend", "model", matchers=('type="output"',))
    calls = per_second(metrics.DURATION, "backend", "model", suffix="_count")
    return [
        curves(31, "Tokens by type", "Tokens per second. Cached input and reasoning are parts of input and output for most providers. Not split by task.",
               [query(per_second(metrics.TOKENS, "type"), "{{type}}", min_step="1m")], unit="short", overrides=panels.painted(words.TOKEN_COLORS)),
        curves(32, "Output tokens per call", "Mean length of an answer: a sudden fall is a length collapse. Not split by task.",
               [query(f"{output} / ({calls} > 0)", "{{backend}} · {{model}}", min_step="5m")], unit="short", decimals=0),
        curves(33, "Cost per hour", "US dollars per hour at the rate of each moment, where spans carry a cost. Not split by task.",
               [query(f"3600 * {per_second(metrics.COST, 'backend', 'model')}", "{{backend}} · {{model}}", min_step="5m")],
               unit="currencyUSD", none="No span carries a cost", stack="normal"),
    ]  # fmt: skip


def _errors() -> Panel:
    return curves(
        43, "Errors by type", "Failed calls per second by the type of error that the span names. Not split by task.",
        [query(per_second(metrics.ERRORS, "error_type"), "{{error_type}}", min_step="1m")], unit="reqps", none="No errors in this time range", stack="normal",
    )  # fmt: skip


def _health() -> list[Panel]:
    lost = [
        query(total(f"increase({select(metric)}{WINDOW})", label), legend, ref=ref, min_step="5m")
        for metric, label, legend, ref in (
            (metrics.REJECTED, "reason", "rejected: {{reason}}", "A"),
            (metrics.OVERFLOW, "label", "over the bound: {{label}}", "B"),
            (metrics.DROPPED_FIELDS, "field", "no valid number: {{field}}", "C"),
        )
    ]
    work = [(metrics.TICK_DURATION, "tick that refreshes scores"), (metrics.RENDER_DURATION, "page that Prometheus reads")]
    return [
        curves(51, "Spans by result", "Spans received per second. Ignored are those of no LLM call; late ones are older than a full window. Not filtered.",
               [query(per_second(metrics.SPANS, "result"), "{{result}}")], unit="cps", none="No spans in this time range", stack="normal",
               overrides=panels.painted({"accepted": words.GOOD, "ignored": words.FAINT, "duplicate": "blue", "late": words.MILD, "rejected": words.BAD})),
        curves(52, "Age of the newest span", "How long ago the newest call of each backend ended. A rising line is a backend that went quiet.",
               [query(f"time() - max by (backend) ({select(metrics.LAST_SPAN)})", "{{backend}}")], unit="s", none="No spans yet"),
        table(53, "What the spans carry", "Share of calls whose span carried the field, per span dialect. A score or signal that needs a missing field leaves it out.",
              columns(f"min by (dialect, field) ({select(metrics.COVERAGE)})"),
              [{"id": "groupingToMatrix", "options": {"columnField": "dialect", "rowField": "field", "valueField": "Value", "emptyValue": "null"}},
               {"id": "organize", "options": {"renameByName": {"field\\dialect": "Field"}, "indexByName": {}, "excludeByName": {}}}],
              none="No spans yet", sort=[("Field", False)], unit="percentunit",
              defaults={"decimals": 0, "thresholds": panels.thresholds(((None, words.BAD), (0.5, words.MILD), (0.95, words.GOOD))),
                        "custom": {"align": "center", "cellOptions": {"type": "color-text"}, "inspect": False}},
              overrides=[by_name("Field", custom_cellOptions={"type": "auto"}, custom_align="left")]),
        curves(54, "Left out", "Spans refused as bad input, label values over their bound, and numbers that were none, per five minutes. Not filtered.",
               lost, unit="none", none="Nothing was left out", bars=True, stack="normal"),
        curves(55, "Memory", "Resident memory of the processor, and the bytes of requests that wait to be applied.",
               [query(f"max({select(metrics.MEMORY)})", "resident"), query(f"max({select(metrics.QUEUE_BYTES)})", "waiting", ref="B")],
               unit="bytes", none="The processor is not being scraped"),
        curves(56, "Work", "How long the latest tick and the latest page took. A page slower than the scrape's timeout leaves gaps on every board.",
               [query(f"max({select(metric)})", name, ref=chr(ord("A") + n)) for n, (metric, name) in enumerate(work)],
               unit="s", none="The processor is not being scraped"),
    ]  # fmt: skip
