"""A thread with an event loop of its own, beside the one that receives telemetry.

Decision: judging is all prompts, JSON and client libraries, which nobody here wrote to be quick. On a loop of its own nothing of it, not
even the seconds that importing a client takes, holds up a listener. The two loops talk by futures only.
"""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from typing import Any, Protocol, TypeVar

from otel_quality.store.contract import Store
from otel_quality.vocabulary.errors import StoreUnavailable

T = TypeVar("T")


class Asks(Protocol):
    """Where questions to the store go."""

    async def ask(self, work: Callable[[Store], T]) -> T:
        """Ask, and wait for the answer."""
        ...


class Beside:
    """The thread. It starts with the first work and ends with `stop`."""

    def __init__(self, name: str) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._stopped = False

    async def do(self, work: Coroutine[Any, Any, T]) -> T:
        """Do work on the thread's loop and wait for what comes of it; from another loop.

        Raises:
            StoreUnavailable: the processor is stopping.
        """
        if self._stopped:
            work.close()
            raise StoreUnavailable("the processor is stopping")
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
            self._thread.start()
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, self._loop))

    async def stop(self) -> None:
        """End the thread; work that is left is cancelled."""
        self._stopped = True
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._loop.stop)
            await asyncio.to_thread(self._thread.join)

    def _run(self) -> None:
        loop = self._loop
        assert loop is not None
        asyncio.set_event_loop(loop)
        loop.run_forever()
        left = asyncio.all_tasks(loop)
        for task in left:
            task.cancel()
        loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.run_until_complete(loop.shutdown_default_executor())
        loop.close()


class Across:
    """Asks the store from the thread, through the loop that the historian answers on."""

    def __init__(self, historian: Asks, home: asyncio.AbstractEventLoop) -> None:
        self._historian, self._home = historian, home

    async def ask(self, work: Callable[[Store], T]) -> T:
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(self._historian.ask(work), self._home))
