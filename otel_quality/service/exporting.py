"""Sessions that a class of the team's own brings: asked once a minute for what changed, each added as if it had been posted.

    class Tickets:                                        # judge.exporter = "our_tickets:Tickets"
        def sessions(self, since_ns):                     # nanoseconds since the Unix epoch; 0 is everything
            for ticket in changed_since(since_ns):
                yield {"id": ticket.id, "messages": ticket.messages, "agent": "helpdesk"}

It is made once, without arguments, and asked in a thread. A session that is brought again takes the place of what was kept of it. What it
raises is told in the log, and what it did not bring is asked for again.

Decision: it is asked by the minute, not when a run starts: so its sessions are graded and seen soon, and a run begins at once.
Decision: its threads are daemons, not those of an executor, which the end of the processor would wait for, however long a query takes.
"""

import asyncio
import json
import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from importlib import import_module
from itertools import islice
from typing import Final, NamedTuple, Protocol, TypeVar

from otel_quality.service.judging.beside import Asks
from otel_quality.vocabulary.errors import ConfigError, StoreUnavailable

EVERY_S: Final = 60.0
OVERLAP_NS: Final = 300 * 10**9
"""It is asked again for the last minutes before: its clock is not ours."""
_AT_ONCE: Final = 50
T = TypeVar("T")
_log: Final = logging.getLogger(__name__)


class Exporter(Protocol):
    """What a team writes."""

    def sessions(self, since_ns: int) -> Iterable[object]:
        """Sessions that changed since, each as `POST /v1/sessions` takes it: an object with `id` and `messages`."""
        ...


class Adds(Protocol):
    """Where sessions go: the archive."""

    async def add_session(self, session: object) -> object:
        """Keep a session that is handed in; ValueError where it is none."""
        ...


def load(name: str) -> Exporter | None:
    """The exporter that a setting names; None where it names none.

    Raises:
        ConfigError: it cannot be made.
    """
    if not name:
        return None
    module, _, of = name.partition(":")
    setting = f"judge.exporter {name}"
    try:
        made = getattr(import_module(module), of)()
    except ImportError as error:
        raise ConfigError([f"{setting}: {error}; its module must be where the processor's Python finds it (PYTHONPATH)"]) from None
    except Exception as error:  # noqa: BLE001 - it is the team's own code
        raise ConfigError([f"{setting} cannot be made: {type(error).__name__}: {error}"]) from None
    if not callable(getattr(made, "sessions", None)):
        raise ConfigError([f"{setting} has no method sessions(since_ns)"])
    return made  # type: ignore[no-any-return]


class Exporting:
    """Asks an exporter, time after time.

    Args:
        name: of the exporter, under which it is kept what it was asked for last.
        asks: the store.
        adds: where its sessions go.
        now_ns: the clock.
    """

    def __init__(self, name: str, exporter: Exporter, asks: Asks, adds: Adds, now_ns: Callable[[], int] = time.time_ns) -> None:
        self._name, self._exporter, self._asks, self._adds, self._now_ns = name, exporter, asks, adds, now_ns
        self._told = ""

    async def go_on(self) -> None:
        """Ask for ever."""
        while True:
            try:
                await self.once()
                self._told = ""
            except StoreUnavailable:
                _log.debug("judge.exporter %s: history is away; it is asked again", self._name)
            except Exception as error:  # noqa: BLE001 - it is the team's own code; told once until it changes
                told = f"{type(error).__name__}: {error}"
                if told != self._told:
                    _log.error("judge.exporter %s: %s; what it did not bring is asked for again", self._name, told)
                self._told = told
            await asyncio.sleep(EVERY_S)

    async def once(self) -> int:
        """Add what changed since it was asked last, and tell how many sessions that were."""
        key = f"exporter:{self._name}"
        kept = await self._asks.ask(lambda store: store.calibration(key))
        begun_ns, added = self._now_ns(), 0
        brought = await _aside(lambda: iter(self._exporter.sessions(json.loads(kept or "0"))))
        while some := await _aside(lambda: _some(brought)):
            for session in some:
                if isinstance(session, _Raised):
                    raise session.error
                added += await self._add(session)
        until_ns = max(begun_ns - OVERLAP_NS, 0)
        await self._asks.ask(lambda store: store.put_calibration(key, json.dumps(until_ns), now_ns=begun_ns))
        return added

    async def _add(self, session: object) -> bool:
        """Add one; False, and a line in the log, where it is none."""
        try:
            await self._adds.add_session(session)
        except ValueError as error:
            _log.warning("judge.exporter %s: a session is left out: %s", self._name, error)
            return False
        return True


class _Raised(NamedTuple):
    """What came where the next session should have been."""

    error: Exception


def _some(brought: Iterator[object]) -> list[object]:
    """The next sessions; what is raised among them comes after those that were brought before."""
    some = list[object]()
    try:
        some.extend(islice(brought, _AT_ONCE))
    except Exception as error:  # noqa: BLE001 - it is the team's own code
        some.append(_Raised(error))
    return some


async def _aside(work: Callable[[], T]) -> T:
    """What work gives that is done in a thread nobody waits for at the end."""
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[T] = loop.create_future()

    def tell(value: T | None, error: Exception | None) -> None:
        if not answer.done():
            if error is None:
                answer.set_result(value)  # type: ignore[arg-type]
            else:
                answer.set_exception(error)

    def run() -> None:
        value: T | None = None
        error: Exception | None = None
        try:
            value = work()
        except StopIteration as raised:  # which no future takes
            error = RuntimeError(f"StopIteration: {raised}")
        except Exception as raised:  # noqa: BLE001 - it is the asker's
            error = raised
        with suppress(RuntimeError):  # the loop has ended meanwhile
            loop.call_soon_threadsafe(tell, value, error)

    threading.Thread(target=run, name="exporter", daemon=True).start()
    return await answer
