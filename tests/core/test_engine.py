"""Windows, scores and verdicts equal the obvious slow version, however the stream is ordered, repeated and cut."""

import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from otel_quality.core.drift import rules
from otel_quality.core.engine import Config, Engine, Watch
from otel_quality.core.keys import Limits
from otel_quality.core.snapshot import Key, Snapshot
from otel_quality.vocabulary.outcomes import Outcome
from otel_quality.vocabulary.stops import StopClass
from tests.core.slow import Call, batch, card, numbered, severity, signals, window

NOW = 10**18 + 10**12
SECOND = 10**9

calls = st.builds(
    Call,
    backend=st.sampled_from(["anthropic", "groq"]),
    model=st.sampled_from(["a", "b"]),
    task=st.sampled_from(["code", "research"]),
    end_ns=st.integers(0, 300).map(lambda s: 10**18 + s * SECOND),
    outcome=st.sampled_from(list(Outcome)),
    latency_ns=st.one_of(st.none(), st.integers(1, 30 * SECOND)),
    ttft_ns=st.one_of(st.none(), st.integers(1, SECOND)),
    output_tokens=st.one_of(st.none(), st.integers(0, 1000)),
    stop=st.one_of(st.none(), st.sampled_from([StopClass.STOP, StopClass.LENGTH, StopClass.FILTER, StopClass.UNKNOWN])),
    has_tools=st.one_of(st.none(), st.booleans()),
    has_tool_call=st.one_of(st.none(), st.booleans()),
)


def feed(stream: list[Call], *, config: Config | None = None, cuts: random.Random | None = None) -> Snapshot:
    """A snapshot after a stream, given in pieces with ticks in between where `cuts` says so."""
    engine = Engine(config or Config(), now_ns=NOW)
    at = 0
    while at < len(stream):
        size = len(stream) if cuts is None else cuts.choice((1, 5, 20, 40, 1000))
        engine.apply(batch(stream[at : at + size]), now_ns=NOW)
        if cuts is not None and cuts.random() < 0.5:
            engine.tick(now_ns=NOW)
        at += size
    return engine.tick(now_ns=NOW)


def disturbed(stream: list[Call], seed: int) -> list[Call]:
    """Shuffled, with repeats."""
    rng = random.Random(seed)
    repeated = stream + rng.sample(stream, len(stream) // 3)
    rng.shuffle(repeated)
    return repeated


def assert_cards(got: Snapshot, stream: list[Call], size: int) -> None:
    levels = (
        (got.by_model, lambda c: Key(c.backend, c.model, c.task)),
        (got.by_task, lambda c: Key(c.backend, None, c.task)),
        (got.by_backend, lambda c: Key(c.backend, None, None)),
    )
    for found, key_of in levels:
        groups: dict[Key, list[Call]] = {}
        for c in stream:
            groups.setdefault(key_of(c), []).append(c)
        expected = {key: held for key, mine in groups.items() if (held := window(mine, size))}
        assert {key for key, c in found.items() if c.samples} == set(expected)
        for key, held in expected.items():
            for name, value in card(held).items():
                assert getattr(found[key], name) == pytest.approx(value, abs=0.0101 if name == "score" else 1e-6), (key, name)
            assert found[key].interval[0] <= found[key].score <= found[key].interval[1]


@settings(max_examples=25, deadline=None)
@given(st.lists(calls, min_size=1, max_size=120), st.integers(0, 2**32), st.integers(2, 12))
def test_any_order_any_cut_and_repeats_give_the_cards_of_the_slow_version(stream: list[Call], seed: int, size: int) -> None:
    stream = numbered(stream)
    config = Config(score=replace(Config().score, window=size))
    for given_order in (stream, disturbed(stream, seed)):
        assert_cards(feed(given_order, config=config, cuts=random.Random(seed)), stream, size)


@settings(max_examples=25, deadline=None)
@given(st.lists(calls, min_size=1, max_size=120), st.integers(0, 2**32), st.sampled_from(["low", "normal", "high"]))
def test_any_order_any_cut_and_repeats_give_the_rules_of_the_slow_version(stream: list[Call], seed: int, preset: str) -> None:
    stream = numbered([replace(c, backend="b") for c in stream])
    config = Config(drift=rules.Config(preset=preset))
    for given_order in (stream, disturbed(stream, seed)):
        got = feed(given_order, config=config, cuts=random.Random(seed)).drift
        for key, verdict in got.items():
            held = window([c for c in stream if (c.model, c.task) == (key.model, key.task)], 20)
            assert verdict.severity == severity(held, preset)
            assert verdict.samples == len(held)
            assert {name: signal.value for name, signal in verdict.signals.items()} == pytest.approx(signals(held))


@settings(max_examples=15, deadline=None)
@given(st.lists(calls, min_size=1, max_size=100), st.integers(0, 2**32))
def test_in_order_transitions_and_since_do_not_depend_on_the_cut(stream: list[Call], seed: int) -> None:
    stream = sorted(numbered(stream), key=lambda c: c.order)
    whole, pieces = feed(stream), feed(stream, cuts=random.Random(seed))
    assert whole.drift == pieces.drift
    assert whole.counters.drift_events == pieces.counters.drift_events
    assert whole.counters.requests == pieces.counters.requests
    for key, histogram in whole.counters.durations.items():
        other = pieces.counters.durations[key]
        assert (histogram.counts, histogram.sum_s) == (other.counts, other.sum_s)


def healthy(n: int, *, start: int = 0, **changes: object) -> list[Call]:
    return [replace(Call(end_ns=10**18 + (start + i) * SECOND, trace=start + i + 1, span=start + i + 1), **changes) for i in range(n)]


def test_a_verdict_falls_with_the_observation_that_did_it_and_recovers() -> None:
    engine = Engine(Config(), now_ns=NOW)
    engine.apply(batch(healthy(20)), now_ns=NOW)
    assert engine.tick(now_ns=NOW).drift[Key("anthropic", "claude", "code")].state == "stable"
    engine.apply(batch(healthy(10, start=20, output_tokens=0)), now_ns=NOW)
    snapshot = engine.tick(now_ns=NOW)
    verdict = snapshot.drift[Key("anthropic", "claude", "code")]
    assert (verdict.state, verdict.severity) == ("severe", "severe")
    assert verdict.since_ns == 10**18 + 25 * SECOND
    assert "empty_response_rate 0.50 > 0.30" in verdict.reason
    assert snapshot.counters.drift_events[("anthropic", "claude", "code", "severe")] == 1
    engine.apply(batch(healthy(20, start=30)), now_ns=NOW)
    snapshot = engine.tick(now_ns=NOW)
    assert snapshot.drift[Key("anthropic", "claude", "code")].state == "stable"
    assert snapshot.drift[Key("anthropic", "claude", "code")].reason == ""
    assert snapshot.counters.drift_events[("anthropic", "claude", "code", "none")] == 1


def test_the_reason_of_a_length_collapse_names_both_medians() -> None:
    stream = healthy(10, output_tokens=200) + healthy(10, start=10, output_tokens=50)
    reason = feed(stream).drift[Key("anthropic", "claude", "code")].reason
    assert reason == "length_collapse_ratio 0.25 < 0.50 (median output tokens 200 -> 50)"


def test_a_repeat_after_it_was_forgotten_changes_no_window() -> None:
    config = Config(dedup=replace(Config().dedup, min_age_s=0, min_spans=1, max_spans=1))
    stream = healthy(8)
    engine = Engine(config, now_ns=NOW)
    for _ in range(3):
        engine.apply(batch(stream), now_ns=NOW)
        engine.apply(batch(healthy(1, start=100, backend="other")), now_ns=NOW)
        engine.apply(batch(healthy(1, start=200, backend="other")), now_ns=NOW)
        snapshot = engine.tick(now_ns=NOW)
    assert snapshot.by_backend[Key("anthropic", None, None)].samples == 8


def test_a_span_older_than_every_full_window_is_late_and_changes_nothing() -> None:
    engine = Engine(Config(score=replace(Config().score, window=20)), now_ns=NOW)
    engine.apply(batch(healthy(20, start=100)), now_ns=NOW)
    before = engine.tick(now_ns=NOW)
    engine.apply(batch(healthy(1, outcome=Outcome.ERROR)), now_ns=NOW)
    after = engine.tick(now_ns=NOW)
    assert (after.intake.spans["late"], after.intake.spans["accepted"], after.intake.seen) == (1, 20, 21)
    assert (after.by_model, after.drift, after.counters) == (before.by_model, before.drift, before.counters)


def test_cancelled_and_abandoned_are_counted_but_in_no_window() -> None:
    stream = healthy(3) + healthy(2, start=3, outcome=Outcome.CANCELLED) + healthy(1, start=5, outcome=Outcome.ABANDONED)
    snapshot = feed(stream)
    assert snapshot.by_backend[Key("anthropic", None, None)].samples == 3
    assert snapshot.counters.requests[("anthropic", "claude", "code", "cancelled")] == 2
    assert snapshot.counters.stop_reasons[("anthropic", "claude", "abandoned")] == 1
    assert snapshot.intake.seen == 6


def test_a_flood_of_models_goes_to_other_and_leaves_old_keys_as_they_were() -> None:
    engine = Engine(Config(limits=Limits(models=10, exposed=6)), now_ns=NOW)
    engine.apply(batch(healthy(30)), now_ns=NOW)
    before = engine.tick(now_ns=NOW)
    flood = [replace(c, model=f"m{i}") for i, c in enumerate(healthy(500, start=1000))]
    engine.apply(batch(flood), now_ns=NOW)
    after = engine.tick(now_ns=NOW)
    key = Key("anthropic", "claude", "code")
    assert after.by_model[key] == before.by_model[key]
    assert len(after.by_model) == 11
    assert len(after.exposed) == 6
    assert after.intake.overflow["model"] == 491
    assert sum(n for labels, n in after.counters.requests.items() if labels[1] == "__other__") == 500 - 5


def test_an_idle_key_leaves_metrics_but_not_while_it_drifts() -> None:
    day = 86_400 * SECOND
    engine = Engine(Config(), now_ns=NOW)
    engine.apply(batch(healthy(20) + healthy(20, start=20, backend="bad", output_tokens=0)), now_ns=NOW)
    engine.tick(now_ns=NOW)
    later = engine.tick(now_ns=NOW + day + SECOND)
    assert later.exposed == {Key("bad", "claude", "code")}
    assert {labels[0] for labels in later.counters.requests} == {"bad"}
    assert Key("anthropic", "claude", "code") in later.by_model, "the API keeps what the window holds"
    engine.apply(batch(healthy(1, start=50)), now_ns=NOW + day + SECOND)
    assert Key("anthropic", "claude", "code") in engine.tick(now_ns=NOW + day + SECOND).exposed


def test_idle_names_make_room_once_a_bound_was_hit() -> None:
    day = 86_400 * SECOND
    engine = Engine(Config(limits=Limits(models=2)), now_ns=NOW)
    engine.apply(batch([replace(c, model=f"m{i}") for i, c in enumerate(healthy(3))]), now_ns=NOW)
    engine.tick(now_ns=NOW)
    engine.tick(now_ns=NOW + day + SECOND)
    engine.apply(batch(healthy(1, start=10, model="new")), now_ns=NOW + day + 2 * SECOND)
    snapshot = engine.tick(now_ns=NOW + day + 2 * SECOND)
    assert set(snapshot.by_model) == {Key("anthropic", "new", "code")}
    assert snapshot.by_model[Key("anthropic", "new", "code")].samples == 1


def test_an_idle_key_does_not_take_the_counts_of_others_under_other_with_it() -> None:
    day = 86_400 * SECOND
    engine = Engine(Config(limits=Limits(exposed=1)), now_ns=NOW)
    engine.apply(batch(healthy(1) + healthy(1, start=1, model="idle") + healthy(1, start=2, model="used")), now_ns=NOW)
    engine.tick(now_ns=NOW)
    engine.apply(batch(healthy(1, start=3) + healthy(4, start=4, model="used")), now_ns=NOW + day)
    counters = engine.tick(now_ns=NOW + day + SECOND).counters
    assert counters.requests[("anthropic", "__other__", "code", "success")] == 6
    assert counters.durations[("anthropic", "__other__")].sum_s == 6.0


def test_a_backend_that_is_watched_as_a_whole_leaves_metrics_when_idle_but_not_while_it_drifts() -> None:
    engine = Engine(Config(watch=Watch("backend")), now_ns=NOW)
    engine.apply(batch(healthy(20) + healthy(20, start=20, backend="bad", output_tokens=0)), now_ns=NOW)
    engine.tick(now_ns=NOW)
    later = engine.tick(now_ns=NOW + 86_401 * SECOND)
    assert later.exposed_drift == {Key("bad", None, None)}
    assert Key("anthropic", None, None) in later.drift


def test_a_slot_that_is_used_again_shows_nothing_of_its_former_key() -> None:
    day = 86_400 * SECOND
    engine = Engine(Config(limits=Limits(backends=1)), now_ns=NOW)
    engine.apply(batch(healthy(20) + healthy(1, start=20, backend="over")), now_ns=NOW)
    engine.tick(now_ns=NOW)
    engine.tick(now_ns=NOW + day + SECOND)
    new = replace(Call(), backend="new", end_ns=10**17, trace=99, outcome=Outcome.ERROR)
    engine.apply(batch([new]), now_ns=NOW + day + 2 * SECOND)
    snapshot = engine.tick(now_ns=NOW + day + 2 * SECOND)
    assert [
        (card.samples, card.errors) for cards in (snapshot.by_model, snapshot.by_task, snapshot.by_backend) for card in cards.values()
    ] == [(1, 1)] * 3
    assert snapshot.intake.last_span_ns == {"new": 10**17}
    assert sum(snapshot.counters.durations[("new", "claude")].counts) == 1
    assert {key: verdict.samples for key, verdict in snapshot.drift.items()} == {Key("new", "claude", "code"): 1}


def test_a_clock_that_was_far_ahead_does_not_stop_idle_keys_from_leaving() -> None:
    year = 365 * 86_400 * SECOND
    engine = Engine(Config(), now_ns=NOW)
    engine.tick(now_ns=NOW + year)
    engine.apply(batch(healthy(1)), now_ns=NOW)
    engine.tick(now_ns=NOW)
    assert not engine.tick(now_ns=NOW + 2 * 86_400 * SECOND).exposed


def test_clearing_leaves_no_card_of_a_key_that_was_just_touched() -> None:
    engine = Engine(Config(), now_ns=NOW)
    engine.apply(batch(healthy(3)), now_ns=NOW)
    engine.clear_scores(now_ns=NOW)
    snapshot = engine.tick(now_ns=NOW)
    assert (snapshot.by_model, snapshot.by_task, snapshot.by_backend) == ({}, {}, {})


def test_clearing_empties_windows_and_drift_learns_again() -> None:
    engine = Engine(Config(), now_ns=NOW)
    engine.apply(batch(healthy(20) + healthy(20, start=20, task="research", output_tokens=0)), now_ns=NOW)
    engine.tick(now_ns=NOW)
    assert engine.clear_drift(task="research", now_ns=NOW) == 1
    assert engine.clear_scores(backend="anthropic", task="code", now_ns=NOW) == 2
    snapshot = engine.tick(now_ns=NOW)
    assert set(snapshot.drift) == {Key("anthropic", "claude", "code")}
    assert set(snapshot.by_model) == {Key("anthropic", "claude", "research")}
    engine.apply(batch(healthy(1, start=50, task="research")), now_ns=NOW)
    snapshot = engine.tick(now_ns=NOW)
    assert snapshot.drift[Key("anthropic", "claude", "research")].state == "learning"
    assert engine.clear_scores(now_ns=NOW) == 5


def test_a_span_from_the_future_is_set_to_its_arrival() -> None:
    snapshot = feed([replace(Call(), end_ns=NOW + 400 * SECOND), replace(Call(), end_ns=NOW + 100 * SECOND, span=2)])
    assert snapshot.intake.clamped == 1
    assert snapshot.stats.newest_ns == NOW + 100 * SECOND
    assert snapshot.stats.oldest_ns == NOW


def test_drift_can_be_watched_per_backend() -> None:
    stream = healthy(10) + healthy(10, start=10, model="other")
    snapshot = feed(stream, config=Config(watch=Watch("backend")))
    assert {key: v.samples for key, v in snapshot.drift.items()} == {Key("anthropic", None, None): 20}
    assert snapshot.exposed_drift == {Key("anthropic", None, None)}


def test_statistics_tell_what_the_backend_and_task_windows_hold() -> None:
    stats = feed(healthy(3) + healthy(2, start=3, backend="groq", task="fast_ops")).stats
    assert (stats.total, stats.by_backend, stats.by_task) == (5, {"anthropic": 3, "groq": 2}, {"code": 3, "fast_ops": 2})
    assert (stats.oldest_ns, stats.newest_ns) == (10**18, 10**18 + 4 * SECOND)


def test_counters_name_errors_costs_and_exemplars() -> None:
    failed = healthy(1, start=5, outcome=Outcome.ERROR, error_type="rate_limit", stop=None)
    counters = feed(healthy(2, cost_usd=0.25) + failed).counters
    assert counters.errors == {("anthropic", "claude", "rate_limit"): 1}
    assert counters.cost_usd == {("anthropic", "claude"): 0.5}
    assert counters.tokens == {("anthropic", "claude", "output"): 300}
    histogram = counters.durations[("anthropic", "claude")]
    assert (sum(histogram.counts), histogram.sum_s) == (3, 3.0)
    exemplar = histogram.exemplars[histogram.counts.index(3)]
    assert exemplar is not None
    assert int(exemplar.span_id, 16) == 6, "a failed call stands for its bucket"
