"""Durations are written as Prometheus reads them, and wrong settings are told all at once."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prometheus.settings import Settings, duration, seconds


@given(st.integers(min_value=1, max_value=10**11))
def test_a_duration_that_was_written_reads_the_same(milliseconds: int) -> None:
    assert seconds(duration(milliseconds / 1000)) == milliseconds / 1000


@pytest.mark.parametrize("text", ["", "5", "m", "1m1h", "-1s", "1.5m", "2 m", "5 minutes"])
def test_what_is_no_duration_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match="write it as 90s, 2m or 1h30m"):
        seconds(text)


def test_every_wrong_setting_is_named_at_once() -> None:
    with pytest.raises(ValueError) as error:
        Settings(score_floor=1.5, error_ratio=float("nan"), score_min_samples=-1, drift_for_s=0)
    assert [line.split()[0] for line in str(error.value).splitlines()] == ["score_floor", "error_ratio", "score_min_samples", "drift_for_s"]


def test_scaling_touches_every_duration_and_nothing_else() -> None:
    shipped, fast = Settings(), Settings().scaled(0.5)
    for name in Settings.durations():
        assert getattr(fast, name) == getattr(shipped, name) / 2
    assert (fast.score_floor, fast.error_min_requests, fast.processor) == (
        shipped.score_floor,
        shipped.error_min_requests,
        shipped.processor,
    )
