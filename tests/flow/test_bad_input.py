"""Bad input to a running processor: a clear answer each, no score changed, nothing taken down."""

import gzip
import http.client
import json
import math
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from otel_quality.wire.otlp_pb2 import RpcStatus
from tests.flow.programs import Serve, until
from tests.wire.otlp import SECOND, chat, request

PROTOBUF = "application/x-protobuf"
EXPORT = "/opentelemetry.proto.collector.{}Service/Export"


def recent(number: int, **changes: Any) -> dict[str, Any]:
    """A good span that ended just now, unless changed."""
    now = time.time_ns()
    return chat(number=number, task="code") | {"start_time_unix_nano": now - SECOND, "end_time_unix_nano": now} | changes


class Processor:
    """A running processor with one scored key, and how to speak to it."""

    def __init__(self, serve: Serve) -> None:
        self.serve = serve
        self.channel = grpc.insecure_channel(serve.otlp_grpc, options=[("grpc.max_send_message_length", -1)])
        self.good = 0

    def export(self, body: bytes, service: str = "trace.v1.Trace") -> bytes:
        return bytes(self.channel.unary_unary(EXPORT.format(service))(body, timeout=60))

    def refusal(self, body: bytes, service: str = "trace.v1.Trace") -> grpc.RpcError:
        with pytest.raises(grpc.RpcError) as caught:
            self.export(body, service)
        return caught.value

    def post(self, body: bytes, path: str = "/v1/traces", method: str = "POST", **headers: str) -> http.client.HTTPResponse:
        host, port = self.serve.otlp_http.split(":")
        connection = http.client.HTTPConnection(host, int(port), timeout=60)
        connection.request(method, path, body, {"content-type": PROTOBUF, **{k.replace("_", "-"): v for k, v in headers.items()}})
        return connection.getresponse()

    def metrics(self) -> dict[str, float]:
        text = urllib.request.urlopen(f"http://{self.serve.metrics}/metrics", timeout=60).read().decode()
        return {line.rsplit(" ", 1)[0]: float(line.rsplit(" ", 1)[1]) for line in text.splitlines() if not line.startswith("#")}

    def scores(self) -> Any:
        return self.serve.get("/v1/scores?task=*&model=*")["scores"]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Processor]:
    with Serve(tmp_path_factory.mktemp("data"), environment={"OTEL_QUALITY_SERVER_TICK_S": "0.1"}) as serve:
        processor = Processor(serve)
        processor.export(request(*(recent(n) for n in range(1, 31))))
        until(lambda: serve.get("/v1/stats")["seen"] == 30, 60, "the good spans are scored")
        yield processor


@pytest.fixture
def unchanged(running: Processor) -> Iterator[Processor]:
    """The processor; afterwards its scores are what they were and it still takes good spans."""
    before, seen = running.scores(), running.serve.get("/v1/stats")["seen"]
    yield running
    running.good += 1
    good = recent(10_000 + running.good)
    assert running.export(request({**good, "attributes": {**good["attributes"], "otel_quality.backend": "alive"}})) == b""
    until(lambda: running.serve.get("/v1/stats")["seen"] > seen, 60, "it still takes spans")
    assert [card for card in running.scores() if card["backend"] == "anthropic"] == [c for c in before if c["backend"] == "anthropic"]


@pytest.mark.parametrize("body", [b"\xff\xff\xff", request(recent(1))[:-4], b"\x0a\x7f"])
def test_a_malformed_body_is_an_invalid_argument_and_a_400(unchanged: Processor, body: bytes) -> None:
    for service in ("trace.v1.Trace", "logs.v1.Logs", "metrics.v1.Metrics"):
        error = unchanged.refusal(b"\xff\xff\xff" if service != "trace.v1.Trace" else body, service)
        assert error.code() == grpc.StatusCode.INVALID_ARGUMENT
    answer = unchanged.post(body)
    assert (answer.status, answer.headers["content-type"]) == (400, PROTOBUF)
    status = RpcStatus.FromString(answer.read())
    assert (status.code, status.message) == (3, "the body is no OTLP trace request")


def test_broken_spans_are_a_partial_success_and_the_others_of_the_request_count(unchanged: Processor) -> None:
    broken = [recent(201, trace_id=b""), recent(202, span_id=bytes(8)), recent(203, start_time_unix_nano=2**63)]
    before = unchanged.metrics()
    partial = ExportTraceServiceResponse.FromString(unchanged.export(request(*broken))).partial_success
    assert partial.rejected_spans == 3
    assert (
        partial.error_message
        == "rejected 2 spans: trace id or span id is missing or of wrong length; 1 span: the span ends before it starts"
    )
    after = until(lambda: (m := unchanged.metrics()).get('llmq_rejected_spans_total{reason="invalid_id"}', 0) >= 2 and m, 60)
    assert after['llmq_rejected_spans_total{reason="end_before_start"}'] == 1
    assert after['llmq_spans_total{result="rejected"}'] - before['llmq_spans_total{result="rejected"}'] == 3


def test_numbers_that_make_no_sense_are_left_out_and_counted(unchanged: Processor) -> None:
    odd = {"gen_ai.usage.output_tokens": 1e308, "gen_ai.usage.input_tokens": math.nan, "gen_ai.response.time_to_first_chunk": math.inf}
    made = recent(301)
    unchanged.export(request({**made, "attributes": {**made["attributes"], "otel_quality.backend": "odd", **odd}}))
    metrics = until(lambda: (m := unchanged.metrics()).get('llmq_processor_dropped_fields_total{field="output_tokens"}') and m, 60)
    assert metrics['llmq_processor_dropped_fields_total{field="time_to_first_chunk"}'] == 1
    assert all(math.isfinite(value) for value in metrics.values())
    (card,) = unchanged.serve.get("/v1/scores?backend=odd")["scores"]
    assert (card["samples"], card["mean_ttft_ms"]) == (1, 0)


def test_hostile_names_are_labels_like_any_other(unchanged: Processor) -> None:
    names = ['a"b', "back\\slash", "new\nline", "<img src=x>", '"} or vector(1)', "x" * 5000, "\u202eRTL", "nul\x00", "{}", "surro-ZZ"]
    spans = []
    for n, name in enumerate(names):
        made = recent(400 + n)
        spans.append({**made, "attributes": {**made["attributes"], "otel_quality.backend": name}})
    unchanged.export(request(*spans).replace(b"surro-ZZ", b"surro-\xed\xa0"))
    shown = {'a"b', "back\\slash", "newline", "<img src=x>", '"} or vector(1)', "\u202eRTL", "nul", "{}", "surro-\ufffd\ufffd"}
    cards = until(lambda: (c := {s["backend"] for s in unchanged.serve.get("/v1/scores")["scores"]}) >= shown and c, 60)
    assert any(name.startswith("xxx") and len(name) == 128 for name in cards)
    assert unchanged.metrics()['llmq_score_samples{backend="a\\"b",model="claude",task="code"}'] == 1


def test_a_repeat_changes_nothing(unchanged: Processor) -> None:
    body = request(*(recent(n) for n in range(1, 31)))
    before = unchanged.metrics()['llmq_spans_total{result="duplicate"}']
    assert unchanged.export(body) == b""
    until(lambda: unchanged.metrics()['llmq_spans_total{result="duplicate"}'] == before + 30, 60)


def test_a_flood_of_models_is_bounded(unchanged: Processor) -> None:
    for start in range(0, 100_000, 10_000):
        spans = []
        for n in range(start, start + 10_000):
            made = recent(1_000_000 + n)
            spans.append({**made, "attributes": {**made["attributes"], "otel_quality.backend": "flood", "gen_ai.request.model": f"m{n}"}})
        unchanged.export(request(*spans))
    metrics = until(lambda: (m := unchanged.metrics()).get('llmq_series_overflow_total{label="model"}', 0) > 99_000 and m, 120)
    assert len(metrics) < 30_000
    assert metrics["llmq_processor_resident_memory_bytes"] < 500e6
    assert metrics['llmq_requests_total{backend="flood",model="__other__",outcome="success",task="code"}'] > 99_000


def test_http_takes_gzip_in_several_members_and_refuses_what_is_none(unchanged: Processor) -> None:
    body = request({**recent(501), "attributes": {**recent(501)["attributes"], "otel_quality.backend": "zipped"}})
    answer = unchanged.post(gzip.compress(body[:20]) + gzip.compress(body[20:]), content_encoding="gzip")
    assert (answer.status, answer.read()) == (200, b"")
    until(lambda: unchanged.serve.get("/v1/scores?backend=zipped")["scores"][0]["samples"] == 1, 60)
    for wrong in (body, gzip.compress(body)[:-6]):
        assert unchanged.post(wrong, content_encoding="gzip").status == 400


def test_http_refuses_a_bomb_before_it_is_inflated(unchanged: Processor) -> None:
    answer = unchanged.post(gzip.compress(bytes(80 << 20)), content_encoding="gzip")
    assert answer.status == 413
    assert RpcStatus.FromString(answer.read()).code == 8
    assert unchanged.metrics()["llmq_processor_resident_memory_bytes"] < 700e6


def test_a_message_over_the_limit_is_refused_for_good(unchanged: Processor) -> None:
    error = unchanged.refusal(bytes((64 << 20) + 1))
    assert error.code() == grpc.StatusCode.RESOURCE_EXHAUSTED
    assert "google.rpc.retryinfo-bin" not in dict(error.trailing_metadata() or ())


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"path": "/v1/nothing"}, 404),
        ({"method": "GET"}, 405),
        ({"content_type": "text/plain"}, 415),
        ({"content_type": "application/json"}, 400),
        ({"content_encoding": "br"}, 415),
        ({"content_type": "APPLICATION/X-PROTOBUF; charset=utf-8"}, 200),
    ],
)
def test_http_answers_what_it_does_not_speak(unchanged: Processor, changes: dict[str, str], status: int) -> None:
    assert unchanged.post(b"", **changes).status == status  # type: ignore[arg-type]


def test_an_empty_request_succeeds(unchanged: Processor) -> None:
    for service in ("trace.v1.Trace", "logs.v1.Logs", "metrics.v1.Metrics"):
        assert unchanged.export(b"", service) == b""


def serve_fails(*arguments: str, environment: dict[str, str] | None = None) -> tuple[int, str]:
    command = [sys.executable, "-m", "otel_quality", "serve", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, env=environment, check=False)
    return done.returncode, done.stderr


def test_an_unknown_setting_is_an_error_that_names_the_right_one(tmp_path: Path) -> None:
    config = tmp_path / "c.toml"
    config.write_text("[drift]\npresett = 'low'\n[limits]\nmodels = 0\n")
    code, said = serve_fails("--config", str(config))
    assert code == 2
    assert "there is no setting drift.presett; did you mean drift.preset?" in said
    assert "every limit must be at least 1" in said


def test_a_bind_beyond_loopback_needs_a_word(tmp_path: Path) -> None:
    code, said = serve_fails("--host", "0.0.0.0", "--data-dir", str(tmp_path))
    assert (code, "--insecure-network" in said, said.count("\n")) == (2, True, 1)


@pytest.mark.parametrize("listener", ["otlp_grpc", "otlp_http", "metrics", "api"])
def test_a_port_that_is_taken_is_one_clear_line(running: Processor, listener: str, tmp_path: Path) -> None:
    port = getattr(running.serve, listener).split(":")[1]
    free = [word for name in Serve.LISTENERS if name != listener for word in (f"--{name.replace('_', '-')}-port", "0")]
    code, said = serve_fails(f"--{listener.replace('_', '-')}-port", port, *free, "--data-dir", str(tmp_path))
    assert (code, said.count("\n")) == (1, 1), said
    assert f"{listener}: cannot listen on 127.0.0.1:{port}" in said


def test_the_api_answers_bad_queries_with_problem_json(unchanged: Processor) -> None:
    with pytest.raises(urllib.error.HTTPError) as caught:
        unchanged.serve.get("/v1/scores?model=*")
    assert caught.value.headers["content-type"] == "application/problem+json"
    assert json.loads(caught.value.read())["status"] == 400
