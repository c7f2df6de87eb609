"""What metrics, API and alerts read: everything there is to say, frozen, at one moment.

A snapshot is made once per tick and shared by every reader without a lock; nothing in it changes afterwards.
Scores are 0-100, latencies milliseconds, rates 0-1, instants nanoseconds since the Unix epoch.

Decision: these records stand below the parts that fill them (score, drift, counters), not above: a card is made once, where its
numbers are known, and nothing is copied from an inner record to an outer one.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple


class Key(NamedTuple):
    """What a window belongs to. A part that a window does not split by is None."""

    backend: str
    model: str | None
    task: str | None


@dataclass(frozen=True, slots=True)
class Card:
    """The score card of one window.

    Attributes:
        score: composite, 0-100, rounded to 2 places; 0 without data.
        interval: 95 % interval of the score, 0-100.
        components: the terms before weighting, 0-1, by name of `measures.COMPONENTS`; a missing one is left out.
        missing: components that no response carried; their weight is spread over the others.
        mean_latency_ms, mean_ttft_ms, p95_latency_ms: 0 where nothing is known.
        state: "ok", or "insufficient_data" under the configured minimum of samples.
    """

    key: Key
    score: float
    samples: int
    successes: int
    errors: int
    refusals: int
    timeouts: int
    mean_latency_ms: float
    mean_ttft_ms: float
    p95_latency_ms: float
    components: Mapping[str, float]
    missing: tuple[str, ...]
    interval: tuple[float, float]
    state: str


@dataclass(frozen=True, slots=True)
class Signal:
    """One drift signal: its value (None where undefined), its threshold and whether it fires."""

    value: float | None
    threshold: float
    fired: bool


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the drift layer says about one key.

    Attributes:
        state: learning, stable, mild or severe.
        severity: none, mild or severe.
        reason: every signal that fired with its value; empty where none did.
        since_ns: event time of the observation that began the present state.
        method: which detector decided: "rules".
        samples: responses in the window.
        signals: by name of `measures.SIGNALS`.
    """

    key: Key
    state: str
    severity: str
    reason: str
    since_ns: int
    method: str
    samples: int
    signals: Mapping[str, Signal]


@dataclass(frozen=True, slots=True)
class Exemplar:
    """A trace that stands for a histogram bucket. Ids in lower-case hex, time in nanoseconds."""

    trace_id: str
    span_id: str
    value_s: float
    time_ns: int


@dataclass(frozen=True, slots=True)
class Histogram:
    """Counts per bucket of `metrics.BUCKETS_S` (not cumulated; the last is +Inf), their sum, an exemplar per bucket."""

    counts: tuple[int, ...]
    sum_s: float
    exemplars: tuple[Exemplar | None, ...]


@dataclass(frozen=True, slots=True)
class Counters:
    """Totals since the start, by label values in the order of the metric's labels in `vocabulary.metrics`.

    Attributes:
        cancelled_tools: tool executions that the caller gave up, by (tool, agent); all other ones are in `history.History`.
        dropped: what a bound cost before it came to history: executions that nobody took, sessions pushed out of assembly, tool uses
            that a session counts and does not keep, names over the bound of a kind each time a session left one out, spans that waited
            for a session.
        session_revisions: sessions given again, because more of them arrived.
    """

    requests: Mapping[tuple[str, str, str, str], int] = field(default_factory=dict)
    stop_reasons: Mapping[tuple[str, str, str], int] = field(default_factory=dict)
    errors: Mapping[tuple[str, str, str], int] = field(default_factory=dict)
    tokens: Mapping[tuple[str, str, str], int] = field(default_factory=dict)
    cost_usd: Mapping[tuple[str, str], float] = field(default_factory=dict)
    drift_events: Mapping[tuple[str, str, str, str], int] = field(default_factory=dict)
    durations: Mapping[tuple[str, str], Histogram] = field(default_factory=dict)
    ttfcs: Mapping[tuple[str, str], Histogram] = field(default_factory=dict)
    cancelled_tools: Mapping[tuple[str, str], int] = field(default_factory=dict)
    dropped: Mapping[str, int] = field(default_factory=dict)
    session_revisions: int = 0


@dataclass(frozen=True, slots=True)
class Intake:
    """What has arrived.

    Attributes:
        spans: by result: accepted, ignored, duplicate, late, rejected.
        rejected: spans by reason.
        overflow: observations by label whose value was over its bound.
        dropped_fields: values left out, by field.
        clamped: spans from the future whose time was set to their arrival.
        coverage: share of calls that carried the field, by (dialect, field).
        calls: LLM calls by dialect.
        seen: responses taken since the start.
        last_span_ns: newest event time by backend.
        evaluations: evaluation records by what came of them: annotation, feedback, unmatched (no session is known), invalid.
        unheard: spans whose text was not kept because too much was held.
    """

    spans: Mapping[str, int] = field(default_factory=dict)
    rejected: Mapping[str, int] = field(default_factory=dict)
    overflow: Mapping[str, int] = field(default_factory=dict)
    dropped_fields: Mapping[str, int] = field(default_factory=dict)
    clamped: int = 0
    coverage: Mapping[tuple[str, str], float] = field(default_factory=dict)
    calls: Mapping[str, int] = field(default_factory=dict)
    seen: int = 0
    last_span_ns: Mapping[str, int] = field(default_factory=dict)
    evaluations: Mapping[str, int] = field(default_factory=dict)
    unheard: int = 0


@dataclass(frozen=True, slots=True)
class Stats:
    """What the (backend, task) windows hold; instants are None while they are empty."""

    total: int = 0
    by_backend: Mapping[str, int] = field(default_factory=dict)
    by_task: Mapping[str, int] = field(default_factory=dict)
    oldest_ns: int | None = None
    newest_ns: int | None = None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All of it at one tick.

    Attributes:
        time_ns: when it was made.
        by_model: cards per (backend, model, task).
        by_task: cards per (backend, task); their key's model is None.
        by_backend: cards per backend; their key's model and task are None.
        drift: verdicts per drift key.
        exposed: keys of `by_model` that /metrics shows: bounded, and without idle ones.
        exposed_drift: keys of `drift` that /metrics shows, likewise.
        exposed_tasks: keys of `by_task` and `by_backend` that /metrics shows, likewise.
        windows: what is held, by kind: windows of scores and of drift, sessions that are open or may open again, spans of no session yet.
    """

    time_ns: int = 0
    by_model: Mapping[Key, Card] = field(default_factory=dict)
    by_task: Mapping[Key, Card] = field(default_factory=dict)
    by_backend: Mapping[Key, Card] = field(default_factory=dict)
    drift: Mapping[Key, Verdict] = field(default_factory=dict)
    exposed: frozenset[Key] = frozenset()
    exposed_drift: frozenset[Key] = frozenset()
    exposed_tasks: frozenset[Key] = frozenset()
    counters: Counters = Counters()
    intake: Intake = Intake()
    stats: Stats = Stats()
    windows: Mapping[str, int] = field(default_factory=dict)
