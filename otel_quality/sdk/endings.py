"""Exception to outcome: how a call that raised has ended, and the type of error its span names.

Refuses to look into messages: they carry prompt text.
"""

from otel_quality.sdk.reading import field
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
