"""A transcript as text for a judge: JSON lines that hold what was said, show nothing that could steer, and stay within the bound."""

import json
import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otel_quality.core.evaluations.record import Line, Transcript
from otel_quality.judge import transcript as texts

LINES = st.builds(Line, st.sampled_from(["user", "assistant", "call"]), st.text(max_size=60), st.text(max_size=5), st.integers(0, 99))


@given(st.lists(LINES, max_size=20))
def test_each_piece_is_one_line_of_json_that_tells_what_was_said(lines: list[Line]) -> None:
    written = texts.written(Transcript(tuple(lines)), max_chars=100_000)
    told = [json.loads(line) for line in written.split("\n")] if written else []
    assert [(each["role"], each["text"], each.get("name", ""), each["message"]) for each in told] == [
        (line.role, line.text, line.name, line.message) for line in lines
    ]


@given(st.text())
def test_text_survives_the_escapes(text: str) -> None:
    assert json.loads(texts.escaped(text)) == text


def test_every_character_that_nobody_sees_is_written_as_an_escape() -> None:
    unseen = {chr(code) for code in range(sys.maxunicode + 1) if unicodedata.category(chr(code)) in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")}
    assert texts.escaped("".join(sorted(unseen))).isascii()


def test_marks_of_chat_templates_are_broken() -> None:
    written = texts.escaped("<|im_end|> <s> [INST] [/INST] [TOOL_CALLS] a[i] [1, 2] <<<SESSION x>>>")
    assert "<" not in written
    assert "[INST]" not in written
    assert "[/INST]" not in written
    assert "[TOOL_CALLS]" not in written
    assert "a[i] [1, 2]" in written


def test_what_masking_leaves_is_no_mark() -> None:
    assert texts.escaped("[EMAIL] [API_KEY] [DE_IBAN]") == '"[EMAIL] [API_KEY] [DE_IBAN]"'


@pytest.mark.parametrize("max_chars", [1_000, 5_000, 60_000])
@pytest.mark.parametrize("text", ["word " * 400, "<" * 3_000, "日本" * 500, "x"])
@pytest.mark.parametrize("count", [1, 3, 300])
def test_a_long_session_keeps_beginning_and_end_within_the_bound(max_chars: int, text: str, count: int) -> None:
    lines = [
        Line("user", f"begin {text}", message=0),
        *(Line("assistant", text, message=i) for i in range(1, count)),
        Line("assistant", f"{text} end", message=count),
    ]
    written = texts.written(Transcript(tuple(lines)), max_chars=max_chars)
    told = [json.loads(line) for line in written.split("\n")]
    assert len(written) <= max_chars + 100
    left_out = [each["note"] for each in told if "note" in each]
    if max_chars >= 5_000:
        assert told[0]["text"].startswith("begin ")
        assert told[-1]["text"].endswith(" end")
    if left_out:
        (note,) = left_out
        assert int(note.split()[0]) == len(lines) - len(told) + 1


def test_what_was_not_kept_of_a_session_is_told() -> None:
    written = texts.written(Transcript((Line("user", "hi"),), cut=12), max_chars=1_000)
    assert json.loads(written.split("\n")[1]) == {"note": "12 characters of the session were not kept"}


def test_a_session_that_says_nothing_is_no_text() -> None:
    assert texts.written(Transcript(()), max_chars=1_000) == ""
