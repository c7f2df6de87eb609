"""A generator keeps its protocol: send, throw, close, return value; its span ends once, and no context stays attached over a yield."""

import gc
import threading
from collections.abc import Generator, Iterator
from typing import Any

import pytest
from opentelemetry import trace

import otel_quality as oq
from tests.sdk.recorded import one, outcome, taken

wrap = oq.observe_llm(backend="b", model="m", task="code")
tracer = trace.get_tracer("user")


def current() -> bool:
    """Whether a span is current here."""
    return trace.get_current_span().get_span_context().is_valid


@wrap
def dialogue(count: int) -> Generator[Any, Any, list[Any]]:
    got: list[Any] = []
    try:
        for number in range(count):
            got.append((yield number))  # noqa: PERF401 - what is sent in is no comprehension's business
    except KeyError:
        got.append("thrown")
        yield "after"
    return got


def test_send_throw_and_return_value_reach_the_generator_and_the_consumer() -> None:
    talk = dialogue(3)
    assert next(talk) == 0
    assert talk.send("a") == 1
    assert talk.throw(KeyError()) == "after"
    with pytest.raises(StopIteration) as stopped:
        next(talk)
    assert stopped.value.value == ["a", "thrown"]
    assert outcome(one()) == "success"


def test_yield_from_an_observed_generator_gives_its_return_value() -> None:
    def outer() -> Generator[Any, Any, Any]:
        return (yield from dialogue(1))

    talk = outer()
    next(talk)
    with pytest.raises(StopIteration) as stopped:
        talk.send("x")
    assert stopped.value.value == ["x"]
    assert len(taken()) == 1


def test_an_exception_thrown_in_and_not_handled_comes_back_itself() -> None:
    talk, error = dialogue(2), RuntimeError("mine")
    next(talk)
    with pytest.raises(RuntimeError) as raised:
        talk.throw(error)
    assert raised.value is error
    assert outcome(one()) == "error"


def test_no_span_is_current_between_the_steps_and_ours_is_within() -> None:
    seen = []

    @wrap
    def steps() -> Iterator[int]:
        for number in range(3):
            seen.append(trace.get_current_span().get_span_context().span_id)
            yield number

    with tracer.start_as_current_span("consumer") as consumer:
        for _ in steps():
            assert trace.get_current_span() is consumer
    (ours,) = taken()
    assert set(seen) == {ours.context.span_id if ours.context else 0}
    assert ours.parent is not None
    assert ours.parent.span_id == consumer.get_span_context().span_id


def test_a_span_opened_by_the_generator_over_a_yield_stays_its_own() -> None:
    seen = []

    @wrap
    def steps() -> Iterator[int]:
        with tracer.start_as_current_span("inner") as inner:
            for number in range(2):
                yield number
                seen.append(trace.get_current_span() is inner)

    for _ in steps():
        assert not current()
    assert seen == [True, True]
    assert not current()
    taken()


@pytest.mark.parametrize("give_up", ["close", "drop"])
def test_a_generator_given_up_midway_is_abandoned_and_runs_its_finally(give_up: str) -> None:
    finished = []

    @wrap
    def steps() -> Iterator[int]:
        try:
            yield 1
            yield 2
        finally:
            finished.append(current())

    talk: Any = steps()
    next(talk)
    assert taken() == []
    if give_up == "close":
        talk.close()
    del talk
    assert outcome(one()) == "abandoned"
    assert finished == [True], "the generator's own clean-up runs under its span"


def test_a_generator_never_started_leaves_no_open_span() -> None:
    unused = dialogue(3)
    del unused
    closed = dialogue(3)
    closed.close()
    assert len(taken(collect=True)) == 0


def test_a_finished_generator_is_closed_again_without_a_second_span() -> None:
    talk = dialogue(1)
    assert list(talk) == [0]
    talk.close()
    del talk
    assert outcome(one()) == "success"


def test_a_generator_in_a_circle_ends_when_collected() -> None:
    class Holder:
        talk: Any = None

    holder = Holder()
    holder.talk, me = dialogue(3), holder
    next(holder.talk)
    me.__dict__["me"] = me
    del holder, me
    gc.collect()
    assert outcome(one()) == "abandoned"


def test_steps_in_different_threads_leave_no_context_in_any() -> None:
    talk = dialogue(4)
    left: list[bool] = []

    def step() -> None:
        next(talk)
        left.append(current())

    for _ in range(3):
        thread = threading.Thread(target=step)
        thread.start()
        thread.join()
    talk.close()
    assert left == [False] * 3
    assert outcome(one()) == "abandoned"
