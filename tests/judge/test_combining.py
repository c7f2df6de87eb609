"""The panel as one: means over those who told an axis, and who stands apart."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otel_quality.core.evaluations.record import Assessment
from otel_quality.judge import combining
from otel_quality.vocabulary.axes import AXES

SCORES = st.fixed_dictionaries({axis: st.none() | st.floats(0, 100) for axis in AXES})


def said(name: str, level: float | None, **scores: float | None) -> Assessment:
    return Assessment(name, {**dict.fromkeys(AXES, level), **scores})  # type: ignore[dict-item]


def test_a_mean_is_over_the_experts_that_told_the_axis() -> None:
    refused = Assessment("d", dict.fromkeys(AXES), refused=True)
    mean = combining.mean(
        [said("a", 10, self_extension=None), said("b", 20, self_extension=None), said("c", 25, self_extension=7), refused]
    )
    assert mean["efficiency"] == 18.33
    assert mean["self_extension"] == 7
    assert list(mean) == list(AXES)


def test_where_nobody_told_an_axis_it_has_no_mean() -> None:
    assert combining.mean([]) == combining.mean([said("a", None)]) == dict.fromkeys(AXES)


@given(st.lists(SCORES, max_size=6))
def test_a_mean_lies_within_what_was_told(of: list[dict[str, float | None]]) -> None:
    mean = combining.mean([Assessment(str(number), scores) for number, scores in enumerate(of)])  # type: ignore[arg-type]
    for axis in AXES:
        told = [value for scores in of if (value := scores[axis]) is not None]
        assert (mean[axis] is None) == (not told)
        if told:
            assert min(told) - 0.01 <= (mean[axis] or 0.0) <= max(told) + 0.01


@pytest.mark.parametrize(
    ("levels", "apart"),
    [
        ((50, 50, 100), ["c"]),
        ((50, 60, 91), []),
        ((0, 100), []),
        ((10, 15, 90, 95), []),
        ((20, 30, 100), ["c"]),
        ((20, 30, 25, 100), ["d"]),
        ((None, 5, 95), []),
    ],
)
def test_who_stands_apart_is_told_where_there_are_others_to_compare(levels: tuple[float | None, ...], apart: list[str]) -> None:
    notes = combining.outliers([said(name, None, efficiency=level) for name, level in zip("abcd", levels, strict=False)])
    assert [note.split()[0] for note in notes] == apart
