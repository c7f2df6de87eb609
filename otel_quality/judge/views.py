"""Text as masking looks at it: with what hides a secret taken away, and the way back to the places in the text itself.

read       escapes of JSON strings are space, full-width and styled letters plain, letters of alphabets an `x`, zero-width ones gone
unwrapped  lines put together, as a terminal or a mail program has wrapped them
"""

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

_ESCAPED: Final = re.compile(r"\\+(.)", re.DOTALL)
_WRAPPED: Final = re.compile(r"(?<=[\w\-+/=])[ \t]*\\?\r?\n[ \t]*(?=[\w\-+/=])")
_ESCAPES: Final = {"n": "\n", "r": "\n", "t": " ", "b": " ", "f": " ", "\\": " "}


@dataclass(frozen=True, slots=True)
class View:
    """A text to look at.

    Attributes:
        places: of each of its characters in the text it is of; None where they are the same.
    """

    text: str
    places: list[int] | None = None

    def place(self, start: int, end: int) -> tuple[int, int]:
        """Where something stands in the text that this is a view of."""
        return (start, end) if self.places is None else (self.places[start], self.places[end - 1] + 1)


def read(text: str) -> View:
    """As a reader sees it."""
    seen = _ESCAPED.sub(_escape, text) if "\\" in text else text
    if seen.isascii():
        return View(seen)
    plain = {ord(character): _plain(character) for character in set(seen) if character > "\x7f"}
    if "" not in plain.values():
        return View(seen.translate(plain))
    places = [place for place, character in enumerate(seen) if plain.get(ord(character), character)]
    return View(seen.translate(plain), places)


def unwrapped(view: View) -> View | None:
    """Lines put together; None where nothing is wrapped. Its places are those in the view."""
    parts: list[str] = []
    places: list[int] = []
    at = 0
    for match in _WRAPPED.finditer(view.text):
        parts.append(view.text[at : match.start()])
        places += range(at, match.start())
        at = match.end()
    if not at:
        return None
    places += range(at, len(view.text))
    return View("".join((*parts, view.text[at:])), places)


def _escape(match: re.Match[str]) -> str:
    """What an escape stands for, as long as the escape; one that was escaped again is still one."""
    return " " * (len(match[0]) - 1) + _ESCAPES.get(match[1], match[1])


def _plain(character: str) -> str:
    """A character that patterns for ASCII see as what it is."""
    if unicodedata.category(character) == "Cf":
        return ""
    folded = unicodedata.normalize("NFKD", character)
    if folded[0].isascii() and all(map(unicodedata.combining, folded[1:])):
        return folded[0]
    if character.isdecimal():
        return str(unicodedata.decimal(character))
    if character.isalpha() and unicodedata.east_asian_width(character) not in "WF":
        return "x"
    return " " if character.isspace() else "\x7f"
