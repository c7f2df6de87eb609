"""What one response told: a few numbers and words, folded in chunk by chunk.

Keeps no chunk. Of the answer's text it keeps the beginning (MAX_TEXT characters) and the end (MAX_END) while the call lasts, for the
figures that grading needs; the text itself goes on the span only while content capture is on.

Decision: what is read goes straight into a dict of span attributes, so that ending the span copies nothing from field to field.

Decision: figures of the answer only for a call with a span or a session around it. One that stands alone belongs to no session, and
nobody grades it: it pays nothing.
"""

from collections.abc import Callable, Iterable, Sequence
from enum import Enum
from functools import lru_cache
from typing import Any, Final

from otel_quality.vocabulary import attributes as names
from otel_quality.vocabulary.signs import READ_CHARACTERS, figures
from otel_quality.vocabulary.stops import StopClass, worst

MAX_COUNT: Final = 2**53
"""Token counts from here on are nonsense, and would not fit the wire."""
MAX_WORD: Final = 256
"""Characters of a model's name or a stop reason that are kept."""
MAX_REASONS: Final = 16
"""Stop reasons kept of one response; one per choice."""
MAX_TEXT: Final = 65_536
"""Characters of one answer that are kept from its beginning; as many go on the span while content capture is on."""
MAX_END: Final = READ_CHARACTERS
"""Characters that are kept from the end of a longer one: all that its figures are read from."""
MAX_PIECES: Final = 256
"""Pieces of text before they are made one."""

FIGURES: Final = (
    names.RESPONSE_CHARACTERS,
    names.RESPONSE_HAS_CODE,
    names.RESPONSE_HAS_LINK,
    names.COMPLETION_SIGNS,
    names.FAILURE_SIGNS,
    names.ASKS_CLARIFICATION,
)
"""Attributes of `signs.figures`, in its order."""

_REFUSALS: Final = frozenset({StopClass.FILTER, StopClass.REFUSAL})


class Reading:
    """One response, as far as its chunks have told it.

    Attributes:
        known: span attributes; input tokens as the provider counts them, see `excludes_cache`.
        excludes_cache: the provider's input tokens leave out what came from or went to its cache.
        refused: the response says that it is a refusal.
        error_type: the provider's word for a failure that arrived as data, not as an exception.
        keeps: what is said is kept, for the answer's figures or for the span.
        muted: what is said repeats what has been said, and is not taken again.
        shaped: a response of a known shape was read, so that an answer without text is known to have none.
    """

    __slots__ = ("_dropped", "_held", "_pieces", "error_type", "excludes_cache", "keeps", "known", "muted", "refused", "shaped")

    def __init__(self, *, keeps: bool = False) -> None:
        self.keeps = keeps
        self.known: dict[str, Any] = {}
        self.excludes_cache = False
        self.refused = False
        self.error_type: str | None = None
        self.muted = self.shaped = False
        self._pieces: list[str] = []
        self._held = self._dropped = 0

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
        self.shaped = True
        if used:
            self.known[names.HAS_TOOL_CALL] = True
        else:
            self.known.setdefault(names.HAS_TOOL_CALL, False)
        return used

    def say(self, text: object) -> bool:
        """Take a piece of the answer; True if there is any content in it."""
        if isinstance(text, str):
            if self.keeps and text and not self.muted:
                self._pieces.append(text)
                self._held += len(text)
                if self._held > MAX_TEXT + 2 * MAX_END or len(self._pieces) > MAX_PIECES:
                    self._shorten()
            return text != ""
        return text is not None and any_of(self.say(field(part, "text")) for part in items(text))

    def _shorten(self) -> None:
        whole = "".join(self._pieces)
        over = len(whole) - MAX_TEXT - MAX_END
        if over > 0:
            whole = whole[:MAX_TEXT] + whole[-MAX_END:]
            self._dropped += over
        self._pieces, self._held = [whole], len(whole)

    @property
    def spoke(self) -> bool:
        """Any text was said."""
        return bool(self._pieces)

    @property
    def beginning(self) -> str:
        """What was said, up to MAX_TEXT characters."""
        return "".join(self._pieces)[:MAX_TEXT]

    def went_wrong(self) -> bool:
        """A failure, or a refusal: it says so, or one of its stop reasons does."""
        return self.refused or self.error_type is not None or _refuses(self.stop_reasons)

    def attributes(self) -> dict[str, Any]:
        """What is known, as span attributes; input tokens include those of the cache. To be taken once, at the end.

        Of the answer's figures those that are 0 or False are left out, but for its length.
        """
        known = self.known
        if self.excludes_cache and names.INPUT_TOKENS in known:
            known[names.INPUT_TOKENS] += known.get(names.CACHE_READ_TOKENS, 0) + known.get(names.CACHE_WRITE_TOKENS, 0)
        if self._pieces:
            for name, value in zip(FIGURES, figures("".join(self._pieces)), strict=True):
                if value:
                    known[name] = value
            known[names.RESPONSE_CHARACTERS] = known.get(names.RESPONSE_CHARACTERS, 0) + self._dropped
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
