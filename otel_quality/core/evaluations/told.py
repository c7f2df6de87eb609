"""Evaluations that telemetry brings: whose session each is of, and which are a person's thumb.

A record that names a conversation is of that session. One that names a trace only is of the session that the trace belongs to, as
`core.sessions.assembly` knows it, and one that names a response's id only, of the call's. What names something that has not been seen
waits for it, and where it never comes is of the trace's session; with a response's id alone it is of no session, and counted. A thumb
that names no message is about the session's last one, so it waits for the session's end.

Decision: a person's thumb is feedback and no annotation: the same opinion given by the SDK and by telemetry counts alike. A thumb is a
label or a name that says so, with the value 1 for up, and 0 or -1 for down: 0 is how most tools write it. A person's other marks (3 of 5
stars) stay annotations: to call them good or bad would be a guess.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final, NamedTuple, Protocol

from otel_quality.core.evaluations.record import Annotation
from otel_quality.core.step import Step

NO_INDEX: Final = -1
"""The record names no message: the session's last one is meant."""
PEOPLE: Final = frozenset({"human", "user", "end_user", "person", "people", "annotator"})
"""Kinds of author that are people."""
THUMBS: Final = frozenset(
    {"feedback", "user_feedback", "human_feedback", "thumbs", "thumb", "thumbs_up", "thumbs_up_down", "user_rating", "user_thumbs", "like"}
)
"""Names of evaluations that only people make."""
UP: Final = frozenset(
    {"thumbs_up", "thumb_up", "thumbsup", "up", "upvote", "positive", "good", "like", "liked", "helpful", "+1", "1", "👍"}
)
DOWN: Final = frozenset(
    {"thumbs_down", "thumb_down", "thumbsdown", "down", "downvote", "negative", "bad", "dislike", "disliked", "unhelpful", "-1", "0", "👎"}
)
_VALUES: Final = {1.0: 1, 0.0: -1, -1.0: -1}
_TRACE_HEX: Final = 32


class Told(NamedTuple):
    """One evaluation record.

    Attributes:
        annotation: its session is empty until it is known.
        rating: +1 or -1 where it is a person's thumb; None where it is none.
        message_index: of the message; NO_INDEX where it does not say.
    """

    annotation: Annotation
    rating: int | None = None
    message_index: int = NO_INDEX


def rating(name: str, *, author_kind: str, label: str, value: float | None) -> int | None:
    """+1 or -1 where this is a person's thumb, else None.

    >>> rating("helpfulness", author_kind="HUMAN", label="thumbs-up", value=None)
    1
    >>> rating("relevance", author_kind="llm", label="good", value=1)
    """
    if _word(author_kind) not in PEOPLE and _word(name) not in THUMBS:
        return None
    word = _word(label)
    if word in UP:
        return 1
    if word in DOWN:
        return -1
    return _VALUES.get(value) if value is not None and not word else None


def _word(text: str) -> str:
    """A word as the sets above have it."""
    word = text.strip().lower()
    return word if word in ("+1", "-1") else word.replace("-", "_").replace(" ", "_")


class Held(Protocol):
    """The sessions in memory."""

    def session_of(self, trace_id: int) -> str | None:
        """The name of the session that a trace belongs to; None where it is not known."""
        ...

    def has_ended(self, name: str) -> bool:
        """Whether all that is known of a session was given with its record."""
        ...


@dataclass(frozen=True, slots=True)
class _Waiting:
    told: Told
    since_ns: int


class Joining:
    """Finds the session of each record; one thread owns it.

    Args:
        patience_ns: how long what names something unseen waits.
        waiting: records that may wait; the oldest go first, as they stand.
        responses: ids of responses that are remembered, the latest ones.

    Attributes:
        counts: records by what came of them: annotation, feedback, unmatched, and what the owner adds.
    """

    def __init__(self, *, patience_ns: int, waiting: int = 10_000, responses: int = 100_000) -> None:
        self._patience_ns, self._most_waiting, self._most_responses = patience_ns, waiting, responses
        self._calls: dict[str, tuple[int, str]] = {}
        self._waiting: list[_Waiting] = []
        self.counts: Counter[str] = Counter()

    def see(self, steps: Iterable[Step]) -> None:
        """Remember which responses are whose."""
        for step in steps:
            if step.response_id:
                self._calls.pop(step.response_id, None)
                self._calls[step.response_id] = (step.trace_id, step.conversation)
                if len(self._calls) > self._most_responses:
                    del self._calls[next(iter(self._calls))]

    def add(self, told: Iterable[Told], *, now_ns: int) -> None:
        """Take records; what they come to is given by `take`."""
        self._waiting += (_Waiting(each, now_ns) for each in told)

    def take(self, held: Held, *, now_ns: int, all_of_them: bool = False) -> list[Told]:
        """The records whose session is known by now, or that have waited enough.

        Args:
            held: the sessions in memory.
            all_of_them: nothing waits any longer.
        """
        still, given = list[_Waiting](), list[Told]()
        for number, each in enumerate(self._waiting):
            annotation = each.told.annotation
            session = annotation.session or self._session(annotation, held)
            crowded = len(self._waiting) - number > self._most_waiting
            over = all_of_them or crowded or not 0 <= now_ns - each.since_ns < self._patience_ns
            early = each.told.rating is not None and each.told.message_index == NO_INDEX and not held.has_ended(session)
            if not over and (early or not session):
                still.append(each)
            elif session or annotation.trace_id:
                given.append(each.told._replace(annotation=replace(annotation, session=session or annotation.trace_id)))
            else:
                self.counts["unmatched"] += 1
        self._waiting = still
        self.counts.update("annotation" if each.rating is None else "feedback" for each in given)
        return given

    def _session(self, annotation: Annotation, held: Held) -> str:
        trace_id, conversation = int(annotation.trace_id, 16) if annotation.trace_id else 0, ""
        if annotation.response_id in self._calls:
            trace_id, conversation = self._calls[annotation.response_id]
        return conversation or (held.session_of(trace_id) if trace_id else None) or ""
