"""Tables on terminals of every width."""

import io

import pytest
from rich.console import Console
from rich.table import Table

from otel_quality import terminal
from otel_quality.core.reports.document import Column, Section
from otel_quality.core.reports.document import Table as Rows

MODEL = "gemini-3-pro-preview"
COLUMNS = (Column("task type"), Column("model", wide=True), *(Column(name, number=True) for name in ("calls", "success", "latency")))
ROWS = Rows(COLUMNS, (("documentation", MODEL, "79", "94 %", "1250 ms"), ("code", "m-1", "8", "60 %", "9 ms")))


def on_a_terminal(width: int) -> tuple[Console, io.StringIO]:
    printed = io.StringIO()
    return Console(file=printed, width=width, force_terminal=True, color_system=None), printed


@pytest.mark.parametrize("width", [30, 44, 60, 80])
def test_on_a_narrow_terminal_names_are_folded_and_never_gone(width: int) -> None:
    out, printed = on_a_terminal(width)
    terminal.section(out, Section("Models", table=ROWS))
    lines = printed.getvalue().splitlines()
    assert max(map(len, lines)) <= width
    shown = [line[15:].split("  ")[0].strip() for line in lines[2:]]
    assert "".join(shown) == MODEL + "m-1"


def test_a_short_name_takes_no_more_room_than_it_needs() -> None:
    out, printed = on_a_terminal(16)
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_header=False)
    table.add_column("tool", overflow="fold")
    table.add_column("calls", no_wrap=True)
    table.add_row("sh", "12 of 13 went")
    terminal.table(out, table)
    assert printed.getvalue() == "sh  12 of 13 wen\n"
