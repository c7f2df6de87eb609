"""From a snapshot and a question to an answer. No HTTP, no clock; every function is pure.

A part that a key does not have is written as users say it: the task is "all", the model null.
"""

from collections.abc import Mapping
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from typing import Final, TypeVar

from otel_quality.api import schema
from otel_quality.core import ranking
from otel_quality.core.snapshot import Card, Key, Signal, Snapshot, Verdict
from otel_quality.vocabulary.measures import ALL, ANY

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LAST_US: Final = (datetime.max.replace(tzinfo=UTC) - _EPOCH) // timedelta(microseconds=1)

_EVERY: Final = Key(ANY, None, None)
_Window = TypeVar("_Window", Card, Verdict)


class NeedsTask(ValueError):
    """Scores are split by model within a task only."""


def scores(snapshot: Snapshot, query: schema.ScoresQuery) -> schema.Scores:
    """The cards that a query asks for, by name.

    Raises:
        NeedsTask: a model is asked for without a task.
    """
    task = None if query.task == ALL else query.task
    if query.model is not None and task is None:
        raise NeedsTask('`model` needs `task`: a task, or "*" for each of them; there are no scores of a model over all tasks')
    windows = snapshot.by_model if query.model is not None else snapshot.by_task if task is not None else snapshot.by_backend
    wanted = Key(_any(query.backend) or ANY, _any(query.model), _any(task))
    found = _matching(windows, wanted)
    if not found and wanted.backend != ANY:
        found = [_no_data(wanted)]
    return schema.Scores(scores=[_card(card) for card in found])


def recommendations(snapshot: Snapshot, query: schema.RecommendationsQuery) -> schema.Recommendations:
    """All backends for a task, or over all tasks, best first."""
    task = query.task or ALL
    cards = _matching(snapshot.by_backend, _EVERY) if task == ALL else _matching(snapshot.by_task, Key(ANY, None, task))
    ranked = ranking.rank(cards, min_samples=query.min_samples, drift=_matching(snapshot.drift, _EVERY))
    return schema.Recommendations(
        task=task, min_samples=query.min_samples, recommendations=[schema.Recommendation.model_validate(_fields(item)) for item in ranked]
    )


def drift(snapshot: Snapshot, query: schema.DriftQuery) -> schema.Drift:
    """The verdicts that a query asks for, by name."""
    wanted = Key(_any(query.backend) or ANY, _any(query.model), None if query.task == ALL else _any(query.task))
    return schema.Drift(drift=[_verdict(verdict) for verdict in _matching(snapshot.drift, wanted)])


def stats(snapshot: Snapshot) -> schema.Stats:
    """How much the windows hold."""
    held = snapshot.stats
    return schema.Stats(
        total=held.total,
        seen=snapshot.intake.seen,
        by_backend=dict(held.by_backend),
        by_task=dict(held.by_task),
        oldest=None if held.oldest_ns is None else rfc3339(held.oldest_ns),
        newest=None if held.newest_ns is None else rfc3339(held.newest_ns),
    )


def intake(snapshot: Snapshot, *, version: str, listeners: Mapping[str, str]) -> schema.Intake:
    """What has arrived since the start, and where."""
    taken = snapshot.intake
    coverage: dict[str, dict[str, float]] = {dialect: {} for dialect in taken.calls}
    for (dialect, field), share in taken.coverage.items():
        coverage.setdefault(dialect, {})[field] = share
    return schema.Intake(
        version=version,
        listeners=dict(listeners),
        time=rfc3339(snapshot.time_ns),
        spans=dict(taken.spans),
        rejected=dict(taken.rejected),
        calls=dict(taken.calls),
        coverage=coverage,
        overflow=dict(taken.overflow),
        dropped_fields=dict(taken.dropped_fields),
        clamped=taken.clamped,
        last_span={backend: rfc3339(at) for backend, at in taken.last_span_ns.items()},
        windows=dict(snapshot.windows),
    )


def rfc3339(time_ns: int) -> str:
    """An instant, nanoseconds since the Unix epoch, in UTC; held to the years that the format can say.

    >>> rfc3339(1_790_000_000_123_456_789)
    '2026-09-21T14:13:20.123456Z'
    """
    at = _EPOCH + timedelta(microseconds=min(max(time_ns, 0) // 1000, _LAST_US))
    return at.isoformat(timespec="microseconds").replace("+00:00", "Z")


def _any(wanted: str | None) -> str | None:
    """A filter's value, None where it takes anything."""
    return None if wanted == ANY else wanted


def _matching(windows: Mapping[Key, _Window], wanted: Key) -> list[_Window]:
    """Windows whose key has every part that is wanted (None: any), by name."""
    exact = [(index, part) for index, part in enumerate(wanted) if part not in (None, ANY)]
    keys = [key for key in windows if all(key[index] == part for index, part in exact)]
    return [windows[key] for key in sorted(keys, key=lambda key: tuple(part or "" for part in key))]


def _no_data(key: Key) -> Card:
    return Card(key, 0.0, 0, 0, 0, 0, 0, 0.0, 0.0, 0.0, {}, (), (0.0, 0.0), "insufficient_data")


def _card(card: Card) -> schema.Card:
    return schema.Card.model_validate(_fields(card) | _named(card.key))


def _verdict(verdict: Verdict) -> schema.Verdict:
    rules = {"severity": verdict.severity, "reason": verdict.reason, "signals": {name: _fields(it) for name, it in verdict.signals.items()}}
    return schema.Verdict.model_validate(_fields(verdict) | _named(verdict.key) | {"since": rfc3339(verdict.since_ns), "rules": rules})


def _named(key: Key) -> dict[str, str | None]:
    return {"backend": key.backend, "model": key.model, "task": key.task or ALL}


def _fields(record: Card | Verdict | Signal | ranking.Recommendation) -> dict[str, object]:
    return {field.name: getattr(record, field.name) for field in fields(record)}
