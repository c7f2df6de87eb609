"""The server on the scenario's blocks is known to answer once it said so and where, in whichever order."""

import os
from pathlib import Path

import pytest

from grafana.backfill import served

LISTENS = 'ts=1 level=info component=web msg="Listening on" address=127.0.0.1:40123'
READY = 'ts=1 level=info msg="Server is ready to receive web requests."'


def prometheus(folder: Path, monkeypatch: pytest.MonkeyPatch, *lines: str) -> None:
    """A program of this name that says these lines and ends."""
    program = folder / "prometheus"
    program.write_text("#!/bin/sh\ncat >&2 <<'END'\n" + "".join(f"{line}\n" for line in lines) + "END\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")


@pytest.mark.parametrize("lines", [(LISTENS, READY), (READY, LISTENS)], ids=["listens first", "ready first"])
def test_the_address_is_known_in_whichever_order_prometheus_speaks(
    lines: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prometheus(tmp_path, monkeypatch, "ts=1 level=info msg=Starting", *lines)
    with served(tmp_path) as address:
        assert address == "http://127.0.0.1:40123"


@pytest.mark.parametrize("line", [LISTENS, READY], ids=["it only listens", "it is only ready"])
def test_a_server_that_ends_before_it_said_both_is_told_with_its_words(line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    prometheus(tmp_path, monkeypatch, line)
    with pytest.raises(RuntimeError) as error, served(tmp_path):
        pass
    assert str(error.value) == f"prometheus ended:\n{line}\n"
