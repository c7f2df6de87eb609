"""Spans of a session as one conversation: nothing twice, nothing lost, in any order, within the bound."""

import random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from otel_quality.core.evaluations.record import Line
from otel_quality.core.sessions import transcript
from otel_quality.core.sessions.content import Content, Contents, Kind
from otel_quality.core.sessions.transcript import Message

LEAST = 4096


def said(role: str, text: str) -> Message:
    return (Line(role, text),)


def call(tool: str, arguments: str) -> Message:
    return (Line("call", arguments, tool),)


def result(text: str, tool: str = "") -> Message:
    return (Line("result", text, tool),)


Given = tuple[int, Kind, Content]


def joined(pieces: list[Given], *, max_bytes: int = LEAST) -> list[tuple[str, str, int]]:
    contents = Contents(max_bytes)
    for at, kind, content in pieces:
        contents.add((at, 1, at), kind, content)
    return [(line.role, line.text, line.message) for line in contents.transcript().lines]


def conversation(*turns: tuple[str, str]) -> list[Given]:
    """Calls that repeat the conversation each time, as chat completions do."""
    history: tuple[Message, ...] = ()
    pieces: list[Given] = []
    for number, (question, answer) in enumerate(turns):
        asked = (*history, said("user", question))
        history = (*asked, said("assistant", answer))
        pieces.append((number, "llm", Content(input=asked, output=(history[-1],))))
    return pieces


def test_a_conversation_that_each_request_repeats_is_told_once() -> None:
    assert joined(conversation(("a", "b"), ("c", "d"), ("c", "e"))) == [
        ("user", "a", 0),
        ("assistant", "b", 1),
        ("user", "c", 2),
        ("assistant", "d", 3),
        ("user", "c", 4),
        ("assistant", "e", 5),
    ]


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("xyz")), max_size=6), st.randoms(use_true_random=False))
def test_the_order_of_arrival_does_not_matter(turns: list[tuple[str, str]], order: random.Random) -> None:
    pieces = conversation(*turns)
    wanted = [(role, text) for question, answer in turns for role, text in (("user", question), ("assistant", answer))]
    order.shuffle(pieces)
    assert [line[:2] for line in joined(pieces)] == wanted


def test_parts_of_a_session_merge_to_what_they_are_together() -> None:
    pieces = conversation(("a", "b"), ("c", "d"), ("e", "f"))
    one, other = Contents(LEAST), Contents(LEAST)
    for number, (at, kind, content) in enumerate(pieces):
        (one, other)[number % 2].add((at, 1, at), kind, content)
    one.merge(other)
    assert [line.text for line in one.transcript().lines] == list("abcdef")


def test_requests_with_new_messages_alone_and_with_a_window_of_the_last_are_joined() -> None:
    alone: list[Given] = [
        (n, "llm", Content(input=(said("user", q),), output=(said("assistant", a),))) for n, (q, a) in enumerate(["ab", "cd"])
    ]
    assert [line[1] for line in joined(alone)] == list("abcd")
    whole = conversation(("a", "b"), ("c", "d"), ("e", "f"))
    window = [(at, kind, content._replace(input=content.input[-3:])) for at, kind, content in whole]
    assert joined(window) == joined(whole)


def test_a_second_span_of_the_same_call_tells_nothing_new() -> None:
    pieces = conversation(("a", "b"), ("c", "d"))
    twice = [(2 * at + more, kind, content) for at, kind, content in pieces for more in (0, 1)]
    assert joined(twice) == joined(pieces)


def test_instructions_beside_the_messages_are_told_once_and_count_as_none() -> None:
    system = said("system", "Be brief.")
    pieces = [(at, kind, content._replace(system=system)) for at, kind, content in conversation(("a", "b"), ("c", "d"))]
    assert joined(pieces)[:3] == [("system", "Be brief.", 0), ("user", "a", 0), ("assistant", "b", 1)]
    assert len(joined(pieces)) == 5


def test_a_tools_own_span_tells_what_no_call_of_a_model_tells() -> None:
    text_only: list[Given] = [
        (1, "llm", Content(input=(said("user", "q"),), output=(said("assistant", "I look."),))),
        (2, "tool", Content(output=(call("git", '{"path": "."}'), result("clean", "git")))),
        (3, "llm", Content(input=(said("user", "q"), said("assistant", "I look."), result("clean")), output=(said("assistant", "Done."),))),
    ]
    assert joined(text_only) == [
        ("user", "q", 0),
        ("assistant", "I look.", 1),
        ("call", '{"path": "."}', 1),
        ("result", "clean", 2),
        ("assistant", "Done.", 3),
    ]
    with_calls: list[Given] = [(1, "llm", Content(output=((*said("assistant", "I look."), *call("git", '{"path":"."}')),))), *text_only[1:]]
    assert [line[0] for line in joined(with_calls)].count("call") == 1


def test_an_agents_span_tells_what_nothing_else_does() -> None:
    agent: Given = (9, "agent", Content(input=(said("user", "goal"),), output=(said("assistant", "reached"),)))
    assert joined([agent]) == [("user", "goal", 0), ("assistant", "reached", 1)]
    assert joined([*conversation(("a", "b")), agent]) == [("user", "a", 0), ("assistant", "b", 1)]


def long(count: int) -> list[Given]:
    return conversation(*((f"q{n} " + "x" * 500, f"a{n} " + "y" * 500) for n in range(count)))


def test_over_the_bound_the_middle_goes_and_does_not_come_back() -> None:
    lines = joined(long(40))
    texts = [text for role, text, _ in lines if role != "system"]
    assert texts[0].startswith("q0 ")
    assert texts[-1].startswith("a39 ")
    assert len(texts) == len(set(texts)) < 80
    assert [number for *_, number in lines] == sorted(number for *_, number in lines)
    assert lines[-1][2] == 79, "messages are counted as the application counts them, what is left out included"


def test_what_is_held_is_bounded_however_long_the_session() -> None:
    contents = Contents(LEAST)
    most = 0
    for at, kind, content in long(200):
        contents.add((at, 1, at), kind, content)
        most = max(most, contents.size)
    assert most < 5 * LEAST
    kept: Any = contents.transcript()
    assert sum(map(transcript.size, kept.lines)) <= LEAST
    assert kept.cut > 150_000
