"""`policy`: the processor's present value of a number that its adaptation rules adjust; `on_policy_change` hears of changes.

All policies are asked for together, every few seconds from the first use on.
"""

from collections.abc import Callable
from typing import Any, Final, TypeVar

from otel_quality.sdk import asking, border

MAX_POLICIES: Final = 10_000
"""Policies remembered of one answer."""

Default = TypeVar("Default")
Callback = Callable[[float], object]

_values: dict[str, float] = {}
_callbacks: dict[str, list[Callback]] = {}


def policy(name: str, default: Default) -> float | Default:
    """The present value of a policy; never raises, never waits.

    Args:
        name: Such as `ezra.evidence_threshold`.
        default: What holds until the processor has said something else; its rules say which value they begin with.
    """
    value = border.run(_value, name)
    return default if value is None else value


def on_policy_change(name: str, callback: Callback) -> None:
    """Have a function called with the new value, in a thread of ours, when a policy's value is another than was last known.

    The first value that the processor tells is such a change. What the function raises is counted and goes nowhere.

    Raises:
        TypeError: the callback cannot be called.
    """
    if not callable(callback):
        raise TypeError(f"on_policy_change calls a function, not {type(callback).__name__}")
    border.run(_register, name, callback)


def _value(name: str) -> float | None:
    asking.ask_again_and_again(_QUESTION)
    return _values.get(name)


def _register(name: str, callback: Callback) -> None:
    _callbacks.setdefault(name, []).append(callback)
    asking.ask_again_and_again(_QUESTION)


def _take(told: Any) -> None:
    values = {str(each["name"]): float(each["value"]) for each in told["policies"][:MAX_POLICIES]}
    changed = [name for name, value in values.items() if _values.get(name) != value]
    for name in _values.keys() - values.keys():
        del _values[name]
    _values.update(values)
    for name in changed:
        for callback in tuple(_callbacks.get(name, ())):
            border.run(callback, values[name])


_QUESTION: Final = asking.Question("/v1/policies", _take)
