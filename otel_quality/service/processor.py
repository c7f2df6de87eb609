"""Starts the processor, says where it listens, stops it."""

import asyncio
import fcntl
import logging
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Final

from otel_quality.api.app import create_app
from otel_quality.config import Config
from otel_quality.outlets.app import metrics_app
from otel_quality.outlets.metrics import Exposition
from otel_quality.service import exporting
from otel_quality.service.archive import Archive
from otel_quality.service.chores import adaptations, retention
from otel_quality.service.evaluations import Opinions
from otel_quality.service.grading import Grading
from otel_quality.service.historian import Historian
from otel_quality.service.judged import Looking
from otel_quality.service.judging import Judging, equip
from otel_quality.service.listeners import Listeners
from otel_quality.service.owner import Owner
from otel_quality.service.reporting import weekly_reports
from otel_quality.service.saying import Sayings
from otel_quality.store.opening import open_store
from otel_quality.vocabulary.errors import ConfigError
from otel_quality.wire.decode import Decoder
from otel_quality.wire.grpc_server import create_server
from otel_quality.wire.http_server import OtlpHttp

_log: Final = logging.getLogger(__name__)
Announce = Callable[[str], None]


def run(config: Config, announce: Announce) -> int:
    """Serve until SIGTERM or SIGINT.

    Args:
        config: all settings.
        announce: gets `listening NAME HOST:PORT` per listener, then `ready`.

    Returns:
        Exit code: 0 after a signal, 1 after a fault of ours.

    Raises:
        ConfigError: the data directory cannot be made or is another processor's, a file or class of the judge's cannot be
            used, or text is to be masked and cannot be.
        PortTaken: a port cannot be bound.
        StoreRefused: history cannot be kept where the settings say.
    """
    with _alone(config):
        return asyncio.run(_serve(config, announce))


async def _serve(config: Config, announce: Announce) -> int:
    """History first: gRPC starts threads of its own, which an end for want of history would leave behind."""
    listeners = Listeners(config.server.host, config.otlp.read_timeout_s)
    equipment = equip(config, lambda: listeners.reachable("otlp_http"))
    exporter = exporting.load(config.judge.exporter)
    historian = _historian(config)
    judging = Judging(historian, config.judge, equipment)
    await historian.start()
    bringing = None if exporter is None else asyncio.create_task(_bring(config, exporter, historian))
    try:
        return await _listen(config, listeners, historian, judging, announce)
    finally:
        if bringing is not None:
            bringing.cancel()
        await historian.stop()


async def _bring(config: Config, exporter: exporting.Exporter, historian: Historian) -> None:
    adds = Archive(historian, time.time_ns, keep_text=True, max_bytes=config.content.max_bytes)
    await exporting.Exporting(config.judge.exporter, exporter, historian, adds).go_on()


async def _listen(config: Config, listeners: Listeners, historian: Historian, judging: Judging, announce: Announce) -> int:
    server = config.server
    decode = Decoder(config.backend, text=config.content.keep).decode
    owner = Owner(replace(config.core, content=config.content), decode, config.otlp, tick_s=server.tick_s, keep=historian.put)
    opinions = Opinions(historian, judging, time.time_ns)
    looking = Looking(opinions, historian.history, judging.ended)
    state = _State()
    release = version("otel-quality")
    page = Exposition(
        owner.snapshot,
        lambda: replace(owner.health(), render_duration_s=page.render_duration_s),
        version=release,
        history=looking.history,
    )
    api = create_app(
        owner,
        Archive(
            historian,
            time.time_ns,
            config.grades,
            keep_text=config.content.keep or judging.configured,
            max_bytes=config.content.max_bytes,
        ),
        opinions,
        version=release,
        bound_host=server.host,
        token=server.token,
        listeners=lambda: listeners.addresses,
    )
    listeners.add_http("otlp_http", server.otlp_http_port, OtlpHttp(owner, config.otlp))
    listeners.add_http("metrics", server.metrics_port, metrics_app(page, not_ready=lambda: state.not_ready))
    listeners.add_http("api", server.api_port, api)
    listeners.add_grpc("otlp_grpc", server.otlp_grpc_port, lambda: create_server(owner, config.otlp))
    owner.start(died=state.fail)
    await listeners.start()
    await judging.resume()
    looks = asyncio.create_task(looking.go_on())
    if not server.loopback:
        lacking = "TLS" if server.token else "TLS and token"
        _log.warning("listening beyond loopback on %s without %s, as --insecure-network says", server.host, lacking)
    for name in ("otlp_grpc", "otlp_http", "metrics", "api"):
        announce(f"listening {name} {listeners.addresses[name]}")
    state.not_ready = ""
    announce("ready")
    await state.until_end()
    state.not_ready = "stopping"
    looks.cancel()
    await judging.stop()
    await listeners.stop()
    if not state.failed:
        await owner.stop()
    return 1 if state.failed else 0


def _historian(config: Config) -> Historian:
    data_dir = None if config.server.data_dir is None else Path(config.server.data_dir)
    grading = Grading()
    chores = (grading.chore(), retention(config.store), adaptations(config.adaptations), weekly_reports())
    sayings = Sayings(config.content)
    if config.content.keep or config.judge.exporter:
        sayings.check()
    return Historian(lambda: open_store(config.store, data_dir=data_dir), grading, chores, sayings=sayings, grades=config.grades)


@contextmanager
def _alone(config: Config) -> Iterator[None]:
    """The data directory, made, and ours alone where history is in it: two would both go on with what one has begun."""
    if config.server.data_dir is None:
        yield
        return
    folder = Path(config.server.data_dir)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        held = os.open(folder, os.O_RDONLY)
    except OSError as error:
        raise ConfigError([f"--data-dir {folder}: {error.strerror}; name a directory that can be made and written"]) from None
    try:
        if not config.store.url:
            _lock(held, folder)
        yield
    finally:
        os.close(held)


def _lock(held: int, folder: Path) -> None:
    """Until the directory is closed or the process is gone, however that is. A file system that knows no locks refuses nobody."""
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise ConfigError([f"--data-dir {folder}: another processor keeps its history there; end it, or name another directory"]) from None
    except OSError as error:
        _log.warning("--data-dir %s cannot be locked (%s): see that no other processor uses it", folder, error.strerror)


class _State:
    """What the processor is doing, and the wish that it end."""

    def __init__(self) -> None:
        self.not_ready = "starting"
        self.failed = False
        self._end = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._end.set)

    def fail(self) -> None:
        """The owner's thread died: nothing can be taken any more."""
        self.failed = True
        self._end.set()

    async def until_end(self) -> None:
        await self._end.wait()
