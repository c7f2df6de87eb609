"""Grades over many sessions: worse than their own past, or at odds with the backend's score."""

from random import Random

import pytest

from otel_quality.core.sessions.issues import Config, Watch, discrepancies, points
from otel_quality.core.sessions.record import Grade, SessionRecord

GOOD = Grade(True, 5, 4.0, False, 3, 0)
BAD = Grade(False, 2, 2.0, False, 30, 9)


def watched(*grades: Grade, task: str = "code") -> Watch:
    watch = Watch()
    for number, each in enumerate(grades, 1):
        watch.add(task, each, at_ns=number)
    return watch


def drawn(random: Random, share: float, number: int) -> list[Grade]:
    return [Grade(random.random() < share, random.choice([3, 4, 5]), random.choice([3.0, 4.0]), False, 3, 0) for _ in range(number)]


def test_points_are_half_completion_and_a_quarter_each_efficiency_and_quality() -> None:
    assert points(Grade(True, 3, 2.0, False, 1, 0)) == 50 + 12.5 + 6.25
    assert points(Grade(True, 3, 2.0, False, 1, 0, p_completed=0.5)) == 25 + 12.5 + 6.25


def test_a_task_that_gets_worse_is_severe_since_then_and_says_why() -> None:
    (found,) = watched(*[GOOD] * 60, *[BAD] * 30).read()
    assert (found.state, found.task) == ("severe", "code")
    assert found.since_ns > 60
    assert found.ratio is not None
    assert found.ratio < found.threshold == 0.85
    assert found.reason == f"the median grade fell to {100 * found.ratio:.0f} % of what it was"


def test_how_far_grades_must_fall_is_a_setting() -> None:
    watch = Watch(Config(grade_collapse=0.01))
    for number, each in enumerate([GOOD] * 60 + [BAD] * 30):
        watch.add("code", each, at_ns=number)
    assert [each.state for each in watch.read()] == ["stable"]
    for wrong in ({"grade_collapse": 1.0}, {"discrepancy": 0.0}):
        with pytest.raises(ValueError, match="grade_collapse"):
            Config(**wrong)


def test_work_that_always_fails_is_no_news() -> None:
    assert [each.state for each in watched(*[BAD] * 200).read()] == ["stable"]


def test_few_sessions_are_learning() -> None:
    assert [each.state for each in watched(*[GOOD] * 20, *[BAD] * 15).read()] == ["learning"]


@pytest.mark.parametrize(("share", "fallen"), [(0.9, 0.4), (0.6, 0.1), (0.4, 0.02)])
def test_chance_hardly_ever_alarms_and_a_real_fall_is_found(share: float, fallen: float) -> None:
    random = Random(7)
    alarms, found = 0, 0
    for _ in range(10):
        watch = watched(*drawn(random, share, 200))
        for number, each in enumerate(drawn(random, share, 200), 201):
            watch.add("code", each, at_ns=number)
            alarms += number % 5 == 0 and watch.read()[0].state != "stable"
        for number, each in enumerate(drawn(random, fallen, 90), 401):
            watch.add("code", each, at_ns=number)
        found += watch.read()[0].state == "severe"
    assert alarms == 0
    assert found >= 9


def test_blocks_are_compared_in_the_order_of_events_whenever_they_come() -> None:
    late, watch = [*range(1, 61)], Watch()
    for number, each in enumerate([BAD] * 60, 61):
        watch.add("code", each, at_ns=number)
    for number in late:
        watch.add("code", GOOD, at_ns=number)
    assert watch.read()[0].state == "severe"


def test_tasks_are_watched_apart_the_worst_first_and_within_a_bound() -> None:
    watch = watched(*[GOOD] * 60, *[BAD] * 30)
    for number in range(300):
        watch.add(f"task {number}", GOOD, at_ns=1)
    assert len(watch.read()) == 100
    assert watch.read()[0].task == "code"


def test_grades_and_scores_that_do_not_fit_are_told_with_their_difference() -> None:
    graded = [(SessionRecord(str(n), backends=("groq",), task="code"), BAD) for n in range(5)]
    graded += [(SessionRecord(str(n), backends=("gemini",), task="code"), GOOD) for n in range(5)]
    (found,) = discrepancies(graded, {("groq", "code"): 95.0, ("gemini", "code"): 90.0}, threshold=25)
    assert (found.backend, found.sessions, found.score) == ("groq", 5, 95.0)
    assert found.difference == found.grade - 95.0 < -25
    assert discrepancies(graded[:4], {("groq", "code"): 95.0}, threshold=25) == []
    assert discrepancies(graded, {("groq", "code"): 95.0}, threshold=95) == []
