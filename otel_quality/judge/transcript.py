"""A transcript as text that can stand between two fences: one JSON object per line, cut to a bound, nothing in it able to end the fence.

    {"message": 3, "role": "call", "name": "git_status", "text": "{\\"path\\": \\".\\"}"}

What a session said is written by anybody: its user, a web page that a tool read, another model. So that it stays data,

    no new line     each piece is a JSON string; a line break in it is written \\n
    no `<`          written \\u003c, as JSON allows: neither a fence nor a template's mark (<|im_end|>, </s>, <start_of_turn>) can appear
    no `[INST]`     nor other marks of that form: their bracket is written \\u005b; [EMAIL] and other masks stay as they are
    nothing unseen  control characters, bidirectional marks, tag characters and lone surrogates are written as escapes

Decision: escapes of JSON, not other characters in their place: a model reads them without being told, and what a judge sees of a
program's text is still that text.
"""

import json
import re
from bisect import bisect_right
from itertools import accumulate
from typing import Final

from otel_quality.core.evaluations.record import Line, Transcript

_ONE: Final = 8
"""A single piece gets at most this part of the bound, so that one long tool result does not push out the session."""
_GROWTH: Final = 6
"""An escape has this many characters in the place of one."""
_LEAST: Final = 200
"""Characters that a piece may always have."""
_FIRST: Final = 3
"""What is left of a long session is this part from its beginning, where the request stands, and the rest from its end."""

_UNSEEN: Final = (
    "\\x7f-\\x9f\\xad\\u0600-\\u0605\\u061c\\u06dd\\u070f\\u0890-\\u0891\\u08e2\\u180e\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u206f"
    "\\ud800-\\uf8ff\\ufeff\\ufff0-\\ufffb\\U000110bd\\U000110cd\\U00013430-\\U0001343f\\U0001bca0-\\U0001bca3\\U0001d173-\\U0001d17a"
    "\\U000e0000-\\U000e0fff\\U000f0000-\\U0010ffff"
)
"""Controls, formats, surrogates, private use and line separators, as the inside of a character class."""
_BRACKETED: Final = (
    "INST|SYSTEM_PROMPT|AVAILABLE_TOOLS|TOOL_[A-Z]+|CALL_ID|ARGS|THINK|PREFIX|MIDDLE|SUFFIX|IMG[A-Z_]*|[A-Z_]*AUDIO|g?MASK|CLS|SEP"
)
"""Marks that Mistral's, GLM's and BERT's tokenizers know in square brackets; all others have angle brackets."""
_KEPT_OUT: Final = re.compile(rf"<|\[(?=/?(?:{_BRACKETED})\])|[{_UNSEEN}]")


def written(transcript: Transcript, *, max_chars: int) -> str:
    """The transcript's lines as text, about max_chars long at most.

    Long pieces lose their middle first; where that is not enough, whole lines of the middle are left out. What is left out is told.

    >>> print(written(Transcript((Line("user", "<b>hi\\n", message=0),)), max_chars=1000))
    {"message": 0, "role": "user", "text": "\\u003cb>hi\\n"}
    """
    longest = max(_LEAST, max_chars // _ONE)
    lines = [_line(line, longest) for line in transcript.lines]
    if transcript.cut:
        lines.append(_note(f"{transcript.cut} characters of the session were not kept"))
    if sum(map(len, lines)) + len(lines) > max_chars:
        lines = _without_middle(lines, max_chars)
    return "\n".join(lines)


def escaped(value: object) -> str:
    """JSON that shows nothing of what the module keeps out."""
    return _KEPT_OUT.sub(_escape, json.dumps(value, ensure_ascii=False))


def _escape(found: re.Match[str]) -> str:
    character = found[0]
    return f"\\u{ord(character):04x}" if character < "\x80" else json.dumps(character)[1:-1]


def _line(line: Line, longest: int) -> str:
    told: dict[str, object] = {"message": line.message, "role": line.role}
    if line.name:
        told["name"] = line.name
    full = escaped(told | {"text": shortened(line.text, longest)})
    return full if len(full) <= 2 * longest else escaped(told | {"text": shortened(line.text, longest // _GROWTH)})


def _note(text: str) -> str:
    return escaped({"note": text})


def shortened(text: str, longest: int) -> str:
    """The text without its middle where it is too long.

    >>> shortened("0123456789" * 30, 250)[-60:]
    '012345678901234567890123456789012345678901234567890123456789'
    """
    over = len(text) - longest
    if over <= 0:
        return text
    head = longest // 2
    return f"{text[:head]} ... {over} characters left out ... {text[len(text) - (longest - head) :]}"


def _without_middle(lines: list[str], max_chars: int) -> list[str]:
    first = _fitting(lines, max_chars // _FIRST)
    last = _fitting(lines[:first:-1], max_chars - max_chars // _FIRST)
    left_out = len(lines) - first - last
    return [*lines[:first], _note(f"{left_out} lines left out"), *lines[first + left_out :]]


def _fitting(lines: list[str], room: int) -> int:
    """How many lines fit, from the first one on."""
    return bisect_right(list(accumulate(len(line) + 1 for line in lines)), room)
