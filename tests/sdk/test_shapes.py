"""Shapes that the fake provider does not send: recorded dicts, objects, older forms, failures as data, and nonsense."""

from types import SimpleNamespace as Box
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from otel_quality.sdk.reading import FIGURES, MAX_COUNT, MAX_END, MAX_PIECES, MAX_REASONS, MAX_TEXT, MAX_WORD, Reading
from otel_quality.sdk.shapes import read
from otel_quality.vocabulary.signs import figures
from tests.providers import answers

INPUT, OUTPUT = "gen_ai.usage.input_tokens", "gen_ai.usage.output_tokens"
STOPS, TOOL = "gen_ai.response.finish_reasons", "otel_quality.response.has_tool_call"

SHAPES = {
    "chat": answers.openai_chat,
    "filtering chat": answers.filtering_chat,
    "responses": answers.openai_responses,
    "anthropic": answers.anthropic_messages,
    "gemini": answers.gemini,
    "bedrock": answers.bedrock,
    "cohere": answers.cohere,
    "ollama": answers.ollama,
}


def boxed(value: Any) -> Any:
    """The same with attributes in place of keys, as client objects have them."""
    if isinstance(value, dict):
        return Box(**{name: boxed(each) for name, each in value.items()})
    return [boxed(each) for each in value] if isinstance(value, list) else value


def told(*things: Any) -> dict[str, Any]:
    reading = Reading()
    for each in things:
        read(reading, each)
    return reading.attributes()


def streamed(shape: str, case: str) -> list[Any]:
    """The events as the client gives them: Bedrock's by name, all others by body."""
    return [{name: body} if shape == "bedrock" else body for name, body in SHAPES[shape](case).events]


@pytest.mark.parametrize("case", answers.CASES)
@pytest.mark.parametrize("shape", SHAPES)
def test_dicts_and_objects_whole_and_streamed_tell_the_same(shape: str, case: str) -> None:
    whole = told(SHAPES[shape](case).whole)
    assert (whole[INPUT], whole[OUTPUT], whole[TOOL]) == (answers.INPUT, answers.OUTPUT, case == "tool")
    assert told(*streamed(shape, case)) == whole
    if shape != "bedrock":
        assert told(boxed(SHAPES[shape](case).whole)) == whole
        assert told(*map(boxed, streamed(shape, case))) == whole


@pytest.mark.parametrize("case", answers.CASES)
@pytest.mark.parametrize("shape", SHAPES)
def test_the_first_event_has_no_content_and_a_later_one_has(shape: str, case: str) -> None:
    reading = Reading()
    first, *rest = [read(reading, event) for event in streamed(shape, case)]
    assert first is False
    assert True in rest
    assert None not in rest, "every event is of a known shape"


def chat(**message: Any) -> Any:
    return {"choices": [{"message": {"content": None, **message}, "finish_reason": "stop"}]}


@pytest.mark.parametrize(
    ("thing", "name", "value"),
    [
        (chat(function_call={"name": "look"}), TOOL, True),
        (chat(tool_calls=[]), TOOL, False),
        ({"choices": [{"text": "x", "finish_reason": "length"}]}, STOPS, ("length",)),
        (
            {"choices": [{"message": {"content": "a"}, "finish_reason": "stop"}, {"message": {"content": "b"}, "finish_reason": "length"}]},
            STOPS,
            ("stop", "length"),
        ),
        ({"data": {"choices": [{"delta": {"content": "x"}, "finish_reason": "stop"}]}}, STOPS, ("stop",)),
        ({"type": "chunk", "chunk": {"choices": [{"delta": {}, "finish_reason": "stop"}]}}, STOPS, ("stop",)),
        ({"candidates": None, "prompt_feedback": {"block_reason": "SAFETY"}}, STOPS, ("SAFETY",)),
        ({"promptFeedback": {"blockReason": "OTHER"}}, STOPS, ("OTHER",)),
        ({"usage_metadata": {"prompt_token_count": 3, "tool_use_prompt_token_count": 4}}, INPUT, 7),
        ({"response": "x", "done": True, "done_reason": "stop", "eval_count": 5}, OUTPUT, 5),
        ({"output": [{"type": "web_search_call"}], "status": "completed"}, TOOL, True),
        (
            {"output": [], "object": "response", "status": "incomplete", "incomplete_details": {"reason": "content_filter"}},
            STOPS,
            ("content_filter",),
        ),
        ({"finish_reason": "COMPLETE", "message": {"content": []}, "usage": {"billed_units": {"input_tokens": 2.0}}}, INPUT, 2),
    ],
)
def test_other_forms_are_read_too(thing: Any, name: str, value: Any) -> None:
    assert told(thing)[name] == value
    assert told(boxed(thing))[name] == value


@pytest.mark.parametrize(
    "chunk",
    [
        {"choices": [{"delta": {"reasoning_content": "hm"}}]},
        {"choices": [{"delta": {"content": [{"type": "thinking"}]}}]},
        {"type": "content_block_delta", "delta": {"type": "thinking_delta", "thinking": "hm"}},
        {"type": "content_block_start", "content_block": {"type": "tool_use"}},
        {"candidates": [{"content": {"parts": [{"text": "hm", "thought": True}]}}]},
        {"contentBlockDelta": {"delta": {"reasoningContent": {"text": "hm"}}}},
        {"type": "tool-plan-delta", "delta": {"message": {"tool_plan": "hm"}}},
        {"type": "content-delta", "delta": {"message": {"content": {"thinking": "hm"}}}},
        {"message": {"content": "", "thinking": "hm"}, "done": False},
        {"type": "response.reasoning_summary_text.delta", "delta": "hm"},
        {"type": "response.output_item.added", "item": {"type": "function_call"}},
    ],
)
def test_reasoning_and_tool_calls_are_content(chunk: Any) -> None:
    assert read(Reading(), chunk) is True


def test_events_of_openais_helper_repeat_the_chunk_and_are_no_content() -> None:
    for kind in ("content.delta", "content.done", "refusal.delta", "tool_calls.function.arguments.delta", "logprobs.content.done"):
        assert read(Reading(), {"type": kind, "delta": ""}) is False
    assert read(Reading(), {"type": "chunk", "chunk": {"choices": [{"delta": {"content": ""}}]}}) is False


def test_reasoning_is_no_text_of_the_answer() -> None:
    reading = Reading(keeps=True)
    read(reading, {"candidates": [{"content": {"parts": [{"text": "hm", "thought": True}, {"text": "yes"}]}}]})
    read(reading, {"choices": [{"delta": {"reasoning_content": "hm"}}]})
    assert reading.beginning == "yes"


@pytest.mark.parametrize(
    "thing",
    [
        {"output": [], "status": "failed", "error": {"code": "server_error", "message": "c4n4ry"}},
        {"type": "response.failed", "response": {"output": [], "status": "failed", "error": {"code": "server_error"}}},
        {"type": "error", "code": "server_error", "message": "c4n4ry"},
        {"type": "error", "error": {"type": "server_error", "message": "c4n4ry"}},
    ],
)
def test_a_failure_that_comes_as_data_is_named(thing: Any) -> None:
    reading = Reading()
    read(reading, thing)
    assert reading.error_type == "server_error"
    assert reading.went_wrong()


@pytest.mark.parametrize(
    "refusal", [chat(refusal="no"), chat(provider_specific_fields={"refusal": "no"}), {"choices": [{"delta": {"refusal": "no"}}]}]
)
def test_a_refusal_in_the_message_is_one(refusal: Any) -> None:
    reading = Reading()
    assert read(reading, refusal) is True
    assert reading.went_wrong()


@pytest.mark.parametrize(
    "thing", [None, 3, 1.5, b"x", object(), [], (), {}, {"a": 1}, {"type": 3}, {"type": "nothing known"}, {"choices": "x"}, Box(done="x")]
)
def test_what_is_of_no_known_shape_tells_nothing(thing: Any) -> None:
    reading = Reading()
    assert read(reading, thing) is None
    assert reading.attributes() == {}


@pytest.mark.parametrize("count", [-1, MAX_COUNT, 1.5, float("nan"), float("inf"), "3", None, True, object(), [1]])
def test_what_is_no_count_is_left_out(count: Any) -> None:
    assert told({"choices": [], "usage": {"prompt_tokens": count, "completion_tokens": 1}}) == {OUTPUT: 1}


def test_words_and_reasons_are_bounded() -> None:
    choices = [{"message": {"content": "x"}, "finish_reason": "y" * 10_000}] * 100
    found = told({"choices": choices, "model": "m" * 10_000})
    assert len(found["gen_ai.response.model"]) == MAX_WORD
    assert found[STOPS] == ("y" * MAX_WORD,) * MAX_REASONS


def test_text_is_kept_only_when_asked_for_and_bounded() -> None:
    reading, keeping = Reading(), Reading(keeps=True)
    for _ in range(3000):
        read(reading, "x" * 1000)
        read(keeping, "x" * 1000)
    assert not reading.spoke
    assert keeping.beginning == "x" * MAX_TEXT
    assert sum(map(len, keeping._pieces)) <= MAX_TEXT + 3 * MAX_END + 1000
    for _ in range(3000):
        read(keeping, "x")
    assert len(keeping._pieces) <= MAX_PIECES


CHARACTERS = "otel_quality.response.characters"


@settings(max_examples=60, deadline=None)
@given(some.text(alphabet="done here is\n`x?", max_size=60), some.integers(1, 4000), some.integers(1, 3000), some.text(max_size=30))
def test_figures_do_not_depend_on_how_the_answer_was_cut(start: str, repeated: int, step: int, end: str) -> None:
    answer = start + "filler " * repeated * 20 + "```" + end
    reading = Reading(keeps=True)
    for at in range(0, len(answer), step):
        reading.say(answer[at : at + step])
    assert reading.attributes() == {
        name: value for name, value in zip(FIGURES, figures(answer), strict=True) if value or name == CHARACTERS
    }
