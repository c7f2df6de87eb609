"""LLM quality / Drift: the state of every key, its five signals against their thresholds, and its history.

From the top: how many keys are in which state; each key's state over time and since when; the signals; what happened.
"""

from typing import Any, Final

from grafana import words
from grafana.boards import common
from grafana.boards.common import BY_KEY, LEGEND, NO_CALLS
from grafana.fields import OUT_OF_LEGEND, PLAIN, by_name, override, painted
from grafana.grid import Grid, Panel
from grafana.panels import bars, curves, query, states, tile
from grafana.promql import risen, score_100, select, total
from grafana.shell import dashboard, link_to
from grafana.tables import columns, merged, table
from otel_quality.vocabulary import metrics
from otel_quality.vocabulary.measures import DRIFT_STATES, SIGNALS, Signal

_NONE: Final = "No drift state yet"
_STATE: Final = f"max by ({BY_KEY}) ({select(metrics.DRIFT_STATE)})"
_WORSE: Final = 'severity=~"mild|severe"'
_AXIS: Final[dict[str, dict[str, Any]]] = {"above": {"soft": (0, 1)}, "below": {"high": 2}}
"""A share is shown from 0 to 1; of a ratio of lengths nothing is of interest above 2."""


def build() -> dict[str, Any]:
    """The board."""
    grid = Grid()
    grid.line(4, *((4, panel) for panel in _tiles()))
    grid.row(10, "Which backend, model and task, and since when")
    grid.line(11, (24, _states()))
    grid.line(8, (24, _since()))
    grid.row(20, "Why: the five signals against their thresholds")
    signals = [_signal(21 + n, signal) for n, signal in enumerate(SIGNALS)]
    grid.line(8, *((8, panel) for panel in signals[:3]))
    grid.line(8, *((8, panel) for panel in [*signals[3:], _firing()]))
    grid.row(30, "History")
    grid.line(8, (8, _events()), (8, _share()), (8, common.alerts(33)))
    return dashboard("llmq-drift", "LLM quality / Drift", "State of the drift watch: which key, since when, and by which signal.", grid)


def _tiles() -> list[Panel]:
    none_if_unknown = f"0 * count({select(metrics.DRIFT_STATE)})"
    what = {
        "learning": "Windows with too few responses for a verdict.",
        "stable": "Windows in which no signal fires.",
        "mild": "Windows in which one mild signal fires.",
        "severe": "Windows in which a severe signal or two mild ones fire. This is what the alert is about.",
    }
    steps = {"mild": ((None, "text"), (1, words.MILD)), "severe": words.ALARM_STEPS}
    watched = tile(
        1,
        "Watched",
        "Windows that the drift watch follows: one per backend, model and task.",
        query(f"count({_STATE})", instant=True),
        none=NO_CALLS,
    )
    by_state = [
        tile(
            2 + value,
            state.capitalize(),
            what[state],
            query(f"count({_STATE} == {value}) or ({none_if_unknown})", instant=True),
            none=NO_CALLS,
            steps=steps.get(state, PLAIN),
            filled=state == "severe",
        )
        for value, state in enumerate(DRIFT_STATES)
    ]
    worsened = f"{total(risen(metrics.DRIFT_EVENTS, _WORSE, window='$__range'))} or ({none_if_unknown})"
    got_worse = tile(
        6,
        "Got worse",
        "How often a key went into mild or severe drift in this time range.",
        query(worsened, instant=True),
        none=NO_CALLS,
        decimals=0,
    )
    return [watched, *by_state, got_worse]


def _states() -> Panel:
    return states(
        11,
        "Drift state",
        "State of every selected backend, model and task. Choose a backend above when there are too many to read.",
        [query(_STATE, LEGEND, min_step="1m")],
        words=words.DRIFT,
        none=_NONE,
    )


def _since() -> Panel:
    names = {"#A": "State", "backend": "Backend", "model": "Model", "task": "Task", "#B": "Since", "#C": "Began", "#D": "Score"}
    since = f"1000 * max by ({BY_KEY}) ({select(metrics.DRIFT_SINCE)})"
    return table(
        12,
        "Since when",
        "Worst first: the present state of each key, when it began, and the score it has now. Click a backend for its own board.",
        columns(_STATE, since, since, score_100(f"max by ({BY_KEY}) ({select(metrics.SCORE)})")),
        merged(names),
        none=_NONE,
        sort=[("State", True), ("Began", True)],
        overrides=[
            by_name("State", **common.state_cell(), custom_width=80),
            by_name("Backend", links=link_to("llmq-backend", "Open this backend, model and task", "Backend", "Model", "Task")),
            by_name("Since", unit="dateTimeFromNow", custom_width=140),
            by_name("Began", unit="dateTimeAsIso", custom_width=170),
            by_name("Score", **common.score_cell(), custom_width=70),
        ],
    )


def _signal(panel_id: int, signal: Signal) -> Panel:
    """All keys in grey, those in which the signal fires in colour, the threshold dashed."""
    one = f'signal="{signal.name}"'
    value = f"max by ({BY_KEY}) ({select(metrics.SIGNAL_VALUE, one)})"
    firing = f"{value} and on ({BY_KEY}) (max by ({BY_KEY}) ({select(metrics.SIGNAL_FIRING, one)}) == 1)"
    return curves(
        panel_id,
        f"{words.SIGNAL_NAMES[signal.name]} ({signal.severity})",
        f"{signal.what.capitalize()}. Grey: every key; coloured: where it fires, {signal.fires} the dashed threshold. "
        f"Its name in alerts and API is `{signal.name}`; by itself it means {signal.severity} drift.",
        [
            query(value, LEGEND),
            query(firing, LEGEND, ref="B"),
            query(f"max({select(metrics.SIGNAL_THRESHOLD, one)})", "threshold", ref="C"),
        ],
        unit="percentunit",
        none="Not enough responses yet",
        overrides=[
            override(
                "byFrameRefID",
                "A",
                color={"mode": "fixed", "fixedColor": words.FAINTER},
                custom_lineWidth=1,
                custom_hideFrom=OUT_OF_LEGEND,
            ),
            override("byFrameRefID", "B", custom_spanNulls=False),
            by_name(
                "threshold",
                color={"mode": "fixed", "fixedColor": words.BAD},
                custom_lineWidth=1,
                custom_lineStyle={"fill": "dash", "dash": [8, 6]},
            ),
        ],
        decimals=0,
        **_AXIS[signal.fires],
    )


def _firing() -> Panel:
    return states(
        26,
        "Which signals fire",
        "Red while the signal fires for any selected key.",
        [query(f"max by (signal) ({select(metrics.SIGNAL_FIRING)})", "{{signal}}", min_step="1m")],
        words={"0": ("quiet", words.GOOD), "1": ("fires", words.BAD)},
        none=_NONE,
        overrides=[by_name(name, displayName=text[2:]) for name, text in words.SIGNAL_NAMES.items()],
    )


def _events() -> Panel:
    return curves(
        31,
        "Transitions",
        "How often a key went into mild or severe drift, per five minutes.",
        [query(total(risen(metrics.DRIFT_EVENTS, _WORSE), "severity"), "{{severity}}", min_step="5m")],
        none="Nothing got worse in this time range",
        stack="normal",
        bars=True,
        decimals=0,
        overrides=painted({"mild": words.MILD, "severe": words.BAD}),
    )


def _share() -> Panel:
    state = f"max by (backend) ({select(metrics.DRIFT_STATE)})"
    return bars(
        32,
        "Share of time in drift",
        "Share of the time range in which any of the backend's keys was in mild or severe drift.",
        query(f"sort_desc(avg_over_time(({state} >= bool 2)[$__range:1m]))", "{{backend}}", instant=True),
        unit="percentunit",
        none=_NONE,
        steps=((None, words.GOOD), (0.01, words.MILD), (0.25, words.BAD)),
        high=1,
    )
