"""What a session said: lines of every shape, cut in the middle, told twice and kept once."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otel_quality.core.evaluations.record import Line, Transcript
from otel_quality.core.sessions import transcript
from otel_quality.core.sessions.transcript import Config

LEAST = 4096
CALL = {"id": "c1", "type": "function", "function": {"name": "git_status", "arguments": '{"path": "."}'}}
OPENAI = [
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": "Is the tree clean?"},
    {"role": "assistant", "content": "I look.", "tool_calls": [CALL]},
    {"role": "tool", "tool_call_id": "c1", "content": "clean"},
    {"role": "assistant", "content": "It is."},
]
ANTHROPIC = [
    {"role": "user", "content": "Is the tree clean?"},
    {
        "role": "assistant",
        "content": [{"type": "text", "text": "I look."}, {"type": "tool_use", "id": "c1", "name": "git_status", "input": {"path": "."}}],
    },
    {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "c1", "content": "clean"}, {"type": "text", "text": "Well?"}]},
    {"role": "assistant", "content": "It is."},
]


def lines(*said: tuple[str, str]) -> tuple[Line, ...]:
    return tuple(Line(role, text, message=number) for number, (role, text) in enumerate(said))


def test_lines_tell_who_says_what_and_which_message_of_the_list_it_is() -> None:
    assert transcript.of_messages(OPENAI, max_bytes=LEAST).lines == (
        Line("system", "Be brief.", message=0),
        Line("user", "Is the tree clean?", message=1),
        Line("assistant", "I look.", message=2),
        Line("call", '{"path": "."}', "git_status", 2),
        Line("result", "clean", "git_status", 3),
        Line("assistant", "It is.", message=4),
    )


def test_a_message_that_answers_a_tool_and_says_something_is_one_message() -> None:
    assert [(line.role, line.name, line.message) for line in transcript.of_messages({"messages": ANTHROPIC}, max_bytes=LEAST).lines] == [
        ("user", "", 0),
        ("assistant", "", 1),
        ("call", "git_status", 1),
        ("result", "git_status", 2),
        ("user", "", 2),
        ("assistant", "", 3),
    ]


def test_what_is_no_session_is_refused_with_the_message_that_is_wrong() -> None:
    with pytest.raises(ValueError, match="message 1 has no role"):
        transcript.of_messages([{"role": "user", "content": "x"}, {"content": "y"}], max_bytes=LEAST)


@pytest.mark.parametrize("odd", [[], {}, 5, None])
def test_a_type_that_is_no_word_says_nothing(odd: object) -> None:
    session = [{"role": "user", "type": odd, "content": [{"type": odd, "text": "hi"}]}]
    assert transcript.of_messages(session, max_bytes=LEAST).lines == (Line("user", "hi"),)


def test_what_no_database_takes_is_replaced() -> None:
    (line,) = transcript.of_messages([{"role": "user", "content": "a\0b\ud800c"}], max_bytes=LEAST).lines
    assert line.text == "a\ufffdb?c"


def test_over_the_bound_beginning_and_end_stay_and_a_line_says_what_is_missing() -> None:
    said = [
        Line("user", "the request", message=0),
        *(Line("assistant", "x" * 1000, message=n) for n in range(1, 20)),
        Line("user", "the end"),
    ]
    cut = transcript.bounded(said, max_bytes=LEAST)
    assert cut.lines[0].text == "the request"
    assert cut.lines[-1].text == "the end"
    (gap,) = [line for line in cut.lines if line.role == "system"]
    assert gap.text == f"[{cut.cut:,} characters left out]"
    assert cut.cut == sum(len(line.text) for line in said) - sum(len(line.text) for line in cut.lines if line is not gap)


def test_one_long_line_loses_its_middle() -> None:
    (line,) = transcript.bounded([Line("result", "a" * 5000 + "é" * 5000 + "z" * 5000, "bash")], max_bytes=LEAST).lines
    assert line.text.startswith("aaa")
    assert line.text.endswith("zzz")
    assert "characters left out]" in line.text


LINES = st.lists(
    st.builds(
        Line, st.sampled_from(["user", "assistant", "call", "result"]), st.text(max_size=3000), st.text(max_size=300), st.integers(0, 9)
    ),
    max_size=30,
)


@given(LINES)
def test_a_transcript_is_never_over_its_bound_and_accounts_for_every_character(said: list[Line]) -> None:
    cut = transcript.bounded(said, max_bytes=LEAST)
    assert sum(map(transcript.size, cut.lines)) <= LEAST
    if sum(map(transcript.size, said)) <= LEAST:
        assert cut == Transcript(tuple(said))
    told = sum(len(line.text) for line in cut.lines)
    assert cut.cut >= 0
    assert told + cut.cut >= sum(len(line.text) for line in said)


def test_a_conversation_that_goes_on_is_joined_without_repeats() -> None:
    known = Transcript(lines(("user", "a"), ("assistant", "b")), {"EMAIL": 2})
    whole = Transcript(lines(("user", "a"), ("assistant", "b "), ("user", "c"), ("assistant", "d")), {"EMAIL": 3})
    assert transcript.joined(known, whole, max_bytes=LEAST) == whole
    last = Transcript(lines(("user", "c"), ("assistant", "d")), {"JWT": 1})
    assert transcript.joined(known, last, max_bytes=LEAST) == Transcript(
        lines(("user", "a"), ("assistant", "b"), ("user", "c"), ("assistant", "d")), {"EMAIL": 2, "JWT": 1}
    )


@given(st.lists(st.sampled_from("abc"), max_size=8), st.integers(0, 8))
def test_telling_a_session_again_changes_nothing(said: list[str], part: int) -> None:
    whole = Transcript(lines(*(("user", word) for word in said)))
    assert transcript.joined(whole, whole, max_bytes=LEAST) == whole
    assert transcript.joined(Transcript(whole.lines[:part]), whole, max_bytes=LEAST) == whole
    assert transcript.joined(whole, Transcript(whole.lines[part:]), max_bytes=LEAST) == whole


def test_what_was_cut_is_not_told_behind_the_end_when_it_comes_again() -> None:
    said = [Line("user", str(n) * 900, message=n) for n in range(10)]
    known = transcript.bounded(said, max_bytes=LEAST)
    longer = transcript.bounded([*said, Line("assistant", "the end", message=10)], max_bytes=LEAST)
    assert transcript.joined(known, longer, max_bytes=LEAST).lines == longer.lines


@pytest.mark.parametrize("wrong", [{"max_bytes": 4095}, {"max_bytes": 1 << 30}, {"open_bytes": 4096}])
def test_settings_out_of_range_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="max_bytes"):
        Config(**wrong)


@pytest.mark.parametrize("around", [" {} ", '{{"key":"{}","n":1}}', "token={}&x=1&", "{}\n"])
def test_a_line_is_cut_between_words_so_that_no_part_of_a_secret_escapes_its_mask(around: str) -> None:
    secret = "".join(f"{number:03d}-" for number in range(30))
    for shift in range(0, 130, 7):
        (line,) = transcript.of_messages([{"role": "user", "content": "x" * shift + around.format(secret) * 200}], max_bytes=4096).lines
        assert "left out" in line.text
        rest = line.text.replace(secret, "")
        assert not re.search(r"\d{3}-", rest.replace(" characters left out", "")), rest
