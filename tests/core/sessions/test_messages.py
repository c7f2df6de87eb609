"""Message lists of the common shapes say the same; what is no session is refused in one line."""

import json
from pathlib import Path
from typing import Any

import pytest

from otel_quality.core.sessions import messages
from otel_quality.core.sessions.grade import grade
from otel_quality.core.sessions.record import SessionRecord
from otel_quality.vocabulary.parameters import params_hash

SAMPLE = Path(__file__).parents[2] / "data" / "sessions" / "sample.jsonl"
HASH = params_hash({"path": "a.txt"})

PLAIN = [
    {"role": "user", "content": "Fix the bug in a.txt"},
    {"role": "assistant", "content": "I look.", "tool_calls": [{"id": "1", "name": "read", "arguments": {"path": "a.txt"}}]},
    {"role": "tool", "tool_call_id": "1", "content": "no such file", "is_error": True},
    {"role": "assistant", "content": "The work is done, I am sure."},
]
OPENAI = [
    {"role": "developer", "content": "You help."},
    {"role": "user", "content": [{"type": "text", "text": "Fix the bug in a.txt"}]},
    {
        "role": "assistant",
        "content": None,
        "tool_calls": [{"id": "1", "type": "function", "function": {"name": "read", "arguments": '{"path": "a.txt"}'}}],
    },
    {"role": "tool", "tool_call_id": "1", "content": "error: no such file"},
    {"role": "assistant", "content": "The work is done, I am sure."},
]
ANTHROPIC = [
    {"role": "user", "content": "Fix the bug in a.txt"},
    {
        "role": "assistant",
        "content": [
            {"type": "thinking", "thinking": "it failed"},
            {"type": "text", "text": "I look."},
            {"type": "tool_use", "id": "1", "name": "read", "input": {"path": "a.txt"}},
        ],
    },
    {
        "role": "user",
        "content": [
            {"type": "tool_result", "tool_use_id": "1", "is_error": True, "content": [{"type": "text", "text": "no such file"}]},
        ],
    },
    {"role": "assistant", "content": [{"type": "text", "text": "The work is done, I am sure."}]},
]
RESPONSES = [
    {"role": "user", "content": [{"type": "input_text", "text": "Fix the bug in a.txt"}]},
    {"type": "function_call", "call_id": "1", "name": "read", "arguments": '{"path": "a.txt"}'},
    {"type": "function_call_output", "call_id": "1", "output": "error: no such file"},
    {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "The work is done, I am sure."}]},
]
GEMINI = [
    {"role": "user", "parts": [{"text": "Fix the bug in a.txt"}]},
    {"role": "model", "parts": [{"functionCall": {"id": "1", "name": "read", "args": {"path": "a.txt"}}}]},
    {"role": "tool", "parts": [{"functionResponse": {"id": "1", "name": "read", "response": {"output": "error: no such file"}}}]},
    {"role": "model", "parts": [{"text": "The work is done, I am sure."}]},
]
OTEL = [
    {"role": "user", "parts": [{"type": "text", "content": "Fix the bug in a.txt"}]},
    {"role": "assistant", "parts": [{"type": "tool_call", "id": "1", "name": "read", "arguments": {"path": "a.txt"}}]},
    {"role": "tool", "parts": [{"type": "tool_call_response", "id": "1", "response": "error: no such file"}]},
    {"role": "assistant", "parts": [{"type": "text", "content": "The work is done, I am sure."}], "finish_reason": "stop"},
]


@pytest.mark.parametrize(
    "wrapped", [lambda m: m, lambda m: {"messages": m}, lambda m: {"conversation": m}], ids=["list", "messages", "conversation"]
)
@pytest.mark.parametrize(
    "shape", [PLAIN, OPENAI, ANTHROPIC, RESPONSES, GEMINI, OTEL], ids=["plain", "openai", "anthropic", "responses", "gemini", "otel"]
)
def test_every_shape_tells_the_same_session(shape: list[dict[str, Any]], wrapped: Any) -> None:
    record = messages.record(wrapped(shape))
    (use,) = record.tool_uses
    assert (use.tool, use.params_hash, use.error) == ("read", HASH, "file_not_found")
    assert (record.api_calls, record.tool_calls, record.tool_errors, record.recovered) == (2, 1, 1, False)
    assert (record.task_type, record.error_types, record.failing_tools) == ("debugging", (("file_not_found", 1),), (("read", 1),))
    assert record.final is not None
    assert (record.final.characters, record.final.completion_signs) == (28, 1)


def test_a_conversation_of_human_and_gpt_is_read() -> None:
    record = messages.record({"conversations": [{"from": "human", "value": "hi"}, {"from": "gpt", "value": "Could you please clarify?"}]})
    assert (record.api_calls, record.clarification) == (1, True)


def test_what_stands_beside_the_messages_is_told() -> None:
    told = {"id": 7, "source": "a", "task_domain": "b", "model": "m", "agent": "ezra", "platform": "web", "task": "code", "success": False}
    record = messages.record({**told, "started_at": 10, "ended_at": 12.5, "messages": PLAIN})
    assert (record.id, record.group, record.models, record.agents) == ("7", "a/b", ("m",), ("ezra",))
    assert (record.platform, record.task, record.success, record.start_ns, record.end_ns) == ("web", "code", False, 10**10, 12_500_000_000)


def test_without_an_id_the_same_messages_have_the_same_one() -> None:
    assert messages.record(PLAIN).id == messages.record({"messages": PLAIN}).id != messages.record(OPENAI).id


def test_the_final_answer_is_the_last_message_of_the_assistant_although_it_only_calls_a_tool() -> None:
    record = messages.record([{"role": "assistant", "content": "All is done, truly."}, {**PLAIN[1], "content": ""}])
    assert record.final is not None
    assert record.final.characters == 0


def test_an_empty_session_is_graded_as_not_completed() -> None:
    assert not grade(messages.record({"messages": []})).task_completed


def test_calls_without_results_and_results_without_calls_are_counted() -> None:
    assert messages.record(PLAIN[:2]).tool_calls == 1
    alone = messages.record([{"role": "tool", "name": "ls", "content": "a"}, {"role": "tool", "content": "b"}])
    assert (alone.tool_calls, [use.tool for use in alone.tool_uses]) == (2, ["ls", "unknown"])


def test_ten_thousand_tool_calls_are_counted_and_the_latest_are_kept() -> None:
    record = messages.record([PLAIN[1], PLAIN[2]] * 10_000)
    assert (record.tool_calls, record.tool_errors, record.error_run, len(record.tool_uses)) == (10_000, 10_000, 10_000, 1_000)


def test_messages_are_counted_as_they_are_listed_also_where_one_says_two_things() -> None:
    both = {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "a", "content": "ok"}, {"type": "text", "text": "and now?"}]}
    assert messages.record([{"role": "user", "content": "hi"}, {"role": "assistant", "content": ""}, both]).messages == 3
    assert messages.record([]).messages == 0


def test_parameters_that_are_not_json_have_a_hash_too() -> None:
    record = messages.record([{"role": "assistant", "tool_calls": [{"function": {"name": "sh", "arguments": "{broken"}}]}])
    assert len(record.tool_uses[0].params_hash) == 16


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (3, "messages are a list, not a number"),
        ("text", "messages are a list, not text"),
        (None, "messages are a list, not nothing"),
        ({}, "an object needs `messages`; its keys are none"),
        ({"text": 1}, "an object needs `messages`; its keys are text"),
        ({"messages": {"a": 1}}, "messages are a list, not an object"),
        ([PLAIN[0], "hello"], "message 1 is text, not an object"),
        ([{"content": "x"}], "message 0 has no role"),
        ([{"role": "alien", "content": "x"}], "message 0 has the role 'alien'"),
        ([{"role": "user", "content": 5}], "message 0: content is a number, not a list"),
        ([{"role": "user", "content": [5]}], "message 0: a part of the content is a number"),
        ([{"role": "assistant", "tool_calls": {"name": "x"}}], "message 0: tool_calls is an object, not a list"),
        ([{"role": "assistant", "tool_calls": ["ls"]}], "message 0: a tool call is text, not an object"),
    ],
)
def test_what_is_no_session_is_refused_in_one_line(wrong: object, said: str) -> None:
    with pytest.raises(ValueError) as caught:
        messages.record(wrong)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_what_is_nested_too_deeply_is_refused() -> None:
    deep: Any = "x"
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(ValueError, match="nested too deeply"):
        messages.record([{"role": "tool", "content": [{"type": "tool_result", "content": deep}]}])


def test_no_text_of_a_session_is_in_its_record() -> None:
    text = "Xylophone zanzibar quokka"
    kept = repr(
        messages.record([{"role": "system", "content": text}, {"role": "user", "content": text}, {"role": "assistant", "content": text}])
    )
    assert not any(word in kept.lower() for word in text.lower().split())


def test_real_sessions_are_read() -> None:
    records: list[SessionRecord] = [messages.record(json.loads(line)) for line in SAMPLE.read_text().splitlines()]
    assert len({record.id for record in records}) == 24
    assert {record.group for record in records} >= {"tau_airline/airline", "tau_retail/retail", "mint_code/python-code"}
    assert all(record.tool_calls > 0 and record.api_calls > 0 for record in records)


def at(seconds: int) -> str:
    return f"2026-11-21T12:00:{seconds:02}Z"


NOON_NS = 1_795_262_400 * 10**9
S = 10**9


def test_times_may_be_text() -> None:
    record = messages.record({"started_at": at(1), "ended_at": at(9), "messages": PLAIN})
    assert (record.start_ns, record.end_ns) == (NOON_NS + S, NOON_NS + 9 * S)


def test_without_times_of_its_own_a_session_lasts_from_its_first_message_to_its_last_and_tools_end_when_they_answer() -> None:
    record = messages.record([{**message, "timestamp": at(number)} for number, message in enumerate(PLAIN, 1)])
    assert (record.start_ns, record.end_ns) == (NOON_NS + S, NOON_NS + 4 * S)
    assert [use.end_ns for use in record.tool_uses] == [NOON_NS + 3 * S]


def test_where_not_every_answer_of_a_tool_tells_its_time_they_have_places() -> None:
    record = messages.record([{**PLAIN[0], "created_at": 1_795_262_400}, *PLAIN[1:]])
    assert (record.start_ns, record.end_ns) == (NOON_NS, NOON_NS)
    assert [use.end_ns for use in record.tool_uses] == [2]


def test_a_session_that_ends_before_it_begins_has_no_end() -> None:
    record = messages.record({"started_at": at(9), "ended_at": at(1), "messages": PLAIN})
    assert (record.start_ns, record.end_ns) == (NOON_NS + 9 * S, 0)


def test_what_a_tool_answers_may_be_any_value() -> None:
    calls = [{"id": str(number), "name": "sum", "arguments": given} for number, given in enumerate(["ls -la", [1], 7, None])]
    answers = [{"role": "tool", "tool_call_id": str(n), "content": told} for n, told in enumerate([7, True, None, {"error": "timeout"}])]
    record = messages.record([{"role": "assistant", "content": None, "tool_calls": calls}, *answers])
    assert [use.error for use in record.tool_uses] == ["", "", "", "timeout"]
    assert len({use.params_hash for use in record.tool_uses}) == 4
    assert record.tool_uses[3].params_hash == ""
