"""What labelled sessions teach: relative to their group, pooled over groups, honest with few labels."""

import json
import math
import zlib
from pathlib import Path

import numpy as np
import pytest

from otel_quality.core.sessions import calibrate, messages
from otel_quality.core.sessions.calibrate import Calibration, Labelled
from otel_quality.core.sessions.features import NAMES
from otel_quality.core.sessions.groups import Group, learn, nearest
from otel_quality.core.sessions.record import SessionRecord
from tests.core.sessions.steps import answer

SAMPLE = Path(__file__).parents[2] / "data" / "sessions" / "sample.jsonl"


def session(group: str, number: int, effort: int, *, success: bool) -> Labelled:
    """A session whose outcome its effort tells, relative to its group."""
    record = SessionRecord(
        f"{group}-{number}",
        group=group,
        api_calls=effort,
        tool_calls=effort,
        final=answer(),
        clues=frozenset({hash_of(group), 1, 1000 + number}),
    )
    return Labelled(record, success, f"{group}-task-{number // 2}")


def hash_of(group: str) -> int:
    return zlib.crc32(group.encode())


def group(name: str, usual: int, size: int) -> list[Labelled]:
    """Half of them with less than the usual effort, which succeed, half with more, which fail."""
    return [session(name, n, usual + (n % 5) + (0 if n % 2 else 6), success=n % 2 == 1) for n in range(size)]


TAUGHT = group("small work", 5, 60) + group("large work", 500, 60)


def test_effort_counts_relative_to_the_group() -> None:
    model = calibrate.fit(TAUGHT)
    assert model is not None
    easy, hard = session("large work", 900, 500, success=True), session("small work", 901, 12, success=False)
    assert model.probability(easy.record) > 0.6 > 0.4 > model.probability(hard.record)


def test_one_extreme_session_does_not_stretch_the_scale_of_its_group() -> None:
    usual = [session("g", n, 5 + n % 10, success=True).record for n in range(40)]
    place = NAMES.index("tool_calls")
    low, high = session("g", 90, 6, success=True).record, session("g", 91, 13, success=True).record
    plain, stretched = learn(usual), learn([*usual, session("g", 99, 100_000, success=False).record])
    for norms in (plain, stretched):
        assert norms.distance(high)[place] - norms.distance(low)[place] > 2
    assert abs(stretched.distance(session("g", 92, 10**6, success=False).record)[place]) < 2


def test_what_does_not_vary_in_a_group_or_is_not_known_says_nothing() -> None:
    norms = learn([session("g", n, 5, success=True).record for n in range(20)])
    away = norms.distance(session("g", 90, 50, success=True).record)
    assert (away[NAMES.index("tool_calls")], away[NAMES.index("output_tokens")]) == (0, 0)


def test_ranks_survive_json_also_where_many_values_are_equal() -> None:
    records = [session("g", n, 3 + n % 4, success=True).record for n in range(40)]
    norms = learn(records)
    again = Group.from_json(json.loads(json.dumps(norms.to_json())))
    assert all((again.distance(each) == norms.distance(each)).all() for each in records)


def test_a_session_without_a_group_is_compared_with_the_group_it_is_like() -> None:
    model = calibrate.fit(TAUGHT)
    assert model is not None
    record = SessionRecord("x", api_calls=500, tool_calls=500, final=answer(), clues=frozenset({hash_of("large work"), 1}))
    assert model.group_of(record) == "large work"
    assert model.group_of(SessionRecord("y", clues=frozenset({77}))) == ""


def test_a_session_like_no_group_has_a_probability_all_the_same() -> None:
    model = calibrate.fit(TAUGHT)
    assert model is not None
    assert 0 < model.probability(SessionRecord("x")) < 1


def test_a_small_group_leans_on_the_one_it_is_like() -> None:
    relatives = [
        Labelled(
            SessionRecord(
                f"kin-{n}", group="kin", api_calls=40 + n % 7, tool_calls=40, final=answer(), clues=frozenset({hash_of("small work")})
            ),
            n % 3 == 0,
        )
        for n in range(12)
    ]
    model = calibrate.fit(TAUGHT + relatives)
    assert model is not None
    assert (model.family["kin"], model.family["large work"]) == ("small work", "large work")


@pytest.mark.parametrize("labels", [0, 19])
def test_with_fewer_than_twenty_labels_it_is_not_calibrated(labels: int) -> None:
    assert calibrate.fit(TAUGHT[:labels]) is None
    assert calibrate.shortfall(TAUGHT[:labels]) == f"not calibrated: {labels} labelled sessions, 20 are needed"
    assert calibrate.cross_validate(TAUGHT[:labels]) is None


def test_with_one_kind_of_outcome_it_is_not_calibrated() -> None:
    assert calibrate.fit([each for each in TAUGHT if each.success]) is None


def test_the_model_survives_json() -> None:
    model = calibrate.fit(TAUGHT)
    assert model is not None
    again = Calibration.from_json(json.loads(json.dumps(model.to_json())))
    assert all(abs(again.probability(each.record) - model.probability(each.record)) < 1e-3 for each in TAUGHT)


def test_a_model_of_another_version_is_refused() -> None:
    model = calibrate.fit(TAUGHT)
    assert model is not None
    with pytest.raises(ValueError, match="fit it anew"):
        Calibration.from_json({**model.to_json(), "features": []})


def test_cross_validation_finds_what_is_there_and_tells_it_by_group() -> None:
    report = calibrate.cross_validate(TAUGHT)
    assert report is not None
    assert report.macro.auc > 0.9
    assert report.pooled.brier < report.pooled.brier_of_share
    assert set(report.groups) == {"small work", "large work"}
    assert sum(row.sessions for row in report.table) == len(TAUGHT)


def test_cross_validation_finds_nothing_where_nothing_is() -> None:
    twins = [Labelled(each.record, not each.success, each.unit) for each in TAUGHT]
    report = calibrate.cross_validate(TAUGHT + twins)
    assert report is not None
    assert report.pooled.auc == pytest.approx(0.5, abs=0.1)


def test_sessions_of_one_task_are_on_one_side() -> None:
    """A task whose sessions all have one outcome that nothing else tells cannot be predicted when it is held out as a whole."""
    labelled = [
        Labelled(SessionRecord(f"{task}-{n}", group="g", api_calls=task, final=answer(), clues=frozenset()), task % 2 == 0, f"t{task}")
        for task in range(40)
        for n in range(3)
    ]
    report = calibrate.cross_validate(labelled)
    assert report is not None
    assert report.pooled.auc < 0.7


def test_auc_counts_ties_half() -> None:
    rng = np.random.default_rng(1)
    said, success = rng.integers(0, 5, 60) / 5, rng.integers(0, 2, 60).astype(float)
    pairs = [
        (a > b) + (a == b) / 2 for a, up in zip(said, success, strict=True) if up for b, low in zip(said, success, strict=True) if not low
    ]
    assert calibrate.auc(said, success) == pytest.approx(sum(pairs) / len(pairs))
    assert math.isnan(calibrate.auc(said, np.ones(60)))


def test_the_table_says_how_many_came_true() -> None:
    (low, high) = calibrate.table(np.array([0.0, 0.05, 1.0]), np.array([0.0, 1.0, 1.0]))
    assert (low.sessions, low.succeeded, high.low, high.high, high.succeeded) == (2, 0.5, 0.9, 1.0, 1.0)


def test_real_sessions_find_their_group_without_being_told() -> None:
    records = [messages.record(json.loads(line)) for line in SAMPLE.read_text().splitlines()]
    names = {record.group for record in records}
    groups = {name: learn([record for record in records if record.group == name]) for name in names}
    assert sum(nearest(record, groups) == record.group for record in records) >= 22
