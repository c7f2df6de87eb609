"""LLM quality / Evaluations: do sessions reach their goal, as judges and people see it, and can the judges be believed?

From the top: six numbers; the axes side by side and over time; what people say; trust in the judge; its runs and its own calls.
"""

from typing import Any, Final

from grafana import words
from grafana.boards.common import agent_alerts, colored
from grafana.fields import Override, by_name, painted
from grafana.grid import Grid, Panel
from grafana.panels import curves, query, states, tile
from grafana.promql import judging, of_judges, risen, score_100, select, total
from grafana.shell import JUDGE_VARIABLES, dashboard
from grafana.tables import columns, merged, table
from otel_quality.vocabulary import metrics
from otel_quality.vocabulary.axes import BUCKETS
from otel_quality.vocabulary.measures import ALL
from otel_quality.vocabulary.metrics import Metric

_NOTHING_JUDGED: Final = "Nothing was judged within 7 days"
_NOT_KNOWN: Final = "Not known yet: it rests on too little"
_NO_THUMBS: Final = "Nobody said anything in this time range"
_NO_CALLS: Final = "The judge was not asked in this time range"
_DAY: Final = "1d"
_HOUR: Final = "1h"
_GAP_S: Final = 2 * 86_400
_WEEK: Final = " offset 7d"
_GOAL: Final = 'axis="goal_completion"'
_JUDGING: Final = 'axis!="task_complexity"'
"""Axes of which more is better."""
_AGREEMENT: Final = 'figure=~"feedback_agreement|outcome_agreement"'
_EXPERTS: Final = 'figure=~"expert_agreement_.+"'
_SHIFT: Final = 'figure="judge_shift"'
_ALERTS: Final = ("LLMQGoalCompletionFalling", "LLMQJudgeDisagrees", "LLMQJudgeShifted", "LLMQEvaluationRunFailed")


def build() -> dict[str, Any]:
    """The board."""
    grid = Grid()
    grid.line(3, *((4, panel) for panel in _tiles()))
    grid.row(10, "Do sessions reach their goal, and since when?")
    grid.line(9, (24, _axes()))
    grid.line(8, (12, _goal_by_bucket()), (12, agent_alerts(13, ("figure",), _ALERTS)))
    grid.line(8, (12, _over_time()), (12, _by_bucket()))
    grid.row(20, "What do people say?")
    grid.line(7, (12, _thumbs()), (12, _liked()))
    grid.row(30, "Can the judge be believed?")
    grid.line(16, (12, _figures()), (12, _shift()))
    grid.line(8, (12, _agreement()), (12, _experts()))
    grid.line(4, (24, _versions()))
    grid.row(40, "Does judging work, and what does it take?")
    grid.line(7, (6, _runs()), (6, _calls()), (6, _tokens()), (6, _cost()))
    purpose = "How good sessions are as judges and people see it, and whether the judges can be believed."
    return dashboard("llmq-evaluations", "LLM quality / Evaluations", purpose, grid, JUDGE_VARIABLES, since="now-30d")


def _in(bucket: str) -> str:
    return f'bucket="{bucket}"'


def _mean(*matchers: str, by: str = "axis", offset: str = "") -> str:
    """Mean score 0-100."""
    return score_100(f"max by ({by}) ({select(metrics.EVALUATION_SCORE, *matchers)}{offset})")


def _trust(metric: Metric, *matchers: str) -> str:
    """A figure of trust by name."""
    return f"max by (figure) ({select(metric, *matchers)})"


def _share_up(window: str) -> str:
    """Thumbs that went up, 0-1; no number without thumbs."""
    up, both = total(risen(metrics.FEEDBACK, 'rating="up"', window=window)), total(risen(metrics.FEEDBACK, window=window))
    return f"{up} / ({both} > 0)"


def _tiles() -> list[Panel]:
    everything = _in(ALL)
    goal = f"max({select(metrics.EVALUATION_SCORE, _GOAL, everything)})"
    before = f"max({select(metrics.EVALUATION_SCORE, _GOAL, everything)}{_WEEK})"
    return [
        tile(
            1,
            "Goal score",
            "Mean goal completion, 0-100, that judges gave the sessions of the last 7 days. Red under 50.",
            query(score_100(goal), instant=True),
            none="none judged",
            steps=words.GOAL_STEPS,
            decimals=0,
        ),
        tile(
            2,
            "Change 7 d",
            "Points by which the mean of 7 days lies above that of the 7 days before. Says nothing where judge or rubric changed.",
            query(score_100(f"({goal} - {before})"), instant=True),
            none="no week before",
            steps=words.FALL_STEPS,
            decimals=1,
        ),
        tile(
            3,
            "Sessions",
            "Sessions that were judged within the last 7 days by the present judge and rubric.",
            query(f"max({select(metrics.EVALUATION_SESSIONS, _GOAL, everything)})", instant=True),
            none="none judged",
            decimals=0,
        ),
        tile(
            4,
            "Liked",
            "Share of people's ratings in this time range that are thumbs up.",
            query(_share_up("$__range"), instant=True),
            none="no ratings",
            unit="percentunit",
            steps=words.SHARE_STEPS,
            decimals=0,
        ),
        tile(
            5,
            "Agreement",
            "The lower one of: share of sessions of which the judge says what people's thumbs say; what the known outcome says.",
            query(f"min({select(metrics.JUDGE_TRUST, _AGREEMENT)})", instant=True),
            none="not known",
            unit="percentunit",
            steps=words.AGREEMENT_STEPS,
            decimals=0,
        ),
        tile(
            6,
            "Judge shift",
            "Points by which the judge scores the reference sessions above their first evaluation. Steady within 5.",
            query(score_100(f"max({select(metrics.JUDGE_TRUST, _SHIFT)})"), instant=True),
            none="not known",
            steps=words.SHIFT_STEPS,
            decimals=1,
        ),
    ]


def _axes() -> Panel:
    everything = _in(ALL)
    names = {"axis": "Axis", "#A": "Mean", "#B": "Change 7 d", "#C": "Sessions"}
    names |= {f"#{chr(ord('D') + n)}": bucket for n, bucket in enumerate(BUCKETS)}
    return table(
        11,
        "Axes",
        "One line per axis on which judges score, 0-100; means of the last 7 days, of each session's latest evaluation by the present "
        "judge and rubric. `Change 7 d` is in points. `Sessions` are those to which the axis applies. On the right the same by how "
        "complex the sessions are (0-25 to 76+): a mean that falls while no column does is a change of what is asked for.",
        columns(
            _mean(everything),
            f"{_mean(everything, _JUDGING)} - {_mean(everything, _JUDGING, offset=_WEEK)}",
            f"max by (axis) ({select(metrics.EVALUATION_SESSIONS, everything)})",
            *(_mean(_in(bucket)) for bucket in BUCKETS),
        ),
        merged(names),
        none=_NOTHING_JUDGED,
        sort=[("Change 7 d", False)],
        overrides=[
            by_name("Axis", mappings=[words.AXIS_MAPPING], custom_width=170),
            by_name("Mean", decimals=0),
            by_name("Change 7 d", **colored(words.FALL_STEPS), decimals=1),
            by_name("Sessions", decimals=0),
            *(by_name(bucket, decimals=0) for bucket in BUCKETS),
        ],
    )


def _goal_by_bucket() -> Panel:
    return curves(
        12,
        "Goal completion by complexity",
        "Mean goal completion of 7 days, 0-100, by how complex judges find the session; `all` is over all of them. A mean of 7 days moves "
        "slowly: what breaks today is fully seen in a week.",
        [query(_mean(_GOAL, by="bucket"), "{{bucket}}", min_step=_HOUR)],
        none=_NOTHING_JUDGED,
        soft=(0, 100),
        decimals=0,
        gap_s=_GAP_S,
        overrides=[by_name(ALL, color={"mode": "fixed", "fixedColor": "text"}, custom_lineWidth=3)],
    )


def _over_time() -> Panel:
    return curves(
        14,
        "Means by axis",
        "Means of 7 days by axis, 0-100, over all sessions. `task_complexity` says what was asked for, the others how it was done.",
        [query(_mean(_in(ALL)), "{{axis}}", min_step=_HOUR)],
        none=_NOTHING_JUDGED,
        soft=(0, 100),
        decimals=0,
        gap_s=_GAP_S,
        overrides=[by_name(axis, displayName=name) for axis, name in words.AXIS_NAMES.items()],
    )


def _by_bucket() -> Panel:
    counted = select(metrics.EVALUATION_SESSIONS, _GOAL, f'bucket!="{ALL}"')
    return curves(
        15,
        "Judged sessions by complexity",
        "What the means of 7 days rest on. Under 30 in all no alert on goal completion is raised.",
        [query(f"max by (bucket) ({counted})", "{{bucket}}", min_step=_HOUR)],
        none=_NOTHING_JUDGED,
        stack="normal",
        decimals=0,
        gap_s=_GAP_S,
    )


def _thumbs() -> Panel:
    return curves(
        21,
        "Ratings",
        "What people said, thumbs per day.",
        [query(total(risen(metrics.FEEDBACK), "rating"), "{{rating}}", min_step=_DAY)],
        none=_NO_THUMBS,
        bars=True,
        stack="normal",
        decimals=0,
        overrides=painted(words.THUMB_COLORS),
    )


def _liked() -> Panel:
    return curves(
        22,
        "Liked",
        "Share of a day's ratings that are thumbs up. Few ratings make it jump.",
        [query(_share_up("$__rate_interval"), "liked", min_step=_DAY)],
        unit="percentunit",
        none=_NO_THUMBS,
        soft=(0, 1),
        decimals=0,
        gap_s=_GAP_S,
    )


def _figures() -> Panel:
    names = {"figure": "Figure", "#A": "Value", "#B": "From", "#C": "To", "#D": "Samples"}
    figures = (metrics.JUDGE_TRUST, metrics.JUDGE_TRUST_LOWER, metrics.JUDGE_TRUST_UPPER, metrics.JUDGE_TRUST_SAMPLES)
    return table(
        31,
        "How far the judge can be trusted",
        "Each figure with its 95 % interval and the sessions that it rests on; a dash where they are too few. Shares, alpha and "
        "correlation: 1 is perfect; alpha and correlation: 0 is chance; AUC: 0.5 is chance. Differences: 0.01 is a point. "
        "`otel-quality eval trust` says more.",
        columns(*map(_trust, figures)),
        merged(names),
        none=_NOTHING_JUDGED,
        sort=[("Figure", True)],
        overrides=[
            by_name("Figure", mappings=[words.FIGURE_MAPPING], custom_width=300),
            *(by_name(name, decimals=2) for name in ("Value", "From", "To")),
            by_name("Samples", decimals=0),
        ],
    )


def _shift() -> Panel:
    def points(metric: Metric) -> str:
        return score_100(_trust(metric, _SHIFT))

    edge = {"color": {"mode": "fixed", "fixedColor": words.FAINT}, "custom_lineWidth": 0}
    edges: list[Override] = [
        by_name("at least", **edge),
        by_name("at most", **edge, custom_fillBelowTo="at least", custom_fillOpacity=25),
    ]
    return curves(
        32,
        "Shift of the judge itself (anchors)",
        "Every run scores the same reference sessions: points by which the present judge scores them above the first time, with the band "
        "in which the true shift lies with 95 % confidence. A band that leaves 0 and passes a dashed line is a judge that changed: then "
        "the means above changed with it.",
        [
            query(points(metrics.JUDGE_TRUST), "shift", min_step=_HOUR),
            query(points(metrics.JUDGE_TRUST_LOWER), "at least", ref="B", min_step=_HOUR),
            query(points(metrics.JUDGE_TRUST_UPPER), "at most", ref="C", min_step=_HOUR),
        ],
        none=_NOT_KNOWN,
        soft=(-10, 10),
        decimals=0,
        gap_s=_GAP_S,
        steps=((None, words.BAD), (-5, "transparent"), (5, words.BAD)),
        overrides=[by_name("shift", color={"mode": "fixed", "fixedColor": words.MILD}), *edges],
    )


def _agreement() -> Panel:
    return curves(
        33,
        "Agreement with people and outcomes",
        "Share of sessions of which the judge says what people's thumbs say, and what is known of the outcome. The dashed line is where "
        "the alert begins, once even the upper end of the interval lies below it.",
        [query(_trust(metrics.JUDGE_TRUST, _AGREEMENT), "{{figure}}", min_step=_HOUR)],
        unit="percentunit",
        none=_NOT_KNOWN,
        soft=(0.5, 1),
        decimals=0,
        gap_s=_GAP_S,
        steps=((None, words.BAD), (0.7, "transparent")),
    )


def _experts() -> Panel:
    return curves(
        34,
        "Agreement between experts",
        "Krippendorff's alpha of the panel's experts by axis: 1 is perfect, 0 is chance. Low on one axis: the rubric leaves open what "
        "it means.",
        [query(_trust(metrics.JUDGE_TRUST, _EXPERTS), "{{figure}}", min_step=_HOUR)],
        none=_NOT_KNOWN,
        soft=(0, 1),
        decimals=1,
        gap_s=_GAP_S,
        overrides=[by_name(f"expert_agreement_{axis}", displayName=name) for axis, name in words.AXIS_NAMES.items()],
    )


def _versions() -> Panel:
    return states(
        35,
        "Judge and rubric in force",
        "Whose evaluations count. Where a band ends, another judge or rubric began, and the means above with it.",
        [query(f"max by (judge, rubric) ({select(metrics.JUDGE_INFO)})", "{{judge}} by {{rubric}}", min_step=_HOUR)],
        words={"1": ("in force", words.GOOD)},
        none="Nobody ever judged",
    )


def _runs() -> Panel:
    return curves(
        41,
        "Runs",
        "Runs of the judge per day by how they ended. `otel-quality eval runs` says why one failed.",
        [query(total(risen(metrics.EVALUATION_RUNS), "state"), "{{state}}", min_step=_DAY)],
        none="No run yet",
        bars=True,
        stack="normal",
        decimals=0,
        overrides=painted(words.RUN_COLORS),
    )


def _judged(metric: Metric, *by: str) -> str:
    """What the judges' own calls added within a step."""
    series = risen(metric, *judging(metric))
    return total(series if "task" in metric.labels else of_judges(series), *by)


def _calls() -> Panel:
    return curves(
        42,
        "The judge's calls",
        "Calls to judges per day by how they ended. They are on the other boards too, as the task `judge`.",
        [query(_judged(metrics.REQUESTS, "outcome"), "{{outcome}}", min_step=_DAY)],
        none=_NO_CALLS,
        bars=True,
        stack="normal",
        decimals=0,
        overrides=painted(words.OUTCOME_COLORS),
    )


def _tokens() -> Panel:
    return curves(
        43,
        "The judge's tokens",
        "Tokens per day by type, of models that judge; where such a model does other work under the same backend's name, with that.",
        [query(_judged(metrics.TOKENS, "type"), "{{type}}", min_step=_DAY)],
        unit="short",
        none=_NO_CALLS,
        bars=True,
        stack="normal",
        overrides=painted(words.TOKEN_COLORS),
    )


def _cost() -> Panel:
    return curves(
        44,
        "The judge's cost",
        "US dollars per day, where spans carry a cost; of models that judge, as the tokens are.",
        [query(_judged(metrics.COST, "backend", "model"), "{{backend}} {{model}}", min_step=_DAY)],
        unit="currencyUSD",
        none="No cost known",
        bars=True,
        stack="normal",
        decimals=2,
    )
