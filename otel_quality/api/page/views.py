"""From the API's answers to what a template shows: rows, bars, words. No HTTP, no clock; every function is pure.

Decision: the page shows the API's answers and computes no figure of its own, so that what a person reads and what a program reads
are the same number.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal
from urllib.parse import urlencode

from pydantic import Field

from otel_quality.api import answers, evaluation_answers, judged, schema, session_answers
from otel_quality.api.schema import Query
from otel_quality.core.evaluations.overview import Overview, OverviewFilter
from otel_quality.core.evaluations.record import Run, Transcript
from otel_quality.core.history import KeptSession, Revision
from otel_quality.core.reports.words import counted, milliseconds, number, percent
from otel_quality.core.snapshot import Key, Snapshot
from otel_quality.vocabulary.measures import ALL, DRIFT_STATES

DRIFTS_SHOWN: Final = 50
"""Drift keys that the first page lists: the worst ones."""
_FOLD: Final = 4
"""Calls in a row without a mark, from which they are told in one line."""
MARKS: Final[Mapping[str, tuple[str, str]]] = {
    "": ("·", ""),
    "error": ("✗", "failed"),
    "same_again": ("✗", "failed: the same call again"),
    "repeated": ("✗", "failed: three or more in a row"),
    "loop": ("✗", "failed: five or more in a row, a loop"),
    "recovered": ("✓", "recovered"),
}
"""Mark of a stage to its sign and its words."""


@dataclass(frozen=True, slots=True)
class Place:
    """One backend in the ranking.

    Attributes:
        low, high, score: 0-100, for the bar; drift: its worst state over all its keys, empty where there is none.
    """

    rank: int
    backend: str
    score: float
    low: float
    high: float
    samples: int
    success: str
    latency: str
    enough: bool
    drift: str
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """One line of a session's course: an execution, or several without a mark in one."""

    number: str
    sign: str
    mark: str
    text: str
    said: str
    latency: str


def tasks(snapshot: Snapshot) -> list[str]:
    """Tasks that have a score, by name."""
    return sorted({key.task for key in snapshot.by_task if key.task is not None})


def ranking(snapshot: Snapshot, task: str) -> list[Place]:
    """Backends at a task ("all": over all tasks), best first."""
    told = answers.recommendations(snapshot, schema.RecommendationsQuery(task=task, min_samples=5)).recommendations
    cards = snapshot.by_backend if task == ALL else snapshot.by_task
    wanted = None if task == ALL else task
    return [
        Place(
            rank=each.rank,
            backend=each.backend,
            score=each.score,
            low=each.interval[0],
            high=each.interval[1],
            samples=each.samples,
            success=percent(card.successes / card.samples if card.samples else None),
            latency=milliseconds(card.mean_latency_ms or None),
            enough=each.state == "ok",
            drift=_worst(snapshot, each.backend, wanted),
            reasons=tuple(each.reasons),
        )
        for each in told
        for card in (cards[Key(each.backend, None, wanted)],)
    ]


def _worst(snapshot: Snapshot, backend: str, task: str | None) -> str:
    states = [
        verdict.state
        for key, verdict in snapshot.drift.items()
        if key.backend == backend and (task is None or key.task in (None, task)) and verdict.severity != "none"
    ]
    return max(states, key=DRIFT_STATES.index, default="")


def drifts(snapshot: Snapshot) -> tuple[list[dict[str, Any]], dict[str, int]]:
    """Drift keys that are mild or severe, the worst first, and how many there are in each state."""
    verdicts = answers.drift(snapshot, schema.DriftQuery(backend=None, model=None, task=None)).drift
    counts = {state: sum(verdict.state == state for verdict in verdicts) for state in DRIFT_STATES}
    worse = sorted((verdict for verdict in verdicts if verdict.severity != "none"), key=lambda verdict: -DRIFT_STATES.index(verdict.state))
    return [verdict.model_dump() for verdict in worse[:DRIFTS_SHOWN]], counts


def course(stages: Sequence[Mapping[str, Any]]) -> list[Step]:
    """A session's course; calls in a row without a mark are one line."""
    lines: list[Step] = []
    plain: list[Mapping[str, Any]] = []
    for stage in stages:
        if stage["mark"]:
            lines += _plain(plain)
            plain = []
            lines.append(_step(stage))
        else:
            plain.append(stage)
    return lines + _plain(plain)


def _plain(stages: Sequence[Mapping[str, Any]]) -> list[Step]:
    if len(stages) < _FOLD:
        return [_step(stage) for stage in stages]
    tools: dict[str, int] = {}
    for stage in stages:
        tools[stage["tool"]] = tools.get(stage["tool"], 0) + 1
    told = ", ".join(f"{tool} ×{count}" if count > 1 else tool for tool, count in sorted(tools.items(), key=lambda item: -item[1]))
    return [Step(f"{stages[0]['number']}–{stages[-1]['number']}", "·", "", f"{len(stages)} calls: {told}", "", "")]


def _step(stage: Mapping[str, Any]) -> Step:
    sign, said = MARKS[stage["mark"]]
    words = " · ".join(filter(None, (said, stage["error"].replace("_", " "))))
    latency = milliseconds(stage["latency_ms"]) if stage["latency_ms"] is not None else ""
    return Step(str(stage["number"]), sign, stage["mark"], stage["tool"], words, latency)


class SessionsQuery(Query):
    """What the form above the list of sessions asks; empty is any."""

    task_type: str = ""
    completed: Literal["", "true", "false"] = ""
    status: Literal["", "evaluated", "stale", "pending"] = ""
    profile: str = Field("", max_length=200)
    offset: int = Field(0, ge=0, le=2**31)

    def wanted(self, limit: int) -> OverviewFilter:
        """The same as a question to history."""
        return OverviewFilter(
            task_type=self.task_type or None,
            completed=None if not self.completed else self.completed == "true",
            status=self.status or None,
            profile=self.profile or None,
            limit=limit,
            offset=self.offset,
        )

    def neighbours(self, limit: int, total: int) -> tuple[str | None, str | None]:
        """Addresses of the page before (newer sessions) and after, where there is one."""
        newer = None if not self.offset else self._at(max(self.offset - limit, 0))
        return newer, self._at(self.offset + limit) if self.offset + limit < total else None

    def _at(self, offset: int) -> str:
        return "/sessions?" + urlencode({name: value for name, value in (self.model_dump() | {"offset": offset}).items() if value})


def sessions(found: Sequence[Overview]) -> list[dict[str, Any]]:
    """Sessions in a list."""
    return [session_answers.listed(each).model_dump() for each in found]


def session(kept: KeptSession, revisions: Sequence[Revision], said: judged.Detail, transcript: Transcript | None) -> dict[str, Any]:
    """Everything about one session, as its template names it."""
    told = session_answers.detailed(said, revisions).model_dump()
    masked = transcript.masked if transcript else {}
    return {
        "session": told,
        "facts": [(name, value) for name, value in _facts(told) if value],
        "steps": course(told["course"]),
        "transcript": transcript.lines if transcript else (),
        "masked": ", ".join(f"{words(kind)} ×{count}" for kind, count in sorted(masked.items())),
        "last_message": max(told["messages"] - 1, 0),
    }


def _facts(told: Mapping[str, Any]) -> list[tuple[str, str]]:
    calls = [counted(told["api_calls"], "API call"), counted(told["tool_calls"], "tool call"), counted(told["errors"], "error")]
    tokens = told["input_tokens"] + told["output_tokens"]
    return [
        ("Id", told["id"]),
        ("Type", words(told["task_type"])),
        ("Platform", told["platform"]),
        ("Agents", ", ".join(told["agents"])),
        ("Models", ", ".join(told["models"])),
        ("Profile", told["profile"]),
        ("Started (UTC)", clock(told["start"]) if told["start"] else ""),
        ("Took", milliseconds(1000 * told["duration_s"]) if told["duration_s"] is not None else ""),
        ("Calls", ", ".join(calls)),
        ("Tokens", f"{told['input_tokens']} in, {told['output_tokens']} out" if tokens else ""),
        ("Cost", f"${told['cost_usd']:.4f}" if told["cost_usd"] else ""),
        ("From", ", ".join(told["sources"])),
        ("Outcome told", {None: "", True: "success", False: "failure"}[told["success"]]),
    ]


def evaluations(stats: judged.Stats, trust: judged.Trust, runs: Sequence[Run], *, days: int) -> dict[str, Any]:
    """Trends, trust and runs, newest first, as their template names them."""
    told = evaluation_answers.stats(stats, days=days).model_dump()
    return {
        "days": days,
        "configured": told["configured"],
        "weeks": told["weeks"][::-1],
        "ratings": told["feedback"][::-1],
        **evaluation_answers.trust(trust).model_dump(include={"figures", "drifts"}),
        "runs": [evaluation_answers.run(each).model_dump() for each in runs],
    }


def clock(time: str) -> str:
    """An instant of the API as people read it, in UTC.

    >>> clock("2026-01-31T12:00:00.250000Z")
    '2026-01-31 12:00:00'
    """
    return time[:19].replace("T", " ")


def score(value: float | None) -> str:
    """A judge's score, 0-100; a dash where it does not apply."""
    return "–" if value is None else number(value, 0)


def said(value: float | bool) -> str:
    """One part of a person's grade."""
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else f"{value:g}"


def words(name: str) -> str:
    """A name of the vocabulary as people read it."""
    return name.replace("_", " ")


FILTERS: Final = {
    "score": score,
    "said": said,
    "words": words,
    "percent": percent,
    "number": number,
    "milliseconds": milliseconds,
    "counted": counted,
}
"""What templates may call."""
