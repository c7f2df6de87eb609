"""The judge's own calls are spans of our SDK: a backend like any other, and no part of any session."""

import asyncio
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

import otel_quality as oq
from otel_quality.judge.config import Config
from otel_quality.judge.errors import JudgeUnavailable
from tests.judge.fake import FakeJudge
from tests.judge.panels import SESSION, WIRES, House

pytestmark = pytest.mark.anyio
SOON_S = 40.0
ENDED = InMemorySpanExporter()


@pytest.fixture(scope="module", autouse=True)
def _recording() -> None:
    provider = trace.get_tracer_provider()
    if not isinstance(provider, TracerProvider):
        provider = TracerProvider()
        trace.set_tracer_provider(provider)
    provider.add_span_processor(SimpleSpanProcessor(ENDED))


@pytest.fixture(autouse=True)
def _empty() -> Iterator[None]:
    ENDED.clear()
    yield
    assert not trace.get_current_span().get_span_context().is_valid


def calls() -> list[ReadableSpan]:
    """Spans of calls of judges; clients may write spans of their own."""
    return [span for span in ENDED.get_finished_spans() if (span.attributes or {}).get("otel_quality.task") == "judge"]


def attributes(span: ReadableSpan) -> Mapping[str, Any]:
    return dict(span.attributes or {})


@pytest.mark.parametrize("wire", WIRES)
async def test_a_call_is_a_span_with_the_judge_as_backend_and_its_tokens(house: House, fake: FakeJudge, wire: str) -> None:
    said = await house.panel(wire).assess(SESSION, "critic")
    (span,) = calls()
    told = attributes(span)
    assert (told["otel_quality.backend"], told["gen_ai.provider.name"]) == ("house judge", wire.partition("-")[0])
    assert told["gen_ai.request.model"] in ("judge-1", "openai/judge-1", "anthropic/judge-1")
    assert told["otel_quality.outcome"] == "success"
    assert told["gen_ai.usage.input_tokens"] == said.spent.input_tokens == fake.input_tokens
    assert told["gen_ai.usage.output_tokens"] == said.spent.output_tokens == fake.output_tokens
    assert told["gen_ai.usage.cost"] == pytest.approx(said.spent.cost_usd)
    assert told["otel_quality.request.has_tools"] is False
    assert not any("Which files" in str(value) for value in told.values())


async def test_a_call_has_no_cost_where_no_price_or_no_usage_is_known(house: House, fake: FakeJudge) -> None:
    await house.panel(input_usd_per_million=0.0, output_usd_per_million=0.0).assess(SESSION, "critic")
    fake.then("no_usage")
    await house.panel().assess(SESSION, "critic")
    assert ["gen_ai.usage.cost" in attributes(span) for span in calls()] == [False, False]


@pytest.mark.parametrize("wire", WIRES)
async def test_a_call_is_one_span_though_its_client_could_write_another(house: House, fake: FakeJudge, wire: str) -> None:
    await house.panel(wire).assess(SESSION, "critic")
    assert [span.name for span in ENDED.get_finished_spans()] == [span.name for span in calls()]
    assert not any("traceparent" in seen.headers for seen in fake.seen)


async def test_a_call_inside_a_session_is_no_part_of_it(house: House) -> None:
    tracer = trace.get_tracer("somebody")
    with oq.session("conversation-1"), tracer.start_as_current_span("invoke_agent") as around:
        await house.panel().assess(SESSION, "critic")
        assert trace.get_current_span() is around
    (span,) = calls()
    assert span.parent is None
    assert span.context.trace_id != around.get_span_context().trace_id
    assert "gen_ai.conversation.id" not in attributes(span)


@pytest.mark.parametrize("wire", WIRES)
async def test_every_attempt_is_a_span_with_its_outcome(house: House, fake: FakeJudge, wire: str) -> None:
    fake.then("error", "limited", "refusal")
    await house.panel(wire).assess(SESSION, "critic")
    assert [attributes(span)["otel_quality.outcome"] for span in calls()] == ["error", "error", "refusal"]


async def test_a_call_that_takes_too_long_is_a_timeout_and_a_cancelled_one_cancelled(house: House, fake: FakeJudge) -> None:
    fake.always = "slow"
    with pytest.raises(JudgeUnavailable):
        await house.panel(timeout_s=1.0, config=Config(retries=0)).assess(SESSION, "critic")
    fake.held.clear()
    task = asyncio.create_task(house.panel().assess(SESSION, "critic"))
    assert await asyncio.to_thread(fake.held.wait, SOON_S)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(task, SOON_S)
    assert [attributes(span)["otel_quality.outcome"] for span in calls()] == ["timeout", "cancelled"]
