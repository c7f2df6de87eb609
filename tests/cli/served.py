"""The real API over loopback, with a snapshot of the test's choice behind it."""

import asyncio
import socket
import threading
from collections.abc import Mapping
from types import TracebackType
from typing import Self

from hypercorn.asyncio import serve
from hypercorn.config import Config

from otel_quality.api.app import create_app
from otel_quality.core.snapshot import Snapshot
from tests.api.test_app import FakeProcessor
from tests.service.keeper import Keeper


class Served:
    """A server in a thread, for `with`.

    Attributes:
        url: where it answers.
        processor: what it serves; its snapshot may be replaced. keeper: the history behind it.
    """

    def __init__(self, snapshot: Snapshot, listeners: Mapping[str, str] | None = None) -> None:
        self.processor, self.keeper = FakeProcessor(snapshot), Keeper()
        self._listeners = dict(listeners or {})
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._started = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()))

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        config = Config()
        config.bind = [f"fd://{self._socket.fileno()}"]
        config.errorlog = None
        app = create_app(self.processor, self.keeper.archive(), version="1.2.3", listeners=lambda: self._listeners)
        self._started.set()
        await serve(app, config, shutdown_trigger=self._stop.wait)  # type: ignore[arg-type]

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._started.wait(10)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()
        self.keeper.close()
