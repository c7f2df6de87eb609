"""What one response told: a few numbers and words, folded in chunk by chunk.

Keeps no chunk. Keeps text only while content capture is on, up to MAX_TEXT characters.

Decision: attributes that default to None on the class and appear on the instance when read, so that an empty reading costs
nothing and the span's attributes are what `vars` holds.
"""

from collections.abc import Iterable, Sequence
from enum import Enum
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

_KEYS: Final = {
    "response_model": names.RESPONSE_MODEL,
    "input_tokens": names.INPUT_TOKENS,
    "output_tokens": names.OUTPUT_TOKENS,
    "cache_read_tokens": names.CACHE_READ_TOKENS,
    "cache_write_tokens": names.CACHE_WRITE_TOKENS,
    "reasoning_tokens": names.REASONING_TOKENS,
    "finish_reasons": names.FINISH_REASONS,
    "has_tool_call": names.HAS_TOOL_CALL,
}
_REFUSALS: Final = frozenset({StopClass.FILTER, StopClass.REFUSAL})


class Reading:
    """One response. Every attribute is None until a chunk told it.

    Attributes:
        input_tokens: as the provider counts; see `excludes_cache`.
        excludes_cache: the provider's input tokens leave out what came from or went to its cache.
        refused: the response says that it is a refusal.
        error_type: the provider's word for a failure that arrived as data, not as an exception.
        text: pieces of the answer; a list while content is captured.
    """

    response_model: str | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_read_tokens: int | None = None
    cache_write_tokens: int | None = None
    reasoning_tokens: int | None = None
    finish_reasons: Sequence[str] | None = None
    has_tool_call: bool | None = None
    excludes_cache = False
    refused = False
    error_type: str | None = None
    text: list[str] | None = None
    _characters = 0

    def count(self, name: str, value: object) -> None:
        """Take a token count; what is no whole number from 0 to MAX_COUNT is left out."""
        if type(value) is int or (type(value) is float and value.is_integer()):
            number = int(value)
            if 0 <= number < MAX_COUNT:
                setattr(self, name, number)

    def model(self, value: object) -> None:
        """Take the responding model's name."""
        if isinstance(value, str) and value:
            self.response_model = value[:MAX_WORD]

    def stopped(self, value: object) -> None:
        """Take a stop reason as the provider words it; enumerations by their value."""
        word = value.value if isinstance(value, Enum) else value
        if isinstance(word, str) and word:
            reasons = self.finish_reasons or ()
            if len(reasons) < MAX_REASONS:
                self.finish_reasons = (*reasons, word[:MAX_WORD])

    def tools(self, used: bool) -> bool:
        """Take whether this piece of the response used a tool; returns it."""
        if used or self.has_tool_call is None:
            self.has_tool_call = used
        return used

    def say(self, text: object) -> bool:
        """Take a piece of the answer; True if there is any content in it."""
        if isinstance(text, str):
            if self.text is not None and self._characters < MAX_TEXT:
                piece = text[: MAX_TEXT - self._characters]
                self._characters += len(piece)
                self.text.append(piece)
            return text != ""
        return any_of(self.say(field(part, "text")) for part in items(text))

    def is_refusal(self) -> bool:
        """It says so, or one of its stop reasons does."""
        return self.refused or (self.finish_reasons is not None and worst(self.finish_reasons) in _REFUSALS)

    def attributes(self) -> dict[str, Any]:
        """What is known, as span attributes; input tokens include those of the cache."""
        known = {_KEYS[name]: value for name, value in vars(self).items() if name in _KEYS}
        if self.excludes_cache and self.input_tokens is not None:
            known[names.INPUT_TOKENS] = self.input_tokens + (self.cache_read_tokens or 0) + (self.cache_write_tokens or 0)
        return known


def field(thing: Any, name: str) -> Any:
    """A named part of an object or a dict; None where there is none."""
    return thing.get(name) if isinstance(thing, dict) else getattr(thing, name, None)


def any_of(contents: Iterable[bool]) -> bool:
    """Whether any piece had content; every piece is read, where `any` would stop at the first."""
    return sum(contents) > 0


def items(value: Any) -> Sequence[Any]:
    """The value if it is a list or tuple, else nothing: what only pretends to be one is not walked."""
    return value if isinstance(value, (list, tuple)) else ()
