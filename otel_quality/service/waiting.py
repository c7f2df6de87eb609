"""What waits for the thread that owns the store, within a bound: what is over it is left out and counted.

Any thread may put; one takes. Writes nothing itself.
"""

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from otel_quality.core.evaluations.record import Transcript
from otel_quality.core.evaluations.told import Told
from otel_quality.core.sessions import transcript
from otel_quality.core.sessions.record import SessionRecord
from otel_quality.core.tools.execution import Execution

MAX_WAITING: Final = 100_000
"""Records that may wait to be written: some 100 MB when sessions are long; so many bytes of text count as one more."""
_TEXT_BYTES: Final = 1_000

Text = tuple[str, Transcript]
"""A session's id, and what it said."""


@dataclass(slots=True)
class Waiting:
    """What waits to be written.

    Attributes:
        texts: by session; masked as soon as the thread has them.
        weight: what it counts against the bound.
    """

    sessions: list[SessionRecord] = field(default_factory=list)
    executions: list[Execution] = field(default_factory=list)
    told: list[Told] = field(default_factory=list)
    texts: list[Text] = field(default_factory=list)
    weight: int = 0

    def __len__(self) -> int:
        return len(self.sessions) + len(self.executions) + len(self.told) + len(self.texts)

    def add(self, other: "Waiting") -> None:
        """Take another's too."""
        self.sessions += other.sessions
        self.executions += other.executions
        self.told += other.told
        self.texts += other.texts
        self.weight += other.weight

    def one_by_one(self) -> Iterator["Waiting"]:
        """Each record alone, in the order in which they are written."""
        yield from (Waiting(sessions=[each], weight=1) for each in self.sessions)
        yield from (Waiting(executions=[each], weight=1) for each in self.executions)
        yield from (Waiting(texts=[each], weight=_weight(each[1])) for each in self.texts)
        yield from (Waiting(told=[each], weight=1) for each in self.told)


class Room:
    """How much waits, and how much was left out; safe from any thread.

    Args:
        most: weight that may wait.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._taken = self._dropped = 0

    def take(
        self, sessions: Sequence[SessionRecord], executions: Sequence[Execution], told: Sequence[Told], texts: Sequence[Text]
    ) -> Waiting:
        """What there is room for; executions are the first to be left out."""
        taken = Waiting()
        with self._lock:
            room = max(self._most - self._taken, 0)
            taken.sessions = list(sessions[:room])
            taken.told = list(told[: room - len(taken)])
            taken.weight = len(taken)
            for each in texts:
                if taken.weight + _weight(each[1]) <= room:
                    taken.texts.append(each)
                    taken.weight += _weight(each[1])
            taken.executions = list(executions[: room - taken.weight])
            taken.weight += len(taken.executions)
            self._taken += taken.weight
            self._dropped += len(sessions) + len(executions) + len(told) + len(texts) - len(taken)
        return taken

    def give_back(self, weight: int) -> None:
        """So much waits no more."""
        with self._lock:
            self._taken -= weight

    def drop(self) -> None:
        """Count a record that is not kept for a reason of its own."""
        with self._lock:
            self._dropped += 1

    def so_far(self) -> tuple[int, int]:
        """Weight that waits now, and records that were left out or dropped."""
        with self._lock:
            return self._taken, self._dropped


def _weight(said: Transcript) -> int:
    return 1 + sum(map(transcript.size, said.lines)) // _TEXT_BYTES
