"""What /metrics says of judged quality: means of 7 days by axis and complexity, trust where enough is known, kept while history is away."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from otel_quality.core.evaluations.overview import Mean, WeekMeans
from otel_quality.core.evaluations.record import Assessment, Evaluation, Feedback, Item, Run, Versions, Wish
from otel_quality.core.evaluations.trust import FIGURES, MIN_SAMPLES
from otel_quality.core.history import History
from otel_quality.service.judged import Looking, Pace, over_weeks
from otel_quality.store.contract import Store
from otel_quality.vocabulary.axes import AXES
from otel_quality.vocabulary.errors import StoreUnavailable
from tests.service.history import in_folder, kept_by, until
from tests.service.keeper import DAY_NS, NOW_NS, Keeper

pytestmark = pytest.mark.anyio

V = Versions("1:judge", "1-aaaaaaaa")
SLOW = Pace()
OLD = Versions("1:judge", "0-aaaaaaaa")


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def keeper() -> Iterator[Keeper]:
    opened = Keeper()
    yield opened
    opened.close()


def judged(
    keeper: Keeper, session: str, *, goal: float, complexity: float = 60, ago_days: float = 1, versions: Versions = V, run: str = "r"
) -> None:
    scores = dict.fromkeys(AXES) | {"task_complexity": complexity, "goal_completion": goal, "communication": 80.0}
    said = tuple(Assessment(expert, {**scores, "goal_completion": goal + by}) for expert, by in (("planner", 1.0), ("critic", -1.0)))
    time_ns = NOW_NS - round(ago_days * DAY_NS)

    def work(store: Store) -> None:
        if store.run(run) is None:
            store.add_run(Run(run, Wish(), versions, "running", time_ns), [Item(session)])
        store.put_evaluation(Evaluation(run, session, time_ns, versions, "fake", "judge", scores, said))

    keeper.tell(work)


def looking(keeper: Keeper, pace: Pace = SLOW) -> Looking:
    return Looking(keeper.opinions(), lambda: History(sessions={("code", "completed"): 1}), lambda: {"done": 2}, pace=pace)


async def test_means_are_of_seven_days_and_of_the_present_versions(keeper: Keeper) -> None:
    judged(keeper, "stale", goal=0, versions=OLD, run="old", ago_days=2)
    judged(keeper, "before", goal=0, ago_days=7.1)
    for name, goal, complexity in (("a", 90, 20), ("b", 40, 80), ("c", 20, 80)):
        judged(keeper, name, goal=goal, complexity=complexity, ago_days=6.9 if name == "c" else 0.5)
    looks = looking(keeper)
    await looks.look_at_means()
    present = looks.history().judged
    assert (present.judge, present.rubric) == (V.judge, V.rubric)
    goals = {
        bucket: (present.means[axis, bucket], present.samples[axis, bucket]) for axis, bucket in present.means if axis == "goal_completion"
    }
    assert goals == {"all": (50, 3), "0-25": (90, 1), "76+": (30, 2)}
    assert ("self_extension", "all") not in present.samples, "an axis that applied to no session is absent"


async def test_the_rest_of_history_and_the_runs_come_along(keeper: Keeper) -> None:
    history = looking(keeper).history()
    assert history.sessions == {("code", "completed"): 1}
    assert history.runs == {"done": 2}
    assert history.judged.judge == ""


async def test_trust_has_a_number_where_enough_is_known_and_says_what_each_figure_rests_on(keeper: Keeper) -> None:
    for number in range(MIN_SAMPLES):
        judged(keeper, f"s{number}", goal=10 + 9 * number)
        if number < MIN_SAMPLES - 1:
            keeper.tell(lambda store, number=number: store.put_feedback(Feedback(f"s{number}", 0, 1 if number > 4 else -1, NOW_NS)))  # type: ignore[misc]
    looks = looking(keeper)
    await looks.look_at_trust()
    present = looks.history().judged
    assert set(present.trust_samples) == set(FIGURES)
    assert present.trust_samples["feedback_agreement"] == MIN_SAMPLES - 1
    assert "feedback_agreement" not in present.trust
    low, high = present.trust["expert_agreement_goal_completion"][1:]
    assert low <= present.trust["expert_agreement_goal_completion"].value <= high


async def test_points_of_a_score_are_told_as_ratios(keeper: Keeper) -> None:
    for number in range(MIN_SAMPLES):
        judged(keeper, f"s{number}", goal=50 + number)
        judged(keeper, f"s{number}", goal=53 + number, run="again", ago_days=0.5)
    looks = looking(keeper)
    await looks.look_at_trust()
    assert looks.history().judged.trust["repeat_difference"].value == pytest.approx(0.03)


async def test_what_was_seen_stays_while_history_is_away_and_is_seen_anew_afterwards(keeper: Keeper) -> None:
    judged(keeper, "a", goal=90)
    looks = looking(keeper, Pace(means_s=0.01, trust_s=0.01))
    task = asyncio.create_task(looks.go_on())
    await until(lambda: looks.history().judged.trust_samples and looks.history().judged.means)
    keeper.fails = StoreUnavailable("away")
    assert looks.history().judged.means["goal_completion", "all"] == 90
    keeper.fails = None
    judged(keeper, "b", goal=70)
    await until(lambda: looks.history().judged.means["goal_completion", "all"] == 80)
    task.cancel()


async def test_ratings_are_counted_where_they_are_kept(tmp_path: Path) -> None:
    async with kept_by(in_folder(tmp_path)) as historian:
        assert historian.history().feedback == {"up": 0, "down": 0}
        for second, (rating, new) in enumerate(((1, True), (1, False), (-1, True), (0, True))):
            assert await historian.add_feedback(Feedback("s", 0, rating, NOW_NS + second)) is new
        await until(lambda: historian.history().feedback == {"up": 1, "down": 1})


def test_two_weeks_are_joined_by_what_each_rests_on() -> None:
    weeks = [
        WeekMeans("2026-W46", 0, "all", 3, {"goal_completion": Mean(40, 3), "efficiency": Mean(None, 0)}),
        WeekMeans("2026-W47", 7, "all", 1, {"goal_completion": Mean(80, 1), "efficiency": Mean(60, 1)}),
    ]
    assert over_weeks(weeks) == {("goal_completion", "all"): Mean(50, 4), ("efficiency", "all"): Mean(60, 1)}
