"""What a returned thing is to its call: a value to read, or something that the call goes on with. Told by its class.

Decision: by duck type, and where types do not tell streams from values, a thing that can be `read` in one go is a file or an
HTTP body, hence a value.
"""

import types
from enum import Enum
from typing import Final


class Kind(Enum):
    """What a result is to its call."""

    VALUE = "read, and the span ends"
    COROUTINE = "the span ends when it has been awaited"
    FUTURE = "the span ends when it is done"
    STREAM = "the span ends with it"


_READABLE: Final = frozenset({"read", "iter_content", "iter_bytes"})
_CLOSABLE: Final = frozenset({"close", "aclose"})
_STREAMS: Final = frozenset({"__next__", "__anext__", "__await__", "__enter__", "__aenter__"})


MAX_CLASSES: Final = 512
"""Classes of results remembered; at the bound all are forgotten and told anew."""
_kinds: dict[type, Kind] = {}


def kind_of(kind: type) -> Kind:
    """What a result of this class is to its call."""
    known = _kinds.get(kind)
    if known is None:
        if len(_kinds) >= MAX_CLASSES:
            _kinds.clear()
        known = _kinds[kind] = _tell(kind)
    return known


def _tell(kind: type) -> Kind:
    if issubclass(kind, types.CoroutineType):
        return Kind.COROUTINE
    has = set(dir(kind))
    if "add_done_callback" in has:
        return Kind.FUTURE
    if has & _READABLE:
        return Kind.VALUE
    iterable = "__iter__" in has or "__aiter__" in has
    return Kind.STREAM if has & _STREAMS or (iterable and has & _CLOSABLE) else Kind.VALUE
