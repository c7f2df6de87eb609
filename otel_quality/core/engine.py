"""The owner of all windows: takes batches, and on a tick brings scores and verdicts up to date.

    apply   a batch is set aside
    fold    what waits, as one batch, into windows, counters and sessions; drift evaluated after each new row
    tick    fold, then cards and verdicts of the touched keys, then a frozen snapshot
    harvest sessions that closed and executions of tools since the last one, for whoever keeps them

One thread owns an engine. Now is an argument and is used for arrival and idleness only; windows go by event time.

Decision: batches wait for the tick (or for `_FOLD_ROWS` spans) because a fold costs by the call and the touched key more than by the row:
a hundred small requests a second are one fold.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import compress
from typing import Final, Literal

import numpy as np

from otel_quality.core import score
from otel_quality.core.counters import Totals
from otel_quality.core.dedup import Config as DedupConfig
from otel_quality.core.dedup import Dedup
from otel_quality.core.drift import detector
from otel_quality.core.drift.rules import Config as RulesConfig
from otel_quality.core.drift.rules import Rules
from otel_quality.core.evaluations.record import Transcript
from otel_quality.core.evaluations.told import Joining, Told
from otel_quality.core.executions import Executions
from otel_quality.core.intake import IntakeCount
from otel_quality.core.keys import KeyTable, Level, Limits, Slots, Triple
from otel_quality.core.observation import Batch, Bools, Ints, Rows, event_order, join
from otel_quality.core.score import Config as ScoreConfig
from otel_quality.core.sessions.assembly import Config as SessionsConfig
from otel_quality.core.sessions.assembly import Held, Sessions
from otel_quality.core.sessions.record import SessionRecord
from otel_quality.core.sessions.transcript import Config as ContentConfig
from otel_quality.core.snapshot import Card, Counters, Intake, Key, Snapshot, Stats, Verdict
from otel_quality.core.step import Step
from otel_quality.core.tools.execution import Execution
from otel_quality.core.window import Windows
from otel_quality.vocabulary import measures
from otel_quality.vocabulary.measures import OTHER
from otel_quality.vocabulary.outcomes import SCORED

_FOLD_ROWS: Final = 65_536
_MAX_AHEAD_NS: Final = 300 * 10**9
_EXPIRY_EVERY_NS: Final = 60 * 10**9


@dataclass(frozen=True, slots=True)
class Watch:
    """What drift is watched for.

    Attributes:
        key: "model" is (backend, model, task), "backend" the backend alone.
    """

    key: Literal["model", "backend"] = "model"


@dataclass(frozen=True, slots=True)
class Config:
    """All that the core can be told."""

    score: ScoreConfig = field(default_factory=ScoreConfig)
    drift: RulesConfig = field(default_factory=RulesConfig)
    watch: Watch = field(default_factory=Watch)
    limits: Limits = field(default_factory=Limits)
    dedup: DedupConfig = field(default_factory=DedupConfig)
    sessions: SessionsConfig = field(default_factory=SessionsConfig)
    content: ContentConfig = field(default_factory=ContentConfig)


@dataclass(frozen=True, slots=True)
class Harvest:
    """What sessions and tools have come to: sessions that ended, were idle or were revised; tool executions.

    Attributes:
        told: evaluations that telemetry brought, each with its session.
        texts: what these sessions said, by name, where text is kept.
    """

    sessions: Sequence[SessionRecord] = ()
    executions: Sequence[Execution] = ()
    told: Sequence[Told] = ()
    texts: Sequence[tuple[str, Transcript]] = ()

    def __bool__(self) -> bool:
        return bool(self.sessions or self.executions or self.told or self.texts)


_DRIFT_KEYS: Final[dict[str, Callable[[Triple], Key]]] = {
    "model": lambda triple: Key(*triple),
    "backend": lambda triple: Key(triple[0], None, None),
}


class _Scores:
    """One level of score windows with its cards."""

    def __init__(self, level: Level, config: ScoreConfig) -> None:
        self.level = level
        self.windows = Windows(config.window, score.ROW)
        self.cards: dict[Key, Card] = {}
        self._config = config
        self._touched: set[int] = set()

    def merge(self, slots: Ints, rows: Rows) -> Bools:
        self.windows.ensure(len(self.level.keys))
        merged = self.windows.merge(slots, rows)
        self._touched.update(merged.slots.tolist())
        return merged.late

    def refresh(self) -> None:
        slots = np.array(sorted(self._touched), np.int64)
        self._touched.clear()
        keys = [self.level.key_at(slot) for slot in slots]
        for card in score.cards(keys, self.windows.matrix(slots), self.windows.counts(slots), self._config):
            self.cards[card.key] = card

    def clear(self, keys: Iterable[Key]) -> int:
        gone = [key for key in keys if key in self.level.slots]
        slots = np.array([self.level.slots[key] for key in gone], np.int64)
        self.windows.clear(slots)
        self._touched.difference_update(slots.tolist())
        for key in gone:
            self.cards.pop(key, None)
        return len(gone)

    def release(self, keys: Iterable[Key]) -> None:
        keys = list(keys)
        self.clear(keys)
        for key in keys:
            self.level.release(key)


class Engine:
    """Scores and drift of all keys.

    Args:
        config: bounds, windows, thresholds.
        now_ns: present time.
    """

    def __init__(self, config: Config, *, now_ns: int) -> None:
        self._config = config
        self._dedup = Dedup(config.dedup, now_ns=now_ns)
        self._table = KeyTable(config.limits, _DRIFT_KEYS[config.watch.key])
        self._levels = (
            _Scores(self._table.models, config.score),
            _Scores(self._table.tasks, config.score),
            _Scores(self._table.backends, config.score),
        )
        self._detector: detector.Detector = Rules(config.drift)
        self._verdicts: dict[Key, Verdict] = {}
        self._drift_touched: set[int] = set()
        self._totals = Totals(error_types=config.limits.error_types)
        self._intake = IntakeCount()
        self._executions = Executions()
        self._sessions = Sessions(config.sessions, config.content)
        self._joining = Joining(patience_ns=int(config.sessions.idle_s * 1e9))
        self._pending: list[Batch] = []
        self._waiting = 0
        self._expired_ns = now_ns

    def apply(self, batch: Batch, *, now_ns: int) -> None:
        """Take a batch; its effect shows with the next tick."""
        self._pending.append(batch)
        self._waiting += len(batch.responses) + len(batch.others)
        if self._waiting >= _FOLD_ROWS:
            self.fold(now_ns=now_ns)

    def fold(self, *, now_ns: int) -> None:
        """Bring what waits into windows and counters: repeats left out, names held within bounds, in event order."""
        if not self._pending:
            return
        batch = join(self._pending)
        self._pending, self._waiting = [], 0
        rows, steps = self._fresh(batch, now_ns)
        self._take_steps(steps, now_ns)
        if not len(rows):
            return
        ahead = rows["end_ns"] > now_ns + _MAX_AHEAD_NS
        rows["end_ns"][ahead] = now_ns
        self._intake.clamped += int(ahead.sum())
        rows = rows[event_order(rows)]
        slots, series, code = self._place(rows, batch.keys, now_ns)
        scored = rows["outcome"] < len(SCORED)
        late = np.zeros(len(rows), np.bool_)
        late[scored] = self._merge(rows[scored], slots[scored])
        self._intake.add_late(int(late.sum()))
        self._totals.add(series, code[~late], rows[~late], batch.error_types)
        np.maximum.at(self._intake.newest(len(self._table.backends.keys)), slots[~late, 2], rows["end_ns"][~late])

    def _fresh(self, batch: Batch, now_ns: int) -> tuple[Rows, list[Step]]:
        """The responses that are no repeats, and the steps of spans that are none."""
        self._intake.add_refused(batch)
        others = self._dedup.new(batch.others, now_ns=now_ns)
        fresh = self._dedup.new(batch.responses, now_ns=now_ns)
        rows: Rows = batch.responses[fresh]
        self._intake.add_taken(rows, batch.dialects, duplicates=int((~fresh).sum() + (~others).sum()), others=int(others.sum()))
        steps = [*compress(batch.steps, others), *(step for position, step in batch.calls.items() if fresh[position])]
        return rows, steps

    def _take_steps(self, steps: list[Step], now_ns: int) -> None:
        if not steps:
            return
        latest = now_ns + _MAX_AHEAD_NS
        steps = [step if step.end_ns <= latest else step._replace(end_ns=now_ns) for step in steps]
        self._executions.add(steps, now_ns=now_ns)
        self._joining.see(steps)
        self._sessions.add(steps, now_ns=now_ns)

    def tell(self, told: Iterable[Told], *, invalid: int = 0, now_ns: int) -> None:
        """Take evaluations that telemetry brought; the next harvest has those whose session is known by then.

        Args:
            invalid: records that could not be read, to be counted.
        """
        self._joining.add(told, now_ns=now_ns)
        self._joining.counts["invalid"] += invalid

    def harvest(self, *, now_ns: int, last: bool = False) -> Harvest:
        """What sessions and tools have come to since the last call.

        Args:
            last: there is no next call: sessions that are open and executions that wait for their agent are given too, as they stand.
        """
        self.fold(now_ns=now_ns)
        return Harvest(
            sessions=self._sessions.close(now_ns=now_ns + (int(self._config.sessions.idle_s * 1e9) if last else 0)),
            executions=self._executions.take(now_ns=now_ns, all_of_them=last),
            told=self._joining.take(self._sessions, now_ns=now_ns, all_of_them=last),
            texts=self._sessions.texts(),
        )

    def _place(self, rows: Rows, keys: Sequence[Triple], now_ns: int) -> tuple[Ints, list[Triple], Ints]:
        """Per row its slots (N, 4); the label sets it may be counted under; which of them it is."""
        used, code, count = np.unique(rows["key"], return_inverse=True, return_counts=True)
        places: list[Slots] = []
        series: list[Triple] = []
        for k, n in zip(used.tolist(), count.tolist(), strict=True):
            slots = self._table.place(keys[k], count=n, now_ns=now_ns)
            places.append(slots)
            series.append(self._series(self._table.models.key_at(slots.model)))
        return np.array(places, np.int64)[code], series, code

    def _series(self, key: Key) -> Triple:
        """The labels that a key is counted under in /metrics."""
        model = key.model if key in self._table.exposed else OTHER
        return (key.backend, model or "", key.task or "")

    def _merge(self, rows: Rows, slots: Ints) -> Bools:
        narrow = _fields(rows, score.ROW)
        late = np.ones(len(rows), np.bool_)
        for number, level in enumerate(self._levels):
            late &= level.merge(slots[:, number], narrow)
        self._detector.ensure(len(self._table.drift.keys))
        update = self._detector.update(slots[:, 3], _fields(rows, detector.ROW))
        self._drift_touched.update(update.slots.tolist())
        for slot, state in update.entered.tolist():
            severity = _SEVERITY_OF[state]
            self._totals.add_event(self._drift_series(self._table.drift.key_at(slot)), severity)
        return late & update.late

    def _drift_series(self, key: Key) -> Triple:
        return self._series(key) if self._config.watch.key == "model" else (key.backend, measures.ALL, measures.ALL)

    def tick(self, *, now_ns: int) -> Snapshot:
        """Bring everything up to date and freeze it."""
        self.fold(now_ns=now_ns)
        for level in self._levels:
            level.refresh()
        self._refresh_verdicts()
        if not 0 <= now_ns - self._expired_ns < _EXPIRY_EVERY_NS:  # below 0: the clock was set back
            self._expire(now_ns)
        by_model, by_task, by_backend = (dict(level.cards) for level in self._levels)
        fresh = now_ns - int(self._config.limits.idle_s * 1e9)
        shown = frozenset(
            key
            for level in (self._table.tasks, self._table.backends)
            for key, slot in level.slots.items()
            if level.last_arrival_ns[slot] >= fresh
        )
        exposed, held = frozenset(self._table.exposed), self._sessions.held()
        return Snapshot(
            time_ns=now_ns,
            by_model=by_model,
            by_task=by_task,
            by_backend=by_backend,
            drift=dict(self._verdicts),
            exposed=exposed,
            exposed_drift=exposed if self._config.watch.key == "model" else self._current_verdicts(fresh),
            exposed_tasks=shown,
            counters=self._counters(held),
            intake=self._intake_so_far(held),
            stats=self._stats(),
            windows=self._windows(held),
        )

    def _windows(self, held: Held) -> dict[str, int]:
        return {
            "score": sum(len(level.level.slots) for level in self._levels),
            "drift": len(self._table.drift.slots),
            "open_session": held.open,
            "closed_session": held.closed,
            "waiting_span": held.waiting,
        }

    def _counters(self, held: Held) -> Counters:
        return replace(
            self._totals.snapshot(),
            cancelled_tools=dict(self._executions.cancelled),
            dropped={
                "execution": self._executions.dropped,
                "session": held.pushed_out,
                "tool_use": held.unkept_uses,
                "name": held.unkept_names,
                "waiting_span": held.crowded_out,
            },
            session_revisions=held.revisions,
        )

    def _intake_so_far(self, held: Held) -> Intake:
        taken = self._intake.snapshot(self._table)
        overflow = dict(taken.overflow)
        if self._executions.overflow:
            overflow["cancelled_tool"] = self._executions.overflow
        return replace(taken, overflow=overflow, evaluations=dict(self._joining.counts), unheard=held.unheard)

    def _current_verdicts(self, fresh_ns: int) -> frozenset[Key]:
        """Drift keys that something arrived for since, and those that are mild or severe."""
        drift = self._table.drift
        return frozenset(
            key
            for key, verdict in self._verdicts.items()
            if verdict.severity != "none" or drift.last_arrival_ns[drift.slots[key]] >= fresh_ns
        )

    def _refresh_verdicts(self) -> None:
        slots = np.array(sorted(self._drift_touched), np.int64)
        self._drift_touched.clear()
        for slot, reading in zip(slots.tolist(), self._detector.read(slots) if len(slots) else [], strict=True):
            key = self._table.drift.key_at(slot)
            self._verdicts[key] = Verdict(
                key=key,
                state=measures.DRIFT_STATES[reading.state],
                severity=_SEVERITY_OF[reading.state],
                reason=reading.reason,
                since_ns=reading.since_ns,
                method=self._detector.method,
                samples=reading.samples,
                signals=reading.signals,
            )

    def _stats(self) -> Stats:
        cards = self._levels[1].cards
        by_backend: Counter[str] = Counter()
        by_task: Counter[str] = Counter()
        for key, card in cards.items():
            by_backend[key.backend] += card.samples
            by_task[key.task or ""] += card.samples
        slots = np.array(list(self._table.tasks.slots.values()), np.int64)
        oldest, newest = self._levels[1].windows.span(slots) or (None, None)
        return Stats(by_backend.total(), dict(by_backend), dict(by_task), oldest, newest)

    def clear_scores(self, *, backend: str | None = None, task: str | None = None, now_ns: int) -> int:
        """Empty score windows of a backend, a task, both, or all; the windows over all tasks only where no task is named.

        Returns:
            How many windows were emptied.
        """
        self.fold(now_ns=now_ns)
        levels = self._levels if task is None else self._levels[:2]
        return sum(
            level.clear([key for key in level.level.slots if backend in (None, key.backend) and task in (None, key.task)])
            for level in levels
        )

    def clear_drift(self, *, backend: str | None = None, model: str | None = None, task: str | None = None, now_ns: int) -> int:
        """Empty drift windows, of all keys that have the given parts: they are learning again.

        Returns:
            How many windows were emptied.
        """
        self.fold(now_ns=now_ns)
        wanted = (backend, model, task)
        keys = [key for key in self._table.drift.slots if all(want in (None, part) for want, part in zip(wanted, key, strict=True))]
        self._forget_drift(keys)
        return len(keys)

    def _forget_drift(self, keys: list[Key]) -> None:
        slots = np.array([self._table.drift.slots[key] for key in keys], np.int64)
        self._detector.clear(slots)
        self._drift_touched.difference_update(slots.tolist())
        for key in keys:
            self._verdicts.pop(key, None)

    def _expire(self, now_ns: int) -> None:
        """Take idle keys out of /metrics; where a bound was hit, give up their windows and names too."""
        self._expired_ns = now_ns
        before = now_ns - int(self._config.limits.idle_s * 1e9)
        drifting = {key for key, verdict in self._verdicts.items() if verdict.severity != "none"}
        drift_key = _DRIFT_KEYS[self._config.watch.key]
        idle = [key for key in self._table.models.idle(before) if drift_key((key.backend, key.model or "", key.task or "")) not in drifting]
        used = set(self._table.models.slots).difference(idle)
        self._totals.drop({self._series(key) for key in idle} - {self._series(key) for key in used})
        self._table.exposed.difference_update(idle)
        if not self._table.pressed:
            return
        self._levels[0].release(idle)
        for level in self._levels[1:]:
            gone = [key for key in level.level.idle(before) if not any(_within(owner, key) for owner in used)]
            if level.level is self._table.backends:
                self._intake.forget([level.level.slots[key] for key in gone])
            level.release(gone)
        gone = [key for key in self._table.drift.idle(before) if key not in drifting]
        self._forget_drift(gone)
        for key in gone:
            self._table.drift.release(key)
        self._table.forget_names()


_SEVERITY_OF: Final = {detector.LEARNING: "none", detector.STABLE: "none", detector.MILD: "mild", detector.SEVERE: "severe"}


def _within(owner: Key, key: Key) -> bool:
    return owner.backend == key.backend and key.task in (None, owner.task)


def _fields(rows: Rows, dtype: np.dtype[np.void]) -> Rows:
    narrow = np.empty(len(rows), dtype)
    for name in dtype.names or ():
        narrow[name] = rows[name]
    return narrow
