"""PromQL pieces. Metric names come from `vocabulary.metrics`; only what Prometheus 2.42 and 3.x both know is used.

Decision: `risen` counts a series that is new within the window from zero, because `increase` starts at a series' first
sample and so never sees the first rejected span, nor the burst of errors that a counter begins with. The price: after
Prometheus itself was away for longer than the window, totals count as recent for one window.
"""

from dataclasses import dataclass
from typing import Final

from otel_quality.vocabulary import metrics
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
