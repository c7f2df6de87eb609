"""Messages, and the arguments and results of tools and agents, as span attributes: only while content capture is on.

Refuses to keep more than MAX_CONTENT characters of one attribute. The shape of messages is that of the OpenTelemetry GenAI
conventions: a JSON list of `{"role", "parts": [{"type": "text", "content"}]}`; calls of tools and their results in the messages of
OpenAI and Anthropic are parts of their own.
"""

import json
from collections.abc import Mapping
from typing import Any, Final

from otel_quality.sdk.reading import field, items

MAX_CONTENT: Final = 65_536
"""Characters of one attribute; what is over is cut."""

_REQUEST: Final = ("messages", "input", "contents", "prompt")
"""Arguments that hold what is asked of the model."""
_capture = False


def capturing() -> bool:
    """Whether content goes on spans; `configure(capture_content=True)` turns it on for the process."""
    return _capture


def set_capturing(on: bool) -> None:
    """Turn content capture on or off for the process; off is the default."""
    global _capture  # noqa: PLW0603 - one switch per process, written by configure() alone
    _capture = on


def as_json(value: Any) -> str:
    """The value as JSON, cut to MAX_CONTENT; what JSON has no form for is put as `str` gives it."""
    return json.dumps(value, ensure_ascii=False, default=str)[:MAX_CONTENT]


def input_messages(arguments: Mapping[str, Any]) -> str:
    """What went in: the messages if the arguments hold some, else all arguments as one text."""
    for name in _REQUEST:
        value = arguments.get(name)
        if isinstance(value, str):
            return as_json([_message("user", value)])
        if items(value):
            return as_json([{"role": str(field(each, "role") or "user"), "parts": _parts(each)} for each in items(value)])
    return as_json([_message("user", as_json(dict(arguments)))])


def first_request(arguments: Mapping[str, Any]) -> str:
    """The text of the user's first message, else the first argument that is text; empty where there is none."""
    for name in _REQUEST:
        value = arguments.get(name)
        if isinstance(value, str):
            return value
        for each in items(value):
            if isinstance(each, str) or field(each, "role") == "user":
                return _text(each)
    return next((value for value in arguments.values() if isinstance(value, str)), "")


def output_messages(text: str) -> str:
    """What came out, as one message."""
    return as_json([_message("assistant", text)])


def _message(role: Any, text: str) -> dict[str, Any]:
    return {"role": str(role), "parts": [{"type": "text", "content": text}]}


def _parts(message: Any) -> list[dict[str, Any]]:
    """What a message holds: text, calls of tools, results."""
    told: Any = None if isinstance(message, str) else field(message, "content")
    calls = [] if isinstance(message, str) else items(field(message, "tool_calls"))
    if items(told):
        parts = [_part(each) for each in told]
    elif field(message, "tool_call_id"):
        parts = [{"type": "tool_call_response", "id": field(message, "tool_call_id"), "response": _text(message)}]
    else:
        parts = [] if calls and not told else [{"type": "text", "content": _text(message)}]
    return [*parts, *map(_call, calls)]


def _part(block: Any) -> dict[str, Any]:
    kind, text = field(block, "type"), field(block, "text")
    if kind == "tool_use":
        return _call(block)
    if kind == "tool_result":
        return {"type": "tool_call_response", "id": field(block, "tool_use_id"), "response": field(block, "content")}
    return {"type": "text", "content": text if isinstance(text, str) else _text(block)}


def _call(call: Any) -> dict[str, Any]:
    named = field(call, "function") or call
    arguments = field(named, "arguments")
    told = field(named, "input") if arguments is None else arguments
    return {"type": "tool_call", "id": field(call, "id"), "name": field(named, "name"), "arguments": told}


def _text(message: Any) -> str:
    if isinstance(message, str):
        return message
    content = field(message, "content")
    return content if isinstance(content, str) else as_json(message if content is None else content)
