"""`feedback`: what a person says about one message, sent to the processor by the thread in the background.

Never raises and never waits. What cannot be delivered now waits, bounded, and is tried again; what is still waiting when the process
ends is tried for two more seconds. What makes no sense (a rating of 5) is counted like every failure of ours.

Decision: the processor keeps one opinion of each author on each message, so sending again what may have arrived does no harm.
"""

from typing import Any, Final

from otel_quality.sdk import asking, border
from otel_quality.vocabulary import names

RATINGS: Final = (1, -1, 0)
"""Good, bad, and taken back."""
_MOST_AUTHOR: Final = 200
_MOST_COMMENT: Final = 4_000


def feedback(session_id: str, message_index: int, rating: int, author: str | None = None, comment: str | None = None) -> None:
    """Say how good a message of a session was; never raises, never waits.

    Args:
        session_id: The conversation's id, as in `session`.
        message_index: Position of the message in its session, from 0.
        rating: 1 is good, -1 bad, 0 takes back what the author said before.
        author: Who says it; each author has one opinion on a message, the last one.
        comment: Why, in words; cut to 4,000 characters.
    """
    border.run(_send, session_id, message_index, rating, author, comment)


def _send(session_id: object, message_index: int, rating: int, author: object, comment: object) -> None:
    if session_id is None or isinstance(session_id, bytes):
        raise TypeError("a session is named by text")
    session, index, said = names.clean(str(session_id)), int(message_index), int(rating)
    if not session or index < 0 or index != message_index or said not in RATINGS or said != rating:
        raise ValueError("feedback needs a session, a message index of 0 or more, and a rating of 1, -1 or 0")
    body: dict[str, Any] = {"session_id": session, "message_index": index, "rating": said, "source": "sdk"}
    if author is not None:
        body["author"] = str(author)[:_MOST_AUTHOR]
    if comment is not None:
        body["comment"] = str(comment)[:_MOST_COMMENT]
    asking.ask(asking.Question("/v1/feedback", _taken, body, matters=True))


def _taken(_: Any) -> None:
    """The processor has it."""
