"""A server with everything that the page can show: backends that drift, sessions with courses, evaluations, feedback, a transcript."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from otel_quality.core.evaluations.record import Annotation, Assessment, Evaluation, Feedback, Line, Transcript, Versions
from otel_quality.core.history import Meta, Override
from otel_quality.core.sessions.grade import grade
from otel_quality.core.sessions.messages import record
from otel_quality.service.keeping import keep_one
from otel_quality.store.contract import Store
from otel_quality.vocabulary.axes import AXES
from tests import samples
from tests.cli.served import Served
from tests.service.judging.fake import FakeJudge
from tests.service.keeper import FAILED, HOUR_NS, NOW_NS, messages

SESSION: Final = "conv-3"
"""The one about which everything is known."""
HOSTILE: Final = "<script>alert(1)</script>"
VERSIONS: Final = Versions("1:fake", "1-abcdef12")
_SCORES: Final = dict(zip(AXES, (62.0, 81.0, 74.5, 55.0, 90.0, None, None), strict=True))


def fill(store: Store) -> None:
    """Twelve sessions, one of them with all there is."""
    for number in range(12):
        calls = [("run_tests", FAILED)] * (number % 7) + [("git_status", "ok")] * (number % 5 + 1)
        said: dict[str, Any] = {"id": f"conv-{number}", "agent": "ezra", "model": "claude-sonnet-4-5", "messages": messages(*calls)}
        keep_one(store, grade, record(said), source="api", now_ns=NOW_NS - number * HOUR_NS)
    keep_one(store, grade, record({"id": HOSTILE, "messages": messages((HOSTILE, FAILED))}), source="api", now_ns=NOW_NS - 20 * HOUR_NS)
    store.set_meta("conv-5", Meta(pinned=True, name="The one we show everybody"), now_ns=NOW_NS)
    store.set_override(SESSION, Override(NOW_NS, "sam", "It changed the wrong file.", task_completed=False), now_ns=NOW_NS)
    experts = tuple(
        Assessment(name, {axis: None if score is None else score - less for axis, score in _SCORES.items()}, comment)
        for name, less, comment in (
            ("planner", 0, "Three steps, the second one not needed."),
            ("critic", 20, "Says that it is done while a test fails."),
        )
    )
    store.put_evaluation(Evaluation("run-1", SESSION, NOW_NS, VERSIONS, "local", "fake", _SCORES, experts))
    store.put_evaluation(Evaluation("run-1", HOSTILE, NOW_NS, VERSIONS, "local", "fake", _SCORES, (Assessment(HOSTILE, _SCORES, HOSTILE),)))
    store.put_feedback(Feedback(SESSION, 2, -1, NOW_NS, "kim", "Wrong file."))
    store.put_annotations([Annotation(SESSION, "relevance", NOW_NS, 0.8, "good", "on topic", "llm", "ab" * 16, "cd" * 8)])
    lines = (Line("user", "Fix the bug that [EMAIL] found"), Line("assistant", "On it.", message=1), Line("call", "{}", "run_tests", 1))
    store.put_transcript(SESSION, Transcript(lines, {"EMAIL": 1}), now_ns=NOW_NS)


@contextmanager
def served(*, token: str = "", judge: FakeJudge | None = None) -> Iterator[Served]:
    """The server, filled."""
    with Served(samples.full(), token=token, judge=judge) as server:
        server.keeper.tell(fill)
        yield server
