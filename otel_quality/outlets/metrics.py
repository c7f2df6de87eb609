"""The /metrics page: the present snapshot, the summary of history and the processor's health as text or OpenMetrics.

Answers with bytes; does no network, holds no counter of its own and no collector of the client library's defaults (their
`process_`, `python_` names are nobody's contract).

Decision: what snapshot and history say is rendered once per pair of them and format, and its bytes are shared between scrapers; the
health's part, some twenty lines, is new each time, because an idle processor keeps its snapshot while its memory and CPU
time go on. Exemplars exist in OpenMetrics only. `_created` series are never written: they double every counter.
"""

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Final

from prometheus_client import CollectorRegistry, exposition
from prometheus_client.metrics_core import Metric as Family
from prometheus_client.openmetrics import exposition as openmetrics
from prometheus_client.registry import Collector

from otel_quality.core.history import History
from otel_quality.core.snapshot import Snapshot
from otel_quality.outlets.families import Health, of_health, of_quality

__all__ = ["OPENMETRICS", "TEXT", "Exposition", "Health", "negotiate"]

TEXT: Final = exposition.CONTENT_TYPE_PLAIN_0_0_4
OPENMETRICS: Final = openmetrics.CONTENT_TYPE_LATEST
_EOF: Final = b"# EOF\n"
_NO_HISTORY: Final = History()


class Exposition:
    """What a scraper gets.

    Args:
        read: gives the present snapshot.
        health: gives the processor's health at this moment.
        version: of this package, for the build info.
        history: gives the present summary of history; the same one as long as nothing has changed.

    Safe to call from several threads; `render_duration_s` is how long the latest new page took.
    """

    def __init__(
        self,
        read: Callable[[], Snapshot],
        health: Callable[[], Health],
        *,
        version: str,
        history: Callable[[], History] = lambda: _NO_HISTORY,
    ) -> None:
        self.render_duration_s = 0.0
        self._read = read
        self._read_history = history
        self._health = health
        self._version = version
        self._lock = threading.Lock()
        self._shown: tuple[Snapshot, History] | None = None
        self._pages: dict[str, bytes] = {}

    def render(self, accept: str) -> tuple[bytes, str]:
        """The page and its content type, for a request's Accept header (empty: anything)."""
        content_type = negotiate(accept)
        health = _encode(partial(of_health, self._health(), version=self._version), content_type)
        return self._quality_page(content_type) + health, content_type

    def _quality_page(self, content_type: str) -> bytes:
        with self._lock:
            snapshot, history = self._read(), self._read_history()
            if self._shown is None or snapshot is not self._shown[0] or history != self._shown[1]:
                self._shown = snapshot, history
                self._pages = {}
            if content_type not in self._pages:
                began = time.perf_counter()
                self._pages[content_type] = _encode(partial(of_quality, snapshot, history), content_type).removesuffix(_EOF)
                self.render_duration_s = time.perf_counter() - began
            return self._pages[content_type]


def negotiate(accept: str) -> str:
    """The content type for an Accept header: OpenMetrics where it is asked for at least as much as text, else text.

    >>> negotiate("application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1") == OPENMETRICS
    True
    >>> negotiate("text/plain") == negotiate("*/*") == negotiate("") == TEXT
    True
    """
    wanted = {"application/openmetrics-text": 0.0, "text/plain": 0.0}
    for part in accept.split(","):
        media, *parameters = (piece.strip().lower() for piece in part.split(";"))
        if media in wanted:
            wanted[media] = max(wanted[media], _quality(parameters))
    return OPENMETRICS if wanted["application/openmetrics-text"] > 0 and max(wanted, key=wanted.__getitem__) != "text/plain" else TEXT


def _quality(parameters: Iterable[str]) -> float:
    for parameter in parameters:
        if parameter.startswith("q="):
            try:
                return float(parameter[2:])
            except ValueError:
                return 0.0
    return 1.0


class _Families(Collector):
    """Hands given families to the client library's registry."""

    def __init__(self, families: Callable[[], Iterator[Family]]) -> None:
        self._families = families

    def collect(self) -> Iterator[Family]:
        return self._families()


def _encode(families: Callable[[], Iterator[Family]], content_type: str) -> bytes:
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Families(families))
    encode = openmetrics.generate_latest if content_type == OPENMETRICS else exposition.generate_latest
    page: bytes = encode(registry)
    return page
