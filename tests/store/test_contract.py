"""One suite for every store: SQLite in memory and in a file, PostgreSQL."""

from dataclasses import replace

import pytest

from otel_quality.core.history import Meta, Override, RecentGrades, Report, SessionFilter
from otel_quality.core.tools.knowledge import AgentPerformance, Effect, ModelPerformance, Policy, Tally
from otel_quality.store.contract import Config, Store
from tests.store.conftest import Opened
from tests.store.samples import DAY, NOW, S, adaptation, execution, grade, prediction, session

OVERRIDE = Override(NOW, "ann", "it never ran", task_completed=False, response_quality=2.0)
HASH = "0123456789abcdef"


# Sessions


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


# Executions


def test_an_execution_comes_back_as_it_was_put(store: Store) -> None:
    full = execution(confidence=0.75, input_tokens=7, output_tokens=0, prediction_id="p1")
    bare = execution(ago_s=1, success=False, latency_ns=-1, session="", params_hash="")
    assert store.put_executions([full, bare]) == [full, bare]
    assert store.executions() == [full, bare]
    assert store.executions(session="s1") == [full]
    assert store.executions(tool="none") == []
    assert store.executions(limit=1) == [full]


def test_a_known_execution_changes_nothing(store: Store) -> None:
    known = execution()
    assert store.put_executions([known, replace(known, success=False)]) == [known]
    new = execution(ago_s=1)
    assert store.put_executions([replace(known, tool="x"), new]) == [new]
    assert store.executions() == [known, new]


def test_the_executions_of_a_trace_can_be_taken_back(store: Store) -> None:
    store.put_executions([execution(trace_id="a", span_id="1"), execution(trace_id="a", span_id="2"), kept := execution(trace_id="b")])
    assert store.delete_executions("a") == 2
    assert store.executions() == [kept]


def test_text_that_no_database_takes_is_cleaned(store: Store) -> None:
    store.put_executions([execution(tool="a\0b", agent="\ud800x", model="ü")])
    store.put_session(session("s\0", agents=("a\0", "\ud800")), grade(summary="\0"), source="spans", now_ns=NOW)
    (kept,) = store.executions()
    assert (kept.tool, kept.agent, kept.model) == ("ab", "?x", "ü")
    assert store.session("s") is not None


def test_patterns_are_told_apart_by_parameters_agent_and_model(store: Store) -> None:
    store.put_executions([execution(success=each > 0, ago_s=each, confidence=0.5) for each in range(4)])
    store.put_executions([execution(params_hash="ff", latency_ns=-1), execution(model="m2"), execution(agent="max"), execution("bash")])
    first, *rest = store.patterns()
    assert (first.tool, first.params_hash, first.agent, first.model) == ("git_status", HASH, "ezra", "m1")
    assert (first.tally, first.mean_latency_ms, first.mean_confidence, first.last_used_ns) == (Tally(4, 3), 20.0, 0.5, NOW)
    assert len(rest) == 4
    (other,) = store.patterns(params_hash="ff")
    assert (other.tally, other.mean_latency_ms, other.mean_confidence) == (Tally(1, 1), None, None)
    assert [each.model for each in store.patterns(model="m2")] == ["m2"]
    assert [each.agent for each in store.patterns(agent="max", tool="git_status")] == ["max"]
    assert len(store.patterns(limit=2)) == 2


def test_a_pattern_over_all_parameters_is_that_of_the_model_with_most_samples(store: Store) -> None:
    store.put_executions([execution(params_hash=str(each), success=each > 0) for each in range(3)])
    store.put_executions([execution(model="m2") for _ in range(2)])
    aggregated = store.aggregated_patterns(tool="git_status", agent="ezra")
    assert [(each.model, each.params_hash, each.tally) for each in aggregated] == [("m1", None, Tally(3, 2)), ("m2", None, Tally(2, 2))]
    assert store.pattern(tool="git_status", agent="ezra", params_hash=None) == aggregated[0]
    specific = store.pattern(tool="git_status", agent="ezra", params_hash=HASH)
    assert specific is not None
    assert (specific.model, specific.tally) == ("m2", Tally(2, 2))
    assert store.pattern(tool="git_status", agent="max", params_hash=None) is None


def test_tallies_count_a_stretch_of_time_without_its_end(store: Store) -> None:
    store.put_executions([execution(ago_s=10), execution(ago_s=5, success=False), execution("bash", agent="max", ago_s=0)])
    assert store.tool_tallies(since_ns=NOW - 10 * S, until_ns=NOW) == {"git_status": Tally(2, 1)}
    assert store.agent_tallies(since_ns=NOW - 9 * S) == {"ezra": Tally(1, 0), "max": Tally(1, 1)}
    assert store.agent_tallies(since_ns=0, tool="bash") == {"max": Tally(1, 1)}


def test_agents_and_their_means(store: Store) -> None:
    store.put_executions(
        [execution(confidence=0.5), execution(success=False, latency_ns=40_000_000), execution(agent="max", latency_ns=-1)]
    )
    assert store.agent_performance(since_ns=0) == [
        AgentPerformance("ezra", Tally(2, 1), 30.0, 0.5),
        AgentPerformance("max", Tally(1, 1), None, None),
    ]


def test_models_by_task_with_tokens_of_executions_else_of_sessions_and_cost_of_sessions(store: Store) -> None:
    store.put_executions([execution(input_tokens=10, output_tokens=30), execution(input_tokens=20, success=False), execution(model="m2")])
    store.put_executions([execution(model="m3", task_type="testing")])
    for name, models in (("a", ("m1",)), ("b", ("m2",)), ("c", ("m2", "m3"))):
        store.put_session(session(name, models=models), grade(), source="spans", now_ns=NOW)
    assert store.model_performance() == [
        ModelPerformance("m1", "debugging", Tally(2, 1), 20.0, 30.0, 0.005),
        ModelPerformance("m2", "debugging", Tally(1, 1), 20.0, 125.0, 0.005),
        ModelPerformance("m3", "testing", Tally(1, 1), 20.0, None, None),
    ]
    assert [each.model for each in store.model_performance(task_type="testing")] == ["m3"]
    assert store.model_performance(since_ns=NOW + 1) == []


def test_effects_of_hour_and_weekday(store: Store) -> None:
    store.put_executions([execution(), execution(success=False), execution(ago_s=3600), execution("bash", ago_s=86_400)])
    assert store.effects("hour") == [Effect(11, Tally(1, 1)), Effect(12, Tally(3, 2))]
    assert store.effects("weekday", tool="git_status") == [Effect(3, Tally(3, 2))]
    assert store.effects("weekday", agent="max") == []
    assert store.effects("hour", since_ns=NOW) == [Effect(12, Tally(2, 1))]


def test_errors_are_grouped_with_their_latest_sessions(store: Store) -> None:
    store.put_executions([execution(success=False, session=f"s{each}", ago_s=each) for each in range(5)])
    store.put_executions([execution(success=False, session=""), execution("bash", success=False, error="unknown"), execution()])
    first, second = store.error_groups(since_ns=0)
    assert (first.error, first.tool, first.task_type, first.count, first.sessions) == ("timeout", "git_status", "debugging", 6, 5)
    assert (first.first_ns, first.last_ns, first.examples) == (NOW - 4 * S, NOW, ("s0", "s1", "s2"))
    assert (second.error, second.examples) == ("unknown", ("s1",))
    assert store.error_groups(since_ns=0, limit=1) == [first]
    assert store.error_groups(since_ns=NOW + 1) == []


# Predictions


def test_a_prediction_is_answered_by_the_execution_that_names_it(store: Store) -> None:
    store.add_prediction(prediction("p1"))
    store.add_prediction(prediction("p2", tool="other"))
    assert store.match_predictions([execution(success=False, prediction_id="p2", ago_s=5)], within_ns=S) == 1
    answered = {each.id: (each.success, each.matched_ns) for each in store.predictions()}
    assert answered == {"p1": (None, None), "p2": (False, NOW - 5 * S)}


def test_without_a_name_the_oldest_open_one_of_the_same_call_is_answered_once(store: Store) -> None:
    for name, ago_s in (("old", 30), ("new", 20), ("too old", 100)):
        store.add_prediction(prediction(name, ago_s=ago_s))
    store.add_prediction(prediction("future", ago_s=-10))
    store.add_prediction(prediction("other agent", agent="max"))
    store.add_prediction(prediction("other parameters", params_hash="ff"))
    assert store.match_predictions([execution()], within_ns=60 * S) == 1
    assert [each.id for each in store.predictions() if each.success] == ["old"]
    assert store.match_predictions([execution(), execution()], within_ns=60 * S) == 1
    assert {each.id for each in store.predictions() if each.success} == {"old", "new"}


def test_a_prediction_over_all_parameters_is_answered_by_any_of_them_but_last(store: Store) -> None:
    store.add_prediction(prediction("any", params_hash=""))
    store.add_prediction(prediction("exact", ago_s=10))
    store.match_predictions([execution()], within_ns=60 * S)
    assert [each.id for each in store.predictions() if each.success] == ["exact"]
    store.match_predictions([execution(params_hash="ff")], within_ns=60 * S)
    assert {each.id for each in store.predictions() if each.success} == {"exact", "any"}


def test_a_known_prediction_changes_nothing(store: Store) -> None:
    store.add_prediction(prediction())
    store.add_prediction(prediction(probability=0.1))
    assert store.predictions() == [prediction()]
    assert store.predictions(offset=1) == []


def test_answered_predictions_fall_into_tenths(store: Store) -> None:
    told = [(0.0, False), (0.29, True), (0.29, False), (0.5, True), (1.0, True), (1.0, False)]
    for number, (probability, success) in enumerate(told):
        store.add_prediction(prediction(str(number), probability=probability, success=success, matched_ns=NOW))
    store.add_prediction(prediction("open"))
    store.add_prediction(prediction("no data", samples=2, probability=0.5, success=False, matched_ns=NOW))
    store.add_prediction(prediction("old", ago_s=1000, success=True, matched_ns=NOW))
    bins = store.prediction_bins(since_ns=NOW - 100 * S)
    assert [(each.tenth, each.tally, each.correct, each.probability_sum) for each in bins] == [
        (0, Tally(1, 0), 1, 0.0),
        (2, Tally(2, 1), 1, 0.58),
        (5, Tally(1, 1), 1, 0.5),
        (9, Tally(2, 1), 1, 2.0),
    ]
    assert sum(each.squared_error_sum for each in bins) == pytest.approx(0.71**2 + 0.29**2 + 0.25 + 1)


# Adaptations, policies, documents


def test_an_adaptation_sets_its_policy_once_per_rule_agent_and_period(store: Store) -> None:
    assert store.adapt(adaptation())
    assert not store.adapt(adaptation(new=0.6))
    assert store.policies() == {"ezra.evidence_threshold": Policy("ezra.evidence_threshold", 0.7, NOW)}
    assert store.adapt(adaptation(period="2026-01-02", time_ns=NOW + DAY, old=0.7, new=0.6))
    assert [each.new for each in store.adaptations()] == [0.6, 0.7]
    assert store.adaptations(limit=1, offset=1) == [adaptation()]
    assert store.adaptation_counts() == {"ezra.evidence_threshold": 2}
    store.set_policy("ezra.evidence_threshold", 0.9, now_ns=NOW + 1)
    assert store.policies()["ezra.evidence_threshold"].value == 0.9


def test_reports_and_calibrations_replace_what_was_kept_under_their_name(store: Store) -> None:
    for week, document in (("2026-W01", "{}"), ("2025-W52", "{}"), ("2026-W01", '{"a": 1}')):
        store.put_report(Report(week, NOW, document))
    assert store.report("2026-W01") == Report("2026-W01", NOW, '{"a": 1}')
    assert [each.week for each in store.reports()] == ["2026-W01", "2025-W52"]
    assert store.report("2026-W02") is None
    store.put_calibration("completion", "1", now_ns=NOW)
    store.put_calibration("completion", "2", now_ns=NOW)
    assert (store.calibration("completion"), store.calibration("other")) == ("2", None)


# Transactions, reopening, retention


class Stop(Exception):
    """Leaves a transaction."""


def test_a_transaction_that_is_left_by_an_error_leaves_nothing(store: Store) -> None:
    def leave() -> None:
        with store.transaction():
            store.put_executions([execution()])
            with store.transaction():
                store.put_session(session(), grade(), source="spans", now_ns=NOW)
            raise Stop

    with pytest.raises(Stop):
        leave()
    assert set(store.counts().values()) == {0}
    store.put_executions([execution()])
    assert store.counts()["executions"] == 1


def test_what_was_put_is_there_when_opened_again(reopen: Opened) -> None:
    first = reopen()
    first.put_session(session(), grade(), source="spans", now_ns=NOW)
    first.put_executions([execution()])
    first.close()
    first.close()
    assert reopen().counts() == {**dict.fromkeys(first_counts := reopen().counts(), 0), "executions": 1, "sessions": 1, "revisions": 1}
    assert set(first_counts) >= {"executions", "sessions"}


def test_a_second_reader_sees_only_what_is_committed(reopen: Opened) -> None:
    writer, reader = reopen(), reopen()
    with writer.transaction():
        writer.put_executions([execution()])
        assert reader.executions() == []
    assert len(reader.executions()) == 1


def test_history_over_age_is_removed_except_what_is_pinned(store: Store) -> None:
    for days in (0, 89, 91):
        name = f"{days} days"
        store.put_session(session(name, ago_s=days * 86_400), grade(), source="spans", now_ns=NOW)
        store.put_executions([execution(session=name, ago_s=days * 86_400)])
        store.add_prediction(prediction(name, ago_s=days * 86_400))
    store.put_session(session("pinned", ago_s=91 * 86_400), grade(), source="spans", now_ns=NOW)
    store.set_meta("pinned", Meta(pinned=True), now_ns=NOW)
    store.adapt(adaptation(time_ns=NOW - 91 * DAY))
    assert store.prune(Config(), now_ns=NOW) == 4
    assert {each.record.id for each in store.sessions(SessionFilter())} == {"0 days", "89 days", "pinned"}
    assert store.counts() | {} == {**store.counts(), "executions": 2, "revisions": 3, "predictions": 2, "adaptations": 0, "policies": 1}
    assert store.prune(Config(), now_ns=NOW) == 0


def test_of_too_many_executions_the_oldest_are_removed(store: Store) -> None:
    store.put_executions([execution(ago_s=each) for each in range(1200)])
    assert store.prune(Config(max_executions=1000), now_ns=NOW) == 200
    assert min(each.time_ns for each in store.executions(limit=2000)) == NOW - 999 * S


def test_history_over_its_size_loses_the_oldest(store: Store) -> None:
    store.put_executions([execution(ago_s=each) for each in range(2000)])
    store.put_session(session("pinned", ago_s=9999), grade(), source="spans", now_ns=NOW)
    store.set_meta("pinned", Meta(pinned=True), now_ns=NOW)
    small = replace(Config(), retention_days=36_500)
    object.__setattr__(small, "max_bytes", store.size_bytes() // 2)
    assert store.prune(small, now_ns=NOW) > 0
    left = store.executions(limit=2000)
    assert 0 < len(left) < 1200
    assert left[0].time_ns == NOW
    assert store.size_bytes() <= small.max_bytes
    assert store.session("pinned") is not None
