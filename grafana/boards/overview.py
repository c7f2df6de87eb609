"""LLM quality / Overview: which backend got worse, since when and why; and which one to use for which task.

From the top: eight numbers; what is wrong now with its reason; the same over time; the score card; the ranking; the traffic.
"""

from typing import Any

from grafana import words
from grafana.boards import common
from grafana.boards.common import BY_KEY, NO_CALLS, NO_TRAFFIC, OVER_ALL_TASKS
from grafana.boards.ranking import by_task, ranking
from grafana.fields import OUT_OF_LEGEND, by_name, override, thresholds
from grafana.grid import Grid, Panel
from grafana.panels import curves, query, states, tile
from grafana.promql import error_ratio, per_second, quantile, score_100, select
from grafana.shell import dashboard, link_to
from grafana.tables import columns, merged, table
from otel_quality.vocabulary import metrics
from otel_quality.vocabulary.measures import MIN_SAMPLES


def build() -> dict[str, Any]:
    """The board."""
    grid = Grid()
    grid.line(3, *((6, panel) for panel in _judging_tiles()))
    grid.line(3, *((6, panel) for panel in _neutral_tiles()))
    grid.row(10, "What got worse, since when, and why")
    grid.line(7, (24, _worse()))
    grid.line(7, (12, _drift_over_time()), (12, common.alerts(13)))
    grid.row(20, "How good is each backend?")
    grid.line(7, (24, _scoreboard()))
    grid.line(9, (12, _scores()), (12, _weakest()))
    grid.row(30, "Which backend for which task?")
    grid.line(7, (24, by_task(31)))
    grid.line(10, (24, ranking(32)))
    grid.row(40, "Traffic")
    grid.line(8, (8, common.outcomes(41)), (8, _errors()), (8, common.stop_reasons(43)))
    purpose = "Which LLM backend got worse, since when and why, and which one to use for which task."
    return dashboard("llmq-overview", "LLM quality / Overview", purpose, grid)


def _judging_tiles() -> list[Panel]:
    state, none = f"max by (backend) ({select(metrics.DRIFT_STATE)})", f"(0 * count({select(metrics.SAMPLES)}))"
    severe, mild = f"count({state} == 3) or {none}", f"count({state} == 2) or {none}"
    return [
        tile(
            1,
            "Drifting now",
            "Backends of which at least one model and task is in severe drift; and those where the worst is mild. Zero is normal.",
            query(severe, "severe", instant=True),
            query(mild, "mild", ref="B", instant=True),
            none=NO_CALLS,
            steps=words.ALARM_STEPS,
            overrides=[by_name("mild", thresholds=thresholds(((None, words.GOOD), (1, words.MILD))))],
            filled=True,
        ),
        tile(
            2,
            "Worst score",
            f"Lowest score, 0-100, of any backend, model and task with {MIN_SAMPLES} responses or more. Red under 60.",
            query(score_100(f"min({common.PROVEN_SCORES})"), instant=True),
            none=common.NO_SCORE,
            steps=words.SCORE_STEPS,
            decimals=0,
        ),
        tile(
            3,
            "Error ratio",
            "Errors and timeouts over the calls that count for a score. Red above 25 %.",
            query(error_ratio(), instant=True, min_step="5m"),
            unit="percentunit",
            none=NO_TRAFFIC,
            steps=words.ERROR_STEPS,
            decimals=1,
        ),
        tile(
            4,
            "TTFT p95",
            "Time to first token: the first chunk with content of 95 % of streamed calls comes sooner. Not split by task.",
            query(quantile(0.95, metrics.TTFC), instant=True, min_step="5m"),
            unit="s",
            none="no streams",
        ),
    ]


def _neutral_tiles() -> list[Panel]:
    tokens = per_second(metrics.TOKENS, matchers=('type=~"input|output"',))
    backends = f"count(count by (backend) ({select(metrics.SAMPLES)}))"
    return [
        tile(5, "Backends", "Backends that have a score.", query(backends, instant=True), none=NO_CALLS),
        tile(
            6,
            "Calls",
            "LLM calls per second.",
            query(per_second(metrics.REQUESTS), instant=True, min_step="5m"),
            unit="reqps",
            none=NO_TRAFFIC,
            decimals=2,
        ),
        tile(
            7,
            "Tokens per second",
            "Input and output tokens per second. Not split by task.",
            query(tokens, instant=True, min_step="5m"),
            unit="short",
            none="no tokens",
        ),
        tile(
            8,
            "Cost per hour",
            "US dollars per hour at the present rate, where spans carry a cost. Not split by task.",
            query(f"3600 * {per_second(metrics.COST)}", instant=True, min_step="5m"),
            unit="currencyUSD",
            none="no cost known",
            decimals=2,
        ),
    ]


def _worse() -> Panel:
    bad = f"max by ({BY_KEY}) ({select(metrics.DRIFT_STATE)}) >= 2"
    firing = f"max by ({BY_KEY}, signal) ({select(metrics.SIGNAL_FIRING)}) == 1"

    def per_key(metric: metrics.Metric) -> str:
        """The metric of each bad key, repeated for each of its firing signals; once without a signal where none fires."""
        value = f"max by ({BY_KEY}) ({select(metric)}) and on ({BY_KEY}) ({bad})"
        return f"(({value}) * on ({BY_KEY}) group_right () ({firing})) or on ({BY_KEY}) ({value})"

    def per_signal(metric: metrics.Metric) -> str:
        value = f"max by ({BY_KEY}, signal) ({select(metric)})"
        return f"{value} and on ({BY_KEY}, signal) ({firing}) and on ({BY_KEY}) ({bad})"

    names = {"#A": "Drift", "backend": "Backend", "model": "Model", "task": "Task", "#B": "Since", "signal": "Why"}
    return table(
        11,
        "Worse now: which, since when, and why",
        "One line per drift signal that fires, for every backend, model and task in mild or severe drift. `Now` is the signal's value "
        "over the last responses, beside the threshold that it crossed: ↑ fires above it, ↓ below. One severe signal or two mild ones "
        "make a severe drift. `Since` is when the present state began. Click a backend for its own board.",
        columns(
            per_key(metrics.DRIFT_STATE),
            f"1000 * ({per_key(metrics.DRIFT_SINCE)})",
            per_signal(metrics.SIGNAL_VALUE),
            per_signal(metrics.SIGNAL_THRESHOLD),
            score_100(f"({per_key(metrics.SCORE)})"),
        ),
        merged(names | {"#C": "Now", "#D": "Threshold", "#E": "Score"}),
        none="No drift among the backends measured",
        sort=[("Drift", True), ("Since", False)],
        overrides=[
            by_name("Drift", **common.state_cell(), custom_width=70),
            by_name("Backend", links=link_to("llmq-backend", "Open this backend, model and task", "Backend", "Model", "Task")),
            by_name("Since", unit="dateTimeFromNow", custom_width=140),
            by_name("Why", mappings=[words.SIGNAL_MAPPING], custom_width=168),
            by_name("Now", unit="percentunit", decimals=0, custom_width=60),
            by_name("Threshold", unit="percentunit", decimals=0, custom_width=85),
            by_name("Score", **common.score_cell(), custom_width=60),
        ],
    )


def _drift_over_time() -> Panel:
    return states(
        12,
        "Drift per backend",
        "The worst drift state of any of the backend's models and tasks. A red band begins where the backend got worse.",
        [query(f"max by (backend) ({select(metrics.DRIFT_STATE)})", "{{backend}}", min_step="1m")],
        words=words.DRIFT,
        none="No drift state yet",
    )


def _scoreboard() -> Panel:
    score = f"max by (backend) ({select(metrics.BACKEND_SCORE, OVER_ALL_TASKS)})"
    before = f"max by (backend) ({select(metrics.BACKEND_SCORE, OVER_ALL_TASKS)} offset 1h)"
    calls = per_second(metrics.DURATION, "backend", suffix="_count")
    names = {"backend": "Backend", "#A": "Score", "#B": "Change 1 h", "#C": "Weakest", "#D": "Drift", "#E": "Samples"}
    return table(
        21,
        "Scoreboard",
        "One line per backend, best first. `Score` is over its last responses of all tasks, whatever the selection; `Change 1 h` is by "
        f"how much it rose or fell within an hour; `Weakest` is the lowest score of a selected model and task with {MIN_SAMPLES} "
        "responses or more. Click a backend for its own board.",
        columns(
            score_100(score),
            score_100(f"({score} - {before})"),
            score_100(f"min by (backend) ({common.PROVEN_SCORES})"),
            f"max by (backend) ({select(metrics.DRIFT_STATE)})",
            f"max by (backend) ({select(metrics.BACKEND_SAMPLES, OVER_ALL_TASKS)})",
            per_second(metrics.REQUESTS, "backend"),
            error_ratio("backend"),
            quantile(0.95, metrics.TTFC, "backend"),
            quantile(0.95, metrics.DURATION, "backend"),
            f"1000 * {per_second(metrics.COST, 'backend')} / ({calls} > 0)",
        ),
        merged(names | {"#F": "Calls/s", "#G": "Errors", "#H": "TTFT p95", "#I": "Latency p95", "#J": "$ per 1k"}),
        none="No backend has a score yet",
        sort=[("Score", True)],
        overrides=[
            by_name("Backend", links=link_to("llmq-backend", "Open this backend", "Backend")),
            by_name("Score", **common.score_bar()),
            by_name("Change 1 h", **common.colored(((None, words.BAD), (-10, words.MILD), (-3, "text"))), decimals=1, custom_width=95),
            by_name("Weakest", **common.score_cell()),
            by_name("Drift", **common.state_cell()),
            by_name("Calls/s", decimals=2),
            by_name("Errors", **common.colored(words.ERROR_STEPS), unit="percentunit", decimals=1),
            by_name("TTFT p95", unit="s", custom_width=85),
            by_name("Latency p95", unit="s", custom_width=100),
            by_name("$ per 1k", unit="currencyUSD", decimals=2),
        ],
    )


def _scores() -> Panel:
    return curves(
        22,
        "Score over time",
        "Score of each backend, 0-100, over its last responses of all tasks. The dashed line is where the alert on a low score begins.",
        [query(score_100(f"max by (backend) ({select(metrics.BACKEND_SCORE, OVER_ALL_TASKS)})"), "{{backend}}")],
        none="No score yet",
        soft=(50, 100),
        decimals=0,
        steps=common.LOW_SCORE,
    )


def _weakest() -> Panel:
    last = {metric: f"max by ({BY_KEY}) ({select(metric)} @ end())" for metric in (metrics.SCORE, metrics.SAMPLES)}
    worst = f"bottomk(1, {last[metrics.SCORE]} and on ({BY_KEY}) {last[metrics.SAMPLES]} >= {MIN_SAMPLES})"

    def of_worst(metric: metrics.Metric) -> str:
        return score_100(f"(max by ({BY_KEY}) ({select(metric)}) and on ({BY_KEY}) {worst})")

    edge = {
        "color": {"mode": "fixed", "fixedColor": words.FAINT},
        "custom_lineWidth": 0,
        "custom_hideFrom": OUT_OF_LEGEND,
    }
    return curves(
        23,
        "The weakest, with its 95 % interval",
        "The backend, model and task that has the lowest score now, and the band in which its true score lies with 95 % confidence: "
        "a fall that is wider than the band is no chance.",
        [
            query(of_worst(metrics.SCORE), common.LEGEND),
            query(of_worst(metrics.SCORE_LOWER), "at least", ref="B"),
            query(of_worst(metrics.SCORE_UPPER), "at most", ref="C"),
        ],
        none="No score yet",
        soft=(50, 100),
        decimals=0,
        overrides=[
            override("byFrameRefID", "A", color={"mode": "fixed", "fixedColor": words.MILD}),
            by_name("at least", **edge),
            by_name("at most", **edge, custom_fillBelowTo="at least", custom_fillOpacity=25),
        ],
    )


def _errors() -> Panel:
    return curves(
        42,
        "Error ratio by backend",
        "Errors and timeouts over the calls that count for a score. The dashed line is where the alert begins.",
        [query(error_ratio("backend"), "{{backend}}", min_step="5m")],
        unit="percentunit",
        steps=((None, "transparent"), (0.25, words.BAD)),
    )
