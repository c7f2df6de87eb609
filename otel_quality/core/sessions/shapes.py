"""Message lists of the common shapes as one plain shape: turns.

Read: `{"messages": [...]}`, `{"conversation": [...]}`, a bare list; OpenAI (`tool_calls`, role `tool`, `function_call`, Responses items),
Anthropic (`tool_use` and `tool_result` blocks), Gemini (`parts` with `functionCall`), the OpenTelemetry message schema, ShareGPT
(`from`, `value`). What it cannot read it refuses with one line that names the message and says what is wrong; it never guesses.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, Literal, NamedTuple

from otel_quality.core.sessions.instants import instant
from otel_quality.vocabulary.parameters import params_hash, params_hash_of_json

Role = Literal["system", "user", "assistant", "tool"]

LISTS: Final = ("messages", "conversation", "conversations")
"""Keys under which an object holds its messages."""

_TIMES: Final = ("timestamp", "created_at", "time", "ts")
"""Keys under which a message says when it was."""
_ROLES: Final[dict[str, Role]] = {
    "system": "system",
    "developer": "system",
    "user": "user",
    "human": "user",
    "assistant": "assistant",
    "ai": "assistant",
    "model": "assistant",
    "gpt": "assistant",
    "tool": "tool",
    "function": "tool",
    "observation": "tool",
}
_ITEMS: Final[dict[str, Role]] = {
    "function_call": "assistant",
    "custom_tool_call": "assistant",
    "reasoning": "assistant",
    "function_call_output": "tool",
    "custom_tool_call_output": "tool",
}
"""Items without a role, by their type."""
_CALL_PARTS: Final = frozenset({"tool_use", "tool_call", "server_tool_use", "function_call", "custom_tool_call"})
_RESULT_PARTS: Final = frozenset({"tool_result", "tool_call_response", "function_call_output", "custom_tool_call_output"})
_SILENT_PARTS: Final = frozenset({"thinking", "redacted_thinking", "reasoning"})
"""What the model thought is no answer."""


class Call(NamedTuple):
    """A tool call: its id (empty where the source has none), the tool, the hash of its parameters, and they themselves as JSON."""

    id: str
    tool: str
    params_hash: str
    arguments: str


class Result(NamedTuple):
    """What a tool answered; `marked` tells whether the source says that it failed, None where it does not say."""

    call_id: str
    tool: str
    text: str
    marked: bool | None


class Turn(NamedTuple):
    """One message: who, its text, the calls it makes, the results it brings, when (nanoseconds; 0 where it does not say)."""

    role: Role
    text: str
    calls: tuple[Call, ...] = ()
    results: tuple[Result, ...] = ()
    at_ns: int = 0


def turns(session: object) -> list[Turn]:
    """The messages of a session, in order.

    Raises:
        ValueError: it is no session; the message is one line.

    >>> [turn.role for turn in turns([{"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello"}])]
    ['user', 'assistant']
    """
    return [turn for _, turn in numbered(session)]


def numbered(session: object) -> list[tuple[int, Turn]]:
    """Likewise, each with the position of its message in the list: one that answers tools and says something is two turns."""
    return [(number, turn) for number, message in enumerate(_listed(session)) for turn in _read(message, f"message {number}")]


def _listed(session: object) -> Sequence[object]:
    found = session
    if isinstance(session, Mapping):
        key = next((key for key in LISTS if key in session), None)
        if key is None:
            keys = ", ".join(map(str, list(session)[:8])) or "none"
            raise ValueError(f"no session: an object needs `messages`; its keys are {keys}")
        found = session[key]
    if isinstance(found, (str, bytes)) or not isinstance(found, Sequence):
        raise ValueError(f"no session: messages are a list, not {_kind(found)}")
    return found


def _read(message: object, where: str) -> Iterator[Turn]:
    if not isinstance(message, Mapping):
        raise ValueError(f"{where} is {_kind(message)}, not an object")
    role = _role(message, where)
    text, calls, results = _content(message, role, where)
    if role == "tool" and not results:
        results, text = [_result(message, text)], ""
    calls += [_call(call, where) for call in _sequence(message.get("tool_calls"), f"{where}: tool_calls")]
    if isinstance(message.get("function_call"), Mapping):
        calls.append(_call(message["function_call"], where))
    if _type(message) in _CALL_PARTS:
        calls.append(_call(message, where))
    at_ns = next(filter(None, (instant(message[key]) for key in _TIMES if key in message)), 0)
    if results:
        yield Turn("tool", "", (), tuple(results), at_ns)
    if role != "tool" and (text or calls or not results):
        yield Turn(role, text, tuple(calls), (), at_ns)


def _role(message: Mapping[str, Any], where: str) -> Role:
    word = message.get("role", message.get("from"))
    if word is None and _type(message) in _ITEMS:
        return _ITEMS[_type(message)]
    role = _ROLES.get(word.lower()) if isinstance(word, str) else None
    if role is None:
        said = "no role" if word is None else f"the role {str(word)[:40]!r}"
        raise ValueError(f"{where} has {said}; roles are system, user, assistant and tool")
    return role


def _content(message: Mapping[str, Any], role: Role, where: str) -> tuple[str, list[Call], list[Result]]:
    """Text, calls and results that a message's content holds; a tool may answer any value."""
    content = next((message[key] for key in ("content", "parts", "value", "output") if message.get(key) is not None), None)
    if content is None or isinstance(content, str):
        return content or "", [], []
    if isinstance(content, Mapping) or (role == "tool" and isinstance(content, (int, float))):
        return json.dumps(content, ensure_ascii=False, default=str), [], []
    texts: list[str] = []
    calls: list[Call] = []
    results: list[Result] = []
    for part in _sequence(content, f"{where}: content"):
        if isinstance(part, str):
            texts.append(part)
            continue
        if not isinstance(part, Mapping):
            raise ValueError(f"{where}: a part of the content is {_kind(part)}, neither text nor an object")
        kind = _type(part)
        if kind in _CALL_PARTS:
            calls.append(_call(part, where))
        elif isinstance(part.get("functionCall"), Mapping):
            calls.append(_call(part["functionCall"], where))
        elif kind in _RESULT_PARTS:
            results.append(_result(part, _text(part)))
        elif isinstance(part.get("functionResponse"), Mapping):
            results.append(_result(part["functionResponse"], _text(part["functionResponse"])))
        elif kind not in _SILENT_PARTS:
            texts.append(_text(part))
    return "\n".join(text for text in texts if text), calls, results


def _call(call: object, where: str) -> Call:
    if not isinstance(call, Mapping):
        raise ValueError(f"{where}: a tool call is {_kind(call)}, not an object")
    named = call["function"] if isinstance(call.get("function"), Mapping) else call
    arguments = next((named[key] for key in ("arguments", "input", "args", "parameters") if named.get(key) is not None), None)
    text = "" if arguments is None else arguments if isinstance(arguments, str) else json.dumps(arguments, ensure_ascii=False, default=str)
    digest = params_hash(arguments) if isinstance(arguments, Mapping) else params_hash_of_json(text) if text else ""
    return Call(str(call.get("call_id") or call.get("id") or ""), str(named.get("name") or "unknown"), digest, text)


def _result(message: Mapping[str, Any], text: str) -> Result:
    call_id = next((message[key] for key in ("tool_call_id", "tool_use_id", "call_id", "id") if message.get(key)), "")
    return Result(str(call_id), str(message.get("name") or ""), text, _marked(message))


def _marked(message: Mapping[str, Any]) -> bool | None:
    for key in ("is_error", "isError"):
        if isinstance(message.get(key), bool):
            return bool(message[key])
    return {"error": True, "success": False}.get(str(message.get("status")))


def _text(part: object) -> str:
    """The text of a part, of a list of parts, or a value as JSON."""
    if part is None or isinstance(part, str):
        return part or ""
    if isinstance(part, Mapping):
        for key in ("text", "content", "response", "result", "output"):
            if part.get(key) is not None:
                return _text(part[key])
        return "" if "type" in part else json.dumps(part, ensure_ascii=False, default=str)
    if isinstance(part, Sequence):
        return "\n".join(filter(None, map(_text, part)))
    return str(part)


def _sequence(value: object, what: str) -> Sequence[object]:
    if value is None:
        return ()
    if isinstance(value, (str, bytes)) or not isinstance(value, Sequence):
        raise ValueError(f"{what} is {_kind(value)}, not a list")
    return value


def _type(part: Mapping[str, Any]) -> str:
    """What a message or a part says it is; empty where it does not say."""
    word = part.get("type")
    return word if isinstance(word, str) else ""


def _kind(value: object) -> str:
    if value is None:
        return "nothing"
    names = {str: "text", bool: "a truth value", int: "a number", float: "a number", dict: "an object", list: "a list"}
    return names.get(type(value), type(value).__name__)
