"""The environment of the demo's two processes, so that the demo is the same everywhere.

The one place beside the configuration and the SDK that reads variables, and it reads none for its value: it takes the user's
OTEL_* settings away, because a proxy, a sampler or another endpoint of theirs would make it show something else.
"""

import os
from typing import Final

_PREFIX: Final = "OTEL_"


def of_child() -> dict[str, str]:
    """For the processor: ours without settings, and with refreshes twice a second."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_PREFIX)}
    return kept | {"PYTHONUNBUFFERED": "1", "OTEL_QUALITY_SERVER_TICK_S": "0.5"}


def ask_at(url: str) -> None:
    """Where the SDK asks for predictions: the demo's own processor."""
    os.environ["OTEL_QUALITY_API_URL"] = url


def settle(*, ours: bool) -> None:
    """Prepare this process for the SDK: spans leave twice a second.

    Args:
        ours: the receiver is the demo's own processor; else the user's settings (headers, certificates) stay.
    """
    for name in [name for name in os.environ if ours and name.startswith(_PREFIX)]:
        del os.environ[name]
    os.environ["OTEL_BSP_SCHEDULE_DELAY"] = "500"
