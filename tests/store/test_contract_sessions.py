"""The contract suite, sessions and grades: SQLite in memory and in a file, PostgreSQL."""

from dataclasses import replace

import pytest

from otel_quality.core.history import Meta, Override, RecentGrades, SessionFilter
from otel_quality.store.contract import Store
from tests.store.samples import DAY, NOW, S, execution, grade, session

OVERRIDE = Override(NOW, "ann", "it never ran", task_completed=False, response_quality=2.0)


def test_a_session_comes_back_as_it_was_put(store: Store) -> None:
    store.put_session(session(), grade(), source="spans", now_ns=NOW)
    kept = store.session("s1")
    assert kept is not None
    assert (kept.record, kept.grade, kept.sources) == (session(), grade(), ("spans",))
    assert (kept.graded_ns, kept.updated_ns, kept.active_ns) == (NOW, NOW, NOW)
    assert store.session("s2") is None


def test_a_session_put_again_is_one_session_and_each_grade_a_revision(store: Store) -> None:
    store.put_session(session(), grade(), source="spans", now_ns=NOW)
    store.put_session(session(api_calls=9), grade(task_completed=False), source="spans", now_ns=NOW + 1)
    kept = store.session("s1")
    assert kept is not None
    assert kept.record.api_calls == 9
    assert store.count_sessions(SessionFilter()) == 1
    assert [(each.revision, each.graded_ns, each.grade.task_completed) for each in store.revisions("s1")] == [
        (1, NOW + 1, False),
        (0, NOW, True),
    ]


def test_a_probability_is_set_without_a_revision_or_a_new_time(store: Store) -> None:
    store.put_session(session(), grade(p_completed=0.2), source="spans", now_ns=NOW)
    store.put_session(session("ungraded"), None, source="spans", now_ns=NOW)
    before = store.session("s1")
    assert before is not None
    assert store.set_probability("s1", grade(p_completed=0.9))
    assert store.session("s1") == replace(before, grade=grade(p_completed=0.9))
    assert [each.grade.p_completed for each in store.revisions("s1")] == [0.2]
    assert store.recent_grades("debugging", window=10).p_completed == pytest.approx(0.9)
    assert not store.set_probability("ungraded", grade())
    assert not store.set_probability("nobody", grade())


def test_of_many_revisions_the_latest_twenty_are_kept(store: Store) -> None:
    for number in range(25):
        store.put_session(session(), grade(), source="spans", now_ns=NOW + number)
    assert [each.revision for each in store.revisions("s1")] == list(range(24, 4, -1))


def test_the_same_session_from_two_sources_is_one_with_both(store: Store) -> None:
    for source in ("spans", "api", "spans"):
        store.put_session(session(), grade(), source=source, now_ns=NOW)
    kept = store.session("s1")
    assert kept is not None
    assert kept.sources == ("spans", "api")
    assert store.count_sessions(SessionFilter(source="api")) == 1
    assert store.count_sessions(SessionFilter(source="ap")) == 0


def test_what_people_set_stays_when_the_machine_grades_again(store: Store) -> None:
    store.put_session(session(), grade(), source="spans", now_ns=NOW)
    meta = Meta(pinned=True, profile="ops", name="the outage", success=True)
    assert store.set_meta("s1", meta, now_ns=NOW)
    assert store.set_override("s1", OVERRIDE, now_ns=NOW)
    store.put_session(session(), grade(response_quality=5.0), source="spans", now_ns=NOW + 1)
    kept = store.session("s1")
    assert kept is not None
    assert (kept.meta, kept.override) == (meta, OVERRIDE)
    assert kept.grade == grade(response_quality=5.0)
    assert kept.effective == grade(task_completed=False, response_quality=2.0)
    assert kept.completed is False


def test_an_override_can_be_taken_back(store: Store) -> None:
    store.put_session(session(), grade(), source="spans", now_ns=NOW)
    store.set_override("s1", OVERRIDE, now_ns=NOW)
    assert store.set_override("s1", None, now_ns=NOW)
    kept = store.session("s1")
    assert kept is not None
    assert kept.override is None
    assert kept.effective == kept.grade


def test_a_session_that_is_absorbed_goes_and_leaves_its_executions_to_the_other(store: Store) -> None:
    store.put_session(session(), grade(), source="spans", now_ns=NOW)
    store.put_executions([execution(session="s1"), execution(session="s2")])
    assert store.absorb_session("s1", into="s2")
    assert store.session("s1") is None
    assert store.revisions("s1") == []
    assert [each.session for each in store.executions()] == ["s2", "s2"]
    assert not store.absorb_session("s1", into="s2")


def test_nothing_can_be_set_on_a_session_that_is_not_there(store: Store) -> None:
    assert not store.set_meta("s1", Meta(), now_ns=NOW)
    assert not store.set_override("s1", OVERRIDE, now_ns=NOW)
    assert not store.delete_session("s1")


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (SessionFilter(), ["c", "a", "b", "d"]),
        (SessionFilter(limit=2, offset=1), ["a", "b"]),
        (SessionFilter(task_type="testing"), ["b"]),
        (SessionFilter(agent="helper"), ["c", "a", "d"]),
        (SessionFilter(agent="elp"), []),
        (SessionFilter(agent="HELPER"), []),
        (SessionFilter(agent="50%_!"), ["b"]),
        (SessionFilter(model="m2"), ["b"]),
        (SessionFilter(platform="web"), ["c"]),
        (SessionFilter(profile="ops"), ["c"]),
        (SessionFilter(pinned=True), ["c"]),
        (SessionFilter(graded=False), ["d"]),
        (SessionFilter(completed=False), ["a"]),
        (SessionFilter(completed=True), ["c", "b"]),
        (SessionFilter(since_ns=NOW - 250 * S, until_ns=NOW - 100 * S), ["b"]),
    ],
)
def test_sessions_are_filtered_pinned_first_then_latest_active(store: Store, wanted: SessionFilter, found: list[str]) -> None:
    store.put_session(session("a", ago_s=100), grade(), source="spans", now_ns=NOW)
    store.put_session(
        session("b", ago_s=200, task_type="testing", agents=("50%_!",), models=("m1", "m2")), grade(), source="spans", now_ns=NOW
    )
    store.put_session(session("c", ago_s=300, platform="web"), grade(), source="api", now_ns=NOW)
    store.put_session(session("d", ago_s=400), None, source="spans", now_ns=NOW)
    store.set_meta("c", Meta(pinned=True, profile="ops"), now_ns=NOW)
    store.set_override("a", replace(OVERRIDE, response_quality=None), now_ns=NOW)
    if wanted.since_ns:
        wanted = replace(wanted, until_ns=NOW - 150 * S)
    assert [each.record.id for each in store.sessions(wanted)] == found
    if not wanted.offset:
        assert store.count_sessions(wanted) == len(found)


def test_a_session_without_times_counts_as_active_when_it_came(store: Store) -> None:
    store.put_session(session(start_ns=0, end_ns=0), grade(), source="file", now_ns=NOW)
    kept = store.session("s1")
    assert kept is not None
    assert (kept.record.end_ns, kept.active_ns) == (0, NOW)


def test_the_latest_grades_of_a_task_type_come_newest_first(store: Store) -> None:
    for number in range(4):
        store.put_session(session(f"s{number}", ago_s=number), grade(tool_calls_efficient=number + 1), source="spans", now_ns=NOW)
    store.put_session(session("other", task_type="testing"), grade(), source="spans", now_ns=NOW)
    store.put_session(session("ungraded"), None, source="spans", now_ns=NOW)
    store.set_meta("s3", Meta(pinned=True), now_ns=NOW)
    store.set_override("s0", OVERRIDE, now_ns=NOW)
    found = [(at_ns, each.tool_calls_efficient, each.task_completed) for at_ns, each in store.latest_grades("debugging", limit=3)]
    assert found == [(NOW, 1, True), (NOW - S, 2, True), (NOW - 2 * S, 3, True)]


def test_deleting_a_session_deletes_its_executions_and_revisions(store: Store) -> None:
    for name in ("s1", "s2"):
        store.put_session(session(name), grade(), source="spans", now_ns=NOW)
        store.put_executions([execution(session=name)])
    assert store.delete_session("s1")
    assert store.counts() | {} == {**dict.fromkeys(store.counts(), 0), "executions": 1, "sessions": 1, "revisions": 1}


def test_what_somebody_knows_for_sure_is_a_label_and_a_person_knows_best(store: Store) -> None:
    for name, told in (("by span", True), ("by api", True), ("by person", True), ("nobody", None)):
        store.put_session(session(name, success=told), grade(), source="spans", now_ns=NOW)
    store.set_meta("by api", Meta(success=False), now_ns=NOW)
    store.set_meta("by person", Meta(success=True), now_ns=NOW)
    store.set_override("by person", OVERRIDE, now_ns=NOW)
    assert {each.record.id: each.completed for each in store.labelled()} == {"by span": True, "by api": False, "by person": False}
    assert len(store.labelled(limit=2)) == 2


def test_the_stamp_of_labels_changes_with_them_alone(store: Store) -> None:
    stamps = [store.labels_stamp()]
    store.put_session(session(), grade(), source="spans", now_ns=NOW)
    assert store.labels_stamp() == stamps[0]
    for change in (
        lambda: store.set_meta("s1", Meta(success=True), now_ns=NOW + 1),
        lambda: store.set_meta("s1", Meta(success=False), now_ns=NOW + 2),
        lambda: store.put_session(session(api_calls=7), grade(), source="spans", now_ns=NOW + 3),
        lambda: store.set_override("s1", OVERRIDE, now_ns=NOW + 4),
    ):
        change()
        stamps.append(store.labels_stamp())
    assert len(set(stamps)) == len(stamps)


def test_grades_are_summed_by_day_and_by_iso_week(store: Store) -> None:
    monday = NOW - 3 * DAY
    for name, days, good in (("a", 0, True), ("b", 0, False), ("c", 3, True), ("d", 4, True)):
        record = session(name, ago_s=days * 86_400)
        store.put_session(record, grade(task_completed=good, errors_recovered=good), source="spans", now_ns=NOW)
    store.put_session(session("other", task_type="testing"), grade(total_errors=0, loop_risk=True), source="spans", now_ns=NOW)
    store.put_session(session("ungraded"), None, source="spans", now_ns=NOW)
    days = store.grade_summaries("day", since_ns=NOW - 10 * DAY)
    assert [(each.start_ns // DAY - NOW // DAY, each.task_type, each.sessions) for each in days] == [
        (-4, "debugging", 1),
        (-3, "debugging", 1),
        (0, "debugging", 2),
        (0, "testing", 1),
    ]
    weeks = store.grade_summaries("week", since_ns=0)
    assert [(each.task_type, each.sessions, each.completed) for each in weeks] == [
        ("debugging", 1, 1),
        ("debugging", 3, 2),
        ("testing", 1, 1),
    ]
    week, other = weeks[1:]
    assert week.start_ns == monday // DAY * DAY
    assert (week.with_errors, week.recovered, week.efficiency_sum, week.quality_sum) == (3, 2, 12.0, 10.5)
    assert (other.with_errors, other.recovered, other.loop_risks) == (0, 0, 1)
    assert store.grade_summaries("day", since_ns=NOW, until_ns=NOW) == []


def test_a_person_counts_before_the_machine_in_the_sums(store: Store) -> None:
    store.put_session(session(), grade(), source="spans", now_ns=NOW)
    store.set_override("s1", OVERRIDE, now_ns=NOW)
    (summary,) = store.grade_summaries("day", since_ns=0)
    assert (summary.completed, summary.quality_sum, summary.efficiency_sum) == (0, 2.0, 4.0)


def test_outcomes_that_are_known_are_summed_beside_the_grades(store: Store) -> None:
    for name, told in (("a", True), ("b", False), ("c", None), ("d", None)):
        store.put_session(session(name, success=told), grade(), source="spans", now_ns=NOW)
    store.set_meta("b", Meta(success=True), now_ns=NOW)
    store.set_override("c", Override(NOW, task_completed=False), now_ns=NOW)
    (summary,) = store.grade_summaries("day", since_ns=0)
    assert (summary.sessions, summary.told, summary.succeeded) == (4, 3, 2)


def test_means_over_the_latest_sessions_of_a_task_type(store: Store) -> None:
    told = [(0, True, 5, 0, None), (1, True, 4, 2, 0.9), (2, False, 3, 2, 0.5), (3, False, 1, 0, None)]
    for ago_s, completed, efficiency, errors, likely in told:
        graded = grade(
            task_completed=completed, tool_calls_efficient=efficiency, total_errors=errors, errors_recovered=ago_s == 1, p_completed=likely
        )
        store.put_session(session(str(ago_s), ago_s=ago_s), graded, source="spans", now_ns=NOW)
    store.put_session(session("other", task_type="testing"), grade(), source="spans", now_ns=NOW)
    store.put_session(session("ungraded"), None, source="spans", now_ns=NOW)
    recent = store.recent_grades("debugging", window=3)
    assert (recent.sessions, recent.completion, recent.efficiency, recent.quality) == (3, pytest.approx(2 / 3), 4.0, 3.5)
    assert (recent.recovery, recent.loop_risk, recent.p_completed) == (0.5, 0.0, pytest.approx(0.7))
    assert store.recent_grades("research", window=3) == RecentGrades("research", 0, None, None, None, None, None, None)
    store.set_override("0", OVERRIDE, now_ns=NOW)
    assert store.recent_grades("debugging", window=1).completion == 0.0
