"""One step of a stream: the span is current while it runs, the consumer's context is back before the item is handed over.

Decision: what the step left current is current again in the next one, so that a span which a generator opens over a `yield`
stays the generator's own and never becomes the consumer's.
"""

from types import TracebackType
from typing import Self

from opentelemetry import context as otel_context

from otel_quality.sdk import border
from otel_quality.sdk.call import Call

_STOPS = (StopIteration, StopAsyncIteration)


class Step:
    """A context manager around one step; an exception ends the call, the end of the stream with success."""

    __slots__ = ("_attached", "_call", "_previous")

    def __init__(self, call: Call) -> None:
        self._call = call

    def __enter__(self) -> Self:
        border.run(self._enter)
        return self

    def _enter(self) -> None:
        self._previous = otel_context.get_current()
        self._attached = self._call.context
        otel_context.attach(self._attached)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace_back: TracebackType | None) -> None:
        border.run(self._leave, error)
        if error is not None:
            self._call.end(None if isinstance(error, _STOPS) else error)

    def _leave(self, error: BaseException | None) -> None:
        """As `Call` leaves: not where an asynchronous step is closed somewhere else than where it ran."""
        current = otel_context.get_current()
        if not isinstance(error, GeneratorExit) or current is self._attached:
            self._call.context = current
            otel_context.attach(self._previous)
