"""Who takes the requests that the servers receive, and within which limits."""

from dataclasses import dataclass
from typing import Final, Literal, Protocol

from otel_quality.vocabulary.errors import RequestError

Signal = Literal["traces", "logs", "metrics"]
SIGNALS: Final[tuple[Signal, ...]] = ("traces", "logs", "metrics")


@dataclass(frozen=True, slots=True)
class Limits:
    """What one request and all waiting ones may hold.

    Attributes:
        request_bytes: size of a request after decompression; 1 to 2 GiB - 1.
        request_spans: spans in a request; >= 1.
        waiting_bytes: size of all requests that wait; at least one request's.
        read_timeout_s: seconds; a request of which nothing more comes for so long is dropped; > 0.
    """

    request_bytes: int = 64 << 20
    request_spans: int = 200_000
    waiting_bytes: int = 256 << 20
    read_timeout_s: float = 10.0

    def __post_init__(self) -> None:
        if not 1 <= self.request_bytes < 1 << 31 or self.request_spans < 1:
            raise ValueError("request_bytes must be 1 to 2147483647 and request_spans at least 1")
        if self.waiting_bytes < self.request_bytes:
            raise ValueError("waiting_bytes must be at least request_bytes")
        if not self.read_timeout_s > 0:
            raise ValueError("read_timeout_s must be above 0")


class Receiver(Protocol):
    """The one who applies requests."""

    async def receive(self, signal: Signal, body: bytes) -> bytes:
        """Take a serialized request; it has been applied when this returns.

        Returns:
            The serialized answer: empty, or a partial success.

        Raises:
            RequestError: it was not taken and changed nothing.
        """

    def refused(self, signal: Signal, error: RequestError) -> None:
        """Note that a server answered a request with an error."""
