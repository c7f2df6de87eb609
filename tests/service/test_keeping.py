"""A session that goes on after a restart is kept as one, whatever its revisions."""

from dataclasses import replace

from otel_quality.core.sessions.grade import grade
from otel_quality.core.sessions.record import SessionRecord
from otel_quality.service import keeping
from otel_quality.service.keeping import SPANS, Earlier, keep
from otel_quality.store.contract import Config
from otel_quality.store.opening import open_store
from tests.service.keeper import NOW_NS
from tests.store.samples import S, session


class Life:
    """One life of a processor over a store in memory."""

    def __init__(self) -> None:
        self.store = open_store(Config(), data_dir=None)
        self.begin_anew()

    def begin_anew(self) -> None:
        self.earlier = Earlier()

    def keep(self, *records: SessionRecord) -> SessionRecord:
        keep(self.store, grade, records, [], source=SPANS, now_ns=NOW_NS, earlier=self.earlier)
        found = self.store.session(records[-1].id)
        assert found is not None
        return found.record


FIRST = replace(session(), revision=0)


def part(revision: int, *, calls: int, end_s: int = 9, **changes: object) -> SessionRecord:
    """What a new life has seen of the session so far."""
    return replace(FIRST, revision=revision, api_calls=calls, start_ns=FIRST.end_ns + S, end_ns=FIRST.end_ns + end_s * S, **changes)


def test_every_revision_after_a_restart_goes_on_from_what_was_kept_before_it() -> None:
    life = Life()
    assert life.keep(FIRST) == FIRST
    life.begin_anew()
    assert life.keep(part(0, calls=1)).api_calls == FIRST.api_calls + 1
    again = life.keep(part(1, calls=3))
    assert (again.api_calls, again.start_ns, again.revision) == (FIRST.api_calls + 3, FIRST.start_ns, 2)
    life.begin_anew()
    assert life.keep(part(0, calls=1, end_s=20), part(1, calls=2, end_s=21)).api_calls == FIRST.api_calls + 3 + 2


def test_a_span_that_is_late_after_a_restart_changes_neither_end_nor_answer() -> None:
    life = Life()
    life.keep(FIRST)
    life.begin_anew()
    late = replace(FIRST, api_calls=1, start_ns=FIRST.start_ns - S, end_ns=FIRST.end_ns - S, final=None, ended=False)
    whole = life.keep(late)
    assert (whole.api_calls, whole.start_ns, whole.end_ns) == (FIRST.api_calls + 1, FIRST.start_ns - S, FIRST.end_ns)
    assert (whole.final, whole.ended) == (FIRST.final, FIRST.ended)


def test_within_one_life_a_revision_replaces_what_was_kept() -> None:
    life = Life()
    life.keep(FIRST)
    assert life.keep(replace(FIRST, revision=1, api_calls=9)).api_calls == 9


def test_the_parts_that_are_remembered_are_bounded() -> None:
    life = Life()
    for number in range(keeping.MAX_PARTS + 5):
        life.earlier.whole(FIRST, replace(FIRST, id=f"s{number}"))
    assert len(life.earlier._parts) == keeping.MAX_PARTS
