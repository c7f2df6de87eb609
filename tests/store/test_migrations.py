"""A history of the first version is brought up to date with everything in it, on SQLite and PostgreSQL."""

import sqlite3
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from otel_quality.core.evaluations.overview import OverviewFilter
from otel_quality.core.history import SessionFilter
from otel_quality.store.contract import Config
from otel_quality.store.opening import open_store
from otel_quality.store.rows import from_session
from otel_quality.store.schema import MIGRATIONS, VERSIONS
from otel_quality.store.sqlite import FILE
from tests.store.samples import JUDGE, NOW, evaluation, feedback, grade, session
from tests.store.server import Server

SINCE_THEN = {"messages"}
"""Columns that the first version did not have."""


def first_version(execute: Callable[[str, dict[str, object]], object], mark: str) -> None:
    """A history as the first version left it, with one session whose outcome its span told."""
    for statement in (VERSIONS, *MIGRATIONS[0], "INSERT INTO migrations VALUES (1, 0)"):
        execute(statement, {})
    given = from_session(session(success=True), grade(), sources="\x1fspans\x1f", now_ns=NOW)
    values = {name: value for name, value in given.items() if name not in SINCE_THEN} | {"pinned": 1, "profile": "ops", "name": ""}
    execute(f"INSERT INTO sessions ({', '.join(values)}) VALUES ({', '.join(mark.format(name) for name in values)})", values)


def old_sqlite(folder: Path, postgres: Callable[[], Server]) -> str:
    with sqlite3.connect(folder / FILE) as connection:
        first_version(connection.execute, ":{}")
    return ""


def old_postgres(folder: Path, postgres: Callable[[], Server]) -> str:
    url = postgres().database("first_version")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE SCHEMA otel_quality")
        connection.execute("SET search_path = otel_quality")
        first_version(connection.execute, "%({})s")  # type: ignore[arg-type]
    return url


@pytest.mark.parametrize("old", [old_sqlite, old_postgres])
def test_a_history_of_the_first_version_keeps_all_it_had(
    old: Callable[[Path, Callable[[], Server]], str], tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    url = old(tmp_path, lambda: request.getfixturevalue("postgres"))
    store = open_store(Config(url=url), data_dir=tmp_path)
    (kept,) = store.sessions(SessionFilter())
    assert (kept.record, kept.grade, kept.meta.profile, kept.completed) == (session(success=True), grade(), "ops", True)
    assert [each.label for each in store.labelled()] == [True]
    store.put_evaluation(evaluation())
    store.put_feedback(feedback())
    (seen,) = store.overview(OverviewFilter(pinned=True), JUDGE)
    assert (seen.status, seen.likes, seen.messages) == ("evaluated", 1, 4)
    store.close()
