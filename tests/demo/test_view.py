"""How the demo looks: it fits the smallest terminal, and says what the API said."""

import io
from typing import Any

import pytest
from rich.console import Console

from otel_quality.client import Client
from otel_quality.demo import view
from otel_quality.demo.sessions import AgentStory, Grades
from otel_quality.demo.watch import Event, Story, Watch
from prometheus.alerts import alerts
from prometheus.settings import Settings
from tests import samples
from tests.cli.served import Served

REASON = (
    "empty_response_rate 0.45 > 0.30; length_collapse_ratio 0.22 < 0.50 (median output tokens 419.5 -> 93.5);"
    " tool_silence_rate 1.00 > 0.70; error_rate 0.30 > 0.25"
)


def verdict(state: str) -> dict[str, Any]:
    severity = state if state in {"mild", "severe"} else "none"
    return {"backend": "sim-nova", "model": "nova-2", "task": "code", "state": state, "severity": severity, "reason": REASON}


def story() -> Story:
    """The fullest picture there is: every backend ranked, every event told, the longest reason."""
    names = ("sim-sage", "sim-swift", "sim-thrift", "sim-nova")
    ranking = [
        {"rank": rank, "backend": name, "score": 100.0, "interval": [90.1, 100.0], "samples": 100} for rank, name in enumerate(names, 1)
    ]
    events = [
        Event(0, "behind the scenes: all four backends answer well", "stage"),
        Event(13.5, "behind the scenes: sim-nova stops calling tools on code", "stage"),
        Event(17.2, "drift mild: sim-nova on code", "mild", verdict("mild")),
        Event(20.3, "behind the scenes: sim-nova sends empty answers and errors on code", "stage"),
        Event(24.8, "drift severe: sim-nova on code", "severe", verdict("severe")),
        Event(24.9, "behind the scenes: search_docs of agent sim-ezra loses its connection", "stage"),
        Event(28.1, "sessions of sim-ezra get worse: 70% completed, efficiency 3.8, quality 3.4 of 5", "grade"),
        Event(28.1, f"suggested: {SUGGESTION}", "suggestion"),
        Event(33.3, "foretold of search_docs: 49% (poor: 100 of 205 succeeded)", "prediction"),
    ]
    cards = {name: {"mean_latency_ms": 9999.0} for name in names}
    return Story(at_s=44.7, ranking=ranking, cards=cards, verdicts=[verdict("severe")], events=events, seen=2000, agent=agent())


SUGGESTION = "Error-prone tool: search_docs, 1040 errors in 260 sessions: review how it is called."
ADVICE = "Common error: network_error, 1040 times: retry with growing pauses, and check what the tool can reach."


def agent() -> AgentStory:
    """The agent after its tool broke."""
    now, best = Grades(20, 0.05, 1.25, 2.4), Grades(20, 1.0, 5.0, 4.0)
    return AgentStory(260, now, best, 0.38, "poor: 100 of 260 succeeded", ["Completion is low.", SUGGESTION, ADVICE])


def drawn(thing: Any, width: int) -> list[str]:
    console = Console(file=io.StringIO(), width=width, force_terminal=True, color_system=None)
    console.print(thing)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue().splitlines()


@pytest.mark.parametrize("width", [80, 120, 200])
def test_the_live_view_fits_a_terminal_and_cuts_nothing(width: int) -> None:
    lines = drawn(view.live(story(), 45), width)
    assert len(lines) <= 24
    assert max(map(len, lines)) <= width
    text = " ".join(" ".join(lines).split())
    assert "…" not in text.replace("… learning", "")
    assert "error_rate 0.30 > 0.25" in text
    assert "45/45 s" in text


def test_before_the_first_answers_it_says_that_it_waits() -> None:
    assert any("waiting for the first answers" in line for line in drawn(view.live(Story(), 45), 80))


def test_the_advice_is_the_best_backend_that_does_not_drift() -> None:
    told = story()
    told.verdicts.append(verdict("severe") | {"backend": "sim-sage"})
    assert drawn(view.advice(told), 80) == ["For code, use sim-swift instead: best of those that do not drift."]


@pytest.mark.parametrize("width", [80, 200])
def test_the_agent_is_told_with_its_fall_its_prediction_and_what_is_suggested(width: int) -> None:
    lines = drawn(view.agent(agent()), width)
    assert max(map(len, lines)) <= min(width, 100)
    text = " ".join(" ".join(lines).split())
    assert text.startswith("Agent sim-ezra: of its last 20 sessions 5% completed; before it was 100%.")
    assert 'oq.predict_success("search_docs", agent="sim-ezra"): 38%, poor: 100 of 260 succeeded' in text
    assert text.endswith(f"Suggested: {SUGGESTION} Suggested: {ADVICE}")


def test_plain_lines_tell_how_the_agent_does_when_sessions_have_ended() -> None:
    assert "agent sim-ezra: 5% completed, efficiency 1.2, quality 2.4 of 5" in view.standing(story())[-1]
    assert not any("agent" in line for line in view.standing(Story()))


def test_an_agent_without_sessions_says_so() -> None:
    assert "longer --seconds" in drawn(view.agent(AgentStory()), 80)[0]
    assert any("no session has ended yet" in line for line in drawn(view.live(Story(), 45), 80))


def test_without_a_severe_verdict_there_is_no_alert_and_no_advice() -> None:
    assert Story().alert() is None
    assert "longer --seconds" in drawn(view.alert(Story()), 80)[0]
    assert drawn(view.advice(Story()), 80) == [""]


def test_the_alert_shown_is_the_one_that_the_shipped_rules_send() -> None:
    shown = story().alert()
    assert shown is not None
    rule = next(each for each in alerts(Settings()) if each.name == shown["alertname"])
    assert shown["labels"]["severity"] == rule.severity
    assert set(shown["labels"]) == {"severity", *rule.labels}
    for text, template in ((shown["summary"], rule.summary), (shown["description"], rule.description)):
        for label in rule.labels:
            template = template.replace(f"{{{{ $labels.{label} }}}}", shown["labels"][label])
        assert text == template


def test_the_story_is_told_from_the_changes_that_the_api_shows() -> None:
    with Served(samples.snapshot([], [samples.verdict(samples.SLOW)])) as served:
        watch = Watch(Client(served.url), lambda: (0.5, "insufficient data"))
        watch.look(1.0)
        assert watch.story.events == []
        served.processor.present = samples.full()
        watch.look(2.0)
        watch.look(3.0)
        (event,) = watch.story.events
        assert (event.at_s, event.kind, event.what) == (2.0, "severe", "drift severe: groq on code")
        served.processor.present = samples.snapshot([], [samples.verdict(samples.SLOW)])
        watch.look(4.0)
        assert [each.kind for each in watch.story.events] == ["severe", "stable"]
