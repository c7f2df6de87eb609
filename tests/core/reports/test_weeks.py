"""Weeks and dates against the standard library's calendar."""

import itertools
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otel_quality.core.reports import weeks

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SECONDS = st.integers(0, int((datetime(9998, 12, 25, tzinfo=UTC) - EPOCH).total_seconds()))


@given(SECONDS)
def test_weeks_dates_and_instants_are_those_of_the_calendar(seconds: int) -> None:
    at = EPOCH + timedelta(seconds=seconds)
    year, number, _ = at.isocalendar()
    week = weeks.week_of(seconds * weeks.SECOND_NS)
    assert week == f"{year:04}-W{number:02}"
    assert weeks.date(seconds * weeks.SECOND_NS) == at.date().isoformat()
    assert weeks.instant(seconds * weeks.SECOND_NS + 999_999_999) == at.isoformat().replace("+00:00", "Z")
    begin_ns, end_ns = weeks.bounds_ns(week)
    assert begin_ns <= seconds * weeks.SECOND_NS < end_ns


@given(SECONDS.map(lambda seconds: seconds * weeks.SECOND_NS), st.integers(1, 60))
def test_the_weeks_before_one_follow_each_other_backwards(time_ns: int, count: int) -> None:
    named = [weeks.week_of(time_ns), *weeks.before(weeks.week_of(time_ns), count)]
    for later, earlier in itertools.pairwise(named):
        assert weeks.bounds_ns(earlier)[1] == weeks.bounds_ns(later)[0]


@pytest.mark.parametrize(
    "wrong", ["2026-47", "2026-W00", "2026-W54", "2026-W5", "W47", "2026-W47 ", "0000-W01", "9999-W52", "٢٠٢٦-W47", ""]
)
def test_what_is_no_week_is_told_how_one_is_written(wrong: str) -> None:
    with pytest.raises(ValueError, match="is no ISO week; write it as 2026-W47"):
        weeks.bounds_ns(wrong)


def test_a_week_53_is_only_in_years_that_have_one() -> None:
    assert weeks.date(weeks.bounds_ns("2026-W53")[0]) == "2026-12-28"
    with pytest.raises(ValueError, match="2025 has no week 53; its last is 52"):
        weeks.bounds_ns("2025-W53")
