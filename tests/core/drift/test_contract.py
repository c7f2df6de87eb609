"""What every drift detector must keep, whatever it detects. A new detector joins DETECTORS."""

import random
from collections.abc import Callable

import numpy as np
import pytest

from otel_quality.core.drift import rules
from otel_quality.core.drift.detector import LEARNING, ROW, SEVERE, STABLE, Detector, Reading, Update
from otel_quality.core.observation import MISSING, Rows
from otel_quality.vocabulary.outcomes import Outcome
from otel_quality.vocabulary.stops import StopClass

DETECTORS: dict[str, Callable[[], Detector]] = {"rules": lambda: rules.Rules(rules.Config())}
every_detector = pytest.mark.parametrize("make", DETECTORS.values(), ids=DETECTORS)

SECOND = 10**9
ENOUGH = 600
"""Healthy responses after which any detector has stopped learning."""


def stream(n: int, *, seed: int = 1, start: int = 0, empty: float = 0.0, error: float = 0.0) -> Rows:
    """Responses of one key in event order, one a second."""
    rng = random.Random(seed)
    rows = np.zeros(n, ROW)
    for i, row in enumerate(rows):
        failed = rng.random() < error
        row["end_ns"], row["trace_lo"], row["span_id"] = (start + i + 1) * SECOND, start + i + 1, start + i + 1
        row["outcome"] = Outcome.ERROR if failed else Outcome.SUCCESS
        row["output_tokens"] = MISSING if failed else 0 if rng.random() < empty else rng.randrange(190, 210)
        row["stop"] = MISSING if failed else StopClass.STOP
        row["has_tools"] = row["has_tool_call"] = MISSING
    return rows


def feed(detector: Detector, rows: Rows, *, slot: int = 0, cuts: random.Random | None = None) -> list[Update]:
    detector.ensure(slot + 1)
    updates, at = [], 0
    while at < len(rows):
        size = len(rows) if cuts is None else cuts.choice((1, 3, 50, 400))
        piece = rows[at : at + size]
        updates.append(detector.update(np.full(len(piece), slot), piece))
        at += size
    return updates


def read(detector: Detector, slot: int = 0) -> Reading:
    (reading,) = detector.read(np.array([slot]))
    return reading


@every_detector
def test_a_new_slot_is_learning_and_has_no_reason(make: Callable[[], Detector]) -> None:
    detector = make()
    detector.ensure(3)
    assert detector.states().tolist() == [LEARNING] * 3
    assert (read(detector, 2).state, read(detector, 2).samples, read(detector, 2).reason) == (LEARNING, 0, "")


@every_detector
def test_a_healthy_key_becomes_stable(make: Callable[[], Detector]) -> None:
    detector = make()
    feed(detector, stream(ENOUGH))
    assert (read(detector).state, read(detector).reason) == (STABLE, "")


@every_detector
def test_a_broken_backend_is_found_with_a_reason_and_since_when(make: Callable[[], Detector]) -> None:
    detector = make()
    feed(detector, np.concatenate([stream(ENOUGH), stream(60, start=ENOUGH, empty=0.9)]))
    reading = read(detector)
    assert reading.state == SEVERE
    assert any(signal.fired for signal in reading.signals.values())
    assert reading.reason
    assert ENOUGH * SECOND < reading.since_ns <= (ENOUGH + 60) * SECOND


@every_detector
def test_it_recovers(make: Callable[[], Detector]) -> None:
    detector = make()
    feed(detector, np.concatenate([stream(ENOUGH), stream(60, start=ENOUGH, empty=0.9), stream(ENOUGH, start=ENOUGH + 60)]))
    assert read(detector).state == STABLE


@every_detector
@pytest.mark.parametrize("seed", range(4))
def test_readings_and_transitions_do_not_depend_on_the_cut(make: Callable[[], Detector], seed: int) -> None:
    rows = np.concatenate(
        [stream(300, seed=seed, error=0.1), stream(100, seed=seed, start=300, empty=0.3), stream(200, seed=seed, start=400)]
    )
    whole, pieces = make(), make()
    entered = [
        np.concatenate([u.entered for u in feed(d, rows, cuts=c)]).tolist() for d, c in ((whole, None), (pieces, random.Random(seed)))
    ]
    assert read(whole) == read(pieces)
    assert entered[0] == entered[1]


@every_detector
def test_slots_do_not_know_each_other(make: Callable[[], Detector]) -> None:
    alone, together = make(), make()
    mine, other = stream(200, empty=0.2), stream(200, seed=9, error=0.5)
    feed(alone, mine)
    together.ensure(2)
    for at in range(0, 200, 20):
        rows = np.concatenate([mine[at : at + 20], other[at : at + 20]])
        slots = np.repeat([0, 1], 20)
        order = np.argsort(rows["end_ns"], kind="stable")
        together.update(slots[order], rows[order])
    assert read(together, 0) == read(alone)


@every_detector
def test_an_update_names_the_slots_it_touched(make: Callable[[], Detector]) -> None:
    detector = make()
    detector.ensure(5)
    update = detector.update(np.array([3, 1, 3]), stream(3))
    assert update.slots.tolist() == [1, 3]
    assert update.late.tolist() == [False] * 3


@every_detector
def test_clearing_forgets_one_slot_only(make: Callable[[], Detector]) -> None:
    detector = make()
    bad = np.concatenate([stream(ENOUGH), stream(60, start=ENOUGH, empty=0.9)])
    feed(detector, bad, slot=0)
    feed(detector, bad, slot=1)
    detector.clear(np.array([0]))
    assert [read(detector, slot).state for slot in (0, 1)] == [LEARNING, SEVERE]
    feed(detector, stream(ENOUGH, start=2000))
    assert read(detector).state == STABLE


@every_detector
def test_transitions_are_those_of_severity(make: Callable[[], Detector]) -> None:
    detector = make()
    updates = feed(
        detector,
        np.concatenate([stream(ENOUGH), stream(60, start=ENOUGH, empty=0.9), stream(ENOUGH, start=ENOUGH + 60)]),
        cuts=random.Random(3),
    )
    states = [state for update in updates for _, state in update.entered.tolist()]
    assert SEVERE in states
    assert states[-1] == STABLE
    assert all(before != after for before, after in zip([STABLE, *states], states, strict=False))
