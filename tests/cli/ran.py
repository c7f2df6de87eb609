"""A command line, run in this process, and what it printed."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from otel_quality.cli.group import run


@dataclass(frozen=True)
class Ran:
    """How a command line ended."""

    code: int
    out: str
    err: str


Cli = Callable[..., Ran]


def runner(capsys: pytest.CaptureFixture[str]) -> Cli:
    """Runs command lines, given as words."""

    def call(*arguments: str) -> Ran:
        code = run(list(arguments))
        return Ran(code, *capsys.readouterr())

    return call


def told(ran: Ran, code: int = 0) -> Any:
    """The JSON that a command printed, which complained of nothing."""
    assert (ran.code, ran.err) == (code, "")
    return json.loads(ran.out)
