"""LLM quality / Drift: the state of every key, its five signals against their thresholds, and its history.

From the top: how many keys are in which state; each key's state over time and since when; the signals; what happened.
"""

from typing import Any, Final

from grafana import panels, words
from grafana.boards.overview import alerts, state_cell
from grafana.grid import Grid, Panel
from grafana.panels import bars, by_name, columns, curves, override, query, states, table, tile
from grafana.promql import KEY, WINDOW, score_100, select, total
from grafana.shell import dashboard, link_to
from otel_quality.vocabulary import metrics
from otel_quality.vocabulary.measures import DRIFT_STATES, SIGNALS, Signal

_KEY: Final = ", ".join(KEY)
_LEGEND: Final = "{{backend}} · {{model}} · {{task}}"
_NONE: Final = "No drift state yet"
_WORSE: Final = 'severity=~"mild|severe"'


def build() -> dict[str, Any]:
    """The board."""
    grid = Grid()
    grid.line(4, *((4, panel) for panel in _tiles()))
    grid.row(10, "Which backend, model and task, and since when")
    grid.line(12, (14, _states()), (10, _since()))
    grid.row(20, "Why: the five signals against their thresholds")
    signals = [_signal(21 + n, signal) for n, signal in enumerate(SIGNALS)]
    grid.line(8, *((8, panel) for panel in signals[:3]))
    grid.line(8, *((8, panel) for panel in [*signals[3:], _firing()]))
    grid.row(30, "History")
    grid.line(8, (8, _events()), (8, _share()), (8, alerts(33)))
    return dashboard("llmq-drift", "LLM quality / Drift", "State of the drift watch: which key, since when, and by which signal.", grid)


def _tiles() -> list[Panel]:
    state, known = f"max by ({_KEY}) ({select(metrics.DRIFT_STATE)})", f"0 * count({select(metrics.DRIFT_STATE)})"
    count = {word: f"count({state} == {value}) or ({known})" for value, word in enumerate(DRIFT_STATES)}
    worsened = f"sum(increase({select(metrics.DRIFT_EVENTS, _WORSE)}[$__range])) or ({known})"
    return [
        tile(1, "Watched", "Windows that the drift watch follows: one per backend, model and task.", query(f"count({state})", instant=True),
             unit="none", none="no calls yet"),
        tile(2, "Learning", "Windows with too few responses for a verdict.", query(count["learning"], instant=True), unit="none", none="no calls yet"),
        tile(3, "Stable", "Windows in which no signal fires.", query(count["stable"], instant=True), unit="none", none="no calls yet"),
        tile(4, "Mild", "Windows in which one mild signal fires.", query(count["mild"], instant=True), unit="none", none="no calls yet",
             steps=((None, "text"), (1, words.MILD))),
        tile(5, "Severe", "Windows in which a severe signal or two mild ones fire. This is what the alert is about.",
             query(count["severe"], instant=True), unit="none", none="no calls yet", steps=words.ALARM_STEPS, filled=True),
        tile(6, "Times it got worse", "Transitions into mild or severe in this time range.", query(worsened, instant=True), unit="none",
             none="no calls yet", decimals=0),
    ]  # fmt: skip


def _states() -> Panel:
    return states(
        11, "Drift state", "State of every selected backend, model and task. Choose a backend above when there are too many to read.",
        [query(f"max by ({_KEY}) ({select(metrics.DRIFT_STATE)})", _LEGEND, min_step="1m")], words=words.DRIFT, none=_NONE, show="never",
    )  # fmt: skip


def _since() -> Panel:
    return table(
        12, "Since when", "Worst first: the present state of each key, when it began, and the score it has now. Click a backend for its own board.",
        columns(
            f"max by ({_KEY}) ({select(metrics.DRIFT_STATE)})",
            f"1000 * max by ({_KEY}) ({select(metrics.DRIFT_SINCE)})",
            score_100(f"max by ({_KEY}) ({select(metrics.SCORE)})"),
        ),
        panels.merged({"#A": "State", "backend": "Backend", "model": "Model", "task": "Task", "#B": "Since", "#C": "Score"}),
        none=_NONE, sort=[("State", True), ("Since", True)],
        overrides=[
            by_name("State", **state_cell(), custom_width=80),
            by_name("Backend", links=link_to("llmq-backend", "Open this backend, model and task", "Backend", "Model", "Task")),
            by_name("Since", unit="dateTimeFromNow", custom_width=130),
            by_name("Score", decimals=0, custom_width=65),
        ],
    )  # fmt: skip


def _signal(panel_id: int, signal: Signal) -> Panel:
    """All keys in grey, those in which the signal fires in colour, the threshold dashed."""
    one = f'signal="{signal.name}"'
    value = f"max by ({_KEY}) ({select(metrics.SIGNAL_VALUE, one)})"
    firing = f"{value} and on ({_KEY}) (max by ({_KEY}) ({select(metrics.SIGNAL_FIRING, one)}) == 1)"
    hidden = {"legend": True, "tooltip": False, "viz": False}
    grey = override("byFrameRefID", "A", color={"mode": "fixed", "fixedColor": words.FAINT}, custom_lineWidth=1, custom_hideFrom=hidden)
    edge = by_name("threshold", color={"mode": "fixed", "fixedColor": words.BAD}, custom_lineWidth=1,
                   custom_lineStyle={"fill": "dash", "dash": [8, 6]})  # fmt: skip
    title = words.SIGNAL_NAMES[signal.name]
    return curves(
        panel_id, f"{title[2:].capitalize()} ({signal.severity}, fires {signal.fires})",
        f"{signal.what.capitalize()}. Grey: every key; coloured: where it fires, {signal.fires} the dashed threshold. Named `{signal.name}` in alerts "
        f"and API; {signal.severity} by itself.",
        [query(value, _LEGEND), query(firing, _LEGEND, ref="B"), query(f"max({select(metrics.SIGNAL_THRESHOLD, one)})", "threshold", ref="C")],
        unit="percentunit", none="Not enough responses yet", overrides=[grey, edge], decimals=0,
    )  # fmt: skip


def _firing() -> Panel:
    names = [override("byRegexp", f"^{name}$", displayName=text) for name, text in words.SIGNAL_NAMES.items()]
    return states(
        26, "Which signals fire", "Red while the signal fires for any selected key.",
        [query(f"max by (signal) ({select(metrics.SIGNAL_FIRING)})", "{{signal}}", min_step="1m")],
        words={"0": ("quiet", words.GOOD), "1": ("fires", words.BAD)}, none=_NONE, overrides=names, show="never",
    )  # fmt: skip


def _events() -> Panel:
    return curves(
        31, "Transitions", "How often a key went into mild or severe drift, per five minutes.",
        [query(total(f"increase({select(metrics.DRIFT_EVENTS, _WORSE)}{WINDOW})", "severity"), "{{severity}}", min_step="5m")],
        unit="none", none="Nothing got worse in this time range", stack="normal", bars=True,
        overrides=panels.painted({"mild": words.MILD, "severe": words.BAD}),
    )  # fmt: skip


def _share() -> Panel:
    state = f"max by (backend) ({select(metrics.DRIFT_STATE)})"
    return bars(
        32, "Share of time in drift", "Share of the time range in which any of the backend's keys was in mild or severe drift.",
        query(f"sort_desc(avg_over_time(({state} >= bool 2)[$__range:1m]))", "{{backend}}", instant=True),
        unit="percentunit", none=_NONE, steps=((None, words.GOOD), (0.01, words.MILD), (0.25, words.BAD)), high=1,
    )  # fmt: skip
