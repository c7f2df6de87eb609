"""A page as data: a title, then sections of a table, of items, or of a line that says why there is neither."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table; numbers stand to the right. `wide` columns give way where a line is short."""

    name: str
    number: bool = False
    wide: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Cells of text, one row per line, as many in each as there are columns."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Section:
    """One part of a page.

    Attributes:
        note: a line under the heading; the only one where there is nothing to show.
    """

    title: str
    note: str = ""
    table: Table | None = None
    items: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Document:
    """A whole page; `lead` are lines under its title."""

    title: str
    lead: tuple[str, ...]
    sections: tuple[Section, ...]
