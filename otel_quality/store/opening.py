"""The store that the settings name."""

from pathlib import Path

from otel_quality.store.contract import Config, Store
from otel_quality.store.postgres import Postgres
from otel_quality.store.sql import SqlStore
from otel_quality.store.sqlite import FILE, Sqlite


def open_store(config: Config, *, data_dir: Path | None) -> Store:
    """Open it, with its schema up to date. The calling thread owns it.

    Args:
        config: where history is kept.
        data_dir: for SQLite; None keeps history in memory, for as long as the process runs.

    Raises:
        StoreRefused: it cannot be used as it is.
        StoreUnavailable: the server is away, the file locked or the disk full.
    """
    if config.url:
        return SqlStore(Postgres(config.url))
    return SqlStore(Sqlite(data_dir / FILE if data_dir else None))
