"""Conversations as ChatGPT and Claude export them: the branch that was shown, calls of tools, times, ids."""

from typing import Any

import pytest

from otel_quality.core.sessions import messages
from otel_quality.core.sessions.exports import is_export

NOON = 1_795_262_400


def node(key: str, parent: str | None, role: str, content: Any, **more: Any) -> tuple[str, dict[str, Any]]:
    author = {"role": role, "name": more.pop("name", None)}
    message = {"author": author, "create_time": NOON + len(key), "content": content, "recipient": "all"} | more
    return key, {"id": key, "parent": parent, "children": [], "message": message}


def text(*parts: Any) -> dict[str, Any]:
    return {"content_type": "text", "parts": list(parts)}


CHATGPT = {
    "title": "a chart",
    "conversation_id": "c-1",
    "create_time": NOON + 0.5,
    "update_time": NOON + 60,
    "default_model_slug": "gpt-5",
    "current_node": "7777777",
    "mapping": dict(
        [
            ("0", {"id": "0", "parent": None, "children": ["1"], "message": None}),
            node("1", "0", "system", text("")),
            node("22", "1", "user", text("Fix the crash in this script")),
            node("333", "22", "assistant", text("An answer that was regenerated, and failed.")),
            node("4444", "22", "assistant", {"content_type": "code", "text": "run('a.py')"}, recipient="python"),
            node("55555", "4444", "tool", {"content_type": "execution_output", "text": "Traceback: TimeoutError"}, name="python"),
            node("666666", "55555", "assistant", {"content_type": "thoughts", "thoughts": []}),
            node("7777777", "666666", "assistant", text("Done: it is fixed, see https://example.org/r.")),
        ]
    ),
}
CLAUDE = {
    "uuid": "c-2",
    "name": "a chart",
    "created_at": "2026-11-21T12:00:00.5Z",
    "updated_at": "2026-11-21T12:01:00Z",
    "chat_messages": [
        {"uuid": "m1", "sender": "human", "text": "Fix the crash in this script", "created_at": "2026-11-21T12:00:01Z"},
        {
            "uuid": "m2",
            "sender": "assistant",
            "text": "",
            "created_at": "2026-11-21T12:00:05Z",
            "content": [
                {"type": "tool_use", "id": "t1", "name": "python", "input": {"code": "run('a.py')"}},
                {"type": "tool_result", "tool_use_id": "t1", "is_error": True, "content": "TimeoutError"},
                {"type": "text", "text": "Done: it is fixed, see https://example.org/r."},
            ],
        },
    ],
}


@pytest.mark.parametrize(("export", "name", "models", "answers"), [(CHATGPT, "c-1", ("gpt-5",), 2), (CLAUDE, "c-2", (), 1)])
def test_an_exported_conversation_is_a_session(export: dict[str, Any], name: str, models: tuple[str, ...], answers: int) -> None:
    record = messages.record(export)
    assert (record.id, record.models, record.task_type, record.api_calls) == (name, models, "debugging", answers)
    assert [(use.tool, use.error) for use in record.tool_uses] == [("python", "timeout")]
    assert (record.start_ns, record.end_ns) == (NOON * 10**9 + 5 * 10**8, (NOON + 60) * 10**9)
    assert record.tool_uses[0].end_ns == (NOON + 5) * 10**9
    assert record.final is not None
    assert (record.final.characters, record.final.has_link, record.final.failure_signs) == (45, True, 0)


def test_what_is_told_beside_an_export_counts() -> None:
    assert messages.record({**CLAUDE, "success": False, "source": "chat"}).success is False


def test_a_tree_that_runs_in_circles_ends() -> None:
    mapping = dict([node("a", "b", "user", text("hi")), node("b", "a", "assistant", text("well, hello there"))])
    assert messages.record({"id": "x", "mapping": mapping, "current_node": "b"}).api_calls == 1


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"chat_messages": ["hi"]}, "message 0 is text, not an object"),
        ({"chat_messages": [{"text": "hi"}]}, "message 0 has no role"),
        ({"mapping": {"a": "hi"}}, "message 0 is text, not an object"),
        ({"mapping": {"a": {"message": {"content": {"parts": ["hi"]}}}}}, "message 0 has no role"),
    ],
)
def test_what_is_wrong_in_an_export_is_refused_in_one_line(wrong: dict[str, Any], said: str) -> None:
    assert is_export(wrong)
    with pytest.raises(ValueError, match=said):
        messages.record(wrong)


def test_other_shapes_are_no_exports() -> None:
    assert not any(map(is_export, ([], {}, {"mapping": 3}, {"chat_messages": None}, {"messages": []})))
