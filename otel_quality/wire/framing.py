"""Where requests end: what can be known of a body without parsing it.

The protobuf of several messages in a row is the protobuf of their merger, so waiting requests can be parsed as one, if each
is a whole number of fields by itself: a cut-off body would else swallow the beginning of its neighbour.
"""

from collections.abc import Iterator
from typing import Final

from otel_quality.vocabulary.errors import Malformed, TooLarge

_FIELD_1: Final = 0x0A
_FIELD_2: Final = 0x12
_LENGTH_DELIMITED: Final = 2
_WALK_ABOVE_BYTES: Final = 1 << 20


def resources(body: bytes) -> int | None:
    """How many resources a trace request holds; None where it is not the plain sequence of them (parse it alone, then)."""
    at, n, end = 0, 0, len(body)
    while at < end:
        if body[at] != _FIELD_1:
            return None
        length, at = _varint(body, at + 1)
        at += length
        n += 1
    return n if at == end else None


def check_span_count(body: bytes, limit: int, *, what: str = "spans") -> None:
    """Refuse a large body with more spans than the limit before parsing makes objects of them; log records stand where spans do.

    A span can be two bytes on the wire and a hundred in memory.

    Raises:
        TooLarge: more than `limit` of them.
    """
    if len(body) <= _WALK_ABOVE_BYTES:
        return
    spans = 0
    for resource in _messages(body, 0, len(body), _FIELD_1):
        for scope in _messages(body, *resource, _FIELD_2):
            for _ in _messages(body, *scope, _FIELD_2):
                spans += 1
                if spans > limit:
                    raise TooLarge(f"more than {limit} {what} in one request; send smaller batches")


def _messages(body: bytes, at: int, end: int, wanted: int) -> Iterator[tuple[int, int]]:
    """Start and end of each length-delimited field with the wanted tag; stops quietly where the bytes make no sense."""
    while at < end:
        tag, at = _varint(body, at)
        if tag & 7 != _LENGTH_DELIMITED:
            at = _skip(body, at, tag & 7)
            continue
        length, at = _varint(body, at)
        if tag == wanted:
            yield at, min(at + length, end)
        at += length


def _skip(body: bytes, at: int, wire_type: int) -> int:
    sizes = {1: 8, 5: 4}
    if wire_type == 0:
        return _varint(body, at)[1]
    if wire_type not in sizes:
        raise Malformed("the body is no OTLP message")
    return at + sizes[wire_type]


def _varint(body: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while at < len(body) and shift < 64:
        byte = body[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
    raise Malformed("the body is no OTLP message")
