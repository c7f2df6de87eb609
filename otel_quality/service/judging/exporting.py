"""Sessions that a class of the team's own brings: asked once a minute for what changed, each added as if it had been posted.

    class Tickets:                                        # judge.exporter = "our.tickets:Tickets"
        def sessions(self, since_ns):                     # nanoseconds since the Unix epoch; 0 is everything
            for ticket in changed_since(since_ns):
                yield {"id": ticket.id, "messages": ticket.messages, "agent": "helpdesk"}

It is made once, without arguments, and runs in a thread of its own. A session that is brought again takes the place of what was kept of
it. Whatever it raises is told in the log, and what it did not bring is asked for again.

Decision: it is asked by the minute, not when a run starts: so its sessions are graded and seen soon, and a run begins at once.
"""

import asyncio
import json
import logging
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator
from importlib import import_module
from itertools import islice
from typing import Final, Protocol

from otel_quality.service.judging.beside import Asks
from otel_quality.vocabulary.errors import ConfigError, StoreUnavailable

EVERY_S: Final = 60.0
OVERLAP_NS: Final = 300 * 10**9
"""It is asked again for the last minutes before: its clock is not ours."""
_AT_ONCE: Final = 50
_log: Final = logging.getLogger(__name__)

Add = Callable[[object], Awaitable[object]]
"""Adds one session as `POST /v1/sessions` takes it; ValueError where it is none."""


class Exporter(Protocol):
    """What a team writes."""

    def sessions(self, since_ns: int) -> Iterable[object]:
        """Sessions that changed since, each as `POST /v1/sessions` takes it: an object with `id` and `messages`."""
        ...


def load(name: str) -> Exporter | None:
    """The exporter that a setting names; None where it names none.

    Raises:
        ConfigError: it cannot be made.
    """
    if not name:
        return None
    module, _, of = name.partition(":")
    try:
        made = getattr(import_module(module), of)()
    except ImportError as error:
        raise ConfigError(
            [f"judge.exporter {name}: {error}; the module must be where the processor's Python finds it (PYTHONPATH)"]
        ) from None
    except AttributeError:
        raise ConfigError([f"judge.exporter {name}: {module} has no {of}"]) from None
    except Exception as error:  # noqa: BLE001 - it is the team's own code
        raise ConfigError([f"judge.exporter {name} cannot be made: {type(error).__name__}: {error}"]) from None
    if not callable(getattr(made, "sessions", None)):
        raise ConfigError([f"judge.exporter {name} has no method sessions(since_ns)"])
    return made  # type: ignore[no-any-return]


class Exporting:
    """Asks an exporter, time after time.

    Args:
        name: of the exporter, under which it is kept what it was asked for last.
        add: adds a session.
        now_ns: the clock.
    """

    def __init__(self, name: str, exporter: Exporter, add: Add, now_ns: Callable[[], int] = time.time_ns) -> None:
        self._name, self._exporter, self._add, self._now_ns = name, exporter, add, now_ns
        self._told = ""

    async def go_on(self, asks: Asks) -> None:
        """Ask for ever."""
        while True:
            try:
                await self.once(asks)
                self._told = ""
            except StoreUnavailable:
                pass
            except Exception as error:  # noqa: BLE001 - it is the team's own code; told once until it changes
                told = f"{type(error).__name__}: {error}"
                if told != self._told:
                    _log.error("judge.exporter %s: %s; what it did not bring is asked for again", self._name, told)
                self._told = told
            await asyncio.sleep(EVERY_S)

    async def once(self, asks: Asks) -> int:
        """Add what changed since it was asked last, and tell how many sessions that were."""
        key = f"exporter:{self._name}"
        kept = await asks.ask(lambda store: store.calibration(key))
        since_ns = json.loads(kept or "0")
        begun_ns, added = self._now_ns(), 0
        brought = await asyncio.to_thread(lambda: iter(self._exporter.sessions(since_ns)))
        while some := await asyncio.to_thread(_next, brought):
            for session in some:
                try:
                    await self._add(session)
                    added += 1
                except ValueError as error:
                    _log.warning("judge.exporter %s: a session is left out: %s", self._name, error)
        until_ns = max(begun_ns - OVERLAP_NS, 0)
        await asks.ask(lambda store: store.put_calibration(key, json.dumps(until_ns), now_ns=begun_ns))
        return added


def _next(brought: Iterator[object]) -> list[object]:
    return list(islice(brought, _AT_ONCE))
