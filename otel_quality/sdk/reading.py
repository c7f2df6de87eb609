"""What one response told: a few numbers and words, folded in chunk by chunk.

Keeps no chunk. Keeps text only while content capture is on, up to MAX_TEXT characters.

Decision: what is read goes straight into a dict of span attributes, so that ending the span copies nothing from field to field.
"""

from collections.abc import Callable, Iterable, Sequence
from enum import Enum
from functools import lru_cache
from typing import Any, Final

from otel_quality.vocabulary import attributes as names
from otel_quality.vocabulary.stops import StopClass, worst

MAX_COUNT: Final = 2**53
"""Token counts from here on are nonsense, and would not fit the wire."""
MAX_WORD: Final = 256
"""Characters of a model's name or a stop reason that are kept."""
MAX_REASONS: Final = 16
"""Stop reasons kept of one response; one per choice."""
MAX_TEXT: Final = 65_536
"""Characters of one response that are kept while content capture is on."""

_REFUSALS: Final = frozenset({StopClass.FILTER, StopClass.REFUSAL})


class Reading:
    """One response, as far as its chunks have told it.

    Attributes:
        known: span attributes; input tokens as the provider counts them, see `excludes_cache`.
        excludes_cache: the provider's input tokens leave out what came from or went to its cache.
        refused: the response says that it is a refusal.
        error_type: the provider's word for a failure that arrived as data, not as an exception.
        text: pieces of the answer; a list while content is captured, else None.
    """

    __slots__ = ("_characters", "error_type", "excludes_cache", "known", "refused", "text")

    def __init__(self, *, keep_text: bool = False) -> None:
        self.known: dict[str, Any] = {}
        self.excludes_cache = False
        self.refused = False
        self.error_type: str | None = None
        self.text: list[str] | None = [] if keep_text else None
        self._characters = 0

    @property
    def stop_reasons(self) -> tuple[str, ...]:
        """As the provider words them, one per choice."""
        reasons: tuple[str, ...] = self.known.get(names.FINISH_REASONS, ())
        return reasons

    def count(self, name: str, value: object) -> None:
        """Take a token count; what is no whole number from 0 to MAX_COUNT is left out."""
        if type(value) is float and value.is_integer():
            value = int(value)
        if type(value) is int and 0 <= value < MAX_COUNT:
            self.known[name] = value

    def model(self, value: object) -> None:
        """Take the responding model's name."""
        if isinstance(value, str) and value:
            self.known[names.RESPONSE_MODEL] = value[:MAX_WORD]

    def stopped(self, value: object) -> None:
        """Take a stop reason as the provider words it; enumerations by their value."""
        if type(value) is not str and isinstance(value, Enum):
            value = value.value
        if isinstance(value, str) and value:
            before = self.stop_reasons
            if len(before) < MAX_REASONS:
                self.known[names.FINISH_REASONS] = (*before, value[:MAX_WORD])

    def tools(self, used: bool) -> bool:
        """Take whether this piece of the response used a tool; returns it."""
        if used:
            self.known[names.HAS_TOOL_CALL] = True
        else:
            self.known.setdefault(names.HAS_TOOL_CALL, False)
        return used

    def say(self, text: object) -> bool:
        """Take a piece of the answer; True if there is any content in it."""
        if isinstance(text, str):
            if self.text is not None and self._characters < MAX_TEXT:
                piece = text[: MAX_TEXT - self._characters]
                self._characters += len(piece)
                self.text.append(piece)
            return text != ""
        return text is not None and any_of(self.say(field(part, "text")) for part in items(text))

    def went_wrong(self) -> bool:
        """A failure, or a refusal: it says so, or one of its stop reasons does."""
        return self.refused or self.error_type is not None or _refuses(self.stop_reasons)

    def attributes(self) -> dict[str, Any]:
        """What is known, as span attributes; input tokens include those of the cache. To be taken once, at the end."""
        known = self.known
        if self.excludes_cache and names.INPUT_TOKENS in known:
            known[names.INPUT_TOKENS] += known.get(names.CACHE_READ_TOKENS, 0) + known.get(names.CACHE_WRITE_TOKENS, 0)
        return known


@lru_cache(maxsize=256)
def _refuses(reasons: tuple[str, ...]) -> bool:
    return worst(reasons) in _REFUSALS


def field(thing: Any, name: str) -> Any:
    """A named part of an object or a dict; None where there is none."""
    if type(thing) is dict:
        return thing.get(name)
    value = getattr(thing, name, None)
    return thing.get(name) if value is None and isinstance(thing, dict) else value


def getter(thing: Any) -> Callable[[Any, str, None], Any]:
    """What reads fields of this thing, called as `get(thing, name, None)`; where many are read of one, cheaper than `field`."""
    return dict.get if isinstance(thing, dict) else getattr


def any_of(contents: Iterable[bool]) -> bool:
    """Whether any piece had content; every piece is read, where `any` would stop at the first."""
    return sum(contents) > 0


def items(value: Any) -> Sequence[Any]:
    """The value if it is a list or tuple, else nothing: what only pretends to be one is not walked."""
    return value if isinstance(value, (list, tuple)) else ()
