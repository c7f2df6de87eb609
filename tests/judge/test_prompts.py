"""What an expert is asked: all of the rubric, its own perspective, the form; and a version that is raised when any of it changes."""

import hashlib
import json

import pytest

from otel_quality.core.evaluations.record import Line, Transcript
from otel_quality.judge import prompts, rubric
from otel_quality.vocabulary.axes import AXES, OPTIONAL_AXES
from tests.judge.panels import SESSION
from tests.judge.wire import OPENAI, Question

RUBRIC = rubric.load()
VERSIONS = {"1": "e55935a5"}
"""Protocol version to a digest of what is asked with it, whatever the rubric."""


@pytest.mark.parametrize("expert", RUBRIC.experts, ids=lambda expert: expert.name)
def test_an_expert_is_asked_with_the_whole_rubric_and_its_own_perspective(expert: rubric.Expert) -> None:
    request = prompts.build(RUBRIC, expert, SESSION, max_chars=10_000, nonce=lambda: "n1")
    assert f"Your part on the panel: {expert.name}. {expert.perspective}" in request.system
    for axis in RUBRIC.axes:
        assert f"{axis.axis}: {axis.question}\n" in request.system
        assert all(f"{level}: {text}\n" in request.system for level, text in zip(rubric.LEVELS, axis.levels, strict=True))
        assert (f"null: {axis.null_when}\n" in request.system) is (axis.axis in OPTIONAL_AXES)
    others = [other.perspective for other in RUBRIC.experts if other != expert]
    assert not any(other in request.system for other in others)


def test_the_session_stands_between_the_fences_line_by_line() -> None:
    request = prompts.build(RUBRIC, RUBRIC.experts[0], SESSION, max_chars=10_000, nonce=lambda: "n1")
    record = Question(OPENAI, {}, request.system, request.user).record
    assert [json.loads(line)["text"] for line in record.split("\n")] == [line.text for line in SESSION.lines]


def test_braces_in_a_session_are_no_places_to_fill_in() -> None:
    said = Transcript((Line("user", "{name} {open} {0} {{x}}"),))
    request = prompts.build(RUBRIC, RUBRIC.experts[0], said, max_chars=10_000, nonce=lambda: "n1")
    assert "{name} {open} {0} {{x}}" in request.user


def test_the_form_has_every_axis_and_takes_null_only_where_an_axis_may_not_apply() -> None:
    scores = prompts.SCHEMA["properties"]["scores"]
    assert scores["required"] == list(AXES)
    assert {axis for axis, form in scores["properties"].items() if "anyOf" in form} == OPTIONAL_AXES
    assert list(prompts.SCHEMA["properties"]) == ["comment", "scores"]


def test_what_is_asked_changes_only_with_the_version_of_the_protocol() -> None:
    request = prompts.build(RUBRIC, rubric.Expert("NAME", "WHO"), SESSION, max_chars=10_000, nonce=lambda: "n1", problem="PROBLEM")
    axes = "\n\n".join(prompts._axis(axis) for axis in RUBRIC.axes)
    told = json.dumps([request.system.replace(axes, "AXES"), request.user, request.schema])
    digest = hashlib.sha256(told.encode()).hexdigest()[:8]
    assert VERSIONS[prompts.PROTOCOL_VERSION] == digest, f"raise PROTOCOL_VERSION, and tell here that it stands for {digest}"
