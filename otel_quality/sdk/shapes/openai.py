"""OpenAI's two shapes: chat completions (also Groq, xAI, Mistral, LiteLLM, OpenRouter, vLLM) and Responses, whole and streamed.

Input tokens include the cached ones; output tokens include reasoning.
"""

from collections.abc import Callable
from typing import Any, Final

from otel_quality.sdk.reading import Reading, field, getter, items
from otel_quality.vocabulary import attributes as names


def chat(reading: Reading, thing: Any, choices: Any) -> bool | None:
    """A chat completion, a legacy completion, or a chunk of either. The chunk with the usage has no choices."""
    if not isinstance(choices, (list, tuple)):
        return None
    content = False
    for choice in choices:
        get = getter(choice)
        message = get(choice, "message", None)
        if message is None:
            message = get(choice, "delta", None)
        content |= reading.say(get(choice, "text", None)) if message is None else _message(reading, message)
        reading.stopped(get(choice, "finish_reason", None))
    get = getter(thing)
    reading.model(get(thing, "model", None))
    usage = get(thing, "usage", None)
    if usage:
        chat_usage(reading, usage)
    return content


def _message(reading: Reading, message: Any) -> bool:
    get = getter(message)
    used = reading.tools(bool(items(get(message, "tool_calls", None)) or get(message, "function_call", None)))
    refusal = get(message, "refusal", None)
    if refusal is None and (extra := get(message, "provider_specific_fields", None)) is not None:  # LiteLLM
        refusal = field(extra, "refusal")
    if refusal is not None and _text(refusal):
        reading.refused = True
        return reading.say(refusal)
    said = get(message, "content", None)
    return reading.say(said) or used or (said is not None and bool(items(said))) or _text(get(message, "reasoning_content", None))


def _text(value: Any) -> bool:
    return isinstance(value, str) and value != ""


def chat_usage(reading: Reading, usage: Any) -> None:
    """Token counts as chat completions name them."""
    get = getter(usage)
    reading.count(names.INPUT_TOKENS, get(usage, "prompt_tokens", None))
    reading.count(names.OUTPUT_TOKENS, get(usage, "completion_tokens", None))
    if (details := get(usage, "prompt_tokens_details", None)) is not None:
        reading.count(names.CACHE_READ_TOKENS, field(details, "cached_tokens"))
        reading.count(names.CACHE_WRITE_TOKENS, field(details, "cache_write_tokens"))
    if (details := get(usage, "completion_tokens_details", None)) is not None:
        reading.count(names.REASONING_TOKENS, field(details, "reasoning_tokens"))


def response(reading: Reading, thing: Any, output: Any) -> bool | None:
    """A Responses object: its status, or why it is incomplete, is the stop reason."""
    status = field(thing, "status")
    if status is None and field(thing, "object") != "response":
        return None
    content = False
    for item in items(output):
        content |= _item(reading, item)
    reading.tools(False)
    reading.model(field(thing, "model"))
    reading.stopped(field(field(thing, "incomplete_details"), "reason") or status)
    if status == "failed":
        _failed(reading, field(thing, "error"))
    if (usage := field(thing, "usage")) is not None:
        reading.count(names.INPUT_TOKENS, field(usage, "input_tokens"))
        reading.count(names.OUTPUT_TOKENS, field(usage, "output_tokens"))
        details = field(usage, "input_tokens_details")
        reading.count(names.CACHE_READ_TOKENS, field(details, "cached_tokens"))
        reading.count(names.CACHE_WRITE_TOKENS, field(details, "cache_write_tokens"))
        reading.count(names.REASONING_TOKENS, field(field(usage, "output_tokens_details"), "reasoning_tokens"))
    return content


def _item(reading: Reading, item: Any) -> bool:
    """One output item: a message's parts, or the call of a tool."""
    kind = field(item, "type")
    if isinstance(kind, str) and kind.endswith("_call"):
        return reading.tools(True)
    content = False
    for part in items(field(item, "content")):
        refusal = field(part, "refusal")
        reading.refused = reading.refused or _text(refusal)
        content |= reading.say(refusal or field(part, "text"))
    return content


def _failed(reading: Reading, error: Any) -> None:
    code = field(error, "code")
    reading.error_type = code if isinstance(code, str) and code else "response_failed"


def response_event(reading: Reading, event: Any, kind: str) -> bool:
    """A streamed event; the last one holds the whole response, whose text has already been said."""
    if kind in ("response.completed", "response.incomplete", "response.failed"):
        muted, reading.muted = reading.muted, True
        whole = field(event, "response")
        response(reading, whole, field(whole, "output") or [])
        reading.muted = muted
        return False
    if kind == "response.output_item.added":
        item = field(field(event, "item"), "type")
        return isinstance(item, str) and item.endswith("_call")
    if not kind.endswith(".delta"):
        return False
    delta = field(event, "delta")
    return reading.say(delta) if kind in ("response.output_text.delta", "response.refusal.delta") else _text(delta)


def _error_event(reading: Reading, event: Any, _kind: str) -> bool | None:
    """`error` in a stream, of Responses or of Anthropic: the failure came as data."""
    detail = field(event, "error")
    code = field(event, "code") or field(detail, "type")
    if not isinstance(code, str):
        return None
    reading.error_type = code
    return False


def _repeats(_reading: Reading, _event: Any, _kind: str) -> bool | None:
    """An event of the streaming helper, which repeats what the raw chunk beside it has told."""
    return False


_HELPER: Final = (
    "content.delta", "content.done", "refusal.delta", "refusal.done",
    "tool_calls.function.arguments.delta", "tool_calls.function.arguments.done",
    "logprobs.content.delta", "logprobs.content.done", "logprobs.refusal.delta", "logprobs.refusal.done",
)  # fmt: skip
EVENTS: Final[dict[str, Callable[[Reading, Any, Any], bool | None]]] = {"error": _error_event, **dict.fromkeys(_HELPER, _repeats)}
