"""From a closed session to what is kept of it: known parts joined, graded, stored, its executions stored, predictions answered."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Protocol

from otel_quality.core.history import KeptSession, Meta
from otel_quality.core.sessions.merge import continued, merged
from otel_quality.core.sessions.record import Grade, SessionRecord
from otel_quality.core.tools import ingest
from otel_quality.core.tools.execution import Execution
from otel_quality.store.contract import Store

MAX_PARTS: Final = 10_000
"""Sessions whose earlier part is remembered."""
SPANS: Final = "spans"
"""The source whose executions come by themselves."""
MATCH_WITHIN_NS: Final = 3600 * 10**9
"""An execution answers a prediction that was asked for at most an hour before; one that names its prediction answers it at any time."""


class Earlier:
    """What was kept of sessions before their present assembly began: by an earlier life of the processor, or beyond a bound.

    A record whose revision is 0 tells of a new beginning; what is known of its session then is the part before it. All later revisions
    tell of the same beginning, so they go on from the same part.
    """

    def __init__(self) -> None:
        self._parts: dict[str, tuple[SessionRecord, SessionRecord]] = {}

    def whole(self, known: SessionRecord, new: SessionRecord, *, alone: bool) -> SessionRecord:
        """The record of the whole session.

        Args:
            known: what is kept; new: what came. A record that comes once more, because it is not sure that it was written, says the same.
            alone: nobody else has told of the session.
        """
        part, first = self._parts.get(new.id, (None, None))
        if new.revision == 0 and replace(known, revision=0) == new:
            return known
        if new.revision == 0 and new != first:
            self._parts.pop(new.id, None)
            if len(self._parts) >= MAX_PARTS:
                del self._parts[next(iter(self._parts))]
            self._parts[new.id] = known, new
            part = known
        return merged(known, new, same_source=alone) if part is None else continued(part, new)


class Grader(Protocol):
    """Grades a record."""

    def __call__(self, record: SessionRecord) -> Grade: ...


@dataclass(frozen=True, slots=True)
class Kept:
    """What was new in what was kept.

    Attributes:
        graded: (record, grade) of sessions that had no grade before.
        executions: those that were not known.
        answered: predictions.
    """

    graded: list[tuple[SessionRecord, Grade]] = field(default_factory=list)
    executions: list[Execution] = field(default_factory=list)
    answered: int = 0


def keep(
    store: Store,
    grader: Grader,
    sessions: Sequence[SessionRecord],
    executions: Sequence[Execution],
    *,
    source: str,
    now_ns: int,
    earlier: Earlier | None = None,
) -> Kept:
    """Keep all of it in one transaction.

    Args:
        source: "spans", "api" or "file"; the executions of a session that did not come by spans are taken from its record, unless
            spans tell them.
        earlier: for sessions that are assembled, whose records begin anew after a restart; None where each record tells all.
    """
    graded: list[tuple[SessionRecord, Grade]] = []
    told = list(executions)
    with store.transaction():
        for new in sessions:
            known = store.session(new.id)
            record = _whole(known, new, source, earlier)
            if source != SPANS and (known is None or SPANS not in known.sources):
                told += ingest.executions(new, now_ns=now_ns)
            elif source == SPANS and known is not None and SPANS not in known.sources:
                store.delete_executions(ingest.trace_of(new.id))
            grade = grader(record)
            absorbed = [each for each in map(store.session, new.absorbs) if each is not None]
            if not any(each is not None and each.grade is not None for each in (known, *absorbed)):
                graded.append((record, grade))
            if known is None or not _says_the_same(known, record, grade, source, new.revision):
                store.put_session(record, grade, source=source, now_ns=now_ns)
            _absorb(store, new.id, known, absorbed, now_ns=now_ns)
        fresh = store.put_executions(told)
        answered = store.match_predictions(fresh, within_ns=MATCH_WITHIN_NS)
    return Kept(graded, fresh, answered)


def _whole(known: KeptSession | None, new: SessionRecord, source: str, earlier: Earlier | None) -> SessionRecord:
    if known is None:
        return new
    alone = known.sources == (source,)
    if earlier and source in known.sources:
        return earlier.whole(known.record, new, alone=alone)
    return merged(known.record, new, same_source=alone)


def _says_the_same(known: KeptSession, record: SessionRecord, grade: Grade, source: str, revision: int) -> bool:
    """Whether this was kept already: a write whose answer was lost, a file that is handed in once more, spans that are sent again.

    A probability by another fit is no other grade.
    """
    if known.grade is None or replace(grade, p_completed=known.grade.p_completed) != known.grade:
        return False
    same = replace(record, revision=known.record.revision) == known.record
    return same and source in known.sources and revision <= known.record.revision


def _absorb(store: Store, session_id: str, known: KeptSession | None, absorbed: Sequence[KeptSession], *, now_ns: int) -> None:
    """Sessions that turned out to be parts of this one go; what people set on them stays, unless they set it on this one."""
    untouched = known is None or known.meta == Meta()
    for each in absorbed:
        if each.override is not None and (known is None or known.override is None):
            store.set_override(session_id, each.override, now_ns=now_ns)
        if each.meta != Meta() and untouched:
            store.set_meta(session_id, each.meta, now_ns=now_ns)
        store.absorb_session(each.record.id, into=session_id)


def keep_one(store: Store, grader: Grader, record: SessionRecord, *, source: str, now_ns: int) -> tuple[KeptSession, Kept]:
    """Keep one session that somebody hands in, and read it back."""
    kept = keep(store, grader, [record], [], source=source, now_ns=now_ns)
    found = store.session(record.id)
    if found is None:
        raise LookupError(f"session {record.id} was kept and is gone")
    return found, kept
