"""Evaluation records, of whatever carries them, as `core.evaluations.told.Told`: a table of keys, as spans' dialects are.

Today the OpenTelemetry log event `gen_ai.evaluation.result` brings them. What other emitters put on spans has a table of its own here
when its dialect comes; `read` is the same for all. Nothing but the keys of the table is read.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from otel_quality.core.evaluations import told
from otel_quality.core.evaluations.record import Annotation
from otel_quality.core.evaluations.told import NO_INDEX, Told
from otel_quality.core.sessions.transcript import beginning, clean
from otel_quality.vocabulary import attributes as a
from otel_quality.wire import names, values

MAX_EXPLANATION: Final = 4_000
"""Characters of an explanation that are kept."""
_MOST_MESSAGES: Final = 1 << 31


@dataclass(frozen=True, slots=True)
class Keys:
    """Where one family of emitters writes an evaluation; the first key that is present wins."""

    name: tuple[str, ...]
    value: tuple[str, ...]
    label: tuple[str, ...]
    explanation: tuple[str, ...]
    author: tuple[str, ...]
    author_kind: tuple[str, ...]
    conversation: tuple[str, ...]
    response: tuple[str, ...]
    message_index: tuple[str, ...]
    error: tuple[str, ...]


OTEL: Final = Keys(
    name=(a.EVALUATION_NAME,),
    value=(a.EVALUATION_VALUE,),
    label=(a.EVALUATION_LABEL,),
    explanation=(a.EVALUATION_EXPLANATION,),
    author=(a.EVALUATION_AUTHOR,),
    author_kind=(a.EVALUATION_AUTHOR_KIND,),
    conversation=(a.CONVERSATION_ID,),
    response=(a.RESPONSE_ID,),
    message_index=(a.MESSAGE_INDEX,),
    error=(a.ERROR_TYPE,),
)
"""The convention's names; it has none for who evaluated nor for the message, so those are ours."""


def read(attributes: Mapping[Any, Any], keys: Keys, *, trace_id: bytes, span_id: bytes, time_ns: int) -> Told | None:
    """One evaluation; None where it has no name, tells nothing, or names nothing that it could be of.

    Args:
        attributes: by key, as protobuf values.
        trace_id, span_id: of what was evaluated; of another length where not told.
        time_ns: when it was evaluated.
    """
    name = _label(attributes, keys.name)
    conversation, response = _label(attributes, keys.conversation), _label(attributes, keys.response)
    trace = trace_id.hex() if len(trace_id) == 16 and any(trace_id) else ""
    score = values.first(attributes, keys.value)
    value = values.real(score) if score is not None else math.nan
    label, error = _label(attributes, keys.label), _label(attributes, keys.error)
    if not name or not (conversation or trace or response) or not (label or error or math.isfinite(value)):
        return None
    author_kind = _label(attributes, keys.author_kind)
    known = value if math.isfinite(value) else None
    annotation = Annotation(
        session=conversation,
        name=name,
        time_ns=time_ns,
        value=known,
        label=label,
        explanation=_text(attributes, keys.explanation),
        author=_label(attributes, keys.author) or author_kind,
        trace_id=trace,
        span_id=span_id.hex() if len(span_id) == 8 and any(span_id) else "",
        response_id=response,
        error=error,
    )
    index = values.first(attributes, keys.message_index)
    number = NO_INDEX if index is None else values.integer(index)
    thumb = told.rating(name, author_kind=author_kind, label=label, value=known)
    return Told(annotation, thumb, number if 0 <= number < _MOST_MESSAGES else NO_INDEX)


def _label(attributes: Mapping[Any, Any], keys: tuple[str, ...]) -> str:
    value = values.first(attributes, keys)
    return "" if value is None else names.clean(value.string_value)


def _text(attributes: Mapping[Any, Any], keys: tuple[str, ...]) -> str:
    value = values.first(attributes, keys)
    if value is None:
        return ""
    text = value.string_value
    return clean(beginning(text if isinstance(text, str) else text.decode("utf-8", "replace"), MAX_EXPLANATION))
