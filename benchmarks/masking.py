"""What masking costs and finds on session files, and what keeping text costs the intake.

python -m benchmarks.masking FILE...      session files; without any, the sample of the tests
"""

import json
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any, Final

from otel_quality.cli.sessions import files
from otel_quality.core import engine
from otel_quality.core.sessions import transcript
from otel_quality.judge import masking
from otel_quality.wire.decode import Config, Decoder
from tests.wire.otlp import chat, request

_SAMPLE: Final = str(Path(__file__).resolve().parents[1] / "tests" / "data" / "sessions" / "sample.jsonl")
_MAX_BYTES: Final = 1 << 20
_CALLS: Final = 400
_RUNS: Final = 5


def main(*paths: str) -> None:
    """Print both tables."""
    masking.check()
    _mask(paths or (_SAMPLE,))
    _decode()


def _mask(paths: tuple[str, ...]) -> None:
    found: Counter[str] = Counter()
    characters, spent_s, sessions = 0, 0.0, 0
    for path in files.found(paths):
        for _, session in files.sessions(path, print):
            said = transcript.of_messages(session, max_bytes=_MAX_BYTES)
            begun_s = time.process_time()
            done = masking.masked(said)
            spent_s += time.process_time() - begun_s
            found.update(done.masked)
            sessions += 1
            characters += sum(len(line.text) for line in said.lines)
    print(
        f"masking: {sessions} sessions, {characters / 1e6:.1f} MB, {characters / spent_s / 1e6:.2f} MB/s; found {dict(found.most_common())}"
    )


def _decode() -> None:
    """Calls of conversations of 20 turns that repeat their history, some 12 kB of messages each."""
    plain, full = request(*_conversations(text=False)), request(*_conversations(text=True))
    for name, body, text in (("no text on spans", plain, False), ("text, not kept", full, False), ("text kept", full, True)):
        best_s = min(_taken(body, text=text) for _ in range(_RUNS))
        print(f"intake, {name}: {best_s / _CALLS * 1e6:.0f} us a span, {_CALLS / best_s:,.0f} spans a CPU-second")


def _taken(body: bytes, *, text: bool) -> float:
    core, decode = engine.Engine(engine.Config(), now_ns=1), Decoder(Config(), text=text).decode
    begun_s = time.process_time()
    core.apply(decode(body).batch, now_ns=2)
    core.fold(now_ns=2)
    return time.process_time() - begun_s


def _conversations(*, text: bool) -> list[dict[str, Any]]:
    history: list[dict[str, Any]] = []
    spans = []
    for number in range(_CALLS):
        history.append(_message("user", f"question {number} {'x' * 500}"))
        answer = _message("assistant", f"answer {number} {'y' * 500}")
        messages = {"gen_ai.input.messages": json.dumps(history[-20:]), "gen_ai.output.messages": json.dumps([answer])} if text else {}
        spans.append(chat(number=number + 1, at={"gen_ai.conversation.id": f"c{number // 20}"} | messages))
        history.append(answer)
    return spans


def _message(role: str, text: str) -> dict[str, Any]:
    return {"role": role, "parts": [{"type": "text", "content": text}]}


if __name__ == "__main__":
    main(*sys.argv[1:])
