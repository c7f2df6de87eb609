"""Judges behind any other protocol, through the `litellm` library; a model is named as LiteLLM does: `bedrock/...`, `vertex_ai/...`.

With neither key_env nor url LiteLLM looks for the provider's usual variables itself (AWS and Google have more than one key).

Decision: LiteLLM's price list is the one in its package. It would fetch a newer one from the network when it is imported, and a
processor reaches for no address that nobody gave it; prices are the judge's settings.
"""

import os
from typing import Any

from otel_quality.judge.backends.calls import Reply, Request
from otel_quality.judge.backends.openai import NO_KEY, arguments, read
from otel_quality.judge.config import Backend


class Client:
    """Completions through LiteLLM."""

    provider = "litellm"

    def __init__(self, backend: Backend, key: str) -> None:
        os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")
        import litellm

        litellm.suppress_debug_info = True
        self._litellm = litellm
        self._backend = backend
        self._where = {"api_base": backend.url, "api_key": key or NO_KEY} if backend.url else {"api_key": key} if key else {}

    async def send(self, request: Request) -> Any:
        backend = self._backend
        return await self._litellm.acompletion(
            model=backend.model, timeout=backend.timeout_s, num_retries=0, max_retries=0, **self._where, **arguments(backend, request)
        )

    def read(self, response: Any) -> Reply:
        return read(response, self._backend)

    async def close(self) -> None:
        """LiteLLM keeps its connections for the process."""
