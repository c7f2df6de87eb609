"""Judges that speak OpenAI's chat completions: OpenAI, Ollama, vLLM, LiteLLM's proxy, and most other servers.

Decision: chat completions, not Responses: it is the one that every compatible server has.
"""

from typing import Any, Final

from otel_quality.judge.backends.calls import Reply, Request, Stop
from otel_quality.judge.backends.failures import CallFailed, Verdict
from otel_quality.judge.config import Backend
from otel_quality.vocabulary.stops import StopClass, classify

NO_KEY: Final = "none"
"""What servers without keys are sent; the client wants one, and would look for OpenAI's own in the environment."""
OPENAI: Final = "https://api.openai.com/v1"

STOPS: Final[dict[StopClass, Stop]] = {StopClass.LENGTH: Stop.LENGTH, StopClass.FILTER: Stop.REFUSAL, StopClass.REFUSAL: Stop.REFUSAL}


class Client:
    """Chat completions through the `openai` library."""

    provider = "openai"

    def __init__(self, backend: Backend, key: str) -> None:
        import openai

        self._backend = backend
        # OpenAI's organisation and project, if the environment names them, are nobody else's business.
        strange: Any = {} if not backend.url else {"OpenAI-Organization": openai.Omit(), "OpenAI-Project": openai.Omit()}
        self._client = openai.AsyncOpenAI(
            api_key=key or NO_KEY, base_url=backend.url or OPENAI, timeout=backend.timeout_s, max_retries=0, default_headers=strange
        )

    async def send(self, request: Request) -> Any:
        return await self._client.chat.completions.create(model=self._backend.model, **arguments(self._backend, request))

    def read(self, response: Any) -> Reply:
        return read(response, self._backend)

    async def close(self) -> None:
        await self._client.close()


def arguments(backend: Backend, request: Request) -> dict[str, Any]:
    """The request's arguments beside the model; also those of LiteLLM."""
    told: dict[str, Any] = {
        "messages": [{"role": "system", "content": request.system}, {"role": "user", "content": request.user}],
        # Models of OpenAI that think refuse the old name; other servers often do not know the new one.
        ("max_tokens" if backend.url or backend.protocol != "openai" else "max_completion_tokens"): backend.max_output_tokens,
    }
    if backend.temperature is not None:
        told["temperature"] = backend.temperature
    if backend.structured:
        schema = {"name": "assessment", "strict": True, "schema": request.schema}
        told["response_format"] = {"type": "json_schema", "json_schema": schema}
    return told


def read(response: Any, backend: Backend) -> Reply:
    """A chat completion, ours or LiteLLM's.

    Raises:
        CallFailed: it has no choice.
    """
    choices = getattr(response, "choices", None)
    if not choices:
        raise CallFailed(
            f"judge {backend.name} ({backend.model}) answered what is no chat completion; is its url right?", Verdict.AGAIN, worked=True
        )
    message, reason = choices[0].message, choices[0].finish_reason
    refusal = getattr(message, "refusal", None) or (getattr(message, "provider_specific_fields", None) or {}).get("refusal")
    stop = Stop.REFUSAL if refusal else STOPS.get(classify(reason or ""), Stop.END)
    usage = getattr(response, "usage", None)
    # No question has no tokens: LiteLLM writes 0 where the backend said nothing.
    asked, said = (usage.prompt_tokens, usage.completion_tokens) if usage is not None and usage.prompt_tokens else (None, None)
    return Reply(refusal or message.content or "", stop, asked, said)
