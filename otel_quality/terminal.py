"""How scores, drift and reports look on a terminal: bars, colours, units, tables. Used by the commands and by the demo.

Prints nothing unless it is given the console.
"""

from datetime import UTC, datetime
from typing import Any, Final

from rich.cells import cell_len
from rich.console import Console
from rich.table import Column as Tabled
from rich.table import Table
from rich.text import Text

from otel_quality.core.reports.document import Document, Section
from otel_quality.core.reports.rendering import plain

CELLS: Final = 20
"""Cells of a score bar; one is 5 points."""
_PIPE_WIDTH: Final = 160
"""Columns where stdout is no terminal: nothing there has to be cut or wrapped."""
_FOLDED: Final = 8
"""Characters to which a column that may be folded is folded at most."""
_GAP: Final = 2
"""Characters between two columns."""

STATE_STYLES: Final = {"learning": "dim", "stable": "green", "mild": "yellow", "severe": "bold red"}
STATE_MARKS: Final = {"learning": "…", "stable": "✓", "mild": "▲", "severe": "✗"}


def console(*, stderr: bool = False) -> Console:
    """A console as wide as the terminal; in a pipe wide, and without colour."""
    made = Console(stderr=stderr, highlight=False)
    return made if made.is_terminal else Console(stderr=stderr, highlight=False, width=_PIPE_WIDTH)


def hanging(head: Text, body: Text) -> Table:
    """A line that begins with a head, and whose further lines are indented by it."""
    grid = Table.grid(padding=0)
    grid.add_column(no_wrap=True)
    grid.add_column()
    grid.add_row(head, body)
    return grid


def item(out: Console, head: Text, body: Text) -> None:
    """Print such a line; in a pipe it stays one line, however long."""
    if out.is_terminal:
        out.print(hanging(head, body) if head else body)
    else:
        out.print(Text.assemble(head, body), soft_wrap=True)


def tame(answer: Any) -> Any:
    """An answer of the API without what a terminal would obey, in any of its texts.

    >>> tame({"tool": ["a\\x1b[31m"], "count": 1})
    {'tool': ['a [31m'], 'count': 1}
    """
    if isinstance(answer, str):
        return plain(answer)
    if isinstance(answer, dict):
        return {name: tame(value) for name, value in answer.items()}
    return [tame(value) for value in answer] if isinstance(answer, list) else answer


def document(out: Console, page: Document) -> None:
    """Print a page."""
    out.print(Text(page.title, style="bold"))
    for line in page.lead:
        out.print(Text(plain(line), style="dim"))
    for each in page.sections:
        out.print()
        section(out, each)


def section(out: Console, part: Section) -> None:
    """Print one part of a page."""
    out.print(Text(part.title, style="bold"))
    if part.note:
        out.print(Text(plain(part.note), style="dim"))
    if part.table:
        rows = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
        for column in part.table.columns:
            rows.add_column(column.name, justify="right" if column.number else "left", no_wrap=not column.wide, overflow="fold")
        for row in part.table.rows:
            rows.add_row(*(Text(plain(cell)) for cell in row))
        table(out, rows)
    for each in part.items:
        item(out, Text("• "), Text(plain(each)))


def table(out: Console, rows: Table) -> None:
    """Print a table. Where the terminal has no room for it, what stands to the right is cut, and not the names on the left."""
    least = sum(map(_least, rows.columns)) + _GAP * (len(rows.columns) - 1)
    if out.is_terminal and least > out.width:
        rows.width = least
    out.print(rows)


def _least(column: Tabled) -> int:
    """Characters that a column keeps: all of one that is not folded, else enough to know its cells by."""
    widest = max((cell_len(str(cell)) for cell in column.cells), default=0)
    return max(widest, cell_len(str(column.header))) if column.no_wrap else min(widest, _FOLDED)


def bar(score: float) -> str:
    """A score, 0-100, as 20 cells.

    >>> bar(50.0), bar(97.4)
    ('██████████░░░░░░░░░░', '███████████████████░')
    """
    filled = min(CELLS, max(0, int(score * CELLS / 100 + 0.5)))
    return "█" * filled + "░" * (CELLS - filled)


def interval_bar(low: float, high: float) -> str:
    """A 95 % interval of a score, 0-100, as 20 cells: full up to its lower end, shaded up to its upper one.

    >>> interval_bar(84.0, 95.0)
    '█████████████████▒▒░'
    """
    surely, perhaps = (bar(end).count("█") for end in (low, high))
    return "█" * surely + "▒" * (perhaps - surely) + "░" * (CELLS - perhaps)


def score_style(score: float) -> str:
    """Green from 80, yellow from 60 (the alert's line), else red."""
    return "green" if score >= 80 else "yellow" if score >= 60 else "red"


def duration(ms: float) -> str:
    """Milliseconds as people read them; 0 is not known.

    >>> duration(0), duration(0.4), duration(812.3), duration(12_500)
    ('-', '0.4 ms', '812 ms', '12.5 s')
    """
    if ms <= 0:
        return "-"
    if ms >= 10_000:
        return f"{ms / 1000:.1f} s"
    return f"{ms:.0f} ms" if ms >= 10 else f"{ms:.1f} ms"


def share(part: float, whole: float) -> str:
    """A share in percent, without decimals that the count does not carry.

    >>> share(1, 3), share(0, 0)
    ('33 %', '-')
    """
    return f"{100 * part / whole:.0f} %" if whole else "-"


def ago(then: str, now: str) -> str:
    """How long an RFC 3339 time lies before another.

    >>> ago("2026-01-01T12:00:00Z", "2026-01-01T12:01:30Z")
    '2 min ago'
    """
    seconds = (_instant(now) - _instant(then)).total_seconds()
    if seconds < 60:
        return f"{max(0, seconds):.0f} s ago"
    if seconds < 3600:
        return f"{seconds / 60:.0f} min ago"
    return f"{seconds / 3600:.0f} h ago" if seconds < 172_800 else f"{seconds / 86_400:.0f} days ago"


def clock(time: str) -> str:
    """An RFC 3339 time to the second, in UTC."""
    return _instant(time).strftime("%Y-%m-%d %H:%M:%S UTC")


def _instant(time: str) -> datetime:
    return datetime.fromisoformat(time).astimezone(UTC)
