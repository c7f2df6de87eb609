"""How a call that did not succeed has ended, and the type of error its span names.

Refuses to look into messages: they carry prompt text.
"""

from otel_quality.sdk import border
from otel_quality.sdk.reading import Reading, field
from otel_quality.vocabulary.outcomes import Outcome, from_error_type
from otel_quality.vocabulary.stops import StopClass, classify

_REFUSALS = frozenset({StopClass.FILTER, StopClass.REFUSAL})


def error_type(error: BaseException) -> str:
    """The exception's class with its module; of the builtins the name alone.

    >>> error_type(ValueError()), error_type(__import__("asyncio").CancelledError())
    ('ValueError', 'asyncio.exceptions.CancelledError')
    """
    kind = type(error)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


def outcome(error: BaseException) -> Outcome:
    """How the call ended.

    A closed generator is abandoned, an interrupt or exit cancelled; a TimeoutError or a name with a timeout in it is a timeout;
    an error whose `code` is a provider's word for a content filter is a refusal (Azure answers a filtered prompt so).
    """
    if isinstance(error, GeneratorExit):
        return Outcome.ABANDONED
    if isinstance(error, (KeyboardInterrupt, SystemExit)):
        return Outcome.CANCELLED
    if isinstance(error, TimeoutError):
        return Outcome.TIMEOUT
    code = field(error, "code")
    if isinstance(code, str) and classify(code) in _REFUSALS:
        return Outcome.REFUSAL
    return from_error_type(error_type(error))


def verdict(reading: Reading | None, error: BaseException | None) -> tuple[Outcome, str | None]:
    """Outcome and error type of a call that raised, or whose response tells of a failure, or else refuses."""
    if error is not None:
        ended = border.run(outcome, error) or Outcome.ERROR
        return ended, None if ended is Outcome.ABANDONED else error_type(error)
    told = None if reading is None else reading.error_type
    return (Outcome.REFUSAL if told is None else Outcome.ERROR), told
