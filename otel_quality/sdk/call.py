"""The span of one LLM call, tool execution or agent run: begun, made current, read from what was returned, ended once.

Keeps no argument and no result. Raises nothing (see border). Holds no context over a suspension: a stream makes the span
current for each step and puts the consumer's context back before it hands the item over.

Decision: one class for every kind of callable. The wrappers differ in `await` and `yield` only, and all of them are
`with Call(...) as call: return call.returned(...)`; a stream takes the call over and ends it when it ends.

Decision: on leaving, the context before is attached again instead of resetting the token. Tokens are bound to the context they
were made in, and a coroutine that is dropped is closed in whatever context the garbage collector runs.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from opentelemetry import context as otel_context
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import Span, SpanKind, StatusCode

from otel_quality.sdk import border, content, endings
from otel_quality.sdk.reading import Reading, field
from otel_quality.sdk.request import Parameters, Read
from otel_quality.sdk.sessions import FIRST_REQUEST, INHERITED, FirstRequest
from otel_quality.sdk.shapes import read
from otel_quality.vocabulary import attributes as names
from otel_quality.vocabulary.outcomes import Outcome
from otel_quality.vocabulary.signs import task_type

SNAPSHOTS = ("current_message_snapshot", "current_completion_snapshot")
"""Where the streaming helpers of Anthropic and OpenAI keep the whole response, whichever of their iterators was used."""

_tracer = trace.get_tracer("otel_quality")
_SUCCESS = Outcome.SUCCESS.label


@dataclass(frozen=True, slots=True)
class Plan:
    """What every span of one observed callable has in common.

    Attributes:
        name: the span's name.
        attributes: known before the call.
        kind: CLIENT for LLM calls.
        operation: `chat`, `execute_tool` or `invoke_agent`; responses are read for the first.
        adopt: reads a result, or puts a proxy before it; gives None where the result itself is to be returned.
        parameters: the callable's signature; None where there is no callable.
        request: further attributes, read from the arguments of each call.
        inherited: entries for the context inside the call.
    """

    name: str
    attributes: Mapping[str, Any]
    kind: SpanKind
    operation: str
    adopt: "Adopt"
    parameters: Parameters | None = None
    request: Read | None = None
    inherited: Mapping[str, str] | None = None


class Call:
    """One span. A context manager: on leaving, the span ends unless a stream has taken the call over."""

    __slots__ = (
        "__weakref__",
        "_args",
        "_attached",
        "_ended",
        "_held",
        "_kwargs",
        "_previous",
        "_reading",
        "_recording",
        "_source",
        "_span",
        "_started_s",
        "context",
        "plan",
        "ttfc_s",
    )

    def __init__(self, plan: Plan, args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] | None = None) -> None:
        self.plan = plan
        self._args = args
        self._kwargs = kwargs
        self._attached = False
        self._ended = True
        self._held = False
        self._source: object = None
        self._reading: Reading | None = None
        self.ttfc_s: float | None = None

    def __enter__(self) -> Self:
        border.run(self._begin)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace_back: TracebackType | None) -> None:
        if self._attached:
            border.run(self._exit, error)

    def __del__(self) -> None:
        if not self._ended:
            self.close()

    def _begin(self) -> None:
        plan = self.plan
        self._previous = otel_context.get_current()
        attributes = plan.attributes
        if plan.request is not None:
            attributes = {**attributes, **(border.run(plan.request, self._args, self._kwargs or {}) or {})}
        if self._previous:
            attributes = {**{key: self._previous[key] for key in INHERITED if key in self._previous}, **attributes}
        span = self._span = _tracer.start_span(plan.name, self._previous, kind=plan.kind, attributes=attributes)
        self._started_s = time.perf_counter()
        context = trace.set_span_in_context(span, self._previous)
        if plan.inherited:
            for key, value in plan.inherited.items():
                context = otel_context.set_value(key, value, context)
        self.context: Context = context
        self._recording = span.is_recording()
        if not self._recording and not span.get_span_context().is_valid:
            return  # no provider is set: there is nothing to observe
        self._ended = False
        otel_context.attach(context)
        self._attached = True
        if self._recording and plan.operation == names.INVOKE_AGENT and self._previous:
            border.run(self._mark_end)
        if self._recording and plan.parameters is not None:
            if self._previous or plan.operation == names.INVOKE_AGENT:
                border.run(self._infer_task_type, plan.parameters)
            if content.capturing():
                border.run(self._capture_input, plan.parameters)
        self._args, self._kwargs = (), None

    def _mark_end(self) -> None:
        """An agent's run that no other is around ends its session; where it has no span above, everybody sees that by itself."""
        if names.AGENT_NAME not in self._previous and trace.get_current_span(self._previous).get_span_context().is_valid:
            self._span.set_attribute(names.SESSION_END, True)

    def _infer_task_type(self, parameters: Parameters) -> None:
        """Tell what kind of work this is, by the first request of the session, or of the run that no session is around."""
        first = self._previous.get(FIRST_REQUEST)
        outermost = first is None and self.plan.operation == names.INVOKE_AGENT and names.AGENT_NAME not in self._previous
        if self.plan.operation == names.EXECUTE_TOOL or not (outermost or (isinstance(first, FirstRequest) and not first.seen)):
            return
        text = content.first_request(parameters.bound(self._args, self._kwargs or {}) or {})
        if text:
            self._span.set_attribute(names.SESSION_TASK_TYPE, task_type(text))
            if isinstance(first, FirstRequest):
                first.seen = True

    def _capture_input(self, parameters: Parameters) -> None:
        arguments = parameters.bound(self._args, self._kwargs or {})
        if arguments is None:
            return
        if self.plan.operation == names.EXECUTE_TOOL:
            self._span.set_attribute(names.TOOL_CALL_ARGUMENTS, content.as_json(arguments))
        else:
            self._span.set_attribute(names.INPUT_MESSAGES, content.input_messages(arguments))

    def _exit(self, error: BaseException | None) -> None:
        self._attached = False
        try:
            self._leave(error)
        finally:
            if not self._ended and (error is not None or not self._held):
                self._ended = True
                self._end(error)

    def _leave(self, error: BaseException | None) -> None:
        """Put the context before back, unless a coroutine is being closed somewhere else than where it ran."""
        if not isinstance(error, GeneratorExit) or otel_context.get_current() is self.context:
            otel_context.attach(self._previous)

    @property
    def reading(self) -> Reading:
        """What the response has told so far."""
        if self._reading is None:
            self._reading = Reading(keeps=bool(self._previous) or content.capturing())
        return self._reading

    def returned(self, result: Any) -> Any:
        """The result, read; where it is a stream, a proxy that tells this call what passes."""
        if self._ended:
            return result
        passed = border.run(self.plan.adopt, self, result)
        return result if passed is None else passed

    def hold(self, stream: object = None) -> None:
        """The span ends with what was returned, not with the call."""
        self._held = True
        self._source = stream

    def unhold(self) -> None:
        """What the call was held for has come, and decides anew."""
        self._held = False
        self._source = None

    def settle(self) -> None:
        """End, unless something holds the call."""
        if not self._held:
            self.end()

    def value(self, result: Any) -> None:
        """Read a whole result."""
        if self._ended or not self._recording:
            return
        if self.plan.operation == names.CHAT:
            read(self.reading, result)
        elif content.capturing():
            self._capture_output(result)

    def _capture_output(self, result: Any) -> None:
        if self.plan.operation == names.EXECUTE_TOOL:
            self._span.set_attribute(names.TOOL_CALL_RESULT, content.as_json(result))
        else:
            self.reading.say(result if isinstance(result, str) else content.as_json(result))

    def chunk(self, item: Any) -> None:
        """Fold in one item of a stream; the first with content gives the time to first chunk."""
        if self._ended or not self._recording or self.plan.operation != names.CHAT:
            return
        has_content = read(self.reading, item)
        if item is not None if has_content is None else has_content:
            self.first_chunk()

    def first_chunk(self) -> None:
        """The first content is here; a second time changes nothing."""
        if self.ttfc_s is None and not self._ended:
            self.ttfc_s = time.perf_counter() - self._started_s

    def finale(self, result: Any) -> None:
        """The stream was consumed past us, by a method that gave this: read it, or what the helper has gathered."""
        self.value(result)
        self._snapshot(consumed=True)

    def close(self, error: BaseException | None = None) -> None:
        """The stream is given up: a success if the response had told why it stopped, else abandoned.

        Where the call is held for no stream (a context manager that gave a value) it ends as the block did.
        """
        if not self._ended:
            border.run(self._snapshot)
            stopped = self._reading is not None and self._reading.stop_reasons
            self.end(None if stopped else GeneratorExit() if self._held else error)

    def _snapshot(self, *, consumed: bool = False) -> None:
        """Take what the streaming helper has gathered, unless the chunks have told it; before the first there is nothing."""
        reading = self.reading
        if not self._recording or reading.stop_reasons or not (consumed or self.ttfc_s is not None):
            return
        muted, reading.muted = reading.muted, reading.muted or reading.spoke
        for name in SNAPSHOTS:
            if hasattr(type(self._source), name) and (whole := field(self._source, name)) is not None:
                read(reading, whole)
        reading.muted = muted

    def end(self, error: BaseException | None = None) -> None:
        """End the span; only the first call does anything."""
        if not self._ended:
            self._ended = True
            border.run(self._end, error)

    def _end(self, error: BaseException | None) -> None:
        span = self._span
        try:
            if self._recording:
                if self._source is not None:
                    border.run(self._snapshot)
                self._conclude(span, error)
        finally:
            span.end()

    def _conclude(self, span: Span, error: BaseException | None) -> None:
        reading = self._reading
        found: dict[str, Any] = {} if reading is None else reading.attributes()
        if error is None and (reading is None or not reading.went_wrong()):
            found[names.OUTCOME] = _SUCCESS
            if reading is not None and reading.shaped and reading.keeps:
                found.setdefault(names.RESPONSE_CHARACTERS, 0)
        else:
            outcome, error_type = endings.verdict(reading, error)
            found[names.OUTCOME] = outcome.label
            if error_type is not None:
                found[names.ERROR_TYPE] = error_type
            if outcome in (Outcome.ERROR, Outcome.TIMEOUT):
                span.set_status(StatusCode.ERROR)
            if error is not None and content.capturing():
                span.record_exception(error)
        if self.ttfc_s is not None:
            found[names.TIME_TO_FIRST_CHUNK] = self.ttfc_s
        if self._source is not None and self.plan.operation == names.CHAT:
            found[names.REQUEST_STREAM] = True
        if reading is not None and content.capturing() and reading.spoke:
            found[names.OUTPUT_MESSAGES] = content.output_messages(reading.beginning)
        span.set_attributes(found)


Adopt = Callable[[Call, Any], Any]
