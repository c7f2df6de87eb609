"""What a name is to both processes: printable and bounded. The SDK names a session in feedback as telemetry names it."""

import hashlib
import unicodedata
from typing import Final

MAX_LENGTH: Final = 128
_HASH_DIGITS: Final = 8


def clean(name: str | bytes) -> str:
    """A name without control characters and lone surrogates, cut to 128 characters; may be empty.

    A name that is cut ends in `~` and 8 hex digits of its SHA-256, so that long names stay apart.

    >>> clean("gpt\\n5"), len(clean("x" * 5000))
    ('gpt5', 128)
    """
    text = name.decode("utf-8", "replace") if isinstance(name, bytes) else name
    if not text.isprintable():
        text = text.encode("utf-8", "surrogatepass").decode("utf-8", "replace")
        text = "".join(c for c in text if unicodedata.category(c) != "Cc")
    text = text.strip()
    if len(text) > MAX_LENGTH:
        digest = hashlib.sha256(text.encode()).hexdigest()[:_HASH_DIGITS]
        text = f"{text[: MAX_LENGTH - _HASH_DIGITS - 1]}~{digest}"
    return text
