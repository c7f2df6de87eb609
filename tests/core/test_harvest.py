"""What the engine hands on of sessions and tools: each span once, whatever the batches, and nothing is lost at the end."""

from collections.abc import Sequence

import numpy as np
import pytest

from otel_quality.core import executions
from otel_quality.core.engine import Config, Engine
from otel_quality.core.observation import IDENTITY, RESPONSE, Batch
from otel_quality.core.sessions.assembly import Config as SessionsConfig
from otel_quality.core.sessions.part import NAMES
from otel_quality.core.step import UNKNOWN_NS, Step
from otel_quality.vocabulary.outcomes import Outcome
from tests.core.slow import Call
from tests.core.slow import batch as batch_of_calls
from tests.core.steps import BEGIN_NS, SECOND, agent, llm, step, tool

NOW = BEGIN_NS + 1000 * SECOND


def batch(*steps: Step) -> Batch:
    """Steps as wire would hand them over."""
    others = [each for each in steps if each.kind != "llm"]
    identities = np.zeros(len(others), IDENTITY)
    for row, each in zip(identities, others, strict=True):
        row["end_ns"], row["trace_lo"], row["span_id"] = each.end_ns, each.trace_id, each.span_id
    calls = [each for each in steps if each.kind == "llm"]
    rows = batch_of_calls([Call(end_ns=each.end_ns, trace=each.trace_id, span=each.span_id) for each in calls])
    return Batch(
        rows.responses if calls else np.zeros(0, RESPONSE),
        rows.keys,
        dialects=rows.dialects,
        others=identities,
        steps=others,
        calls=dict(enumerate(calls)),
    )


def fed(batches: Sequence[Batch], config: Config | None = None) -> Engine:
    engine = Engine(config or Config(), now_ns=NOW)
    for each in batches:
        engine.apply(each, now_ns=NOW)
    return engine


RUN = (
    llm(1, at_s=1, conversation="c", parent=9),
    tool(2, at_s=2, conversation="c", parent=9),
    llm(3, at_s=3, conversation="c", parent=9),
    tool(4, at_s=4, conversation="c", parent=9, error="timeout", outcome=Outcome.TIMEOUT),
    agent(9, at_s=5, conversation="c"),
)


def test_a_run_is_one_session_and_its_executions_however_it_is_cut_and_repeated() -> None:
    whole = fed([batch(*RUN)]).harvest(now_ns=NOW)
    pieces = fed([batch(each) for each in (*RUN, *RUN[::-1])]).harvest(now_ns=NOW)
    twice_at_once = fed([batch(*RUN, *RUN)]).harvest(now_ns=NOW)
    assert whole == pieces == twice_at_once
    (session,) = whole.sessions
    assert (session.id, session.api_calls, session.tool_calls, session.tool_errors, session.ended) == ("c", 2, 2, 1, True)
    assert [(made.agent, made.success, made.session) for made in whole.executions] == [("ezra", True, "c"), ("ezra", False, "c")]


def test_a_harvest_is_empty_until_something_new_has_come() -> None:
    engine = fed([batch(*RUN)])
    engine.harvest(now_ns=NOW)
    again = engine.harvest(now_ns=NOW)
    assert (again.sessions, again.executions) == ([], [])
    engine.apply(batch(tool(6, at_s=6, conversation="c"), step("end", 7, at_s=7, conversation="c", ends=True)), now_ns=NOW)
    later = engine.harvest(now_ns=NOW)
    assert [(session.revision, session.tool_calls) for session in later.sessions] == [(1, 3)]
    assert len(later.executions) == 1


def test_the_last_harvest_holds_what_is_still_open() -> None:
    engine = fed([batch(llm(1, conversation="c"), tool(2, conversation="c", parent=99))])
    now = engine.harvest(now_ns=NOW)
    assert (now.sessions, now.executions) == ([], [])
    last = engine.harvest(now_ns=NOW, last=True)
    assert [(session.id, session.ended, session.revision) for session in last.sessions] == [("c", False, 0)]
    assert len(last.executions) == 1


def test_an_idle_session_closes_by_itself() -> None:
    engine = fed([batch(llm(1, conversation="c"))], Config(sessions=SessionsConfig(idle_s=10)))
    assert engine.harvest(now_ns=NOW).sessions == []
    engine.apply(batch(llm(2, conversation="d", trace=2, at_s=11)), now_ns=NOW)
    assert [session.id for session in engine.harvest(now_ns=NOW).sessions] == ["c"]


def test_a_step_from_the_future_ends_when_it_arrives() -> None:
    engine = fed([batch(tool(1, at_s=10_000, conversation="c"))])
    (made,) = engine.harvest(now_ns=NOW, last=True).executions
    assert made.time_ns == NOW


def test_steps_change_no_score() -> None:
    calls = [Call(trace=number, span=number) for number in range(1, 30)]
    plain, with_steps = batch_of_calls(calls), batch_of_calls(calls)
    with_steps = Batch(with_steps.responses, with_steps.keys, dialects=with_steps.dialects, calls={0: RUN[0], 5: RUN[2]})
    assert fed([plain]).tick(now_ns=NOW).by_model == fed([with_steps]).tick(now_ns=NOW).by_model


def test_a_cancelled_tool_is_counted_with_the_next_tick() -> None:
    engine = fed([batch(tool(1, conversation="c", agent="ezra", outcome=Outcome.CANCELLED))])
    assert engine.harvest(now_ns=NOW).executions == []
    assert engine.tick(now_ns=NOW).counters.cancelled_tools == {("git", "ezra"): 1}


def test_what_a_bound_dropped_and_sessions_given_again_are_in_the_snapshot(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(executions, "MAX_READY", 1)
    monkeypatch.setattr(executions, "MAX_LABELS", 1)
    engine = fed([batch(*(tool(number, at_s=number, conversation="c", agent="ezra") for number in range(1, 4)))])
    engine.apply(batch(*(tool(number, name=f"t{number}", outcome=Outcome.CANCELLED) for number in (7, 8))), now_ns=NOW)
    engine.harvest(now_ns=NOW, last=True)
    engine.apply(batch(tool(9, at_s=9, conversation="c")), now_ns=NOW)
    engine.harvest(now_ns=NOW, last=True)
    seen = engine.tick(now_ns=NOW)
    assert seen.counters.dropped == {"execution": 2, "session": 0, "tool_use": 0, "name": 0, "waiting_span": 0}
    assert seen.counters.session_revisions == 1
    assert seen.intake.overflow["cancelled_tool"] == 1


def test_what_sessions_hold_and_what_their_bounds_cost_is_in_the_snapshot() -> None:
    engine = fed([], Config(sessions=SessionsConfig(open=10, tool_uses=2, waiting=10)))
    engine.apply(
        batch(*(tool(number, at_s=number, conversation="c") for number in range(1, 6)), agent(9, at_s=9, conversation="c")), now_ns=NOW
    )
    engine.harvest(now_ns=NOW)
    engine.apply(batch(tool(10, at_s=10, conversation="c"), *(tool(n, trace=n) for n in range(20, 33))), now_ns=NOW)
    seen = engine.tick(now_ns=NOW)
    assert (seen.windows["open_session"], seen.windows["closed_session"]) == (1, 0)
    assert (seen.counters.dropped["tool_use"], seen.windows["waiting_span"] + seen.counters.dropped["waiting_span"]) == (3, 13)
    assert seen.windows["waiting_span"] <= 10
    engine.harvest(now_ns=NOW, last=True)
    assert engine.tick(now_ns=NOW).counters.dropped["tool_use"] == 4, "each of them once, also where a session is given again"


def test_a_name_that_a_session_has_no_room_for_is_counted_each_time_it_came_up_and_once_where_the_session_is_given_again() -> None:
    engine = fed([batch(*(tool(number, at_s=number, conversation="c", agent=f"a{number}") for number in range(1, NAMES + 1)))])
    engine.harvest(now_ns=NOW, last=True)
    assert engine.tick(now_ns=NOW).counters.dropped["name"] == 0
    engine.apply(batch(*(tool(100 + number, at_s=90, conversation="c", agent=f"b{number % 3}") for number in range(6))), now_ns=NOW)
    engine.harvest(now_ns=NOW, last=True)
    engine.apply(batch(tool(200, at_s=91, conversation="c", agent="a1")), now_ns=NOW)
    (session,) = engine.harvest(now_ns=NOW, last=True).sessions
    assert engine.tick(now_ns=NOW).counters.dropped["name"] == 6
    assert (len(session.agents), session.tool_calls) == (NAMES, NAMES + 7), "what it did counts all the same"


@pytest.mark.parametrize("start_ns", [UNKNOWN_NS, 2**64 - 1])
def test_a_step_without_a_start_or_with_one_after_its_end_begins_when_it_ends_and_took_nobody_knows_how_long(start_ns: int) -> None:
    engine = fed([batch(tool(1, at_s=3, conversation="c")._replace(start_ns=start_ns))])
    harvest = engine.harvest(now_ns=NOW, last=True)
    (session,) = harvest.sessions
    assert harvest.executions[0].latency_ns == -1
    assert (session.start_ns, session.end_ns) == (BEGIN_NS + 3 * SECOND, BEGIN_NS + 3 * SECOND)
    assert session.tool_uses[0].latency_ns == -1
