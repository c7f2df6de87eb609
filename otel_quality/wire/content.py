"""What spans say of texts: as attributes of ours, else from the text itself, which goes no further than this file unless it is to be kept.

Messages come as JSON in a string (what most emitters write) or as nested values; in the convention's form
(`{"role", "parts": [{"type": "text", "content"}]}`) or in that of chat completions (`{"role", "content"}`). What has no such form
is taken as one text.

Decision: of a request only the first user's message is read, element by element, because a request repeats the whole conversation
every time; and no text is looked at beyond MAX_TEXT characters.
"""

import json
from collections.abc import Iterator
from typing import Any, Final

from otel_quality.core.evaluations.record import Line
from otel_quality.core.sessions import shapes, transcript
from otel_quality.core.sessions.content import Content
from otel_quality.core.sessions.transcript import CALL, RESULT, Message
from otel_quality.vocabulary import attributes as a
from otel_quality.vocabulary import signs
from otel_quality.vocabulary.parameters import params_hash, params_hash_of_json
from otel_quality.vocabulary.signs import Features
from otel_quality.wire import names, values
from otel_quality.wire.dialects.dialect import Dialect

MAX_TEXT: Final = 1 << 20
"""Characters of one text that are looked at."""
MAX_MESSAGES: Final = 32
"""Messages among which the user's first one is looked for; instructions stand before it."""
_DEPTH: Final = 32
_MAX_SIGNS: Final = 9
_DECODER: Final = json.JSONDecoder()
_ASSISTANT: Final = frozenset({"assistant", "model", "ai", ""})


def features(attributes: Any, output_keys: tuple[str, ...]) -> Features | None:
    """Features of an answer; None where neither the span's attributes nor its content tell them."""
    told = attributes.get(a.RESPONSE_CHARACTERS)
    if told is not None and 0 <= (characters := values.integer(told)) < values.LARGEST:
        return Features(
            characters=characters,
            has_code=_flag(attributes, a.RESPONSE_HAS_CODE),
            has_link=_flag(attributes, a.RESPONSE_HAS_LINK),
            completion_signs=_count(attributes, a.COMPLETION_SIGNS),
            failure_signs=_count(attributes, a.FAILURE_SIGNS),
            asks_clarification=_flag(attributes, a.ASKS_CLARIFICATION),
        )
    output = values.first(attributes, output_keys)
    return None if output is None else signs.features(_last_answer(output))


def task_type(attributes: Any, input_keys: tuple[str, ...]) -> str:
    """The task type of the session, as told or by the words of the first request; empty where there are none."""
    told = attributes.get(a.SESSION_TASK_TYPE)
    if told is not None and (name := names.clean(told.string_value)) in signs.TASK_TYPES:
        return name
    request = values.first(attributes, input_keys)
    text = "" if request is None else _first_request(request)
    return signs.task_type(text) if text else ""


def parameters(attributes: Any, argument_keys: tuple[str, ...]) -> str:
    """The hash of a tool call's parameters, as told or of the arguments; empty where there are neither."""
    told = attributes.get(a.TOOL_PARAMS_HASH)
    if told is not None and (name := names.clean(told.string_value)):
        return name
    arguments = values.first(attributes, argument_keys)
    if arguments is None:
        return ""
    value = _plain(arguments)
    if isinstance(value, str):
        return params_hash_of_json(value)
    return params_hash(value) if isinstance(value, dict) else params_hash_of_json(json.dumps(value, ensure_ascii=False))


def failure(attributes: Any, result_keys: tuple[str, ...], *, marked: bool | None, error_type: str) -> str:
    """The category of a tool's failure, from its type of error or the words of its result; empty where it did not fail.

    Args:
        marked: whether the span says that it failed; None where it does not say: then the result's words tell.
    """
    category = signs.error_category(error_type, marked=True) if marked else ""
    if marked is False or category not in ("", signs.UNKNOWN_ERROR):
        return category
    result = values.first(attributes, result_keys)
    return category if result is None else signs.error_category(_text(_plain(result))[:MAX_TEXT], marked=marked)


def said(attributes: Any, dialect: Dialect, *, is_tool: bool) -> Content | None:
    """All that a span says, to be kept; None where it says nothing.

    Args:
        is_tool: it is a tool's span: its arguments and its result.
    """
    if is_tool:
        tool = values.first(attributes, dialect.tool_name)
        name = names.clean(tool.string_value) if tool is not None else ""
        arguments, result = (values.first(attributes, keys) for keys in (dialect.tool_arguments, dialect.tool_result))
        lines = [Line(CALL, _cut("" if arguments is None else _told(arguments)), name)]
        lines += [Line(RESULT, _cut(_text(_parsed(result))), name)] if result is not None else []
        return None if arguments is None and result is None else Content(output=tuple((line,) for line in lines))
    system = attributes.get(a.SYSTEM_INSTRUCTIONS)
    asked, answered = values.first(attributes, dialect.input_messages), values.first(attributes, dialect.output_messages)
    if asked is None and answered is None:
        return None
    instructions = "" if system is None else _cut(_text(_parsed(system)))
    return Content(
        (Line("system", instructions),) if instructions else (), tuple(_messages(asked, "user")), tuple(_messages(answered, "assistant"))
    )


def _messages(value: Any, side: str) -> Iterator[Message]:
    """The messages of one side; what has no form of a message is one text of that side."""
    if value is None:
        return
    listed = _elements(_string(value)[:MAX_TEXT]) if value.HasField("string_value") else iter(_list(_plain(value)))
    tools: dict[str, str] = {}
    for each in listed:
        message = each if isinstance(each, dict) else {"content": _text(each)}
        try:
            turns = shapes.turns([{"role": side} | message])
        except ValueError:
            turns = shapes.turns([{"role": side, "content": _text(message)}])
        for turn in turns:
            tools |= {call.id: call.tool for call in turn.calls if call.id}
        lines = tuple(line for turn in turns for line in transcript.of_turn(turn, tools))
        if lines:
            yield lines


def _parsed(value: Any) -> Any:
    """A value, or what it says as JSON."""
    if not value.HasField("string_value"):
        return _plain(value)
    text = _string(value)[:MAX_TEXT]
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _told(value: Any) -> str:
    """A value as text: JSON stays as it was written."""
    return _string(value) if value.HasField("string_value") else json.dumps(_plain(value), ensure_ascii=False)


def _cut(text: str) -> str:
    return transcript.clean(transcript.beginning(text, MAX_TEXT))


def _flag(attributes: Any, key: str) -> bool:
    value = attributes.get(key)
    return value is not None and values.flag(value) == 1


def _count(attributes: Any, key: str) -> int:
    value = attributes.get(key)
    return 0 if value is None else min(max(values.integer(value), 0), _MAX_SIGNS)


def _last_answer(output: Any) -> str:
    """The text of the last message of the assistant; empty where it only calls tools."""
    if output.HasField("string_value"):
        text = _string(output)
        try:
            messages = json.loads(text) if len(text) <= MAX_TEXT else text
        except (ValueError, RecursionError):
            messages = text
    else:
        messages = _plain(output)
    if isinstance(messages, dict):
        messages = [messages]
    if not isinstance(messages, list):
        return str(messages)[:MAX_TEXT]
    for message in reversed(messages):
        if _role(message) in _ASSISTANT:
            return _text(message)[:MAX_TEXT]
    return ""


def _first_request(request: Any) -> str:
    """The text of the user's first message."""
    messages = _elements(_string(request)) if request.HasField("string_value") else iter(_list(_plain(request)))
    for _, message in zip(range(MAX_MESSAGES), messages, strict=False):
        if isinstance(message, str):
            return message[:MAX_TEXT]
        if _role(message) == "user":
            return _text(message)[:MAX_TEXT]
    return ""


def _elements(text: str) -> Iterator[Any]:
    """The elements of a JSON list, one at a time; of anything else the text as a whole."""
    if not text.lstrip().startswith("["):
        yield text
        return
    at = text.index("[") + 1
    while True:
        while at < len(text) and text[at] in " \t\r\n,":
            at += 1
        try:
            element, at = _DECODER.raw_decode(text, at)
        except (ValueError, RecursionError):  # the list's end, or a text that was cut
            return
        yield element


def _role(message: Any) -> str:
    role = message.get("role", "") if isinstance(message, dict) else ""
    return role if isinstance(role, str) else ""


def _text(value: Any, depth: int = 0) -> str:
    """The text in a message, a part of one, a list of them, or a result of whatever form."""
    if isinstance(value, str):
        return value
    if isinstance(value, list) and depth < _DEPTH:
        return "\n".join(text for item in value if (text := _text(item, depth + 1)))
    if isinstance(value, dict) and depth < _DEPTH:
        for key in ("parts", "content", "text", "response", "result"):
            if key in value:
                return _text(value[key], depth + 1)
        return "" if "type" in value else json.dumps(value, ensure_ascii=False)
    return "" if value is None else str(value)


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _string(value: Any) -> str:
    text = value.string_value
    return text if isinstance(text, str) else text.decode("utf-8", "replace")


def _plain(value: Any, depth: int = 0) -> Any:
    """An attribute's value as JSON would have it; None below a depth that no honest message has."""
    kind = value.WhichOneof("value")
    if kind is None or depth > _DEPTH:
        return None
    if kind == "array_value":
        return [_plain(item, depth + 1) for item in value.array_value.values]
    if kind == "kvlist_value":
        return {_key(key): _plain(item, depth + 1) for key, item in value.kvlist_value.values.items()}
    return _string(value) if kind == "string_value" else getattr(value, kind)


def _key(key: str | bytes) -> str:
    return key if isinstance(key, str) else key.decode("utf-8", "replace")
