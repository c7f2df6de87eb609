"""The thread beside: work is done on it, its errors come back, and after its end nothing begins."""

import asyncio
import threading

import pytest

from otel_quality.service.judging.beside import Across, Beside
from otel_quality.vocabulary.errors import StoreUnavailable
from tests.service.keeper import Keeper

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


async def name() -> str:
    return threading.current_thread().name


async def test_work_is_done_on_its_own_thread_and_errors_are_the_askers() -> None:
    beside = Beside("aside")
    assert await beside.do(name()) == "aside"
    with pytest.raises(TimeoutError):
        await beside.do(asyncio.wait_for(asyncio.Event().wait(), 0.01))
    await beside.stop()
    assert "aside" not in {thread.name for thread in threading.enumerate()}


async def test_nothing_begins_after_its_end() -> None:
    used = Beside("used")
    await used.do(name())
    for beside in (used, Beside("unused")):
        await beside.stop()
        with pytest.raises(StoreUnavailable, match="stopping"):
            await beside.do(name())


async def test_what_waits_at_its_end_is_cancelled() -> None:
    beside, begun, cancelled = Beside("aside"), threading.Event(), threading.Event()

    async def wait() -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.set()
            raise

    waiting = asyncio.create_task(beside.do(wait()))
    assert await asyncio.to_thread(begun.wait, 60)
    await beside.stop()
    assert cancelled.is_set()
    with pytest.raises(asyncio.CancelledError):
        await waiting


async def test_the_store_is_asked_through_the_loop_that_it_answers_on() -> None:
    keeper, beside = Keeper(), Beside("aside")
    across = Across(keeper, asyncio.get_running_loop())
    assert await beside.do(across.ask(lambda store: (store.counts()["sessions"], threading.current_thread().name != "aside"))) == (0, True)
    await beside.stop()
    keeper.close()
