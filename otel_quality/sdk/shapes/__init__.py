"""Which shape a response or chunk has, told by the fields it carries; no client library is imported.

Decision: a table of telling fields in the order of how common they are. A shape is recognised by data, not by class names, so
that the many clients that answer in OpenAI's shape, dicts, and recorded objects are read alike.
"""

from collections.abc import Callable
from typing import Any, Final

from otel_quality.sdk.reading import Reading, field
from otel_quality.sdk.shapes import anthropic, bedrock, cohere, gemini, ollama, openai

Reader = Callable[[Reading, Any, Any], bool | None]
"""Takes the reading, the response or chunk, and its telling field; says whether there was content, None if it is another shape."""

_TYPED: Final[dict[str, Reader]] = {**openai.EVENTS, **anthropic.EVENTS, **cohere.EVENTS}


def _by_type(reading: Reading, thing: Any, kind: Any) -> bool | None:
    """Shapes that carry their name in `type`."""
    if not isinstance(kind, str):
        return None
    if (reader := _TYPED.get(kind)) is not None:
        return reader(reading, thing, kind)
    if kind == "chunk":  # OpenAI's streaming helper wraps the raw chunk in an event
        return read(reading, field(thing, "chunk"))
    return openai.response_event(reading, thing, kind) if kind.startswith("response.") else None


def _by_output(reading: Reading, thing: Any, output: Any) -> bool | None:
    """OpenAI Responses list their output; Bedrock Converse has a message in it."""
    return openai.response(reading, thing, output) if isinstance(output, list) else bedrock.response(reading, thing, output)


def _by_data(reading: Reading, _event: Any, data: Any) -> bool | None:
    """Mistral's stream wraps each chunk in a server-sent event."""
    return read(reading, data) if field(data, "choices") is not None else None


_TELLING: Final[tuple[tuple[str, Reader], ...]] = (
    ("choices", openai.chat),
    ("type", _by_type),
    ("candidates", gemini.response),
    ("usage_metadata", gemini.response),
    ("usageMetadata", gemini.response),
    ("prompt_feedback", gemini.response),
    ("promptFeedback", gemini.response),
    ("output", _by_output),
    ("finish_reason", cohere.response),
    ("done", ollama.response),
    ("data", _by_data),
)


def read(reading: Reading, thing: Any) -> bool | None:
    """Fold one response or chunk into the reading.

    Returns:
        Whether it carried content (text, reasoning, a tool call); None where its shape is not known.
    """
    if isinstance(thing, str):
        return reading.say(thing)
    if thing is None or isinstance(thing, (int, float, bytes)):
        return None
    for name, reader in _TELLING:
        telling = field(thing, name)
        if telling is not None:
            content = reader(reading, thing, telling)
            if content is not None:
                return content
    return bedrock.event(reading, thing) if isinstance(thing, dict) else None
