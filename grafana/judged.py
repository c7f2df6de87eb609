"""Four simulated weeks of sessions that a judge scores every night, through the real arithmetic of trust, in virtual time.

For tests and pictures of the board about judged quality. Reads no clock and no network: the same seed gives the same figures. The story,
in days:

      0  everything is well; the judge scores 40 sessions every night at the second hour, and the reference sessions with them
      5  the rubric is changed: the means begin anew
     19  from noon on the agents do not finish what is hard: goal completion falls where complexity is above 50, thumbs go down
     22  the judge refuses its key: the night's run fails
     25  the provider changes the model behind its name: it scores some ten points higher, the reference sessions too
     28  the end; nothing is mended

`JUDGED` names the ends of the weeks at which the board is looked at.
"""

import random
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from statistics import fmean
from typing import Final

from grafana.scenario import START_S, Moment
from grafana.weeks import EVERY_S, WEEKS_START_S
from otel_quality.core.evaluations.present import Present, Trusted
from otel_quality.core.evaluations.record import Assessment, Evaluation, Versions
from otel_quality.core.evaluations.trust import POINTS, Pair, report
from otel_quality.core.history import History
from otel_quality.core.snapshot import Card, Counters, Key, Snapshot
from otel_quality.vocabulary.axes import AXES, BUCKETS, OPTIONAL_AXES, Axis, bucket_of
from otel_quality.vocabulary.measures import ALL

DAYS: Final = 28
RUBRIC_DAY: Final = 5
BREAKS_DAY: Final = 18.9
FAILED_NIGHT: Final = 22
SHIFTS_NIGHT: Final = 25
JUDGED_START_S: Final = WEEKS_START_S - (DAYS + 1) * 86_400
JUDGED: Final = {
    "healthy": Moment((JUDGED_START_S - START_S) // 60 + 18 * 1440, 14 * 24),
    "bad": Moment((JUDGED_START_S - START_S) // 60 + DAYS * 1440, 14 * 24),
    "empty": Moment((JUDGED_START_S - START_S) // 60 - 60, 14 * 24),
}
JUDGE: Final = Key("panel", "gpt-5.1", "judge")
"""The judge, as its own calls show it."""
EXPERTS: Final = ("planner", "tool_user", "critic", "users_advocate")
ALERTED: Final = (
    ("LLMQGoalCompletionFalling", 23.53, DAYS, 3600),
    ("LLMQEvaluationRunFailed", 22.5, 22.54, 0),
    ("LLMQJudgeShifted", 26.53, DAYS, 1800),
)
"""What Prometheus alerts on meanwhile: name, from its first day to its last, and for how many seconds it is pending."""
_SEED: Final = 23
_PER_NIGHT: Final = 40
_ANCHORS: Final = 7
_NIGHT: Final = 0.5
"""Of a day, which begins in the afternoon."""
_RUN_DAYS: Final = 0.02
_WEEK: Final = 7
_LATEST: Final = 1000
_DAY_NS: Final = 86_400 * 10**9
_TOKENS: Final = {"input": 5200, "output": 240}
_USD: Final = 0.011


def alerts(at_s: int) -> Iterator[str]:
    """Label sets of the ALERTS series that exist at this moment."""
    day = (at_s - JUDGED_START_S) / 86_400
    for name, begins, ends, for_s in ALERTED:
        if begins <= day <= ends:
            state = "firing" if (day - begins) * 86_400 >= for_s else "pending"
            yield f'alertname="{name}",severity="warning",alertstate="{state}"'


def readings(*, every_s: int = EVERY_S) -> Iterator[tuple[int, Snapshot, History]]:
    """What the processor says every `every_s` seconds: the time in Unix seconds, the judge's calls, and history."""
    chance = random.Random(_SEED)  # noqa: S311
    story = _Story(chance)
    for at_s in range(every_s, DAYS * 86_400 + 1, every_s):
        day = at_s / 86_400
        yield JUDGED_START_S + at_s, story.calls(day), story.history(day)


@dataclass(frozen=True, slots=True)
class _Night:
    """What one run came to; without evaluations it failed."""

    day: float
    versions: Versions
    sessions: tuple[Evaluation, ...] = ()
    anchors: tuple[Evaluation, ...] = ()
    pairs: tuple[Pair, ...] = ()


@dataclass
class _Story:
    chance: random.Random
    _seen: dict[tuple[float, ...], Present] = field(default_factory=dict)

    @cached_property
    def nights(self) -> list[_Night]:
        """Every run, in order."""
        anchors = [(f"anchor{n}", 15.0 + 12 * n) for n in range(_ANCHORS)]
        return [self._night(day, anchors) for day in range(DAYS)]

    @cached_property
    def thumbs(self) -> list[tuple[float, int]]:
        """Day and rating, in order of time."""
        said = [(pair, night.day) for night in self.nights for pair in night.pairs]
        return sorted((day - self.chance.random(), pair.likes - pair.dislikes) for pair, day in said if pair.likes or pair.dislikes)

    def _night(self, day: int, anchors: list[tuple[str, float]]) -> _Night:
        at = day + _NIGHT
        versions = Versions("1:gpt-5.1", "2-c41d09aa" if day >= RUBRIC_DAY else "1-7be02f13")
        if day == FAILED_NIGHT:
            return _Night(at, versions)
        shift = 10.0 if day >= SHIFTS_NIGHT else 0.0
        judged, pairs = [], []
        for number in range(_PER_NIGHT):
            complexity, name = self.chance.uniform(5, 100), f"{day}-{number}"
            goal = min(100.0, max(0.0, self.chance.gauss(88 - complexity / 4, 12)))
            if at >= BREAKS_DAY and complexity > 50:
                goal = max(0.0, goal - self.chance.uniform(25, 60))
            judged.append(self._evaluation(name, at, versions, complexity, goal, shift))
            well = self.chance.random() < (0.94 if goal > 50 else 0.1)
            rated, known = self.chance.random() < 0.35, self.chance.random() < 0.35
            pairs.append(Pair(name, judged[-1].scores, int(rated and well), int(rated and not well), well if known else None))
        scored = tuple(self._evaluation(name, at, versions, 50, goal, shift, anchor=True) for name, goal in anchors)
        return _Night(at + _RUN_DAYS, versions, tuple(judged), scored, tuple(pairs))

    def _evaluation(
        self, name: str, day: float, versions: Versions, complexity: float, goal: float, shift: float, *, anchor: bool = False
    ) -> Evaluation:
        wide: dict[Axis, float | None] = {axis: goal + self.chance.gauss(4, 6) for axis in AXES}
        wide |= {"task_complexity": complexity, "goal_completion": goal, "communication": 80 + self.chance.gauss(0, 5)}
        if not anchor:
            absent = {axis: 0.2 if axis == "tool_usage_quality" else 0.8 for axis in AXES if axis in OPTIONAL_AXES}
            wide |= {axis: None for axis, share in absent.items() if self.chance.random() < share}
        said = tuple(Assessment(expert, {axis: self._near(score, axis, shift) for axis, score in wide.items()}) for expert in EXPERTS)
        scores = {axis: None if wide[axis] is None else fmean(each.scores[axis] or 0.0 for each in said) for axis in AXES}
        return Evaluation(
            f"night{day}", name, round(day * _DAY_NS), versions, JUDGE.backend, JUDGE.model or "", scores, said, anchor=anchor
        )

    def _near(self, score: float | None, axis: Axis, shift: float) -> float | None:
        shift = 0.0 if axis == "task_complexity" else shift
        return None if score is None else min(100.0, max(0.0, score + shift + self.chance.gauss(0, 5)))

    def history(self, day: float) -> History:
        """The summary at this day, a number with a fraction."""
        over = [night for night in self.nights if night.day <= day]
        thumbs = [rating for _, rating in self.thumbs[: bisect_right(self.thumbs, (day, 2))]]
        failed = sum(not night.sessions for night in over)
        return History(
            feedback={"up": thumbs.count(1), "down": thumbs.count(-1)},
            runs={"done": len(over) - failed, "failed": failed, "cancelled": 0},
            judged=self._present(over, day) if over else Present(),
        )

    def _present(self, over: list[_Night], day: float) -> Present:
        versions = over[-1].versions
        week = tuple(night.day for night in over if night.day > day - _WEEK and night.versions == versions)
        if (over[-1].day, *week) not in self._seen:
            recent = [each for night in over if night.day in week for each in night.sessions]
            means, samples = _means(recent)
            trust, resting = _trust(over, versions)
            self._seen[(over[-1].day, *week)] = Present(versions.judge, versions.rubric, means, samples, trust, resting)
        return self._seen[(over[-1].day, *week)]

    def calls(self, day: float) -> Snapshot:
        """The judge's own calls since the beginning."""
        per_night = len(EXPERTS) * (_PER_NIGHT + _ANCHORS)
        made = failed = 0
        for night in self.nights:
            under_way = min(1.0, max(0.0, (day - night.day + (_RUN_DAYS if night.sessions else 0)) / _RUN_DAYS))
            if night.sessions:
                made += round(per_night * under_way)
            else:
                failed += round(12 * under_way)
        labels = (JUDGE.backend, JUDGE.model or "")
        task = JUDGE.task or ""
        counters = Counters(
            requests={(*labels, task, "success"): made, (*labels, task, "error"): failed, (*labels, task, "timeout"): made // 90},
            errors={(*labels, "authentication"): failed},
            tokens={(*labels, kind): made * each for kind, each in _TOKENS.items()},
            cost_usd={labels: made * _USD},
        )
        return Snapshot(time_ns=round(day * _DAY_NS), by_model={JUDGE: _CARD}, exposed=frozenset({JUDGE}), counters=counters)


def _means(judged: list[Evaluation]) -> tuple[dict[tuple[str, str], float], dict[tuple[str, str], int]]:
    """Means and samples by (axis, bucket)."""
    groups: Mapping[str, list[Evaluation]] = {ALL: judged} | {
        bucket: [each for each in judged if bucket_of(each.scores["task_complexity"] or 0) == bucket] for bucket in BUCKETS
    }
    told = {
        (axis, bucket): [score for each in of if (score := each.scores[axis]) is not None] for bucket, of in groups.items() for axis in AXES
    }
    return {place: fmean(scores) for place, scores in told.items() if scores}, {place: len(of) for place, of in told.items() if of}


def _trust(over: list[_Night], versions: Versions) -> tuple[dict[str, Trusted], dict[str, int]]:
    """Figures and samples, by the arithmetic that the processor uses."""
    latest = [each for night in reversed(over) for each in night.sessions][:_LATEST]
    anchors = [each for night in reversed(over) for each in night.anchors]
    pairs = [pair for night in reversed(over) if night.versions == versions for pair in night.pairs][:_LATEST]
    trust = {}
    figures = report(versions, evaluations=latest, anchors=anchors, pairs=pairs).figures
    for each in figures:
        if each.value is not None and each.low is not None and each.high is not None:
            scale = 100 if each.name in POINTS else 1
            trust[each.name] = Trusted(each.value / scale, each.low / scale, each.high / scale)
    return trust, {each.name: each.samples for each in figures}


_CARD: Final = Card(
    key=JUDGE,
    score=88.0,
    samples=100,
    successes=99,
    errors=0,
    refusals=0,
    timeouts=1,
    mean_latency_ms=4200.0,
    mean_ttft_ms=0.0,
    p95_latency_ms=7100.0,
    components={},
    missing=(),
    interval=(84.0, 91.0),
    state="ok",
)
