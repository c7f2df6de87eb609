"""`llm_call`: an LLM call that is a block of code, not a function.

A misspelt keyword raises TypeError, as with any function; a value of the wrong type is left out and counted as a failure of
ours or ignored, because it may depend on the data of one request.
"""

from types import TracebackType
from typing import Any, Final, Never, Self

from otel_quality.sdk import border
from otel_quality.sdk.call import Call
from otel_quality.sdk.observers import LLM_SETTINGS, check, llm_attributes, llm_plan
from otel_quality.sdk.shapes import read
from otel_quality.vocabulary import attributes as names

_COUNTS: Final = {
    "input_tokens": names.INPUT_TOKENS,
    "output_tokens": names.OUTPUT_TOKENS,
    "cache_read_tokens": names.CACHE_READ_TOKENS,
    "cache_write_tokens": names.CACHE_WRITE_TOKENS,
    "reasoning_tokens": names.REASONING_TOKENS,
}
FINISH_SETTINGS: Final = (*_COUNTS, "stop_reason", "response_model", "has_tools", "has_tool_call", "refused")


class llm_call:
    """One LLM call as a block, for `with` and `async with`. Arguments as those of `observe_llm`.

    The span lasts as long as the block; an exception that leaves it decides the outcome.

    Raises:
        TypeError: a setting does not exist.
    """

    def __init__(
        self,
        *,
        backend: str | None = None,
        model: str | None = None,
        task: str | None = None,
        provider: str | None = None,
        has_tools: bool | None = None,
        **unknown: Never,
    ) -> None:
        check("llm_call", unknown, LLM_SETTINGS)
        attributes = llm_attributes(backend, model, task, provider, has_tools)
        self._call = Call(llm_plan(attributes))

    def first_token(self) -> None:
        """The first content is here; a second time changes nothing."""
        border.run(self._call.first_chunk)

    def finish(self, response: Any = None, /, **told: Any) -> None:
        """Tell what came back: a client's response, which is read by its shape, or any of FINISH_SETTINGS, which win.

        Args:
            response: What the client returned, if it is at hand.
            told: `input_tokens` (with those of the cache), `output_tokens` (with reasoning), `cache_read_tokens`,
                `cache_write_tokens`, `reasoning_tokens`; `stop_reason` as the provider words it, `response_model`;
                `has_tools`, `has_tool_call`, `refused`.

        Raises:
            TypeError: a keyword does not exist.
        """
        if unknown := told.keys() - set(FINISH_SETTINGS):
            raise TypeError(f"finish has no setting {', '.join(sorted(unknown))}; it has {', '.join(FINISH_SETTINGS)}")
        border.run(self._finish, response, told)

    def _finish(self, response: Any, told: dict[str, Any]) -> None:
        reading = self._call.reading
        if response is not None:
            read(reading, response)
        if "input_tokens" in told:
            reading.excludes_cache = False
        for name, attribute in _COUNTS.items():
            reading.count(attribute, told.get(name))
        if (reason := told.get("stop_reason")) is not None:
            reading.known.pop(names.FINISH_REASONS, None)
            reading.stopped(reason)
        reading.model(told.get("response_model"))
        if (used := told.get("has_tool_call")) is not None:
            reading.known[names.HAS_TOOL_CALL] = bool(used)
        if (refused := told.get("refused")) is not None:
            reading.refused = bool(refused)
        if (offered := told.get("has_tools")) is not None:
            reading.known[names.HAS_TOOLS] = bool(offered)

    def __enter__(self) -> Self:
        self._call.__enter__()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace_back: TracebackType | None) -> None:
        self._call.__exit__(kind, error, trace_back)

    async def __aenter__(self) -> Self:
        return self.__enter__()

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace_back: TracebackType | None) -> None:
        self.__exit__(kind, error, trace_back)
