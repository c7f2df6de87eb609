"""Anthropic messages: whole, as raw stream events, and as the events of the `.stream()` helper.

Input tokens leave out the cache's, so the span's number is the sum of the three.
"""

from typing import Any, Final

from otel_quality.sdk.reading import Reading, any_of, field
from otel_quality.vocabulary import attributes as names

_TOOLS: Final = frozenset({"tool_use", "server_tool_use", "mcp_tool_use"})


def _message(reading: Reading, message: Any, _kind: Any) -> bool | None:
    blocks = field(message, "content")
    if not isinstance(blocks, (list, tuple)):
        return None
    reading.tools(False)
    content = any_of(_block(reading, block) for block in blocks)
    reading.model(field(message, "model"))
    reading.stopped(field(message, "stop_reason"))
    _usage(reading, field(message, "usage"))
    return content


def _block(reading: Reading, block: Any) -> bool:
    if field(block, "type") in _TOOLS:
        return reading.tools(True)
    return reading.say(field(block, "text")) or bool(field(block, "thinking"))


def _usage(reading: Reading, usage: Any) -> None:
    if usage is None:
        return
    reading.excludes_cache = True
    reading.count(names.INPUT_TOKENS, field(usage, "input_tokens"))
    reading.count(names.OUTPUT_TOKENS, field(usage, "output_tokens"))
    reading.count(names.CACHE_READ_TOKENS, field(usage, "cache_read_input_tokens"))
    reading.count(names.CACHE_WRITE_TOKENS, field(usage, "cache_creation_input_tokens"))
    reading.count(names.REASONING_TOKENS, field(field(usage, "output_tokens_details"), "thinking_tokens"))


def _start(reading: Reading, event: Any, _kind: Any) -> bool | None:
    message = field(event, "message")
    return None if message is None else _message(reading, message, None)


def _block_start(reading: Reading, event: Any, _kind: Any) -> bool | None:
    block = field(event, "content_block")
    return None if block is None else _block(reading, block)


def _block_delta(reading: Reading, event: Any, _kind: Any) -> bool | None:
    delta = field(event, "delta")
    return reading.say(field(delta, "text")) or bool(field(delta, "partial_json") or field(delta, "thinking"))


def _delta(reading: Reading, event: Any, _kind: Any) -> bool | None:
    reading.stopped(field(field(event, "delta"), "stop_reason"))
    _usage(reading, field(event, "usage"))
    return False


def _nothing(_reading: Reading, _event: Any, _kind: Any) -> bool | None:
    """Frames the stream, or repeats what the raw event beside it has told."""
    return False


EVENTS: Final = {
    "message": _message,
    "message_start": _start,
    "content_block_start": _block_start,
    "content_block_delta": _block_delta,
    "message_delta": _delta,
    **dict.fromkeys(("content_block_stop", "message_stop", "ping", "text", "input_json", "thinking", "signature", "citation"), _nothing),
}
