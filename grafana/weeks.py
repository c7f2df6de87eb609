"""Eight simulated days of three agents at work, through the real grader and the real counters, in virtual time.

For tests and pictures of the boards about sessions, tools and agents. Reads no clock and no network: the same seed gives the
same figures. The story, in days:

      0  everything is well; `run_tests` fails now and then in good health
      5  towards noon of the sixth `web_search` begins to fail and to time out: sessions that need it are not completed, some run in circles
         what is foretold of it does not come true, since its patterns remember better days
      6  the adaptation rule lowers allegro's evidence threshold, a step a day
      8  the end; `web_search` is still broken

`WEEKS` names the ends of the weeks at which the boards are looked at. What the store would tell (means of grades, accuracy,
velocity) is worked out here by the same definitions over the same sessions.
"""

import random
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from statistics import fmean
from typing import Final

from grafana.scenario import START_S, Moment
from otel_quality.core.history import History, StoreHealth
from otel_quality.core.history_totals import Totals
from otel_quality.core.sessions.grade import grade
from otel_quality.core.sessions.issues import Watch
from otel_quality.core.sessions.record import Grade, SessionRecord
from otel_quality.core.tools.execution import Execution
from otel_quality.vocabulary.signs import Features

DAYS: Final = 8
BREAKS_DAY: Final = 5.9
EVERY_S: Final = 240
"""Seconds between two readings; Prometheus forgets a series after 300."""
WEEKS_START_S: Final = START_S - 9 * 86_400
"""Before the three hours of `scenario`, so that both fit into one Prometheus."""
WEEKS: Final = {"healthy": Moment(-5040, 132), "bad": Moment(-1440, 168), "empty": Moment(-9 * 1440, 168)}
BROKEN: Final = "web_search"
_SEED: Final = 11
_WINDOW: Final = 100
"""Sessions of a task type whose grades make its means."""
_THREE_DAYS: Final = 3
_POLICY: Final = "allegro.evidence_threshold"


ALERTED: Final = (
    ("LLMQToolBroken", "tool", BROKEN, 5.92, 7.15, 60),
    ("LLMQCompletionFalling", "task", "research", 5.95, 7.33, 600),
    ("LLMQGradesFalling", "task", "research", 6.05, 7.17, 600),
    ("LLMQGradesFalling", "task", "documentation", 6.91, DAYS, 600),
    ("LLMQLoopRisk", "task", "research", 6.35, DAYS, 600),
)
"""What Prometheus alerts on meanwhile: name, label and its value, from its first day to its last, and for how many seconds it is pending.
At night, when too few sessions end, some of them pause."""


def alerts(at_s: int) -> Iterator[str]:
    """Label sets of the ALERTS series that exist at this moment."""
    day = (at_s - WEEKS_START_S) / 86_400
    for name, label, value, begins, ends, for_s in ALERTED:
        if begins <= day <= ends:
            state = "firing" if (day - begins) * 86_400 >= for_s else "pending"
            yield f'alertname="{name}",severity="warning",{label}="{value}",alertstate="{state}"'


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool: median seconds, and the share of executions that fail in good health."""

    latency_s: float
    failing: float


TOOLS: Final = {
    "read_file": Tool(0.02, 0.02),
    "edit_file": Tool(0.05, 0.04),
    "run_tests": Tool(12.0, 0.22),
    "git": Tool(0.2, 0.05),
    BROKEN: Tool(1.4, 0.03),
    "sql_query": Tool(0.6, 0.06),
}


@dataclass(frozen=True, slots=True)
class Work:
    """One kind of session: which agent does it, with which tools, how often in a day, and how good it is when nothing is broken.

    Attributes:
        completed: share of sessions that end well.
        calls: median tool calls.
    """

    task: str
    agent: str
    tools: tuple[str, ...]
    per_day: float
    completed: float
    calls: int


WORK: Final = (
    Work("debugging", "ezra", ("read_file", "edit_file", "run_tests", "git"), 90, 0.72, 9),
    Work("feature_impl", "ezra", ("read_file", "edit_file", "run_tests", "git"), 60, 0.66, 12),
    Work("research", "allegro", (BROKEN, "read_file"), 120, 0.88, 6),
    Work("documentation", "allegro", ("read_file", "edit_file", BROKEN), 40, 0.92, 5),
    Work("data_analysis", "bezalel", ("sql_query", "read_file"), 70, 0.8, 7),
)


def histories(*, every_s: int = EVERY_S) -> Iterator[tuple[int, History]]:
    """What history says every `every_s` seconds: the time in Unix seconds, and the summary."""
    chance = random.Random(_SEED)  # noqa: S311
    sessions = deque(sorted((_session(chance, work, day) for work in WORK for day in _starts(chance, work)), key=lambda each: each.end_s))
    told = _Told()
    for at_s in range(every_s, DAYS * 86_400 + 1, every_s):
        while sessions and sessions[0].end_s <= at_s:
            told.add(sessions.popleft())
        yield WEEKS_START_S + at_s, told.history(at_s / 86_400)


@dataclass(frozen=True, slots=True)
class _Session:
    end_s: float
    record: SessionRecord
    executions: tuple[Execution, ...]
    right: tuple[bool, ...]
    """Of each execution: whether the success that was foretold came true."""


def _starts(chance: random.Random, work: Work) -> Iterator[float]:
    """Days at which sessions begin, counted from the afternoon; at night there are a fifth as many as by day."""
    day = 0.0
    while (day := day + chance.expovariate(work.per_day)) < DAYS:
        if not 0.24 < day % 1 < 0.7 or chance.random() < 0.2:
            yield day


def _session(chance: random.Random, work: Work, day: float) -> _Session:
    executions: list[Execution] = []
    right: list[bool] = []
    at_s, run, longest, again = day * 86_400, 0, 0, ""
    left = max(1, round(chance.lognormvariate(0, 0.4) * work.calls))
    while left > 0 and len(executions) < 60:
        name = again or chance.choice(work.tools)
        broken = name == BROKEN and day >= BREAKS_DAY
        fails = chance.random() < (0.85 if broken else TOOLS[name].failing)
        timeout = fails and broken and chance.random() < 0.5
        latency_s = 30.0 if timeout else chance.lognormvariate(0, 0.5) * TOOLS[name].latency_s
        at_s += latency_s + 3
        executions.append(_execution(name, work.agent, fails, "timeout" if timeout else "api_error", latency_s))
        right.append(not fails)
        again = name if fails and chance.random() < 0.75 else ""
        run = run + 1 if fails else 0
        longest = max(longest, run)
        left -= 0 if fails and chance.random() < 0.6 else 1
    return _Session(at_s, _record(chance, work, executions, longest, day), tuple(executions), tuple(right))


def _execution(tool: str, agent: str, fails: bool, error: str, latency_s: float) -> Execution:
    return Execution("", "", 0, tool, "", agent, "", "", "", not fails, round(latency_s * 1e9), error=error if fails else "")


def _record(chance: random.Random, work: Work, executions: list[Execution], run: int, day: float) -> SessionRecord:
    errors = sum(not each.success for each in executions)
    well = chance.random() < work.completed * (1 - 0.75 * min(1.0, errors / len(executions)) ** 2)
    final = Features(
        round(chance.lognormvariate(0, 0.6) * 700), chance.random() < 0.3, chance.random() < 0.2, int(well), int(not well), False
    )
    api_calls = len(executions) + 1
    recovered = bool(errors) and executions[-1].success
    return SessionRecord(
        f"{work.task}-{day}",
        task_type=work.task,
        end_ns=round(day * 86_400e9),
        agents=(work.agent,),
        api_calls=api_calls,
        failed_api_calls=0 if well else round(0.35 * api_calls),
        tool_calls=len(executions),
        tool_errors=errors,
        error_run=run,
        recovered=recovered,
        final=final,
        ended=True,
    )


class _Told:
    """What has been heard so far."""

    def __init__(self) -> None:
        self._totals, self._watch = Totals(), Watch()
        self._grades: dict[str, deque[Grade]] = {work.task: deque(maxlen=_WINDOW) for work in WORK}
        self._days: dict[str, Counter[tuple[int, bool]]] = {work.agent: Counter() for work in WORK}
        self._foretold: dict[str, deque[tuple[float, bool]]] = {work.agent: deque() for work in WORK}

    def add(self, session: _Session) -> None:
        graded, agent, day = grade(session.record), session.record.agents[0], session.end_s / 86_400
        self._totals.add_session(session.record.task_type, graded)
        self._watch.add(session.record.task_type, graded, at_ns=session.record.end_ns)
        self._totals.add_executions(session.executions)
        self._grades[session.record.task_type].append(graded)
        self._days[agent].update((int(day), each.success) for each in session.executions)
        self._foretold[agent].extend((day, each) for each in session.right[::3])

    def history(self, day: float) -> History:
        """The summary at this day, a number with a fraction."""
        right = {agent: [came_true for at, came_true in foretold if at > day - 7] for agent, foretold in self._foretold.items()}
        lowered = {_POLICY: int(day - BREAKS_DAY)} if day > BREAKS_DAY + 1 else {}
        return History(
            sessions=self._totals.sessions,
            grades={(task, name): mean for task, grades in self._grades.items() if grades for name, mean in _means(grades)},
            states={each.task: each.state for each in self._watch.read()},
            tools=self._totals.tools,
            durations=self._totals.durations,
            accuracy={agent: fmean(each) for agent, each in right.items() if each},
            predictions={agent: len(each) for agent, each in right.items() if each},
            velocity={agent: self._velocity(agent, int(day)) for agent in self._days if day > 2 * _THREE_DAYS},
            adaptations=lowered,
            overflow=self._totals.overflow,
            store=StoreHealth(size_bytes=round(4e6 * day)),
        )

    def _velocity(self, agent: str, day: int) -> float:
        recent, before = (self._rate(agent, range(day - ago, day - ago + _THREE_DAYS)) for ago in (_THREE_DAYS, 2 * _THREE_DAYS))
        return recent - before

    def _rate(self, agent: str, days: Iterable[int]) -> float:
        counts = self._days[agent]
        succeeded, failed = (sum(counts[day, success] for day in days) for success in (True, False))
        return succeeded / max(1, succeeded + failed)


def _means(grades: Iterable[Grade]) -> Iterator[tuple[str, float]]:
    """Dimension and mean; recovery over sessions with errors only."""
    kept = list(grades)
    yield "completion", fmean(each.task_completed for each in kept)
    yield "efficiency", fmean(each.tool_calls_efficient for each in kept)
    yield "quality", fmean(each.response_quality for each in kept)
    yield "loop_risk", fmean(each.loop_risk for each in kept)
    with_errors = [each.errors_recovered for each in kept if each.total_errors]
    if with_errors:
        yield "recovery", fmean(with_errors)
