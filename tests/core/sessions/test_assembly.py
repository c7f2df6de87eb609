"""Sessions out of steps: whose they are, when they close, what is bounded, and that order and cuts change nothing."""

from dataclasses import replace
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from otel_quality.core.sessions.assembly import SETTLE_NS, Config, Sessions
from otel_quality.core.sessions.part import NAMES, RUNS, Part
from otel_quality.core.sessions.record import SessionRecord
from otel_quality.core.step import Step
from otel_quality.vocabulary.outcomes import Outcome
from tests.core.sessions.steps import answer, assembled, step

S = 10**9
LATER = 10_000 * S
"""Now, long after everything is idle."""


def closed(*steps: Step, config: Config | None = None, now_ns: int = LATER) -> dict[str, SessionRecord]:
    sessions = Sessions(config or Config())
    sessions.add(steps, now_ns=0)
    return {record.id: record for record in sessions.close(now_ns=now_ns)}


def test_steps_of_one_conversation_are_one_session_over_all_its_traces() -> None:
    record = closed(step("llm", 1, trace=1, conversation="c"), step("tool", 2, 2.0, trace=2, conversation="c", tool="ls"))["c"]
    assert (record.api_calls, record.tool_calls, record.end_ns) == (1, 1, 2 * S)


def test_without_a_conversation_the_trace_of_an_agent_span_is_the_session() -> None:
    assert list(closed(step("llm", 1, trace=255, parent=2), step("agent", 2, 2.0, trace=255, agent="ezra"))) == [f"{255:032x}"]


def test_a_tool_span_without_a_conversation_belongs_to_that_of_its_trace() -> None:
    found = closed(step("tool", 1, tool="ls"), step("llm", 2, conversation="c"), step("tool", 3, tool="cat"), step("agent", 4, 2.0))
    assert {name: record.tool_calls for name, record in found.items()} == {"c": 2}


def test_calls_of_a_trace_without_agent_and_conversation_are_no_session() -> None:
    assert closed(step("llm", 1), step("tool", 2, tool="ls"), step("end", 3)) == {}


def test_the_end_of_the_root_agent_closes_and_that_of_a_sub_agent_does_not() -> None:
    assert closed(step("agent", 2, parent=1), now_ns=S) == {}
    assert closed(step("agent", 2, parent=1), step("agent", 1, 2.0), now_ns=S)[f"{1:032x}"].ended


def test_a_run_inside_a_web_request_closes_when_its_outermost_agent_has_ended_and_nothing_follows() -> None:
    run = (step("llm", 3, 2.0, parent=2, began=1.5), step("agent", 4, 3.0, parent=2, began=2.5), step("agent", 2, 4.0, parent=9, began=1.0))
    sessions = Sessions(Config())
    sessions.add(run[:2], now_ns=0)
    assert sessions.close(now_ns=SETTLE_NS) == [], "a sub-agent's end is not the session's"
    sessions.add(run[2:], now_ns=SETTLE_NS)
    assert sessions.close(now_ns=2 * SETTLE_NS - 1) == []
    (record,) = sessions.close(now_ns=2 * SETTLE_NS)
    assert (record.ended, record.revision, record.end_ns) == (True, 0, 4 * S)
    sessions.add([step("llm", 5, 5.0, conversation="", parent=9)], now_ns=3 * SETTLE_NS)
    assert sessions.close(now_ns=4 * SETTLE_NS) == [], "what comes later opens it again"
    (again,) = sessions.close(now_ns=LATER)
    assert (again.ended, again.revision, again.api_calls) == (False, 1, 2)


def test_the_outermost_agent_is_found_whichever_of_its_steps_name_the_conversation() -> None:
    named, nameless = step("llm", 3, 2.0, parent=2, conversation="c", began=1.5), step("agent", 2, 4.0, parent=9, began=1.0)
    assert closed(named, nameless, now_ns=SETTLE_NS)["c"].ended
    assert closed(named, nameless._replace(start_ns=named.end_ns), now_ns=SETTLE_NS) == {}


def test_a_session_that_goes_on_after_its_end_has_not_ended() -> None:
    sessions = Sessions(Config())
    sessions.add([step("llm", 1, conversation="c"), step("end", 2, 2.0, conversation="c", ends=True)], now_ns=0)
    assert [record.ended for record in sessions.close(now_ns=1)] == [True]
    sessions.add([step("llm", 3, 3.0, conversation="c")], now_ns=2)
    assert [record.ended for record in sessions.close(now_ns=LATER)] == [False]


def test_a_conversation_of_very_many_traces_is_closed_by_the_latest_run() -> None:
    steps = [step("agent", n, n / 10, trace=n, parent=9, conversation="c") for n in range(1, 500)]
    assert closed(*steps, now_ns=SETTLE_NS)["c"].ended
    assert len(Part(1).runs) == 0
    part = Part(1)
    for each in steps:
        part.take(each)
    assert len(part.runs) == RUNS


def test_a_name_that_finds_no_room_where_the_steps_of_a_conversation_and_of_its_traces_come_together_is_counted() -> None:
    sessions = Sessions(Config())
    named = [step("llm", n, 1.0, conversation="c", model=f"m{n}", backend="b") for n in range(1, NAMES + 1)]
    sessions.add([*named, step("llm", 90, 2.0, model="new", backend="b"), step("llm", 91, 3.0, model="m1", backend="b")], now_ns=0)
    (record,) = sessions.close(now_ns=LATER)
    assert (len(record.models), record.backends, record.api_calls) == (NAMES, ("b",), NAMES + 2)
    assert sessions.held().unkept_names == 1


def test_a_trace_that_was_given_and_turns_out_to_be_a_conversations_is_named_in_its_record() -> None:
    sessions = Sessions(Config())
    sessions.add([step("agent", 1, 5.0), step("tool", 2, 4.0, tool="ls")], now_ns=0)
    (first,) = sessions.close(now_ns=1)
    sessions.add([step("llm", 3, 4.5, conversation="c"), step("end", 4, 6.0, conversation="c", ends=True)], now_ns=2)
    (whole,) = sessions.close(now_ns=3)
    assert (whole.id, whole.absorbs, whole.tool_calls, whole.api_calls) == ("c", (first.id,), 1, 1)
    assert first.absorbs == ()


def test_a_session_that_is_told_to_end_closes_at_once() -> None:
    record = closed(step("llm", 1, conversation="c"), step("end", 2, 2.0, conversation="c", ends=True, success=False), now_ns=S)["c"]
    assert (record.ended, record.success) == (True, False)


def test_a_step_after_the_end_keeps_the_session_open_until_it_is_idle() -> None:
    steps = (step("end", 1, conversation="c", ends=True), step("llm", 2, 2.0, conversation="c"))
    assert closed(*steps, now_ns=S) == {}
    assert closed(*steps, now_ns=601 * S)["c"].api_calls == 1


def test_idleness_goes_by_event_time_where_time_goes_on_and_by_arrival_where_nothing_comes() -> None:
    sessions = Sessions(Config(idle_s=600))
    sessions.add([step("llm", 1, 100.0, conversation="a")], now_ns=0)
    sessions.add([step("llm", 2, 699.0, trace=2, conversation="b")], now_ns=1)
    assert sessions.close(now_ns=2) == []
    sessions.add([step("llm", 3, 700.0, trace=2, conversation="b")], now_ns=3)
    assert [record.id for record in sessions.close(now_ns=4)] == ["a"]
    assert [record.id for record in sessions.close(now_ns=600 * S + 3)] == ["b"]


def test_later_steps_open_it_again_and_the_revision_is_counted() -> None:
    sessions = Sessions(Config())
    sessions.add([step("agent", 1, 5.0)], now_ns=0)
    (first,) = sessions.close(now_ns=1)
    assert sessions.close(now_ns=LATER) == []
    sessions.add([step("tool", 2, 4.0, tool="ls", parent=1)], now_ns=2)
    (second,) = sessions.close(now_ns=3)
    assert ((first.revision, first.tool_calls), (second.revision, second.tool_calls)) == ((0, 0), (1, 1))
    assert (sessions.held().closings, sessions.held().revisions) == (2, 1)


def test_an_execution_that_the_caller_gave_up_is_neither_success_nor_error() -> None:
    record = closed(step("agent", 1, 3.0), step("tool", 2, tool="ls", outcome=Outcome.CANCELLED))[f"{1:032x}"]
    assert (record.tool_calls, record.tool_errors) == (0, 0)


def test_ten_thousand_tool_calls_are_counted_exactly_and_the_latest_are_kept() -> None:
    tools = [step("tool", n, n / 10, tool="ls", error="timeout" if n % 4 == 0 else "") for n in range(1, 10_001)]
    record = closed(*reversed(tools), step("agent", 20_000, 2000.0), config=Config(tool_uses=50))[f"{1:032x}"]
    assert (record.tool_calls, record.tool_errors, record.error_types) == (10_000, 2_500, (("timeout", 2_500),))
    assert [use.end_ns for use in record.tool_uses] == [each.end_ns for each in tools[-50:]]


def test_steps_of_nobody_are_forgotten_over_their_bound() -> None:
    sessions = Sessions(Config(waiting=100))
    sessions.add([step("llm", n, trace=n) for n in range(1_000)], now_ns=0)
    assert sessions.held().waiting <= 100
    assert sessions.held().waiting + sessions.held().forgotten == 1_000


def test_steps_of_nobody_are_forgotten_with_time() -> None:
    sessions = Sessions(Config(idle_s=10))
    sessions.close(now_ns=0)
    sessions.add([step("llm", 1)], now_ns=0)
    sessions.close(now_ns=10 * S)
    assert sessions.held().waiting == 1
    sessions.close(now_ns=20 * S)
    assert (sessions.held().waiting, sessions.held().forgotten) == (0, 1)


def test_over_the_bound_closed_sessions_go_first_and_open_ones_are_closed_as_they_stand() -> None:
    sessions = Sessions(Config(open=20))
    for n in range(10):
        sessions.add([step("agent", n, trace=n)], now_ns=n)
    sessions.close(now_ns=10)
    sessions.add([step("llm", 100 + n, trace=100 + n, conversation=f"c{n}") for n in range(20)], now_ns=20)
    assert sessions.close(now_ns=20) == []
    assert sessions.held().pushed_out == 10
    sessions.add([step("llm", 200, trace=200, conversation="one more")], now_ns=21)
    assert [record.id for record in sessions.close(now_ns=22)] == ["c0", "c1"]
    assert sessions.held().open == 19


def test_a_name_that_is_pushed_out_begins_anew() -> None:
    sessions = Sessions(Config(open=10))
    for n in range(40):
        sessions.add([step("llm", n, trace=n, conversation=f"c{n}"), step("tool", 100 + n, trace=n, tool="ls")], now_ns=n)
        assert sessions.held().open <= 11
    sessions.add([step("llm", 1000, trace=0, conversation="c0")], now_ns=50)
    assert [record.api_calls for record in sessions.close(now_ns=LATER) if record.id == "c0"] == [1, 1]


STEPS = st.builds(
    Step,
    kind=st.sampled_from(["llm", "tool", "agent", "end"]),
    trace_id=st.integers(1, 4),
    span_id=st.just(0),
    parent_id=st.sampled_from([0, 7]),
    start_ns=st.integers(1, 5),
    end_ns=st.integers(5, 12),
    outcome=st.sampled_from(Outcome),
    conversation=st.sampled_from(["", "", "a", "b"]),
    platform=st.sampled_from(["", "web"]),
    agent=st.sampled_from(["", "ezra", "sub"]),
    backend=st.sampled_from(["", "groq", "gemini"]),
    model=st.sampled_from(["", "m1", "m2"]),
    task=st.sampled_from(["", "code", "research"]),
    tool=st.sampled_from(["ls", "cat"]),
    confidence=st.none().map(lambda _: 0.5),
    error=st.sampled_from(["", "", "timeout", "unknown"]),
    input_tokens=st.integers(-1, 5),
    output_tokens=st.integers(-1, 5),
    cost_usd=st.sampled_from([float("nan"), 0.1, 0.25]),
    features=st.sampled_from([None, answer(10), answer(20, asks=True)]),
    task_type=st.sampled_from(["", "debugging", "testing"]),
    ends=st.booleans(),
    success=st.sampled_from([None, None, True, False]),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(STEPS, max_size=30), st.randoms(use_true_random=False), st.data())
def test_order_and_cuts_change_nothing(drawn: list[Step], random: Random, data: st.DataObject) -> None:
    steps = [each._replace(span_id=number) for number, each in enumerate(drawn, 1)]
    expected = assembled(steps, tool_uses=5)
    random.shuffle(steps)
    sessions = Sessions(Config(tool_uses=5))
    last: dict[str, SessionRecord] = {}
    while steps:
        size = data.draw(st.integers(1, len(steps)))
        sessions.add(steps[:size], now_ns=0)
        del steps[:size]
        if data.draw(st.booleans()):
            last |= {record.id: record for record in sessions.close(now_ns=1)}
    last |= {record.id: record for record in sessions.close(now_ns=LATER)}
    named = {name: replace(record, revision=0, absorbs=()) for name, record in last.items() if name in expected}
    assert named == expected
    assert last.keys() - expected.keys() <= {name for record in last.values() for name in record.absorbs}


@pytest.mark.parametrize("wrong", [{"idle_s": 0.0}, {"open": 9}, {"tool_uses": 0}, {"waiting": 0}])
def test_a_bound_that_is_none_is_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="idle_s"):
        Config(**wrong)  # type: ignore[arg-type]
