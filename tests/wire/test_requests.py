"""Requests that wait together are decoded as one, and each gets the answer that it would get alone."""

import contextlib
import random

import pytest
from google.protobuf.message import DecodeError
from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from otel_quality.vocabulary.errors import Malformed, TooLarge
from otel_quality.wire import framing
from otel_quality.wire.decode import Config, Decoder
from otel_quality.wire.otlp_pb2 import ExportTraceRequest
from otel_quality.wire.requests import Answers, count_records, decode_traces
from tests.wire.otlp import chat, request

DECODE = Decoder(Config()).decode


def answers(*bodies: bytes, max_spans: int = 1000) -> Answers:
    return decode_traces(bodies, DECODE, max_spans=max_spans)


def good(number: int) -> bytes:
    return request(chat(number=number))


def bad_span(number: int) -> bytes:
    return request(chat(number=number), chat(number=number + 1) | {"span_id": b""}, chat(number=number + 2) | {"end_time_unix_nano": 0})


def rejected(answer: object) -> tuple[int, str]:
    assert isinstance(answer, bytes)
    partial = ExportTraceServiceResponse.FromString(answer).partial_success
    return partial.rejected_spans, partial.error_message


def total(found: Answers) -> int:
    return sum(len(batch.responses) for batch in found.batches)


def test_good_requests_are_one_batch_and_their_answer_is_empty() -> None:
    found = answers(good(1), b"", good(2))
    assert (len(found.batches), total(found), found.answers) == (1, 2, [b"", b"", b""])


def test_rejected_spans_are_told_to_the_sender_who_sent_them() -> None:
    found = answers(good(1), bad_span(2), good(8), bad_span(9) + good(20))
    assert [found.answers[0], found.answers[2]] == [b"", b""]
    message = "rejected 1 span: trace id or span id is missing or of wrong length; 1 span: the end time is missing or out of range"
    assert rejected(found.answers[1]) == rejected(found.answers[3]) == (2, message)
    assert total(found) == 5


def test_a_malformed_request_fails_alone() -> None:
    found = answers(good(1), b"garbage", good(2), good(3)[:-3], bad_span(4))
    assert [type(answer) for answer in found.answers] == [bytes, Malformed, bytes, Malformed, bytes]
    assert total(found) == 3


def test_a_request_cut_off_within_a_field_does_not_swallow_its_neighbour() -> None:
    first, second = good(1), good(2)
    for at in range(1, len(first)):
        found = answers(first[:at], second)
        assert isinstance(found.answers[0], Malformed), at
        assert (found.answers[1], total(found)) == (b"", 1)


def test_unknown_outer_fields_are_taken() -> None:
    found = answers(good(1), good(2) + b"\x7a\x03new", good(3))
    assert (found.answers, total(found)) == ([b"", b"", b""], 3)


def test_a_request_with_too_many_spans_fails_alone_and_is_not_parsed() -> None:
    flood = b"\x12\x00" * 600_000
    scope = b"\x12" + _varint(len(flood)) + flood
    found = answers(good(1), b"\x0a" + _varint(len(scope)) + scope, max_spans=100_000)
    assert [type(answer) for answer in found.answers] == [bytes, TooLarge]
    assert total(found) == 1


def _varint(value: int) -> bytes:
    out = b""
    while value > 0x7F:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(["good", "bad span", "garbage", "cut", "empty"]), max_size=8), st.integers(0, 2**32))
def test_together_gives_what_each_alone_would_give(kinds: list[str], seed: int) -> None:
    rng = random.Random(seed)
    bodies = []
    for i, kind in enumerate(kinds):
        whole = bad_span(10 * i + 1) if kind == "bad span" else good(10 * i + 1)
        bodies.append(
            {"garbage": rng.randbytes(rng.randrange(1, 40)), "cut": whole[: rng.randrange(1, len(whole))], "empty": b""}.get(kind, whole)
        )
    together, alone = answers(*bodies), [answers(body) for body in bodies]
    assert [_shape(a) for a in together.answers] == [_shape(one.answers[0]) for one in alone]
    assert total(together) == sum(map(total, alone))


def _shape(answer: object) -> object:
    return answer if isinstance(answer, bytes) else type(answer)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=60))
def test_framing_never_counts_other_resources_than_a_parser(body: bytes) -> None:
    with contextlib.suppress(Malformed, DecodeError):
        count = framing.resources(body)
        assert count in (None, len(ExportTraceRequest.FromString(body).resource_spans))


def test_records_of_logs_and_metrics_are_counted() -> None:
    from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

    message = ExportLogsServiceRequest()
    records = message.resource_logs.add().scope_logs.add().log_records
    records.add()
    records.add()
    assert count_records(message.SerializeToString()) == 2
    with pytest.raises(Malformed):
        count_records(b"\xff\xff")
