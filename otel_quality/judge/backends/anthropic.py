"""Judges that speak Anthropic's messages."""

from typing import Any, Final

from otel_quality.judge.backends.calls import Reply, Request, Stop
from otel_quality.judge.backends.failures import CallFailed, Verdict
from otel_quality.judge.backends.openai import NO_KEY, STOPS
from otel_quality.judge.config import Backend
from otel_quality.vocabulary.stops import classify

ANTHROPIC: Final = "https://api.anthropic.com"


class Client:
    """Messages through the `anthropic` library."""

    provider = "anthropic"

    def __init__(self, backend: Backend, key: str) -> None:
        import anthropic

        self._backend = backend
        self._client = anthropic.AsyncAnthropic(
            api_key=key or NO_KEY,
            base_url=backend.url or ANTHROPIC,
            timeout=backend.timeout_s,
            max_retries=0,
            open_telemetry={"traces": False},  # the panel's span is the call's; a second one would count it twice
        )

    async def send(self, request: Request) -> Any:
        backend = self._backend
        more: dict[str, Any] = {}
        if backend.temperature is not None:
            more["extra_body"] = {"temperature": backend.temperature}  # newer versions of the library have no argument for it
        if backend.structured:
            more["output_config"] = {"format": {"type": "json_schema", "schema": dict(request.schema)}}
        return await self._client.messages.create(
            model=backend.model,
            max_tokens=backend.max_output_tokens,
            system=request.system,
            messages=[{"role": "user", "content": request.user}],
            **more,
        )

    def read(self, response: Any) -> Reply:
        blocks = getattr(response, "content", None)
        if not isinstance(blocks, list):
            who = f"judge {self._backend.name} ({self._backend.model})"
            raise CallFailed(f"{who} answered what is no message; is its url right?", Verdict.AGAIN, worked=True)
        text = "".join(block.text for block in blocks if block.type == "text")
        usage = response.usage
        cache = (usage.cache_read_input_tokens or 0) + (usage.cache_creation_input_tokens or 0)
        stop = STOPS.get(classify(response.stop_reason or ""), Stop.END)
        return Reply(text, stop, usage.input_tokens + cache, usage.output_tokens)

    async def close(self) -> None:
        await self._client.close()
