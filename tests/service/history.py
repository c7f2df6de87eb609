"""What tests of the historian share: it on a store of their own, and waiting for what it does."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from otel_quality.core.sessions.grade import grade
from otel_quality.service.chores import Chore
from otel_quality.service.historian import Historian, Pace
from otel_quality.service.waiting import MAX_WAITING
from otel_quality.store.contract import Config, Store
from otel_quality.store.opening import open_store

FAST = Pace(refresh_s=0.02, retry_s=0.02)
DEADLINE_S = 90.0


@asynccontextmanager
async def kept_by(
    opened: Callable[[], Store], chores: Sequence[Chore] = (), *, pace: Pace = FAST, max_waiting: int = MAX_WAITING
) -> AsyncIterator[Historian]:
    """A historian at work."""
    historian = Historian(opened, grade, chores, pace=pace, max_waiting=max_waiting)
    await historian.start()
    try:
        yield historian
    finally:
        await historian.stop()


def in_folder(folder: Path) -> Callable[[], Store]:
    """Opens SQLite in a folder."""
    return lambda: open_store(Config(), data_dir=folder)


async def until(holds: Callable[[], object]) -> None:
    """Wait for a condition."""
    deadline_s = time.monotonic() + DEADLINE_S
    while not holds():
        assert time.monotonic() < deadline_s, "it never happened"
        await asyncio.sleep(0.005)
