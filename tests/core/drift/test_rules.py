"""The five rules, each on its own, at and around its threshold."""

from dataclasses import replace

import numpy as np
import pytest

from otel_quality.core.drift.detector import LEARNING, MILD, ROW, SEVERE, STABLE
from otel_quality.core.drift.rules import Config, Evaluation, evaluate
from otel_quality.vocabulary.measures import PRESETS, SIGNALS
from otel_quality.vocabulary.outcomes import Outcome
from otel_quality.vocabulary.stops import StopClass
from tests.core.slow import Call, batch

GOOD = Call(output_tokens=100)
EMPTY, SHORT = replace(GOOD, output_tokens=0), replace(GOOD, output_tokens=40)
ERROR = replace(GOOD, outcome=Outcome.ERROR, output_tokens=None, stop=None)
TIMEOUT = replace(ERROR, outcome=Outcome.TIMEOUT)
FILTERED = replace(GOOD, stop=StopClass.FILTER)
SILENT = replace(GOOD, has_tools=True, has_tool_call=False)
USED = replace(GOOD, has_tools=True, has_tool_call=True, stop=StopClass.TOOL)


def judged(*calls: Call, config: Config | None = None) -> Evaluation:
    given = batch(list(calls)).responses
    rows = np.zeros((1, len(given)), ROW)
    for name in ROW.names or ():
        rows[name] = given[name]
    return evaluate(rows, np.ones(rows.shape, np.bool_), config or Config())


def fired(*calls: Call, config: Config | None = None) -> set[str]:
    return {signal.name for signal, on in zip(SIGNALS, judged(*calls, config=config).fired[0], strict=True) if on}


def state(*calls: Call, config: Config | None = None) -> int:
    return int(judged(*calls, config=config).states[0])


def test_a_healthy_window_is_stable() -> None:
    assert (state(*[GOOD] * 20), fired(*[GOOD] * 20)) == (STABLE, set())


@pytest.mark.parametrize(
    ("calls", "expected"),
    [
        ([GOOD, EMPTY] * 3 + [GOOD] * 4, set()),
        ([GOOD, EMPTY] * 4 + [GOOD] * 4, {"empty_response_rate"}),
        ([GOOD] * 5 + [replace(GOOD, output_tokens=50)] * 5, set()),
        ([GOOD] * 5 + [replace(GOOD, output_tokens=49)] * 5, {"length_collapse_ratio"}),
        ([SILENT] * 7 + [USED] * 3, set()),
        ([SILENT] * 8 + [USED] * 3, {"tool_silence_rate"}),
        ([FILTERED] * 4 + [GOOD] * 6, set()),
        ([FILTERED] * 5 + [GOOD] * 6, {"stop_anomaly_rate"}),
        ([ERROR, TIMEOUT] + [GOOD] * 6, set()),
        ([ERROR, TIMEOUT, ERROR] + [GOOD] * 6, {"error_rate"}),
    ],
)
def test_a_signal_fires_beyond_its_threshold_and_not_at_it(calls: list[Call], expected: set[str]) -> None:
    assert fired(*calls) == expected


def test_severities() -> None:
    assert state(*[EMPTY] * 10) == SEVERE
    assert state(*[GOOD] * 5, *[SHORT] * 5) == SEVERE
    assert state(*[FILTERED] * 10) == MILD
    assert state(*[FILTERED] * 8, *[ERROR] * 4) == SEVERE, "two mild signals"


@pytest.mark.parametrize("preset", PRESETS)
def test_nothing_fires_below_the_minimum_fill(preset: str) -> None:
    fill = PRESETS[preset][1]
    assert state(*[EMPTY] * (fill - 1), config=Config(preset=preset)) == LEARNING
    assert fired(*[EMPTY] * (fill - 1), config=Config(preset=preset)) == set()
    assert state(*[EMPTY] * fill, config=Config(preset=preset)) == SEVERE


def test_a_response_takes_no_part_in_a_signal_whose_field_it_does_not_carry() -> None:
    unknown = replace(GOOD, output_tokens=None, stop=None)
    assert fired(*[unknown] * 9, EMPTY) == {"empty_response_rate"}, "the only one that told its tokens was empty"
    assert fired(*[unknown] * 9, FILTERED) == {"stop_anomaly_rate"}
    assert np.isnan(judged(*[unknown] * 10).values[0, :4]).all()


def test_undefined_signals_do_not_fire() -> None:
    values = judged(*[EMPTY] * 5, *[GOOD] * 5).values[0]
    assert np.isnan(values[1]), "the older median is zero"
    assert np.isnan(judged(*[ERROR] * 7, *[GOOD] * 3).values[0, 1]), "three lengths are too few"
    assert np.isnan(judged(*[SILENT] * 2, *[GOOD] * 8).values[0, 2]), "two offers are too few"


def test_an_empty_answer_with_a_normal_stop_is_no_stop_anomaly() -> None:
    assert judged(*[EMPTY] * 10).values[0, 3] == 0


def test_the_odd_response_belongs_to_the_newer_half() -> None:
    lengths = [100, 100, 10, 10, 10]
    assert judged(*[replace(GOOD, output_tokens=n) for n in lengths]).medians[0].tolist() == [100, 10]


def test_settings_replace_single_thresholds_of_a_preset() -> None:
    config = Config(preset="low", error_rate=0.1, min_window_fill=2)
    assert config.thresholds == (0.5, 0.3, 0.8, 0.6, 0.1)
    assert fired(ERROR, GOOD, GOOD, config=config) == {"error_rate"}


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"preset": "extreme"}, "preset must be one of low, normal, high"),
        ({"window": 1}, "window"),
        ({"error_rate": 1.5}, "between 0 and 1"),
    ],
)
def test_wrong_settings_say_what_is_allowed(wrong: dict[str, object], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        Config(**wrong)  # type: ignore[arg-type]
