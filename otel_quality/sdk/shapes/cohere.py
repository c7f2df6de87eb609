"""Cohere chat, version 2: whole, and as typed stream events. Token counts are floats; the response names no model."""

from typing import Any, Final

from otel_quality.sdk.reading import Reading, field, items
from otel_quality.vocabulary import attributes as names


def response(reading: Reading, thing: Any, stop: Any) -> bool | None:
    """A whole chat response."""
    message = field(thing, "message")
    if message is None:
        return None
    used = reading.tools(bool(items(field(message, "tool_calls"))))
    said = reading.say(field(message, "content"))
    reading.stopped(stop)
    _usage(reading, field(thing, "usage"))
    return said or used


def _usage(reading: Reading, usage: Any) -> None:
    counted = field(usage, "tokens") or field(usage, "billed_units")
    reading.count(names.INPUT_TOKENS, field(counted, "input_tokens"))
    reading.count(names.OUTPUT_TOKENS, field(counted, "output_tokens"))
    reading.count(names.CACHE_READ_TOKENS, field(usage, "cached_tokens"))


def _delta_message(event: Any) -> Any:
    return field(field(event, "delta"), "message")


def _opening(reading: Reading, _event: Any, _kind: Any) -> bool | None:
    return reading.tools(False)


def _content(reading: Reading, event: Any, _kind: Any) -> bool | None:
    part = field(_delta_message(event), "content")
    return reading.say(field(part, "text")) or bool(field(part, "thinking"))


def _tool(reading: Reading, _event: Any, _kind: Any) -> bool | None:
    return reading.tools(True)


def _plan(_reading: Reading, event: Any, _kind: Any) -> bool | None:
    return bool(field(_delta_message(event), "tool_plan"))


def _end(reading: Reading, event: Any, _kind: Any) -> bool | None:
    delta = field(event, "delta")
    reading.stopped(field(delta, "finish_reason"))
    _usage(reading, field(delta, "usage"))
    return False


def _nothing(_reading: Reading, _event: Any, _kind: Any) -> bool | None:
    return False


EVENTS: Final = {
    "message-start": _opening,
    "content-start": _content,
    "content-delta": _content,
    "tool-plan-delta": _plan,
    "tool-call-start": _tool,
    "tool-call-delta": _tool,
    "message-end": _end,
    **dict.fromkeys(("content-end", "tool-call-end", "citation-start", "citation-end", "debug"), _nothing),
}
