"""Repeats are recognised as a plain set would, for at least as long and as many spans as promised."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from otel_quality.core.dedup import Config, Dedup, hashes
from otel_quality.core.observation import IDENTITY, Rows

SECOND = 10**9


def rows(*numbers: int) -> Rows:
    made = np.zeros(len(numbers), IDENTITY)
    made["trace_lo"] = made["span_id"] = np.array(numbers, np.uint64)
    return made


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(st.integers(0, 60), max_size=40), max_size=12))
def test_the_first_of_each_is_new_as_a_set_would_say(batches: list[list[int]]) -> None:
    dedup, known = Dedup(Config(), now_ns=0), set[int]()
    for numbers in batches:
        new = []
        for number in numbers:
            new.append(number not in known)
            known.add(number)
        assert dedup.new(rows(*numbers), now_ns=0).tolist() == new


def test_a_hundred_thousand_spans_are_told_apart_and_recognised() -> None:
    dedup = Dedup(Config(), now_ns=0)
    rng = np.random.default_rng(3)
    many = np.zeros(100_000, IDENTITY)
    for name in ("trace_hi", "trace_lo", "span_id"):
        many[name] = rng.integers(0, 2**64, len(many), np.uint64)
    assert all(dedup.new(piece, now_ns=0).all() for piece in np.array_split(many, 37))
    assert not dedup.new(many, now_ns=0).any()


def test_ids_in_sequence_do_not_collide() -> None:
    many = np.zeros(200_000, IDENTITY)
    many["trace_lo"] = np.arange(len(many)) // 10
    many["span_id"] = np.arange(len(many)) % 10
    assert len(np.unique(hashes(many))) == len(many)


def test_a_repeat_is_known_until_both_the_age_and_the_number_are_reached() -> None:
    dedup = Dedup(Config(min_age_s=10, min_spans=100, max_spans=1000), now_ns=0)
    dedup.new(rows(1), now_ns=0)
    dedup.new(rows(*range(1000, 1200)), now_ns=5 * SECOND)
    assert not dedup.new(rows(1), now_ns=9 * SECOND)[0], "many spans, but too young"
    dedup.new(rows(2000), now_ns=11 * SECOND)
    assert not dedup.new(rows(1), now_ns=20 * SECOND)[0], "in the elder generation"
    dedup.new(rows(*range(3000, 3200)), now_ns=30 * SECOND)
    assert dedup.new(rows(1), now_ns=31 * SECOND)[0], "forgotten at last"


def test_memory_is_bounded_whatever_the_age() -> None:
    dedup = Dedup(Config(min_age_s=10**6, min_spans=10, max_spans=500), now_ns=0)
    for start in range(0, 5000, 100):
        dedup.new(rows(*range(start, start + 100)), now_ns=0)
    assert dedup.new(rows(1), now_ns=0)[0]
    assert not dedup.new(rows(4999), now_ns=0)[0]
