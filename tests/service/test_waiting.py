"""What waits for the store: within its bound, counted when it is over, executions the first to be left out."""

from hypothesis import given
from hypothesis import strategies as st

from otel_quality.core.evaluations.record import Line, Transcript
from otel_quality.service.waiting import Room, Waiting
from tests.service.keeper import execution
from tests.store.samples import session

LONG = ("conv-1", Transcript((Line("user", "x" * 5_000),)))


@given(rounds=st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5), st.integers(0, 2)), max_size=8), most=st.integers(0, 20))
def test_what_waits_never_weighs_more_than_the_bound_and_nothing_goes_uncounted(rounds: list[tuple[int, int, int]], most: int) -> None:
    room, whole, offered = Room(most), Waiting(), 0
    for sessions, executions, texts in rounds:
        offered += sessions + executions + texts
        whole.add(room.take([session()] * sessions, [execution(1)] * executions, [], [LONG] * texts))
        assert room.so_far() == (whole.weight, offered - len(whole))
        assert whole.weight <= most
    room.give_back(whole.weight)
    assert room.so_far()[0] == 0


def test_executions_are_left_out_before_sessions() -> None:
    taken = Room(3).take([session()] * 3, [execution(1)], [], [])
    assert (len(taken.sessions), len(taken.executions)) == (3, 0)


def test_a_long_text_weighs_as_much_as_several_records() -> None:
    room = Room(6)
    assert room.take([], [], [], [LONG]).weight == 6
    assert len(room.take([session()], [], [], [])) == 0
    assert room.so_far() == (6, 1)


def test_one_by_one_holds_every_record_once_with_the_weight_of_all() -> None:
    whole = Room(100).take([session()] * 2, [execution(1)] * 3, [], [LONG])
    parts = list(whole.one_by_one())
    assert len(parts) == len(whole) == 6
    assert sum(part.weight for part in parts) == whole.weight
