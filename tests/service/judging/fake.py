"""A panel of experts by hand: it scores by what a session says, counts what it is asked, and misbehaves on demand.

What a session says decides what becomes of it: `score 80` is scored 80 by every expert; `fail`, `away`, `refuse`, `broken` and `unusable`
are what their names say. Everything else is scored 50.
"""

import asyncio
import re
import threading
from collections import Counter
from dataclasses import replace

from otel_quality.core.evaluations.record import Assessment, Line, Spent, Transcript, Versions
from otel_quality.judge.config import Backend, Config
from otel_quality.judge.errors import JudgeFailed, JudgeUnavailable, JudgeUnusable
from otel_quality.vocabulary.axes import AXES

BACKEND = Backend("fake", "openai", "judge-1", url="http://127.0.0.1:1/v1")
CONFIG = Config(backends=(BACKEND, replace(BACKEND, name="other", model="judge-2")))
PRICE = Spent(1, 900, 100, 0.002)
"""Of every call."""
ESTIMATE = Spent(1, 1000, 200, 0.003)
LONG = Spent(1, 100_000, 200, 0.3)
"""Of a session that says `long`."""
EXPERTS = ("planner", "critic")
VERSIONS = Versions("1:judge-1", "1-aaaaaaaa")


class FakeJudge:
    """Behind every panel of a test.

    Args:
        held: it keeps everybody waiting until it is let go.
        first: so many calls are answered all the same.

    Attributes:
        asked: how often an expert was asked about a text.
        under_way, most_under_way: calls at the same time.
        closed: panels that were closed.
        threads: names of those that asked it.
        versions: of all panels.
    """

    def __init__(self, *, held: bool = False, first: int = 0) -> None:
        self.asked: Counter[tuple[str, str]] = Counter()
        self.under_way = self.most_under_way = self.made = self.closed = 0
        self.spent = Spent()
        self.threads: set[str] = set()
        self.rubric = VERSIONS.rubric
        self._held, self._first = held, first
        self._waiting: list[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = []
        self._lock = threading.Lock()

    def let_go(self) -> None:
        """Answer what was held, and everything from now on."""
        with self._lock:
            self._held = False
            for loop, event in self._waiting:
                loop.call_soon_threadsafe(event.set)

    def hold_again(self) -> None:
        """Answer nothing from now on."""
        with self._lock:
            self._held = True

    async def hold(self) -> None:
        with self._lock:
            if not self._held or self._first > 0:
                self._first -= 1
                event = None
            else:
                event = asyncio.Event()
                self._waiting.append((asyncio.get_running_loop(), event))
        if event is not None:
            await event.wait()
        else:
            await asyncio.sleep(0)

    def panel(self, backend: Backend) -> "FakePanel":
        if backend.model == "no-library":
            raise JudgeUnusable("the judge fake needs a library that is not installed: pip install 'otel-quality[judge]'")
        self.made += 1
        return FakePanel(self, backend)


class FakePanel:
    """One panel."""

    experts = EXPERTS

    def __init__(self, judge: FakeJudge, backend: Backend) -> None:
        self._judge = judge
        self.versions = Versions(f"1:{backend.model}", judge.rubric)

    def estimate(self, transcript: Transcript) -> Spent:
        self._judge.threads.add(threading.current_thread().name)
        each = LONG if "long" in transcript.lines[0].text else ESTIMATE
        return each + each

    async def assess(self, transcript: Transcript, expert: str) -> Assessment:
        judge, text = self._judge, transcript.lines[0].text
        judge.asked[text, expert] += 1
        judge.threads.add(threading.current_thread().name)
        judge.under_way += 1
        judge.most_under_way = max(judge.most_under_way, judge.under_way)
        try:
            await judge.hold()
            return self._answer(text, expert)
        finally:
            judge.under_way -= 1

    def _answer(self, text: str, expert: str) -> Assessment:
        judge = self._judge
        if "away" in text:
            raise JudgeUnavailable("judge fake cannot be reached: connection refused")
        if "unusable" in text:
            raise JudgeUnusable("judge fake refuses the key; set the variable that key_env names")
        if "bug" in text:
            raise ZeroDivisionError("division by zero")
        judge.spent += PRICE
        if "fail" in text:
            raise JudgeFailed(f"{expert}: the answer is no JSON, nor the one after it was told so", spent=PRICE)
        if "refuse" in text or (expert == EXPERTS[0] and "half" in text):
            return Assessment(expert, {}, "I would rather not", refused=True, spent=PRICE)
        found = re.search(r"score (\d+)", text)
        return Assessment(expert, dict.fromkeys(AXES, float(found[1]) if found else 50.0), f"{expert} says so", spent=PRICE)

    async def close(self) -> None:
        self._judge.closed += 1


def says(text: str) -> Transcript:
    return Transcript((Line("user", text), Line("assistant", "Done.", message=1)))
