"""Pieces of a field configuration: thresholds, value mappings, overrides."""

from collections.abc import Sequence
from typing import Any, Final

Override = dict[str, Any]
Steps = Sequence[tuple[float | None, str]]

PLAIN: Final[Steps] = ((None, "text"),)
"""For a number that is neither good nor bad."""
OUT_OF_LEGEND: Final = {"legend": True, "tooltip": False, "viz": False}
"""For `hideFrom`."""


def thresholds(steps: Steps) -> dict[str, Any]:
    """Absolute thresholds; the first step's value is None."""
    return {"mode": "absolute", "steps": [{"value": value, "color": color} for value, color in steps]}


def mapping(words: dict[str, tuple[str, str | None]]) -> dict[str, Any]:
    """A value mapping: value to (text, colour)."""
    options = {
        value: {"text": text, "index": n} | ({"color": color} if color else {}) for n, (value, (text, color)) in enumerate(words.items())
    }
    return {"type": "value", "options": options}


def no_number(text: str, color: str) -> dict[str, Any]:
    """A value mapping of what is no number. Without it the first threshold's colour judges where there is nothing to judge."""
    return {"type": "special", "options": {"match": "null+nan", "result": {"text": text, "color": color, "index": 100}}}


def override(matcher: str, name: Any, **properties: Any) -> Override:
    """Properties of some fields; `custom_x` stands for `custom.x`, `_` in `custom_` only."""
    listed = [{"id": key.replace("custom_", "custom."), "value": value} for key, value in properties.items()]
    return {"matcher": {"id": matcher, "options": name}, "properties": listed}


def by_name(name: str, **properties: Any) -> Override:
    """Properties of the field of this name."""
    return override("byName", name, **properties)


def painted(colors: dict[str, str]) -> list[Override]:
    """Fixed colours by field name."""
    return [by_name(name, color={"mode": "fixed", "fixedColor": color}) for name, color in colors.items()]
