"""History in SQLite: one file, no server.

Decision: WAL with synchronous=FULL. The historian writes about once a second, so one fsync per commit costs little, and a
grade that a person has set survives a power cut too.
Decision: a page cache of 64 MiB: rows come in the order of time, and go into indexes in any order; with SQLite's own 2 MiB each takes
a third longer from some hundred thousand rows on.
Decision: incremental vacuum, so that what retention removes is handed back in small steps and the file is never copied.
"""

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from otel_quality.store.database import Database, Row, Values
from otel_quality.vocabulary.errors import StoreRefused, StoreUnavailable

FILE: Final = "history.sqlite"
"""In the data directory."""
_BUSY_S: Final = 5.0
_PRAGMAS: Final = (
    "PRAGMA auto_vacuum = INCREMENTAL",
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA cache_size = -65536",
    "PRAGMA case_sensitive_like = ON",
    "PRAGMA journal_size_limit = 67108864",
)


class Sqlite(Database):
    """A file, or memory.

    Args:
        path: the file; made with its owner's rights only. None: memory.

    Raises:
        StoreRefused: the file cannot be opened, is no database, or is of a newer version.
    """

    def __init__(self, path: Path | None) -> None:
        super().__init__()
        self._name = str(path or ":memory:")
        try:
            if path is not None:
                os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
            self._connection = sqlite3.connect(self._name, timeout=_BUSY_S, isolation_level=None, cached_statements=256)
            for pragma in _PRAGMAS:
                self._connection.execute(pragma)
        except (OSError, sqlite3.Error) as error:
            raise StoreRefused(f"{self._name} cannot be used for history: {error}; give another data directory") from error
        self.migrate()

    def query(self, statement: str, values: Values) -> list[Row]:
        with self._told():
            return self._connection.execute(statement, dict(values)).fetchall()

    def change(self, statement: str, values: Values) -> int:
        with self._told():
            return self._connection.execute(statement, dict(values)).rowcount

    def insert_new(self, statement: str, rows: Sequence[Values]) -> list[bool]:
        with self._told():
            execute = self._connection.execute
            return [execute(statement, row).fetchone() is not None for row in rows]

    def size_bytes(self) -> int:
        pages, free, each = (self.query(f"PRAGMA {name}", {})[0][0] for name in ("page_count", "freelist_count", "page_size"))
        return int((pages - free) * each)

    def give_back(self) -> None:
        # A script steps through all of it; a statement would free one page.
        with self._told():
            self._connection.executescript("PRAGMA incremental_vacuum;")

    def claim(self, name: str) -> bool:
        """Always: a file is one processor's."""
        return True

    def release(self, name: str) -> None:
        """Nothing is held."""

    def close(self) -> None:
        self._connection.close()

    def _begin(self) -> None:
        with self._told():
            self._connection.execute("BEGIN IMMEDIATE")

    def _commit(self) -> None:
        with self._told():
            self._connection.execute("COMMIT")

    def _roll_back(self) -> None:
        if self._connection.in_transaction:
            self._connection.rollback()

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.OperationalError, sqlite3.DatabaseError) as error:
            if isinstance(error, sqlite3.IntegrityError | sqlite3.DataError | sqlite3.ProgrammingError | sqlite3.InterfaceError):
                raise
            raise StoreUnavailable(f"{self._name}: {error}") from error
