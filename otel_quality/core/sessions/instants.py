"""Instants as session files tell them: Unix seconds, or text of RFC 3339. By arithmetic alone: the core has no calendar.

Decision: what is neither is no instant and no error, because a session is no worse for a time that nobody can read; text without an
offset is UTC, as most programs that leave it out mean it.
"""

import re
from typing import Final

import numpy as np

_SECOND_NS: Final = 10**9
_MILLISECONDS: Final = 1e11
"""From here on a number is milliseconds: as seconds it would be the year 5138."""
_LATEST: Final = 9e9
"""Seconds: the year 2255."""
_RFC3339: Final = re.compile(
    r"(\d{4}-\d{2}-\d{2})[Tt ](\d{2}:\d{2}:\d{2})(?:[.,](\d{1,9})\d*)?\s*(?:[Zz]|([+-])(\d{2}):?(\d{2}))?", re.ASCII
)


def instant(value: object) -> int:
    """Nanoseconds since 1970; 0 where the value is no instant after that.

    >>> instant(1_700_000_000), instant("2023-11-14T22:13:20Z"), instant("2023-11-14 23:13:20.5+01:00")
    (1700000000000000000, 1700000000000000000, 1700000000500000000)
    >>> instant("yesterday"), instant(True), instant(None), instant(1_700_000_000_000)
    (0, 0, 0, 1700000000000000000)
    """
    if isinstance(value, str):
        return _written(value)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return 0
    seconds = value / 1000 if _MILLISECONDS <= value < 1000 * _LATEST else value
    return int(float(seconds) * _SECOND_NS) if 0 < seconds < _LATEST else 0


def _written(text: str) -> int:
    found = _RFC3339.fullmatch(text.strip())
    if found is None:
        return 0
    date, time, fraction, sign, hours, minutes = found.groups()
    try:
        seconds = int(np.datetime64(f"{date}T{time}", "s").astype(np.int64))
    except ValueError:  # such as the thirtieth of February
        return 0
    if sign:
        seconds -= int(f"{sign}1") * (int(hours) * 3600 + int(minutes) * 60)
    return seconds * _SECOND_NS + int((fraction or "0").ljust(9, "0")) if 0 < seconds < _LATEST else 0
