"""What every drift detector is: the role that `tests/core/drift/contract.py` checks for each of them.

A detector watches many keys at once, each a small integer (slot). It takes observations in event order per slot, keeps what
it needs of them, and says per slot in which state it is, since when and why. It reads no clock: times are those of events.
"""

from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from otel_quality.core.observation import EVENT, Bools, Ints, Rows
from otel_quality.core.snapshot import Signal

ROW: Final = np.dtype(
    [*EVENT, ("output_tokens", np.int64), ("outcome", np.uint8), ("stop", np.int8), ("has_tools", np.int8), ("has_tool_call", np.int8)]
)
"""What a detector is given of a response: 44 bytes; fields as in `observation.RESPONSE`."""

LEARNING, STABLE, MILD, SEVERE = range(4)
"""States; the position in `measures.DRIFT_STATES`."""


@dataclass(frozen=True, slots=True)
class Update:
    """What an update changed.

    Attributes:
        slots: keys whose verdict may have changed, ascending.
        entered: transitions of severity as (slot, state) pairs, in event order per slot; learning counts as stable; shape (M, 2).
        late: which of the given rows changed nothing because they were too old, in the order given.
    """

    slots: Ints
    entered: Ints
    late: Bools


@dataclass(frozen=True, slots=True)
class Reading:
    """A detector's present word on one key; see `snapshot.Verdict` for the fields."""

    state: int
    since_ns: int
    samples: int
    reason: str
    signals: dict[str, Signal]


class Detector(Protocol):
    """The role."""

    method: str
    """Its name in verdicts."""

    def ensure(self, slots: int) -> None:
        """Make room for slots 0 to `slots` - 1; a new slot is learning."""

    def update(self, slots: NDArray[np.integer], rows: Rows) -> Update:
        """Take rows of dtype `ROW`, in event order, each for its slot.

        The readings afterwards do not depend on how a stream was cut into updates; transitions are found by
        evaluating each touched slot after each of its new rows.
        """

    def read(self, slots: NDArray[np.integer]) -> list[Reading]:
        """The present readings of the given slots."""

    def clear(self, slots: NDArray[np.integer]) -> None:
        """Forget the given slots: they are learning again."""

    def states(self) -> NDArray[np.int8]:
        """The state of every slot."""
