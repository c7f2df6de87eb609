"""`llm_call`: what the block tells is on the span; what leaves it decides the outcome."""

import asyncio

import pytest
from opentelemetry import trace

import otel_quality as oq
from tests.providers import answers
from tests.sdk.recorded import attributes, one, outcome


def test_everything_told_is_on_the_span() -> None:
    with oq.llm_call(backend="groq", model="llama-4", task="fast_ops") as call:
        assert trace.get_current_span().get_span_context().is_valid
        call.first_token()
        call.finish(
            input_tokens=10, output_tokens=120, cache_read_tokens=4, cache_write_tokens=2, reasoning_tokens=7,
            stop_reason="stop", response_model="llama-4-x", has_tools=True, has_tool_call=False,
        )  # fmt: skip
    span = one()
    found = dict(attributes(span))
    assert 0 < found.pop("gen_ai.response.time_to_first_chunk") <= ((span.end_time or 0) - (span.start_time or 0)) / 1e9
    assert found == {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "groq",
        "gen_ai.request.model": "llama-4",
        "otel_quality.backend": "groq",
        "otel_quality.task": "fast_ops",
        "gen_ai.usage.input_tokens": 10,
        "gen_ai.usage.output_tokens": 120,
        "gen_ai.usage.cache_read.input_tokens": 4,
        "gen_ai.usage.cache_write.input_tokens": 2,
        "gen_ai.usage.reasoning.output_tokens": 7,
        "gen_ai.response.finish_reasons": ("stop",),
        "gen_ai.response.model": "llama-4-x",
        "otel_quality.request.has_tools": True,
        "otel_quality.response.has_tool_call": False,
        "otel_quality.outcome": "success",
    }


def test_a_clients_response_is_read_and_what_is_told_wins() -> None:
    with oq.llm_call(backend="b") as call:
        call.finish(answers.anthropic_messages("length").whole, output_tokens=99)
    found = attributes(one())
    assert (found["gen_ai.usage.input_tokens"], found["gen_ai.usage.output_tokens"]) == (answers.INPUT, 99)
    assert found["gen_ai.response.finish_reasons"] == ("max_tokens",)


def test_a_refusal_is_told_by_its_word_or_by_the_block() -> None:
    for told in ({"stop_reason": "content_filter"}, {"stop_reason": "refusal"}, {"refused": True}):
        with oq.llm_call(backend="b") as call:
            call.finish(**told)
        assert outcome(one()) == "refusal"


def test_only_the_first_token_counts() -> None:
    with oq.llm_call(backend="b") as call:
        call.first_token()
        first = call._call.ttfc_s
        call.first_token()
        assert call._call.ttfc_s == first
    assert attributes(one())["gen_ai.response.time_to_first_chunk"] == first


def test_an_exception_leaves_the_block_and_decides() -> None:
    async def main() -> None:
        async with oq.llm_call(backend="b"):
            raise TimeoutError

    with pytest.raises(TimeoutError):
        asyncio.run(main())
    assert outcome(one()) == "timeout"


def test_told_before_or_after_the_block_nothing_happens() -> None:
    call = oq.llm_call(backend="b")
    call.first_token()
    with call:
        pass
    call.first_token()
    call.finish(output_tokens=1)
    assert "gen_ai.usage.output_tokens" not in attributes(one())


def test_a_misspelt_keyword_raises_and_names_the_allowed_ones() -> None:
    with oq.llm_call(backend="b") as call, pytest.raises(TypeError, match=r"outputtokens.*output_tokens"):
        call.finish(outputtokens=1)
    one()
