"""What is SQLite's own: the file, its rights, its versions, what is in the way of opening it."""

import os
import sqlite3
import stat
from pathlib import Path

import pytest

from otel_quality.store.contract import Config
from otel_quality.store.opening import open_store
from otel_quality.store.schema import MIGRATIONS
from otel_quality.store.sqlite import FILE
from otel_quality.vocabulary.errors import StoreRefused, StoreUnavailable
from tests.store.samples import NOW, execution


def test_one_file_that_its_owner_alone_reads(tmp_path: Path) -> None:
    open_store(Config(), data_dir=tmp_path).close()
    assert [path.name for path in tmp_path.iterdir()] == [FILE]
    assert stat.S_IMODE((tmp_path / FILE).stat().st_mode) == 0o600


def test_the_schema_is_recorded_and_a_newer_one_is_refused(tmp_path: Path) -> None:
    open_store(Config(), data_dir=tmp_path).close()
    open_store(Config(), data_dir=tmp_path).close()
    with sqlite3.connect(tmp_path / FILE) as connection:
        assert connection.execute("SELECT version FROM migrations").fetchall() == [(n,) for n in range(1, len(MIGRATIONS) + 1)]
        connection.execute("INSERT INTO migrations VALUES (99, 0)")
    with pytest.raises(StoreRefused, match=r"schema 99, and this version of otel-quality knows \d+: run the newer version"):
        open_store(Config(), data_dir=tmp_path)


def test_a_migration_that_fails_leaves_nothing(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / FILE) as connection:
        connection.execute("CREATE TABLE reports (mine TEXT)")
    with pytest.raises(StoreUnavailable, match="reports already exists"):
        open_store(Config(), data_dir=tmp_path)
    with sqlite3.connect(tmp_path / FILE) as connection:
        assert connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall() == [("reports",)]


@pytest.mark.parametrize("spoil", [lambda file: file.write_bytes(b"no database" * 500), Path.mkdir])
def test_what_is_no_database_is_refused_with_what_to_do(tmp_path: Path, spoil: object) -> None:
    spoil(tmp_path / FILE)  # type: ignore[operator]
    with pytest.raises(StoreRefused, match=r"history\.sqlite cannot be used for history: .*; give another data directory"):
        open_store(Config(), data_dir=tmp_path)


def test_a_missing_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StoreRefused, match="No such file or directory"):
        open_store(Config(), data_dir=tmp_path / "none")


def test_a_commit_is_on_disk_and_readers_do_not_wait_for_writers(tmp_path: Path) -> None:
    store = open_store(Config(), data_dir=tmp_path)
    with sqlite3.connect(tmp_path / FILE) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        with store.transaction():
            store.put_executions([execution()])
            assert connection.execute("SELECT COUNT(*) FROM executions").fetchone() == (0,)
        assert connection.execute("SELECT COUNT(*) FROM executions").fetchone() == (1,)
    store.close()


def test_space_that_retention_frees_is_handed_back(tmp_path: Path) -> None:
    store = open_store(Config(), data_dir=tmp_path)
    store.put_executions([execution(ago_s=100 * 86_400) for _ in range(3000)])
    store.close()
    before = os.path.getsize(tmp_path / FILE)
    store = open_store(Config(), data_dir=tmp_path)
    assert store.prune(Config(), now_ns=NOW) == 3000
    store.close()
    assert os.path.getsize(tmp_path / FILE) < before / 4
