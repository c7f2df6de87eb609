"""A page as text of 80 columns, as Markdown, and as one HTML file that needs nothing else. Pure.

What telemetry brought (names of tools, tasks, sessions) is escaped for each: no name becomes markup, a row, or a control sequence.
"""

import html as _html
import re
import textwrap
from collections.abc import Callable
from typing import Final, Literal

from otel_quality.core.reports.document import Column, Document, Section, Table

Format = Literal["text", "markdown", "html"]

COLUMNS: Final = 80
_GAP: Final = 2
_LEAST_WIDE: Final = 12
"""Characters that a column which gives way keeps."""
_MARKUP: Final = re.compile(r"([\\`*_{}\[\]<>#|~&!])")
_UNPRINTABLE: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]+")


def render(document: Document, form: Format) -> str:
    """A page in one of the forms, with a newline at its end."""
    return _FORMS[form](document)


def text(document: Document, *, columns: int = COLUMNS) -> str:
    """A page as plain text; no line but one of a single long word is longer than `columns`."""
    blocks = ["\n".join((document.title, "=" * len(document.title), *_wrapped(document.lead, columns)))]
    for section in document.sections:
        lines = [section.title, "-" * len(section.title), *_wrapped([section.note] if section.note else [], columns)]
        lines += _text_table(section.table, columns) if section.table else []
        for item in section.items:
            lines += textwrap.wrap(plain(item), columns, initial_indent="* ", subsequent_indent="  ", break_long_words=False)
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks) + "\n"


def markdown(document: Document) -> str:
    """A page as Markdown."""
    blocks = [f"# {_marked(document.title)}", *(_marked(line) for line in document.lead)]
    for section in document.sections:
        blocks.append(f"## {_marked(section.title)}")
        blocks += [_marked(section.note)] if section.note else []
        blocks += [_markdown_table(section.table)] if section.table else []
        blocks += ["\n".join(f"* {_marked(item)}" for item in section.items)] if section.items else []
    return "\n\n".join(blocks) + "\n"


def html(document: Document) -> str:
    """A page as one HTML file: no script, no style sheet, font or picture from elsewhere."""
    lead = "".join(f"<p>{_escaped(line)}</p>\n" for line in document.lead)
    return _PAGE.format(title=_escaped(document.title), lead=lead, sections="".join(_html_section(each) for each in document.sections))


def plain(value: str) -> str:
    """A text without what a terminal would obey.

    >>> plain("a\\x1b[31mb")
    'a [31mb'
    """
    return _UNPRINTABLE.sub(" ", value)


_PAGE: Final = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark; }}
body {{ font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }}
h1 {{ font-size: 1.6rem; }}
h2 {{ font-size: 1.15rem; margin-top: 2rem; border-bottom: 1px solid #8886; }}
table {{ border-collapse: collapse; }}
th, td {{ padding: .25rem .9rem .25rem 0; text-align: left; vertical-align: top; overflow-wrap: anywhere; }}
th {{ font-weight: 600; opacity: .7; }}
tbody tr {{ border-top: 1px solid #8883; }}
.number {{ text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }}
p {{ margin: .3rem 0; }}
</style>
</head>
<body>
<h1>{title}</h1>
{lead}{sections}</body>
</html>
"""


def _html_section(section: Section) -> str:
    parts = [f"<h2>{_escaped(section.title)}</h2>\n"]
    if section.note:
        parts.append(f"<p>{_escaped(section.note)}</p>\n")
    if section.table:
        columns = section.table.columns
        head = "".join(_html_cell("th", column, column.name) for column in columns)
        rows = ("".join(_html_cell("td", column, cell) for column, cell in zip(columns, row, strict=True)) for row in section.table.rows)
        body = "".join(f"<tr>{row}</tr>\n" for row in rows)
        parts.append(f"<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}</tbody>\n</table>\n")
    if section.items:
        parts.append("<ul>\n" + "".join(f"<li>{_escaped(item)}</li>\n" for item in section.items) + "</ul>\n")
    return "".join(parts)


def _html_cell(tag: str, column: Column, cell: str) -> str:
    shape = ' class="number"' if column.number else ""
    return f"<{tag}{shape}>{_escaped(cell)}</{tag}>"


def _markdown_table(table: Table) -> str:
    lines = [[_marked(column.name) for column in table.columns], ["--:" if column.number else "---" for column in table.columns]]
    lines += [[_marked(cell) for cell in row] for row in table.rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _text_table(table: Table, columns: int) -> list[str]:
    cells = [tuple(column.name for column in table.columns), *(tuple(plain(cell) for cell in row) for row in table.rows)]
    widths = _widths(table, cells, columns)
    lines = []
    for row in cells:
        folded = [_folded(cell, width) for cell, width in zip(row, widths, strict=True)]
        for number in range(max(map(len, folded))):
            shown = [
                f"{lines_of[number] if number < len(lines_of) else '':{'>' if column.number else '<'}{width}}"
                for lines_of, column, width in zip(folded, table.columns, widths, strict=True)
            ]
            lines.append((" " * _GAP).join(shown).rstrip())
    return lines


def _widths(table: Table, cells: list[tuple[str, ...]], columns: int) -> list[int]:
    """How wide each column is: as its longest cell, and where that is too much the wide ones share what is left."""
    widths = [max(len(row[index]) for row in cells) for index in range(len(table.columns))]
    over = sum(widths) + _GAP * (len(widths) - 1) - columns
    giving = [index for index, column in enumerate(table.columns) if column.wide]
    while over > 0 and any(widths[index] > _LEAST_WIDE for index in giving):
        widest = max(giving, key=widths.__getitem__)
        widths[widest] -= 1
        over -= 1
    return widths


def _folded(cell: str, width: int) -> list[str]:
    return textwrap.wrap(cell, max(width, 1)) or [""]


def _wrapped(lines: tuple[str, ...] | list[str], columns: int) -> list[str]:
    return [part for line in lines for part in textwrap.wrap(plain(line), columns, break_long_words=False)]


def _escaped(value: str) -> str:
    return _html.escape(plain(value))


def _marked(value: str) -> str:
    """Markdown that shows the text itself, on one line."""
    return _MARKUP.sub(r"\\\1", plain(value))


_FORMS: Final[dict[Format, Callable[[Document], str]]] = {"text": text, "markdown": markdown, "html": html}
