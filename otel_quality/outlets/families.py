"""A snapshot, the summary of history, and the processor's own health, as Prometheus metric families.

Names, labels and help come from `vocabulary.metrics`; here is only where each value is found. Reads frozen records, keeps
nothing, and shows only keys that the snapshot says are exposed. A value that is not finite is left out: Prometheus would
take it, and every sum over it would be lost.

Decision: a model or task that a drift key does not have is written "all", as the core counts it, so that a board's filter on
these labels finds both kinds of key.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from operator import attrgetter
from typing import Final

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric as Family
from prometheus_client.samples import Exemplar as ClientExemplar

from otel_quality.core.evaluations.present import Trusted
from otel_quality.core.history import History
from otel_quality.core.snapshot import Card, Exemplar, Histogram, Key, Snapshot, Verdict
from otel_quality.vocabulary import metrics
from otel_quality.vocabulary.measures import ALL, DRIFT_STATES
from otel_quality.vocabulary.outcomes import Outcome

_NS: Final = 1e9
_LE: Final = (*(str(bound) for bound in metrics.BUCKETS_S), "+Inf")

Labels = tuple[str, ...]
Rows = Iterable[tuple[Labels, float]]


@dataclass(frozen=True, slots=True)
class Health:
    """How the processor itself is doing, where the snapshot cannot know it.

    Attributes:
        queue_bytes: requests that wait to be applied.
        tick_duration_s, render_duration_s: the latest ones.
        refused_requests: OTLP requests answered with an error, by (signal, reason).
        received_records: log records and metrics set aside, by signal.
        start_time_s: Unix seconds.
    """

    queue_bytes: int = 0
    tick_duration_s: float = 0.0
    render_duration_s: float = 0.0
    refused_requests: Mapping[tuple[str, str], int] = field(default_factory=dict)
    received_records: Mapping[str, int] = field(default_factory=dict)
    resident_bytes: int = 0
    cpu_s: float = 0.0
    start_time_s: float = 0.0


def of_quality(snapshot: Snapshot, history: History) -> Iterator[Family]:
    """Everything that is about backends, tools and sessions, in the order of `vocabulary.metrics`; what has no data is left out."""
    for metric in metrics.METRICS:
        if metric in _HISTOGRAMS:
            family = _histogram_family(metric, _HISTOGRAMS[metric](snapshot))
        elif metric is metrics.TOOL_DURATION:
            family = _histogram_family(metric, _tool_durations(history))
        elif metric in _ROWS or metric in _HISTORY_ROWS:
            rows = _ROWS.get(metric, _nothing)(snapshot), _HISTORY_ROWS.get(metric, _nothing)(history)
            family = _family(metric, chain.from_iterable(rows))
        else:
            continue
        if family.samples:
            yield family


def of_health(health: Health, *, version: str) -> Iterator[Family]:
    """Everything that is about the processor itself."""
    rows: dict[metrics.Metric, Rows] = {
        metrics.BUILD_INFO: [((version,), 1)],
        metrics.REFUSED_REQUESTS: health.refused_requests.items(),
        metrics.RECEIVED_RECORDS: _one_label(health.received_records),
        metrics.QUEUE_BYTES: [((), health.queue_bytes)],
        metrics.TICK_DURATION: [((), health.tick_duration_s)],
        metrics.RENDER_DURATION: [((), health.render_duration_s)],
        metrics.MEMORY: [((), health.resident_bytes)],
        metrics.CPU: [((), health.cpu_s)],
        metrics.START_TIME: [((), health.start_time_s)],
    }
    for metric, values in rows.items():
        family = _family(metric, values)
        if family.samples:
            yield family


def _family(metric: metrics.Metric, rows: Rows) -> Family:
    kind = CounterMetricFamily if metric.kind == "counter" else GaugeMetricFamily
    family = kind(metric.name, metric.help, labels=metric.labels)
    for labels, value in sorted(rows):
        if math.isfinite(value):
            family.add_metric([_text(label) for label in labels], value)
    return family


def _histogram_family(metric: metrics.Metric, rows: Iterable[tuple[Labels, Histogram]]) -> Family:
    family = HistogramMetricFamily(metric.name, metric.help, labels=metric.labels)
    for labels, histogram in sorted(rows, key=lambda row: row[0]):
        if math.isfinite(histogram.sum_s):
            family.add_metric([_text(label) for label in labels], list(_buckets(histogram)), histogram.sum_s)
    return family


def _tool_durations(history: History) -> Iterator[tuple[Labels, Histogram]]:
    for tool, series in history.durations.items():
        yield (tool,), Histogram(series.counts, series.sum_s, series.exemplars)


def _buckets(histogram: Histogram) -> Iterator[tuple[str, float] | tuple[str, float, ClientExemplar]]:
    total = 0
    for le, count, exemplar in zip(_LE, histogram.counts, histogram.exemplars, strict=True):
        total += count
        yield (le, total) if exemplar is None else (le, total, _exemplar(exemplar))


def _exemplar(exemplar: Exemplar) -> ClientExemplar:
    return ClientExemplar({"trace_id": exemplar.trace_id, "span_id": exemplar.span_id}, exemplar.value_s, exemplar.time_ns / _NS)


def _text(label: str) -> str:
    """The label with what UTF-8 cannot say (lone surrogates) replaced."""
    return label if label.isascii() else label.encode("utf-8", "replace").decode("utf-8")


def _labels(key: Key) -> Labels:
    return tuple(ALL if part is None else part for part in key)


def _one_label(values: Mapping[str, float]) -> Rows:
    return [((label,), value) for label, value in values.items()]


def _nothing(_: object) -> Rows:
    return ()


def _cards(value: Callable[[Card], float]) -> Callable[[Snapshot], Rows]:
    """Rows of one number per exposed (backend, model, task)."""

    def rows(snapshot: Snapshot) -> Rows:
        for key in snapshot.exposed:
            card = snapshot.by_model.get(key)
            if card is not None:
                yield _labels(key), value(card)

    return rows


def _backend_cards(value: Callable[[Card], float]) -> Callable[[Snapshot], Rows]:
    """Rows of one number per exposed (backend, task) and backend."""

    def rows(snapshot: Snapshot) -> Rows:
        for key in snapshot.exposed_tasks:
            card = snapshot.by_task.get(key) or snapshot.by_backend.get(key)
            if card is not None:
                yield (key.backend, key.task or ALL), value(card)

    return rows


def _components(snapshot: Snapshot) -> Rows:
    for key in snapshot.exposed:
        card = snapshot.by_model.get(key)
        for name, value in card.components.items() if card else ():
            yield (*_labels(key), name), value


def _verdicts(value: Callable[[Verdict], float]) -> Callable[[Snapshot], Rows]:
    """Rows of one number per exposed drift key."""

    def rows(snapshot: Snapshot) -> Rows:
        for key in snapshot.exposed_drift:
            verdict = snapshot.drift.get(key)
            if verdict is not None:
                yield _labels(key), value(verdict)

    return rows


def _signals(field_name: str) -> Callable[[Snapshot], Rows]:
    """Rows of one field per signal of each exposed drift key; an undefined value has no row."""

    def rows(snapshot: Snapshot) -> Rows:
        for key in snapshot.exposed_drift:
            verdict = snapshot.drift.get(key)
            for name, signal in verdict.signals.items() if verdict else ():
                value = getattr(signal, field_name)
                if value is not None:
                    yield (*_labels(key), name), value

    return rows


_ROWS: Final[dict[metrics.Metric, Callable[[Snapshot], Rows]]] = {
    metrics.SCORE: _cards(lambda card: card.score / 100),
    metrics.BACKEND_SCORE: _backend_cards(lambda card: card.score / 100),
    metrics.BACKEND_SAMPLES: _backend_cards(lambda card: card.samples),
    metrics.COMPONENT: _components,
    metrics.SAMPLES: _cards(lambda card: card.samples),
    metrics.SCORE_LOWER: _cards(lambda card: card.interval[0] / 100),
    metrics.SCORE_UPPER: _cards(lambda card: card.interval[1] / 100),
    metrics.REQUESTS: lambda snapshot: snapshot.counters.requests.items(),
    metrics.STOP_REASONS: lambda snapshot: snapshot.counters.stop_reasons.items(),
    metrics.ERRORS: lambda snapshot: snapshot.counters.errors.items(),
    metrics.TOKENS: lambda snapshot: snapshot.counters.tokens.items(),
    metrics.COST: lambda snapshot: snapshot.counters.cost_usd.items(),
    metrics.DRIFT_STATE: _verdicts(lambda verdict: DRIFT_STATES.index(verdict.state)),
    metrics.SIGNAL_VALUE: _signals("value"),
    metrics.SIGNAL_THRESHOLD: _signals("threshold"),
    metrics.SIGNAL_FIRING: _signals("fired"),
    metrics.DRIFT_EVENTS: lambda snapshot: snapshot.counters.drift_events.items(),
    metrics.DRIFT_SINCE: _verdicts(lambda verdict: verdict.since_ns / _NS),
    metrics.COVERAGE: lambda snapshot: snapshot.intake.coverage.items(),
    metrics.SPANS: lambda snapshot: _one_label(snapshot.intake.spans),
    metrics.REJECTED: lambda snapshot: _one_label(snapshot.intake.rejected),
    metrics.OVERFLOW: lambda snapshot: _one_label(snapshot.intake.overflow),
    metrics.LAST_SPAN: lambda snapshot: [((backend,), at / _NS) for backend, at in snapshot.intake.last_span_ns.items()],
    metrics.DROPPED_FIELDS: lambda snapshot: _one_label(snapshot.intake.dropped_fields),
    metrics.TOOL_CALLS: lambda snapshot: [
        ((*labels, Outcome.CANCELLED.label), count) for labels, count in snapshot.counters.cancelled_tools.items()
    ],
    metrics.SESSION_REVISIONS: lambda snapshot: [((), snapshot.counters.session_revisions)],
    metrics.DROPPED: lambda snapshot: _one_label(snapshot.counters.dropped),
    metrics.CLAMPED: lambda snapshot: [((), snapshot.intake.clamped)],
    metrics.KEYS: lambda snapshot: _one_label(snapshot.windows),
    metrics.EVALUATION_RECORDS: lambda snapshot: _one_label(snapshot.intake.evaluations),
    metrics.UNHEARD: lambda snapshot: [((), snapshot.intake.unheard)] if snapshot.intake.unheard else (),
}

_HISTOGRAMS: Final[dict[metrics.Metric, Callable[[Snapshot], Iterable[tuple[Labels, Histogram]]]]] = {
    metrics.DURATION: lambda snapshot: snapshot.counters.durations.items(),
    metrics.TTFC: lambda snapshot: snapshot.counters.ttfcs.items(),
}


def _trusted(value: Callable[[Trusted], float]) -> Callable[[History], Rows]:
    """Rows of one number per figure of trust that is known."""
    return lambda history: [((figure,), value(each)) for figure, each in history.judged.trust.items()]


def _versions(history: History) -> Rows:
    return [((history.judged.judge, history.judged.rubric), 1)] if history.judged.judge else ()


_HISTORY_ROWS: Final[dict[metrics.Metric, Callable[[History], Rows]]] = {
    metrics.TOOL_CALLS: lambda history: history.tools.items(),
    metrics.SESSIONS: lambda history: history.sessions.items(),
    metrics.SESSION_GRADE: lambda history: history.grades.items(),
    metrics.SESSION_STATE: lambda history: [((task,), DRIFT_STATES.index(state)) for task, state in history.states.items()],
    metrics.EVALUATION_SCORE: lambda history: [(labels, mean / 100) for labels, mean in history.judged.means.items()],
    metrics.EVALUATION_SESSIONS: lambda history: history.judged.samples.items(),
    metrics.FEEDBACK: lambda history: _one_label(history.feedback),
    metrics.EVALUATION_RUNS: lambda history: _one_label(history.runs),
    metrics.JUDGE_INFO: _versions,
    metrics.JUDGE_TRUST: _trusted(attrgetter("value")),
    metrics.JUDGE_TRUST_LOWER: _trusted(attrgetter("low")),
    metrics.JUDGE_TRUST_UPPER: _trusted(attrgetter("high")),
    metrics.JUDGE_TRUST_SAMPLES: lambda history: _one_label(history.judged.trust_samples),
    metrics.PREDICTION_ACCURACY: lambda history: _one_label(history.accuracy),
    metrics.PREDICTION_SAMPLES: lambda history: _one_label(history.predictions),
    metrics.LEARNING_VELOCITY: lambda history: _one_label(history.velocity),
    metrics.ADAPTATIONS: lambda history: _one_label(history.adaptations),
    metrics.OVERFLOW: lambda history: _one_label(history.overflow),
    metrics.MASKED: lambda history: _one_label(history.masked),
    metrics.STORE_UP: lambda history: [((), history.store.up)],
    metrics.STORE_SIZE: lambda history: [((), history.store.size_bytes)],
    metrics.STORE_WAITING: lambda history: [((), history.store.waiting)],
    metrics.STORE_DROPPED: lambda history: [((), history.store.dropped)],
    metrics.STORE_FAILURES: lambda history: [((), history.store.failures)],
    metrics.STORE_PRUNED: lambda history: [((), history.store.pruned)],
}
