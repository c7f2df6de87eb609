"""One suite for every store: SQLite in memory and in a file, PostgreSQL. Sessions are in `test_contract_sessions`."""

from dataclasses import replace

import pytest

from otel_quality.core.history import Failures, Meta, Report, SessionFilter
from otel_quality.core.tools.ingest import executions
from otel_quality.core.tools.knowledge import AgentPerformance, Effect, ModelPerformance, Policy, Tally
from otel_quality.store.contract import Config, Store
from tests.store.conftest import Opened
from tests.store.samples import DAY, NOW, S, adaptation, execution, grade, prediction, session

HASH = "0123456789abcdef"


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
    assert store.tool_tallies(since_ns=0) == {"git_status": Tally(2, 1), "bash": Tally(1, 1)}
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
        store.put_session(session(name, models=models, task=""), grade(), source="spans", now_ns=NOW)
    assert store.model_performance() == [
        ModelPerformance("m1", "debugging", Tally(2, 1), 20.0, 30.0, 0.005),
        ModelPerformance("m2", "debugging", Tally(1, 1), 20.0, 125.0, 0.005),
        ModelPerformance("m3", "testing", Tally(1, 1), 20.0, None, None),
    ]
    assert [each.model for each in store.model_performance(task_type="testing")] == ["m3"]


@pytest.mark.parametrize(("told", "kept_under"), [("code", "code"), ("general", "debugging"), ("", "debugging")])
def test_tokens_and_cost_of_a_model_are_found_under_the_task_of_its_executions(store: Store, told: str, kept_under: str) -> None:
    record = session(task=told)
    store.put_session(record, grade(), source="spans", now_ns=NOW)
    store.put_executions(executions(record, now_ns=NOW))
    assert [each.task_type for each in store.model_performance()] == [kept_under]
    (found,) = store.model_performance(task_type=kept_under)
    assert (found.mean_tokens, found.cost_per_call_usd) == (125.0, 0.005)


def test_where_every_run_has_a_name_of_its_own_the_busiest_are_told(store: Store) -> None:
    store.put_executions([execution(agent=f"run-{each}", model=f"model-{each}") for each in range(1010)])
    store.put_executions([execution(agent="run-1009", model="model-1009")])
    agents, models = store.agent_performance(since_ns=0), store.model_performance()
    assert (len(agents), agents[0].agent) == (1000, "run-1009")
    assert (len(models), models[0].model) == (1000, "model-1009")


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


def test_failures_count_each_session_once_per_tool_and_per_error(store: Store) -> None:
    store.put_executions([execution(success=False, session=f"s{each % 2}", ago_s=each) for each in range(4)])
    store.put_executions(
        [execution(success=False, session="s0", error="unknown"), execution("bash", success=False, session=""), execution()]
    )
    assert store.failures("tool", since_ns=0) == [
        Failures("git_status", 5, 2, ("s0", "s1")),
        Failures("bash", 1, 0, ()),
    ]
    assert [(each.name, each.count, each.sessions) for each in store.failures("error", since_ns=0)] == [
        ("timeout", 5, 2),
        ("unknown", 1, 1),
    ]
    assert len(store.failures("tool", since_ns=0, limit=1)) == 1
    assert store.failures("error", since_ns=NOW + 1) == []


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


def test_what_is_over_is_removed_a_slice_at_a_time_the_oldest_first(store: Store) -> None:
    store.put_executions([execution(ago_s=92 * 86_400 - each) for each in range(250)])
    store.put_executions([execution(), execution()])
    removed = []
    while not removed or removed[-1]:
        removed.append(store.prune(Config(), now_ns=NOW, most=100))
        left = [each.time_ns for each in store.executions(limit=1000)]
        assert min(left) >= NOW - (92 * 86_400 - sum(removed)) * S
    assert removed == [100, 100, 50, 0]
    assert len(left) == 2


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
    while store.prune(small, now_ns=NOW):
        pass
    left = store.executions(limit=2000)
    assert 0 < len(left) < 1200
    assert left[0].time_ns == NOW
    assert store.size_bytes() <= small.max_bytes
    assert store.session("pinned") is not None
