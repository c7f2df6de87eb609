"""A team's own exporter: asked for what changed, borne where it fails, told where it cannot be made."""

import asyncio
import logging
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

from otel_quality.service import exporting
from otel_quality.service.archive import Archive
from otel_quality.service.exporting import OVERLAP_NS, Exporting
from otel_quality.service.historian import Historian
from otel_quality.vocabulary.errors import ConfigError
from tests.service.history import in_folder, kept_by
from tests.service.keeper import messages

pytestmark = pytest.mark.anyio
HERE = "tests.service.test_exporting"
NOW_NS = 1_795_219_200_000_000_000


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class Tickets:
    """An exporter as a team writes it; what it was asked, and how it fails, is for the tests."""

    def __init__(self, *, fails_after: int | None = None) -> None:
        self.since: list[int] = []
        self.fails_after = fails_after

    def sessions(self, since_ns: int) -> Iterable[object]:
        self.since.append(since_ns)
        for number in range(60):
            if number == self.fails_after:
                raise ConnectionError("the help desk is away")
            yield {"id": f"t{number}", "messages": messages(request="Write to ann@example.com")}


class Scraps:
    """Some of what it brings are no sessions."""

    def sessions(self, since_ns: int) -> Iterable[object]:
        yield from ({"id": "x" * 200, "messages": messages()}, {"id": "y"}, [], {"id": "z", "messages": messages()})


class Spent:
    """It asks an iterator for more than there is, as code that is no generator may."""

    def sessions(self, since_ns: int) -> Iterable[object]:
        return [next(iter(()))]


class Wordless:
    """No exporter."""


class Broken:
    def __init__(self) -> None:
        raise OSError("no such database")


def asking(historian: Historian, exporter: exporting.Exporter, name: str = "a:B") -> Exporting:
    return Exporting(name, exporter, historian, Archive(historian, lambda: NOW_NS, keep_text=True), lambda: NOW_NS)


async def test_what_it_brings_is_graded_and_kept_masked_as_if_it_had_been_posted(tmp_path: Path) -> None:
    async with kept_by(in_folder(tmp_path)) as historian:
        assert await asking(historian, Tickets()).once() == 60
        kept = await historian.ask(lambda store: store.session("t59"))
        said = await historian.ask(lambda store: store.transcript("t59"))
    assert kept is not None
    assert (kept.sources, kept.grade is None) == (("api",), False)
    assert said is not None
    assert said.lines[0].text == "Write to [EMAIL]"


async def test_whatever_it_raises_is_told(tmp_path: Path) -> None:
    async with kept_by(in_folder(tmp_path)) as historian:
        with pytest.raises(RuntimeError, match="StopIteration"):
            await asyncio.wait_for(asking(historian, Spent()).once(), 60)


async def test_it_is_asked_for_what_changed_since_the_last_time_also_after_a_restart(tmp_path: Path) -> None:
    tickets = Tickets()
    for _ in range(2):
        async with kept_by(in_folder(tmp_path)) as historian:
            await asking(historian, tickets).once()
    assert tickets.since == [0, NOW_NS - OVERLAP_NS]
    async with kept_by(in_folder(tmp_path)) as historian:
        await asking(historian, tickets, "a:Other").once()
    assert tickets.since[-1] == 0, "another one has brought nothing yet"


async def test_what_it_did_not_bring_is_asked_for_again(tmp_path: Path) -> None:
    tickets = Tickets(fails_after=55)
    async with kept_by(in_folder(tmp_path)) as historian:
        with pytest.raises(ConnectionError):
            await asking(historian, tickets).once()
        tickets.fails_after = None
        assert await asking(historian, tickets).once() == 60
    assert tickets.since == [0, 0]


async def test_what_it_brought_before_it_failed_is_kept(tmp_path: Path) -> None:
    async with kept_by(in_folder(tmp_path)) as historian:
        with pytest.raises(ConnectionError):
            await asking(historian, Tickets(fails_after=7)).once()
        assert [await historian.ask(lambda store, of=f"t{number}": store.session(of) is not None) for number in (0, 6, 7)] == [
            True,
            True,
            False,
        ]


async def test_what_is_no_session_is_told_and_left_out(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with kept_by(in_folder(tmp_path)) as historian:
        with caplog.at_level(logging.WARNING):
            assert await asking(historian, Scraps()).once() == 1
    assert [line.split(": ")[:2] for line in caplog.messages] == [["judge.exporter a:B", "a session is left out"]] * 3


def test_it_is_made_by_its_name() -> None:
    assert type(exporting.load(f"{HERE}:Tickets")).__name__ == "Tickets"
    assert exporting.load("") is None


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("no_such_module:Tickets", "No module named 'no_such_module'; its module must be where the processor's Python finds it"),
        (f"{HERE}:Missing", "has no attribute 'Missing'"),
        (f"{HERE}:Wordless", r"has no method sessions\(since_ns\)"),
        (f"{HERE}:Broken", "cannot be made: OSError: no such database"),
    ],
)
def test_one_that_cannot_be_made_is_one_line(name: str, why: str) -> None:
    with pytest.raises(ConfigError, match=why) as caught:
        exporting.load(name)
    assert len(caught.value.problems) == 1


def test_one_that_hangs_does_not_keep_a_program_from_ending() -> None:
    program = (
        "import asyncio, threading\n"
        "from otel_quality.service.exporting import Exporting\n"
        "class Hangs:\n"
        "    def sessions(self, since_ns):\n"
        "        threading.Event().wait()\n"
        "class Keeps:\n"
        "    async def ask(self, work): return None\n"
        "async def main():\n"
        "    bringing = asyncio.create_task(Exporting('a:B', Hangs(), Keeps(), None).go_on())\n"
        "    while not any(thread.name == 'exporter' for thread in threading.enumerate()):\n"
        "        await asyncio.sleep(0.01)\n"
        "    bringing.cancel()\n"
        "asyncio.run(main())\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")
