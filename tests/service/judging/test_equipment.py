"""What the settings make of judging: nothing without a judge, its versions without its library, a line where something is missing."""

import logging
from dataclasses import replace
from pathlib import Path

import pytest

from otel_quality.config import Config
from otel_quality.core.evaluations.record import Line, Transcript
from otel_quality.core.sessions.transcript import Config as Content
from otel_quality.judge.config import Backend
from otel_quality.judge.config import Config as Judges
from otel_quality.judge.errors import JudgeUnusable
from otel_quality.service.judging import equip
from otel_quality.vocabulary.errors import ConfigError

JUDGE = Backend("mine", "openai", "judge-1", url="http://127.0.0.1:1/v1", key_env="MY_KEY")
CONFIG = Config(judge=Judges(backends=(JUDGE,)), keys={"MY_KEY": "sk-1"}, spans_elsewhere=True)
SAYS = Transcript((Line("user", "write to ann@example.com"),))


def here() -> str:
    return "http://127.0.0.1:1"


def test_there_is_nothing_without_a_judge() -> None:
    assert equip(Config(), here) is None


def test_versions_are_those_that_its_panel_writes_on_evaluations(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_SDK_DISABLED", "true")
    equipment = equip(CONFIG, here)
    assert equipment is not None
    assert equipment.panels(JUDGE).versions == equipment.versions
    equipment.close()


def test_a_missing_key_is_told_when_a_panel_is_wanted() -> None:
    equipment = equip(replace(CONFIG, keys={}), here)
    assert equipment is not None
    with pytest.raises(JudgeUnusable, match="MY_KEY"):
        equipment.panels(JUDGE)


def test_masking_is_on_unless_it_is_switched_off() -> None:
    on, off = equip(CONFIG, here), equip(replace(CONFIG, content=Content(mask=False)), here)
    assert on is not None
    assert off is not None
    assert on.masked(SAYS).lines[0].text == "write to [EMAIL]"
    assert off.masked(SAYS) == SAYS


def test_files_that_cannot_be_used_are_told_all_at_once(tmp_path: Path) -> None:
    judge = replace(CONFIG.judge, rubric=str(tmp_path / "rubric.toml"), anchors=str(tmp_path / "anchors.jsonl"))
    with pytest.raises(ConfigError) as caught:
        equip(replace(CONFIG, judge=judge), here)
    assert [problem.split(": ")[-1] for problem in caught.value.problems] == ["No such file or directory"] * 2


def test_budgets_in_dollars_without_prices_are_told(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        equip(replace(CONFIG, judge=replace(CONFIG.judge, day_budget_usd=5.0)), here)
        priced = replace(JUDGE, input_usd_per_million=3.0)
        equip(replace(CONFIG, judge=Judges(backends=(priced,), day_budget_usd=5.0)), here)
    assert caplog.messages == ["budgets in dollars do not bound judges without prices (mine); tokens do"]
