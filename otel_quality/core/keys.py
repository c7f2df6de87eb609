"""Which names and keys are held, within bounds: what is over a bound goes to `__other__` and is counted.

A name that is held stays until it is idle: newcomers never push out what is in use, so a flood of invented models leaves the
scores of real ones as they were. Room comes back when idle keys are released.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from otel_quality.core.snapshot import Key
from otel_quality.vocabulary.measures import OTHER

Triple = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of what telemetry can grow; each >= 1.

    Attributes:
        backends, models, tasks: names held of each.
        exposed: (backend, model, task) that have series of their own in /metrics.
        kept: (backend, model, task) that have windows.
        error_types: types of error that have series of their own.
        idle_s: an idle key leaves /metrics after so many seconds, never while its drift is mild or severe.
    """

    backends: int = 50
    models: int = 200
    tasks: int = 30
    exposed: int = 250
    kept: int = 20_000
    error_types: int = 100
    idle_s: float = 86_400.0

    def __post_init__(self) -> None:
        if min(self.backends, self.models, self.tasks, self.exposed, self.kept, self.error_types) < 1 or not self.idle_s > 0:
            raise ValueError("every limit must be at least 1 and idle_s above 0")


class Slots(NamedTuple):
    """Where one (backend, model, task) is counted: positions in the windows of each level."""

    model: int
    task: int
    backend: int
    drift: int


@dataclass(slots=True)
class Level:
    """The keys of one kind of window, and the positions they hold."""

    slots: dict[Key, int] = field(default_factory=dict)
    keys: list[Key | None] = field(default_factory=list)
    last_arrival_ns: list[int] = field(default_factory=list)
    free: list[int] = field(default_factory=list)

    def place(self, key: Key, now_ns: int) -> int:
        """The slot of a key, a new one where it has none; notes the arrival."""
        slot = self.slots.get(key)
        if slot is None:
            slot = self.free.pop() if self.free else len(self.keys)
            self.slots[key] = slot
            if slot == len(self.keys):
                self.keys.append(key)
                self.last_arrival_ns.append(now_ns)
            self.keys[slot] = key
        self.last_arrival_ns[slot] = now_ns
        return slot

    def release(self, key: Key) -> int:
        """Give up a key; its slot may be used again."""
        slot = self.slots.pop(key)
        self.keys[slot] = None
        self.free.append(slot)
        return slot

    def idle(self, before_ns: int) -> list[Key]:
        return [key for key, slot in self.slots.items() if self.last_arrival_ns[slot] < before_ns]

    def key_at(self, slot: int) -> Key:
        key = self.keys[slot]
        if key is None:
            raise LookupError(f"slot {slot} holds no key")
        return key


class KeyTable:
    """Gives every observation its place, within the limits.

    Args:
        limits: the bounds.
        drift_key: the part of (backend, model, task) that drift is watched for.
    """

    def __init__(self, limits: Limits, drift_key: Callable[[Triple], Key]) -> None:
        self._limits = limits
        self._drift_key = drift_key
        self._names: tuple[set[str], set[str], set[str]] = (set(), set(), set())
        self._bounds = (("backend", limits.backends), ("model", limits.models), ("task", limits.tasks))
        self.models, self.tasks, self.backends, self.drift = Level(), Level(), Level(), Level()
        self.exposed: set[Key] = set()
        self.overflow: Counter[str] = Counter()
        self.pressed = False
        """Whether something was over a bound since the last release of idle keys."""

    def place(self, triple: Triple, *, count: int, now_ns: int) -> Slots:
        """Where `count` observations of a (backend, model, task) go."""
        key = self._admit(triple, count)
        if key not in self.exposed:
            self._expose(key, count)
        return Slots(
            self.models.place(key, now_ns),
            self.tasks.place(Key(key.backend, None, key.task), now_ns),
            self.backends.place(Key(key.backend, None, None), now_ns),
            self.drift.place(self._drift_key((key.backend, key.model or "", key.task or "")), now_ns),
        )

    def _admit(self, triple: Triple, count: int) -> Key:
        admitted = [
            self._name(held, value, bound, label, count)
            for held, value, (label, bound) in zip(self._names, triple, self._bounds, strict=True)
        ]
        key = Key(*admitted)
        if key in self.models.slots or len(self.models.slots) < self._limits.kept:
            return key
        self._over("key", count)
        return Key(key.backend, OTHER, key.task)

    def _name(self, held: set[str], value: str, bound: int, label: str, count: int) -> str:
        if value in held or value == OTHER:
            return value
        if len(held) < bound:
            held.add(value)
            return value
        self._over(label, count)
        return OTHER

    def _expose(self, key: Key, count: int) -> None:
        if len(self.exposed) < self._limits.exposed:
            self.exposed.add(key)
        else:
            self._over("series", count)

    def _over(self, label: str, count: int) -> None:
        self.overflow[label] += count
        self.pressed = True

    def forget_names(self) -> None:
        """Make room for names that no key uses any more."""
        for part, held in enumerate(self._names):
            held.clear()
            held.update(name for key in self.models.slots if (name := key[part]) and name != OTHER)
        self.pressed = False
