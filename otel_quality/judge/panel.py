"""A panel of experts behind one judge: who they are, what they cost, and what each says of a transcript.

An expert is asked, asked again where the backend is busy (`retrying`), and asked once more where its answer cannot be used
(`parsing`); a second unusable answer fails the session. A backend that declines to judge is no failure: the assessment says so.

Keeps nothing between two assessments but the connection. Everything can be cancelled at any await: no thread waits, nothing is
shielded, and the span of a cancelled call ends as cancelled.
"""

import asyncio
import random
import secrets
from collections.abc import Callable, Mapping

from otel_quality.core.evaluations.record import Assessment, Spent, Transcript, Versions
from otel_quality.judge import accounting, parsing, prompts, retrying
from otel_quality.judge import transcript as texts
from otel_quality.judge.backends import opening
from otel_quality.judge.backends.calls import Caller, Reply, Request, Stop
from otel_quality.judge.config import Backend, Config
from otel_quality.judge.errors import JudgeFailed
from otel_quality.judge.rubric import Expert, Rubric
from otel_quality.vocabulary.axes import AXES

DECLINED = "The backend declined to judge the session."


def fresh_nonce() -> str:
    """A number for one request's fences; 2^96 of them."""
    return secrets.token_hex(12)


class Panel:
    """The experts of a rubric, all asked of one backend.

    Args:
        keys: keys by the variable that holds each (`otel_quality.config.Config.keys`).
        wait, chance: how to wait between attempts, and numbers from 0 to 1; for tests.
        nonce: numbers for fences; for tests.

    Raises:
        JudgeUnusable: the backend's key or library is missing.
    """

    def __init__(
        self,
        backend: Backend,
        rubric: Rubric,
        config: Config,
        *,
        keys: Mapping[str, str] | None = None,
        wait: retrying.Wait = asyncio.sleep,
        chance: retrying.Chance = random.random,
        nonce: Callable[[], str] = fresh_nonce,
    ) -> None:
        opening.check(backend, keys or {})
        self._backend = backend
        self._rubric = rubric
        self._config = config
        self._key = (keys or {}).get(backend.key_env, "")
        self._wait = wait
        self._chance = chance
        self._nonce = nonce
        self._opening = asyncio.Lock()
        self._caller: Caller | None = None

    @property
    def versions(self) -> Versions:
        """What judges here."""
        return Versions(judge=f"{prompts.PROTOCOL_VERSION}:{self._backend.model}", rubric=self._rubric.version)

    @property
    def experts(self) -> tuple[str, ...]:
        """Names of the experts, in order."""
        return tuple(expert.name for expert in self._rubric.experts)

    def estimate(self, transcript: Transcript) -> Spent:
        """What all experts together will take for this transcript if each answers at once: about, rather too high."""
        session = accounting.tokens(texts.written(transcript, max_chars=self._config.max_transcript_chars))
        frame = sum(accounting.asked_tokens(self._request(Transcript(()), expert)) for expert in self._rubric.experts)
        calls = len(self._rubric.experts)
        output = min(accounting.TYPICAL_OUTPUT_TOKENS, self._backend.max_output_tokens)
        return accounting.spent(self._backend, session * calls + frame, output * calls, calls=calls)

    async def assess(self, transcript: Transcript, expert: str) -> Assessment:
        """What one expert says; `refused`, without scores, where the backend declines.

        Args:
            transcript: masked already, where it is to be.

        Raises:
            ValueError: there is no such expert.
            JudgeUnavailable, JudgeFailed, JudgeUnusable: no assessment; `spent` tells what the calls took.
        """
        asked = self._rubric.expert(expert)
        caller = await self._open()
        meter = accounting.Meter(self._backend)
        problem = ""
        for _ in range(2):
            request = self._request(transcript, asked, problem)
            reply = await retrying.ask(caller.ask, request, meter, retries=self._config.retries, wait=self._wait, chance=self._chance)
            if reply is None or reply.stop is Stop.REFUSAL:
                said = parsing.comment(reply.text) if reply else ""
                return Assessment(expert, dict.fromkeys(AXES), said or DECLINED, refused=True, spent=meter.spent)
            try:
                answer = self._parsed(reply)
            except parsing.Wrong as wrong:
                problem = str(wrong)
            else:
                return Assessment(expert, answer.scores, answer.comment, spent=meter.spent)
        who = f"judge {self._backend.name} ({self._backend.model}) as {expert}"
        raise JudgeFailed(f"{who} gave no usable answer, asked twice: {problem}", spent=meter.spent)

    def _request(self, transcript: Transcript, expert: Expert, problem: str = "") -> Request:
        return prompts.build(
            self._rubric, expert, transcript, max_chars=self._config.max_transcript_chars, nonce=self._nonce, problem=problem
        )

    def _parsed(self, reply: Reply) -> parsing.Answer:
        if reply.stop is Stop.LENGTH:
            most = self._backend.max_output_tokens
            raise parsing.Wrong(f"it was cut off at {most} tokens (max_output_tokens), so a shorter comment is needed")
        return parsing.parse(reply.text)

    async def _open(self) -> Caller:
        """The client, made when it is first needed, off the loop, because its import takes a second or two."""
        async with self._opening:
            if self._caller is None:
                self._caller = await asyncio.to_thread(opening.caller, self._backend, self._key)
            return self._caller

    async def close(self) -> None:
        """Let go of connections."""
        if self._caller is not None:
            await self._caller.close()
            self._caller = None
