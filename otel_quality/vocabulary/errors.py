"""Errors that cross rooms, and the one question each answers: will the same input fail again?

OtelQualityError
├── ConfigError      a setting is wrong; the message names every problem and the allowed names
├── StoreError       history cannot be kept
│   ├── StoreUnavailable   full disk, locked file, server away: temporary
│   │   └── StoreUnreachable   the server cannot be connected to, which may take seconds to find out: temporary
│   └── StoreRefused       newer schema, wrong address or rights: permanent
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


class StoreError(OtelQualityError):
    """History cannot be read or written."""


class StoreUnavailable(StoreError):
    """The disk is full, the file locked or the server away; the same call may succeed later."""


class StoreUnreachable(StoreUnavailable):
    """There is no connection to be had, so that nothing else can be asked either until the next attempt."""


class StoreRefused(StoreError):
    """The store cannot be used as it is; the message says what to do."""


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
