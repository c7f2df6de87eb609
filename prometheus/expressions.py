"""PromQL pieces. Metric names come from `vocabulary.metrics`; only what Prometheus 2.42 and 3.x both know is used.

Decision: `risen` counts a series that is new within the window from zero, because `increase` starts at a series' first
sample and so never sees the first rejected span, nor the burst of errors that a counter begins with. The price: after
Prometheus itself was away for longer than the window, totals count as recent for one window.
"""

from dataclasses import dataclass
from typing import Final

from otel_quality.vocabulary import metrics
from otel_quality.vocabulary.measures import ALL
from otel_quality.vocabulary.metrics import Metric
from otel_quality.vocabulary.outcomes import SCORED, Outcome
from prometheus.settings import Settings, duration

FAILED: Final = (Outcome.ERROR, Outcome.TIMEOUT)


@dataclass(frozen=True, slots=True)
class Recording:
    """A recorded ratio or count: its name, its expression, one line for people."""

    name: str
    expr: str
    what: str


def by(aggregate: str, labels: tuple[str, ...], expr: str) -> str:
    """`aggregate by (labels) (expr)`."""
    return f"{aggregate} by ({', '.join(labels)}) ({expr})"


def risen(metric: Metric, window: str, matchers: str = "") -> str:
    """What each series of a counter rose by within the window; a series that was not there before began at 0."""
    series = f"{metric.name}{matchers}"
    return f"({series} unless {series} offset {window}) or increase({series}[{window}])"


def _risen_before(metric: Metric, window_s: float, ago_s: float, matchers: str) -> str:
    """The same for the window that ended `ago_s` ago."""
    series, ago, start = f"{metric.name}{matchers}", duration(ago_s), duration(window_s + ago_s)
    return f"({series} offset {ago} unless {series} offset {start}) or increase({series}[{duration(window_s)}] offset {ago})"


def outcomes(chosen: tuple[Outcome, ...]) -> str:
    """Label matchers for some endings of a call."""
    return f'{{outcome=~"{"|".join(each.label for each in chosen)}"}}'


def recordings(settings: Settings) -> tuple[Recording, Recording]:
    """Scored requests by backend and model within the error window, and the failed share of them.

    Calls that the caller cancelled or abandoned are in neither: they say nothing about the backend.
    """
    window = duration(settings.error_window_s)
    stem = metrics.REQUESTS.name.removesuffix("_total")
    key = ("backend", "model")
    requests = f"backend_model:{stem}:increase{window}"
    failed = by("sum", key, risen(metrics.REQUESTS, window, outcomes(FAILED)))
    return (
        Recording(requests, by("sum", key, risen(metrics.REQUESTS, window, outcomes(SCORED))), f"Scored calls within {window}."),
        Recording(f"backend_model:{stem}_failed:ratio{window}", f"{failed} / ({requests} > 0)", "Share of errors and timeouts among them."),
    )


@dataclass(frozen=True, slots=True)
class Share:
    """How many of what a counter counts are bad, now and in the past; each attribute is recorded under its own name.

    Attributes:
        count: all of them within the window.
        ratio: the bad share of them, 0-1.
        past: that share in the past.
        pooled: the share over both, held off 0 and 1 by one of each kind.
        rise: by how many standard errors the share is above the past one (two proportions, pooled); above 3 it is no chance.
    """

    count: Recording
    ratio: Recording
    past: Recording
    past_count: Recording
    pooled: Recording
    rise: Recording

    @property
    def recordings(self) -> tuple[Recording, ...]:
        """In the order in which each finds what it reads."""
        return self.count, self.ratio, self.past_count, self.past, self.pooled, self.rise


def _share(metric: Metric, label: str, all_: str, bad: tuple[str, str], times_s: tuple[float, float, float]) -> Share:
    """A share by one label.

    Args:
        all_, bad: matchers of all that count, and the word for bad ones with their matchers.
        times_s: the window, the length of the time that it is compared with, and how long ago that ended.
    """
    window, past, ago = (duration(each) for each in times_s)
    stem, (word, bad_matchers), key = f"{label}:{metric.name.removesuffix('_total')}", bad, (label,)
    count, past_count = f"{stem}:increase{window}", f"{stem}:increase{past}_{ago}_ago"
    ratio, past_ratio = f"{stem}_{word}:ratio{window}", f"{stem}_{word}:ratio{past}_{ago}_ago"

    def now(matchers: str) -> str:
        return by("sum", key, risen(metric, window, matchers))

    def before(matchers: str) -> str:
        return by("sum", key, _risen_before(metric, times_s[1], times_s[2], matchers))

    pooled = f"{stem}_{word}:pooled{window}"
    error = f"({pooled} * (1 - {pooled}) * (1 / {count} + 1 / {past_count})) ^ 0.5"
    return Share(
        count=Recording(count, now(all_), f"All within {window}."),
        ratio=Recording(ratio, f"({now(bad_matchers)} or 0 * {count}) / ({count} > 0)", "The bad share of them."),
        past_count=Recording(past_count, before(all_), f"All within {past}, {ago} ago."),
        past=Recording(past_ratio, f"({before(bad_matchers)} or 0 * {past_count}) / ({past_count} > 0)", "The bad share of them."),
        pooled=Recording(
            pooled,
            f"({ratio} * {count} + {past_ratio} * {past_count} + 1) / ({count} + {past_count} + 2)",
            "The bad share of both, held off 0 and 1.",
        ),
        rise=Recording(f"{stem}_{word}:rise{window}", f"({ratio} - {past_ratio}) / {error}", "Standard errors above the past share."),
    )


def incomplete_sessions(settings: Settings) -> Share:
    """Sessions by task type that were graded incomplete."""
    times_s = (settings.session_window_s, settings.past_s, settings.past_ago_s)
    return _share(metrics.SESSIONS, "task", "", ("incomplete", '{grade="incomplete"}'), times_s)


def failed_tools(settings: Settings) -> Share:
    """Executions by tool that ended in an error or a timeout; cancelled ones are the caller's doing and in neither."""
    times_s = (settings.tool_window_s, settings.past_s, settings.past_ago_s)
    return _share(metrics.TOOL_CALLS, "tool", outcomes((Outcome.SUCCESS, *FAILED)), ("failed", outcomes(FAILED)), times_s)


@dataclass(frozen=True, slots=True)
class Week:
    """Judges' mean goal completion of 7 days, over all sessions, beside that of a while ago; each attribute is recorded under its own name.

    Attributes:
        mean, sessions: now, 0-1, and what it rests on.
        past, past_sessions: likewise a while ago.
        pooled: the mean over both.
        error: standard error of the difference, had scores the widest spread that their mean allows: all of them 0 or 1.
    """

    mean: Recording
    sessions: Recording
    past: Recording
    past_sessions: Recording
    pooled: Recording
    error: Recording

    @property
    def recordings(self) -> tuple[Recording, ...]:
        """In the order in which each finds what it reads."""
        return self.mean, self.sessions, self.past, self.past_sessions, self.pooled, self.error


def judged_week(settings: Settings) -> Week:
    """What judges say of 7 days; the axis stays as a label."""
    ago, key, everything = duration(settings.evaluation_ago_s), ("axis",), f'{{axis="goal_completion", bucket="{ALL}"}}'
    score, count = (f"axis:{metric.name.removesuffix('_ratio')}" for metric in (metrics.EVALUATION_SCORE, metrics.EVALUATION_SESSIONS))
    mean, past = f"{score}:mean", f"{score}:mean_{ago}_ago"
    sessions, past_sessions = f"{count}:max", f"{count}:max_{ago}_ago"
    pooled = f"{score}:pooled"

    def read(aggregate: str, metric: Metric, offset: str = "") -> str:
        return by(aggregate, key, f"{metric.name}{everything}{offset}")

    return Week(
        mean=Recording(mean, read("min", metrics.EVALUATION_SCORE), "Mean of 7 days."),
        sessions=Recording(sessions, read("max", metrics.EVALUATION_SESSIONS), "Sessions that it rests on."),
        past=Recording(past, read("min", metrics.EVALUATION_SCORE, f" offset {ago}"), f"The mean {ago} ago."),
        past_sessions=Recording(past_sessions, read("max", metrics.EVALUATION_SESSIONS, f" offset {ago}"), "Sessions that it rested on."),
        pooled=Recording(
            pooled, f"({mean} * {sessions} + {past} * {past_sessions}) / ({sessions} + {past_sessions})", "The mean over both."
        ),
        error=Recording(
            f"{score}:error",
            f"({pooled} * (1 - {pooled}) * (1 / {sessions} + 1 / {past_sessions})) ^ 0.5",
            "Standard error of the difference at most.",
        ),
    )


def all_recordings(settings: Settings) -> tuple[Recording, ...]:
    """Everything that is recorded, in the order of evaluation."""
    shares = (incomplete_sessions(settings), failed_tools(settings))
    return (*recordings(settings), *(each for share in shares for each in share.recordings), *judged_week(settings).recordings)
