"""The /metrics page: what it shows, in which format, and that no label or number can break it."""

import math
import shutil
import subprocess
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse_text
from prometheus_client.samples import Sample

from otel_quality.core.history import History, StoreHealth
from otel_quality.core.snapshot import Counters, Key, Snapshot
from otel_quality.outlets.metrics import OPENMETRICS, TEXT, Exposition, Health, negotiate
from otel_quality.vocabulary import metrics
from tests import samples

ASK_OPENMETRICS = (
    "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5"
)
HEALTH = Health(
    queue_bytes=10,
    tick_duration_s=0.002,
    render_duration_s=0.01,
    refused_requests={("traces", "malformed"): 1},
    received_records={"logs": 3},
    resident_bytes=60_000_000,
    cpu_s=1.5,
    start_time_s=1.79e9,
)


def page(snapshot: Snapshot, accept: str = "", history: History | None = None) -> str:
    past = history or samples.history()
    return Exposition(lambda: snapshot, lambda: HEALTH, version="1.2.3", history=lambda: past).render(accept)[0].decode("utf-8")


def series(text: str, parse: Callable[[str], object] = parse_text) -> list[Sample]:
    return [sample for family in parse(text) for sample in family.samples]  # type: ignore[attr-defined]


def value(text: str, name: str, **labels: str) -> float:
    found = [sample.value for sample in series(text) if sample.name == name and labels.items() <= sample.labels.items()]
    assert len(found) == 1, f"{name} {labels}: {found}"
    return found[0]


def test_every_metric_of_the_vocabulary_is_shown_with_exactly_its_labels() -> None:
    families = {family.name: family for family in parse_text(page(samples.full()))}
    for metric in metrics.METRICS:
        family = families.pop(metric.name.removesuffix("_total"))
        assert family.type == metric.kind
        assert family.documentation == metric.help
        for sample in family.samples:
            assert set(sample.labels) - {"le"} == set(metric.labels)
    assert not families


def test_scores_are_ratios_and_the_backend_score_is_over_all_models() -> None:
    text = page(samples.full())
    assert value(text, metrics.SCORE.name, backend="groq") == pytest.approx(0.6127)
    assert value(text, metrics.SCORE_LOWER.name, backend="groq") == pytest.approx(0.49)
    assert value(text, metrics.BACKEND_SCORE.name, backend="groq", task="all") == pytest.approx(0.6127)
    assert value(text, metrics.BACKEND_SAMPLES.name, backend="groq", task="code") == 3
    assert value(text, metrics.BUILD_INFO.name, version="1.2.3") == 1


def test_a_missing_component_has_no_series() -> None:
    shown = {
        sample.labels["component"]
        for sample in series(page(samples.full()))
        if sample.name == metrics.COMPONENT.name and sample.labels["backend"] == "groq"
    }
    assert shown == {"success", "error", "refusal", "timeout"}


def test_drift_is_shown_with_its_state_signals_and_start_in_seconds() -> None:
    text = page(samples.full())
    assert value(text, metrics.DRIFT_STATE.name, backend="groq") == 3
    assert value(text, metrics.SIGNAL_FIRING.name, backend="groq", signal="empty_response_rate") == 1
    assert value(text, metrics.SIGNAL_VALUE.name, backend="groq", signal="empty_response_rate") == 0.45
    assert value(text, metrics.DRIFT_SINCE.name, backend="groq") == pytest.approx(samples.NOON_NS / 1e9)
    undefined = [
        sample
        for sample in series(text)
        if sample.name == metrics.SIGNAL_VALUE.name and sample.labels == {**samples.SLOW._asdict(), "signal": "tool_silence_rate"}
    ]
    assert undefined == []


def test_a_key_of_a_backend_alone_is_written_as_all_of_it() -> None:
    text = page(samples.snapshot(verdicts=[samples.verdict(Key("groq", None, None))]))
    assert value(text, metrics.DRIFT_STATE.name, backend="groq", model="all", task="all") == 1


def test_tools_are_counted_by_agent_and_outcome_and_timed_with_exemplars() -> None:
    text = page(samples.full(), ASK_OPENMETRICS)
    assert value(text, metrics.TOOL_CALLS.name, tool="git_status", agent="ezra", outcome="error") == 10
    assert value(text, metrics.TOOL_DURATION.name + "_bucket", tool="git_status", le="0.04") == 40
    assert value(text, metrics.TOOL_DURATION.name + "_count", tool="git_status") == 100
    assert value(text, metrics.TOOL_DURATION.name + "_sum", tool="git_status") == 8.5
    (line,) = [line for line in text.splitlines() if line.startswith(metrics.TOOL_DURATION.name) and " # {" in line]
    assert 'le="0.08"' in line
    assert 'trace_id="4bf92f3577b34da6a3ce929d0e0e4736"' in line


def test_sessions_are_shown_by_grade_and_each_dimension_in_its_own_unit() -> None:
    text = page(samples.full())
    assert value(text, metrics.SESSIONS.name, task="debugging", grade="incomplete") == 10
    assert value(text, metrics.SESSION_GRADE.name, task="debugging", dimension="quality") == 4.25
    assert value(text, metrics.SESSION_GRADE.name, task="debugging", dimension="loop_risk") == 0.125
    assert value(text, metrics.SESSION_STATE.name, task="debugging") == 3


def test_judged_quality_is_shown_as_ratios_with_what_it_rests_on() -> None:
    text = page(samples.full())
    assert value(text, metrics.EVALUATION_SCORE.name, axis="goal_completion", bucket="76+") == pytest.approx(0.48)
    assert value(text, metrics.EVALUATION_SESSIONS.name, axis="goal_completion", bucket="76+") == 12
    assert value(text, metrics.JUDGE_INFO.name, judge="1:gpt-5.1", rubric="1-0a1b2c3d") == 1
    trust = (metrics.JUDGE_TRUST, metrics.JUDGE_TRUST_LOWER, metrics.JUDGE_TRUST_UPPER, metrics.JUDGE_TRUST_SAMPLES)
    assert [value(text, metric.name, figure="outcome_auc") for metric in trust] == [0.83, 0.71, 0.91, 38]


def test_a_figure_of_trust_that_is_not_known_has_no_value_but_what_it_rests_on() -> None:
    text = page(samples.full())
    assert value(text, metrics.JUDGE_TRUST_SAMPLES.name, figure="feedback_auc") == 4
    assert f'{metrics.JUDGE_TRUST.name}{{figure="feedback_auc"}}' not in text


def test_ratings_and_ends_of_runs_are_counted_from_zero() -> None:
    text = page(samples.full())
    assert [value(text, metrics.FEEDBACK.name, rating=rating) for rating in ("up", "down")] == [6, 2]
    assert [value(text, metrics.EVALUATION_RUNS.name, state=state) for state in ("done", "failed", "cancelled")] == [3, 1, 0]


def test_where_nobody_ever_judged_no_version_is_told() -> None:
    assert metrics.JUDGE_INFO.name not in page(samples.full(), history=History())


def test_what_was_learned_is_shown_by_agent_and_policy() -> None:
    text = page(samples.full())
    assert value(text, metrics.PREDICTION_ACCURACY.name, agent="ezra") == 0.8
    assert value(text, metrics.PREDICTION_SAMPLES.name, agent="ezra") == 25
    assert value(text, metrics.LEARNING_VELOCITY.name, agent="ezra") == -0.06
    assert value(text, metrics.ADAPTATIONS.name, policy="ezra.evidence_threshold") == 2


def test_an_agent_without_known_outcomes_has_no_accuracy() -> None:
    assert metrics.PREDICTION_ACCURACY.name not in page(samples.full(), history=History())


def test_labels_over_their_bound_are_counted_together_whoever_counted_them() -> None:
    text = page(samples.full())
    assert [value(text, metrics.OVERFLOW.name, label=label) for label in ("model", "tool", "policy")] == [3, 5, 1]
    assert text.count(f"# TYPE {metrics.OVERFLOW.name} ") == 1


def test_what_a_bound_dropped_is_shown_wherever_it_was() -> None:
    text = page(samples.full())
    assert [value(text, metrics.DROPPED.name, what=what) for what in ("execution", "session")] == [6, 0]
    assert (value(text, metrics.STORE_DROPPED.name), value(text, metrics.STORE_PRUNED.name)) == (1, 7)


def test_sessions_that_were_graded_again_are_counted() -> None:
    assert value(page(samples.full()), metrics.SESSION_REVISIONS.name) == 2


def test_the_state_of_the_store_is_shown() -> None:
    down = History(store=StoreHealth(up=False, waiting=12))
    assert value(page(samples.full()), metrics.STORE_UP.name) == 1
    assert value(page(samples.full(), history=down), metrics.STORE_UP.name) == 0
    assert value(page(samples.full(), history=down), metrics.STORE_WAITING.name) == 12


def test_only_exposed_keys_are_shown() -> None:
    hidden = samples.snapshot(
        [samples.card(samples.CODE), samples.card(samples.SLOW)],
        [samples.verdict(samples.CODE), samples.verdict(samples.SLOW)],
        exposed=frozenset({samples.CODE}),
        exposed_drift=frozenset({samples.CODE}),
    )
    assert "groq" not in page(hidden)
    assert "anthropic" in page(hidden)


def test_histograms_are_cumulative_and_carry_exemplars_in_openmetrics_only() -> None:
    snapshot = samples.full()
    text = page(snapshot)
    bucket = metrics.DURATION.name + "_bucket"
    assert value(text, bucket, le="0.64") == 2
    assert value(text, bucket, le="1.28") == 7
    assert value(text, bucket, le="+Inf") == value(text, metrics.DURATION.name + "_count") == 8
    assert " # {" not in text
    found = [sample.exemplar for sample in series(page(snapshot, ASK_OPENMETRICS), parse_openmetrics) if sample.exemplar]
    assert {exemplar.labels["trace_id"] for exemplar in found} == {"0af7651916cd43dd8448eb211c80319c", "4bf92f3577b34da6a3ce929d0e0e4736"}
    assert found[0].value == 0.7


@pytest.mark.parametrize("accept", ["", ASK_OPENMETRICS])
def test_no_created_series_and_nothing_of_the_client_library(accept: str) -> None:
    text = page(samples.full(), accept)
    assert "_created" not in text
    assert all(line.startswith("llmq_") for line in text.splitlines() if not line.startswith("#"))


def test_openmetrics_ends_once_and_an_empty_snapshot_still_shows_health() -> None:
    text = page(Snapshot(), ASK_OPENMETRICS)
    assert text.count("# EOF") == 1
    assert text.endswith("# EOF\n")
    assert value(page(Snapshot()), metrics.QUEUE_BYTES.name) == 10


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("", TEXT),
        ("*/*", TEXT),
        (ASK_OPENMETRICS, OPENMETRICS),
        ("application/openmetrics-text;q=0.1,text/plain;q=0.5", TEXT),
        ("application/openmetrics-text;q=0", TEXT),
        ("application/openmetrics-text;version=9.9.x", OPENMETRICS),
        ("application/openmetrics-text;q=nonsense", TEXT),
    ],
)
def test_the_accept_header_chooses_the_format(accept: str, expected: str) -> None:
    assert negotiate(accept) == expected


@given(st.text(max_size=200))
def test_any_accept_header_gets_one_of_the_two_formats(accept: str) -> None:
    assert negotiate(accept) in {TEXT, OPENMETRICS}


@given(st.text(st.characters(), max_size=40), st.text(st.characters(), max_size=40))
def test_any_label_survives_the_way_through_the_text_format(backend: str, model: str) -> None:
    snapshot = samples.snapshot([samples.card(Key(backend, model, "code"))])
    shown = [sample for sample in series(page(snapshot)) if sample.name == metrics.SAMPLES.name]
    expected = [text.encode("utf-8", "replace").decode() for text in (backend, model)]
    assert [shown[0].labels["backend"], shown[0].labels["model"]] == expected


@given(st.text(st.characters(), max_size=40))
def test_any_label_survives_the_way_through_openmetrics(error_type: str) -> None:
    snapshot = samples.snapshot(counters=Counters(errors={("b", "m", error_type): 1}))
    shown = [sample for sample in series(page(snapshot, ASK_OPENMETRICS), parse_openmetrics) if sample.name == metrics.ERRORS.name]
    assert shown[0].labels["error_type"] == error_type.encode("utf-8", "replace").decode()


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_a_number_that_is_not_finite_is_left_out(number: float) -> None:
    snapshot = samples.snapshot([samples.card(samples.CODE, score=number)], counters=Counters(cost_usd={("b", "m"): number}))
    names = {sample.name for sample in series(page(snapshot))}
    assert metrics.SCORE.name not in names
    assert metrics.COST.name not in names
    assert metrics.SAMPLES.name in names


def test_the_page_is_new_when_history_is() -> None:
    present = [samples.history(), History(sessions={("testing", "completed"): 1})]
    exposition = Exposition(Snapshot, Health, version="1", history=lambda: present[0])
    assert "debugging" in exposition.render("")[0].decode()
    present.pop(0)
    text = exposition.render("")[0].decode()
    assert "debugging" not in text
    assert value(text, metrics.SESSIONS.name, task="testing") == 1


def test_a_snapshot_is_rendered_once_per_format_while_health_stays_fresh() -> None:
    reads = iter(range(1, 100))
    first, second = samples.full(), samples.snapshot([samples.card(samples.CODE, score=50.0)])
    present = [first]
    exposition = Exposition(lambda: present[0], lambda: Health(queue_bytes=next(reads)), version="1")
    exposition.render("")
    took = exposition.render_duration_s
    again = exposition.render("")[0].decode()
    assert took > 0
    assert exposition.render_duration_s == took
    assert value(again, metrics.QUEUE_BYTES.name) == 2
    present[0] = second
    assert value(exposition.render("")[0].decode(), metrics.SCORE.name) == 0.5


@pytest.mark.parametrize(("snapshot", "history"), [(samples.full(), samples.history()), (Snapshot(), History())], ids=["full", "empty"])
def test_promtool_finds_nothing_to_mend(snapshot: Snapshot, history: History) -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("needs promtool: apt-get install prometheus")
    checked = subprocess.run(
        [promtool, "check", "metrics"], check=False, input=page(snapshot, history=history), text=True, capture_output=True, timeout=60
    )
    assert (checked.returncode, checked.stdout + checked.stderr) == (0, "")
