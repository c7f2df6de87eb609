"""The dashboards, one module each."""

from collections.abc import Callable
from typing import Any, Final

from grafana.boards import backend, drift, evaluations, overview, sessions, tools

BOARDS: Final[tuple[Callable[[], dict[str, Any]], ...]] = (
    overview.build,
    drift.build,
    backend.build,
    sessions.build,
    tools.build,
    evaluations.build,
)
