"""From a span to an observation: what is read, what is dropped, what is refused."""

import contextlib
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from otel_quality.core.observation import CARRIED, MISSING
from otel_quality.vocabulary.errors import Malformed
from otel_quality.vocabulary.outcomes import Outcome
from otel_quality.vocabulary.stops import StopClass
from otel_quality.wire.decode import Config, Decoded, Decoder
from tests.wire.otlp import CHAT, END_NS, SECOND, any_value, chat, request, span


def decode(*spans: dict[str, object], config: Config | None = None) -> Decoded:
    return Decoder(config or Config()).decode(request(*spans))


def one(made: dict[str, object], *, config: Config | None = None) -> np.void:
    rows = decode(made, config=config).batch.responses
    assert len(rows) == 1
    return rows[0]


def key(made: dict[str, object], *, config: Config | None = None) -> tuple[str, str, str]:
    (found,) = decode(made, config=config).batch.keys
    return found


def test_a_whole_span_is_read() -> None:
    row = one(
        chat(
            number=0x0102030405060708090A0B0C0D0E0F10,
            at={
                "gen_ai.usage.input_tokens": 11,
                "gen_ai.usage.output_tokens": 22,
                "gen_ai.usage.cache_read.input_tokens": 4,
                "gen_ai.usage.cache_write.input_tokens": 3,
                "gen_ai.usage.reasoning.output_tokens": 5,
                "gen_ai.usage.cost": 0.25,
                "gen_ai.response.finish_reasons": ["length"],
                "gen_ai.response.time_to_first_chunk": 0.25,
                "gen_ai.response.model": "claude-x",
                "gen_ai.conversation.id": "c",
                "otel_quality.request.has_tools": True,
                "otel_quality.response.has_tool_call": False,
            },
        )
        | {"span_id": b"abcdefgh"}
    )
    assert (row["end_ns"], row["latency_ns"], row["ttft_ns"]) == (END_NS, SECOND, SECOND // 4)
    assert (row["trace_hi"], row["trace_lo"], row["span_id"]) == (
        0x0102030405060708,
        0x090A0B0C0D0E0F10,
        int.from_bytes(b"abcdefgh", "big"),
    )
    tokens = [row[f"{name}_tokens"] for name in ("input", "output", "cache_read", "cache_write", "reasoning")]
    assert (tokens, row["cost_usd"]) == ([11, 22, 4, 3, 5], 0.25)
    assert (row["stop"], row["outcome"], row["has_tools"], row["has_tool_call"]) == (StopClass.LENGTH, Outcome.SUCCESS, 1, 0)
    assert row["carried"] == CARRIED["response_model"] | CARRIED["model"] | CARRIED["conversation_id"]


def test_what_a_span_does_not_carry_is_missing_and_not_zero() -> None:
    row = one(chat())
    assert [row[name] for name in ("ttft_ns", "input_tokens", "output_tokens", "stop", "has_tools", "has_tool_call", "error_type")] == [
        MISSING
    ] * 7
    assert math.isnan(row["cost_usd"])
    assert one(chat() | {"start_time_unix_nano": 0})["latency_ns"] == MISSING


@pytest.mark.parametrize(
    ("attributes", "kind"),
    [
        (CHAT, "llm"),
        ({"gen_ai.operation.name": "chat", "gen_ai.system": "openai"}, "llm"),
        ({"gen_ai.operation.name": "text_completion", "otel_quality.backend": "x"}, "llm"),
        ({"gen_ai.system": "openai", "gen_ai.request.model": "m", "gen_ai.usage.output_tokens": 3}, "llm"),
        ({"gen_ai.operation.name": "summon", "gen_ai.request.model": "m", "gen_ai.usage.completion_tokens": 3}, "llm"),
        ({"gen_ai.system": "openai", "gen_ai.request.model": "m"}, "ignored"),
        ({"gen_ai.operation.name": "embeddings", "gen_ai.provider.name": "openai", "gen_ai.request.model": "m"}, "ignored"),
        ({"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "git"}, "other"),
        ({"gen_ai.tool.name": "git"}, "other"),
        ({"gen_ai.operation.name": "invoke_agent", "gen_ai.provider.name": "x"}, "other"),
        ({"http.request.method": "GET"}, "ignored"),
        ({}, "ignored"),
    ],
)
def test_the_kind_of_a_span(attributes: dict[str, object], kind: str) -> None:
    batch = decode(span(attributes)).batch
    assert {"llm": len(batch.responses), "other": len(batch.others), "ignored": batch.ignored} == {"llm": 0, "other": 0, "ignored": 0} | {
        kind: 1
    }


def test_the_older_convention_is_read_too() -> None:
    old = span({"gen_ai.operation.name": "chat", "gen_ai.system": "openai", "gen_ai.request.model": "m", "gen_ai.usage.prompt_tokens": 7})
    batch = decode(old).batch
    assert (list(batch.keys), batch.responses["input_tokens"][0]) == ([("openai", "m", "general")], 7)
    assert batch.dialects[batch.responses["dialect"][0]] == "otel-1.36"


@pytest.mark.parametrize(
    ("made", "outcome", "error_type"),
    [
        (chat(), Outcome.SUCCESS, None),
        (chat(failed=True), Outcome.ERROR, "error"),
        (chat(at={"error.type": "429"}), Outcome.ERROR, "429"),
        (chat(failed=True, at={"error.type": "openai.APITimeoutError"}), Outcome.TIMEOUT, "openai.APITimeoutError"),
        (chat(failed=True, at={"error.type": "DeadlineExceeded"}), Outcome.TIMEOUT, "DeadlineExceeded"),
        (chat(failed=True, at={"error.type": "asyncio.CancelledError"}), Outcome.CANCELLED, "asyncio.CancelledError"),
        (chat(at={"gen_ai.response.finish_reasons": ["content_filter"]}), Outcome.REFUSAL, None),
        (chat(at={"gen_ai.response.finish_reasons": ["stop", "refusal"]}), Outcome.REFUSAL, None),
        (chat(failed=True, at={"gen_ai.response.finish_reasons": ["content_filter"]}), Outcome.ERROR, "error"),
        (chat(failed=True, outcome="abandoned"), Outcome.ABANDONED, None),
        (chat(outcome="timeout"), Outcome.TIMEOUT, "timeout"),
        (chat(outcome="nonsense", at={"error.type": "500"}), Outcome.ERROR, "500"),
    ],
)
def test_the_outcome(made: dict[str, object], outcome: Outcome, error_type: str | None) -> None:
    batch = decode(made).batch
    row = batch.responses[0]
    assert row["outcome"] == outcome
    assert (None if row["error_type"] == MISSING else batch.error_types[row["error_type"]]) == error_type


@pytest.mark.parametrize("reasons", [["tool_calls"], '["tool_calls"]', "tool_calls", ["stop", "tool_use"]])
def test_finish_reasons_come_as_list_json_or_word_and_imply_a_tool_call(reasons: object) -> None:
    row = one(chat(at={"gen_ai.response.finish_reasons": reasons}))
    assert (row["stop"], row["has_tool_call"]) == (StopClass.TOOL, 1)


@pytest.mark.parametrize("reasons", [[], [""], ""])
def test_no_finish_reason_is_missing(reasons: object) -> None:
    assert one(chat(at={"gen_ai.response.finish_reasons": reasons}))["stop"] == MISSING


def test_an_unknown_finish_reason_is_unknown_and_not_stop() -> None:
    assert one(chat(at={"gen_ai.response.finish_reasons": ["brand_new"]}))["stop"] == StopClass.UNKNOWN


@pytest.mark.parametrize(
    ("value", "read", "dropped"),
    [(5, 5, 0), (0, 0, 0), ("7", 7, 0), (8.0, 8, 0), (-1, MISSING, 0), (-5, MISSING, 1), (8.5, MISSING, 1), ("many", MISSING, 1)]
    + [
        (10**12, MISSING, 1),
        (float("nan"), MISSING, 1),
        (float("inf"), MISSING, 1),
        (1e308, MISSING, 1),
        (True, MISSING, 1),
        ([1], MISSING, 1),
    ]
    + [(-(2**63), MISSING, 1), (2**63 - 1, MISSING, 1)],
)
def test_a_token_count_is_a_sensible_whole_number_or_is_dropped_and_counted(value: object, read: int, dropped: int) -> None:
    batch = decode(chat(at={"gen_ai.usage.output_tokens": value})).batch
    assert batch.responses["output_tokens"][0] == read
    assert batch.dropped_fields.get("output_tokens", 0) == dropped


@pytest.mark.parametrize(
    ("value", "read_ns"),
    [(0.5, SECOND // 2), ("0.5", SECOND // 2), (1, SECOND), (1.01, 1_010_000_000), (1.5, MISSING), (0.0, MISSING), (-1.0, MISSING)]
    + [(float("nan"), MISSING), (float("inf"), MISSING), (1e300, MISSING)],
)
def test_a_time_to_first_chunk_lies_within_the_call(value: object, read_ns: int) -> None:
    batch = decode(chat(at={"gen_ai.response.time_to_first_chunk": value})).batch
    assert batch.responses["ttft_ns"][0] == read_ns
    assert batch.dropped_fields.get("time_to_first_chunk", 0) == (read_ns == MISSING)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -1.0, 1e9, "free"])
def test_a_cost_is_a_sensible_amount_or_is_dropped_and_counted(value: object) -> None:
    batch = decode(chat(at={"gen_ai.usage.cost": value})).batch
    assert math.isnan(batch.responses["cost_usd"][0])
    assert batch.dropped_fields == {"cost_usd": 1}


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"trace_id": b""}, "invalid_id"),
        ({"trace_id": bytes(16)}, "invalid_id"),
        ({"span_id": b"short"}, "invalid_id"),
        ({"span_id": bytes(8)}, "invalid_id"),
        ({"end_time_unix_nano": 0}, "invalid_time"),
        ({"end_time_unix_nano": 2**64 - 1}, "invalid_time"),
        ({"start_time_unix_nano": END_NS + 1}, "end_before_start"),
        ({"start_time_unix_nano": END_NS - 300 * 365 * 86_400 * SECOND // 10}, "too_long"),
    ],
)
def test_a_broken_span_is_rejected_alone_with_its_reason(changes: dict[str, object], reason: str) -> None:
    decoded = decode(chat(number=1), chat(number=2) | changes, chat(number=3))
    assert (len(decoded.batch.responses), decoded.batch.rejected, decoded.rejections) == (2, {reason: 1}, ((0, reason),))


def test_the_backend_is_our_attribute_else_the_provider_as_sent() -> None:
    assert key(chat()) == ("anthropic", "claude", "general")
    assert key(chat(backend="mine", task="code")) == ("mine", "claude", "code")
    assert key(chat(without=["gen_ai.provider.name", "gen_ai.request.model"], at={"gen_ai.system": ""})) == (
        "unknown",
        "unknown",
        "general",
    )
    assert key(chat(without=["gen_ai.request.model"], at={"gen_ai.response.model": "r"}))[1] == "r"


def test_the_backend_can_be_the_server_and_be_renamed() -> None:
    made = chat(at={"server.address": "gateway.example"})
    assert key(made, config=Config(source="server"))[0] == "gateway.example"
    assert key(chat(), config=Config(source="server"))[0] == "anthropic"
    assert key(made, config=Config(aliases={"anthropic": "claude-api"}))[0] == "claude-api"


def test_an_allow_list_rejects_other_backends() -> None:
    decoded = decode(chat(number=1), chat(number=2, backend="groq"), config=Config(allow=("groq",)))
    assert decoded.batch.rejected == {"unknown_backend": 1}
    assert len(decoded.batch.responses) == 1


@pytest.mark.parametrize(
    ("sent", "shown"),
    [("a\nb\x00c", "abc"), ('q"u\\o', 'q"u\\o'), ("", "unknown"), (" \t", "unknown"), ("\u202eRTL", "\u202eRTL"), ("x" * 128, "x" * 128)],
)
def test_names_become_labels(sent: str, shown: str) -> None:
    assert key(chat(backend=sent))[0] == ("anthropic" if not sent else shown)


def test_a_long_name_is_cut_and_stays_apart_from_others_like_it() -> None:
    first, second = (key(chat(backend="x" * 5000 + end))[0] for end in "ab")
    assert len(first) == len(second) == 128
    assert first != second


def test_a_string_that_is_no_utf8_spoils_only_itself() -> None:
    body = request(chat(backend="bad-ZZ"), chat(number=2)).replace(b"bad-ZZ", b"bad-\xed\xa0")
    batch = Decoder(Config()).decode(body).batch
    assert sorted(k[0] for k in batch.keys) == ["anthropic", "bad-\ufffd\ufffd"]


@pytest.mark.parametrize("task", ["all", "*", "__other__"])
def test_reserved_tasks_get_an_underscore(task: str) -> None:
    assert key(chat(task=task))[2] == f"{task}_"


def test_attributes_of_odd_types_are_no_text() -> None:
    assert key(chat(backend=5, task=["x"])) == ("anthropic", "claude", "general")  # type: ignore[arg-type]


def test_tool_definitions_tell_that_tools_were_offered() -> None:
    assert one(chat(at={"gen_ai.tool.definitions": "[]"}))["has_tools"] == 1


@pytest.mark.parametrize("body", [b"\xff", b"\x0a\x05ab", b"not protobuf at all", b"\x0a\x02\x12\x7f"])
def test_what_is_no_request_is_malformed(body: bytes) -> None:
    with pytest.raises(Malformed):
        Decoder(Config()).decode(body)


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_are_a_batch_or_malformed(body: bytes) -> None:
    with contextlib.suppress(Malformed):
        Decoder(Config()).decode(body)


scalars = st.one_of(st.booleans(), st.integers(-(2**63), 2**63 - 1), st.floats(), st.text(max_size=20), st.binary(max_size=8))
WANTED = ["gen_ai.operation.name", "gen_ai.provider.name", "gen_ai.request.model", "gen_ai.usage.output_tokens", "gen_ai.usage.cost"] + [
    "gen_ai.response.finish_reasons", "gen_ai.response.time_to_first_chunk", "error.type", "otel_quality.task", "otel_quality.outcome"
] + ["otel_quality.request.has_tools"]  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(st.sampled_from(WANTED), st.one_of(scalars, st.lists(scalars, max_size=3))))
def test_any_attribute_values_give_finite_rows_and_printable_names(attributes: dict[str, object]) -> None:
    clean = {
        k: any_value(v.encode("utf-8", "replace").decode()) if isinstance(v, str) else any_value(v)
        for k, v in attributes.items()
        if not _lone(v)
    }
    batch = decode(span({**CHAT, **clean})).batch
    for row in batch.responses:
        assert row["latency_ns"] >= 0
        assert row["output_tokens"] >= MISSING
        assert row["ttft_ns"] == MISSING or 0 < row["ttft_ns"] <= row["latency_ns"] * 1.02
        assert math.isnan(row["cost_usd"]) or 0 <= row["cost_usd"] <= 1e6
    assert all(name and name == name.strip() and "\n" not in name for names in batch.keys for name in names)


def _lone(value: object) -> bool:
    texts = value if isinstance(value, list) else [value]
    return any(isinstance(t, str) and any(0xD800 <= ord(c) < 0xE000 for c in t) for t in texts)
