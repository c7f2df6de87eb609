"""The rules at every threshold, and against an obvious slow version."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from otel_quality.core.sessions.grade import grade
from otel_quality.core.sessions.record import SessionRecord
from otel_quality.vocabulary.signs import Features

LONG_ENOUGH = Features(20, False, False, 0, 0, False)
GOOD = SessionRecord("s", api_calls=100, tool_calls=10, final=LONG_ENOUGH)


def final(**changes: Any) -> SessionRecord:
    return replace(GOOD, final=replace(LONG_ENOUGH, **changes))


@pytest.mark.parametrize(
    ("record", "completed"),
    [
        (GOOD, True),
        (replace(GOOD, tool_errors=10), True),
        (replace(GOOD, tool_errors=11), False),
        (replace(GOOD, tool_errors=11, final=replace(LONG_ENOUGH, completion_signs=1)), True),
        (replace(GOOD, tool_errors=30, final=replace(LONG_ENOUGH, completion_signs=1)), True),
        (replace(GOOD, tool_errors=31, final=replace(LONG_ENOUGH, completion_signs=1)), False),
        (replace(GOOD, tool_errors=31, final=replace(LONG_ENOUGH, completion_signs=2)), True),
        (final(characters=19), False),
        (final(characters=19, completion_signs=1), True),
        (final(failure_signs=1), False),
        (final(failure_signs=1, completion_signs=1), True),
        (final(failure_signs=1, completion_signs=1, characters=0), False),
        (replace(GOOD, final=None), True),
        (replace(GOOD, final=None, tool_errors=11), False),
        (SessionRecord("empty"), True),
        (SessionRecord("empty", final=replace(LONG_ENOUGH, characters=0)), False),
    ],
)
def test_completion_is_more_signs_for_than_against(record: SessionRecord, completed: bool) -> None:
    assert grade(record).task_completed is completed


@pytest.mark.parametrize(
    ("errors", "calls", "expected"),
    [
        (0, 10, 5),
        (0, 11, 4),
        (0, 15, 4),
        (0, 16, 3),
        (10, 1, 4),
        (10, 15, 4),
        (10, 16, 3),
        (11, 1, 3),
        (25, 25, 3),
        (25, 26, 2),
        (26, 1, 2),
        (40, 500, 2),
        (41, 1, 1),
        (100, 1, 1),
    ],
)
def test_efficiency_by_error_rate_and_tool_calls(errors: int, calls: int, expected: int) -> None:
    assert grade(replace(GOOD, tool_errors=errors, tool_calls=calls)).tool_calls_efficient == expected


@pytest.mark.parametrize(
    ("record", "quality"),
    [
        (GOOD, 3.0),
        (final(characters=500), 3.0),
        (final(characters=501), 4.0),
        (final(characters=1000), 4.0),
        (final(characters=1001), 5.0),
        (final(has_code=True), 4.0),
        (final(has_link=True), 3.5),
        (final(characters=1001, has_code=True, has_link=True), 5.0),
        (replace(GOOD, error_run=2, tool_errors=2), 3.0),
        (replace(GOOD, error_run=3, tool_errors=3), 2.0),
        (replace(GOOD, tool_errors=5), 3.0),
        (replace(GOOD, tool_errors=6), 2.0),
        (replace(GOOD, error_run=4, tool_errors=4), 2.0),
        (replace(GOOD, error_run=5, tool_errors=5), 1.0),
        (replace(GOOD, tool_calls=50), 3.0),
        (replace(GOOD, tool_calls=51), 1.0),
        (replace(GOOD, final=None), 3.0),
    ],
)
def test_quality_of_the_response(record: SessionRecord, quality: float) -> None:
    assert grade(record).response_quality == quality


def test_an_error_is_recovered_when_the_last_use_went_well() -> None:
    assert grade(replace(GOOD, tool_errors=1, recovered=True)).errors_recovered
    assert not grade(replace(GOOD, tool_errors=1)).errors_recovered
    assert not grade(GOOD).errors_recovered


def test_failed_api_calls_are_errors_too() -> None:
    said = grade(replace(GOOD, tool_errors=1, failed_api_calls=2, error_types=(("timeout", 2), ("api_error", 1))))
    assert (said.total_errors, said.error_types) == (3, ("timeout", "api_error"))


def test_without_a_known_api_call_the_rate_is_over_tool_calls() -> None:
    assert grade(SessionRecord("s", tool_calls=10, tool_errors=4, final=None)).tool_calls_efficient == 2


def test_a_grade_says_why() -> None:
    said = grade(replace(final(completion_signs=2, characters=600), tool_errors=6, error_run=3))
    assert [(sign.name, sign.weight) for sign in said.signs["completion"]] == [("few_errors", 1.0), ("completion_words", 2.0)]
    assert sum(sign.weight for sign in said.signs["quality"]) == 1 - 1 - 1
    assert {sign.name: sign.value for sign in said.signs["efficiency"]} == {"error_rate": "0.06", "tool_calls": "10"}


FEATURES = st.builds(
    Features,
    st.sampled_from([0, 19, 20, 500, 501, 1000, 1001]),
    st.booleans(),
    st.booleans(),
    st.integers(0, 2),
    st.integers(0, 1),
    st.booleans(),
)


@settings(max_examples=500, deadline=None)
@given(
    st.integers(0, 60), st.integers(0, 60), st.integers(0, 60), st.integers(0, 4), st.integers(0, 7), st.booleans(), st.none() | FEATURES
)
def test_a_grade_is_what_the_rules_say_one_by_one(
    api_calls: int, tool_calls: int, tool_errors: int, failed: int, run: int, recovered: bool, last: Features | None
) -> None:
    record = SessionRecord(
        "s",
        api_calls=api_calls,
        tool_calls=tool_calls,
        tool_errors=tool_errors,
        failed_api_calls=failed,
        error_run=run,
        recovered=recovered,
        final=last,
    )
    said = grade(record)
    errors = tool_errors + failed
    calls = api_calls if api_calls else tool_calls
    rate = 0.0 if errors == 0 else 1.0 if calls == 0 or errors > calls else errors / calls
    positive, negative = 0, 0
    if rate <= 0.1:
        positive += 1
    if rate > 0.3:
        negative += 1
    if last:
        positive += last.completion_signs
        negative += last.failure_signs
        if last.characters < 20:
            negative += 1
    loop = run >= 5 or tool_calls > 50
    quality = 3.0
    if last:
        if last.characters > 500:
            quality += 1
        if last.characters > 1000:
            quality += 1
        if last.has_code:
            quality += 1
        if last.has_link:
            quality += 0.5
    if run >= 3:
        quality -= 1
    if errors > 5:
        quality -= 1
    if loop:
        quality -= 2
    if rate == 0 and tool_calls <= 10:
        efficient = 5
    elif rate <= 0.1 and tool_calls <= 15:
        efficient = 4
    elif rate <= 0.25 and tool_calls <= 25:
        efficient = 3
    elif rate <= 0.4:
        efficient = 2
    else:
        efficient = 1
    assert said.task_completed == (positive > negative)
    assert said.tool_calls_efficient == efficient
    assert said.response_quality == min(5.0, max(1.0, quality))
    assert said.errors_recovered == (tool_errors > 0 and recovered)
    assert (said.loop_risk, said.repeated_errors, said.total_errors) == (loop, run >= 3, errors)
