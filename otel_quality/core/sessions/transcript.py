"""What a session said as lines, within a bound: from a message list, and of two tellings of one session.

Pure; masks nothing (that is `judge.masking`, before anything is kept). Reads what `shapes` reads and refuses what that refuses.

Decision: over the bound the middle goes, its oldest part first: the request at the beginning and the end of a session tell most about
it. Where something is left out, a line says how much.
"""

import hashlib
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from otel_quality.core.evaluations.record import Line, Transcript
from otel_quality.core.sessions import exports, shapes
from otel_quality.core.sessions.shapes import Turn

Message = tuple[Line, ...]
"""The lines of one message; their `message` says nothing yet."""

CALL: Final = "call"
RESULT: Final = "result"
_LINE_BYTES: Final = 16
"""What a line counts beside its text, so that empty ones are bounded too."""
_SHARE: Final = 4
"""A quarter of the bound goes to the beginning, and no line takes more than a quarter."""
_MOST_NAME: Final = 128
_BETWEEN: Final = " \t\r\n\"',;=&"
_MOST_WORD: Final = 512
"""Characters of a word that is not cut in two; no longer one is likely to be a secret."""
_CLEAN: Final = {0: "\ufffd"}
_DIGEST: Final = 16


@dataclass(frozen=True, slots=True)
class Config:
    """Whether text of sessions is kept.

    Attributes:
        keep: keep what sessions say (prompts, answers, tool calls), so that judges can score them.
        mask: mask secrets and personal data in it before it is kept; needs `otel-quality[judge]`.
        max_bytes: text kept of one session, the oldest of the middle is left out; 4096 to 64 MiB.
        open_bytes: text held in memory of all sessions that are open; what is over is dropped and counted; at least `max_bytes`.
    """

    keep: bool = False
    mask: bool = True
    max_bytes: int = 1 << 20
    open_bytes: int = 64 << 20

    def __post_init__(self) -> None:
        if not 4096 <= self.max_bytes <= 64 << 20:
            raise ValueError(f"max_bytes must lie between 4096 and {64 << 20}")
        if self.open_bytes < self.max_bytes:
            raise ValueError("open_bytes must be at least max_bytes")


def of_messages(session: object, *, max_bytes: int) -> Transcript:
    """What a message list says.

    Args:
        session: as `sessions.messages.record` takes it; a line's `message` is the position in its list.
        max_bytes: bound of the text.

    Raises:
        ValueError: it is no session; the message is one line.

    >>> of_messages([{"role": "user", "content": "hi"}, {"role": "assistant", "content": "Done."}], max_bytes=4096).lines[1]
    Line(role='assistant', text='Done.', name='', message=1)
    """
    try:
        numbered = shapes.numbered(exports.plain(session))
    except RecursionError:
        raise ValueError("no session: it is nested too deeply") from None
    tools = {call.id: call.tool for _, turn in numbered for call in turn.calls if call.id}
    return bounded((replace(line, message=number) for number, turn in numbered for line in of_turn(turn, tools)), max_bytes=max_bytes)


def of_turn(turn: Turn, tools: dict[str, str]) -> Message:
    """The lines of one message.

    Args:
        tools: the tool of a call, by the call's id.
    """
    said = [Line(turn.role, clean(turn.text))] if turn.text else []
    calls = (Line(CALL, clean(call.arguments), clean(call.tool)) for call in turn.calls)
    results = (Line(RESULT, clean(each.text), clean(each.tool or tools.get(each.call_id, ""))) for each in turn.results)
    return (*said, *calls, *results)


def clean(text: str) -> str:
    """The text as every database takes it: without NUL and without lone surrogates."""
    if "\0" in text:
        text = text.translate(_CLEAN)
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def digest(said: Transcript) -> str:
    """16 hex digits that tell its lines from other ones, the same before it is kept and after."""
    told = "\x1f".join(f"{line.message}\x1f{line.role}\x1f{line.name}\x1f{line.text}" for line in said.lines)
    return hashlib.sha256(told.encode("utf-8", "replace")).hexdigest()[:_DIGEST]


def beginning(text: str, most: int) -> str:
    """The first words of a text, at most `most` characters: a secret at the end is whole or not there.

    >>> beginning("the key is sk-123456", 14)
    'the key is '
    """
    return text if len(text) <= most else _whole_words(text[:most], "")[0]


def bounded(lines: Iterable[Line], *, max_bytes: int) -> Transcript:
    """A transcript of these lines whose text takes at most `max_bytes` (>= 4096) in UTF-8.

    Returns:
        With `cut` characters left out; a line of the system says so where they were.
    """
    kept = list(lines)
    if sum(map(size, kept)) <= max_bytes:
        return Transcript(tuple(kept))
    share = max_bytes // _SHARE
    fitted = [_shortened(line, share) for line in kept]
    kept, cut = [line for line, _ in fitted], sum(left_out for _, left_out in fitted)
    first = _fitting(kept, share)
    last = len(kept) - _fitting(kept[first:][::-1], max_bytes - sum(map(size, kept[:first])) - _GAP_BYTES)
    middle = kept[first:last]
    if not middle:
        return Transcript(tuple(kept), cut=cut)
    left_out = sum(len(line.text) for line in middle)
    gap = Line("system", _gap(left_out), message=middle[0].message)
    return Transcript((*kept[:first], gap, *kept[last:]), cut=cut + left_out)


def joined(known: Transcript, new: Transcript, *, max_bytes: int) -> Transcript:
    """What is kept of a session and what came since, as one: a message that both tell is told once.

    A request repeats the conversation before it, so where the new one tells all that is known, it stands. It stands too where what is
    known was cut and both begin alike. Else what the known one does not tell is put behind it.
    """
    old, late = by_message(known.lines), by_message(new.lines)
    if not old or (late and known.cut and key(old[0]) == key(late[0])) or _within(old, late):
        return replace(new, masked=_larger(known, new), cut=max(known.cut, new.cut))
    added = unmatched([key(message) for message in old], late)
    whole = bounded([*known.lines, *numbered(added, first=known.lines[-1].message + 1)], max_bytes=max_bytes)
    return replace(whole, masked=_larger(known, new), cut=whole.cut + max(known.cut, new.cut))


def unmatched(told: Sequence[tuple[object, ...]], messages: Iterable[Message]) -> list[Message]:
    """The messages that are not told yet, each told one counting once, in order."""
    places: dict[tuple[object, ...], list[int]] = {}
    for place, each in enumerate(told):
        places.setdefault(each, []).append(place)
    at, new = 0, []
    for message in messages:
        where = places.get(key(message), [])
        found = bisect_left(where, at)
        if found == len(where):
            new.append(message)
        else:
            at = where[found] + 1
    return new


def by_message(lines: Sequence[Line]) -> list[Message]:
    """The lines by the message that they are of."""
    found: dict[int, list[Line]] = {}
    for line in lines:
        found.setdefault(line.message, []).append(line)
    return [tuple(each) for each in found.values()]


def numbered(messages: Iterable[Message], *, first: int = 0) -> list[Line]:
    """The lines of messages in order, each with the position of its message."""
    return [replace(line, message=number) for number, message in enumerate(messages, first) for line in message]


def key(message: Message) -> tuple[object, ...]:
    """What tells a message from another: who says what, whatever the space around it; of a result the tool may go unnamed."""
    return tuple((line.role, line.name if line.role == CALL else "", line.text.strip()) for line in message)


def size(line: Line) -> int:
    """Bytes that a line counts."""
    return _LINE_BYTES + sum(len(text) if text.isascii() else len(text.encode("utf-8", "replace")) for text in (line.text, line.name))


def _within(old: list[Message], late: list[Message]) -> bool:
    """Whether all of old stands in late, in order."""
    rest = iter([key(message) for message in late])
    return all(key(message) in rest for message in old)


def _larger(known: Transcript, new: Transcript) -> dict[str, int]:
    """Both may count the same ones, so they do not add up."""
    return {kind: max(known.masked.get(kind, 0), new.masked.get(kind, 0)) for kind in (*known.masked, *new.masked)}


def _fitting(lines: Sequence[Line], most_bytes: int) -> int:
    """How many lines fit, from the first on."""
    total = 0
    for number, line in enumerate(lines):
        total += size(line)
        if total > most_bytes:
            return number
    return len(lines)


def _shortened(line: Line, most_bytes: int) -> tuple[Line, int]:
    """The line without the middle of its text, where it takes more than it may, and how many characters that leaves out."""
    if size(line) <= most_bytes:
        return line, 0
    line = replace(line, name=line.name[:_MOST_NAME])
    half = max(most_bytes - size(replace(line, text="")) - _GAP_BYTES, 0) // 2
    raw = line.text.encode("utf-8", "replace")
    head, tail = raw[:half].decode("utf-8", "ignore"), raw[len(raw) - half :].decode("utf-8", "ignore")
    head, tail = _whole_words(head, tail)
    left_out = len(line.text) - len(head) - len(tail)
    return replace(line, text=f"{head}\n{_gap(left_out)}\n{tail}"), left_out


def _whole_words(head: str, tail: str) -> tuple[str, str]:
    """Both without the parts of words at the cut: of a secret in two parts no pattern would find either."""
    ends = [at for mark in _BETWEEN if (at := head.rfind(mark, max(len(head) - _MOST_WORD, 0))) >= 0]
    starts = [at for mark in _BETWEEN if (at := tail.find(mark, 0, _MOST_WORD)) >= 0]
    return head[: max(ends) + 1] if ends else head, tail[min(starts) :] if starts else tail


def _gap(characters: int) -> str:
    return f"[{characters:,} characters left out]"


_GAP_BYTES: Final = _LINE_BYTES + len(_gap(10**12)) + 2
