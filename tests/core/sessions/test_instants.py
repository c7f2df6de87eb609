"""Instants of session files: seconds, milliseconds and RFC 3339; what is none is 0."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otel_quality.core.sessions.instants import instant

NOON_NS = 1_795_262_400 * 10**9
"""2026-11-21 12:00 UTC."""


@pytest.mark.parametrize(
    "value",
    [
        1_795_262_400,
        1_795_262_400.0,
        1_795_262_400_000,
        "2026-11-21T12:00:00Z",
        "2026-11-21t12:00:00.000z",
        "2026-11-21 12:00:00",
        "2026-11-21T12:00:00",
        "2026-11-21T13:30:00+01:30",
        "2026-11-21T04:00:00-0800",
        " 2026-11-21T12:00:00+00:00 ",
    ],
)
def test_one_instant_in_many_spellings(value: object) -> None:
    assert instant(value) == NOON_NS


@pytest.mark.parametrize(
    "value",
    ["", "noon", "12:00", "2026-11-21", "2026-02-30T12:00:00Z", "2026-11-21T25:00:00Z", "1969-12-31T23:59:59Z", "٢٠٢٦-11-21T12:00:00Z"]
    + [None, True, 0, -5, float("nan"), float("inf"), 1e30, [], {"seconds": 5}, "9999-12-31T23:59:59Z"],
)
def test_what_is_no_instant_is_none(value: object) -> None:
    assert instant(value) == 0


@given(st.datetimes(datetime(1971, 1, 1), datetime(2250, 1, 1)), st.integers(-12 * 60, 14 * 60))
def test_it_reads_what_a_calendar_writes(when: datetime, offset_min: int) -> None:
    told = when.replace(tzinfo=timezone(timedelta(minutes=offset_min)))
    since = told - datetime(1970, 1, 1, tzinfo=UTC)
    assert instant(told.isoformat()) == (since.days * 86_400 + since.seconds) * 10**9 + since.microseconds * 1000
