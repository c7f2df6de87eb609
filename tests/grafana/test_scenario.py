"""The scenario tells the story that its docstring promises, and its pages become a text that promtool takes."""

import re
from typing import Final

import pytest

from grafana import scenario
from grafana.backfill import openmetrics
from grafana.scenario import START_S, STORY
from otel_quality.core.snapshot import Key, Snapshot
from tests.samples import CODE, card, snapshot, verdict

GROQ: Final = Key("groq", "llama-4-maverick", "code")
HAIKU: Final = Key("anthropic", "claude-haiku-4-5", "research")


@pytest.fixture(scope="module")
def told() -> dict[int, Snapshot]:
    """A snapshot for each minute of the story."""
    return {round((each.time_ns / 1e9 - START_S) / 60): each for each in scenario.snapshots(every_s=60)}


def states(told: Snapshot) -> set[str]:
    return {verdict.state for verdict in told.drift.values()}


def test_at_first_everything_is_well_but_the_newcomer_is_still_learning(told: dict[int, Snapshot]) -> None:
    healthy = told[scenario.MOMENTS["healthy"].minute]
    assert states(healthy) == {"stable", "learning"}
    assert [key.model for key, verdict in healthy.drift.items() if verdict.state == "learning"] == ["mistral-small"]
    assert min(card.score for card in healthy.by_model.values()) > 80


def test_then_one_backend_drifts_mildly(told: dict[int, Snapshot]) -> None:
    degrading = told[scenario.MOMENTS["degrading"].minute].drift
    assert {key for key, verdict in degrading.items() if verdict.state == "mild"} == {GROQ}
    assert not [key for key, verdict in degrading.items() if verdict.state == "severe"]


def test_in_the_end_it_drifts_severely_and_scores_worst(told: dict[int, Snapshot]) -> None:
    alarmed = told[scenario.MOMENTS["alarmed"].minute]
    assert {key for key, verdict in alarmed.drift.items() if verdict.state == "severe"} == {GROQ}
    assert min(alarmed.by_model.values(), key=lambda card: card.score).key == GROQ
    assert alarmed.by_model[GROQ].score < 65


def test_another_backend_falls_and_recovers_on_the_way(told: dict[int, Snapshot]) -> None:
    course = [told[minute].drift[HAIKU].state for minute in (115, 126, 150)]
    assert course == ["stable", "mild", "stable"]


def test_before_the_story_there_is_nothing(told: dict[int, Snapshot]) -> None:
    assert scenario.MOMENTS["empty"].to_s < START_S
    assert max(told) == scenario.MINUTES


def test_every_part_of_the_story_gets_calls(told: dict[int, Snapshot]) -> None:
    assert set(told[scenario.MINUTES].by_model) == {Key(part.backend, part.model, part.task) for part in STORY}


def test_the_story_is_the_same_each_time() -> None:
    first, second = (next(iter(scenario.snapshots(every_s=600))) for _ in range(2))
    assert first == second


def test_samples_stand_together_by_family_with_their_time_and_without_exemplars() -> None:
    lines = list(openmetrics(scenario.snapshots(every_s=3600)))
    heads = [line for line in lines if line.startswith("#")]
    assert len(heads) == len(set(heads))
    assert heads[-1] == lines[-1] == "# EOF"
    times = {float(line.rsplit(" ", 1)[1]) for line in lines if not line.startswith("#")}
    assert times == {START_S + hour * 3600 for hour in (1, 2, 3)}
    assert not [line for line in lines if " # {" in line]


def test_a_label_with_braces_and_quotes_keeps_them() -> None:
    odd = Key("anthropic", 'gpt "4" {beta} # {x}', "code")
    lines = list(openmetrics([snapshot([card(odd)])]))
    assert any(r'model="gpt \"4\" {beta} # {x}"' in line and re.search(r"\} 0\.915 \d+$", line) for line in lines)


def test_alerts_are_pending_then_firing_and_last_a_while() -> None:
    minute = 60 * 10**9

    def at(minutes: float, state: str) -> Snapshot:
        return snapshot(verdicts=[verdict(CODE, state=state)], time_ns=round(minutes * minute))

    course = [(0, "severe"), (1, "severe"), (2, "severe"), (3, "stable"), (12, "stable"), (13, "stable")]
    lines = [line for line in openmetrics(at(*step) for step in course) if line.startswith("ALERTS")]
    seen = {int(line.rsplit(" ", 1)[1]) / 60: re.search(r'alertstate="(\w+)"', line)[1] for line in lines}  # type: ignore[index]
    assert seen == {0: "pending", 1: "pending", 2: "firing", 3: "firing", 12: "firing"}
