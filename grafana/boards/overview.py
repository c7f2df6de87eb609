"""LLM quality / Overview: which backend got worse, since when and why; and which one to use for which task.

From the top: eight numbers; what is wrong now with its reason; the same over time; the score card; the ranking; the traffic.
"""

from typing import Any, Final

from grafana import panels, words
from grafana.grid import Grid, Panel
from grafana.panels import by_name, columns, curves, query, states, table, tile
from grafana.promql import KEY, chosen, error_ratio, per_second, quantile, score_100, select
from grafana.shell import dashboard, link_to
from otel_quality.vocabulary import metrics
from otel_quality.vocabulary.measures import ALL, MIN_SAMPLES

_KEY: Final = ", ".join(KEY)
_OVER_ALL_TASKS: Final = f'task="{ALL}"'
_NOTHING_DRIFTS: Final = "Nothing is drifting"


def build() -> dict[str, Any]:
    """The board."""
    grid = Grid()
    grid.line(4, *((3, panel) for panel in _tiles()))
    grid.row(10, "What got worse, since when, and why")
    grid.line(7, (24, _worse()))
    grid.line(7, (12, _drift_over_time()), (12, _alerts()))
    grid.row(20, "How good is each backend?")
    grid.line(7, (24, _scoreboard()))
    grid.line(9, (12, _scores()), (12, _weakest()))
    grid.row(30, "Which backend for which task?")
    grid.line(10, (9, _by_task()), (15, _ranking()))
    grid.row(40, "Traffic")
    grid.line(8, *((8, panel) for panel in _traffic()))
    return dashboard(
        "llmq-overview", "LLM quality / Overview", "Which LLM backend got worse, since when and why, and which one to use for which task.", grid
    )


def drifting(state: int) -> str:
    """Keys whose drift state is at least this one."""
    return f"max by ({_KEY}) ({select(metrics.DRIFT_STATE)}) >= {state}"


def _tiles() -> list[Panel]:
    severe = f"count(max by (backend) ({select(metrics.DRIFT_STATE)}) == 3) or (0 * count({select(metrics.SAMPLES)}))"
    enough = f"{select(metrics.SCORE)} and {select(metrics.SAMPLES)} >= {MIN_SAMPLES}"
    tokens = per_second(metrics.TOKENS, matchers=('type=~"input|output"',))
    return [
        tile(1, "Backends", "Backends that have a score.", query(f"count(count by (backend) ({select(metrics.SAMPLES)}))", instant=True),
             unit="none", none="no calls yet"),
        tile(2, "Drifting now", "Backends of which at least one model and task is in severe drift. Zero is normal.", query(severe, instant=True),
             unit="none", none="no calls yet", steps=words.ALARM_STEPS, filled=True),
        tile(3, "Worst score", f"Lowest score, 0-100, of any backend, model and task with {MIN_SAMPLES} responses or more. Red under 60.",
             query(score_100(f"min({enough})")), unit="none", none="no score yet", steps=words.SCORE_STEPS, decimals=0),
        tile(4, "Error ratio", "Errors and timeouts over the calls that count for a score. Red above 25 %.",
             query(error_ratio(), min_step="5m"), unit="percentunit", none="no traffic", steps=words.ERROR_STEPS, decimals=1),
        tile(5, "First token p95", "Time to the first chunk with content that 95 % of streamed calls stay under. Not split by task.",
             query(quantile(0.95, metrics.TTFC), min_step="5m"), unit="s", none="no streams", decimals=2),
        tile(6, "Calls", "LLM calls per second.", query(per_second(metrics.REQUESTS), min_step="5m"), unit="reqps", none="no traffic", decimals=2),
        tile(7, "Tokens", "Input and output tokens per second. Not split by task.", query(tokens, min_step="5m"), unit="short", none="no tokens"),
        tile(8, "Cost per hour", "US dollars per hour at the present rate, where spans carry a cost. Not split by task.",
             query(f"3600 * {per_second(metrics.COST)}", min_step="5m"), unit="currencyUSD", none="no cost known", decimals=2),
    ]  # fmt: skip


def _worse() -> Panel:
    bad, firing = drifting(2), f"max by ({_KEY}, signal) ({select(metrics.SIGNAL_FIRING)}) == 1"
    present = {metric: f"max by ({_KEY}) ({select(metric)}) and on ({_KEY}) ({bad})" for metric in (metrics.DRIFT_SINCE, metrics.SCORE)}
    firing_now = {
        metric: f"max by ({_KEY}, signal) ({select(metric)}) and on ({_KEY}, signal) ({firing}) and on ({_KEY}) ({bad})"
        for metric in (metrics.SIGNAL_VALUE, metrics.SIGNAL_THRESHOLD)
    }
    return table(
        11, "Worse now: which, since when, and why",
        "One line per drift signal that fires, for every backend, model and task in mild or severe drift. `Now` is the signal's value over the "
        "last responses, beside the threshold that it crossed: ↑ fires above it, ↓ below. One severe signal or two mild ones make a severe drift. "
        "Click a backend for its own board.",
        columns(
            _per_signal(bad, firing),
            f"1000 * ({_per_signal(present[metrics.DRIFT_SINCE], firing)})",
            firing_now[metrics.SIGNAL_VALUE],
            firing_now[metrics.SIGNAL_THRESHOLD],
            score_100(f"({_per_signal(present[metrics.SCORE], firing)})"),
        ),
        panels.merged({"#A": "Drift", "backend": "Backend", "model": "Model", "task": "Task", "#B": "Since", "signal": "Why",
                       "#C": "Now", "#D": "Threshold", "#E": "Score"}),
        none=_NOTHING_DRIFTS, sort=[("Drift", True), ("Since", False)],
        overrides=[
            by_name("Drift", **state_cell(), custom_width=90),
            by_name("Backend", links=link_to("llmq-backend", "Open this backend", "Backend", "Model", "Task")),
            by_name("Since", unit="dateTimeFromNow", custom_width=150),
            by_name("Why", mappings=[words.SIGNAL_MAPPING]),
            by_name("Now", unit="percentunit", decimals=0, custom_width=90),
            by_name("Threshold", unit="percentunit", decimals=0, custom_width=90),
            by_name("Score", decimals=0, thresholds=panels.thresholds(words.SCORE_STEPS), custom_cellOptions={"type": "color-text"}, custom_width=80),
        ],
    )  # fmt: skip


def _per_signal(keyed: str, firing: str) -> str:
    """A value per key, repeated for each of the key's firing signals; once without a signal where none fires."""
    return f"(({keyed}) * on ({_KEY}) group_right () ({firing})) or on ({_KEY}) ({keyed})"


def state_cell() -> dict[str, Any]:
    """A table cell that shows a drift state by word and colour."""
    return {
        "mappings": [words.DRIFT_MAPPING],
        "thresholds": panels.thresholds(words.STATE_STEPS),
        "custom_cellOptions": {"type": "color-background", "mode": "basic"},
    }


def _drift_over_time() -> Panel:
    return states(
        12, "Drift per backend", "The worst drift state of any of the backend's models and tasks. A red band begins where the backend got worse.",
        [query(f"max by (backend) ({select(metrics.DRIFT_STATE)})", "{{backend}}", min_step="1m")], words=words.DRIFT, none="No drift state yet", show="never",
    )  # fmt: skip


def alerts(panel_id: int) -> Panel:
    """Alerts of the selected backends and those that belong to none."""
    ours = f'alertname=~"LLMQ.+", alertname!="LLMQWatchdog", backend=~`${{backend:regex}}|`'
    series = f'ALERTS{{{ours}, alertstate="pending"}} or 2 * ALERTS{{{ours}, alertstate="firing"}}'
    return states(
        panel_id, "Alerts", "What Prometheus has alerted on: pending until its time is up, then firing. Empty is good, provided that alert rules are loaded.",
        [query(f"max by (alertname, backend) ({series})", "{{alertname}} {{backend}}", min_step="1m")],
        words=words.ALERTS, none="No alert in this time range", show="never",
    )  # fmt: skip


def _alerts() -> Panel:
    return alerts(13)


def _scoreboard() -> Panel:
    score = f"max by (backend) ({select(metrics.BACKEND_SCORE, _OVER_ALL_TASKS)})"
    before = f"max by (backend) ({select(metrics.BACKEND_SCORE, _OVER_ALL_TASKS)} offset 1h)"
    enough = f"{select(metrics.SCORE)} and {select(metrics.SAMPLES)} >= {MIN_SAMPLES}"
    calls = per_second(metrics.DURATION, "backend", suffix="_count")
    return table(
        21, "Scoreboard",
        "One line per backend, best first. `Score` is over its last responses of all tasks, whatever the selection; `1 h ago` is by how much it has "
        f"changed; `Weakest` is the lowest score of a selected model and task with {MIN_SAMPLES} responses or more. Click a backend for its own board.",
        columns(
            score_100(score),
            score_100(f"({score} - {before})"),
            score_100(f"min by (backend) ({enough})"),
            f"max by (backend) ({select(metrics.DRIFT_STATE)})",
            f"max by (backend) ({select(metrics.BACKEND_SAMPLES, _OVER_ALL_TASKS)})",
            per_second(metrics.REQUESTS, "backend"),
            error_ratio("backend"),
            quantile(0.95, metrics.TTFC, "backend"),
            quantile(0.95, metrics.DURATION, "backend"),
            f"1000 * {per_second(metrics.COST, 'backend')} / ({calls} > 0)",
        ),
        panels.merged({"backend": "Backend", "#A": "Score", "#B": "1 h ago", "#C": "Weakest", "#D": "Drift", "#E": "Samples", "#F": "Calls/s",
                       "#G": "Errors", "#H": "TTFT p95", "#I": "Latency p95", "#J": "$ per 1k"}),
        none="No backend has a score yet", sort=[("Score", True)],
        overrides=[
            by_name("Backend", links=link_to("llmq-backend", "Open this backend", "Backend"), custom_width=150),
            by_name("Score", **_score_bar()),
            by_name("1 h ago", decimals=1, thresholds=panels.thresholds(((None, words.BAD), (-10, words.MILD), (-3, "text"))),
                    custom_cellOptions={"type": "color-text"}),
            by_name("Weakest", decimals=0, thresholds=panels.thresholds(words.SCORE_STEPS), custom_cellOptions={"type": "color-text"}),
            by_name("Drift", **state_cell()),
            by_name("Calls/s", decimals=2),
            by_name("Errors", unit="percentunit", decimals=1, thresholds=panels.thresholds(words.ERROR_STEPS),
                    custom_cellOptions={"type": "color-text"}),
            by_name("TTFT p95", unit="s", decimals=2),
            by_name("Latency p95", unit="s", decimals=1),
            by_name("$ per 1k", unit="currencyUSD", decimals=2),
        ],
    )  # fmt: skip


def _score_bar() -> dict[str, Any]:
    return {
        "decimals": 1,
        "min": 0,
        "max": 100,
        "thresholds": panels.thresholds(words.SCORE_STEPS),
        "custom_cellOptions": {"type": "gauge", "mode": "basic", "valueDisplayMode": "text"},
        "custom_width": 190,
    }


def _scores() -> Panel:
    return curves(
        22, "Score over time", "Score of each backend, 0-100, over its last responses of all tasks. The dashed line is where the alert on a low score begins.",
        [query(score_100(f"max by (backend) ({select(metrics.BACKEND_SCORE, _OVER_ALL_TASKS)})"), "{{backend}}")],
        unit="none", none="No score yet", high=100, decimals=0, steps=((None, "transparent"), (60, words.BAD)),
    )  # fmt: skip


def _weakest() -> Panel:
    last = {metric: f"max by ({_KEY}) ({select(metric)} @ end())" for metric in (metrics.SCORE, metrics.SAMPLES)}
    worst = f"bottomk(1, {last[metrics.SCORE]} and on ({_KEY}) {last[metrics.SAMPLES]} >= {MIN_SAMPLES})"
    series = {
        metric: score_100(f"(max by ({_KEY}) ({select(metric)}) and on ({_KEY}) {worst})")
        for metric in (metrics.SCORE, metrics.SCORE_LOWER, metrics.SCORE_UPPER)
    }
    edge = {"color": {"mode": "fixed", "fixedColor": words.FAINT}, "custom_lineWidth": 0, "custom_hideFrom": {"legend": True, "tooltip": False, "viz": False}}
    return curves(
        23, "The weakest of all, with its 95 % interval",
        "The backend, model and task that has the lowest score now, and the band in which its true score lies with 95 % confidence: a fall that is wider "
        "than the band is no chance.",
        [query(series[metrics.SCORE], "{{backend}} · {{model}} · {{task}}"), query(series[metrics.SCORE_LOWER], "at least", ref="B"),
         query(series[metrics.SCORE_UPPER], "at most", ref="C")],
        unit="none", none="No score yet", high=100, decimals=0,
        overrides=[panels.override("byFrameRefID", "A", color={"mode": "fixed", "fixedColor": words.MILD}), by_name("at least", **edge),
                   by_name("at most", **edge, custom_fillBelowTo="at least", custom_fillOpacity=25)],
    )  # fmt: skip


def _by_task() -> Panel:
    other_than_all = (chosen("task"), f'task!="{ALL}"')
    return table(
        31, "Score per task", "Score of each backend at each task over all its models: read down a column to find the best backend for a task.",
        columns(score_100(f"max by (backend, task) ({select(metrics.BACKEND_SCORE, *other_than_all)})")),
        [
            {"id": "groupingToMatrix", "options": {"columnField": "task", "rowField": "backend", "valueField": "Value", "emptyValue": "null"}},
            {"id": "organize", "options": {"renameByName": {"backend\\task": "Backend"}, "indexByName": {}, "excludeByName": {}}},
        ],
        none="No score yet", sort=[("Backend", False)],
        defaults={"decimals": 0, "thresholds": panels.thresholds(words.SCORE_STEPS),
                  "custom": {"align": "center", "cellOptions": {"type": "color-background", "mode": "basic"}, "inspect": False}},
        overrides=[by_name("Backend", custom_cellOptions={"type": "auto"}, custom_align="left",
                           links=link_to("llmq-backend", "Open this backend", "Backend"))],
    )  # fmt: skip


def _ranking() -> Panel:
    score, samples = select(metrics.SCORE), select(metrics.SAMPLES)
    per_key = [score, select(metrics.SCORE_LOWER), select(metrics.SCORE_UPPER)]
    return table(
        32, "Ranking",
        "Best first: choose a task above to compare models for it. `At least` and `At most` bound the true score with 95 % confidence; where two lines "
        f"overlap, neither is proven better. `Rank` is the score scaled down under {MIN_SAMPLES} samples, as the recommendations do.",
        columns(*(score_100(f"max by ({_KEY}) ({series})") for series in per_key), f"max by ({_KEY}) ({samples})",
                score_100(f"max by ({_KEY}) ({score} * clamp_max({samples} / {MIN_SAMPLES}, 1))")),
        panels.merged({"task": "Task", "backend": "Backend", "model": "Model", "#A": "Score", "#B": "At least", "#C": "At most", "#D": "Samples",
                       "#E": "Rank"}),
        none="No score yet", sort=[("Rank", True)],
        overrides=[
            by_name("Backend", links=link_to("llmq-backend", "Open this backend, model and task", "Backend", "Model", "Task")),
            by_name("Score", **(_score_bar() | {"custom_width": 150})),
            by_name("At least", decimals=0, custom_width=80),
            by_name("At most", decimals=0, custom_width=80),
            by_name("Samples", thresholds=panels.thresholds(((None, words.MILD), (MIN_SAMPLES, "text"))),
                    custom_cellOptions={"type": "color-text"}, custom_width=80),
            by_name("Rank", decimals=0, custom_width=70),
        ],
    )  # fmt: skip


def outcomes(panel_id: int) -> Panel:
    """Calls by how they ended."""
    return curves(
        panel_id, "Calls by outcome", "LLM calls per second by how they ended. Cancelled and abandoned are the caller's doing and change no score.",
        [query(per_second(metrics.REQUESTS, "outcome"), "{{outcome}}")], unit="reqps", stack="normal", overrides=panels.painted(words.OUTCOME_COLORS),
    )  # fmt: skip


def stop_reasons(panel_id: int) -> Panel:
    """Why the models stopped."""
    return curves(
        panel_id, "Why models stopped",
        "Share of each normalised stop class. More `length` is truncation; `filter`, `refusal`, `unknown` and `error` are abnormal. Not split by task.",
        [query(per_second(metrics.STOP_REASONS, "stop_reason"), "{{stop_reason}}")], unit="percentunit", stack="percent",
        overrides=panels.painted(words.STOP_COLORS),
    )  # fmt: skip


def _traffic() -> list[Panel]:
    errors = curves(
        42, "Error ratio by backend", "Errors and timeouts over the calls that count for a score. The dashed line is where the alert begins.",
        [query(error_ratio("backend"), "{{backend}}", min_step="1m")], unit="percentunit", steps=((None, "transparent"), (0.25, words.BAD)),
    )  # fmt: skip
    return [outcomes(41), errors, stop_reasons(43)]
