"""Which spans become steps of a session, and what a step says."""

import json
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from otel_quality.core.observation import join
from otel_quality.core.sessions.content import Content
from otel_quality.core.sessions.transcript import Message
from otel_quality.core.step import UNKNOWN_NS, Step
from otel_quality.vocabulary.outcomes import Outcome
from otel_quality.vocabulary.parameters import params_hash
from otel_quality.vocabulary.signs import Features, features
from otel_quality.wire.decode import Config, Decoder
from tests.wire.otlp import END_NS, SECOND, any_value, chat, request, span

TOOL = {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "git_status"}
TALK = {"gen_ai.conversation.id": "conv-1"}
PARENT = {"parent_span_id": (7).to_bytes(8, "big")}
ANSWER = "Done. The report is saved to https://example.org/r"


def decoded(*spans: dict[str, object], service: str = "") -> tuple[list[Step], list[Step]]:
    """Steps of LLM calls, and of other spans."""
    batch = Decoder(Config()).decode(request(*spans, service=service)).batch
    assert len(batch.steps) == len(batch.others)
    return [batch.calls[position] for position in sorted(batch.calls)], list(batch.steps)


def call(*, at: dict[str, object] | None = None, **changes: object) -> Step:
    (step,), none = decoded(chat(at=TALK | (at or {})) | changes)
    assert none == []
    return step


def tool(at: dict[str, object] | None = None, *, failed: bool = False, **changes: object) -> Step:
    none, (step,) = decoded(span(TOOL | (at or {}), failed=failed, **changes))
    assert none == []
    return step


@pytest.mark.parametrize(("made", "steps"), [(chat(), 0), (chat(at=TALK), 1), (chat() | PARENT, 1), (chat() | {"parent_span_id": b""}, 0)])
def test_an_llm_call_is_a_step_where_it_has_a_conversation_or_a_parent(made: dict[str, object], steps: int) -> None:
    assert len(decoded(made)[0]) == steps


def test_a_call_tells_what_its_row_tells() -> None:
    told = {
        "gen_ai.agent.name": "ezra",
        "gen_ai.usage.input_tokens": 11,
        "gen_ai.usage.output_tokens": 22,
        "gen_ai.usage.cost": 0.25,
        "otel_quality.task": "code",
        "error.type": "RateLimitError",
    }
    ((step,), _) = decoded(chat(number=5, at=TALK | told) | PARENT, service="shop")
    assert (step.kind, step.trace_id, step.span_id, step.parent_id) == ("llm", 5, 5, 7)
    assert (step.start_ns, step.end_ns, step.outcome) == (END_NS - SECOND, END_NS, Outcome.ERROR)
    assert (step.conversation, step.platform, step.agent) == ("conv-1", "shop", "ezra")
    assert (step.backend, step.model, step.task) == ("anthropic", "claude", "code")
    assert (step.error, step.input_tokens, step.output_tokens, step.cost_usd) == ("api_error", 11, 22, 0.25)
    assert (step.features, step.task_type, step.ends, step.success) == (None, "", False, None)


def test_features_that_the_sdk_computed_are_taken() -> None:
    told = {
        "otel_quality.response.characters": 700,
        "otel_quality.response.has_code": True,
        "otel_quality.response.completion_signs": 2,
        "otel_quality.response.asks_clarification": False,
        "otel_quality.session.task_type": "debugging",
    }
    step = call(at=told)
    assert step.features == Features(700, has_code=True, has_link=False, completion_signs=2, failure_signs=0, asks_clarification=False)
    assert step.task_type == "debugging"


def message(role: str, text: str) -> dict[str, object]:
    return {"role": role, "parts": [{"type": "text", "content": text}]}


@pytest.mark.parametrize(
    "output",
    [
        json.dumps([message("assistant", ANSWER)]),
        json.dumps([message("assistant", "first"), message("assistant", ANSWER)]),
        json.dumps([{"role": "assistant", "content": ANSWER}]),
        json.dumps([{"role": "assistant", "content": [{"type": "text", "text": ANSWER}]}]),
        json.dumps({"role": "assistant", "content": ANSWER}),
        ANSWER,
    ],
)
def test_features_are_computed_from_content_of_any_form(output: str) -> None:
    assert call(at={"gen_ai.output.messages": output}).features == features(ANSWER)


def test_an_answer_that_only_calls_tools_has_no_characters() -> None:
    calls = [{"role": "assistant", "parts": [{"type": "tool_call", "name": "git", "arguments": {"path": "done"}}]}]
    assert call(at={"gen_ai.output.messages": json.dumps(calls)}).features == features("")


def test_messages_as_nested_values_are_read_like_json() -> None:
    part = any_value("")
    for key, value in {"type": "text", "content": ANSWER}.items():
        part.kvlist_value.values.add(key=key, value=any_value(value))
    whole = any_value("")
    whole.kvlist_value.values.add(key="role", value=any_value("assistant"))
    whole.kvlist_value.values.add(key="parts", value=any_value([part]))
    assert call(at={"gen_ai.output.messages": [whole]}).features == features(ANSWER)


@pytest.mark.parametrize(
    ("request_messages", "task_type"),
    [
        ([message("system", "you write documentation"), message("user", "fix the crash, it is broken")], "debugging"),
        ([message("user", "fix the crash, it is broken"), message("user", "now write the documentation")], "debugging"),
        ([message("system", "fix the crash")], ""),
    ],
)
def test_the_task_type_is_inferred_from_the_first_request(request_messages: list[object], task_type: str) -> None:
    text = json.dumps(request_messages)
    assert call(at={"gen_ai.input.messages": text}).task_type == task_type
    assert call(at={"gen_ai.input.messages": text + "cut here"}).task_type == task_type


def test_a_tool_tells_itself() -> None:
    step = tool(
        TALK
        | {"otel_quality.tool.params_hash": "0123456789abcdef", "otel_quality.tool.confidence": 0.75, "otel_quality.prediction.id": "p1"}
    )
    assert (step.kind, step.tool, step.params_hash, step.confidence) == ("tool", "git_status", "0123456789abcdef", 0.75)
    assert (step.prediction_id, step.error, step.outcome, step.conversation) == ("p1", "", Outcome.SUCCESS, "conv-1")


@pytest.mark.parametrize("arguments", ['{"path": ".", "depth": 2}', '{"depth":2,"path":"."}'])
def test_parameters_are_hashed_by_the_recipe_of_the_sdk(arguments: str) -> None:
    assert tool({"gen_ai.tool.call.arguments": arguments}).params_hash == params_hash({"path": ".", "depth": 2})


@pytest.mark.parametrize("arguments", ["not json {", "[1, 2]", "", "[" * 5000, 3, 2.5, [1, "a"], b"\xff"])
def test_parameters_that_are_no_object_have_a_hash_all_the_same(arguments: object) -> None:
    found = tool({"gen_ai.tool.call.arguments": arguments}).params_hash
    assert len(found) == 16
    assert found == tool({"gen_ai.tool.call.arguments": arguments}).params_hash


@pytest.mark.parametrize(
    ("attributes", "failed", "error"),
    [
        ({"error.type": "FileNotFoundError"}, True, "file_not_found"),
        ({"error.type": "FileNotFoundError", "otel_quality.outcome": "error"}, True, "file_not_found"),
        ({"gen_ai.tool.call.result": "cat: no such file or directory"}, True, "file_not_found"),
        ({"gen_ai.tool.call.result": "Traceback: permission denied"}, False, "permission_denied"),
        ({"gen_ai.tool.call.result": "0 errors found", "otel_quality.outcome": "success"}, False, ""),
        ({"gen_ai.tool.call.result": "all well"}, False, ""),
        ({"error.type": "TimeoutError"}, False, "timeout"),
        ({}, True, "unknown"),
        ({"otel_quality.outcome": "cancelled", "error.type": "CancelledError"}, True, ""),
    ],
)
def test_the_category_of_a_failed_tool(attributes: dict[str, object], failed: bool, error: str) -> None:
    assert tool(attributes, failed=failed).error == error


def test_an_agent_run_is_a_step_with_the_features_of_its_answer() -> None:
    attributes = {"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "ezra", "otel_quality.response.characters": 30}
    _, (step,) = decoded(span(attributes, failed=True))
    assert (step.kind, step.agent, step.outcome) == ("agent", "ezra", Outcome.ERROR)
    assert step.features is not None
    assert step.features.characters == 30


@pytest.mark.parametrize(
    ("told", "success"), [({}, None), ({"otel_quality.session.success": True}, True), ({"otel_quality.session.success": False}, False)]
)
def test_a_session_end_is_a_step_of_no_length(told: dict[str, object], success: bool | None) -> None:
    _, (step,) = decoded(span(TALK | {"otel_quality.session.end": True} | told, start_time_unix_nano=END_NS))
    assert (step.kind, step.ends, step.success, step.conversation) == ("end", True, success, "conv-1")
    assert step.start_ns == step.end_ns == END_NS


def test_what_a_span_does_not_tell_is_unknown() -> None:
    step = tool(start_time_unix_nano=0, span_id=b"12345678", parent_span_id=b"123")
    assert (step.start_ns, step.parent_id, step.agent, step.model, step.input_tokens) == (UNKNOWN_NS, 0, "", "", -1)
    assert math.isnan(step.confidence)


def test_a_span_that_is_refused_is_no_step() -> None:
    assert decoded(span(TOOL, end_time_unix_nano=0), chat(at=TALK) | {"span_id": b""}) == ([], [])


def test_joined_batches_keep_each_step_with_its_span() -> None:
    first = Decoder(Config()).decode(request(chat(number=1), chat(number=2, at=TALK), span(TOOL, number=3))).batch
    second = Decoder(Config()).decode(request(chat(number=4, at=TALK), span(TOOL, number=5))).batch
    both = join([first, second])
    assert {position: step.span_id for position, step in both.calls.items()} == {1: 2, 2: 4}
    assert [step.span_id for step in both.steps] == both.others["span_id"].tolist() == [3, 5]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["role", "parts", "content", "text", "type"]) | st.text(max_size=4), inner, max_size=4)
    ),
    max_leaves=20,
)


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(["gen_ai.output.messages", "gen_ai.input.messages", "gen_ai.tool.call.arguments", "gen_ai.tool.call.result"]),
    json_values.map(json.dumps)
    | st.text(max_size=40)
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats()
    | st.lists(st.text(max_size=5), max_size=3),
)
def test_content_of_any_form_never_stops_the_reading(key: str, value: object) -> None:
    assert len(decoded(chat(at=TALK | {key: value}))[0]) == 1
    assert len(decoded(span(TOOL | {key: value}))[1]) == 1


OTEL = [
    {"role": "user", "parts": [{"type": "text", "content": "find it"}]},
    {
        "role": "assistant",
        "parts": [{"type": "reasoning", "content": "hm"}, {"type": "tool_call", "id": "c", "name": "git", "arguments": {"a": 1}}],
    },
    {"role": "tool", "parts": [{"type": "tool_call_response", "id": "c", "response": "clean"}]},
]
LINES = [[("user", "", "find it")], [("call", "git", '{"a": 1}')], [("result", "git", "clean")]]


def said(*spans: dict[str, object]) -> Content | None:
    """What one span says, where text is wanted."""
    batch = Decoder(Config(), text=True).decode(request(*spans)).batch
    (step,) = (*batch.calls.values(), *batch.steps)
    return step.content


def told(messages: tuple[Message, ...]) -> list[list[tuple[str, str, str]]]:
    return [[(line.role, line.name, line.text) for line in message] for message in messages]


@pytest.mark.parametrize(
    ("written", "lines"),
    [
        (json.dumps(OTEL), LINES),
        (json.dumps([{"role": "user", "content": "find it"}]), LINES[:1]),
        (json.dumps(OTEL)[:-20], LINES[:2]),
        ("plain text", [[("user", "", "plain text")]]),
        (json.dumps(["one", {"no": "role", "content": "two"}]), [[("user", "", "one")], [("user", "", "two")]]),
        (json.dumps([{"role": "wizard", "content": "three"}]), [[("user", "", "three")]]),
        (json.dumps([{"role": "user", "content": 5}]), [[("user", "", "5")]]),
        ("[]", []),
    ],
)
def test_messages_of_every_form_are_read_and_a_cut_one_as_far_as_it_goes(written: str, lines: list[list[tuple[str, str, str]]]) -> None:
    content = said(chat(at=TALK | {"gen_ai.input.messages": written}))
    assert content is not None
    assert told(content.input) == lines


def test_an_answer_and_the_instructions_beside_the_messages_are_read() -> None:
    answer = json.dumps([{"role": "assistant", "parts": [{"type": "text", "content": "done"}], "finish_reason": "stop"}])
    system = json.dumps([{"type": "text", "content": "Be brief."}])
    content = said(chat(at=TALK | {"gen_ai.output.messages": answer, "gen_ai.system_instructions": system}))
    assert content is not None
    assert (told((content.system,)), content.input, told(content.output)) == (
        [[("system", "", "Be brief.")]],
        (),
        [[("assistant", "", "done")]],
    )


def test_a_tools_span_tells_its_call_and_its_result() -> None:
    content = said(span(TOOL | TALK | {"gen_ai.tool.call.arguments": '{"path": "."}', "gen_ai.tool.call.result": '"clean"'}))
    assert content is not None
    assert told(content.output) == [[("call", "git_status", '{"path": "."}')], [("result", "git_status", "clean")]]
    assert said(span(TOOL | TALK)) is None


def test_no_text_goes_along_unless_it_is_wanted() -> None:
    talk = chat(at=TALK | {"gen_ai.input.messages": json.dumps(OTEL), "gen_ai.response.id": "r1"})
    (step,), _ = decoded(talk)
    assert (step.content, step.response_id) == (None, "r1")
    assert said(chat(at=TALK)) is None


@settings(max_examples=200)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=9),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["role", "content", "parts", "type", "tool_calls", "x"]), inner, max_size=3)
        ),
        max_leaves=8,
    )
)
def test_no_content_is_too_odd_to_be_read(value: object) -> None:
    content = said(chat(at=TALK | {"gen_ai.input.messages": json.dumps([value]), "gen_ai.output.messages": json.dumps(value)}))
    assert content is not None
