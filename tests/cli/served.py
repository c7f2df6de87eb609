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
from otel_quality.judge.config import Config as JudgeConfig
from otel_quality.service.judging import Judging
from otel_quality.service.judging.front import Equipment
from tests.api.test_app import FakeProcessor
from tests.service.judging.fake import CONFIG, VERSIONS, FakeJudge
from tests.service.keeper import Keeper


class Served:
    """A server in a thread, for `with`.

    Args:
        judge: who judges, with the settings of the judging room's tests; None is nobody.
        token: what writes have to carry.

    Attributes:
        url: where it answers.
        processor: what it serves; its snapshot may be replaced. keeper: the history behind it.
    """

    def __init__(
        self, snapshot: Snapshot, listeners: Mapping[str, str] | None = None, *, judge: FakeJudge | None = None, token: str = ""
    ) -> None:
        self._judge, self._token = judge, token
        self.processor, self.keeper = FakeProcessor(snapshot), Keeper()
        self._listeners = dict(listeners or {})
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._started = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()))

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        config = Config()
        config.bind = [f"fd://{self._socket.detach()}"]
        config.errorlog = None
        judging = self._judging()
        opinions = self.keeper.opinions(judging)
        app = create_app(
            self.processor, self.keeper.archive(), opinions, version="1.2.3", token=self._token, listeners=lambda: self._listeners
        )
        self._started.set()
        try:
            await serve(app, config, shutdown_trigger=self._stop.wait)  # type: ignore[arg-type]
        finally:
            await judging.stop()

    def _judging(self) -> Judging:
        if self._judge is None:
            return Judging(self.keeper, JudgeConfig(), None)
        return Judging(self.keeper, CONFIG, Equipment(self._judge.panel, VERSIONS, now_ns=lambda: self.keeper.now_ns))

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._started.wait(60)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._judge is not None:
            self._judge.let_go()
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()
        self.keeper.close()
