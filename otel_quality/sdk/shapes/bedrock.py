"""Amazon Bedrock Converse, as boto3 gives it: dicts, whole and as the events of `converse_stream`.

Input tokens leave out the cache's, so the span's number is the sum of the three. The response names no model.
"""

from collections.abc import Callable
from typing import Any, Final

from otel_quality.sdk.reading import Reading, any_of, field, items
from otel_quality.vocabulary import attributes as names


def response(reading: Reading, thing: Any, output: Any) -> bool | None:
    """A whole Converse response."""
    stop = field(thing, "stopReason")
    message = field(output, "message")
    if stop is None and message is None:
        return None
    reading.tools(False)
    content = any_of(_block(reading, block) for block in items(field(message, "content")))
    reading.stopped(stop)
    _usage(reading, field(thing, "usage"))
    return content


def _block(reading: Reading, block: Any) -> bool:
    if field(block, "toolUse") is not None:
        return reading.tools(True)
    return reading.say(field(block, "text")) or field(block, "reasoningContent") is not None


def _usage(reading: Reading, usage: Any) -> None:
    if usage is None:
        return
    reading.excludes_cache = True
    reading.count(names.INPUT_TOKENS, field(usage, "inputTokens"))
    reading.count(names.OUTPUT_TOKENS, field(usage, "outputTokens"))
    reading.count(names.CACHE_READ_TOKENS, field(usage, "cacheReadInputTokens"))
    reading.count(names.CACHE_WRITE_TOKENS, field(usage, "cacheWriteInputTokens"))


def event(reading: Reading, thing: dict[Any, Any]) -> bool | None:
    """A streamed event: a dict whose one key is the event's name."""
    if len(thing) != 1:
        return None
    name, body = next(iter(thing.items()))
    reader = _EVENTS.get(name) if isinstance(name, str) else None
    return None if reader is None or not isinstance(body, dict) else reader(reading, body)


def _start(reading: Reading, body: dict[Any, Any]) -> bool:
    return _block(reading, body.get("start") or {})


def _delta(reading: Reading, body: dict[Any, Any]) -> bool:
    return _block(reading, body.get("delta") or {})


def _stop(reading: Reading, body: dict[Any, Any]) -> bool:
    reading.stopped(body.get("stopReason"))
    return False


def _metadata(reading: Reading, body: dict[Any, Any]) -> bool:
    _usage(reading, body.get("usage"))
    return False


def _opening(reading: Reading, _body: dict[Any, Any]) -> bool:
    return reading.tools(False)


def _nothing(_reading: Reading, _body: dict[Any, Any]) -> bool:
    return False


_EVENTS: Final[dict[str, Callable[[Reading, dict[Any, Any]], bool]]] = {
    "messageStart": _opening,
    "contentBlockStart": _start,
    "contentBlockDelta": _delta,
    "contentBlockStop": _nothing,
    "messageStop": _stop,
    "metadata": _metadata,
}
