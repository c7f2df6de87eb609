"""Words and patterns: what an answer says of itself, what a request asks for, what kind of error an output is."""

import time

import pytest

from otel_quality.vocabulary.signs import ERROR_CATEGORIES, TASK_TYPES, Features, error_category, exit_code, features, task_type


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", Features(0, False, False, 0, 0, False)),
        ("  Done.\n", Features(5, False, False, 1, 0, False)),
        ("done, completed and finished with success", Features(41, False, False, 1, 0, False)),
        ("Successfully saved to a.txt", Features(27, False, False, 2, 0, False)),
        ("Here is the output: 3", Features(21, False, False, 1, 0, False)),
        ("It failed: unable to connect, could not retry", Features(45, False, False, 0, 1, False)),
        ("```py\nx\n``` see https://example.org", Features(35, True, True, 0, 0, False)),
        ("Could you please provide your id?", Features(33, False, False, 0, 0, True)),
        ("Please provide your id.", Features(23, False, False, 0, 0, True)),
        ("Is that so?", Features(11, False, False, 0, 0, False)),
    ],
)
def test_features_of_an_answer(text: str, expected: Features) -> None:
    assert features(text) == expected


def test_of_a_huge_answer_the_beginning_and_the_end_are_read_in_bounded_time() -> None:
    text = "Done. " + "x" * 20_000_000 + " It failed. ```"
    start = time.process_time()
    found = features(text)
    assert time.process_time() - start < 1
    assert (found.characters, found.completion_signs, found.failure_signs, found.has_code) == (len(text), 1, 1, True)


@pytest.mark.parametrize(
    ("request_text", "expected"),
    [
        ("Please review my pull request", "code_review"),
        ("Why does it crash? Fix the bug in the parser", "debugging"),
        ("Implement a new feature: add support for CSV upload", "feature_impl"),
        ("Refactor the module and rename the helper, simplify it", "refactoring"),
        ("Write docstrings and update the README and the docs", "documentation"),
        ("Write unit tests with pytest, raise coverage", "testing"),
        ("Research the literature and summarize what is known", "research"),
        ("Deploy the release to production and roll out", "deployment"),
        ("Analyze the dataset: mean and median per table", "data_analysis"),
        ("Set up the kubernetes cluster with terraform and nginx", "infrastructure"),
        ("hello there", "general"),
        ("", "general"),
    ],
)
def test_the_task_type_is_that_of_most_words(request_text: str, expected: str) -> None:
    assert task_type(request_text) == expected


def test_there_are_eleven_task_types_and_nine_error_categories() -> None:
    assert (len(set(TASK_TYPES)), len(set(ERROR_CATEGORIES))) == (11, 9)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("bash: x: No such file or directory", "file_not_found"),
        ("FileNotFoundError: a.txt", "file_not_found"),
        ("open a: Permission denied", "permission_denied"),
        ("HTTP 403 Forbidden", "permission_denied"),
        ("ReadTimeout", "timeout"),
        ("the request timed out", "timeout"),
        ("openai.RateLimitError", "api_error"),
        ("HTTP 500", "api_error"),
        ("SyntaxError: invalid syntax", "syntax_error"),
        ("json.JSONDecodeError", "syntax_error"),
        ("Command failed", "command_failed"),
        ("ConnectionRefusedError", "network_error"),
        ("Could not resolve host", "network_error"),
        ("bash: foo: command not found", "tool_not_found"),
        ("Unknown tool: frobnicate", "tool_not_found"),
        ("something is off", "unknown"),
        ("", "unknown"),
    ],
)
def test_the_category_of_a_marked_error(text: str, expected: str) -> None:
    assert error_category(text, marked=True) == expected


@pytest.mark.parametrize(
    ("text", "marked", "expected"),
    [
        ("error: permission denied", False, ""),
        ("all well", None, ""),
        ("an error occurred", None, "unknown"),
        ("<returncode>0</returncode>\n<output>error.py: 3 failed</output>", None, ""),
        ("<returncode>1</returncode>\n<output></output>", None, "command_failed"),
        ("<returncode>2</returncode> No such file", None, "file_not_found"),
        ('{"exit_code": 1, "out": ""}', None, "command_failed"),
        ("<returncode>0</returncode>", True, "command_failed"),
    ],
)
def test_a_mark_comes_before_an_exit_code_and_that_before_words(text: str, marked: bool | None, expected: str) -> None:
    assert error_category(text, marked=marked) == expected


def test_an_exit_code_in_the_midst_of_a_long_output_is_none() -> None:
    assert exit_code("a" * 1000 + " exit code: 1 " + "b" * 1000) is None
    assert exit_code("a" * 1000 + " exit code: 1") == 1
