"""LLM quality / Backend: everything about the selected backends, models and tasks.

From the top: eight numbers; the points that the score has lost and to what; latency; tokens and cost; how calls end;
and, folded, whether the figures can be trusted.
"""

from typing import Any, Final

from grafana import words
from grafana.boards import common
from grafana.boards.common import BY_KEY, LEGEND, NO_CALLS, NO_TRAFFIC, OVER_ALL_TASKS
from grafana.boards.health import health
from grafana.fields import by_name, painted
from grafana.grid import Grid, Panel
from grafana.panels import curves, heatmap, query, tile
from grafana.promql import by_samples, error_ratio, mean, per_second, quantile, score_100, select
from grafana.shell import dashboard
from grafana.tables import columns, merged, table
from otel_quality.vocabulary import metrics
from otel_quality.vocabulary.measures import COMPONENTS, MIN_SAMPLES
from otel_quality.vocabulary.metrics import Metric

_PERCENTILES: Final = {"p50": "#6ed0e0", "p95": "orange", "p99": "red", "mean": "#b7b7b7"}


def build() -> dict[str, Any]:
    """The board."""
    grid = Grid()
    grid.line(3, *((6, panel) for panel in _quality_tiles()))
    grid.line(3, *((6, panel) for panel in _operation_tiles()))
    grid.row(10, "The score, and what it loses points for")
    grid.line(9, (12, _score()), (12, _lost()))
    grid.line(7, (24, _parts()))
    grid.row(20, "Latency")
    grid.line(8, (12, _latency(21, "Latency", "Duration of whole calls", metrics.DURATION)), (12, _distribution(22, metrics.DURATION)))
    first = "Time to the first chunk with content, of streamed calls"
    grid.line(8, (12, _latency(23, "Time to first token", first, metrics.TTFC)), (12, _distribution(24, metrics.TTFC)))
    grid.row(30, "Tokens and cost")
    grid.line(8, *((8, panel) for panel in _tokens()))
    grid.row(40, "How calls end")
    grid.line(8, (8, common.outcomes(41)), (8, common.stop_reasons(42)), (8, _errors()))
    grid.row(50, "Can these figures be trusted? (pipeline health)", folded=True)
    trust = health(51)
    grid.line(8, *((8, panel) for panel in trust[:3]))
    grid.line(8, *((8, panel) for panel in trust[3:]))
    purpose = "One backend, model or task in detail: choose it above; All adds everything up."
    return dashboard("llmq-backend", "LLM quality / Backend", purpose, grid)


def _quality_tiles() -> list[Panel]:
    state = f"max({select(metrics.DRIFT_STATE)})"
    worst = f"max by ({BY_KEY}) ({select(metrics.DRIFT_STATE)}) == on () group_left () {state}"
    since = f"1000 * max(max by ({BY_KEY}) ({select(metrics.DRIFT_SINCE)}) and on ({BY_KEY}) ({worst}))"
    return [
        tile(
            1,
            "Score",
            "Score of the selected backend over all its models and tasks, 0-100, as on the Overview; of several the lowest. Red under 60.",
            query(score_100(f"min({select(metrics.BACKEND_SCORE, OVER_ALL_TASKS)})"), instant=True),
            none=common.NO_SCORE,
            steps=words.SCORE_STEPS,
            decimals=0,
        ),
        tile(
            2,
            "Weakest part",
            f"Lowest score of a selected model and task with {MIN_SAMPLES} responses or more.",
            query(score_100(f"min({common.PROVEN_SCORES})"), instant=True),
            none=common.NO_SCORE,
            steps=words.SCORE_STEPS,
            decimals=0,
        ),
        tile(
            3,
            "Drift",
            "Worst drift state of the selection.",
            query(state, instant=True),
            none=NO_CALLS,
            steps=words.STATE_STEPS,
            mappings=[words.DRIFT_MAPPING],
            filled=True,
        ),
        tile(
            4,
            "In this state since",
            "When the worst drift state of the selection last began.",
            query(since, instant=True),
            unit="dateTimeFromNow",
            none=NO_CALLS,
        ),
    ]


def _operation_tiles() -> list[Panel]:
    calls = per_second(metrics.DURATION, suffix="_count")
    return [
        tile(
            5,
            "Error ratio",
            "Errors and timeouts over the calls that count for a score. Red above 25 %.",
            query(error_ratio(), instant=True, min_step="5m"),
            unit="percentunit",
            none=NO_TRAFFIC,
            steps=words.ERROR_STEPS,
            decimals=1,
        ),
        tile(
            6,
            "TTFT p95",
            "Time to first token: the first chunk with content of 95 % of streamed calls comes sooner. Not split by task.",
            query(quantile(0.95, metrics.TTFC), instant=True, min_step="5m"),
            unit="s",
            none="no streams",
        ),
        tile(
            7,
            "Latency p95",
            "Duration that 95 % of calls stay under. Not split by task.",
            query(quantile(0.95, metrics.DURATION), instant=True, min_step="5m"),
            unit="s",
            none=NO_TRAFFIC,
        ),
        tile(
            8,
            "Cost per 1k calls",
            "US dollars per thousand calls, where spans carry a cost. Not split by task.",
            query(f"1000 * {per_second(metrics.COST)} / ({calls} > 0)", instant=True, min_step="5m"),
            unit="currencyUSD",
            none="no cost known",
            decimals=2,
        ),
    ]


def _score() -> Panel:
    return curves(
        11,
        "Score per model and task",
        "Score of each selected backend, model and task, 0-100. The dashed line is where the alert on a low score begins.",
        [query(score_100(f"max by ({BY_KEY}) ({select(metrics.SCORE)})"), LEGEND)],
        none="No score yet",
        soft=(50, 100),
        decimals=0,
        steps=common.LOW_SCORE,
    )


def _lost() -> Panel:
    components = {part: by_samples(select(metrics.COMPONENT, f'component="{part.name}"')) for part in COMPONENTS}
    targets = [
        query(f"{round(100 * part.weight)} * (1 - {value})", part.name, ref=chr(ord("A") + n))
        for n, (part, value) in enumerate(components.items())
    ]
    weights = ", ".join(f"{part.name} {round(100 * part.weight)}" for part in COMPONENTS)
    return curves(
        12,
        "Points lost, and to what",
        f"Why the score is not 100: the points that each component takes away, stacked. At most: {weights}. A failed call costs twice, "
        "as a missing success and as an error, refusal or timeout. Mean over the selection, weighted by responses.",
        targets,
        none="No score yet",
        stack="normal",
        decimals=0,
        overrides=painted(words.COMPONENT_COLORS),
    )


def _parts() -> Panel:
    bounds = [select(metric) for metric in (metrics.SCORE, metrics.SCORE_LOWER, metrics.SCORE_UPPER)]
    names = {"backend": "Backend", "model": "Model", "task": "Task", "#A": "Score", "#B": "At least", "#C": "At most", "#D": "Samples"}
    return table(
        13,
        "Parts of the selection",
        "Worst first: score, the 95 % interval in which the true score lies, and samples of each selected backend, model and task.",
        columns(
            *(score_100(f"max by ({BY_KEY}) ({series})") for series in bounds),
            f"max by ({BY_KEY}) ({select(metrics.SAMPLES)})",
        ),
        merged(names),
        none="No score yet",
        sort=[("Score", False)],
        overrides=[
            by_name("Score", **common.score_bar(180)),
            by_name("At least", decimals=0, custom_width=90),
            by_name("At most", decimals=0, custom_width=90),
            by_name("Samples", **common.colored(((None, words.MILD), (MIN_SAMPLES, "text"))), custom_width=90),
        ],
    )


def _latency(panel_id: int, title: str, what: str, histogram: Metric) -> Panel:
    percentiles = [
        query(quantile(q, histogram), name, ref=ref, exemplar=name == "p95", min_step="2m")
        for q, name, ref in ((0.5, "p50", "A"), (0.95, "p95", "B"), (0.99, "p99", "C"))
    ]
    return curves(
        panel_id,
        title,
        f"{what}: median, 95th and 99th percentile, and mean. A diamond is a call whose trace can be opened. Not split by task.",
        [*percentiles, query(mean(histogram), "mean", ref="D", min_step="2m")],
        unit="s",
        overrides=painted(_PERCENTILES),
    )


def _distribution(panel_id: int, histogram: Metric) -> Panel:
    streamed = histogram is metrics.TTFC
    return heatmap(
        panel_id,
        "Time to first token, distribution" if streamed else "Latency distribution",
        f"{'Streamed calls' if streamed else 'Calls'} per second by {'the time to their first chunk' if streamed else 'duration'}: "
        "brighter is more. A second band is a second population. Not split by task.",
        per_second(histogram, "le", suffix="_bucket"),
    )


def _tokens() -> list[Panel]:
    output = per_second(metrics.TOKENS, "backend", "model", matchers=('type="output"',))
    calls = per_second(metrics.DURATION, "backend", "model", suffix="_count")
    cost = f"3600 * {per_second(metrics.COST, 'backend', 'model')}"
    return [
        curves(
            31,
            "Tokens by type",
            "Tokens per second. Cached input and reasoning are parts of input and output for most providers. Not split by task.",
            [query(per_second(metrics.TOKENS, "type"), "{{type}}", min_step="2m")],
            unit="short",
            overrides=painted(words.TOKEN_COLORS),
        ),
        curves(
            32,
            "Output tokens per call",
            "Mean length of an answer: a sudden fall is a length collapse. Not split by task.",
            [query(f"{output} / ({calls} > 0)", "{{backend}} {{model}}", min_step="5m")],
            unit="short",
            decimals=0,
        ),
        curves(
            33,
            "Cost per hour",
            "US dollars per hour at the rate of each moment, where spans carry a cost. Not split by task.",
            [query(cost, "{{backend}} {{model}}", min_step="5m")],
            unit="currencyUSD",
            none="No span carries a cost",
            stack="normal",
        ),
    ]


def _errors() -> Panel:
    return curves(
        43,
        "Errors by type",
        "Failed calls per second by the type of error that the span names. Not split by task.",
        [query(per_second(metrics.ERRORS, "error_type"), "{{error_type}}", min_step="2m")],
        unit="reqps",
        none="No errors in this time range",
        stack="normal",
    )
