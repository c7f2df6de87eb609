"""Session files: JSON or JSON lines, plain or packed with gzip or xz, to sessions one by one.

A file may hold one session (a message list, or an object with `messages`), a list of sessions, or a session per line. What is wrong is
told with the file's name and the line; the other sessions are given all the same.

Decision: a file whose first line is no JSON is one document over many lines, unless its name says that it holds lines.
"""

import gzip
import json
import lzma
import zlib
from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO, Final

from otel_quality.core.sessions.exports import is_export
from otel_quality.core.sessions.shapes import LISTS

File = BinaryIO | gzip.GzipFile | lzma.LZMAFile
Bad = Callable[[str], None]
"""Takes one line that says what is wrong."""

_GZIP: Final = b"\x1f\x8b"
_XZ: Final = b"\xfd7zXZ\x00"
_LINES: Final = (".jsonl", ".ndjson")
_SUFFIXES: Final = (".json", *_LINES)
_UNREADABLE: Final = (OSError, EOFError, lzma.LZMAError, zlib.error, UnicodeDecodeError)


def found(paths: tuple[str, ...]) -> list[Path]:
    """The files that are named, and those in the directories that are named."""
    given = [Path(path) for path in paths]
    return [
        file
        for path in given
        for file in (sorted(each for each in path.iterdir() if set(each.suffixes) & set(_SUFFIXES)) if path.is_dir() else [path])
    ]


def sessions(path: Path, bad: Bad) -> Iterator[tuple[str, Any]]:
    """Every session of a file with where it stands (`file` or `file:line`).

    Args:
        path: the file.
        bad: told what cannot be read; reading goes on where there is more.
    """
    try:
        with path.open("rb") as raw:
            start = raw.read(len(_XZ))
            raw.seek(0)
            yield from _parsed(_unpacked(raw, start), str(path), bad)
    except _UNREADABLE as error:
        bad(f"{path}: {_said(error)}")


def _unpacked(raw: BinaryIO, start: bytes) -> File:
    if start.startswith(_GZIP):
        return gzip.open(raw)
    return lzma.open(raw) if start == _XZ else raw


def _parsed(file: File, name: str, bad: Bad) -> Iterator[tuple[str, Any]]:
    lines = ((number, line) for number, line in enumerate(file, 1) if line.strip())
    first = next(lines, None)
    if first is None:
        bad(f"{name}: the file is empty")
        return
    if not set(Path(name).suffixes) & set(_LINES):
        try:
            json.loads(first[1])
        except (ValueError, RecursionError):
            yield from _document(first[1] + file.read(), name, bad)
            return
    for number, line in chain([first], lines):
        yield from _document(line, f"{name}:{number}", bad)


def _document(text: bytes, where: str, bad: Bad) -> Iterator[tuple[str, Any]]:
    try:
        value = json.loads(text)
    except RecursionError:
        bad(f"{where}: no session: it is nested too deeply")
    except ValueError as error:
        bad(f"{where}: not JSON: {error}")
    else:
        yield from _several(value, where, bad)


def _several(value: Any, where: str, bad: Bad) -> Iterator[tuple[str, Any]]:
    """A list in which there is a session is a list of sessions; anything else is one."""
    if value == []:
        bad(f"{where}: the list is empty: it holds neither sessions nor messages")
    elif isinstance(value, list) and any(map(_is_session, value)):
        yield from ((f"{where}[{number}]", each) for number, each in enumerate(value))
    else:
        yield where, value


def _is_session(value: Any) -> bool:
    return (
        isinstance(value, list) or is_export(value) or (isinstance(value, dict) and any(isinstance(value.get(key), list) for key in LISTS))
    )


def _said(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    if isinstance(error, EOFError):
        return "the file ends too early"
    return f"cannot be read: {error}"
