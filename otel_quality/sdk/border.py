"""The border to the user's code: what goes wrong on our side of it is counted and goes no further.

Catches `Exception`, so that KeyboardInterrupt and cancellation pass; logs nothing, because a message may carry the text of
a prompt.

Decision: one function that runs a piece of our code, not a `try` in every piece, so that a reader and a test can see that
nothing is caught anywhere else.
"""

from collections.abc import Callable
from typing import Final, TypeVar, TypeVarTuple

Result = TypeVar("Result")
Arguments = TypeVarTuple("Arguments")

MAX_PLACES: Final = 100
"""Distinct pieces and types of error that are counted apart."""
ELSEWHERE: Final = "elsewhere"

_failures: dict[str, int] = {}


def run(piece: Callable[[*Arguments], Result], *arguments: *Arguments) -> Result | None:
    """The piece's result; None where it failed, which is counted."""
    try:
        return piece(*arguments)
    except Exception as error:  # noqa: BLE001 - the one allowed: nothing of ours may reach the user's code
        place = f"{getattr(piece, '__name__', 'unknown')}: {type(error).__name__}"
        if place in _failures or len(_failures) < MAX_PLACES:
            _failures[place] = _failures.get(place, 0) + 1
        else:
            _failures[ELSEWHERE] = _failures.get(ELSEWHERE, 0) + 1
        return None


def failures() -> int:
    """How often a piece of the SDK failed since the process began; each left one span poorer or missing."""
    return sum(failures_by_place().values())


def failures_by_place() -> dict[str, int]:
    """The same, by piece and type of error."""
    return dict(_failures)
