"""How the demo looks: it fits the smallest terminal, and says what the API said."""

import io
from typing import Any

import pytest
from rich.console import Console

from otel_quality.client import Client
from otel_quality.demo import view
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
    ]
    cards = {name: {"mean_latency_ms": 9999.0} for name in names}
    return Story(at_s=44.7, ranking=ranking, cards=cards, verdicts=[verdict("severe")], events=events, seen=2000)


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
        watch = Watch(Client(served.url))
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
