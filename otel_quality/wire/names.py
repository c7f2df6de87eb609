"""What a name must be before it may become a label: printable, bounded, never empty."""

from functools import lru_cache

from otel_quality.vocabulary.measures import GENERAL, RESERVED_TASKS, UNKNOWN
from otel_quality.vocabulary.names import MAX_LENGTH, clean

__all__ = ["MAX_LENGTH", "clean", "label", "task"]


@lru_cache(maxsize=4096)
def label(name: str | bytes) -> str:
    """A backend, model or type of error as a label; `unknown` where it is empty."""
    return clean(name) or UNKNOWN


@lru_cache(maxsize=1024)
def task(name: str | bytes) -> str:
    """A task as a label: `general` where it is empty; a reserved name gets a `_`."""
    text = clean(name) or GENERAL
    return f"{text}_" if text in RESERVED_TASKS else text
