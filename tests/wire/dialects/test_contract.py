"""What every dialect must be."""

from dataclasses import fields

import pytest

from otel_quality.core.observation import MISSING
from otel_quality.wire.decode import Config, Decoder
from otel_quality.wire.dialects import DIALECTS
from otel_quality.wire.dialects.dialect import Dialect
from tests.wire.otlp import request, span

VALUES = {
    "operation": "chat",
    "provider": "openai",
    "request_model": "gpt",
    "response_model": "gpt-x",
    "input_tokens": 11,
    "output_tokens": 22,
    "cache_read_tokens": 4,
    "cache_write_tokens": 3,
    "reasoning_tokens": 5,
    "finish_reasons": ["length"],
    "time_to_first_chunk": 0.5,
    "cost_usd": 0.25,
    "tool_definitions": "[]",
    "conversation_id": "c",
    "error_type": "500",
}
every_dialect = pytest.mark.parametrize("dialect", DIALECTS, ids=lambda d: d.name)


def test_names_are_unique() -> None:
    assert len({dialect.name for dialect in DIALECTS}) == len(DIALECTS)


@every_dialect
def test_every_field_is_a_tuple_of_attribute_keys(dialect: Dialect) -> None:
    for of in fields(dialect):
        value = getattr(dialect, of.name)
        assert isinstance(value, str) if of.name == "name" else all(isinstance(key, str) and key for key in value)
    assert dialect.marks


@every_dialect
def test_a_span_with_its_marks_and_keys_is_read_in_full(dialect: Dialect) -> None:
    first_keys = {field: getattr(dialect, field)[0] for field in VALUES if getattr(dialect, field)}
    attributes = {dialect.marks[0]: "openai"} | {key: VALUES[field] for field, key in first_keys.items()}
    batch = Decoder(Config()).decode(request(span(attributes))).batch
    row = batch.responses[0]
    assert batch.dialects[row["dialect"]] == dialect.name
    assert batch.keys[row["key"]][:2] == ("openai", "gpt")
    assert [row[f"{name}_tokens"] for name in ("input", "output", "cache_read", "cache_write", "reasoning")] == [11, 22, 4, 3, 5]
    assert (row["ttft_ns"], row["cost_usd"], batch.error_types[row["error_type"]]) == (500_000_000, 0.25, "500")


@every_dialect
def test_every_alternative_key_is_read(dialect: Dialect) -> None:
    for name in ("input_tokens", "output_tokens", "cache_write_tokens"):
        for key in getattr(dialect, name):
            attributes = {dialect.marks[0]: "openai", dialect.operation[0]: "chat", key: 9}
            assert Decoder(Config()).decode(request(span(attributes))).batch.responses[name][0] == 9


@every_dialect
def test_a_span_with_nothing_but_its_mark_carries_nothing(dialect: Dialect) -> None:
    attributes = {dialect.marks[0]: "openai", dialect.operation[0]: "chat"}
    row = Decoder(Config()).decode(request(span(attributes))).batch.responses[0]
    assert (row["input_tokens"], row["ttft_ns"], row["stop"], row["carried"]) == (MISSING, MISSING, MISSING, 0)


@every_dialect
def test_tools_and_agents_are_read_by_the_keys_of_the_dialect(dialect: Dialect) -> None:
    told = {dialect.marks[0]: "x", dialect.operation[0]: "execute_tool"}
    fields_of_tools = {
        "tool_name": "git",
        "agent_name": "ezra",
        "conversation_id": "c",
        "tool_arguments": "{}",
        "tool_result": "no such file",
    }
    keys = {getattr(dialect, name)[0]: value for name, value in fields_of_tools.items() if getattr(dialect, name)}
    (step,) = Decoder(Config()).decode(request(span(told | keys, failed=True))).batch.steps
    assert (step.kind, step.tool, step.agent, step.conversation, step.error) == ("tool", "git", "ezra", "c", "file_not_found")
    assert len(step.params_hash) == 16
