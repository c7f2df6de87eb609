"""The commands and /metrics against a running processor that the demo has fed."""

import json
import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from otel_quality.vocabulary import metrics
from tests.flow.programs import ROOT, Program, Serve, get_text, need, until

OTEL_QUALITY = [sys.executable, "-m", "otel_quality"]
BACKENDS = {"sim-nova", "sim-sage", "sim-swift", "sim-thrift"}


@pytest.fixture(scope="module")
def serve(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serve]:
    """A processor that has taken the demo's traffic until it had learned about every backend."""
    with Serve(tmp_path_factory.mktemp("data")) as serve:
        with Program([*OTEL_QUALITY, "demo", "--endpoint", f"http://{serve.otlp_http}", "--seconds", "0"]) as demo:
            until(lambda: _known(serve) == BACKENDS, 120, lambda: f"every backend known, not only {_known(serve)}\n{demo.output()}")
            assert demo.stop(signal.SIGTERM) == 130, demo.output()
        yield serve


def _known(serve: Serve) -> set[str]:
    """The backends whose calls for code are enough for a verdict."""
    return {verdict["backend"] for verdict in serve.get("/v1/drift?task=code")["drift"] if verdict["state"] != "learning"}


def ask(serve: Serve, *words: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"OTEL_QUALITY_API_URL": f"http://{serve.api}"}
    return subprocess.run([*OTEL_QUALITY, *words], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False)


def answer(serve: Serve, *words: str) -> Any:
    ran = ask(serve, *words, "--json")
    assert (ran.returncode, ran.stderr) == (0, "")
    return json.loads(ran.stdout)


def test_scores_and_recommendations_have_every_backend(serve: Serve) -> None:
    assert {card["backend"] for card in answer(serve, "scores", "--task", "code")["scores"]} == BACKENDS
    assert {place["backend"] for place in answer(serve, "recommend", "--task", "code")["recommendations"]} == BACKENDS
    report = ask(serve, "scores").stdout
    assert all(backend in report for backend in BACKENDS)


def test_doctor_finds_nothing_wrong(serve: Serve) -> None:
    ran = ask(serve, "doctor")
    assert ran.returncode == 0, ran.stdout
    assert f"otlp_grpc listens on {serve.otlp_grpc}" in ran.stdout
    assert "✗" not in ran.stdout


def test_the_metrics_page_is_what_the_tools_of_prometheus_expect(serve: Serve) -> None:
    page = get_text(f"http://{serve.metrics}/metrics")
    checked = subprocess.run([need("promtool"), "check", "metrics"], input=page, text=True, capture_output=True, timeout=60, check=False)
    assert (checked.returncode, checked.stdout + checked.stderr) == (0, "")


def test_an_exemplar_leads_from_a_bucket_to_a_trace(serve: Serve) -> None:
    asked = urllib.request.Request(f"http://{serve.metrics}/metrics", headers={"Accept": "application/openmetrics-text; version=1.0.0"})
    with urllib.request.urlopen(asked, timeout=60) as answered:
        families = text_string_to_metric_families(answered.read().decode())  # type: ignore[no-untyped-call]
    samples = [sample for family in families for sample in family.samples]
    exemplars = [sample.exemplar for sample in samples if sample.name == f"{metrics.DURATION.name}_bucket" and sample.exemplar]
    assert exemplars
    assert all(len(exemplar.labels["trace_id"]) == 32 and exemplar.value > 0 for exemplar in exemplars)


def test_ready_and_healthy(serve: Serve) -> None:
    assert get_text(f"http://{serve.metrics}/-/ready") == "ready\n"
    assert get_text(f"http://{serve.metrics}/-/healthy") == "healthy\n"


def test_clearing_empties_the_windows_that_are_named(serve: Serve) -> None:
    before = answer(serve, "drift", "--backend", "sim-swift", "--task", "code")["drift"]
    assert [verdict["state"] for verdict in before] != ["learning"]
    ran = ask(serve, "drift", "--clear", "--backend", "sim-swift", "--task", "code")
    assert ran.stdout == "1 drift window cleared\n"
    until(lambda: _samples(serve, "sim-swift") == 0, 30, "the window to be empty")
    assert _samples(serve, "sim-sage") > 0


def _samples(serve: Serve, backend: str) -> int:
    return sum(int(verdict["samples"]) for verdict in serve.get(f"/v1/drift?backend={backend}&task=code")["drift"])
