"""What history adds up to, as programs and people are told it: plain records with rates beside their counts and instants as text.

Rates and probabilities are 0-1 (None where nothing is known), latencies milliseconds, intervals 95 %, instants RFC 3339 in UTC.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from otel_quality.core.reports import weeks
from otel_quality.core.tools import knowledge, predict, velocity
from otel_quality.core.tools.knowledge import Tally

_WEEKDAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True, slots=True)
class Outcomes:
    """How many, how many of them succeeded, and how sure the rate is."""

    samples: int
    successes: int
    failures: int
    success_rate: float | None
    interval: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Tool:
    """One tool over all parameters.

    Attributes:
        optimal_agent: with the highest success rate among those with 3 samples or more; null where nothing is known.
        confidence: that rate; 0.5 where nothing is known.
    """

    tool: str
    outcomes: Outcomes
    optimal_agent: str | None
    confidence: float


@dataclass(frozen=True, slots=True)
class Pattern:
    """What is known of one (tool, parameters, agent, model); `params_hash` is null over all parameters."""

    tool: str
    params_hash: str | None
    agent: str
    model: str
    outcomes: Outcomes
    mean_latency_ms: float | None
    mean_confidence: float | None
    last_used: str


@dataclass(frozen=True, slots=True)
class Velocity:
    """Success rate of the last 3 days minus that of the 3 days before; trend: accelerating, stable, declining."""

    change: float
    trend: str
    recent_samples: int
    before_samples: int

    @property
    def known(self) -> bool:
        """Whether there is something on both sides."""
        return min(self.recent_samples, self.before_samples) > 0


@dataclass(frozen=True, slots=True)
class Agent:
    """One agent.

    Attributes:
        prediction_accuracy: share of the predictions of 7 days that came true; 0.5 when unknown (`predictions` is 0).
    """

    agent: str
    outcomes: Outcomes
    mean_latency_ms: float | None
    mean_confidence: float | None
    velocity: Velocity
    prediction_accuracy: float
    predictions: int


@dataclass(frozen=True, slots=True)
class Model:
    """One model on one task type; `best` of its task type where it has enough samples (5)."""

    model: str
    task_type: str
    outcomes: Outcomes
    mean_latency_ms: float | None
    mean_tokens: float | None
    cost_per_call_usd: float | None
    best: bool


@dataclass(frozen=True, slots=True)
class Effect:
    """Executions of an hour of the day or a day of the week, in UTC; `stands_out`: clearly unlike the rest."""

    by: Literal["hour", "weekday"]
    when: str
    outcomes: Outcomes
    stands_out: bool


@dataclass(frozen=True, slots=True)
class Prediction:
    """A prediction, and what happened; `success` is null until an execution matched it."""

    id: str
    time: str
    tool: str
    agent: str
    params_hash: str
    probability: float
    reason: str
    samples: int
    success: bool | None
    matched: str | None


@dataclass(frozen=True, slots=True)
class Bin:
    """Predictions between two probabilities: what was predicted on average, and what happened."""

    low: float
    high: float
    samples: int
    mean_probability: float
    success_rate: float
    interval: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Accuracy:
    """How well the predictions of 7 days did; accuracy is 0.5 and Brier score null where none was matched."""

    matched: int
    accuracy: float
    brier: float | None
    calibration: tuple[Bin, ...]


@dataclass(frozen=True, slots=True)
class Adaptation:
    """One change of a policy by a rule."""

    time: str
    rule: str
    agent: str
    policy: str
    trigger: str
    change: str
    old: float
    new: float
    reason: str
    expected: str


@dataclass(frozen=True, slots=True)
class Policy:
    """The present value of a policy."""

    name: str
    value: float
    updated: str


def outcomes(tally: Tally) -> Outcomes:
    """
    >>> outcomes(Tally(4, 3)).success_rate, outcomes(Tally()).success_rate
    (0.75, None)
    """
    return Outcomes(tally.samples, tally.successes, tally.failures, tally.rate if tally.samples else None, tally.interval)


def tools(tallies: Mapping[str, Tally], agents: Mapping[str, Sequence[tuple[str, Tally]]]) -> tuple[Tool, ...]:
    """Tools, the most used first.

    Args:
        tallies: by tool.
        agents: by tool, the outcomes of each agent.
    """
    found = []
    for name in sorted(tallies, key=lambda name: (-tallies[name].samples, name)):
        best = predict.optimal_agent(agents.get(name, ()))
        found.append(Tool(name, outcomes(tallies[name]), best.agent, best.confidence))
    return tuple(found)


def pattern(known: knowledge.Pattern) -> Pattern:
    return Pattern(
        known.tool,
        known.params_hash,
        known.agent,
        known.model,
        outcomes(known.tally),
        known.mean_latency_ms,
        known.mean_confidence,
        weeks.instant(known.last_used_ns),
    )


def agents(
    performances: Iterable[knowledge.AgentPerformance],
    recent: Mapping[str, Tally],
    before: Mapping[str, Tally],
    bins: Sequence[knowledge.Bin],
) -> tuple[Agent, ...]:
    """Agents in the order in which they are given.

    Args:
        performances: over the days that are asked for.
        recent, before: outcomes of the last 3 days and of the 3 days before, by agent.
        bins: matched predictions of 7 days.
    """
    found = []
    for each in performances:
        did = predict.accuracy(bins, agent=each.agent)
        speed = learning(recent.get(each.agent, Tally()), before.get(each.agent, Tally()))
        line = Agent(each.agent, outcomes(each.tally), each.mean_latency_ms, each.mean_confidence, speed, did.accuracy, did.matched)
        found.append(line)
    return tuple(found)


def learning(recent: Tally, before: Tally) -> Velocity:
    speed = velocity.velocity(recent, before)
    return Velocity(speed.change, speed.trend, recent.samples, before.samples)


def models(performances: Sequence[knowledge.ModelPerformance]) -> tuple[Model, ...]:
    """Models by task type; in each the most samples first."""
    by_type: dict[str, list[knowledge.ModelPerformance]] = {}
    for each in performances:
        by_type.setdefault(each.task_type, []).append(each)
    best = [predict.best_model(of_type) for of_type in by_type.values()]
    return tuple(
        Model(
            each.model,
            each.task_type,
            outcomes(each.tally),
            each.mean_latency_ms,
            each.mean_tokens,
            each.cost_per_call_usd,
            any(each is chosen for chosen in best),
        )
        for each in sorted(performances, key=lambda each: (each.task_type, -each.tally.samples, each.model))
    )


def effects(by: Literal["hour", "weekday"], found: Sequence[knowledge.Effect]) -> tuple[Effect, ...]:
    """Hours or weekdays in their order."""
    overall = Tally(sum(each.tally.samples for each in found), sum(each.tally.successes for each in found))
    return tuple(
        Effect(by, _when(by, each.bucket), outcomes(each.tally), velocity.stands_out(each, overall))
        for each in sorted(found, key=lambda each: each.bucket)
    )


def _when(by: Literal["hour", "weekday"], bucket: int) -> str:
    return f"{bucket:02}:00" if by == "hour" else _WEEKDAYS[bucket]


def prediction(made: knowledge.Prediction) -> Prediction:
    return Prediction(
        made.id,
        weeks.instant(made.time_ns),
        made.tool,
        made.agent,
        made.params_hash,
        made.probability,
        made.reason,
        made.samples,
        made.success,
        None if made.matched_ns is None else weeks.instant(made.matched_ns),
    )


def accuracy(bins: Iterable[knowledge.Bin]) -> Accuracy:
    """Of all agents together."""
    did = predict.accuracy(bins)
    table = (
        Bin(each.tenth / 10, (each.tenth + 1) / 10, each.samples, each.mean_probability, each.success_rate, each.interval)
        for each in did.bins
    )
    return Accuracy(did.matched, did.accuracy, did.brier, tuple(table))


def adaptation(made: knowledge.Adaptation) -> Adaptation:
    return Adaptation(
        weeks.instant(made.time_ns),
        made.rule,
        made.agent,
        made.policy,
        made.trigger,
        made.change,
        made.old,
        made.new,
        made.reason,
        made.expected,
    )


def policy(known: knowledge.Policy) -> Policy:
    return Policy(known.name, known.value, weeks.instant(known.updated_ns))
