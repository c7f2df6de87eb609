"""Rules: what crosses a bound, how far a policy moves, and that it stops."""

from dataclasses import replace

import pytest

from otel_quality.core.tools import adapt
from otel_quality.core.tools.adapt import DEFAULT, Config, Measured, Rule, due
from otel_quality.core.tools.knowledge import Policy

RISING = Rule(name="slow", measure="mean_latency_s", policy="timeout", step=5.0, above=10.0, ceiling=28.0, start=20.0)
NAME = "ezra.evidence_threshold"


def changes(rule: Rule, value: float, samples: int = 10, agent: str = "ezra", **policies: float) -> list[tuple[str, float, float]]:
    kept = {name: Policy(name, at, 0) for name, at in policies.items()}
    return [(each.policy, each.old, each.new) for each in due(rule, {agent: Measured(value, samples)}, kept, now_ns=1, period="2026-01-01")]


@pytest.mark.parametrize(
    ("rate", "present", "expected"),
    [
        (0.59, None, [(NAME, 0.8, 0.7)]),
        (0.6, None, []),
        (0.0, 0.7, [(NAME, 0.7, 0.6)]),
        (0.0, 0.65, [(NAME, 0.65, 0.6)]),
        (0.0, 0.6, []),
        (0.0, 0.3, []),
    ],
)
def test_a_success_rate_under_060_lowers_the_threshold_by_a_tenth_but_not_below_060(
    rate: float, present: float | None, expected: list
) -> None:
    assert changes(DEFAULT, rate, **({} if present is None else {NAME: present})) == expected


@pytest.mark.parametrize(("value", "present", "new"), [(11.0, 20.0, [25.0]), (11.0, 25.0, [28.0]), (11.0, 28.0, []), (10.0, 20.0, [])])
def test_a_rule_may_raise_up_to_a_ceiling(value: float, present: float, new: list[float]) -> None:
    assert [each[2] for each in changes(RISING, value, timeout=present)] == new


def test_too_few_samples_change_nothing() -> None:
    assert not changes(DEFAULT, 0.0, samples=4)
    assert changes(DEFAULT, 0.0, samples=5)


def test_a_rule_for_one_agent_leaves_the_others_and_nobody_alone() -> None:
    rule = replace(DEFAULT, agent="max")
    assert not changes(rule, 0.0)
    assert changes(rule, 0.0, agent="max") == [("max.evidence_threshold", 0.8, 0.7)]
    assert not changes(DEFAULT, 0.0, agent="")


def test_rules_make_no_new_policies_over_the_bound_and_go_on_with_those_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adapt, "MAX_POLICIES", 3)
    measured = {agent: Measured(0.1, 10) for agent in ("a", "b", "c", "ezra")}
    kept = {name: Policy(name, 0.8, 0) for name in (NAME, "other")}
    made = due(DEFAULT, measured, kept, now_ns=1, period="2026-01-01")
    assert [each.agent for each in made] == ["a", "ezra"]


def test_an_adaptation_says_why_and_what_is_hoped_for() -> None:
    (change,) = due(DEFAULT, {"ezra": Measured(0.4, 25)}, {}, now_ns=7, period="2026-01-01")
    assert (change.time_ns, change.rule, change.agent, change.period) == (7, "low_success", "ezra", "2026-01-01")
    assert change.trigger == "success_rate over 3 days is 0.4, below 0.6 (25 samples)"
    assert change.change == "ezra.evidence_threshold: 0.8 to 0.7"
    assert change.expected == "success_rate over 3 days of ezra reaches 0.6"
    assert "fails often" in change.reason


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"below": 0.6, "above": 0.6}, "either below or above"),
        ({"below": None}, "either below or above"),
        ({"step": 0.0}, "must not be 0"),
        ({"days": 0}, "between 1 and 90"),
        ({"min_samples": 0}, "at least 1"),
        ({"name": ""}, "a name and a policy"),
    ],
)
def test_a_rule_that_makes_no_sense_is_an_error(wrong: dict, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        replace(DEFAULT, **wrong)


def test_two_rules_of_one_name_are_an_error() -> None:
    with pytest.raises(ValueError, match="twice: low_success"):
        Config((DEFAULT, DEFAULT))
