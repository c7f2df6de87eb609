"""From tool steps to executions: what is told, what is taken from the trace, what is bounded."""

import datetime
import random

import pytest

from otel_quality.core import executions as room
from otel_quality.core.executions import WAIT_NS, Executions
from otel_quality.core.step import UNKNOWN_NS, Step
from otel_quality.core.tools.execution import Execution
from otel_quality.vocabulary.outcomes import Outcome
from tests.core.steps import BEGIN_NS, SECOND, agent, llm, tool

NOW = BEGIN_NS


def taken(*steps: Step) -> list[Execution]:
    found = Executions()
    found.add(steps, now_ns=NOW)
    return found.take(now_ns=NOW, all_of_them=True)


def test_an_execution_is_what_its_span_tells() -> None:
    (made,) = taken(
        tool(
            5,
            trace=7,
            at_s=3600 * 30,
            lasted_s=2,
            agent="ezra",
            model="claude",
            task="code",
            conversation="c",
            params_hash="0123456789abcdef",
            confidence=0.5,
            input_tokens=3,
            output_tokens=4,
            prediction_id="p",
        )
    )
    end = datetime.datetime.fromtimestamp(made.time_ns / 1e9, datetime.UTC)
    assert made == Execution(
        trace_id=f"{7:032x}",
        span_id=f"{5:016x}",
        time_ns=BEGIN_NS + 3600 * 30 * SECOND,
        tool="git",
        params_hash="0123456789abcdef",
        agent="ezra",
        model="claude",
        task_type="code",
        session="c",
        success=True,
        latency_ns=2 * SECOND,
        confidence=0.5,
        input_tokens=3,
        output_tokens=4,
        error="",
        hour=end.hour,
        weekday=end.weekday(),
        prediction_id="p",
    )


def test_what_nobody_tells_stays_unknown() -> None:
    (made,) = taken(tool(1)._replace(start_ns=UNKNOWN_NS))
    assert (made.agent, made.model, made.task_type, made.session) == ("", "", "general", "")
    assert (made.latency_ns, made.confidence, made.input_tokens) == (-1, None, -1)


@pytest.mark.parametrize(
    ("outcome", "success"), [(Outcome.SUCCESS, True), (Outcome.ERROR, False), (Outcome.TIMEOUT, False), (Outcome.REFUSAL, False)]
)
def test_whether_it_succeeded(outcome: Outcome, success: bool) -> None:
    assert taken(tool(1, outcome=outcome))[0].success is success


def test_a_failure_that_only_the_words_of_its_result_tell_is_one_here_as_in_the_sessions_grade() -> None:
    assert taken(tool(1, error="timeout"))[0].success is False


@pytest.mark.parametrize("outcome", [Outcome.CANCELLED, Outcome.ABANDONED])
def test_what_the_caller_gave_up_is_counted_and_teaches_nothing(outcome: Outcome) -> None:
    found = Executions()
    found.add([tool(1, agent="ezra", outcome=outcome)], now_ns=NOW)
    assert found.take(now_ns=NOW) == []
    assert found.cancelled == {("git", "ezra"): 1}


def test_the_agent_is_that_of_the_nearest_span_above() -> None:
    spans = [agent(1, name="outer"), agent(2, name="inner", parent=1), llm(3, parent=2), tool(4, parent=3), tool(5, parent=1)]
    for seed in range(5):
        random.Random(seed).shuffle(spans)
        assert {made.span_id[-1]: made.agent for made in taken(*spans)} == {"4": "inner", "5": "outer"}


def test_a_span_above_that_is_not_ours_is_bridged_where_the_trace_has_one_agent() -> None:
    assert taken(agent(1), tool(4, parent=99))[0].agent == "ezra"
    assert taken(agent(1), agent(2, name="other", parent=1), tool(4, parent=99))[0].agent == ""


def test_an_execution_without_its_agent_waits_for_it_but_not_for_ever() -> None:
    found = Executions()
    found.add([tool(4, parent=2), tool(5, parent=9), tool(6)], now_ns=NOW)
    assert [made.span_id[-1] for made in found.take(now_ns=NOW)] == ["6"], "no span above: nothing to wait for"
    found.add([agent(2)], now_ns=NOW + 1)
    assert [(made.span_id[-1], made.agent) for made in found.take(now_ns=NOW + 1)] == [("4", "ezra")]
    assert found.take(now_ns=NOW + WAIT_NS - 1) == []
    assert [made.span_id[-1] for made in found.take(now_ns=NOW + WAIT_NS)] == ["5"]
    assert found.take(now_ns=NOW + WAIT_NS) == []


def test_model_and_task_are_those_of_the_latest_call_of_the_session() -> None:
    calls = [llm(1, at_s=1, model="early", conversation="c", task="code"), llm(2, at_s=2, model="late", conversation="c", task="code")]
    other = llm(3, at_s=3, model="other", conversation="d", trace=2)
    for order in (calls, calls[::-1]):
        (made,) = taken(*order, other, tool(4, at_s=4, conversation="c", trace=9))
        assert (made.model, made.task_type) == ("late", "code")


def test_a_call_that_ended_later_asked_for_no_execution_before_it() -> None:
    steps = [
        llm(1, at_s=1, model="big", conversation="c", task="code"),
        tool(2, at_s=1, conversation="c"),
        llm(3, at_s=3, model="small", conversation="c", task="fast_ops"),
        tool(4, at_s=4, conversation="c"),
        llm(5, at_s=5, model="big", conversation="c", task="code"),
    ]
    for _ in range(20):
        random.shuffle(steps)
        made = {each.span_id[-1]: (each.model, each.task_type) for each in taken(*steps)}
        assert made == {"2": ("big", "code"), "4": ("small", "fast_ops")}


@pytest.mark.parametrize(
    ("first", "then", "model"),
    [
        ([llm(1, at_s=1, model="a")], [llm(3, at_s=3, model="b")], "a"),
        ([llm(1, at_s=1, model="a")], [llm(3, at_s=2, model="b")], "b"),
        ([], [llm(3, at_s=1, model="b")], "b"),
        ([], [llm(3, at_s=9, model="b")], "b"),
        ([llm(1, at_s=1, model="a")], [], "a"),
    ],
)
def test_an_execution_that_waits_for_its_agent_keeps_the_call_before_it(first: list[Step], then: list[Step], model: str) -> None:
    found = Executions()
    found.add([*first, tool(4, at_s=2, parent=2)], now_ns=NOW)
    assert found.take(now_ns=NOW) == []
    found.add([*then, agent(2, at_s=10)], now_ns=NOW + 1)
    assert [(made.agent, made.model) for made in found.take(now_ns=NOW + 1)] == [("ezra", model)]


def test_the_inferred_type_stands_where_no_task_is_told() -> None:
    (made,) = taken(llm(1, conversation="c", task_type="debugging"), tool(4, conversation="c"))
    assert made.task_type == "debugging"


def test_the_session_is_the_conversation_of_the_trace_else_the_trace_of_an_agent() -> None:
    assert taken(llm(1, conversation="c"), tool(4))[0].session == "c"
    assert taken(agent(1), tool(4, parent=1))[0].session == f"{1:032x}"
    assert taken(tool(4))[0].session == ""


def test_bounds_hold_and_what_they_drop_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("MAX_TRACES", "MAX_SESSIONS", "MAX_SPANS", "MAX_READY", "MAX_LABELS"):
        monkeypatch.setattr(room, name, 5)
    found = Executions()
    for number in range(1, 40):
        found.add(
            [agent(number, trace=number, conversation=f"c{number}"), llm(number + 100, trace=number, conversation=f"c{number}")], now_ns=NOW
        )
        found.add([tool(number + 200, trace=number), tool(number + 300, trace=1, name=f"t{number}", outcome=Outcome.CANCELLED)], now_ns=NOW)
    assert len(found.take(now_ns=NOW, all_of_them=True)) == 5
    assert found.dropped == 34
    assert (len(found.cancelled), found.cancelled.total(), found.overflow) == (6, 39, 34)
