"""History in PostgreSQL, in a schema of its own (`otel_quality`), so that it can share a database with others.

A lost connection is an error of the call that finds it lost; the next call connects again, and claims again what was claimed.

Decision: psycopg's own parameters and pipeline, no pool and no ORM: one thread writes batches.
Decision: passwords belong in ~/.pgpass or PGPASSWORD, which libpq reads by itself; one in `store.url` works and is never logged.
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import lru_cache
from typing import Any, Final

from otel_quality.store.database import Database, Row, Values
from otel_quality.vocabulary.errors import StoreRefused, StoreUnavailable, StoreUnreachable

_OPTIONS: Final = "-c search_path=otel_quality -c statement_timeout=60s -c lock_timeout=10s -c timezone=UTC"
_PATIENCE: Final = {
    "connect_timeout": 5,
    "tcp_user_timeout": 10_000,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 2,
}
"""A server that falls silent is noticed after 10 seconds, and not after the many minutes that TCP itself would wait."""
_LOCK: Final = 7_295_318_054
"""Advisory lock that two processors that start at once take in turn for the migrations."""
_CLAIM: Final = "SELECT pg_try_advisory_lock(hashtextextended(CAST(:name AS TEXT), 0))"
_RELEASE: Final = "SELECT pg_advisory_unlock(hashtextextended(CAST(:name AS TEXT), 0))"
_OURSELVES: Final = "SELECT pid, backend_start FROM pg_stat_activity WHERE pid = pg_backend_pid()"
_END: Final = "SELECT pg_terminate_backend(pid), pg_sleep(0.2) FROM pg_stat_activity WHERE pid = %s AND backend_start = %s"
"""A connection that the server has not noticed to be lost: it would hold for hours what this processor has claimed."""
_PARAMETER: Final = re.compile(r"(?<![:\w]):(\w+)")
_EXECUTION_BYTES: Final = 600
_ROW_BYTES: Final = 560
_SIZE: Final = """
    SELECT (SELECT COUNT(*) FROM executions) * :execution_bytes
        + (SELECT COALESCE(SUM(OCTET_LENGTH(record) + COALESCE(OCTET_LENGTH(grade), 0) + :row_bytes), 0) FROM sessions)
        + (SELECT COALESCE(SUM(OCTET_LENGTH(grade) + 120), 0) FROM revisions)
        + (SELECT COALESCE(SUM(OCTET_LENGTH(document) + 165), 0) FROM transcripts)
        + (SELECT COALESCE(SUM(COALESCE(OCTET_LENGTH(document), 0) + 245), 0) FROM assessments)
        + (SELECT COUNT(*) FROM evaluations) * 550 + (SELECT COUNT(*) FROM feedback) * 200 + (SELECT COUNT(*) FROM run_items) * 190
        + ((SELECT COUNT(*) FROM predictions) + (SELECT COUNT(*) FROM adaptations) + (SELECT COUNT(*) FROM annotations)
            + (SELECT COUNT(*) FROM runs)) * :row_bytes
"""
"""Rows by what they were measured to take: PostgreSQL's own figures hold dead rows until a vacuum, and more would be removed for them."""


@lru_cache(maxsize=512)
def _translated(statement: str) -> str:
    return _PARAMETER.sub(r"%(\1)s", statement.replace("%", "%%"))


class Postgres(Database):
    """A connection to a server.

    Args:
        url: `postgresql://user@host/database`.

    Raises:
        StoreRefused: psycopg is missing, the address or rights are wrong, or the schema is of a newer version.
        StoreUnavailable: the server cannot be reached.
    """

    def __init__(self, url: str) -> None:
        super().__init__()
        try:
            import psycopg
        except ImportError as error:
            raise StoreRefused("store.url is PostgreSQL, and psycopg is not installed: pip install 'otel-quality[postgres]'") from error
        self._psycopg = psycopg
        self._url = url
        self._connection: psycopg.Connection[Row] | None = None
        self._claimed: set[str] = set()
        self._former: Any = None
        self._connect()

    def _connect(self) -> Any:
        if self._connection is None:
            driver = self._psycopg
            try:
                connection = driver.connect(self._url, autocommit=True, options=_OPTIONS, application_name="otel-quality", **_PATIENCE)
            except driver.ProgrammingError as error:
                raise StoreRefused(f"store.url is no address of PostgreSQL: {_line(error)}") from error
            except driver.OperationalError as error:
                raise StoreUnreachable(f"PostgreSQL: {_line(error)}") from error
            self._connection = connection
            try:
                connection.execute("SELECT pg_advisory_lock(%s)", (_LOCK,))
                connection.execute("CREATE SCHEMA IF NOT EXISTS otel_quality")
                self.migrate()
                connection.execute("SELECT pg_advisory_unlock(%s)", (_LOCK,))
                self._claim_again(connection)
            except driver.errors.InsufficientPrivilege as error:
                self.close()
                raise StoreRefused(f"PostgreSQL: {_line(error)}; the user needs CREATE on the database") from error
            except BaseException:
                self.close()
                raise
        return self._connection

    def _claim_again(self, connection: Any) -> None:
        if self._claimed:
            connection.execute(_END, self._former)
        for name in self._claimed:
            self.query(_CLAIM, {"name": name})
        self._former = connection.execute(_OURSELVES).fetchone()

    def query(self, statement: str, values: Values) -> list[Row]:
        with self._told() as connection:
            rows: list[Row] = connection.execute(_translated(statement), values).fetchall()
            return rows

    def change(self, statement: str, values: Values) -> int:
        with self._told() as connection:
            return int(connection.execute(_translated(statement), values).rowcount)

    def insert_new(self, statement: str, rows: Sequence[Values]) -> list[bool]:
        if not rows:
            return []
        with self._told() as connection, connection.cursor() as cursor:
            cursor.executemany(_translated(statement), rows, returning=True)
            new = []
            while True:
                new.append(cursor.fetchone() is not None)
                if not cursor.nextset():
                    return new

    def size_bytes(self) -> int:
        return int(self.query(_SIZE, {"execution_bytes": _EXECUTION_BYTES, "row_bytes": _ROW_BYTES})[0][0])

    def give_back(self) -> None:
        """Nothing: autovacuum does."""

    def claim(self, name: str) -> bool:
        """By a lock of the connection, which the server frees when the connection ends, however that is."""
        if name not in self._claimed and self.query(_CLAIM, {"name": name})[0][0]:
            self._claimed.add(name)
        return name in self._claimed

    def release(self, name: str) -> None:
        if name in self._claimed:
            self._claimed.discard(name)
            self.query(_RELEASE, {"name": name})

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _begin(self) -> None:
        with self._told() as connection:
            connection.execute("BEGIN")

    def _commit(self) -> None:
        with self._told() as connection:
            connection.execute("COMMIT")

    def _roll_back(self) -> None:
        if self._connection is not None:
            with suppress(self._psycopg.Error):
                self._connection.rollback()

    @contextmanager
    def _told(self) -> Iterator[Any]:
        """The connection; one that is lost is let go, so that the next call makes a new one."""
        if self._depth and self._connection is None:
            raise StoreUnavailable("PostgreSQL: the connection was lost inside of a transaction")
        connection = self._connect()
        driver = self._psycopg
        try:
            yield connection
        except (driver.OperationalError, driver.InterfaceError, driver.errors.ReadOnlySqlTransaction) as error:
            if connection.closed or connection.broken:
                self.close()
            raise StoreUnavailable(f"PostgreSQL: {_line(error)}") from error


def _line(error: Exception) -> str:
    return " ".join(str(error).split())
