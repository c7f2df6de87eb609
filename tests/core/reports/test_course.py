"""Marks of a session's course."""

import pytest

from otel_quality.core.reports.course import course
from otel_quality.core.sessions.record import ToolUse


def marks(pattern: str) -> list[str]:
    """One execution per letter: upper case fails, the letter is its parameters."""
    return [
        stage.mark for stage in course(ToolUse("sh", letter.lower(), error="timeout" if letter.isupper() else "") for letter in pattern)
    ]


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("", []),
        ("ab", ["", ""]),
        ("Ab", ["error", "recovered"]),
        ("Abc", ["error", "recovered", ""]),
        ("AA", ["error", "same_again"]),
        ("aA", ["", "error"]),
        ("ABC", ["error", "error", "repeated"]),
        ("ABABAb", ["error", "error", "repeated", "repeated", "loop", "recovered"]),
        ("AbA", ["error", "recovered", "error"]),
    ],
)
def test_marks_tell_rows_of_failures_repetition_and_recovery(pattern: str, expected: list[str]) -> None:
    assert marks(pattern) == expected


def test_without_parameters_nothing_is_said_to_be_the_same() -> None:
    assert [stage.mark for stage in course([ToolUse("sh", error="timeout")] * 2)] == ["error", "error"]


def test_another_tool_with_the_same_parameters_is_another_call() -> None:
    assert [stage.mark for stage in course([ToolUse("a", "x", error="timeout"), ToolUse("b", "x", error="timeout")])] == ["error", "error"]
