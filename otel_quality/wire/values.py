"""Attribute values as the numbers and words we need, whatever type an emitter chose for them.

Emitters write numbers as strings, ints as doubles, lists as JSON. What is there and is no sensible number is INVALID, so
that it can be counted.
"""

import json
import math
from typing import Any, Final

from otel_quality.core.observation import MISSING

Text = str | bytes

INVALID: Final = -2
LARGEST: Final = 1 << 53
_NS_PER_S: Final = 10**9


def first(attributes: Any, keys: tuple[str, ...]) -> Any:
    """The value under the first of the keys that is present; None where none is."""
    for key in keys:
        value = attributes.get(key)
        if value is not None:
            return value
    return None


def flag(value: Any) -> int:
    """1, 0 or MISSING."""
    if value.HasField("bool_value"):
        return int(value.bool_value)
    return {"true": 1, "false": 0}.get(str(value.string_value).lower(), MISSING)


def integer(value: Any) -> int:
    """A whole number, or INVALID."""
    if value.HasField("int_value"):
        return int(value.int_value)
    number = real(value)
    return int(number) if abs(number) < LARGEST and number == int(number) else INVALID


def nanoseconds(value: Any) -> int:
    """Seconds as whole nanoseconds, or INVALID."""
    ns = (value.double_value or real(value)) * _NS_PER_S
    return round(ns) if 1 <= ns < LARGEST else INVALID


def real(value: Any) -> float:
    """The value as a finite number; minus infinity where it is none."""
    kind = value.WhichOneof("value")
    try:
        number = float(getattr(value, kind)) if kind in ("int_value", "double_value", "string_value") else math.nan
    except ValueError:
        return -math.inf
    return number if math.isfinite(number) else -math.inf


def words(value: Any) -> tuple[Text, ...]:
    """A list of strings, from an array, a JSON array or a single string."""
    items = value.array_value.values
    if items:
        return tuple(item.string_value for item in items)
    single = value.string_value
    if isinstance(single, str) and single.startswith("["):
        try:
            return tuple(str(item) for item in json.loads(single) if item is not None)
        except (ValueError, RecursionError):
            return (single,)
    return (single,) if single else ()
