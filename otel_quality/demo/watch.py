"""What the demo shows: the ranking, the verdicts, and what happened so far, read from a processor's API.

Holds no opinion of its own: a line of the story is a change of state that the API told, or a stage of the simulation.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from otel_quality.client import Client
from otel_quality.demo import sessions
from otel_quality.demo.backends import DRIFTING_TASK
from otel_quality.vocabulary.alerts import BACKEND_DRIFTING
from otel_quality.vocabulary.measures import ALL


@dataclass(frozen=True, slots=True)
class Event:
    """One line of the story.

    Attributes:
        at_s: seconds since the first call.
        what: in words.
        kind: "stage" of the simulation, the drift state that was entered, or "grade", "prediction", "suggestion" of the agent.
        verdict: the API's verdict at that moment; None for a stage.
    """

    at_s: float
    what: str
    kind: str
    verdict: dict[str, Any] | None = None


@dataclass(slots=True)
class Story:
    """Everything known at a moment; `at_s` is seconds since the first call."""

    at_s: float = 0.0
    ranking: list[dict[str, Any]] = field(default_factory=list)
    cards: dict[str, dict[str, Any]] = field(default_factory=dict)
    verdicts: list[dict[str, Any]] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    seen: int = 0
    agent: sessions.AgentStory = field(default_factory=sessions.AgentStory)

    def state_of(self, backend: str) -> str:
        """The drift state of a backend on the task that the demo ranks."""
        return next((it["state"] for it in self.verdicts if (it["backend"], it["task"]) == (backend, DRIFTING_TASK)), "learning")

    def alert(self) -> dict[str, Any] | None:
        """The alert that Alertmanager would send for the worst verdict, in the words of the shipped rules; None if there is none."""
        severe = next((event.verdict for event in reversed(self.events) if event.kind == "severe"), None)
        if severe is None:
            return None
        labels = {label: severe[label] or ALL for label in BACKEND_DRIFTING.labels}
        summary, description = BACKEND_DRIFTING.filled(labels)
        return {"alertname": BACKEND_DRIFTING.name, "labels": labels | {"severity": "page"}, "summary": summary, "description": description}


class Watch:
    """Asks the API and keeps the story up to date.

    Args:
        client: of the API.
        foretold: gives what is foretold of the agent's tool, probability and reason.
    """

    def __init__(self, client: Client, foretold: Callable[[], tuple[float, str]]) -> None:
        self.story = Story()
        self._client = client
        self._foretold = foretold

    def staged(self, at_s: float, *what: str) -> None:
        """Note stages of the simulation."""
        self.story.events.extend(Event(at_s, f"behind the scenes: {each}", "stage") for each in what)

    def look(self, at_s: float) -> None:
        """Ask once; blocks for as long as the API takes.

        Raises:
            ApiError: it did not answer.
        """
        story = self.story
        ranking = self._client.get("/v1/recommendations", task=DRIFTING_TASK)["recommendations"]
        cards = self._client.get("/v1/scores", task=DRIFTING_TASK)["scores"]
        verdicts = self._client.get("/v1/drift")["drift"]
        story.seen = self._client.get("/v1/stats")["seen"]
        for verdict in verdicts:
            before = self._state_before(verdict)
            if verdict["state"] != before and (before, verdict["state"]) != ("learning", "stable"):
                what = f"drift {verdict['state']}: {verdict['backend']} on {verdict['task']}"
                story.events.append(Event(at_s, what, verdict["state"], verdict))
        for kind, what in sessions.look(self._client, story.agent, self._foretold()):
            story.events.append(Event(at_s, what, kind))
        story.at_s, story.ranking, story.verdicts = at_s, ranking, verdicts
        story.cards = {card["backend"]: card for card in cards}

    def _state_before(self, verdict: dict[str, Any]) -> str:
        key = _key(verdict)
        return next((it["state"] for it in self.story.verdicts if _key(it) == key), "learning")


def _key(verdict: dict[str, Any]) -> tuple[str, str | None, str]:
    return verdict["backend"], verdict["model"], verdict["task"]
