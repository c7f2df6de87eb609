"""The metrics listener's three paths, and what it answers to everything else."""

import asyncio

import httpx
import pytest

from otel_quality.outlets.app import metrics_app
from otel_quality.outlets.metrics import OPENMETRICS, TEXT, Exposition, Health
from tests import samples


def ask(path: str, *, method: str = "GET", not_ready: str = "", accept: str = "*/*") -> httpx.Response:
    app = metrics_app(Exposition(samples.full, Health, version="1"), not_ready=lambda: not_ready)

    async def call() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost") as client:
            return await client.request(method, path, headers={"accept": accept})

    return asyncio.run(call())


def test_metrics_are_served_in_the_format_that_is_asked_for() -> None:
    text = ask("/metrics")
    assert (text.status_code, text.headers["content-type"]) == (200, TEXT)
    assert ask("/metrics", accept="application/openmetrics-text; version=1.0.0").headers["content-type"] == OPENMETRICS


def test_head_has_the_length_and_no_body() -> None:
    answer = ask("/metrics", method="HEAD")
    assert (answer.status_code, answer.content) == (200, b"")
    assert int(answer.headers["content-length"]) > 1000


def test_ready_names_the_reason_until_there_is_none() -> None:
    waiting = ask("/-/ready", not_ready="the OTLP listeners are starting")
    assert (waiting.status_code, waiting.text) == (503, "not ready: the OTLP listeners are starting\n")
    assert ask("/-/ready").status_code == 200
    assert ask("/-/healthy", not_ready="the OTLP listeners are starting").status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", "/", 404), ("GET", "/metricsx", 404), ("POST", "/metrics", 405), ("DELETE", "/", 405)]
)
def test_everything_else_is_refused(method: str, path: str, status: int) -> None:
    answer = ask(path, method=method)
    assert answer.status_code == status
    assert ("allow" in answer.headers) == (status == 405)


def test_the_server_may_start_and_stop_it() -> None:
    sent: list[str] = []
    messages = iter([{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}])

    async def receive() -> dict[str, str]:
        return next(messages)

    async def send(message: dict[str, str]) -> None:
        sent.append(message["type"])

    app = metrics_app(Exposition(samples.full, Health, version="1"), not_ready=str)
    asyncio.run(app({"type": "lifespan"}, receive, send))  # type: ignore[arg-type]
    assert sent == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
