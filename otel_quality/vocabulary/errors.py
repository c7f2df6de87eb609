"""Errors that cross rooms, and the one question each answers: will the same input fail again?

OtelQualityError
├── ConfigError      a setting is wrong; the message names every problem and the allowed names
└── RequestError     an OTLP request cannot be taken
    ├── Malformed        the body is no OTLP message: permanent
    ├── TooLarge         over the size or span limit: permanent
    ├── Unsupported      content type, encoding or signal we do not speak: permanent
    └── Overloaded       try again in a moment: temporary
"""


class OtelQualityError(Exception):
    """Base of everything this package raises on purpose."""


class ConfigError(OtelQualityError):
    """Wrong settings. `problems` holds one line per setting; str() joins them."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class RequestError(OtelQualityError):
    """An OTLP request that is answered with an error and changes nothing."""


class Malformed(RequestError):
    """The body is not what it says it is."""


class TooLarge(RequestError):
    """The body, inflated, or its number of spans is over the limit."""


class Unsupported(RequestError):
    """A content type, content encoding or signal this server does not speak."""


class Overloaded(RequestError):
    """The waiting requests fill the memory set aside for them."""


class Unavailable(RequestError):
    """The processor is stopping, or failed in a way that is not the request's doing."""
