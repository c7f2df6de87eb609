"""Pages as text, Markdown and HTML: whatever telemetry brought stays text, and every line fits."""

from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otel_quality.core.reports.document import Column, Document, Section, Table
from otel_quality.core.reports.rendering import COLUMNS, Format, render, text

HOSTILE = '<script>alert("1")</script> | **b** `c` \x1b[31m[x](javascript:1)\nnew line &amp; \u202e'


def page(cell: str, *, columns: int = 3) -> Document:
    table = Table(
        tuple(Column(f"c{index}", number=index == 1, wide=index != 1) for index in range(columns)), ((cell,) * columns, ("x",) * columns)
    )
    return Document("Title", ("A lead.",), (Section("One", note=cell, table=table), Section("Two", items=(cell,))))


class Tags(HTMLParser):
    """Collects start tags with their attributes, and text."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [name for name, _ in attrs]

    def handle_data(self, data: str) -> None:
        self.text += data


def test_html_shows_hostile_names_as_text_and_loads_nothing() -> None:
    parsed = Tags()
    parsed.feed(render(page(HOSTILE), "html"))
    assert not {"script", "link", "img", "iframe", "a", "b"} & set(parsed.tags)
    assert not {"src", "href", "onclick"} & set(parsed.attributes)
    assert '<script>alert("1")</script> | **b**' in parsed.text
    assert "default-src 'none'" in render(page(""), "html")


def test_markdown_shows_hostile_names_as_text() -> None:
    lines = render(page(HOSTILE), "markdown").splitlines()
    row = next(line for line in lines if line.startswith("| \\<script\\>"))
    assert row.replace("\\|", "").count("|") == 4
    assert r"\[x\](javascript:1)" in row
    assert not [line for line in lines if "new line" in line and line.startswith("new line")]


@pytest.mark.parametrize("form", ["text", "markdown", "html"])
def test_no_form_passes_on_what_a_terminal_would_obey(form: Format) -> None:
    shown = render(page(HOSTILE), form)
    assert not {"\x1b", "\u202e"} & set(shown)
    assert shown.endswith("\n")


@given(st.text(max_size=300), st.integers(1, 4))
def test_no_line_of_text_is_longer_than_the_page(cell: str, columns: int) -> None:
    words = " ".join(word[:60] for word in cell.split())
    table = Table(tuple(Column("c", wide=True) for _ in range(columns)), ((words,) * columns,))
    document = Document("T", (words,), (Section("S", note=words, table=table, items=(words,)),))
    assert max(map(len, text(document).splitlines())) <= COLUMNS


def test_a_cell_that_is_too_long_is_folded_and_loses_nothing() -> None:
    shown = text(page("abcdefghij" * 20, columns=2))
    assert shown.count("j") == 2 * 20 + 20 * 2
