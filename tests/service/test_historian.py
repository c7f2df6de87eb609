"""The historian: what is put is kept, failures of the store are survived, and the processor is never held up."""

import asyncio
import logging
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from otel_quality.core.history import Override, SessionFilter
from otel_quality.core.sessions.grade import grade
from otel_quality.core.sessions.record import Grade, SessionRecord
from otel_quality.service.chores import Chore, Done
from otel_quality.service.historian import Historian, Pace
from otel_quality.store.contract import Config, Store
from otel_quality.store.opening import open_store
from otel_quality.store.sql import SqlStore
from otel_quality.store.sqlite import Sqlite
from otel_quality.vocabulary.errors import StoreRefused, StoreUnavailable, StoreUnreachable
from tests.service.history import DEADLINE_S, in_folder, kept_by, until
from tests.store import server
from tests.store.samples import NOW, S, execution, prediction, session

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
def postgres() -> Iterator[server.Server]:
    with server.running() as running:
        yield running


async def test_what_is_put_is_graded_stored_and_counted(tmp_path: Path) -> None:
    async with kept_by(in_folder(tmp_path)) as historian:
        historian.put(
            [session()], [execution(), execution(success=False), execution("bash", success=False, error="unknown", latency_ns=-1)]
        )
        kept = await historian.ask(lambda store: store.session("s1"))
        assert kept is not None
        assert kept.grade is not None
        assert kept.sources == ("spans",)
        await until(lambda: historian.history().grades)
        history = historian.history()
    assert history.sessions == {("debugging", "completed" if kept.grade.task_completed else "incomplete"): 1}
    assert history.tools == {("git_status", "ezra", "success"): 1, ("git_status", "ezra", "timeout"): 1, ("bash", "ezra", "error"): 1}
    assert sum(history.durations["git_status"].counts) == 2
    assert history.durations["git_status"].sum_s == pytest.approx(0.04)
    assert "bash" not in history.durations
    assert history.grades["debugging", "efficiency"] == kept.grade.tool_calls_efficient
    assert history.store.up
    assert history.store.size_bytes > 0


async def test_grades_are_watched_against_their_own_past(tmp_path: Path) -> None:
    async with kept_by(in_folder(tmp_path)) as historian:
        historian.put([session(f"s{number}") for number in range(5)], [])
        await until(lambda: historian.history().states)
        assert historian.history().states == {"debugging": "learning"}


async def test_a_restart_forgets_no_grades_that_are_watched(tmp_path: Path) -> None:
    async with kept_by(in_folder(tmp_path)) as historian:
        historian.put([session(f"s{number}", ago_s=1000 - number) for number in range(45)], [])
    async with kept_by(in_folder(tmp_path)) as historian:
        assert historian.history().states == {"debugging": "stable"}


async def test_a_revision_and_an_execution_that_is_known_are_not_counted_again(tmp_path: Path) -> None:
    async with kept_by(in_folder(tmp_path)) as historian:
        known = execution()
        for revision in range(3):
            historian.put([session(revision=revision)], [known])
            await historian.ask(lambda store: None)
        assert sum(historian.history().sessions.values()) == 1
        assert sum(historian.history().tools.values()) == 1
        assert len(await historian.ask(lambda store: store.revisions("s1"))) == 3


async def test_a_session_after_a_restart_continues_the_kept_one(tmp_path: Path) -> None:
    async with kept_by(in_folder(tmp_path)) as historian:
        historian.put([session(ago_s=600)], [])
    async with kept_by(in_folder(tmp_path)) as historian:
        historian.put([session()], [])
        kept = await historian.ask(lambda store: store.session("s1"))
        assert kept is not None
        assert kept.record.api_calls == 8
        assert kept.record.start_ns == session(ago_s=600).start_ns


async def test_executions_answer_predictions(tmp_path: Path) -> None:
    async with kept_by(in_folder(tmp_path)) as historian:
        await historian.ask(lambda store: store.add_prediction(prediction()))
        historian.put([], [execution()])
        (answered,) = await historian.ask(lambda store: store.predictions())
        assert answered.success is True


async def test_a_session_that_is_handed_in_brings_its_executions_until_spans_do(tmp_path: Path) -> None:
    async with kept_by(in_folder(tmp_path)) as historian:
        kept = await historian.add(session(), source="api")
        assert kept.grade is not None
        assert await historian.ask(lambda store: len(store.executions())) == 2
        await historian.add(session(), source="api")
        assert await historian.ask(lambda store: len(store.executions())) == 2
        historian.put([session()], [execution()])
        kept = await historian.ask(lambda store: store.session("s1"))
        assert kept is not None
        assert kept.sources == ("api", "spans")
        assert await historian.ask(lambda store: len(store.executions())) == 1
        await historian.add(session(), source="api")
        assert await historian.ask(lambda store: len(store.executions())) == 1


async def test_an_override_moves_the_means(tmp_path: Path) -> None:
    async with kept_by(in_folder(tmp_path)) as historian:
        historian.put([session()], [])
        await until(lambda: historian.history().grades.get(("debugging", "quality")) not in (None, 1.0))
        await historian.ask(lambda store: store.set_override("s1", Override(NOW, response_quality=1.0), now_ns=NOW))
        await until(lambda: historian.history().grades["debugging", "quality"] == 1.0)


async def test_work_that_fails_is_told_to_the_asker_and_to_nobody_else(tmp_path: Path) -> None:
    def fail(store: Store) -> None:
        raise LookupError("not there")

    async with kept_by(in_folder(tmp_path)) as historian:
        with pytest.raises(LookupError, match="not there"):
            await historian.ask(fail)
        assert await historian.ask(lambda store: store.count_sessions(SessionFilter())) == 0
        assert historian.history().store.up


async def test_after_the_end_nothing_is_answered(tmp_path: Path) -> None:
    async with kept_by(in_folder(tmp_path)) as historian:
        pass
    with pytest.raises(StoreUnavailable, match="stopping"):
        await historian.ask(lambda store: None)


async def test_a_store_that_cannot_be_used_stops_the_start(tmp_path: Path) -> None:
    (tmp_path / "history.sqlite").write_text("no database at all, but long enough to be looked at as one" * 20)
    with pytest.raises(StoreRefused, match="give another data directory"):
        async with kept_by(in_folder(tmp_path)):
            pass


def bounded(folder: Path, pages: list[int]) -> SqlStore:
    """A store whose file may have so many pages: a disk of that size."""
    database = Sqlite(folder / "history.sqlite")
    database.query(f"PRAGMA max_page_count = {pages[0]}", {})
    real = database._begin

    def begin() -> None:
        database.query(f"PRAGMA max_page_count = {pages[0]}", {})
        real()

    database._begin = begin  # type: ignore[method-assign]
    return SqlStore(database)


async def test_a_full_disk_is_told_once_and_what_came_is_written_when_there_is_room(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    pages = [40]
    async with kept_by(lambda: bounded(tmp_path, pages)) as historian:
        historian.put([], [execution() for _ in range(3000)])
        await until(lambda: historian.history().store.failures >= 3)
        health = historian.history().store
        assert (health.up, health.waiting, health.dropped) == (False, 3000, 0)
        assert "full" in health.error
        assert await historian.ask(lambda store: len(store.executions())) == 0
        pages[0] = 1_000_000
        await until(lambda: historian.history().store.up)
        assert await historian.ask(lambda store: store.counts()["executions"]) == 3000
        assert historian.history().store.waiting == 0
    told = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    assert len(told) == 2
    assert told[0].startswith("history cannot be written, and is tried again until it can: ")
    assert told[1].startswith("history is kept again")


async def test_while_something_waits_only_its_write_ends_an_outage(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    pages = [40]
    async with kept_by(lambda: bounded(tmp_path, pages), pace=Pace(refresh_s=0.02, retry_s=3600)) as historian:

        def comes_due(store: Store) -> None:
            historian._outage.retry_due_s = 0.0

        historian.put([], [execution() for _ in range(3000)])
        await until(lambda: historian.history().store.failures == 1)
        await historian.ask(comes_due)
        await until(lambda: historian.history().store.failures == 2)
        assert not historian.history().store.up
        assert [message.partition(":")[0] for message in caplog.messages] == ["history cannot be written, and is tried again until it can"]
        pages[0] = 1_000_000


async def test_what_waits_is_bounded_and_what_is_over_is_counted(tmp_path: Path) -> None:
    pages = [40]
    async with kept_by(lambda: bounded(tmp_path, pages), max_waiting=2000) as historian:
        historian.put([session()], [execution() for _ in range(2500)])
        assert (historian.history().store.waiting, historian.history().store.dropped) == (2000, 501)
        historian.put([session("s2")], [execution()])
        assert historian.history().store.dropped == 503
        pages[0] = 1_000_000
        await until(lambda: not historian.history().store.waiting)
        assert await historian.ask(lambda store: store.counts()["executions"]) == 1999


async def test_a_record_that_no_database_takes_is_dropped_and_the_others_are_kept(tmp_path: Path) -> None:
    async with kept_by(in_folder(tmp_path)) as historian:
        historian.put([session(), session("bad", api_calls=2**70)], [execution(), execution(latency_ns=2**70), execution()])
        assert await historian.ask(lambda store: store.counts()["executions"]) == 2
        assert await historian.ask(lambda store: [each.record.id for each in store.sessions(SessionFilter())]) == ["s1"]
        assert historian.history().store.dropped == 2
        assert historian.history().store.waiting == 0


class Stumbling(SqlStore):
    """A store that is away for one write of the session `s2`, the second time it is asked for it."""

    writes = 0

    def put_session(self, record: SessionRecord, grade: Grade | None, *, source: str, now_ns: int) -> None:
        self.writes += record.id == "s2"
        if record.id == "s2" and self.writes == 2:
            raise StoreUnavailable("away for a moment")
        super().put_session(record, grade, source=source, now_ns=now_ns)


async def test_what_was_written_one_by_one_is_not_written_again_when_the_store_fails_on_the_way(tmp_path: Path) -> None:
    async with kept_by(lambda: Stumbling(Sqlite(tmp_path / "history.sqlite"))) as historian:
        historian.put([session(), session("s2"), session("bad", api_calls=2**70)], [execution()])
        await until(lambda: not historian.history().store.waiting)
        assert historian.history().store.dropped == 1
        assert [len(await historian.ask(lambda store, name=name: store.revisions(name))) for name in ("s1", "s2")] == [1, 1]  # type: ignore[misc]
        assert sum(historian.history().sessions.values()) == 2


async def test_chores_are_done_from_the_start_and_one_that_fails_ends_nothing(tmp_path: Path) -> None:
    done: list[str] = []

    def fail(store: Store, now_ns: int) -> None:
        done.append("failed")
        raise RuntimeError("a fault")

    chores = [Chore("broken", 0.01, fail), Chore("counting", 0.01, lambda store, now_ns: done.append("counted"))]
    async with kept_by(in_folder(tmp_path), chores) as historian:
        await until(lambda: done.count("counted") >= 3 and done.count("failed") >= 3)
        historian.put([session()], [])
        assert await historian.ask(lambda store: store.session("s1")) is not None


async def test_what_chores_did_is_counted_and_what_is_left_over_is_done_after_a_rest(tmp_path: Path) -> None:
    rounds = iter([Done(pruned=7, more=True), Done(pruned=3), None])
    chores = [
        Chore("retention", 3600, lambda store, now_ns: next(rounds)),
        Chore("rules", 3600, lambda store, now_ns: Done(adapted=("a.patience", "a.patience", "b.patience"))),
    ]
    async with kept_by(in_folder(tmp_path), chores) as historian:
        await until(lambda: historian.history().store.pruned == 10)
        assert historian.history().adaptations == {"a.patience": 2, "b.patience": 1}
        assert next(rounds) is None


async def test_a_server_that_is_away_is_waited_for(postgres: server.Server) -> None:
    url = postgres.database("away")
    async with kept_by(lambda: open_store(Config(url=url), data_dir=None)) as historian:
        historian.put([session()], [])
        assert await historian.ask(lambda store: store.session("s1")) is not None
        await asyncio.to_thread(postgres.stop)
        try:
            historian.put([session("s2")], [execution()])
            await until(lambda: historian.history().store.failures >= 2)
            with pytest.raises(StoreUnavailable, match="PostgreSQL: "):
                await historian.ask(lambda store: store.session("s1"))
            assert historian.history().store.waiting == 2
        finally:
            await asyncio.to_thread(postgres.start)
        await until(lambda: historian.history().store.up)
        kept = await historian.ask(lambda store: store.sessions(SessionFilter()))
        assert {each.record.id for each in kept} == {"s1", "s2"}


async def test_while_nothing_can_be_reached_questions_fail_at_once_until_the_next_attempt(tmp_path: Path) -> None:
    silent = [True]
    tried: list[int] = []

    def ask(store: Store) -> str:
        tried.append(1)
        if silent[0]:
            raise StoreUnreachable("PostgreSQL: connection timeout expired")
        return "told"

    async with kept_by(in_folder(tmp_path), pace=Pace(refresh_s=0.02, retry_s=3600)) as historian:
        answers = await asyncio.gather(*(historian.ask(ask) for _ in range(20)), return_exceptions=True)
        assert {str(answer) for answer in answers} == {"PostgreSQL: connection timeout expired"}
        assert len(tried) == 1
        await until(lambda: not historian.history().store.up)
        assert historian.history().store.failures == 1
    silent[0] = False
    async with kept_by(in_folder(tmp_path)) as historian:
        silent[0] = True
        with pytest.raises(StoreUnavailable):
            await historian.ask(ask)
        silent[0] = False
        await until(lambda: historian.history().store.failures == 1 and historian.history().store.up)
        assert await historian.ask(ask) == "told"


async def test_a_server_that_is_silent_is_tried_once_and_holds_up_one_question(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"postgresql://nobody@127.0.0.1:{silent.getsockname()[1]}/x"
        historian = Historian(lambda: open_store(Config(url=url), data_dir=None), grade, pace=Pace(retry_s=3600))
        await historian.start()
        answers = await asyncio.gather(*(historian.ask(lambda store: None) for _ in range(5)), return_exceptions=True)
        await historian.stop()
        assert all(isinstance(answer, StoreUnavailable) for answer in answers)
        assert historian.history().store.failures == 1


async def test_a_server_that_is_away_at_the_start_does_not_stop_it(postgres: server.Server) -> None:
    url = postgres.database("late")
    await asyncio.to_thread(postgres.stop)
    try:
        historian = Historian(lambda: open_store(Config(url=url), data_dir=None), lambda record: pytest.fail("graded"))
        await historian.start()
        assert not historian.history().store.up
        with pytest.raises(StoreUnavailable):
            await historian.ask(lambda store: None)
        await historian.stop()
    finally:
        await asyncio.to_thread(postgres.start)


WRITER = """
import asyncio, sys
from dataclasses import replace
from pathlib import Path
from tests.service.history import in_folder, kept_by
from tests.store.samples import execution, session

async def main():
    async with kept_by(in_folder(Path(sys.argv[1]))) as historian:
        for number in range(100_000):
            historian.put([session(str(number))], [execution(session=str(number)) for _ in range(5)])
            await historian.ask(lambda store: None)
            print(number, flush=True)

asyncio.run(main())
"""


def test_what_was_committed_survives_a_kill_and_is_whole(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", WRITER, tmp_path], stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        told = [int(writer.stdout.readline()) for _ in range(20)]
        writer.send_signal(signal.SIGKILL)
        told += [int(line) for line in writer.stdout]
    store = open_store(Config(), data_dir=tmp_path)
    assert [number for number in told if store.session(str(number)) is None] == []
    counts = store.counts()
    assert counts["executions"] == 5 * counts["sessions"]
    store.close()
    with sqlite3.connect(tmp_path / "history.sqlite") as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


async def test_putting_never_waits_for_the_store(tmp_path: Path) -> None:
    holding, release = threading.Event(), threading.Event()

    def hold(store: Store, now_ns: int) -> None:
        holding.set()
        release.wait(DEADLINE_S)

    async with kept_by(in_folder(tmp_path), [Chore("slow", 3600, hold)]) as historian:
        assert await asyncio.to_thread(holding.wait, DEADLINE_S)
        for number in range(100):
            historian.put([replace(session(str(number)), end_ns=NOW + number * S)], [])
        assert historian.history().store.waiting == 100
        release.set()
        await until(lambda: not historian.history().store.waiting)
        assert await historian.ask(lambda store: store.count_sessions(SessionFilter())) == 100
