"""What calls to a judge take: tokens as the backend counts them, and their price.

Where a backend does not tell (or the connection broke after it may have worked) tokens are estimated from the text, rather too high
than too low: a budget must hold also against a backend that keeps silent.
"""

import math
from typing import Final

from otel_quality.core.evaluations.record import Spent
from otel_quality.judge.backends.calls import Reply, Request
from otel_quality.judge.backends.failures import CallFailed
from otel_quality.judge.config import Backend

BYTES_PER_TOKEN: Final = 3.5
"""Of UTF-8. English prose has 4 to 5 in common tokenizers, code and JSON 3 to 4, and most other scripts 3 or more."""
TYPICAL_OUTPUT_TOKENS: Final = 400
"""Of one answer: seven scores and a comment of 150 words, rounded up; only for estimates before a run."""


def tokens(text: str) -> int:
    """About how many tokens a text has.

    >>> tokens("Twelve words of plain English are about this many tokens, or fewer.")
    20
    """
    return math.ceil(len(text.encode(errors="replace")) / BYTES_PER_TOKEN)


def spent(backend: Backend, input_tokens: int, output_tokens: int, *, calls: int = 1) -> Spent:
    """Calls with their price."""
    return Spent(calls, input_tokens, output_tokens, backend.usd(input_tokens, output_tokens))


class Meter:
    """Adds up what the calls for one assessment took, those that failed included."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self.spent = Spent()

    def answered(self, request: Request, reply: Reply) -> None:
        """A call came back with an answer, usable or not."""
        asked = asked_tokens(request) if reply.input_tokens is None else reply.input_tokens
        said = tokens(reply.text) if reply.output_tokens is None else reply.output_tokens
        self.spent += spent(self._backend, asked, said)

    def failed(self, request: Request, failure: CallFailed) -> None:
        """A call came back without an answer; it cost what was asked where the backend may have worked on it."""
        self.spent += spent(self._backend, asked_tokens(request) if failure.worked else 0, 0)


def asked_tokens(request: Request) -> int:
    """About how many tokens a request has."""
    return tokens(request.system) + tokens(request.user)
