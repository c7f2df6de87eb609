"""The ranking: its order is one rule, and everything else only explains it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otel_quality.core.ranking import Recommendation, rank
from otel_quality.core.snapshot import Key
from tests import samples

GOOD = Key("anthropic", None, "code")
BAD = Key("groq", None, "code")


def test_best_first_and_equal_scores_by_name() -> None:
    cards = [samples.card(Key(name, None, "code"), score=score) for name, score in (("b", 70.0), ("c", 90.0), ("a", 70.0))]
    assert [(item.rank, item.backend) for item in rank(cards)] == [(1, "c"), (2, "a"), (3, "b")]


def test_few_samples_scale_the_score_and_stay_in_the_list() -> None:
    few = samples.card(GOOD, score=90.0, samples=3)
    (placed,) = rank([few])
    assert (placed.score, placed.raw_score, placed.state) == (54.0, 90.0, "insufficient_data")
    assert placed.reasons[0] == "only 3 of 5 samples: score scaled by 0.60"
    assert rank([few], min_samples=3)[0].score == 90.0
    assert rank([few], min_samples=3)[0].state == "ok"


def test_a_backend_without_responses_is_last_and_says_so() -> None:
    nothing = samples.card(GOOD, score=0.0, samples=0, components={}, interval=(0.0, 0.0), state="insufficient_data")
    placed = rank([nothing, samples.card(BAD, score=10.0)])
    assert [item.backend for item in placed] == ["groq", "anthropic"]
    assert placed[1].reasons == ("no responses yet",)


def test_the_costliest_components_are_named_with_their_numbers() -> None:
    components = {"success": 0.6, "error": 0.9, "refusal": 0.98, "timeout": 1.0, "latency": 0.2}
    slow = samples.card(GOOD, samples=100, successes=60, mean_latency_ms=8000.0, components=components)
    assert rank([slow])[0].reasons == ("latency costs 16.0 points (mean 8000 ms)", "success costs 14.0 points (60 of 100 succeeded)")


def test_a_missing_component_is_named_and_its_weight_spread() -> None:
    components = {"success": 0.6, "error": 1.0, "refusal": 1.0, "timeout": 1.0}
    blind = samples.card(GOOD, samples=100, successes=60, components=components, missing=("latency",))
    reasons = rank([blind])[0].reasons
    assert reasons[0] == "success costs 17.5 points (60 of 100 succeeded)"
    assert reasons[1].startswith("latency not reported")


def test_overlapping_intervals_are_called_not_clearly_different() -> None:
    cards = [samples.card(GOOD, score=90.0, interval=(85.0, 95.0)), samples.card(BAD, score=80.0, interval=(70.0, 86.0))]
    assert "95 % interval overlaps that of anthropic: not clearly different" in rank(cards)[1].reasons
    apart = [cards[0], samples.card(BAD, score=60.0, interval=(50.0, 70.0))]
    assert not any("overlaps" in reason for reason in rank(apart)[1].reasons)


def test_drift_adds_a_reason_for_its_own_backend_and_task_and_leaves_the_order() -> None:
    drifting = samples.verdict(Key("anthropic", "opus", "code"), state="severe", severity="severe", reason="error_rate 0.50 > 0.25")
    elsewhere = samples.verdict(Key("anthropic", "opus", "creative"), state="mild", severity="mild", reason="other")
    cards = [samples.card(GOOD, score=90.0), samples.card(BAD, score=80.0, interval=(70.0, 79.0))]
    placed = rank(cards, drift=[drifting, elsewhere, samples.verdict(BAD)])
    assert [item.backend for item in placed] == ["anthropic", "groq"]
    assert placed[0].reasons[-1] == "drift severe: error_rate 0.50 > 0.25 (model opus)"
    assert not any("drift" in reason for reason in placed[1].reasons)


def test_over_all_tasks_a_drift_reason_says_on_which() -> None:
    drifting = samples.verdict(Key("anthropic", None, "code"), severity="mild", reason="error_rate 0.30 > 0.25")
    assert rank([samples.card(Key("anthropic", None, None))], drift=[drifting])[0].reasons[-1].endswith("(task code)")


def test_min_samples_below_one_is_refused() -> None:
    with pytest.raises(ValueError, match="min_samples must be 1 or more, not 0"):
        rank([], min_samples=0)


@given(st.lists(st.tuples(st.floats(0, 100), st.integers(0, 100)), max_size=12), st.integers(1, 20))
def test_order_and_scores_equal_the_plain_rule_on_any_input(values: list[tuple[float, int]], min_samples: int) -> None:
    cards = [samples.card(Key(f"b{index:02}", None, "code"), score=round(score, 2), samples=n) for index, (score, n) in enumerate(values)]
    placed = rank(cards, min_samples=min_samples)
    scores = {
        card.key.backend: round(card.score if card.samples >= min_samples else card.score * card.samples / min_samples, 2) for card in cards
    }
    assert {item.backend: pytest.approx(item.score, abs=0.0101) for item in placed} == scores
    assert [item.rank for item in placed] == list(range(1, len(cards) + 1))
    assert placed == sorted(placed, key=_order)


def _order(item: Recommendation) -> tuple[float, str]:
    return -item.score, item.backend
