"""What the spans of a session say, joined to one conversation.

A request repeats the conversation before it, so of each call's input only what was not told yet is taken, and its answer. Calls are
taken in event order, whatever the order in which they came; an answer that a second span of the same call repeats is told once. A tool's
own span tells its call and result where no call of a model tells them; an agent's span what it was asked and answered, where nothing
else does.

Held is each message once, however often requests repeat it. Over the bound the messages of the middle go, and are remembered by their
hash, so that a later request does not bring them back.

Decision: a request that only repeats what was asked before is that request asked again: emitters that send each new message alone
(`previous_response_id`) lose a question that is asked twice in the same words.
"""

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import replace
from typing import Final, Literal, NamedTuple

from otel_quality.core.evaluations.record import Line, Transcript
from otel_quality.core.sessions import transcript
from otel_quality.core.sessions.transcript import CALL, Message
from otel_quality.vocabulary.parameters import params_hash_of_json

Kind = Literal["llm", "tool", "agent", "end"]
Order = tuple[int, int, int]
"""(end, trace id, span id): event order."""
_Key = tuple[object, ...]

_SLACK: Final = 2
"""So many bounds of text are held before the middle is left out."""
_REFERENCE_BYTES: Final = 8


class Content(NamedTuple):
    """What one span says.

    Attributes:
        system: what the model is told beside the messages.
        input: messages, as the request has them; output: what came of it.
    """

    system: Message = ()
    input: tuple[Message, ...] = ()
    output: tuple[Message, ...] = ()


class _Piece(NamedTuple):
    """What one span says, its messages by their number."""

    order: Order
    kind: Kind
    system: int
    input: list[int]
    output: list[int]


class Contents:
    """What some spans of a session say.

    Args:
        max_bytes: bound of the text.
    """

    __slots__ = ("_gone", "_held", "_max_bytes", "_messages", "_numbers", "_pieces", "cut", "size")

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._held: tuple[Line, ...] = ()
        self._pieces: list[_Piece] = []
        self._messages: list[Message] = []
        self._numbers: dict[_Key, int] = {}
        self._gone: set[int] = set()
        self.cut = self.size = 0

    def add(self, order: Order, kind: Kind, content: Content) -> None:
        """Take what a span says that was never taken before."""
        number = self._number
        piece = _Piece(order, kind, number(content.system), list(map(number, content.input)), list(map(number, content.output)))
        self._pieces.append(piece)
        self.size += _REFERENCE_BYTES * (1 + len(content.input) + len(content.output))
        if self.size > _SLACK * self._max_bytes:
            self._leave_out()

    def merge(self, other: "Contents") -> None:
        """Take all that another one has."""
        if other._held:
            both = transcript.joined(Transcript(self._held), Transcript(other._held), max_bytes=self._max_bytes)
            self._held, self._gone, self.cut = both.lines, self._gone | other._gone, self.cut + other.cut + both.cut
        for order, kind, system, asked, answered in other._pieces:
            told = other._messages
            self.add(order, kind, Content(told[system], tuple(told[each] for each in asked), tuple(told[each] for each in answered)))

    def transcript(self) -> Transcript:
        """The conversation, within the bound."""
        kept = transcript.bounded(self._joined(), max_bytes=self._max_bytes)
        return replace(kept, cut=kept.cut + self.cut)

    def _number(self, message: Message) -> int:
        """The message's number; equal ones have the same."""
        number = self._numbers.setdefault(transcript.key(message), len(self._messages))
        if number == len(self._messages):
            self._messages.append(message)
            self.size += sum(map(transcript.size, message))
        return number

    def _leave_out(self) -> None:
        """Hold the conversation so far without its middle; what is known of it is not told again."""
        kept = self.transcript()
        self._gone |= set(map(hash, self._numbers))
        self._held, self.cut = kept.lines, kept.cut
        self._pieces, self._messages, self._numbers = [], [], {}
        self.size = sum(map(transcript.size, kept.lines)) + _REFERENCE_BYTES * len(self._gone)

    def _joined(self) -> list[Line]:
        """All lines in order, with the position of their message as feedback counts them."""
        lines = list(self._held)
        position = lines[-1].message if lines else -1
        for number, counts in self._told():
            position += counts
            lines += (replace(line, message=max(position, 0)) for line in self._messages[number])
        return lines

    def _told(self) -> Iterator[tuple[int, bool]]:
        """Each message once, and whether it is one of the conversation's: instructions beside it, and a call that only the tool's own
        span tells, are none."""
        pieces = sorted(self._pieces, key=lambda piece: piece.order)
        asked = "llm" if any(piece.kind == "llm" for piece in pieces) else "agent"
        told_by_calls = {number for piece in pieces if piece.kind == asked for number in (*piece.input, *piece.output)}
        known = {_about(line) for number in told_by_calls for line in self._messages[number]}
        told, systems = _Told(), set[int]()
        for piece in pieces:
            if piece.kind == "tool":
                new = [number for number in piece.output if not all(_about(line) in known for line in self._messages[number])]
                yield from ((number, self._messages[number][0].role != CALL) for number in new)
            elif piece.kind == asked:
                if self._messages[piece.system] and piece.system not in systems:
                    systems.add(piece.system)
                    yield piece.system, False
                new = [number for number in told.unmatched(piece.input) if not self._is_gone(number)]
                answer = piece.output if new or not told.ends_with(piece.output) else []
                told.extend([*new, *answer])
                yield from ((number, True) for number in (*new, *answer))

    def _is_gone(self, number: int) -> bool:
        return bool(self._gone) and hash(transcript.key(self._messages[number])) in self._gone


class _Told:
    """The numbers of the messages told so far, and where each stands."""

    def __init__(self) -> None:
        self._numbers: list[int] = []
        self._places: dict[int, list[int]] = {}

    def extend(self, numbers: list[int]) -> None:
        for place, number in enumerate(numbers, len(self._numbers)):
            self._places.setdefault(number, []).append(place)
        self._numbers += numbers

    def ends_with(self, numbers: list[int]) -> bool:
        return self._numbers[len(self._numbers) - len(numbers) :] == numbers

    def unmatched(self, numbers: list[int]) -> list[int]:
        """Those that are not told yet, each told one counting once, in order."""
        at = len(self._numbers)
        if numbers[:at] == self._numbers:  # most requests begin with all that was told
            return numbers[at:]
        at, new = 0, []
        for number in numbers:
            where = self._places.get(number, [])
            found = bisect_left(where, at)
            if found == len(where):
                new.append(number)
            else:
                at = where[found] + 1
        return new


def _about(line: Line) -> _Key:
    """A call by its tool and parameters, however they are written; a result by its text."""
    return (CALL, line.name, params_hash_of_json(line.text)) if line.role == CALL else (line.role, line.text.strip())
