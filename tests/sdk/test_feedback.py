"""Feedback: sent in the background, once and whole, whatever becomes of the processor and of the process."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest

import otel_quality as oq
from otel_quality.sdk import asking, border
from otel_quality.wire import names
from tests.sdk.processor import FakeProcessor, stop_asking
from tests.sdk.test_advice import until

PATIENT = "import otel_quality as oq; from otel_quality.sdk import asking; asking.LAST_S = 60.0\n"
"""Start of a program that waits at its end for as long as a busy machine needs, and not for the two seconds of a user's process."""


@pytest.fixture
def processor(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeProcessor]:
    fake = FakeProcessor()
    monkeypatch.setenv("OTEL_QUALITY_API_URL", fake.url)
    monkeypatch.delenv("OTEL_QUALITY_API_TOKEN", raising=False)
    monkeypatch.setattr(asking, "_PAUSES_S", (0.02,))
    stop_asking()
    yield fake
    asking.stop()
    fake.close()
    stop_asking()


def test_an_opinion_reaches_the_processor_as_it_was_given(processor: FakeProcessor) -> None:
    oq.feedback(session_id="conv-42", message_index=3, rating=-1)
    oq.feedback("conv-42", 3, 1, author="ann", comment="x" * 5000)
    oq.feedback("conv-42", 3, 0, author="ann")
    until(lambda: len(processor.opinions) == 3, "the feedback did not come")
    plain, whole, back = processor.opinions
    assert plain == {"session_id": "conv-42", "message_index": 3, "rating": -1, "source": "sdk"}
    assert (whole["author"], len(whole["comment"])) == ("ann", 4000)
    assert back["rating"] == 0
    assert processor.seen == {None}


def test_a_session_is_named_as_telemetry_names_it(processor: FakeProcessor) -> None:
    for session in ("x" * 500, " conv\t1\n"):
        oq.feedback(session, 1, 1)
    until(lambda: len(processor.opinions) == 2, "the feedback did not come")
    assert [each["session_id"] for each in processor.opinions] == [names.clean("x" * 500), "conv1"]


def test_the_call_does_not_wait_for_the_processor(processor: FakeProcessor) -> None:
    processor.hold.clear()
    begun_s = time.monotonic()
    for index in range(100):
        oq.feedback("c", index, 1)
    assert time.monotonic() - begun_s < 4, "one request that is held takes five seconds"
    processor.hold.set()
    until(lambda: len(processor.opinions) == 100, "not all came")
    assert [each["message_index"] for each in processor.opinions] == list(range(100)), "in order, each once"


def test_it_survives_that_the_processor_is_away(processor: FakeProcessor) -> None:
    processor.status = 503
    oq.feedback("c", 1, 1)
    until(lambda: None in processor.seen, "it was not tried")
    assert processor.opinions == []
    processor.status = 200
    until(lambda: len(processor.opinions) == 1, "it was not tried again")


@pytest.mark.usefixtures("fails_inside")
def test_what_waits_is_bounded(processor: FakeProcessor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "MAX_WAITING", 10)
    processor.status = 503
    before = border.failures()
    for index in range(50):
        oq.feedback("c", index, 1)
    assert border.failures() >= before + 30, "what is left out is counted"
    processor.status = 200
    until(lambda: len(processor.opinions) >= 10, "what waited was not sent")
    assert len(processor.opinions) <= 12


@pytest.mark.usefixtures("fails_inside")
def test_the_token_of_the_environment_is_sent_and_a_missing_one_is_counted(
    processor: FakeProcessor, monkeypatch: pytest.MonkeyPatch
) -> None:
    processor.token = "a-token-of-the-api"
    before = border.failures()
    oq.feedback("c", 1, 1)
    until(lambda: border.failures() > before, "the refusal was not counted")
    stop_asking()
    monkeypatch.setenv("OTEL_QUALITY_API_TOKEN", "a-token-of-the-api")
    oq.feedback("c", 1, 1)
    until(lambda: len(processor.opinions) == 1, "it was refused with the token")
    until(lambda: oq.predict_success("git_status", agent="of-feedback").probability == 0.9, "predictions are refused with the token")


def test_the_token_is_not_sent_on_to_where_somebody_else_points(processor: FakeProcessor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_QUALITY_API_TOKEN", "a-token-of-the-api")
    elsewhere = FakeProcessor()
    try:
        processor.moved = f"{elsewhere.url}/v1/policies"
        oq.feedback("c", 1, 1)
        until(lambda: bool(elsewhere.asked), "nobody was sent elsewhere")
        assert processor.seen == {"Bearer a-token-of-the-api"}
        assert set(elsewhere.asked) == {None}
    finally:
        elsewhere.close()


@pytest.mark.usefixtures("fails_inside")
@pytest.mark.parametrize(
    "wrong",
    [("", 1, 1), ("c", -1, 1), ("c", 1, 5), ("c", 1.5, 1), ("c", "x", 1), ("c", 1, None), ("c", 1, 0.5), (None, 1, 1), (b"c", 1, 1)],
)
def test_what_makes_no_sense_is_counted_and_nothing_is_raised(processor: FakeProcessor, wrong: tuple[Any, ...]) -> None:
    before = border.failures()
    oq.feedback(*wrong)
    assert border.failures() == before + 1
    assert asking._asker is None or not asking._asker.waiting


def test_the_end_of_the_process_waits_a_little_for_it(processor: FakeProcessor) -> None:
    program = PATIENT + "[oq.feedback('c', index, 1) for index in range(20)]"
    environment = os.environ | {"OTEL_QUALITY_API_URL": processor.url}
    subprocess.run([sys.executable, "-c", program], env=environment, check=True, timeout=60)
    assert len(processor.opinions) == 20


def test_the_end_of_the_process_does_not_sit_out_a_pause(processor: FakeProcessor) -> None:
    program = PATIENT + "asking._PAUSES_S = (300.0,); oq.feedback('c', 1, 1); input()"
    processor.status = 503
    environment = os.environ | {"OTEL_QUALITY_API_URL": processor.url}
    with subprocess.Popen([sys.executable, "-c", program], env=environment, stdin=subprocess.PIPE, text=True) as process:
        until(lambda: None in processor.seen, "it was not tried")
        processor.status = 200
        process.communicate("end\n", timeout=60)
    assert len(processor.opinions) == 1


def test_a_process_of_multiprocessing_waits_for_it_too(processor: FakeProcessor) -> None:
    program = PATIENT + (
        "import multiprocessing\n"
        "process = multiprocessing.get_context('fork').Process(target=oq.feedback, args=('c', 1, 1))\n"
        "process.start(); process.join()"
    )
    environment = os.environ | {"OTEL_QUALITY_API_URL": processor.url}
    subprocess.run([sys.executable, "-c", program], env=environment, check=True, timeout=60)
    assert len(processor.opinions) == 1


def test_a_processor_that_is_away_holds_up_the_end_of_the_process_for_two_seconds_at_most() -> None:
    program = "import otel_quality as oq, time; oq.feedback('c', 1, 1); print(time.time(), flush=True)"
    environment = os.environ | {"OTEL_QUALITY_API_URL": "http://127.0.0.1:1"}
    done = subprocess.run([sys.executable, "-c", program], env=environment, check=True, timeout=60, capture_output=True, text=True)
    assert time.time() - float(done.stdout) < 10
    assert done.stderr == ""
