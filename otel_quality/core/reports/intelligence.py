"""One report of everything that past executions teach. Pure: what the store has added up goes in, a plain record comes out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from otel_quality.core.reports import lines, weeks
from otel_quality.core.tools import knowledge
from otel_quality.core.tools.knowledge import Tally


@dataclass(frozen=True, slots=True)
class Intelligence:
    """What past executions teach.

    Attributes:
        days: that tools, agents and effects look back on; models and patterns are over all that is kept.
        outcomes: of all executions of these days.
        velocity: of all agents together.
        tools: the most used first. patterns: over all parameters, the most used first.
        models: by task type. agents: the busiest first.
        effects: hours and weekdays that stand out, with their intervals.
        accuracy: of the predictions of 7 days.
        adaptations: the latest first. policies: by name.
    """

    made: str
    days: int
    outcomes: lines.Outcomes
    velocity: lines.Velocity
    tools: tuple[lines.Tool, ...]
    patterns: tuple[lines.Pattern, ...]
    models: tuple[lines.Model, ...]
    agents: tuple[lines.Agent, ...]
    effects: tuple[lines.Effect, ...]
    accuracy: lines.Accuracy
    adaptations: tuple[lines.Adaptation, ...]
    policies: tuple[lines.Policy, ...]


@dataclass(frozen=True, slots=True)
class Known:
    """What the store adds up for the report; see `store.contract` for each.

    Attributes:
        tool_agents: by tool, the outcomes of each agent.
        recent, before: outcomes by agent of the last 3 days and of the 3 days before.
        bins: matched predictions of 7 days.
    """

    tool_tallies: Mapping[str, Tally]
    tool_agents: Mapping[str, Sequence[tuple[str, Tally]]]
    patterns: Sequence[knowledge.Pattern]
    models: Sequence[knowledge.ModelPerformance]
    agents: Sequence[knowledge.AgentPerformance]
    recent: Mapping[str, Tally]
    before: Mapping[str, Tally]
    bins: Sequence[knowledge.Bin]
    hours: Sequence[knowledge.Effect]
    weekdays: Sequence[knowledge.Effect]
    adaptations: Sequence[knowledge.Adaptation]
    policies: Sequence[knowledge.Policy]


def intelligence(known: Known, *, days: int, now_ns: int) -> Intelligence:
    """The report; `days` is what the tallies of tools, agents and effects look back on."""
    effects = (*lines.effects("hour", known.hours), *lines.effects("weekday", known.weekdays))
    return Intelligence(
        made=weeks.instant(now_ns),
        days=days,
        outcomes=lines.outcomes(total(known.tool_tallies)),
        velocity=lines.learning(total(known.recent), total(known.before)),
        tools=lines.tools(known.tool_tallies, known.tool_agents),
        patterns=tuple(map(lines.pattern, known.patterns)),
        models=lines.models(known.models),
        agents=lines.agents(known.agents, known.recent, known.before, known.bins),
        effects=tuple(each for each in effects if each.stands_out),
        accuracy=lines.accuracy(known.bins),
        adaptations=tuple(map(lines.adaptation, known.adaptations)),
        policies=tuple(map(lines.policy, known.policies)),
    )


def total(tallies: Mapping[str, Tally]) -> Tally:
    """All of them together.

    >>> total({"a": Tally(2, 1), "b": Tally(1, 1)})
    Tally(samples=3, successes=2)
    """
    return Tally(sum(each.samples for each in tallies.values()), sum(each.successes for each in tallies.values()))
