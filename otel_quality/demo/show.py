"""The demo from beginning to end: start, traffic, live view or plain lines, outcome.

Decision: traffic and watching share one event loop, and only the API's answers are waited for in a thread; so the show needs no
lock, and Ctrl-C ends everything in order.
"""

import asyncio
import json
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from rich.console import Console
from rich.live import Live

import otel_quality as oq
from otel_quality.client import Client
from otel_quality.demo import agent, backends, environment, view
from otel_quality.demo.processor import Processor
from otel_quality.demo.watch import Story, Watch

_LOOK_EVERY_S: Final = 0.5
_STANDING_EVERY_S: Final = 10.0
_GRACE_S: Final = 1.0
_CYCLE_S: Final = 600.0
"""Length of one turn of the stages where the show has no end."""


@dataclass(frozen=True, slots=True)
class Config:
    """What the demo is asked for.

    Attributes:
        seconds: how long calls are made; 0 is until stopped, with an endpoint only.
        as_json: print one JSON document at the end and nothing else.
        keep: leave the processor running.
        endpoint: send to this OTLP address and start no processor.
    """

    seconds: float = 45.0
    as_json: bool = False
    keep: bool = False
    endpoint: str | None = None


class Weather:
    """The present character of each backend; the drifter's goes through its stages."""

    def __init__(self, seconds: float) -> None:
        self._began_s = time.monotonic()
        self._cycle_s, self._endless = seconds or _CYCLE_S, not seconds
        self._stages = backends.stages()
        self._told = 0

    @property
    def at_s(self) -> float:
        """Seconds since the first call."""
        return time.monotonic() - self._began_s

    @property
    def _share(self) -> float:
        """How much of the present turn is over, 0-1."""
        turns = self.at_s / self._cycle_s
        return turns % 1 if self._endless else min(turns, 1.0)

    def news(self) -> list[str]:
        """In words, what has begun since this was last asked, in the first turn."""
        beginnings = [*((begins, words) for begins, words, _ in self._stages), agent.BREAKS]
        begun = [words for begins, words in beginnings if begins <= self._share]
        told, self._told = self._told, max(self._told, len(begun))
        return begun[told:]

    def tool_is_broken(self) -> bool:
        """Whether the agent's tool fails now."""
        return self._share >= agent.BREAKS[0]

    def character(self, backend: backends.Backend, task: str) -> backends.Character:
        if backend is backends.DRIFTER and task == backends.DRIFTING_TASK:
            return [character for begins, _, character in self._stages if begins <= self._share][-1]
        return backend.character


async def run(config: Config, out: Console) -> None:
    """Run the whole demo and print it.

    Raises:
        NoProcessor: the processor did not start.
        ApiError: it stopped answering.
    """
    _end_in_order()
    environment.settle(ours=config.endpoint is None)
    if config.endpoint is not None:
        await _send_only(config, config.endpoint, out)
        return
    processor = Processor(keep=config.keep)
    if out.is_terminal and not config.as_json:
        with out.status("starting a processor on free ports"):
            await processor.start()
    else:
        await processor.start()
    async with processor:
        environment.ask_at(processor.api_url)
        watch = Watch(Client(processor.api_url), agent.prediction)
        telemetry = oq.configure(endpoint=processor.otlp_url, service_name="otel-quality-demo")
        show = _quiet if config.as_json else _live if out.is_terminal else _plain
        try:
            await show(_Traffic(config.seconds, watch, telemetry.flush), out)
        finally:  # while there is somebody to send to: the SDK would else try in vain for seconds
            await asyncio.to_thread(telemetry.shutdown)
        _outcome(config, watch.story, out, processor if config.keep else None)


def _end_in_order() -> None:
    """SIGTERM and SIGHUP end the show as Ctrl-C does, so that no processor is left behind."""
    show = asyncio.current_task()
    assert show is not None
    for number in (signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, show.cancel)


async def _send_only(config: Config, endpoint: str, out: Console) -> None:
    telemetry = oq.configure(endpoint=endpoint, service_name="otel-quality-demo")
    length = f"for {config.seconds:.0f} s" if config.seconds else "until stopped (Ctrl-C)"
    out.print(f"simulated backends send to {endpoint} {length}", markup=False)
    try:
        await _Traffic(config.seconds, None, telemetry.flush).run(lambda: None)
    finally:
        await asyncio.to_thread(telemetry.shutdown)


@dataclass(frozen=True, slots=True)
class _Traffic:
    """The calls, and the story that is kept up to date meanwhile.

    Attributes:
        seconds: how long calls are made; 0 is without end.
        watch: the story; None where nobody looks.
        flush: sends the spans that wait.
    """

    seconds: float
    watch: Watch | None
    flush: Callable[[], object]

    async def run(self, changed: Callable[[], None]) -> None:
        """Make the calls; `changed` is called after each look."""
        stop, weather = asyncio.Event(), Weather(self.seconds)
        calls = asyncio.create_task(_all_traffic(weather, stop))
        try:
            while (not self.seconds or weather.at_s < self.seconds) and not calls.done():
                if self.watch is not None:
                    self.watch.staged(weather.at_s, *weather.news())
                await self._look(weather, changed)
                await asyncio.sleep(_LOOK_EVERY_S)
        except BaseException:
            calls.cancel()
            raise
        stop.set()
        await _end(calls)
        await asyncio.to_thread(self.flush)
        await asyncio.sleep(2 * _LOOK_EVERY_S)
        await self._look(weather, changed)

    async def _look(self, weather: Weather, changed: Callable[[], None]) -> None:
        if self.watch is not None:
            await asyncio.to_thread(self.watch.look, weather.at_s)
            changed()


async def _all_traffic(weather: Weather, stop: asyncio.Event) -> None:
    """Calls to every backend, and the agent at work."""
    async with asyncio.TaskGroup() as group:
        group.create_task(backends.traffic(weather.character, stop))
        group.create_task(agent.work(weather.tool_is_broken, stop))


async def _end(calls: asyncio.Task[None]) -> None:
    """Let calls under way end, and cancel those that take long, as a user's program would."""
    await asyncio.wait({calls}, timeout=_GRACE_S)
    if not calls.done():
        calls.cancel()
        await asyncio.wait({calls})
    if not calls.cancelled():
        calls.result()


async def _live(traffic: _Traffic, out: Console) -> None:
    assert traffic.watch is not None
    story = traffic.watch.story
    with Live(console=out, refresh_per_second=4) as screen:
        await traffic.run(lambda: screen.update(view.live(story, traffic.seconds)))


async def _plain(traffic: _Traffic, out: Console) -> None:
    assert traffic.watch is not None
    story = traffic.watch.story
    out.print("otel_quality demo: simulated backends, real SDK, real OTLP", markup=False)
    told, next_standing_s = 0, _STANDING_EVERY_S

    def tell() -> None:
        nonlocal told, next_standing_s
        for event in story.events[told:]:
            out.print(view.line(event), markup=False, soft_wrap=True)
        told = len(story.events)
        if story.at_s >= next_standing_s:
            next_standing_s += _STANDING_EVERY_S
            out.print("\n".join(view.standing(story)), markup=False)

    await traffic.run(tell)


async def _quiet(traffic: _Traffic, _: Console) -> None:
    await traffic.run(lambda: None)


def _outcome(config: Config, story: Story, out: Console, left: Processor | None) -> None:
    if config.as_json:
        kept = {"processor": {"pid": left.pid, "folder": str(left.folder), "listeners": left.addresses}} if left else {}
        out.out(json.dumps(view.document(story, config.seconds) | kept, indent=2, ensure_ascii=False), highlight=False)
        return
    if not out.is_terminal:
        out.print("\n".join(view.standing(story)), markup=False)
    out.print()
    out.print(view.alert(story))
    out.print(view.advice(story))
    out.print()
    out.print(view.agent(story.agent))
    out.print()
    if left is not None:
        out.print("\n".join(view.left_running(left.addresses, left.pid, str(left.folder))), markup=False, soft_wrap=True)
        out.print()
    out.print(view.following())
