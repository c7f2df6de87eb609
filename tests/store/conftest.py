"""Every kind of store, for the contract suite; one PostgreSQL serves all tests of a run."""

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from otel_quality.store.contract import Config, Store
from otel_quality.store.opening import open_store
from tests.store import server

KINDS = ("memory", "file", "postgresql")
NUMBERS = itertools.count()
Opened = Callable[[], Store]


@pytest.fixture(scope="session")
def postgres() -> Iterator[server.Server]:
    with server.running() as running:
        yield running


@pytest.fixture(params=KINDS[1:])
def reopen(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Opened]:
    """Opens the same history again and again, with a connection of its own each time."""
    url = ""
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres").database(f"history{next(NUMBERS)}")
    opened: list[Store] = []

    def again() -> Store:
        opened.append(open_store(Config(url=url), data_dir=tmp_path))
        return opened[-1]

    yield again
    for store in opened:
        store.close()


@pytest.fixture(params=KINDS)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    url = ""
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres").database(f"history{next(NUMBERS)}")
    opened = open_store(Config(url=url), data_dir=None if request.param == "memory" else tmp_path)
    yield opened
    opened.close()
