"""Predictions and policies: fetched in the background, remembered, never in the way of the user's code."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import otel_quality as oq
from otel_quality.sdk import asking, policies, predictions
from tests.sdk.processor import FakeProcessor, stop_asking
from tests.sdk.recorded import attributes, one

ID = "otel_quality.prediction.id"
UNKNOWN = (0.5, "insufficient data")


def until(condition: Callable[[], bool], what: str, *, seconds: float = 60) -> None:
    """Wait for a condition that a thread of ours brings about."""
    deadline = time.monotonic() + seconds
    pause = threading.Event()
    while not condition():
        assert time.monotonic() < deadline, what
        pause.wait(0.005)


@pytest.fixture
def processor(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeProcessor]:
    fake = FakeProcessor()
    monkeypatch.setenv("OTEL_QUALITY_API_URL", fake.url)
    monkeypatch.setattr(asking, "EVERY_S", 0.05)
    monkeypatch.setattr(asking, "_PAUSES_S", (0.02,))
    _begin_anew()
    yield fake
    asking.stop()
    fake.close()
    _begin_anew()


def _begin_anew() -> None:
    stop_asking()
    predictions._known.clear()
    policies._values.clear()
    policies._callbacks.clear()


@oq.observe_tool
def git_status(path: str) -> str:
    return "clean"


def test_a_prediction_is_a_default_until_the_processor_has_answered(processor: FakeProcessor) -> None:
    processor.hold.clear()
    assert oq.predict_success("git_status", agent="ezra", params={"path": "."}) == UNKNOWN
    processor.hold.set()
    until(lambda: oq.predict_success("git_status", agent="ezra", params={"path": "."}) == (0.9, "excellent"), "no prediction came")
    assert processor.posted[0].keys() == {"tool", "agent", "params_hash"}, "parameters do not leave the process"
    assert (processor.posted[0]["tool"], processor.posted[0]["agent"]) == ("git_status", "ezra")
    assert oq.predict_success("git_status", agent="other", params={"path": "."}) == UNKNOWN


def test_what_is_known_is_not_asked_again_at_every_call(processor: FakeProcessor) -> None:
    until(lambda: oq.predict_success("git_status").probability == 0.9, "no prediction came")
    for _ in range(1000):
        oq.predict_success("git_status")
    assert len(processor.posted) == 1
    assert processor.posted[0] == {"tool": "git_status", "agent": ""}


@pytest.mark.parametrize("params", [{"path": "."}, None])
def test_the_next_execution_carries_the_prediction_that_was_about_it_and_only_that_one(
    processor: FakeProcessor, params: dict[str, Any] | None
) -> None:
    @oq.observe_agent(name="ezra")
    def run() -> None:
        until(lambda: oq.predict_success("git_status", params=params).probability == 0.9, "no prediction came")
        git_status(".")
        git_status(".")

    run()
    from tests.sdk.recorded import taken

    tools = [attributes(span) for span in taken() if "gen_ai.tool.name" in attributes(span)]
    assert [found.get(ID) for found in tools] == ["p1", None]
    assert processor.posted[0]["agent"] == "ezra"


def test_an_answer_is_taken_whole_or_not_at_all() -> None:
    known = predictions._Known(("git_status", "ezra", ""))
    with pytest.raises(KeyError):
        known.take({"probability": 0.9, "reason": "excellent"})
    assert (known.prediction, known.id) == (UNKNOWN, "")


def test_an_execution_with_other_parameters_or_another_tool_carries_none(processor: FakeProcessor) -> None:
    until(lambda: oq.predict_success("git_status", params={"path": "."}).probability == 0.9, "no prediction came")
    git_status("/tmp")
    assert ID not in attributes(one())
    oq.observe_tool(name="other")(lambda path: path)(".")
    assert ID not in attributes(one())


def test_predictions_are_bounded(processor: FakeProcessor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(predictions, "MAX_KNOWN", 10)
    monkeypatch.setattr(asking, "MAX_WAITING", 10)
    processor.hold.clear()
    for number in range(1000):
        oq.predict_success(f"tool{number}")
    assert len(predictions._known) == 10
    assert len(asking._present().waiting) <= 10


def test_a_policy_is_its_default_until_the_processor_has_a_value_and_follows_it(processor: FakeProcessor) -> None:
    assert oq.policy("ezra.evidence_threshold", default=0.8) == 0.8
    until(lambda: processor.polls > 0, "policies were not asked for")
    assert oq.policy("ezra.evidence_threshold", default=None) is None
    processor.policies = {"ezra.evidence_threshold": 0.7}
    until(lambda: oq.policy("ezra.evidence_threshold", default=0.8) == 0.7, "the value did not come")
    processor.policies = {}
    until(lambda: oq.policy("ezra.evidence_threshold", default=0.8) == 0.8, "a policy that is gone has its default")


def test_a_change_is_heard_once_and_a_callback_that_fails_stops_nothing(processor: FakeProcessor, fails_inside: None) -> None:
    heard: list[float] = []

    def broken(value: float) -> None:
        raise RuntimeError(value)

    oq.on_policy_change("a", broken)
    oq.on_policy_change("a", heard.append)
    processor.policies = {"a": 0.8, "b": 1.0}
    until(lambda: heard == [0.8], "the first value was not heard")
    seen = processor.polls
    until(lambda: processor.polls > seen + 2, "policies were not asked for again")
    assert heard == [0.8]
    processor.policies = {"a": 0.7, "b": 2.0}
    until(lambda: heard == [0.8, 0.7], "the change was not heard")


@pytest.mark.parametrize("answer", ["nonsense", None, [1], {"x": 1}])
def test_an_answer_that_makes_no_sense_changes_nothing(processor: FakeProcessor, fails_inside: None, answer: Any) -> None:
    processor.probability = answer
    processor.policies = {"a": answer}
    for _ in range(3):
        assert oq.predict_success("git_status") == UNKNOWN
        assert oq.policy("a", default=1) == 1
    until(lambda: bool(processor.posted) and processor.polls > 1, "nothing was asked")
    assert oq.predict_success("git_status") == UNKNOWN
    assert oq.policy("a", default=1) == 1


@pytest.mark.parametrize("status", [404, 503])
def test_what_the_processor_refuses_is_the_default_and_it_is_asked_again(processor: FakeProcessor, status: int) -> None:
    processor.status = status
    processor.policies = {"a": 0.7}
    assert oq.policy("a", default=0.8) == 0.8
    until(lambda: processor.polls > 1, "policies were not asked for again")
    assert oq.policy("a", default=0.8) == 0.8
    processor.status = 200
    until(lambda: oq.policy("a", default=0.8) == 0.7, "the value did not come")


@pytest.mark.parametrize("url", ["http://127.0.0.1:9", "nonsense", "file:///etc/passwd", "http://[", ""])
def test_a_processor_that_is_not_there_costs_nothing_and_raises_nothing(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("OTEL_QUALITY_API_URL", url)
    _begin_anew()
    assert oq.predict_success("git_status") == UNKNOWN
    assert oq.policy("a", default=0.8) == 0.8
    _begin_anew()


@pytest.mark.parametrize("url", ["nonsense", "file:///etc/passwd", "http://["])
def test_at_what_is_no_address_there_is_no_answer(url: str) -> None:
    assert asking.fetch(url, "/v1/policies", None) is None


def test_a_processor_that_does_not_answer_holds_nobody_up(processor: FakeProcessor) -> None:
    processor.hold.clear()
    begun = time.process_time()
    for number in range(1000):
        oq.predict_success("git_status", params={"path": number})
        oq.policy(f"p{number}", default=1)
    assert time.process_time() - begun < 5
    assert oq.policy("a", default=1) == 1


class Hostile:
    def __str__(self) -> str:
        raise RuntimeError("hostile")

    __repr__ = __hash__ = __eq__ = __iter__ = keys = items = __str__  # type: ignore[assignment]


@pytest.mark.parametrize("thing", [Hostile(), None, 3, b"x", [], object()])
def test_wrong_arguments_give_the_default_and_never_raise(processor: FakeProcessor, fails_inside: None, thing: Any) -> None:
    assert oq.predict_success(thing, agent=thing, params=thing)[1] == "insufficient data"
    assert oq.policy(thing, default="d") == "d"
    oq.on_policy_change(thing, print)
    with pytest.raises(TypeError, match="calls a function"):
        oq.on_policy_change("a", 3)  # type: ignore[arg-type]


def test_nothing_is_asked_and_no_thread_runs_until_somebody_wants_to_know(processor: FakeProcessor) -> None:
    git_status(".")
    assert asking._asker is None
    assert "otel-quality-asker" not in {thread.name for thread in threading.enumerate() if not thread.daemon}


PROGRAM = """
import os, sys, time
import otel_quality as oq
def wait(what):
    deadline = time.monotonic() + 40
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.005)
wait(lambda: oq.policy("a", default=0) == 0.7)
child = os.fork()
if child == 0:
    assert oq.policy("a", default=0) == 0.7
    wait(lambda: oq.predict_success("git").probability == 0.9)
    print("child", flush=True)
    os._exit(0)
assert os.waitpid(child, 0)[1] == 0
oq.predict_success("late")
print("parent", flush=True)
"""


def test_a_forked_child_asks_for_itself_and_both_end_by_themselves(processor: FakeProcessor) -> None:
    processor.policies = {"a": 0.7}
    environment = {**os.environ, "OTEL_QUALITY_API_URL": processor.url}
    ran = subprocess.run([sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert (ran.stdout.split(), ran.stderr, ran.returncode) == (["child", "parent"], "", 0)
