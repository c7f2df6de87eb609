"""LLM quality / Sessions: which kind of work goes wrong, since when, and what of the grade fell.

From the top: six numbers; the task types side by side and their completion over time; the other dimensions; how many there are.
"""

from typing import Any, Final

from grafana import words
from grafana.boards.common import agent_alerts, colored
from grafana.fields import by_name, painted
from grafana.grid import Grid, Panel
from grafana.panels import curves, query, states, tile
from grafana.promql import risen, select, total
from grafana.shell import KIND_VARIABLES, dashboard
from grafana.tables import columns, merged, table
from otel_quality.vocabulary import metrics

NO_SESSIONS: Final = "no sessions"
_NONE_GRADED: Final = "No session was graded in this time range"
_COMPLETED: Final = 'grade="completed"'
_ALERTS: Final = ("LLMQCompletionFalling", "LLMQGradesFalling", "LLMQLoopRisk")


def build() -> dict[str, Any]:
    """The board."""
    grid = Grid()
    grid.line(3, *((4, panel) for panel in _tiles()))
    grid.row(10, "Which work goes wrong, and since when?")
    grid.line(8, (24, _kinds()))
    grid.line(8, (12, _completion()), (12, agent_alerts(13, ("task",), _ALERTS)))
    grid.row(20, "What of the grade fell?")
    grid.line(8, (12, _states()), (12, _efficiency()))
    grid.line(8, (12, _quality()), (12, _recovery()))
    grid.line(8, (12, _loops()), (12, _probability()))
    grid.row(30, "How many are there?")
    grid.line(8, (12, _by_grade()), (12, _by_kind()))
    purpose = "How good whole sessions are: completion, efficiency, quality, recovery and loops, by task type."
    return dashboard("llmq-sessions", "LLM quality / Sessions", purpose, grid, KIND_VARIABLES)


def _grade(dimension: str) -> str:
    """Mean grade of the latest sessions by task type."""
    return f"max by (task) ({select(metrics.SESSION_GRADE, _is(dimension))})"


def _is(dimension: str) -> str:
    return f'dimension="{dimension}"'


def _counted(*by: str, completed: bool = False) -> str:
    """Sessions of the whole time range."""
    matchers = (_COMPLETED,) if completed else ()
    return total(risen(metrics.SESSIONS, *matchers, window="$__range"), *by)


def _completed_share(*by: str) -> str:
    """Completed ones over all of the time range, 0-1."""
    everything = _counted(*by)
    return f"({_counted(*by, completed=True)} or 0 * {everything}) / ({everything} > 0)"


def _tiles() -> list[Panel]:
    def worst(aggregate: str, dimension: str) -> dict[str, Any]:
        return query(f"{aggregate}({select(metrics.SESSION_GRADE, _is(dimension))})", instant=True)

    recent = "of the latest sessions of a selected task type"
    return [
        tile(
            1,
            "Completed",
            "Share of the sessions in this time range that were completed. Under 70 % the weekly report suggests planning steps.",
            query(_completed_share(), instant=True),
            none=NO_SESSIONS,
            unit="percentunit",
            steps=words.SHARE_STEPS,
            decimals=0,
        ),
        tile(2, "Sessions", "Sessions graded in this time range.", query(_counted(), instant=True), none=NO_SESSIONS, decimals=0),
        tile(
            3,
            "Worst type",
            f"Lowest completed share {recent}.",
            worst("min", "completion"),
            none=NO_SESSIONS,
            unit="percentunit",
            steps=words.SHARE_STEPS,
            decimals=0,
        ),
        tile(
            4,
            "Efficiency",
            f"Lowest mean tool efficiency, 1-5, {recent}. Under 3 the weekly report suggests error recovery patterns.",
            worst("min", "efficiency"),
            none=NO_SESSIONS,
            steps=words.GRADE_STEPS,
            decimals=1,
        ),
        tile(
            5,
            "Quality",
            f"Lowest mean response quality, 1-5, {recent}.",
            worst("min", "quality"),
            none=NO_SESSIONS,
            steps=words.GRADE_STEPS,
            decimals=1,
        ),
        tile(
            6,
            "Loop risk",
            f"Highest share {recent} with five errors in a row or more than fifty tool calls. Red above 25 %.",
            worst("max", "loop_risk"),
            none=NO_SESSIONS,
            unit="percentunit",
            steps=words.LOOP_STEPS,
            decimals=0,
        ),
    ]


def _kinds() -> Panel:
    began = f"max by (task) ({select(metrics.SESSION_GRADE, _is('completion'))} offset $__range)"
    names = {"task": "Task type", "#A": "Completed", "#B": "Change", "#C": "Efficiency", "#D": "Quality", "#E": "Recovered"}
    share: dict[str, Any] = {"unit": "percentunit", "decimals": 0}
    return table(
        11,
        "Task types",
        "One line per task type, worst first. Grades are means over its latest sessions: completed, tool efficiency and response quality "
        "(1-5), recovered after an error, at risk of a loop. `Change` is by how much completion rose or fell since this time range began. "
        "`Sessions` counts those of this time range.",
        columns(
            _grade("completion"),
            f"{_grade('completion')} - {began}",
            _grade("efficiency"),
            _grade("quality"),
            _grade("recovery"),
            _grade("loop_risk"),
            _counted("task"),
        ),
        merged(names | {"#F": "Loop risk", "#G": "Sessions"}),
        none=_NONE_GRADED,
        sort=[("Completed", False)],
        overrides=[
            by_name("Completed", **colored(words.SHARE_STEPS), **share),
            by_name("Change", **colored(((None, words.BAD), (-0.15, words.MILD), (-0.05, "text"))), **share),
            by_name("Efficiency", **colored(words.GRADE_STEPS), decimals=1),
            by_name("Quality", **colored(words.GRADE_STEPS), decimals=1),
            by_name("Recovered", **colored(words.RECOVERY_STEPS), **share),
            by_name("Loop risk", **colored(words.LOOP_STEPS), **share),
            by_name("Sessions", decimals=0),
        ],
    )


def _over_time(panel_id: int, title: str, what: str, dimension: str, **how: Any) -> Panel:
    """One dimension by task type."""
    return curves(panel_id, title, what, [query(_grade(dimension), "{{task}}", min_step="5m")], none=how.pop("none", _NONE_GRADED), **how)


def _completion() -> Panel:
    what = "Share of the latest sessions of each task type that were completed. The alert compares six hours with the day before them."
    return _over_time(12, "Completed", what, "completion", unit="percentunit", soft=(0, 1), decimals=0)


def _states() -> Panel:
    return states(
        26,
        "Grades against their own past",
        "The drift engine's verdict on the grades of each task type: severe where the median of the latest sessions fell clearly "
        "below that of the sessions before them, by more than chance explains. Needs 40 sessions.",
        [query(f"max by (task) ({select(metrics.SESSION_STATE)})", "{{task}}", min_step="5m")],
        words=words.DRIFT,
        none=_NONE_GRADED,
    )


def _efficiency() -> Panel:
    what = "Mean tool efficiency, 1-5: errors per API call and number of tool calls. Under 3 agents waste calls."
    return _over_time(21, "Efficiency", what, "efficiency", soft=(1, 5), decimals=1)


def _quality() -> Panel:
    what = "Mean response quality, 1-5: length, code and links of the last answer, less for errors and loops."
    return _over_time(22, "Quality", what, "quality", soft=(1, 5), decimals=1)


def _recovery() -> Panel:
    what = "Share of the latest sessions with errors whose last tool execution succeeded. Under 80 % agents need fallbacks."
    return _over_time(23, "Recovered after an error", what, "recovery", unit="percentunit", soft=(0, 1), decimals=0)


def _loops() -> Panel:
    what = (
        "Share of the latest sessions with five errors in a row or more than fifty tool calls. The dashed line is where the alert begins."
    )
    steps = ((None, "transparent"), (0.25, words.BAD))
    return _over_time(24, "Loop risk", what, "loop_risk", unit="percentunit", soft=(0, 0.5), decimals=0, steps=steps)


def _probability() -> Panel:
    return _over_time(
        25,
        "Probability of completion",
        "Mean probability that the latest sessions were completed, after calibration on labelled ones. Trust it more than the signs that "
        "the rules count.",
        "p_completed",
        unit="percentunit",
        soft=(0, 1),
        decimals=0,
        none="Not calibrated: at least 20 sessions need a label",
    )


def _by_grade() -> Panel:
    return curves(
        31,
        "Sessions by grade",
        "Graded sessions per hour.",
        [query(f"3600 * {total(f'rate({select(metrics.SESSIONS)}[$__rate_interval])', 'grade')}", "{{grade}}", min_step="1h")],
        none=_NONE_GRADED,
        stack="normal",
        overrides=painted(words.GRADE_COLORS),
    )


def _by_kind() -> Panel:
    return curves(
        32,
        "Sessions by task type",
        "Graded sessions per hour.",
        [query(f"3600 * {total(f'rate({select(metrics.SESSIONS)}[$__rate_interval])', 'task')}", "{{task}}", min_step="1h")],
        none=_NONE_GRADED,
        stack="normal",
    )
