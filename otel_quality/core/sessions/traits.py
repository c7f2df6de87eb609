"""Numbers of a session that only its text can tell, for calibration: traits, a sketch of its words, and clues to its group.

No text is kept. A clue is a hash of a tool's name, of a word of the first request, or of a line of the system prompt: enough to say which
of the labelled groups a session is most like, too little to read. The sketch counts words and pairs of words in 2,048 classes by
their hash, on a logarithmic scale of 16 steps: words that share a class cannot be told apart.

Decision: variety (how many different words among all) beside volume, because volume says how much effort a session took and variety
whether it went round in circles; of all that was tried on labelled sessions these two point the same way in every source.
"""

import re
import zlib
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise
from math import log1p
from typing import Final

from otel_quality.core.sessions.shapes import Turn

CLASSES: Final = 2_048
"""Hash classes of the sketch."""
_STEPS_PER_E: Final = 3
_MOST: Final = 15
CLUES: Final = 96
"""Clues of one kind that are kept, those with the lowest hashes: the same choice for the same text."""
READ_CHARACTERS: Final = 100_000
"""Of what one side said in a session, so many characters are read."""
_PROMPT_CHARACTERS: Final = 2_000
_WORD: Final = re.compile(r"\w+")
_LONG_WORD: Final = re.compile(r"[a-z]{3,}")
_HEDGES: Final = re.compile(
    r"\b(?:however|but|unfortunately|apologi[sz]e|sorry|might|maybe|perhaps|seems?|appears?|likely|probably|assum\w+|not sure|unclear"
    r"|i think|try|let's|should|could be)\b"
)


def of(read: Sequence[Turn]) -> tuple[tuple[str, float], ...]:
    """What a message list tells beyond the record's own fields: counts of characters and words, shares, varieties (0-1)."""
    answers = [turn for turn in read if turn.role == "assistant"]
    users = [turn.text for turn in read if turn.role == "user"]
    results = [result.text for turn in read for result in turn.results]
    arguments = [call.arguments for turn in read for call in turn.calls]
    said = _joined(turn.text for turn in answers)
    words = _WORD.findall(said.lower())
    shown, asked = _joined(results), _joined(arguments)
    found = {
        "words": len(words),
        "variety": _variety(words),
        "pair_variety": _variety(list(pairwise(words))),
        "volume": len(zlib.compress((said + asked + shown).encode("utf-8", "surrogatepass"), 1)),
        "hedges": len(_HEDGES.findall(said.lower())),
        "ends_with_tool": bool(read and read[-1].role == "tool"),
        "answers_without_calls": sum(not turn.calls for turn in answers) / max(1, len(answers)),
        "user_turns": len(users),
        "user_characters": sum(map(len, users)),
        "request_characters": len(users[0]) if users else 0,
        "arguments_variety": _variety(_WORD.findall(asked.lower())),
        "arguments_longest": max(map(len, arguments), default=0),
        "arguments_mean": sum(map(len, arguments)) / max(1, len(arguments)),
        "results_variety": _variety(_WORD.findall(shown.lower())),
        "results_characters": sum(map(len, results)),
        "results_longest": max(map(len, results), default=0),
    }
    return tuple((name, round(float(value), 6)) for name, value in found.items())


def sketch(read: Sequence[Turn]) -> str:
    """How often words of each class occur in what the assistant and the user say and in what tools are asked, a hex digit each.

    Of the assistant also pairs of words that follow each other: they tell a plan from a guess.
    """
    said = _words(turn.text for turn in read if turn.role == "assistant")
    words = Counter(said)
    words.update(_words(turn.text for turn in read if turn.role == "user"))
    words.update(_words(call.arguments for turn in read for call in turn.calls))
    words.update(map(" ".join, pairwise(said)))
    counts = [0] * CLASSES
    for word, count in words.items():
        counts[zlib.crc32(word.encode("utf-8", "surrogatepass")) % CLASSES] += count
    return "".join(f"{min(_MOST, round(_STEPS_PER_E * log1p(count))):x}" for count in counts)


def _words(texts: Iterable[str]) -> list[str]:
    return _WORD.findall(_joined(texts).lower())


def clues(read: Sequence[Turn]) -> frozenset[int]:
    """Hashes of what the session is about and of what it works with."""
    system = next((turn.text for turn in read if turn.role == "system"), "")[:_PROMPT_CHARACTERS]
    request = next((turn.text for turn in read if turn.role == "user"), "")[:_PROMPT_CHARACTERS]
    kinds: dict[str, list[str]] = {
        "first": [read[0].role] if read else [],
        "tool": [call.tool for turn in read for call in turn.calls],
        "line": [line.strip() for line in system.splitlines() if line.strip()],
        "word": _LONG_WORD.findall(request.lower()),
    }
    return frozenset(clue for kind, texts in kinds.items() for clue in _lowest(kind, texts))


def _lowest(kind: str, texts: Iterable[str]) -> list[int]:
    return sorted({zlib.crc32(f"{kind}:{text}".encode("utf-8", "surrogatepass")) for text in texts})[:CLUES]


def _joined(texts: Iterable[str]) -> str:
    """Texts one after the other, within the bound."""
    kept: list[str] = []
    room = READ_CHARACTERS
    for text in texts:
        if room <= 0:
            break
        kept.append(text[:room])
        room -= len(text) + 1
    return " ".join(kept)


def _variety(items: Sequence[object]) -> float:
    return len(set(items)) / (1 + len(items))
