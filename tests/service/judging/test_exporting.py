"""A team's own exporter: asked for what changed, borne where it fails, told where it cannot be made."""

import logging
from collections.abc import Iterable, Iterator

import pytest

from otel_quality.service.judging import exporting
from otel_quality.service.judging.exporting import OVERLAP_NS, Exporting
from otel_quality.vocabulary.errors import ConfigError
from tests.service.keeper import Keeper

pytestmark = pytest.mark.anyio
HERE = "tests.service.judging.test_exporting"


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def keeper() -> Iterator[Keeper]:
    opened = Keeper()
    yield opened
    opened.close()


class Tickets:
    """An exporter as a team writes it; attributes are for the tests."""

    def __init__(self) -> None:
        self.since: list[int] = []
        self.fails_after: int | None = None

    def sessions(self, since_ns: int) -> Iterable[object]:
        self.since.append(since_ns)
        for number in range(120):
            if number == self.fails_after:
                raise ConnectionError("the help desk is away")
            yield {"id": f"t{number}", "messages": []}


class Wordless:
    """No exporter."""


class Broken:
    def __init__(self) -> None:
        raise OSError("no such database")


async def test_it_is_asked_for_what_changed_since_the_last_time_also_after_a_restart(keeper: Keeper) -> None:
    tickets, added = Tickets(), list[object]()

    async def add(session: object) -> None:
        added.append(session)

    for _ in range(2):
        assert await Exporting("a:B", tickets, add, lambda: keeper.now_ns).once(keeper) == 120
    assert tickets.since == [0, keeper.now_ns - OVERLAP_NS]
    assert added[119] == {"id": "t119", "messages": []}
    await Exporting("a:Other", tickets, add, lambda: keeper.now_ns).once(keeper)
    assert tickets.since[-1] == 0, "another exporter has brought nothing yet"


async def test_what_it_did_not_bring_is_asked_for_again(keeper: Keeper) -> None:
    tickets, added = Tickets(), list[object]()
    tickets.fails_after = 70

    async def add(session: object) -> None:
        added.append(session)

    ours = Exporting("a:B", tickets, add, lambda: keeper.now_ns)
    with pytest.raises(ConnectionError):
        await ours.once(keeper)
    tickets.fails_after = None
    await ours.once(keeper)
    assert tickets.since == [0, 0]


async def test_a_session_that_is_none_is_told_and_left_out(keeper: Keeper, caplog: pytest.LogCaptureFixture) -> None:
    async def add(session: object) -> None:
        if session == {"id": "t7", "messages": []}:
            raise ValueError("no session: it has no messages")

    with caplog.at_level(logging.WARNING):
        assert await Exporting("a:B", Tickets(), add, lambda: keeper.now_ns).once(keeper) == 119
    assert caplog.messages == ["judge.exporter a:B: a session is left out: no session: it has no messages"]


def test_an_exporter_is_made_by_its_name() -> None:
    assert type(exporting.load(f"{HERE}:Tickets")).__name__ == "Tickets"
    assert exporting.load("") is None


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("no_such_module:Tickets", "No module named 'no_such_module'; the module must be where the processor's Python finds it"),
        (f"{HERE}:Missing", "has no Missing"),
        (f"{HERE}:Wordless", r"has no method sessions\(since_ns\)"),
        (f"{HERE}:Broken", "cannot be made: OSError: no such database"),
    ],
)
def test_an_exporter_that_cannot_be_made_is_one_line(name: str, why: str) -> None:
    with pytest.raises(ConfigError, match=why) as caught:
        exporting.load(name)
    assert len(caught.value.problems) == 1
