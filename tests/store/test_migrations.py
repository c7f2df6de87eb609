"""A history of an earlier version is brought up to date with everything in it, on SQLite and PostgreSQL."""

import sqlite3
from collections.abc import Callable, Mapping
from pathlib import Path

import psycopg
import pytest

from otel_quality.core.evaluations.overview import OverviewFilter
from otel_quality.core.history import SessionFilter
from otel_quality.core.sessions.transcript import digest
from otel_quality.store.contract import Config
from otel_quality.store.judged_rows import from_evaluation, from_transcript
from otel_quality.store.opening import open_store
from otel_quality.store.rows import from_session
from otel_quality.store.schema import MIGRATIONS, VERSIONS
from otel_quality.store.sqlite import FILE
from tests.store.samples import JUDGE, NOW, evaluation, execution, feedback, grade, session, transcript
from tests.store.server import Server

Version = Callable[[Callable[[str, dict[str, object]], object], str], None]
Old = Callable[[Version, Path, Callable[[], Server]], str]
SINCE_THEN = {"messages", "work"}
"""Columns of sessions that the first version did not have."""


def first_version(execute: Callable[[str, dict[str, object]], object], mark: str) -> None:
    """A history as the first version left it, with one session whose outcome its span told."""
    migrated(execute, 1)
    given = from_session(session(success=True), grade(), sources="\x1fspans\x1f", now_ns=NOW)
    values = {name: value for name, value in given.items() if name not in SINCE_THEN} | {"pinned": 1, "profile": "ops", "name": ""}
    insert(execute, mark, "sessions", values)


def third_version(execute: Callable[[str, dict[str, object]], object], mark: str) -> None:
    """A history as the third version left it: two sessions whose text is kept, one of them judged."""
    migrated(execute, 3)
    for name in ("judged", "other"):
        given = from_session(session(name), grade(), sources="\x1fspans\x1f", now_ns=NOW)
        values = {name: value for name, value in given.items() if name != "work"}
        insert(execute, mark, "sessions", values | {"pinned": 0, "profile": "", "name": "", "judge": JUDGE.judge, "rubric": JUDGE.rubric})
        text = {"session": name, "active_ns": NOW, "kept_ns": NOW, **from_transcript(transcript())}
        insert(execute, mark, "transcripts", {name: value for name, value in text.items() if name != "digest"})
    values = dict(from_evaluation(evaluation("judged", experts=()))) | {"latest": 1, "latest_by": 1}
    insert(execute, mark, "evaluations", {name: value for name, value in values.items() if name != "digest"})


def migrated(execute: Callable[[str, dict[str, object]], object], version: int) -> None:
    """The tables of a version."""
    for number, statements in enumerate(MIGRATIONS[:version], start=1):
        for statement in (*((VERSIONS,) if number == 1 else ()), *statements, f"INSERT INTO migrations VALUES ({number}, 0)"):
            execute(statement, {})


def insert(execute: Callable[[str, dict[str, object]], object], mark: str, table: str, values: Mapping[str, object]) -> None:
    execute(f"INSERT INTO {table} ({', '.join(values)}) VALUES ({', '.join(mark.format(name) for name in values)})", dict(values))


def old_sqlite(version: Version, folder: Path, postgres: Callable[[], Server]) -> str:
    with sqlite3.connect(folder / FILE) as connection:
        version(connection.execute, ":{}")
    return ""


def old_postgres(version: Version, folder: Path, postgres: Callable[[], Server]) -> str:
    url = postgres().database(version.__name__)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE SCHEMA otel_quality")
        connection.execute("SET search_path = otel_quality")
        version(connection.execute, "%({})s")  # type: ignore[arg-type]
    return url


@pytest.mark.parametrize("old", [old_sqlite, old_postgres])
def test_a_history_of_the_first_version_keeps_all_it_had(old: Old, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    url = old(first_version, tmp_path, lambda: request.getfixturevalue("postgres"))
    store = open_store(Config(url=url), data_dir=tmp_path)
    (kept,) = store.sessions(SessionFilter())
    assert (kept.record, kept.grade, kept.meta.profile, kept.completed) == (session(success=True), grade(), "ops", True)
    assert [each.label for each in store.labelled()] == [True]
    store.put_executions([execution()])
    assert [each.mean_tokens for each in store.model_performance()] == [125.0]
    store.put_evaluation(evaluation())
    store.put_feedback(feedback())
    (seen,) = store.overview(OverviewFilter(pinned=True), JUDGE)
    assert (seen.status, seen.likes, seen.messages) == ("evaluated", 1, 4)
    store.close()


@pytest.mark.parametrize("old", [old_sqlite, old_postgres])
def test_what_was_judged_before_it_was_known_of_which_text_stays_as_it_is_until_it_is_judged_again(
    old: Old, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    url = old(third_version, tmp_path, lambda: request.getfixturevalue("postgres"))
    store = open_store(Config(url=url), data_dir=tmp_path)
    assert store.evaluations() == [evaluation("judged", experts=())]
    assert store.transcript("judged") == transcript()
    store.put_transcript("judged", transcript(6), now_ns=NOW)
    store.put_evaluation(evaluation("other", digest=digest(transcript())))
    assert [each.status for each in store.overview(OverviewFilter(), JUDGE)] == ["evaluated", "evaluated"]
    store.put_evaluation(evaluation("judged", "r2", digest=digest(transcript(6))))
    for name in ("judged", "other"):
        store.put_transcript(name, transcript(7), now_ns=NOW)
    assert [each.status for each in store.overview(OverviewFilter(), JUDGE)] == ["stale", "stale"]
    assert store.unevaluated(JUDGE) == ["judged", "other"]
    store.close()
