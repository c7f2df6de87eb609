"""From the SDK through the real Collector to the real processor, with either of them away for a while."""

import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord, ResourceLogs, ScopeLogs
from prometheus_client.parser import text_string_to_metric_families

from otel_quality.vocabulary import metrics
from tests.collector.program import Collector, need_collector
from tests.flow.programs import ROOT, Serve, free_port, get_text, until

RECEIVED: Final = "otelcol_receiver_accepted_spans_total"
DELIVERED: Final = "otelcol_exporter_sent_spans_total"
COUNT: Final = 100
"""Spans of one task, far under what the SDK's queue holds."""


class Sender:
    """A running application: `emit` returns when the Collector has taken the spans."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def emit(self, task: str, collector: Collector, count: int = COUNT) -> None:
        before = collector.metric(RECEIVED)
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{task} {count}\n")
        self._process.stdin.flush()
        assert self._process.stdout.readline() == f"sent {count}\n"
        until(lambda: collector.metric(RECEIVED) == before + count, 30, f"the Collector has taken {count} spans of {task}")


@contextmanager
def sender(collector: Collector) -> Iterator[Sender]:
    environment = os.environ | {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.otlp_http}
    command = [sys.executable, "-m", "tests.collector.sender"]
    with subprocess.Popen(command, cwd=ROOT, env=environment, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        yield Sender(process)
        assert process.stdin is not None
        process.stdin.close()
    assert process.returncode == 0


def count(serve: Serve, metric: metrics.Metric, **labels: str) -> int:
    """Sum over the series of a metric that carry these labels."""
    page = get_text(f"http://{serve.metrics}/metrics")
    samples = [sample for family in text_string_to_metric_families(page) for sample in family.samples if sample.name == metric.name]
    return int(sum(sample.value for sample in samples if labels.items() <= sample.labels.items()))


def accepted(serve: Serve, task: str | None = None) -> int:
    return count(serve, metrics.REQUESTS, task=task) if task else count(serve, metrics.SPANS, result="accepted")


def test_no_span_is_missing_though_the_processor_was_away_and_the_collector_was_killed(tmp_path: Path) -> None:
    need_collector()
    queue, port = tmp_path / "queue", ("--otlp-grpc-port", str(free_port()))
    with (
        Serve(tmp_path / "first", *port) as first,
        Collector(queue, first.otlp_grpc) as collector,
        sender(collector) as application,
    ):
        endpoint = first.otlp_grpc
        application.emit("calm", collector)
        until(lambda: accepted(first) == COUNT, 60, "the first run has accepted what came in peace")
        assert accepted(first, "calm") == COUNT
        until(lambda: collector.metric(DELIVERED) == COUNT, 30, "the Collector knows that it was")

        application.emit("parting", collector)
        assert first.stop() == 0

        application.emit("away", collector)
        parted = collector.metric(DELIVERED) - COUNT
        collector.kill()
        with Collector(queue, endpoint, http_port=collector.http_port) as restarted:
            application.emit("killed", restarted)
            with Serve(tmp_path / "second", *port) as second:
                missing = 3 * COUNT - parted
                until(lambda: accepted(second) >= missing, 90, lambda: f"{accepted(second)} of {missing} accepted\n{restarted.output()}")
                for task, least in {"away": COUNT, "killed": COUNT, "parting": COUNT - parted}.items():
                    until(lambda task=task, least=least: accepted(second, task) >= least, 30, task)  # type: ignore[misc]
                assert (accepted(second, "away"), accepted(second, "killed")) == (COUNT, COUNT)
                assert accepted(second, "calm") == 0, "what was acknowledged in peace is not sent again"
                assert accepted(second) + count(second, metrics.SPANS, result="duplicate") >= missing


@pytest.mark.parametrize(("names", "foreign"), [(("config",), 1), (("config", "filter"), 0)], ids=["everything", "filtered"])
def test_foreign_spans_and_log_records_come_through_unless_filtered(tmp_path: Path, names: tuple[str, ...], foreign: int) -> None:
    need_collector()
    told = {"gen_ai.evaluation.name": "relevance", "gen_ai.conversation.id": "c"}
    attributes = [KeyValue(key=key, value=AnyValue(string_value=value)) for key, value in told.items()]
    record = LogRecord(event_name="gen_ai.evaluation.result", time_unix_nano=time.time_ns(), attributes=attributes)
    body = ExportLogsServiceRequest(resource_logs=[ResourceLogs(scope_logs=[ScopeLogs(log_records=[record])])]).SerializeToString()
    with (
        Serve(tmp_path / "data") as serve,
        Collector(tmp_path / "queue", serve.otlp_grpc, *names) as collector,
        sender(collector) as application,
    ):
        logs = urllib.request.Request(f"{collector.otlp_http}/v1/logs", body, {"Content-Type": "application/x-protobuf"})
        with urllib.request.urlopen(logs, timeout=60) as answer:
            assert answer.status == 200
        application.emit("foreign", collector, 1)
        application.emit("calm", collector, 1)
        until(lambda: accepted(serve) == 1, 60, "the LLM call has arrived")
        until(lambda: count(serve, metrics.EVALUATION_RECORDS) == 1, 30, "the log record has arrived")
        until(lambda: count(serve, metrics.SPANS, result="ignored") == foreign, 30, "the foreign span is counted")
