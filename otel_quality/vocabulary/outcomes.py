"""How an LLM call ended, and how an error's type decides it.

`cancelled` and `abandoned` are the caller's doing: counted, but in no score or drift window.
"""

import re
from enum import IntEnum
from typing import Final


class Outcome(IntEnum):
    """The six endings. Values are column codes; the lower-case name is the label and attribute value."""

    SUCCESS = 0
    ERROR = 1
    REFUSAL = 2
    TIMEOUT = 3
    CANCELLED = 4
    ABANDONED = 5

    @property
    def label(self) -> str:
        return self.name.lower()


SCORED: Final = (Outcome.SUCCESS, Outcome.ERROR, Outcome.REFUSAL, Outcome.TIMEOUT)
"""Outcomes that enter windows, in column-code order."""

BY_LABEL: Final = {outcome.label: outcome for outcome in Outcome}

_TIMEOUT: Final = re.compile(r"time[\s_-]?d?[\s_-]?out|deadline", re.IGNORECASE)
_CANCELLED: Final = re.compile(r"cancel", re.IGNORECASE)


def from_error_type(error_type: str) -> Outcome:
    """The outcome that an error's type names: timeout, cancelled, else error.

    >>> from_error_type("openai.APITimeoutError").label
    'timeout'
    >>> from_error_type("asyncio.CancelledError").label
    'cancelled'
    >>> from_error_type("rate_limit").label
    'error'
    """
    if _TIMEOUT.search(error_type):
        return Outcome.TIMEOUT
    return Outcome.CANCELLED if _CANCELLED.search(error_type) else Outcome.ERROR
