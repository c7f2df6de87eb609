"""Numbers of a session that only its text can tell and that calibration learns from, and clues to its group. No text is kept.

A clue is a hash of a tool's name, of a word of the first request, or of a line of the system prompt: enough to say which of the labelled
groups a session is most like, too little to read.
"""

import re
import zlib
from collections.abc import Iterable, Sequence
from typing import Final

from otel_quality.core.sessions.record import ToolUse
from otel_quality.core.sessions.shapes import Turn

CLUES: Final = 96
"""Clues of one kind that are kept, those with the lowest hashes: the same choice for the same text."""
_PROMPT_CHARACTERS: Final = 2_000
_WORD: Final = re.compile(r"[a-z]{3,}")


def of(read: Sequence[Turn], uses: Sequence[ToolUse]) -> tuple[tuple[str, float], ...]:
    """What a message list tells beyond the record's own fields."""
    return ()


def clues(read: Sequence[Turn]) -> frozenset[int]:
    """Hashes of what the session is about and of what it works with."""
    system = next((turn.text for turn in read if turn.role == "system"), "")[:_PROMPT_CHARACTERS]
    request = next((turn.text for turn in read if turn.role == "user"), "")[:_PROMPT_CHARACTERS]
    kinds: dict[str, list[str]] = {
        "first": [read[0].role] if read else [],
        "tool": [call.tool for turn in read for call in turn.calls],
        "line": [line.strip() for line in system.splitlines() if line.strip()],
        "word": _WORD.findall(request.lower()),
    }
    return frozenset(clue for kind, texts in kinds.items() for clue in _lowest(kind, texts))


def _lowest(kind: str, texts: Iterable[str]) -> list[int]:
    return sorted({zlib.crc32(f"{kind}:{text}".encode("utf-8", "surrogatepass")) for text in texts})[:CLUES]
