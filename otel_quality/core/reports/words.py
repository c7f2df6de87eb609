"""Numbers as a report says them; a dash is what nobody knows."""

UNKNOWN = "-"


def percent(share: float | None) -> str:
    """A share in percent.

    >>> percent(0.6996), percent(None)
    ('70 %', '-')
    """
    return UNKNOWN if share is None else f"{100 * share:.0f} %"


def percent_under(share: float, bound: float) -> str:
    """A share under a bound, with as many decimals as it takes not to read as the bound.

    >>> percent_under(0.29, 0.7), percent_under(0.6996, 0.7)
    ('29 %', '69.96 %')
    """
    shown = (f"{100 * share:.{decimals}f}" for decimals in range(6))
    return f"{next((text for text in shown if float(text) < 100 * bound), 100 * share)} %"


def points(change: float) -> str:
    """A change of a share in percentage points.

    >>> points(0.034), points(-0.2)
    ('+3 points', '-20 points')
    """
    return f"{100 * change:+.0f} points"


def number(value: float | None, decimals: int = 2) -> str:
    """A number with so many decimals.

    >>> number(3.14159), number(None)
    ('3.14', '-')
    """
    return UNKNOWN if value is None else f"{value:.{decimals}f}"


def milliseconds(value: float | None) -> str:
    """A duration as people read it.

    >>> milliseconds(0.4), milliseconds(812.3), milliseconds(12_500), milliseconds(None)
    ('0.4 ms', '812 ms', '12.5 s', '-')
    """
    if value is None:
        return UNKNOWN
    if value >= 10_000:
        return f"{value / 1000:.1f} s"
    return f"{value:.0f} ms" if value >= 10 else f"{value:.1f} ms"


def minute(instant: str) -> str:
    """An instant in RFC 3339 to the minute.

    >>> minute("2026-09-21T14:13:20Z")
    '2026-09-21 14:13'
    """
    return instant[:16].replace("T", " ")


def counted(count: int, noun: str) -> str:
    """A count with its noun.

    >>> counted(1, "session"), counted(0, "error")
    ('1 session', '0 errors')
    """
    return f"{count} {noun}{'' if count == 1 else 's'}"
