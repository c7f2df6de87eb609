"""Text of open sessions: given with the record, let go, and bounded over all sessions."""

from otel_quality.core.evaluations.record import Line, Transcript
from otel_quality.core.sessions.assembly import Config, Sessions
from otel_quality.core.sessions.content import Content
from otel_quality.core.sessions.transcript import Config as ContentConfig
from otel_quality.core.step import Step
from tests.core.steps import BEGIN_NS, SECOND, agent, llm, step, tool

NOW = BEGIN_NS + 1000 * SECOND


def said(*texts: str, answer: str = "") -> Content:
    return Content(input=tuple((Line("user", text),) for text in texts), output=((Line("assistant", answer),),) if answer else ())


def closed(sessions: Sessions, *steps: Step) -> dict[str, Transcript]:
    sessions.add(steps, now_ns=NOW)
    sessions.close(now_ns=NOW)
    return dict(sessions.texts())


def texts(transcript: Transcript) -> list[str]:
    return [line.text for line in transcript.lines]


def test_a_session_tells_its_text_when_it_closes_and_later_only_what_is_new() -> None:
    sessions = Sessions(Config())
    talk = llm(1, at_s=1, conversation="c", content=said("a", answer="b"))
    assert closed(sessions, talk) == {}
    assert texts(closed(sessions, step("end", 2, at_s=2, conversation="c"))["c"]) == ["a", "b"]
    assert closed(sessions) == {}
    later = llm(3, at_s=3, conversation="c", content=said("c", answer="d"))
    assert texts(closed(sessions, later, step("end", 4, at_s=4, conversation="c"))["c"]) == ["c", "d"]
    assert "c" not in closed(sessions, tool(5, at_s=5, conversation="c"), step("end", 6, at_s=6, conversation="c")), "nothing new was said"


def test_what_waited_for_its_session_is_told_with_it() -> None:
    sessions = Sessions(Config())
    sessions.add([llm(1, at_s=1, parent=9, content=said("a", answer="b"))], now_ns=NOW)
    given = closed(sessions, llm(2, at_s=2, parent=9, content=said("a", "b2", answer="c")), agent(9, at_s=3))
    assert texts(given[f"{1:032x}"]) == ["a", "b", "b2", "c"]


def test_parts_of_a_conversation_in_several_traces_are_one_text() -> None:
    sessions = Sessions(Config())
    steps = [
        llm(1, at_s=1, trace=1, conversation="c", content=said("a", answer="b")),
        llm(2, at_s=2, trace=1, parent=9, content=said("c", answer="d")),
        llm(3, at_s=3, trace=2, conversation="c", content=said("e", answer="f")),
        step("end", 4, at_s=4, trace=2, conversation="c"),
    ]
    for order in (steps, steps[::-1]):
        assert texts(closed(Sessions(Config()), *order)["c"]) == list("abcdef")
    assert closed(sessions) == {}


def test_text_over_the_bound_of_all_is_dropped_and_counted_and_room_comes_back() -> None:
    sessions = Sessions(Config(), ContentConfig(max_bytes=4096, open_bytes=8192))
    big = "x" * 3000
    steps = [llm(number, at_s=number, conversation=f"c{number}", content=said(f"{number} {big}")) for number in range(1, 5)]
    sessions.add(steps, now_ns=NOW)
    assert sessions.held().unheard == 2
    ends = [step("end", 10 + number, at_s=10, conversation=f"c{number}") for number in range(1, 5)]
    assert set(closed(sessions, *ends)) == {"c1", "c2"}
    assert sessions.held().closings == 4, "the sessions themselves count all the same"
    sessions.add([llm(21, at_s=21, conversation="c9", content=said(f"9 {big}"))], now_ns=NOW)
    assert sessions.held().unheard == 2


def test_text_of_steps_that_wait_counts_too_and_is_forgotten_with_them() -> None:
    sessions = Sessions(Config(idle_s=10), ContentConfig(max_bytes=4096, open_bytes=8192))
    big = "x" * 3000
    sessions.close(now_ns=NOW)
    sessions.add([llm(number, trace=number, at_s=1, parent=9, content=said(f"{number} {big}")) for number in range(1, 5)], now_ns=NOW)
    assert sessions.held().unheard == 2
    for turn in (1, 2, 3):
        sessions.close(now_ns=NOW + turn * 11 * SECOND)
    sessions.add([llm(9, trace=99, at_s=1, parent=9, content=said(big))], now_ns=NOW)
    assert sessions.held().unheard == 2
