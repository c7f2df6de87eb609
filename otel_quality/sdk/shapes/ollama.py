"""Ollama `chat` and `generate`, whole and streamed: every chunk has the shape of the response, the last one is `done`."""

from typing import Any

from otel_quality.sdk.reading import Reading, field, items
from otel_quality.vocabulary import attributes as names


def response(reading: Reading, thing: Any, done: Any) -> bool | None:
    """One response or chunk."""
    message = field(thing, "message")
    if not isinstance(done, bool) or (message is None and field(thing, "response") is None):
        return None
    used = reading.tools(bool(items(field(message, "tool_calls"))))
    said = reading.say(field(thing, "response") if message is None else field(message, "content"))
    thought = bool(field(message, "thinking") or field(thing, "thinking"))
    reading.model(field(thing, "model"))
    reading.stopped(field(thing, "done_reason"))
    reading.count(names.INPUT_TOKENS, field(thing, "prompt_eval_count"))
    reading.count(names.OUTPUT_TOKENS, field(thing, "eval_count"))
    return said or used or thought
