"""Judging as the API asks for it, and as the processor starts and stops it.

A run that is under way when the processor ends, in whatever way, is continued at the next start, if the same judge still judges by the
same rubric; otherwise it is told as failed, and its sessions are for the next run. A run that another processor on the same history
works on is left alone as long as that one does, and is continued here once it is gone: where processors are replaced one by one, the new
one starts before the old one ends.

Decision: a session that an unfinished run will judge is left out of the next run of unevaluated ones, so that runs that overlap pay once.
"""

import asyncio
import logging
import secrets
import time
from collections.abc import Coroutine, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any, Final, TypeVar

from otel_quality.api.judged import NoJudge
from otel_quality.core.evaluations.record import Estimate, Item, Run, Spent, Transcript, Versions, Wish
from otel_quality.judge.config import Config
from otel_quality.judge.errors import JudgeError
from otel_quality.service.judging.beside import Across, Asks, Beside
from otel_quality.service.judging.budget import DAY_NS, Purse, Treasury
from otel_quality.service.judging.equipment import Equipment
from otel_quality.service.judging.panels import Panel
from otel_quality.service.judging.runs import OPEN, PAGE, Means, UnderWay, lost, open_items, patiently
from otel_quality.store.contract import Store
from otel_quality.vocabulary.axes import ItemState
from otel_quality.vocabulary.errors import StoreUnavailable

_NO_TEXT: Final = "no session's text is kept; have it kept with content.keep, or hand sessions in with POST /v1/sessions"
_NOT_SINCE: Final = "no session whose text is kept was active since then"
_TAKEN: Final = "a run under way judges what is left"
_JUDGED: Final = "every session whose text is kept is judged by the present judge and rubric"
ENDS: Final[tuple[str, ...]] = ("done", "failed", "cancelled")
"""States in which a run can end."""
LOOK_AGAIN_S: Final = 15.0

T = TypeVar("T")
_log: Final = logging.getLogger(__name__)


class Judging:
    """Runs of a judge in the background.

    Args:
        historian: where questions to the store go.
        config: the settings.
        equipment: who judges and what watches them; None where no judge is configured.
        look_again_s: how often it is looked whether others have let go of runs that they worked on when this one started.
    """

    def __init__(self, historian: Asks, config: Config, equipment: Equipment | None, *, look_again_s: float = LOOK_AGAIN_S) -> None:
        self._historian, self._config, self._equipment, self._look_again_s = historian, config, equipment, look_again_s
        self._beside = Beside("judging")
        self._treasury, self._calls = Treasury(config), asyncio.Semaphore(config.concurrency)
        self._under_way: dict[str, UnderWay] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._continuing: asyncio.Task[None] | None = None
        self._taking_over: asyncio.Task[None] | None = None
        self._unwanted: set[str] = set()
        self._ended = dict.fromkeys(ENDS, 0)
        self._starting = asyncio.Lock()

    @property
    def configured(self) -> bool:
        """Whether there is a judge."""
        return self._equipment is not None

    def versions(self) -> Versions | None:
        """Of the judge that judges where a wish names none; None without one."""
        return None if self._equipment is None else self._equipment.versions

    def ended(self) -> dict[str, int]:
        """Runs by the state in which they ended, since the start of the process; from any thread."""
        return dict(self._ended)

    async def start(self, wish: Wish, *, dry_run: bool = False) -> Run | Estimate:
        """Begin a run and return it as it begins; or tell what it would come to, and ask nothing of the judge.

        Raises:
            NoJudge: none is configured.
            JudgeUnusable: it cannot be had as it is set up; the message says what to change.
            ValueError: the wish names a session without text, or a judge that is not configured.
            StoreUnavailable: history cannot be read or written now.
        """
        return await self._do(self._estimate(wish) if dry_run else self._start(wish))

    async def cancel(self, run_id: str) -> Run | None:
        """End a run now: what is judged stays, calls under way are given up. None where there is no such run."""
        return await self._do(self._cancel(run_id))

    async def resume(self) -> None:
        """Begin to continue the runs that the last life of the processor left; to be called once, before any other call."""
        await self._do(self._resume())

    async def stop(self) -> None:
        """Let runs be, to be continued by the next start."""
        await self._do(self._leave())
        await self._beside.stop()

    async def _do(self, work: Coroutine[Any, Any, T]) -> T:
        self._asks: Asks = Across(self._historian, asyncio.get_running_loop())
        return await self._beside.do(work)

    # On the thread

    async def _start(self, wish: Wish) -> Run:
        async with self._starting:
            return await self._start_alone(wish)

    async def _start_alone(self, wish: Wish) -> Run:
        """No other run begins meanwhile, so that two do not choose the same sessions."""
        gear, wish, panel = self._made(wish)
        try:
            await self._know_the_day()
            if self._continuing is not None:
                await asyncio.wait([self._continuing])
            chosen = await self._choose(wish, panel.versions)
            now_ns = gear.now_ns()
            run = Run(secrets.token_hex(8), wish, panel.versions, "running", now_ns)
            if not chosen:
                run = replace(run, state="done", ended_ns=now_ns, note=await self._nothing(wish, panel.versions))
            items = [*(Item(name, anchor=True) for name in gear.anchors), *map(Item, chosen)] if chosen else []
            kept = await self._asks.ask(lambda store: _added(store, run, items))
        except BaseException:
            await panel.close()
            raise
        self._begin(run, items, panel, self._treasury.purse())
        return kept

    async def _estimate(self, wish: Wish) -> Estimate:
        gear, wish, panel = self._made(wish)
        try:
            await self._know_the_day()
            chosen = await self._choose(wish, panel.versions)
            nothing = "" if chosen else await self._nothing(wish, panel.versions)
            anchors = gear.anchors if chosen else {}
            spent = sum(map(panel.estimate, anchors.values()), Spent())
            for session in chosen:
                transcript = await self._asks.ask(partial(_transcript, session=session))
                spent += Spent() if transcript is None else panel.estimate(transcript)
        finally:
            await panel.close()
        purse = self._treasury.purse()
        short = purse.lacks(spent)
        note = nothing or (f"{short} ends it early" if short else "")
        return Estimate(wish, panel.versions, len(chosen), len(anchors), spent, note, *purse.left())

    async def _cancel(self, run_id: str) -> Run | None:
        if self._resuming:
            self._unwanted.add(run_id)
        under_way, task = self._under_way.get(run_id), self._tasks.get(run_id)
        if task is not None:
            task.cancel()
            await asyncio.wait([task])
        spent = None if under_way is None else under_way.spent
        now_ns = time.time_ns() if self._equipment is None else self._equipment.now_ns()
        run, now = await self._asks.ask(lambda store: _cancelled(store, run_id, spent, now_ns=now_ns))
        if run is not None and now:
            self._ended[run.state] += 1
        return run

    async def _resume(self) -> None:
        self._continuing = asyncio.create_task(self._continue())

    async def _continue(self) -> None:
        left = await patiently(self._asks, lambda store: [run for run in store.runs(limit=PAGE) if run.state == "running"])
        theirs = [run for run in reversed(left) if not await self._continued(run)]
        if theirs:
            _log.warning("runs that other processors work on are left to them: %s", ", ".join(run.id for run in theirs))
            self._taking_over = asyncio.create_task(self._take_over(theirs))

    async def _take_over(self, theirs: list[Run]) -> None:
        """Continue runs of other processors that are free at two looks, so that one that only lost its connection can claim them again.

        No new run chooses its sessions meanwhile.
        """
        free: set[str] = set()
        while theirs:
            await asyncio.sleep(self._look_again_s)
            async with self._starting:
                theirs = [run for run in theirs if run.id not in free or not await self._continued(run)]
                free = {run.id for run in theirs if await patiently(self._asks, partial(_free, run_id=run.id))}

    async def _continued(self, run: Run) -> bool:
        """Go on with a run, unless it has ended by now; False where another processor works on it."""
        if not await patiently(self._asks, lambda store: store.claim_run(run.id)):
            return not await patiently(self._asks, partial(_goes_on, run_id=run.id))
        try:
            if await patiently(self._asks, partial(_goes_on, run_id=run.id)):
                await self._continue_one(run)
        except (NoJudge, JudgeError, ValueError) as error:
            await self._give_up(run, str(error))
        finally:
            if run.id not in self._tasks:
                await self._let_go(run.id)
        return True

    async def _continue_one(self, run: Run) -> None:
        _, _, panel = self._made(run.wish)
        if panel.versions != run.versions:
            await panel.close()
            await self._give_up(run, "the judge or its rubric has changed since it began")
            return
        self._treasury.turn(*await patiently(self._asks, self._today))
        purse = self._treasury.purse(await patiently(self._asks, lambda store: store.spent(since_ns=0, run=run.id)))
        gone = await lost(self._means, run.id, panel)
        await patiently(self._asks, lambda store: _cut_off(store, run.id, gone, now_ns=self._gear.now_ns()))
        purse.spend(sum((spent for _, _, spent in gone), Spent()))
        items = await open_items(self._asks, run.id)
        if run.id in self._unwanted:  # it was cancelled while its sessions were looked up
            await panel.close()
            return
        _log.info("run %s is continued: %d sessions are left", run.id, len(items))
        self._begin(run, items, panel, purse)

    async def _give_up(self, run: Run, why: str) -> None:
        ended = replace(run, state="failed", ended_ns=time.time_ns(), error=f"not continued after a restart: {why}")
        _log.warning("run %s is %s", run.id, ended.error)
        await patiently(self._asks, lambda store: _end(store, ended, ["running"], "pending"))
        self._ended[ended.state] += 1

    async def _leave(self) -> None:
        tasks = [*self._tasks.values(), *self._resuming]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
        if self._equipment is not None:
            await asyncio.to_thread(self._equipment.close)

    def _begin(self, run: Run, items: Sequence[Item], panel: Panel, purse: Purse) -> None:
        under_way = self._under_way[run.id] = UnderWay(run, items, panel, purse, self._means)
        self._tasks[run.id] = asyncio.create_task(self._work(under_way, panel))

    async def _work(self, under_way: UnderWay, panel: Panel) -> None:
        run_id = under_way.run.id
        try:
            if under_way.run.state == "running":
                await under_way.work()
            self._ended[under_way.run.state] += 1
        except Exception:  # noqa: BLE001 - told, and the run is not left running for ever
            _log.exception("run %s ended by a fault of ours", run_id)
            ended = replace(under_way.run, state="failed", ended_ns=time.time_ns(), error="a fault of ours, told in the log")
            await patiently(self._asks, lambda store: _end(store, ended, ["running"], "pending"))
            self._ended[ended.state] += 1
        finally:
            del self._under_way[run_id], self._tasks[run_id]
            await panel.close()
            await self._let_go(run_id)

    async def _let_go(self, run_id: str) -> None:
        """Claim a run no longer; where the store is away, its end of the connection is the end of the claim too."""
        with suppress(StoreUnavailable):
            await self._asks.ask(lambda store: store.release_run(run_id))

    @property
    def _resuming(self) -> list[asyncio.Task[None]]:
        """What may begin to go on with a run of before."""
        return [task for task in (self._continuing, self._taking_over) if task is not None and not task.done()]

    @property
    def _gear(self) -> Equipment:
        if self._equipment is None:
            raise NoJudge
        return self._equipment

    @property
    def _means(self) -> Means:
        gear = self._gear
        return Means(self._asks, self._calls, self._config.concurrency, gear.masked, gear.anchors, gear.now_ns)

    def _made(self, wish: Wish) -> tuple[Equipment, Wish, Panel]:
        """The wish with its judge's name and model, and the panel."""
        gear, backend = self._gear, self._config.backend(wish.backend)
        if backend is None:
            raise ValueError(f"there is no judge {wish.backend!r}; there are {', '.join(each.name for each in self._config.backends)}")
        wish = replace(wish, backend=backend.name, model=wish.model or backend.model)
        return gear, wish, gear.panels(replace(backend, model=wish.model))

    async def _choose(self, wish: Wish, versions: Versions) -> list[str]:
        """The sessions of a wish; those that a run under way by the same judge will judge are not unevaluated."""
        taken = self._taken(versions)
        if wish.scope == "session":
            if not wish.session:
                raise ValueError("the scope session needs the session's id")
            if await self._asks.ask(partial(_transcript, session=wish.session)) is None:
                raise ValueError(
                    f"no text of session {wish.session!r} is kept, so it cannot be judged; hand it in with POST /v1/sessions, "
                    "or keep what sessions say with content.keep"
                )
            return [wish.session]
        if wish.scope == "all":
            return await self._asks.ask(lambda store: store.with_transcript(since_ns=wish.since_ns, limit=wish.limit))
        most = wish.limit + len(taken)
        found = await self._asks.ask(lambda store: store.unevaluated(versions, since_ns=wish.since_ns, limit=most))
        return [session for session in found if session not in taken][: wish.limit]

    def _taken(self, versions: Versions) -> set[str]:
        """Sessions that runs under way by this judge will judge."""
        return {session for each in self._under_way.values() if each.run.versions == versions for session in each.left}

    async def _nothing(self, wish: Wish, versions: Versions) -> str:
        """Why nothing was chosen, and what to do where something can be done."""
        taken = self._taken(versions)

        def question(store: Store) -> str:
            if not store.with_transcript(limit=1):
                return _NO_TEXT
            if not store.with_transcript(since_ns=wish.since_ns, limit=1):
                return _NOT_SINCE
            return _TAKEN if taken and store.unevaluated(versions, since_ns=wish.since_ns, limit=1) else _JUDGED

        return f"there is nothing to judge: {await self._asks.ask(question)}"

    async def _know_the_day(self) -> None:
        self._treasury.turn(*await self._asks.ask(self._today))

    def _today(self, store: Store) -> tuple[int, Spent]:
        """Now, and what the day has spent."""
        now_ns = self._gear.now_ns()
        return now_ns, store.spent(since_ns=now_ns - now_ns % DAY_NS)


def _added(store: Store, run: Run, items: Sequence[Item]) -> Run:
    store.claim_run(run.id)
    store.add_run(run, items)
    return store.run(run.id) or run


def _free(store: Store, *, run_id: str) -> bool:
    """Whether nobody works on a run."""
    free = store.claim_run(run_id)
    store.release_run(run_id)
    return free


def _goes_on(store: Store, *, run_id: str) -> bool:
    run = store.run(run_id)
    return run is not None and run.state == "running"


def _transcript(store: Store, *, session: str) -> Transcript | None:
    return store.transcript(session)


def _cancelled(store: Store, run_id: str, spent: Spent | None, *, now_ns: int) -> tuple[Run | None, bool]:
    """The run as it stands then, and whether it was this that ended it."""
    run = store.run(run_id)
    running = run is not None and run.state == "running"
    if run is not None and running:
        _end(store, replace(run, state="cancelled", ended_ns=now_ns, spent=spent or run.spent), OPEN, "cancelled")
    return store.run(run_id), running


def _cut_off(store: Store, run_id: str, gone: Sequence[tuple[str, str, Spent]], *, now_ns: int) -> None:
    """Count what a run that was cut off may have taken unheard, once: its sessions under way wait again."""
    with store.transaction():
        for session, expert, spent in gone:
            store.add_spent(run_id, session, expert, spent, now_ns=now_ns)
        _become(store, run_id, ["running"], "pending")


def _end(store: Store, run: Run, states: Sequence[ItemState], becomes: ItemState) -> None:
    """Keep a run that nobody works on any more, its sessions in some states now in another."""
    with store.transaction():
        _become(store, run.id, states, becomes)
        store.set_run(run)


def _become(store: Store, run_id: str, states: Sequence[ItemState], becomes: ItemState) -> None:
    with store.transaction():
        for state in states:
            while items := store.items(run_id, state=state, limit=PAGE):
                for item in items:
                    store.set_item(run_id, replace(item, state=becomes))
