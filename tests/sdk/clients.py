"""The real client libraries, each with the four ways to call it: whole and streamed, synchronous and not.

Every function takes the provider's base address, the model (which is the case) and further arguments of the client's own call.
"""

import functools
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.providers import answers

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"  # else importing litellm fetches a price list

TIMEOUT_S = 0.4
"""Of every client; the fake provider answers at once, or never."""
PATIENT_S = 60.0
MESSAGES: Any = [{"role": "user", "content": "c4n4ry"}]
CHAT_TOOLS: Any = [
    {"type": "function", "function": {"name": "look", "description": "d", "parameters": {"type": "object", "properties": {}}}}
]

Ask = Callable[..., Any]


@dataclass(frozen=True)
class Client:
    """One client library.

    Attributes:
        ask, stream, ask_async, stream_async: `(base, model, timeout_s)`; the last two return awaitables; None where it has none.
        stops: the provider's stop reason by case.
        cached, reasoning: whether the provider tells these counts.
        written: tokens written to the cache, where it tells them.
        model, streamed_model: the responding model as the client tells it; None where it tells none.
    """

    name: str
    ask: Ask
    stream: Ask | None
    ask_async: Ask | None
    stream_async: Ask | None
    stops: dict[str, str]
    model: str | None
    cached: bool = True
    written: int | None = None
    reasoning: bool = False
    streamed_model: str | None = None


@functools.cache
def _openai(base: str, timeout_s: float) -> Any:
    import openai

    return openai.OpenAI(base_url=f"{base}/v1", api_key="k", max_retries=0, timeout=timeout_s)


def _openai_async(base: str, timeout_s: float) -> Any:
    import openai

    return openai.AsyncOpenAI(base_url=f"{base}/v1", api_key="k", max_retries=0, timeout=timeout_s)


USAGE: Any = {"stream_options": {"include_usage": True}}
OPENAI_CHAT = Client(
    "openai chat",
    lambda base, model, timeout_s: _openai(base, timeout_s).chat.completions.create(model=model, messages=MESSAGES),
    lambda base, model, timeout_s: _openai(base, timeout_s).chat.completions.create(model=model, messages=MESSAGES, stream=True, **USAGE),
    lambda base, model, timeout_s: _openai_async(base, timeout_s).chat.completions.create(model=model, messages=MESSAGES),
    lambda base, model, timeout_s: _openai_async(base, timeout_s).chat.completions.create(
        model=model, messages=MESSAGES, stream=True, **USAGE
    ),
    answers.CHAT_STOPS,
    "{}-2026-01-01",
    reasoning=True,
)
OPENAI_RESPONSES = Client(
    "openai responses",
    lambda base, model, timeout_s: _openai(base, timeout_s).responses.create(model=model, input="c4n4ry"),
    lambda base, model, timeout_s: _openai(base, timeout_s).responses.create(model=model, input="c4n4ry", stream=True),
    lambda base, model, timeout_s: _openai_async(base, timeout_s).responses.create(model=model, input="c4n4ry"),
    lambda base, model, timeout_s: _openai_async(base, timeout_s).responses.create(model=model, input="c4n4ry", stream=True),
    {"ok": "completed", "tool": "completed", "length": "max_output_tokens", "refusal": "completed"},
    "{}-2026-01-01",
    written=0,
    reasoning=True,
)


@functools.cache
def _anthropic(base: str, timeout_s: float) -> Any:
    import anthropic

    return anthropic.Anthropic(base_url=base, api_key="k", max_retries=0, timeout=timeout_s).messages


def _anthropic_async(base: str, timeout_s: float) -> Any:
    import anthropic

    return anthropic.AsyncAnthropic(base_url=base, api_key="k", max_retries=0, timeout=timeout_s).messages


ANTHROPIC = Client(
    "anthropic",
    lambda base, model, timeout_s: _anthropic(base, timeout_s).create(model=model, messages=MESSAGES, max_tokens=9),
    lambda base, model, timeout_s: _anthropic(base, timeout_s).create(model=model, messages=MESSAGES, max_tokens=9, stream=True),
    lambda base, model, timeout_s: _anthropic_async(base, timeout_s).create(model=model, messages=MESSAGES, max_tokens=9),
    lambda base, model, timeout_s: _anthropic_async(base, timeout_s).create(model=model, messages=MESSAGES, max_tokens=9, stream=True),
    answers.ANTHROPIC_STOPS,
    "{}-20260101",
    written=answers.WRITTEN,
)


@functools.cache
def _gemini(base: str, timeout_s: float) -> Any:
    from google import genai

    return genai.Client(api_key="k", http_options=genai.types.HttpOptions(base_url=base, timeout=int(timeout_s * 1000)))


def _gemini_async(base: str, timeout_s: float) -> Any:
    _gemini_kept.append(_gemini.__wrapped__(base, timeout_s))
    return _gemini_kept[-1].aio.models


_gemini_kept: list[Any] = []
"""A client of google-genai closes itself when nobody refers to it; one is needed per event loop."""

GEMINI = Client(
    "google-genai",
    lambda base, model, timeout_s: _gemini(base, timeout_s).models.generate_content(model=model, contents="c4n4ry"),
    lambda base, model, timeout_s: _gemini(base, timeout_s).models.generate_content_stream(model=model, contents="c4n4ry"),
    lambda base, model, timeout_s: _gemini_async(base, timeout_s).generate_content(model=model, contents="c4n4ry"),
    lambda base, model, timeout_s: _gemini_async(base, timeout_s).generate_content_stream(model=model, contents="c4n4ry"),
    answers.GEMINI_STOPS,
    "{}-001",
    reasoning=True,
)


@functools.cache
def _bedrock(base: str, timeout_s: float) -> Any:
    import boto3
    from botocore.config import Config

    return boto3.client(
        "bedrock-runtime",
        endpoint_url=base,
        region_name="us-east-1",
        aws_access_key_id="k",
        aws_secret_access_key="s",
        config=Config(retries={"total_max_attempts": 1}, read_timeout=timeout_s, connect_timeout=PATIENT_S),
    )


BEDROCK_MESSAGES: Any = [{"role": "user", "content": [{"text": "c4n4ry"}]}]
BEDROCK = Client(
    "boto3 bedrock",
    lambda base, model, timeout_s: _bedrock(base, timeout_s).converse(modelId=model, messages=BEDROCK_MESSAGES),
    lambda base, model, timeout_s: _bedrock(base, timeout_s).converse_stream(modelId=model, messages=BEDROCK_MESSAGES),
    None,
    None,
    answers.BEDROCK_STOPS,
    None,
    written=answers.WRITTEN,
)


@functools.cache
def _ollama(base: str, timeout_s: float) -> Any:
    import ollama

    return ollama.Client(host=base, timeout=timeout_s)


def _ollama_async(base: str, timeout_s: float) -> Any:
    import ollama

    return ollama.AsyncClient(host=base, timeout=timeout_s)


OLLAMA = Client(
    "ollama",
    lambda base, model, timeout_s: _ollama(base, timeout_s).chat(model=model, messages=MESSAGES),
    lambda base, model, timeout_s: _ollama(base, timeout_s).chat(model=model, messages=MESSAGES, stream=True),
    lambda base, model, timeout_s: _ollama_async(base, timeout_s).chat(model=model, messages=MESSAGES),
    lambda base, model, timeout_s: _ollama_async(base, timeout_s).chat(model=model, messages=MESSAGES, stream=True),
    answers.OLLAMA_STOPS,
    "{}:8b",
    cached=False,
)


def _litellm(base: str, model: str, timeout_s: float) -> dict[str, Any]:
    given = {"model": f"openai/{model}", "api_base": f"{base}/filtering/v1", "api_key": "k", "timeout": timeout_s}
    return {**given, "num_retries": 0, "max_retries": 0, "messages": MESSAGES}


def _litellm_ask(base: str, model: str, timeout_s: float) -> Any:
    import litellm

    return litellm.completion(**_litellm(base, model, timeout_s))


def _litellm_stream(base: str, model: str, timeout_s: float) -> Any:
    import litellm

    return litellm.completion(**_litellm(base, model, timeout_s), stream=True, **USAGE)


def _litellm_ask_async(base: str, model: str, timeout_s: float) -> Any:
    import litellm

    return litellm.acompletion(**_litellm(base, model, timeout_s))


def _litellm_stream_async(base: str, model: str, timeout_s: float) -> Any:
    import litellm

    return litellm.acompletion(**_litellm(base, model, timeout_s), stream=True, **USAGE)


LITELLM = Client(
    "litellm",
    _litellm_ask,
    _litellm_stream,
    _litellm_ask_async,
    _litellm_stream_async,
    {**answers.CHAT_STOPS, "refusal": "content_filter"},
    "{}-2026-01-01",
    streamed_model="{}",
    reasoning=True,
)


@functools.cache
def _mistral(base: str, timeout_s: float) -> Any:
    from mistralai.client import Mistral

    return Mistral(api_key="k", server_url=f"{base}/filtering", timeout_ms=int(timeout_s * 1000)).chat


def _mistral_async(base: str, timeout_s: float) -> Any:
    return _mistral.__wrapped__(base, timeout_s)


MISTRAL = Client(
    "mistralai",
    lambda base, model, timeout_s: _mistral(base, timeout_s).complete(model=model, messages=MESSAGES),
    lambda base, model, timeout_s: _mistral(base, timeout_s).stream(model=model, messages=MESSAGES),
    lambda base, model, timeout_s: _mistral_async(base, timeout_s).complete_async(model=model, messages=MESSAGES),
    lambda base, model, timeout_s: _mistral_async(base, timeout_s).stream_async(model=model, messages=MESSAGES),
    {**answers.CHAT_STOPS, "refusal": "content_filter"},
    "{}-2026-01-01",
    reasoning=True,
)


@functools.cache
def _cohere(base: str, timeout_s: float) -> Any:
    import cohere

    return cohere.ClientV2("k", base_url=base, timeout=timeout_s, max_retries=0)


def _cohere_async(base: str, timeout_s: float) -> Any:
    import cohere

    return cohere.AsyncClientV2("k", base_url=base, timeout=timeout_s, max_retries=0)


COHERE = Client(
    "cohere",
    lambda base, model, timeout_s: _cohere(base, timeout_s).chat(model=model, messages=MESSAGES),
    lambda base, model, timeout_s: _cohere(base, timeout_s).chat_stream(model=model, messages=MESSAGES),
    lambda base, model, timeout_s: _cohere_async(base, timeout_s).chat(model=model, messages=MESSAGES),
    lambda base, model, timeout_s: _cohere_async(base, timeout_s).chat_stream(model=model, messages=MESSAGES),
    answers.COHERE_STOPS,
    None,
)

CLIENTS = (OPENAI_CHAT, OPENAI_RESPONSES, ANTHROPIC, GEMINI, BEDROCK, OLLAMA, LITELLM, MISTRAL, COHERE)
