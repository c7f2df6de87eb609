"""A session that goes on after a restart is kept as one, whatever its revisions."""

from dataclasses import replace

from otel_quality.core.history import Meta, Override
from otel_quality.core.sessions.grade import grade
from otel_quality.core.sessions.record import SessionRecord
from otel_quality.service import keeping
from otel_quality.service.keeping import SPANS, Earlier, keep, keep_one
from otel_quality.store.contract import Config
from otel_quality.store.opening import open_store
from tests.service.keeper import NOW_NS
from tests.store.samples import S, execution, session


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


def test_a_write_that_is_repeated_because_its_answer_was_lost_changes_nothing() -> None:
    life = Life()
    life.keep(FIRST)
    assert life.keep(FIRST) == FIRST
    revised = replace(FIRST, revision=1, api_calls=9, end_ns=FIRST.end_ns + S)
    assert life.keep(revised) == life.keep(revised) == revised
    life.begin_anew()
    first = part(0, calls=1, end_s=20)
    assert life.keep(first) == life.keep(first)
    assert life.keep(part(1, calls=2, end_s=21)).api_calls == 9 + 2
    assert len(life.store.revisions(FIRST.id)) == 4


def test_a_write_that_is_repeated_after_a_new_fit_is_no_other_grade() -> None:
    life = Life()
    life.keep(FIRST)
    kept = life.store.session(FIRST.id)
    assert kept is not None
    assert kept.grade is not None
    life.store.set_probability(FIRST.id, replace(kept.grade, p_completed=0.9))
    life.keep(FIRST)
    assert len(life.store.revisions(FIRST.id)) == 1


def test_a_session_whose_spans_are_all_sent_again_after_a_restart_is_as_it_was_and_goes_on() -> None:
    life = Life()
    life.keep(FIRST, replace(FIRST, revision=1, api_calls=5))
    life.begin_anew()
    assert life.keep(replace(FIRST, api_calls=5)) == replace(FIRST, revision=1, api_calls=5)
    assert len(life.store.revisions(FIRST.id)) == 2
    more = replace(FIRST, revision=1, api_calls=6, end_ns=FIRST.end_ns + S)
    assert life.keep(more) == more


def test_a_file_that_is_handed_in_once_more_is_no_revision_and_a_longer_one_is() -> None:
    life = Life()
    for calls in (4, 4, 5):
        kept, _ = keep_one(life.store, grade, replace(FIRST, api_calls=calls), source="file", now_ns=NOW_NS)
    assert kept.record.api_calls == 5
    assert [each.revision for each in life.store.revisions(FIRST.id)] == [1, 0]


def test_spans_that_come_after_a_fuller_file_do_not_take_away_what_only_the_file_told() -> None:
    life = Life()
    from_file = replace(FIRST, start_ns=0, end_ns=0, group="lab", sketch="1f")
    keep(life.store, grade, [from_file], [], source="file", now_ns=NOW_NS)
    spans = [replace(FIRST, group="", final=None, revision=revision, api_calls=1 + 3 * revision) for revision in range(3)]
    for each in spans:
        whole = life.keep(each)
    assert (whole.api_calls, whole.group, whole.sketch, whole.final) == (7, "lab", "1f", FIRST.final)


def test_a_trace_that_turned_out_to_be_a_conversations_is_kept_as_part_of_it_only() -> None:
    life = Life()
    trace = replace(FIRST, id=f"{7:032x}")
    keep(life.store, grade, [trace], [execution(session=trace.id)], source=SPANS, now_ns=NOW_NS, earlier=life.earlier)
    override, meta = Override(NOW_NS, "ann", task_completed=False), Meta(pinned=True, name="the outage")
    assert life.store.set_override(trace.id, override, now_ns=NOW_NS)
    assert life.store.set_meta(trace.id, meta, now_ns=NOW_NS)
    whole = replace(FIRST, id="c", absorbs=(trace.id,), api_calls=9)
    kept = keep(life.store, grade, [whole], [], source=SPANS, now_ns=NOW_NS, earlier=life.earlier)
    assert kept.graded == [], "it was graded as a trace's"
    assert life.store.session(trace.id) is None
    assert [each.session for each in life.store.executions()] == ["c"]
    found = life.store.session("c")
    assert found is not None
    assert (found.record.api_calls, found.override, found.meta) == (9, override, meta)
    assert life.keep(replace(whole, revision=1)).revision == 1, "it is absorbed once"


def test_the_parts_that_are_remembered_are_bounded() -> None:
    life = Life()
    for number in range(keeping.MAX_PARTS + 5):
        life.earlier.whole(FIRST, replace(FIRST, id=f"s{number}"), alone=True)
    assert len(life.earlier._parts) == keeping.MAX_PARTS
