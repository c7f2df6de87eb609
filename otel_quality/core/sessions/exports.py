"""Conversations as chat applications export them, as sessions of the plain shape: ChatGPT (`mapping`) and Claude (`chat_messages`).

Of a conversation that was branched, by editing a question or asking for another answer, the branch that was shown last is read. What is
no export is given back as it is; what is wrong in one is left to who reads messages, and told there.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

_THOUGHTS: Final = frozenset({"thoughts", "reasoning_recap", "model_editable_context", "user_editable_context"})
"""Kinds of ChatGPT's content that nobody said to the other."""
_EVERYBODY: Final = "all"
"""Whom ChatGPT's messages are for that call no tool."""


def is_export(session: object) -> bool:
    """Whether this is one conversation of an export."""
    return isinstance(session, Mapping) and (isinstance(session.get("mapping"), Mapping) or isinstance(session.get("chat_messages"), list))


def plain(session: object) -> object:
    """A conversation of an export with `messages`, anything else as it is.

    >>> plain({"uuid": "c", "chat_messages": [{"sender": "human", "text": "hi"}]})["messages"]
    [{'role': 'human', 'content': 'hi', 'timestamp': None}]
    """
    if not isinstance(session, Mapping) or not is_export(session):
        return session
    if isinstance(session.get("mapping"), Mapping):
        told = {
            "id": session.get("conversation_id") or session.get("id"),
            "model": session.get("default_model_slug"),
            "started_at": session.get("create_time"),
            "ended_at": session.get("update_time"),
            "messages": list(_shown(session)),
        }
    else:
        told = {
            "id": session.get("uuid"),
            "started_at": session.get("created_at"),
            "ended_at": session.get("updated_at"),
            "messages": list(map(_of_claude, session["chat_messages"])),
        }
    return {**session, **told}


def _of_claude(message: Any) -> Any:
    if not isinstance(message, Mapping):
        return message
    return {"role": message.get("sender"), "content": message.get("content") or message.get("text"), "timestamp": message.get("created_at")}


def _shown(session: Mapping[str, Any]) -> Iterator[Any]:
    """The messages of ChatGPT's tree on the way from its root to the node that was shown last."""
    nodes = session["mapping"]
    at = session.get("current_node") or next(reversed(nodes), None)
    way: dict[Any, Any] = {}
    while isinstance(at, str) and at in nodes and at not in way:
        node = nodes[at]
        way[at] = node.get("message") if isinstance(node, Mapping) else node
        at = node.get("parent") if isinstance(node, Mapping) else None
    for message in reversed(way.values()):
        if message is None:
            continue
        content = message.get("content") if isinstance(message, Mapping) else None
        if not isinstance(content, Mapping) or content.get("content_type") not in _THOUGHTS:
            yield _of_chatgpt(message, content)


def _of_chatgpt(message: Any, content: Any) -> Any:
    if not isinstance(message, Mapping):
        return message
    author = message.get("author")
    role, name = (author.get("role"), author.get("name")) if isinstance(author, Mapping) else (None, None)
    said = (content.get("parts") or content.get("text") or "") if isinstance(content, Mapping) else content
    read = {"role": role, "content": said, "timestamp": message.get("create_time")}
    tool = message.get("recipient") or _EVERYBODY
    if role == "tool":
        return {**read, "name": name}
    if role == "assistant" and tool != _EVERYBODY:
        return {
            **read,
            "content": "",
            "tool_calls": [{"name": tool, "arguments": "\n".join(map(str, said)) if isinstance(said, list) else said}],
        }
    return read
