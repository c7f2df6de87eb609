"""What the demo shows of its agent: how its latest sessions were graded, what is foretold of its tool, what is suggested.

Reads the processor's API and the SDK's prediction; grades nothing itself.
"""

from dataclasses import dataclass, field
from statistics import fmean
from typing import Any, Final

from otel_quality.client import Client
from otel_quality.demo.agent import NAME, TOOL

LATEST: Final = 20
"""Sessions whose grades make the present ones."""
_MIN_SESSIONS: Final = 5
_FALL: Final = 0.3
"""A fall of the completed share by more than this is told."""
_POOR: Final = 0.5
"""Told as soon as success is foretold to be no more likely than this: \"poor\"."""
_UNKNOWN: Final = (0.5, "insufficient data")


@dataclass(frozen=True, slots=True)
class Grades:
    """Means over sessions.

    Attributes:
        sessions: how many.
        completed: share of them, 0-1.
        efficiency, quality: 1-5.
    """

    sessions: int = 0
    completed: float = 0.0
    efficiency: float = 0.0
    quality: float = 0.0

    def __str__(self) -> str:
        return f"{self.completed:.0%} completed, efficiency {self.efficiency:.1f}, quality {self.quality:.1f} of 5"


@dataclass(slots=True)
class AgentStory:
    """Everything known of the agent at a moment.

    Attributes:
        total: sessions so far.
        now: grades of the latest ones; best: the best that these were.
        probability, reason: what is foretold of the tool.
        suggestions: of the summary, once grades have fallen.
    """

    total: int = 0
    now: Grades = Grades()
    best: Grades = Grades()
    probability: float = _UNKNOWN[0]
    reason: str = _UNKNOWN[1]
    suggestions: list[str] = field(default_factory=list)
    told: set[str] = field(default_factory=set)

    @property
    def fallen(self) -> bool:
        return self.best.completed - self.now.completed > _FALL

    @property
    def suggestion(self) -> str:
        """The suggestion that names the tool, else the first one; empty without any."""
        return next((each for each in self.suggestions if TOOL in each), next(iter(self.suggestions), ""))

    def document(self) -> dict[str, Any]:
        """All of it as JSON."""
        grades = {name: {key: getattr(each, key) for key in Grades.__slots__} for name, each in (("best", self.best), ("now", self.now))}
        return {
            "name": NAME,
            "sessions": self.total,
            "grades": grades,
            "prediction": {"tool": TOOL, "probability": self.probability, "reason": self.reason},
            "suggestions": self.suggestions,
        }

    def once(self, what: str, when: bool) -> bool:
        """Whether something is so for the first time."""
        if not when or what in self.told:
            return False
        self.told.add(what)
        return True


def look(client: Client, story: AgentStory, foretold: tuple[float, str]) -> list[tuple[str, str]]:
    """Bring the story up to date; what is new of it as (kind, words).

    Raises:
        ApiError: the API did not answer.
    """
    answer = client.get("/v1/sessions", agent=NAME, graded="true", limit=LATEST)
    grades = [session["grade"] for session in answer["sessions"]]
    story.total = answer["total"]
    story.probability, story.reason = foretold
    if len(grades) >= _MIN_SESSIONS:
        story.now = Grades(
            len(grades),
            fmean(each["task_completed"] for each in grades),
            fmean(each["tool_calls_efficient"] for each in grades),
            fmean(each["response_quality"] for each in grades),
        )
        story.best = max(story.best, story.now, key=lambda each: (each.completed, each.efficiency))
    if story.fallen:
        story.suggestions = client.get("/v1/reports/summary", days=1)["suggestions"]
    known = story.reason != _UNKNOWN[1]
    news = [
        ("grade", story.fallen, f"sessions of {NAME} get worse: {story.now}"),
        ("prediction", known and story.probability <= _POOR, f"foretold of {TOOL}: {story.probability:.0%} ({story.reason})"),
        ("suggestion", TOOL in story.suggestion, f"suggested: {story.suggestion}"),
    ]
    return [(kind, words) for kind, is_so, words in news if story.once(kind, is_so)]
