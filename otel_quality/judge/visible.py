"""The calls of judges go as spans to a processor, so that a judge is seen like any other backend.

By the SDK's public names only, as a user's program would do it.
"""

from collections.abc import Callable

import otel_quality as oq


def send_spans(endpoint: str | None) -> Callable[[], None]:
    """Send them from now on, once per process.

    Args:
        endpoint: base address of OTLP/HTTP; None: where the OTEL_* variables say.

    Returns:
        What sends the rest and ends it; it may take seconds, and is for no event loop.

    Raises:
        ConfigError: an OTEL_* variable is wrong.
    """
    return oq.configure(endpoint=endpoint, service_name="otel-quality-judge").shutdown
