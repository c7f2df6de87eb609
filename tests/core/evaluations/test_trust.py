"""What is told of a judge: which evaluations count for which figure, when nothing is known, and when it has shifted."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from otel_quality.core.evaluations.record import Assessment, Evaluation, Scores, Versions
from otel_quality.core.evaluations.trust import (
    AXES,
    FIGURES,
    GOAL,
    MIN_ANCHORS,
    MIN_SAMPLES,
    Drift,
    Figure,
    Pair,
    agreement,
    drift,
    report,
    stability,
)

OLD, NEW = Versions("1:old", "1-aa"), Versions("1:new", "1-aa")


def evaluation(session: str, goal: float | None, *, run: str = "r1", time: int = 0, versions: Versions = OLD, **more: object) -> Evaluation:
    scores: Scores = {GOAL: goal, "efficiency": 50.0}
    experts = tuple(Assessment(name, scores) for name in ("planner", "critic"))
    return Evaluation(run, session, time, versions, "local", "fake", scores, experts, **more)  # type: ignore[arg-type]


def run_of(goals: Sequence[float], *, run: str, time: int, versions: Versions = OLD) -> list[Evaluation]:
    return [evaluation(f"anchor/{place}", goal, run=run, time=time, versions=versions, anchor=True) for place, goal in enumerate(goals)]


def by_name(figures: Sequence[Figure]) -> dict[str, Figure]:
    return {each.name: each for each in figures}


def test_a_report_tells_every_figure_once_and_nothing_of_nothing() -> None:
    empty = report(OLD, evaluations=[], anchors=[], pairs=[])
    assert [each.name for each in empty.figures] == list(FIGURES)
    assert {(each.value, each.low, each.high, each.samples) for each in empty.figures} == {(None, None, None, 0)}
    assert empty.drifts == ()


def test_a_figure_under_the_least_samples_tells_only_how_many_there_are() -> None:
    few = [evaluation(str(place), 10.0 * place) for place in range(MIN_SAMPLES - 1)]
    enough = [*few, evaluation("one more", 95.0)]
    name = f"expert_agreement_{GOAL}"
    assert by_name(agreement(few))[name] == Figure(name, None, None, None, MIN_SAMPLES - 1)
    assert by_name(agreement(enough))[name] == Figure(name, 1.0, 1.0, 1.0, MIN_SAMPLES)


def test_agreement_is_of_the_newest_evaluation_of_each_session_and_refusals_say_nothing() -> None:
    torn = (Assessment("planner", {GOAL: 0.0}), Assessment("critic", {GOAL: 100.0}))
    refused = (Assessment("planner", {GOAL: 40.0}), Assessment("critic", {}, refused=True))
    newest = [evaluation(str(place), 10.0 * place, time=9) for place in range(10)]
    before = [replace(each, time_ns=1, experts=torn) for each in newest]
    alone = [replace(evaluation(f"alone {place}", 40.0), experts=refused) for place in range(10)]
    found = by_name(agreement([*newest, *alone, *before]))
    assert (found[f"expert_agreement_{GOAL}"].value, found[f"expert_agreement_{GOAL}"].samples) == (1.0, 10)
    assert found["expert_agreement_self_extension"].samples == 0


def test_stability_is_of_the_two_newest_evaluations_of_each_session() -> None:
    newest = [evaluation(str(place), 10.0 * place + 4, run="r3") for place in range(10)]
    second = [evaluation(str(place), 10.0 * place, run="r2") for place in range(10)]
    oldest = [evaluation(str(place), 0.0, run="r1") for place in range(10)]
    difference, correlation = stability([*newest, *second, *oldest, evaluation("once", 5.0), evaluation("never", None)])
    assert (difference.name, difference.value, difference.samples) == ("repeat_difference", 4.0, 10)
    assert correlation.value is not None
    assert 0.98 < correlation.value < 1.0


def test_only_the_present_versions_count_and_anchors_tell_stability_too() -> None:
    evaluations = [evaluation(str(place), 10.0 * place, versions=OLD) for place in range(20)]
    anchors = [*run_of([50.0] * 10, run="r2", time=2, versions=NEW), *run_of([40.0] * 10, run="r1", time=1, versions=NEW)]
    figures = by_name(report(NEW, evaluations=evaluations, anchors=anchors, pairs=[]).figures)
    assert figures[f"expert_agreement_{GOAL}"].samples == 0
    assert (figures["repeat_difference"].value, figures["repeat_difference"].samples) == (10.0, 10)


def pair(place: int, goal: float | None, **more: object) -> Pair:
    return Pair(str(place), {GOAL: goal}, **more)  # type: ignore[arg-type]


def test_outcomes_and_feedback_are_compared_with_goal_completion() -> None:
    pairs = [pair(place, 90.0 if place < 8 else 20.0, completed=place != 0 and place < 8) for place in range(12)]
    pairs += [pair(20 + place, 60.0, likes=place, dislikes=1) for place in range(12)]
    pairs += [pair(40, None, completed=True, likes=3)]
    figures = by_name(report(OLD, evaluations=[], anchors=[], pairs=pairs).figures)
    assert (figures["outcome_auc"].value, figures["outcome_auc"].samples) == (pytest.approx(0.9), 12)
    assert figures["outcome_agreement"].value == pytest.approx(11 / 12)
    # One like and one dislike say both, so they say nothing.
    assert figures["feedback_agreement"].value == pytest.approx(10 / 11)
    assert (figures["feedback_auc"].value, figures["feedback_auc"].samples) == (None, 11)


def test_an_auc_needs_half_of_the_least_samples_of_each_outcome() -> None:
    for bad, known in ((4, False), (5, True)):
        pairs = [pair(place, float(place), completed=place >= bad) for place in range(30)]
        assert (by_name(report(OLD, evaluations=[], anchors=[], pairs=pairs).figures)["outcome_auc"].value is not None) == known


def newest_first(*runs: list[Evaluation]) -> list[Evaluation]:
    return [each for of in reversed(runs) for each in of]


STARTS = [20.0, 40.0, 50.0, 60.0, 70.0, 80.0, 30.0]


def test_a_new_judge_that_scores_higher_is_told_apart_from_the_reference() -> None:
    first = run_of(STARTS, run="r1", time=1)
    again = run_of([score + place % 2 - 0.5 for place, score in enumerate(STARTS)], run="r2", time=2)
    new = run_of([score + 24 + place % 3 for place, score in enumerate(STARTS)], run="r3", time=3, versions=NEW)
    reference, shifted = drift(newest_first(first, again, new))
    assert (reference.versions, reference.reference, reference.verdict, reference.shift.samples) == (OLD, True, "steady", 7)
    assert (shifted.versions, shifted.reference, shifted.verdict) == (NEW, False, "shifted")
    # Half of the points: the other axis of the two did not move.
    assert shifted.shift.value == pytest.approx(12.5, abs=0.2)
    figures = by_name(report(NEW, evaluations=[], anchors=newest_first(first, again, new), pairs=[]).figures)
    assert figures["judge_shift"] == shifted.shift


def test_one_name_behind_which_the_model_changes_is_noticed() -> None:
    runs = [run_of(STARTS, run=f"r{time}", time=time) for time in range(5)]
    runs += [run_of([score - 30 for score in STARTS], run=f"r{time}", time=time) for time in range(5, 8)]
    (reference,) = drift(newest_first(*runs))
    assert (reference.verdict, reference.shift.value) == ("shifted", -15.0)


def test_a_judge_that_has_scored_the_anchors_once_is_not_known_to_be_steady() -> None:
    assert drift(newest_first(run_of(STARTS, run="r1", time=1))) == (
        Drift(OLD, Figure("judge_shift", None, None, None, 0), "not known", reference=True),
    )


def test_too_few_anchors_or_too_wide_an_interval_is_not_known() -> None:
    few = newest_first(*(run_of(STARTS[: MIN_ANCHORS - 1], run=run, time=1) for run in ("r1", "r2")))
    assert [each.verdict for each in drift(few)] == ["not known"]
    wild = run_of([score + (60 if place % 2 else -50) for place, score in enumerate(STARTS)], run="r2", time=2)
    (found,) = drift(newest_first(run_of(STARTS, run="r1", time=1), wild))
    assert (found.verdict, found.shift.samples) == ("not known", 7)


def test_anchors_that_are_no_longer_judged_count_no_more() -> None:
    before = [replace(each, session=f"was {each.session}") for each in run_of(STARTS, run="r0", time=0)]
    first, again = run_of(STARTS, run="r1", time=1, versions=NEW), run_of(STARTS, run="r2", time=2, versions=NEW)
    (found,) = drift(newest_first(before, first, again))
    assert (found.versions, found.reference, found.verdict) == (NEW, True, "steady")


def test_axes_that_one_of_both_does_not_tell_are_left_out_of_the_shift() -> None:
    first = run_of(STARTS, run="r1", time=1)
    silent = [replace(each, run="r2", scores={GOAL: None, "efficiency": 60.0}) for each in first]
    (found,) = drift(newest_first(first, silent))
    assert found.shift.value == 10.0


def test_every_axis_has_a_figure_of_agreement() -> None:
    assert {name for name in FIGURES if name.startswith("expert_agreement_")} == {f"expert_agreement_{axis}" for axis in AXES}
