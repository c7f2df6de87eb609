"""The conversation that spans belong to, and what else the spans inside a block inherit.

Carried in the OpenTelemetry context, so that it follows the program wherever spans find their parents: into coroutines, tasks,
and the steps of a generator. Emits a span only when told how the session ended.

Decision: no decorator form. `contextlib.ContextDecorator` would enter and leave before a coroutine or generator has run.
"""

import time
from types import TracebackType
from typing import Final, Self

from opentelemetry import context as otel_context
from opentelemetry import trace

from otel_quality.sdk import border
from otel_quality.vocabulary import attributes as names

INHERITED: Final = (names.CONVERSATION_ID, names.AGENT_NAME)
"""Context keys whose values go on every span begun inside; a span's own value wins."""

FIRST_REQUEST: Final = "otel_quality.first_request"
"""Context key of the `FirstRequest` of the session around."""

_tracer = trace.get_tracer("otel_quality")


class FirstRequest:
    """Whether a session's first request was seen: it tells what kind of work the session is about."""

    __slots__ = ("seen",)

    def __init__(self) -> None:
        self.seen = False


class session:
    """Put `gen_ai.conversation.id` on every span begun inside; for `with` and `async with`.

    Args:
        conversation_id: Any text that names the conversation; other values are taken as `str` gives them; None and an empty text are no
            conversation.
        end: The session ends with this block: a span of zero length with `otel_quality.session.end` is sent.
        success: Whether the session reached its goal; implies `end`. May be set on the session inside the block. Where it is
            not said and an exception leaves the block, it is False.
    """

    def __init__(self, conversation_id: object, *, end: bool = False, success: bool | None = None) -> None:
        self.id = "" if conversation_id is None else border.run(str, conversation_id) or ""
        self.ends = end
        self.success = success

    def __enter__(self) -> Self:
        border.run(self._enter)
        return self

    def _enter(self) -> None:
        self._previous = otel_context.get_current()
        self._context = self._previous
        if self.id:
            named = otel_context.set_value(names.CONVERSATION_ID, self.id)
            self._context = otel_context.set_value(FIRST_REQUEST, FirstRequest(), named)
        otel_context.attach(self._context)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace_back: TracebackType | None) -> None:
        border.run(self._leave, error)

    def _leave(self, error: BaseException | None) -> None:
        if self.ends or self.success is not None:
            border.run(self._send_end, isinstance(error, Exception))
        if not isinstance(error, GeneratorExit) or otel_context.get_current() is self._context:
            otel_context.attach(self._previous)  # a coroutine closed somewhere else than where it ran leaves that place alone

    def _send_end(self, failed: bool) -> None:
        now_ns = time.time_ns()
        attributes: dict[str, str | bool] = {names.CONVERSATION_ID: self.id, names.SESSION_END: True}
        if self.success is not None or failed:
            attributes[names.SESSION_SUCCESS] = bool(self.success)
        _tracer.start_span("session", attributes=attributes, start_time=now_ns).end(end_time=now_ns)

    async def __aenter__(self) -> Self:
        return self.__enter__()

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace_back: TracebackType | None) -> None:
        self.__exit__(kind, error, trace_back)
