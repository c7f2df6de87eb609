"""The demo's own processor: `otel-quality serve` as a child process on free ports, with a folder that is thrown away.

Says nothing of its own; what the child said last is in the error if it does not start.
"""

import asyncio
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from otel_quality.demo import environment
from otel_quality.vocabulary.errors import OtelQualityError

_START_S: Final = 30.0
_STOP_S: Final = 10.0
_LISTENERS: Final = ("otlp-grpc", "otlp-http", "metrics", "api")


class NoProcessor(OtelQualityError):
    """The child did not start; the message has its last words."""


class Processor:
    """The child: started by `start`, stopped at the end of `async with`.

    Args:
        keep: leave it running at the end, and its folder with it.

    Attributes:
        addresses: `HOST:PORT` by listener, as it announced them.
        folder: its log and data.
    """

    def __init__(self, *, keep: bool) -> None:
        self.addresses: dict[str, str] = {}
        self._keep = keep

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def api_url(self) -> str:
        return f"http://{self.addresses['api']}"

    @property
    def otlp_url(self) -> str:
        return f"http://{self.addresses['otlp_http']}"

    async def start(self) -> None:
        """Start the child and wait until it is ready.

        Raises:
            NoProcessor: it ended, or was not ready in time.
        """
        self.folder = Path(tempfile.mkdtemp(prefix="otel-quality-demo-"))
        self._log = self.folder / "log"
        ports = [word for name in _LISTENERS for word in (f"--{name}-port", "0")]
        command = [sys.executable, "-m", "otel_quality", "serve", *ports, "--data-dir", str(self.folder / "data")]
        with self._log.open("wb") as log:
            self._process = await asyncio.create_subprocess_exec(
                *command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, env=environment.of_child(), start_new_session=True
            )
        try:
            await asyncio.wait_for(self._until_ready(), _START_S)
        except BaseException as error:
            self._keep = False
            await self.__aexit__(None, None, None)
            if isinstance(error, TimeoutError):
                raise NoProcessor(f"the processor was not ready within {_START_S:.0f} s") from None
            raise

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._keep:
            return
        if self._process.returncode is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                await asyncio.wait_for(self._process.wait(), _STOP_S)
            except TimeoutError:
                self._process.kill()
                await self._process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    async def _until_ready(self) -> None:
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            match line.decode(errors="replace").split():
                case ["listening", name, address]:
                    self.addresses[name] = address
                case ["ready"]:
                    return
        last = self._log.read_text(errors="replace").strip().splitlines()[-1:] or ["it said nothing"]
        raise NoProcessor(f"the processor did not start: {last[0]}")
