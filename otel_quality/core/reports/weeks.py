"""ISO weeks, dates and instants, as text and as nanoseconds of event time in UTC, by arithmetic alone: the core has no calendar.

A week is written `2026-W47` and begins on Monday; a week belongs to the year in which its Thursday lies. Years are 1970-9998.
"""

import re
from typing import Final

SECOND_NS: Final = 1_000_000_000
DAY_NS: Final = 86_400 * SECOND_NS
WEEK_NS: Final = 7 * DAY_NS

_WEEK: Final = re.compile(r"([0-9]{4})-W([0-9]{2})")
_YEARS: Final = range(1970, 9999)


def week_of(time_ns: int) -> str:
    """The ISO week in which an instant lies.

    >>> week_of(1_795_219_200_000_000_000), week_of(0)
    ('2026-W47', '1970-W01')
    """
    day = time_ns // DAY_NS
    thursday = day - (day + 3) % 7 + 3
    year, _, _ = _civil(thursday)
    return f"{year:04}-W{(thursday - _days(year, 1, 1)) // 7 + 1:02}"


def bounds_ns(week: str) -> tuple[int, int]:
    """The instants from which, and before which, a week lasts.

    Raises:
        ValueError: it is no ISO week; the message says how one is written.

    >>> [date(at) for at in bounds_ns("2026-W47")]
    ['2026-11-16', '2026-11-23']
    """
    found = _WEEK.fullmatch(week)
    year, number = (int(found[1]), int(found[2])) if found else (0, 0)
    if year not in _YEARS or not 1 <= number <= 53:
        raise ValueError(f"{week[:40]!r} is no ISO week; write it as 2026-W47")
    fourth = _days(year, 1, 4)
    monday = fourth - (fourth + 3) % 7 + 7 * (number - 1)
    begin_ns = max(monday, 0) * DAY_NS
    if week_of(begin_ns + 3 * DAY_NS) != week:
        raise ValueError(f"{year} has no week {number}; its last is 52")
    return begin_ns, (monday + 7) * DAY_NS


def before(week: str, count: int) -> tuple[str, ...]:
    """So many weeks before one, the nearest first; none before 1970.

    >>> before("2026-W02", 3)
    ('2026-W01', '2025-W52', '2025-W51')
    """
    begin_ns, _ = bounds_ns(week)
    return tuple(week_of(begin_ns - back * WEEK_NS) for back in range(1, count + 1) if begin_ns >= back * WEEK_NS)


def date(time_ns: int) -> str:
    """The day of an instant.

    >>> date(1_795_219_200_000_000_000)
    '2026-11-21'
    """
    return "{:04}-{:02}-{:02}".format(*_civil(time_ns // DAY_NS))


def instant(time_ns: int) -> str:
    """An instant to the second, as RFC 3339.

    >>> instant(1_790_000_000_123_456_789)
    '2026-09-21T14:13:20Z'
    """
    seconds = time_ns // SECOND_NS % 86_400
    return f"{date(time_ns)}T{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}Z"


def _days(year: int, month: int, day: int) -> int:
    """Days from 1970-01-01 to a date of the Gregorian calendar."""
    year -= month <= 2
    day_of_year = (153 * ((month + 9) % 12) + 2) // 5 + day - 1
    era, of_era = divmod(year, 400)
    return era * 146_097 + of_era * 365 + of_era // 4 - of_era // 100 + day_of_year - 719_468


def _civil(days: int) -> tuple[int, int, int]:
    """The date so many days after 1970-01-01; years counted from March, so that a leap day is the last of its year."""
    era, of_era = divmod(days + 719_468, 146_097)
    year = (of_era - of_era // 1_460 + of_era // 36_524 - of_era // 146_096) // 365
    day_of_year = of_era - (365 * year + year // 4 - year // 100)
    shifted = (5 * day_of_year + 2) // 153
    month = shifted + 3 if shifted < 10 else shifted - 9
    return era * 400 + year + (month <= 2), month, day_of_year - (153 * shifted + 2) // 5 + 1
