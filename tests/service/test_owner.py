"""The thread that owns the engine: what waits is one batch, everyone gets an answer, faults of ours lose nothing."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import pytest

from otel_quality.core.engine import Config
from otel_quality.core.sessions.record import SessionRecord
from otel_quality.core.snapshot import Key
from otel_quality.core.tools.execution import Execution
from otel_quality.service.owner import Keep, Owner
from otel_quality.vocabulary.errors import Malformed, Overloaded, Unavailable
from otel_quality.wire import decode
from otel_quality.wire.receiver import Limits
from tests.wire.otlp import chat, request, span

DECODE = decode.Decoder(decode.Config()).decode


class Gate:
    """A decoder that waits until it is opened, and notes what it was given."""

    def __init__(self) -> None:
        self.open = threading.Event()
        self.bodies: list[bytes] = []

    def __call__(self, body: bytes) -> decode.Decoded:
        self.open.wait(60)
        self.bodies.append(body)
        return DECODE(body)


def nowhere(*_: object) -> None:
    """Nobody keeps what sessions and tools came to."""


def owned(
    use: Callable[[Owner], Awaitable[Any]],
    decoder: Callable[[bytes], decode.Decoded] = DECODE,
    limits: Limits | None = None,
    tick_s: float = 0.05,
    keep: Keep | None = None,
) -> Any:
    async def run() -> Any:
        owner = Owner(Config(), decoder, limits or Limits(), tick_s=tick_s, keep=keep or nowhere)
        owner.start(died=lambda: pytest.fail("the owner died"))
        try:
            return await asyncio.wait_for(use(owner), 60)
        finally:
            await owner.stop()

    return asyncio.run(run())


def test_requests_that_wait_are_decoded_as_one() -> None:
    gate = Gate()

    async def use(owner: Owner) -> None:
        first = asyncio.ensure_future(owner.receive("traces", request(chat(number=1))))
        await asyncio.sleep(0)
        others = [asyncio.ensure_future(owner.receive("traces", request(chat(number=n)))) for n in range(2, 12)]
        await asyncio.sleep(0)
        gate.open.set()
        assert await asyncio.gather(first, *others) == [b""] * 11

    owned(use, gate)
    assert len(gate.bodies) <= 3


def test_a_malformed_request_fails_alone_among_those_that_wait() -> None:
    async def use(owner: Owner) -> list[object]:
        bodies = [request(chat(number=1)), b"garbage", request(chat(number=2))]
        return await asyncio.gather(*(owner.receive("traces", body) for body in bodies), return_exceptions=True)

    answers = owned(use)
    assert (answers[0], type(answers[1]), answers[2]) == (b"", Malformed, b"")


def test_more_than_may_wait_is_refused_and_room_comes_back() -> None:
    gate, body = Gate(), request(chat(number=1))

    async def use(owner: Owner) -> None:
        waiting = [asyncio.ensure_future(owner.receive("traces", body)) for _ in range(3)]
        await asyncio.sleep(0)
        assert owner.health().queue_bytes == 3 * len(body)
        with pytest.raises(Overloaded):
            await owner.receive("traces", body)
        gate.open.set()
        await asyncio.gather(*waiting)
        assert owner.health().queue_bytes == 0
        assert await owner.receive("traces", body) == b""

    owned(use, gate, Limits(request_bytes=len(body), waiting_bytes=3 * len(body)))


def test_what_a_sender_gave_up_still_counts_until_it_is_worked_on() -> None:
    gate, body = Gate(), request(chat(number=1))

    async def use(owner: Owner) -> None:
        gone = asyncio.ensure_future(owner.receive("traces", body))
        await asyncio.sleep(0)
        gone.cancel()
        await asyncio.gather(gone, return_exceptions=True)
        assert owner.health().queue_bytes == len(body)
        with pytest.raises(Overloaded):
            await owner.receive("traces", body)
        gate.open.set()
        await owner.clear_scores(backend=None, task=None)
        assert owner.health().queue_bytes == 0

    owned(use, gate, Limits(request_bytes=len(body), waiting_bytes=len(body)))


def test_a_fault_of_ours_is_unavailable_and_the_next_request_is_taken() -> None:
    faults = iter([ZeroDivisionError("ours")])

    def faulty(body: bytes) -> decode.Decoded:
        for fault in faults:
            raise fault
        return DECODE(body)

    async def use(owner: Owner) -> None:
        with pytest.raises(Unavailable):
            await owner.receive("traces", request(chat(number=1)))
        assert await owner.receive("traces", request(chat(number=1))) == b""

    owned(use, faulty)


def test_logs_and_metrics_are_counted_and_set_aside() -> None:
    async def use(owner: Owner) -> None:
        with pytest.raises(Malformed):
            await owner.receive("logs", b"\xff\xff")
        assert await owner.receive("metrics", b"") == b""
        owner.refused("logs", Malformed("x"))
        assert (owner.health().received_records, owner.health().refused_requests) == ({"metrics": 0}, {("logs", "malformed"): 1})

    owned(use)


def test_stopping_applies_what_was_taken_and_refuses_the_rest() -> None:
    async def run() -> Owner:
        owner = Owner(Config(), DECODE, Limits(), tick_s=60, keep=nowhere)
        owner.start(died=lambda: pytest.fail("the owner died"))
        await owner.receive("traces", request(chat(number=1)))
        await owner.stop()
        with pytest.raises(Unavailable):
            await owner.receive("traces", request(chat(number=2)))
        return owner

    assert asyncio.run(run()).snapshot().by_backend[Key("anthropic", None, None)].samples == 1


def test_clearing_is_seen_in_the_next_snapshot() -> None:
    async def use(owner: Owner) -> None:
        await owner.receive("traces", request(*(chat(number=n) for n in range(1, 9))))
        assert await owner.clear_drift(backend="anthropic", model=None, task=None) == 1
        assert await owner.clear_scores(backend="anthropic", task=None) == 3

    owned(use)


def test_a_tick_that_fails_ends_the_processor() -> None:
    async def run() -> None:
        died = asyncio.Event()
        owner = Owner(Config(), DECODE, Limits(), tick_s=0.05, keep=nowhere)
        owner._engine.tick = _fail  # type: ignore[method-assign]
        owner.start(died=died.set)
        await asyncio.wait_for(died.wait(), 60)

    asyncio.run(run())


def _fail(*, now_ns: int) -> Any:
    raise ZeroDivisionError(now_ns)


TOOL = {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "git", "gen_ai.conversation.id": "c"}


@pytest.mark.parametrize("ended", [True, False])
def test_sessions_and_executions_are_handed_on_with_a_tick_and_what_is_open_at_the_end(ended: bool) -> None:
    kept: list[tuple[str, bool]] = []
    tools: list[str] = []
    handed = threading.Event()

    def keep(sessions: Sequence[SessionRecord], executions: Sequence[Execution], *_: object) -> None:
        kept.extend((each.id, each.ended) for each in sessions)
        tools.extend(each.tool for each in executions)
        handed.set()

    async def use(owner: Owner) -> None:
        await owner.receive("traces", request(span(TOOL | {"otel_quality.session.end": ended})))
        assert await asyncio.to_thread(handed.wait, 50)
        assert kept == ([("c", True)] if ended else [])

    owned(use, keep=keep)
    assert (kept, tools) == ([("c", ended)], ["git"])
