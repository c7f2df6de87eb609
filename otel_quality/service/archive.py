"""History as the API asks for it: which questions the store is asked, and which pure functions make of its answers what is told.

Each question runs on the thread that owns the store. Holds nothing itself; the clock is here.

Decision: an answer that adds up all executions asks part by part, so that where history is large, what waits to be written comes in
between; the parts may then differ by what came meanwhile.
"""

import asyncio
import secrets
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, Final, Literal, Protocol, TypeVar

from otel_quality.api.history import Agents, Tools
from otel_quality.core.evaluations.record import Transcript
from otel_quality.core.history import KeptSession, Override, Revision, SessionFilter
from otel_quality.core.reports import lines, weeks
from otel_quality.core.reports.intelligence import Intelligence, Known, intelligence, total
from otel_quality.core.reports.records import Weekly
from otel_quality.core.reports.summary import Known as SummaryKnown
from otel_quality.core.reports.summary import Summary, summary
from otel_quality.core.sessions import issues
from otel_quality.core.sessions.record import SessionRecord
from otel_quality.core.tools import predict, velocity
from otel_quality.core.tools.knowledge import Bin, Effect, Pattern, Prediction, Tally
from otel_quality.service import handed, reporting
from otel_quality.store.contract import Store

_API: Final = "api"
_DAY_NS: Final = weeks.DAY_NS
_ACCURACY_DAYS: Final = 7
_PATTERNS: Final = 500
_COMPARED: Final = 50_000
"""(tool, agent, model) among which a tool's best agent is looked for, the most used ones."""
_LISTED: Final = 1_000
"""Tools that are told, the most used ones."""
_LATEST: Final = 500
"""Sessions by which it is told whether grades fell, and whether they fit the scores."""
_REPORTED: Final = 20
"""Patterns and adaptations that the intelligence report names."""

_TIMES: Final[tuple[Literal["hour"], Literal["weekday"]]] = ("hour", "weekday")

T = TypeVar("T")


class Asks(Protocol):
    """Where questions go: the thread that owns the store."""

    async def ask(self, work: Callable[[Store], T]) -> T:
        """Ask, and wait for the answer."""
        ...

    async def add(self, record: SessionRecord, *, source: str, said: Transcript | None = None) -> KeptSession:
        """Keep a session that somebody hands in, graded, with its executions; and what it said, masked, where that is given."""
        ...


class Archive:
    """Implements `api.history.History`.

    Args:
        historian: where questions go.
        now_ns: the clock.
        grades: when they are worth a word in a summary.
        keep_text: the text of sessions that are handed in is kept, where they do not say otherwise.
        max_bytes: of one session's text.
    """

    def __init__(
        self,
        historian: Asks,
        now_ns: Callable[[], int],
        grades: issues.Config = issues.DEFAULT,
        *,
        keep_text: bool = False,
        max_bytes: int = 1 << 20,
    ) -> None:
        self._ask, self._add, self._now_ns, self._grades = historian.ask, historian.add, now_ns, grades
        self._keep_text, self._max_bytes = keep_text, max_bytes

    # Sessions

    async def sessions(self, wanted: SessionFilter, *, days: int | None) -> tuple[list[KeptSession], int]:
        wanted = replace(wanted, since_ns=self._since(days))
        return await self._ask(lambda store: (store.sessions(wanted), store.count_sessions(wanted)))

    async def session(self, session_id: str) -> tuple[KeptSession, list[Revision]] | None:
        def question(store: Store) -> tuple[KeptSession, list[Revision]] | None:
            kept = store.session(session_id)
            return None if kept is None else (kept, store.revisions(session_id))

        return await self._ask(question)

    async def add_session(self, session: object) -> KeptSession:
        # In a thread: a long one must not hold up the telemetry that the same event loop receives.
        record, said = await asyncio.to_thread(handed.read, session, keep_text=self._keep_text, max_bytes=self._max_bytes)
        return await self._add(record, source=_API, said=said)

    async def set_meta(self, session_id: str, changes: Mapping[str, Any]) -> KeptSession | None:
        now_ns = self._now_ns()

        def question(store: Store) -> KeptSession | None:
            with store.transaction():
                kept = store.session(session_id)
                if kept is not None:
                    store.set_meta(session_id, replace(kept.meta, **changes), now_ns=now_ns)
            return store.session(session_id)

        return await self._ask(question)

    async def set_override(self, session_id: str, override: Override | None) -> KeptSession | None:
        now_ns = self._now_ns()
        said = None if override is None else replace(override, time_ns=now_ns)

        def question(store: Store) -> KeptSession | None:
            store.set_override(session_id, said, now_ns=now_ns)
            return store.session(session_id)

        return await self._ask(question)

    # What executions teach

    async def tools(self, *, tool: str | None, days: int | None) -> Tools:
        since_ns = self._since(days)
        patterns = await self._ask(lambda store: store.aggregated_patterns(tool=tool, limit=_COMPARED))
        tallies = await self._ask(lambda store: store.tool_tallies(since_ns=since_ns))
        told = {name: tally for name, tally in tallies.items() if tool in (None, name)}
        found = Tools(lines.tools(told, _by_agent(patterns))[:_LISTED], tuple(map(lines.pattern, patterns[:_PATTERNS])))
        if tool is None:
            return found
        by_parameters = await self._ask(lambda store: store.patterns(tool=tool, limit=_PATTERNS))
        effects: list[lines.Effect] = []
        for by in _TIMES:
            effects += lines.effects(by, await self._ask(partial(_effects, by=by, tool=tool, since_ns=since_ns)))
        return replace(found, by_parameters=tuple(map(lines.pattern, by_parameters)), effects=tuple(effects))

    async def agents(self, *, days: int) -> Agents:
        since_ns, now_ns = self._since(days), self._now_ns()
        performances = await self._ask(lambda store: store.agent_performance(since_ns=since_ns))
        middle_ns, before_ns = _stretches(now_ns)
        recent = await self._ask(lambda store: store.agent_tallies(since_ns=middle_ns))
        before = await self._ask(lambda store: store.agent_tallies(since_ns=before_ns, until_ns=middle_ns))
        bins = await self._ask(lambda store: _bins(store, now_ns))
        return Agents(lines.agents(performances, recent, before, bins), lines.learning(total(recent), total(before)))

    async def models(self, *, task_type: str | None) -> tuple[lines.Model, ...]:
        return await self._ask(lambda store: lines.models(store.model_performance(task_type=task_type)))

    async def predict(self, *, tool: str, agent: str, params_hash: str) -> lines.Prediction:
        now_ns, name = self._now_ns(), secrets.token_hex(8)

        def question(store: Store) -> lines.Prediction:
            said = predict.forecast(store.pattern(tool=tool, agent=agent, params_hash=params_hash or None))
            made = Prediction(name, now_ns, tool, agent, params_hash, said.probability, said.reason, said.samples)
            store.add_prediction(made)
            return lines.prediction(made)

        return await self._ask(question)

    async def predictions(self, *, limit: int, offset: int) -> tuple[list[lines.Prediction], lines.Accuracy]:
        now_ns = self._now_ns()

        def question(store: Store) -> tuple[list[lines.Prediction], lines.Accuracy]:
            found = store.predictions(limit=limit, offset=offset)
            return [lines.prediction(each) for each in found], lines.accuracy(_bins(store, now_ns))

        return await self._ask(question)

    async def adaptations(self, *, limit: int, offset: int) -> list[lines.Adaptation]:
        return await self._ask(lambda store: [lines.adaptation(each) for each in store.adaptations(limit=limit, offset=offset)])

    async def policies(self) -> list[lines.Policy]:
        return await self._ask(lambda store: [lines.policy(each) for _, each in sorted(store.policies().items())])

    # Reports

    async def weekly(self, week: str | None) -> Weekly:
        now_ns = self._now_ns()
        wanted = week or weeks.week_of(now_ns)
        begin_ns, _ = weeks.bounds_ns(wanted)
        if begin_ns > now_ns:
            raise ValueError(f"{wanted} has not begun; this week is {weeks.week_of(now_ns)}")
        known = {name: await self._ask(question) for name, question in reporting.questions(wanted).items()}
        return await self._ask(lambda store: reporting.keep(store, wanted, now_ns=now_ns, **known))

    async def summary(self, *, days: int, scores: Mapping[tuple[str, str], float]) -> Summary:
        since_ns, now_ns = self._since(days), self._now_ns()

        def question(store: Store) -> Summary:
            latest = store.sessions(SessionFilter(graded=True, since_ns=since_ns, limit=_LATEST))
            known = SummaryKnown(
                summaries=store.grade_summaries("day", since_ns=since_ns),
                tools=store.failures("tool", since_ns=since_ns),
                errors=store.failures("error", since_ns=since_ns),
                graded=[(replace(kept.record, end_ns=kept.active_ns), kept.effective) for kept in latest if kept.effective is not None],
                scores=scores,
                config=self._grades,
            )
            return summary(known, days=days, now_ns=now_ns)

        return await self._ask(question)

    async def intelligence(self, *, days: int) -> Intelligence:
        since_ns, now_ns = self._since(days), self._now_ns()
        parts = _parts(since_ns, now_ns)
        known = Known(**{name: await self._ask(part) for name, part in parts.items()})
        return intelligence(known, days=days, now_ns=now_ns)

    def _since(self, days: int | None) -> int:
        return 0 if days is None else max(self._now_ns() - days * _DAY_NS, 0)


def _effects(store: Store, *, by: Literal["hour", "weekday"], tool: str | None, since_ns: int) -> list[Effect]:
    return store.effects(by, tool=tool, since_ns=since_ns)


def _parts(since_ns: int, now_ns: int) -> dict[str, Callable[[Store], Any]]:
    """The questions that make `Known`, one by one: where history is large, what waits to be written comes in between."""
    middle_ns, before_ns = _stretches(now_ns)
    return {
        "tool_tallies": lambda store: store.tool_tallies(since_ns=since_ns),
        "tool_agents": lambda store: _by_agent(store.aggregated_patterns(limit=_COMPARED)),
        "patterns": lambda store: store.aggregated_patterns(limit=_REPORTED),
        "models": lambda store: store.model_performance(),
        "agents": lambda store: store.agent_performance(since_ns=since_ns),
        "recent": lambda store: store.agent_tallies(since_ns=middle_ns),
        "before": lambda store: store.agent_tallies(since_ns=before_ns, until_ns=middle_ns),
        "bins": lambda store: _bins(store, now_ns),
        "hours": lambda store: store.effects("hour", since_ns=since_ns),
        "weekdays": lambda store: store.effects("weekday", since_ns=since_ns),
        "adaptations": lambda store: store.adaptations(limit=_REPORTED),
        "policies": lambda store: [policy for _, policy in sorted(store.policies().items())],
    }


def _by_agent(patterns: list[Pattern]) -> dict[str, list[tuple[str, Tally]]]:
    """Outcomes by tool and agent, over all models."""
    found: dict[str, dict[str, Tally]] = {}
    for each in patterns:
        of_tool = found.setdefault(each.tool, {})
        known = of_tool.get(each.agent, Tally())
        of_tool[each.agent] = Tally(known.samples + each.tally.samples, known.successes + each.tally.successes)
    return {tool: list(agents.items()) for tool, agents in found.items()}


def _stretches(now_ns: int) -> tuple[int, int]:
    """Where the last days that velocity looks at begin, and as many before."""
    middle_ns = max(now_ns - velocity.DAYS * _DAY_NS, 0)
    return middle_ns, max(middle_ns - velocity.DAYS * _DAY_NS, 0)


def _bins(store: Store, now_ns: int) -> list[Bin]:
    return store.prediction_bins(since_ns=max(now_ns - _ACCURACY_DAYS * _DAY_NS, 0))
