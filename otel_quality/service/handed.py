"""A session as somebody hands it in, and what of it is kept: its record, and its text where that is wanted. Pure; slow for a long one."""

from collections.abc import Mapping

from otel_quality.api.evaluation_schema import MOST_ID
from otel_quality.core.evaluations.record import Transcript
from otel_quality.core.sessions import messages, transcript
from otel_quality.core.sessions.record import SessionRecord


def read(session: object, *, keep_text: bool, max_bytes: int) -> tuple[SessionRecord, Transcript | None]:
    """Read it.

    Args:
        session: a message list, or an object that holds one; where its `keep` is true or false, that is whether its text is kept.
        keep_text: the same, where it says nothing.
        max_bytes: of the text.

    Raises:
        ValueError: it is none that can be graded; the message is one line.
    """
    record = messages.record(session)
    if not record.api_calls:
        raise ValueError("the session holds no message of the assistant, so there is nothing to grade")
    if len(record.id) > MOST_ID or not record.id.isprintable():
        raise ValueError(f"the session's id must be printable and at most {MOST_ID} characters long")
    told = session if isinstance(session, Mapping) else {}
    keep = told.get("keep", keep_text)
    if not isinstance(keep, bool):
        raise ValueError("`keep` must be true or false")
    if not isinstance(told.get("success"), bool | None):
        raise ValueError("`success` must be true or false")
    return record, transcript.of_messages(session, max_bytes=max_bytes) if keep else None
