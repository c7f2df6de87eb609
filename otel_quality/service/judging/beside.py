"""A thread with an event loop of its own, beside the one that receives telemetry.

Decision: judging is all prompts, JSON and client libraries, which nobody here wrote to be quick. On a loop of its own nothing of it, not
even the seconds that importing a client takes, holds up a listener. The two loops talk by futures only.
"""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from typing import Any, Final, Protocol, TypeVar

from otel_quality.store.contract import Store

T = TypeVar("T")
_TICK_S: Final = 0.25


class Asks(Protocol):
    """Where questions to the store go."""

    async def ask(self, work: Callable[[Store], T]) -> T:
        """Ask, and wait for the answer."""
        ...


class Beside:
    """The thread. It starts with the first work and ends with `stop`."""

    def __init__(self, name: str) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._started = False

    async def do(self, work: Coroutine[Any, Any, T]) -> T:
        """Do work on the thread's loop and wait for what comes of it; from another loop."""
        if not self._started:
            self._started = True
            self._thread.start()
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, self._loop))

    async def stop(self) -> None:
        """End the thread; work that is left is dropped."""
        if self._started:
            self._loop.call_soon_threadsafe(self._loop.stop)
            await asyncio.to_thread(self._thread.join)
        self._loop.close()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()
        left = asyncio.all_tasks(self._loop)
        for task in left:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
        self._loop.run_until_complete(self._loop.shutdown_asyncgens())
        self._loop.run_until_complete(self._loop.shutdown_default_executor())


class Across:
    """Asks the store from the thread, through the loop that the historian answers on."""

    def __init__(self, historian: Asks, home: asyncio.AbstractEventLoop) -> None:
        self._historian, self._home = historian, home

    async def ask(self, work: Callable[[Store], T]) -> T:
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(self._historian.ask(work), self._home))
