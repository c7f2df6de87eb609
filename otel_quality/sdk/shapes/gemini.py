"""Google Gemini `generate_content`: google-genai's objects and the REST dicts, whole and streamed (each chunk is a response).

Thought tokens are part of the output, tool-use prompts part of the input. A blocked prompt has a reason and no candidates.
"""

from typing import Any

from otel_quality.sdk.reading import Reading, field, items
from otel_quality.vocabulary import attributes as names


def response(reading: Reading, thing: Any, _telling: Any) -> bool | None:
    """One response or chunk; usage counts are cumulative over a stream."""
    content = False
    for candidate in items(field(thing, "candidates")):
        for part in items(field(field(candidate, "content"), "parts")):
            used = reading.tools(_either(part, "function_call", "functionCall") is not None)
            content |= used or (bool(field(part, "text")) if field(part, "thought") else reading.say(field(part, "text")))
        reading.stopped(_either(candidate, "finish_reason", "finishReason"))
    reading.stopped(_either(_either(thing, "prompt_feedback", "promptFeedback"), "block_reason", "blockReason"))
    reading.model(_either(thing, "model_version", "modelVersion"))
    usage = _either(thing, "usage_metadata", "usageMetadata")
    if usage is not None:
        _usage(reading, usage)
    return content


def _usage(reading: Reading, usage: Any) -> None:
    prompt, tool_prompt = (
        _either(usage, "prompt_token_count", "promptTokenCount"),
        _either(usage, "tool_use_prompt_token_count", "toolUsePromptTokenCount"),
    )
    answer, thoughts = (
        _either(usage, "candidates_token_count", "candidatesTokenCount"),
        _either(usage, "thoughts_token_count", "thoughtsTokenCount"),
    )
    reading.count(names.INPUT_TOKENS, _sum(prompt, tool_prompt))
    reading.count(names.OUTPUT_TOKENS, _sum(answer, thoughts))
    reading.count(names.REASONING_TOKENS, thoughts)
    reading.count(names.CACHE_READ_TOKENS, _either(usage, "cached_content_token_count", "cachedContentTokenCount"))


def _sum(*counts: Any) -> int | None:
    known = [count for count in counts if isinstance(count, int)]
    return sum(known) if known else None


def _either(thing: Any, name: str, rest_name: str) -> Any:
    value = field(thing, name)
    return field(thing, rest_name) if value is None else value
