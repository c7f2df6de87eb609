"""What a judge is asked and answers, and the one way in which every call is made.

Every call is a span of our own SDK (backend: the judge's name, task "judge"), with its tokens, price, latency and outcome, like the call of
any other backend. It begins a trace of its own outside every conversation, so that no call of a judge becomes a session or part of one.

Refuses to retry: that is `retrying`'s, and the clients' own retries are switched off, because two that retry multiply.
"""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final, Protocol

from opentelemetry import context as otel_context
from opentelemetry import trace

import otel_quality as oq
from otel_quality.judge.backends import failures
from otel_quality.judge.config import Backend
from otel_quality.vocabulary import attributes

TASK: Final = "judge"
"""Task type of every call of a judge."""


@dataclass(frozen=True, slots=True)
class Request:
    """One question to a judge.

    Attributes:
        schema: JSON schema of the answer, for backends that can hold to one.
    """

    system: str
    user: str
    schema: Mapping[str, Any]


class Stop(Enum):
    """Why an answer ended, as far as it matters here."""

    END = "by itself"
    LENGTH = "at the limit of tokens"
    REFUSAL = "the backend declined"


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer.

    Attributes:
        text: empty where the answer has none.
        input_tokens, output_tokens: as the backend counts them, those of its cache and its thinking included; None where it does not tell.
    """

    text: str
    stop: Stop
    input_tokens: int | None = None
    output_tokens: int | None = None


class Client(Protocol):
    """One client library, bound to one judge."""

    provider: str
    """As OpenTelemetry names it."""

    async def send(self, request: Request) -> Any:
        """The library's response; raises what the library raises."""

    def read(self, response: Any) -> Reply:
        """What the response says; raises `failures.CallFailed` where it is none."""

    async def close(self) -> None:
        """Let go of connections."""


class Caller:
    """Asks one judge through one client."""

    def __init__(self, backend: Backend, client: Client, key: str) -> None:
        self._backend = backend
        self._client = client
        self._key = key

    async def ask(self, request: Request) -> Reply:
        """One call, without a retry.

        Raises:
            CallFailed: no answer, an answer that is none, or none in time.
        """
        backend = self._backend
        try:
            with (
                _apart(),
                oq.llm_call(backend=backend.name, model=backend.model, task=TASK, provider=self._client.provider, has_tools=False) as call,
            ):
                async with asyncio.timeout(backend.timeout_s):
                    response = await self._client.send(request)
                call.finish(response)
                reply = self._client.read(response)
                self._price(reply)
        except Exception as error:
            failure = failures.told(error, backend, self._key)
            if failure is None:
                raise
            raise failure from None
        return reply

    def _price(self, reply: Reply) -> None:
        """Put what the call cost on its span, where price and tokens are known."""
        if reply.input_tokens is None or reply.output_tokens is None:
            return
        if usd := self._backend.usd(reply.input_tokens, reply.output_tokens):
            trace.get_current_span().set_attribute(attributes.COST, usd)

    async def close(self) -> None:
        """Let go of connections."""
        await self._client.close()


@contextmanager
def _apart() -> Iterator[None]:
    """Outside every trace and conversation."""
    token = otel_context.attach(otel_context.Context())
    try:
        yield
    finally:
        otel_context.detach(token)
