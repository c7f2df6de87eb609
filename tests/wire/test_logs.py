"""Evaluation records out of log requests: what is read, what is refused, what is set aside."""

from typing import Any

import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest, ExportLogsServiceResponse
from opentelemetry.proto.common.v1.common_pb2 import KeyValue, KeyValueList

from otel_quality.core.evaluations.told import NO_INDEX, Told
from otel_quality.vocabulary.errors import Malformed, TooLarge
from otel_quality.wire.logs import Records, decode_logs
from tests.wire.otlp import AnyValue, any_value

NOW = 1_790_000_000_000_000_000
EVENT = "gen_ai.evaluation.result"
NAMED = {"gen_ai.evaluation.name": "relevance", "gen_ai.evaluation.score.value": 0.5}


def request(*records: dict[str, Any]) -> bytes:
    message = ExportLogsServiceRequest()
    scope = message.resource_logs.add().scope_logs.add()
    for fields in records:
        told = dict(fields)
        attributes, body = told.pop("attributes", {}), told.pop("body", None)
        made = scope.log_records.add(**({"event_name": EVENT, "trace_id": bytes([1]) * 16, "time_unix_nano": NOW} | told))
        made.attributes.extend(KeyValue(key=key, value=any_value(value)) for key, value in attributes.items())
        if body is not None:
            made.body.CopyFrom(body)
    return message.SerializeToString()


def decoded(*records: dict[str, Any], max_records: int = 100) -> Records:
    return decode_logs(request(*records), max_records=max_records, now_ns=NOW)


def one(attributes: dict[str, Any], **fields: Any) -> Told:
    records = decoded({"attributes": attributes, **fields})
    assert (records.invalid, records.others, len(records.told)) == (0, 0, 1)
    return records.told[0]


def test_every_field_of_the_convention_is_read() -> None:
    told = one(
        NAMED
        | {
            "gen_ai.evaluation.score.label": "fine",
            "gen_ai.evaluation.explanation": "to the\0 point",
            "gen_ai.conversation.id": "conv-1",
            "gen_ai.response.id": "resp-1",
            "error.type": "timeout",
            "otel_quality.evaluation.author": "gpt-5",
            "otel_quality.evaluation.author_kind": "llm",
            "otel_quality.message.index": 7,
        },
        span_id=bytes([2]) * 8,
    )
    said = told.annotation
    assert (said.session, said.name, said.value, said.label, said.time_ns) == ("conv-1", "relevance", 0.5, "fine", NOW)
    assert (said.trace_id, said.span_id, said.response_id, said.error) == ("01" * 16, "02" * 8, "resp-1", "timeout")
    assert (said.author, said.explanation) == ("gpt-5", "to the\ufffd point")
    assert (told.rating, told.message_index) == (None, 7)


def test_a_persons_thumb_is_told() -> None:
    thumb = one({"gen_ai.evaluation.name": "thumbs", "gen_ai.evaluation.score.value": 0, "otel_quality.evaluation.author_kind": "human"})
    assert (thumb.rating, thumb.message_index, thumb.annotation.author) == (-1, NO_INDEX, "human")


def test_events_of_older_emitters_are_read_by_their_attribute_and_body() -> None:
    named = one(NAMED | {"event.name": EVENT}, event_name="")
    assert named.annotation.name == "relevance"
    body = AnyValue(kvlist_value=KeyValueList(values=[KeyValue(key=key, value=any_value(value)) for key, value in NAMED.items()]))
    assert one({}, body=body).annotation.value == 0.5


def test_other_records_are_counted_and_set_aside() -> None:
    records = decoded({"event_name": "", "attributes": NAMED}, {"event_name": "gen_ai.client.operation.exception"}, {"attributes": NAMED})
    assert (len(records.told), records.others, records.invalid, records.answer) == (1, 2, 0, b"")


@pytest.mark.parametrize(
    "record",
    [
        {"attributes": {"gen_ai.evaluation.score.value": 1.0}},
        {"attributes": {"gen_ai.evaluation.name": "relevance"}},
        {"attributes": NAMED, "trace_id": b""},
        {"attributes": NAMED, "trace_id": bytes(16)},
        {"attributes": NAMED | {"gen_ai.evaluation.score.value": "much"}},
        {"attributes": NAMED | {"gen_ai.evaluation.score.value": float("nan")}},
    ],
)
def test_a_record_that_tells_nothing_or_is_of_nothing_is_refused_with_a_partial_success(record: dict[str, Any]) -> None:
    records = decoded(record, {"attributes": NAMED})
    assert (len(records.told), records.invalid) == (1, 1)
    answer = ExportLogsServiceResponse.FromString(records.answer).partial_success
    assert answer.rejected_log_records == 1
    assert "needs a name" in answer.error_message


@pytest.mark.parametrize("time_ns", [0, 1 << 63, NOW + 400 * 10**9])
def test_a_time_that_cannot_be_is_the_arrivals(time_ns: int) -> None:
    assert one(NAMED, time_unix_nano=time_ns).annotation.time_ns == NOW
    assert one(NAMED, time_unix_nano=0, observed_time_unix_nano=NOW - 5).annotation.time_ns == NOW - 5


def test_what_is_no_log_request_is_malformed_and_too_many_records_are_too_large() -> None:
    with pytest.raises(Malformed):
        decode_logs(b"\xff\xff\xff", max_records=9, now_ns=NOW)
    with pytest.raises(TooLarge, match="more than 10 log records"):
        decoded(*({"attributes": NAMED | {"gen_ai.evaluation.explanation": "x" * 40_000}} for _ in range(50)), max_records=10)


def test_an_explanation_is_cut() -> None:
    assert len(one(NAMED | {"gen_ai.evaluation.explanation": "x" * 100_000}).annotation.explanation) == 4_000


def test_an_explanation_is_cut_between_words_so_that_no_half_of_a_secret_escapes_masking() -> None:
    told = "x " * 1_990 + "key=sk-0123456789012345678901234567890123456789"
    assert one(NAMED | {"gen_ai.evaluation.explanation": told}).annotation.explanation == "x " * 1_990 + "key="
