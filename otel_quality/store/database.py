"""What a database must do for the store, and how its schema comes up to date. One thread owns one.

Statements name their parameters `:name`; a database that spells them otherwise translates. Nothing here builds SQL from input.
"""

import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from otel_quality.store.schema import MIGRATIONS, VERSIONS
from otel_quality.vocabulary.errors import StoreRefused

Row = tuple[Any, ...]
Values = Mapping[str, Any]


class Database(ABC):
    """A connection. Each method raises `StoreUnavailable` where the same call may succeed later."""

    def __init__(self) -> None:
        self._depth = 0

    @abstractmethod
    def query(self, statement: str, values: Values) -> list[Row]:
        """Rows of a SELECT."""

    @abstractmethod
    def change(self, statement: str, values: Values) -> int:
        """Rows that an INSERT, UPDATE or DELETE changed."""

    @abstractmethod
    def insert_new(self, statement: str, rows: Sequence[Values]) -> list[bool]:
        """For each row, whether an INSERT that ends in `RETURNING` inserted it."""

    @abstractmethod
    def size_bytes(self) -> int:
        """What is stored, without free space."""

    @abstractmethod
    def give_back(self) -> None:
        """Hand freed space to the file system, where the database does not by itself. Outside of a transaction."""

    @abstractmethod
    def claim(self, name: str) -> bool:
        """Whether what has this name is ours now: no other process has it until `release`, or until we are gone."""

    @abstractmethod
    def release(self, name: str) -> None:
        """Give back what was claimed; what was not is no error."""

    @abstractmethod
    def close(self) -> None:
        """Let go."""

    @abstractmethod
    def _begin(self) -> None: ...

    @abstractmethod
    def _commit(self) -> None: ...

    @abstractmethod
    def _roll_back(self) -> None:
        """Never raises; after a lost connection there is nothing to roll back."""

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """See `contract.Store.transaction`."""
        if self._depth:
            yield
            return
        self._begin()
        self._depth = 1
        try:
            yield
            self._commit()
        except BaseException:
            self._roll_back()
            raise
        finally:
            self._depth = 0

    def migrate(self) -> None:
        """Bring the schema up to date.

        Raises:
            StoreRefused: it was written by a newer version of this program.
        """
        with self.transaction():
            self.change(VERSIONS, {})
            version = self.query("SELECT COALESCE(MAX(version), 0) FROM migrations", {})[0][0]
            if version > len(MIGRATIONS):
                raise StoreRefused(
                    f"history has schema {version}, and this version of otel-quality knows {len(MIGRATIONS)}: "
                    "run the newer version, or give another data directory or store.url"
                )
            for number, statements in enumerate(MIGRATIONS[version:], start=version + 1):
                for statement in statements:
                    self.change(statement, {})
                made = {"version": number, "now": time.time_ns()}
                self.change("INSERT INTO migrations (version, applied_ns) VALUES (:version, :now)", made)
