"""Answers are taken exactly as the form says, or refused with what is wrong."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otel_quality.judge import parsing
from otel_quality.judge.parsing import Wrong, parse
from otel_quality.vocabulary.axes import AXES, OPTIONAL_AXES

GOOD: dict[str, Any] = dict.fromkeys(AXES, 50)


def text(comment: object = "so", **scores: object) -> str:
    return json.dumps({"comment": comment, "scores": GOOD | scores})


def wrong(answer: str) -> str:
    with pytest.raises(Wrong) as caught:
        parse(answer)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@given(
    st.fixed_dictionaries(
        {axis: st.one_of(st.integers(0, 100), st.floats(0, 100), *([st.none()] if axis in OPTIONAL_AXES else [])) for axis in AXES}
    ),
    st.text(alphabet=st.characters(exclude_categories=["C"]), max_size=50),
)
def test_every_good_answer_is_taken_as_it_is(scores: dict[str, Any], comment: str) -> None:
    answer = parse(json.dumps({"comment": comment, "scores": scores}))
    assert answer.scores == scores
    assert list(answer.scores) == list(AXES)
    assert answer.comment == comment.strip()
    assert all(value is None or isinstance(value, float) for value in answer.scores.values())


@given(st.text())
def test_no_text_does_anything_but_be_refused(said: str) -> None:
    wrong(said)


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(max_size=5),
        lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from([*AXES, "scores", "comment"]), inner),
    )
)
def test_no_json_but_that_of_the_form_is_taken(value: Any) -> None:
    try:
        answer = parse(json.dumps(value))
    except Wrong:
        return
    assert answer.scores == value["scores"]


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (text(efficiency="85"), "efficiency was no number"),
        (text(efficiency="85/100"), "efficiency was no number"),
        (text(efficiency=True), "efficiency was no number"),
        (text(efficiency=[85]), "efficiency was no number"),
        (text(efficiency=100.01), "efficiency was not between 0 and 100"),
        (text(efficiency=-0.01), "efficiency was not between 0 and 100"),
        (text(efficiency=10**400), "efficiency was not between 0 and 100"),
        (text(efficiency=float("nan")), "efficiency was not between 0 and 100"),
        (text(efficiency=float("inf")), "efficiency was not between 0 and 100"),
        (text(efficiency=None), "efficiency was null, but it applies to every session"),
        (text(elegance=5), "scores had an axis that does not exist"),
        (text(comment=None), "comment was no text"),
        (json.dumps({"comment": "x"}), "scores was no object"),
        (json.dumps({"comment": "x", "scores": [50] * 7}), "scores was no object"),
        (json.dumps(GOOD | {"comment": "x"}), "scores was no object"),
        (text()[:-1] + ', "verdict": 1}', "it had more keys than comment and scores"),
        (text()[:-1] + ', "scores": {}}', "it told a key twice"),
        (text().replace('"efficiency": 50', '"efficiency": 50, "efficiency": 100'), "it told a key twice"),
        (text() + text(), "it was not one JSON object alone"),
        (f"Here: {text()}", "it was not one JSON object alone"),
        (f"```json\n{text()}\n```\nDone.", "it was not one JSON object alone"),
        ("[" * 100_000, "it was not one JSON object alone"),
        ("[]", "it was not one JSON object alone"),
        ("  \n ", "it was empty"),
        (" " * 100_000 + "{}", "it had more than 100000 characters"),
    ],
)
def test_what_is_not_of_the_form_is_refused(answer: str, said: str) -> None:
    assert said in wrong(answer)


def test_everything_that_is_wrong_is_told_at_once() -> None:
    scores = {axis: 50 for axis in AXES if axis != "communication"} | {"efficiency": "x", "goal_completion": 101}
    said = wrong(json.dumps({"comment": 5, "scores": scores}))
    assert said == "comment was no text; goal_completion was not between 0 and 100; efficiency was no number; communication was missing"


@pytest.mark.parametrize("around", ["{}", "\ufeff{}", " \n{}\n", "```json\n{}\n```", "```\n{}\n```\n", "<think>x < y {{}}</think>\n{}"])
def test_white_space_a_fence_and_thinking_are_passed_over(around: str) -> None:
    assert parse(around.replace("{{}}", "").replace("{}", text())).scores == GOOD


def test_a_comment_is_bounded_and_cannot_steer_a_terminal() -> None:
    assert parse(text(comment="\x1b[31mred\x07\u202eback\ud800")).comment == "[31mredback"
    assert parse(text(comment="two\nlines\tand a tab")).comment == "two\nlines\tand a tab"
    long = parse(text(comment="x" * 9_000)).comment
    assert len(long) == parsing.MAX_COMMENT
    assert long.endswith("…")
