"""Rules that move a policy's value when a measure of an agent crosses a bound. Rules are configuration; `DEFAULT` is the shipped one.

Decision: a rule acts at most once per agent and UTC day. The measure covers days, so it is slow to show what a change did; a rule
that acted on every look would run to its limit within minutes, on the same evidence each time.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Literal, NamedTuple

from otel_quality.core.tools.knowledge import Adaptation, Policy

Measure = Literal["success_rate", "mean_confidence", "mean_latency_s", "prediction_accuracy"]
EVERY: Final = "*"
MAX_POLICIES: Final = 1_000
"""Policies that there may be before rules make no new ones: a policy may be named by an agent, and agents by telemetry."""
AGENT: Final = "{agent}"
"""Stands for the agent's name in a policy's name."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule.

    Attributes:
        name: tells it from the others.
        measure: what is looked at: success_rate, mean_confidence, mean_latency_s (of executions) or prediction_accuracy.
        policy: name of the policy; {agent} in it is the agent's name.
        step: what is added to its value; negative lowers it.
        below, above: the bound, excluded; exactly one of them.
        floor, ceiling: the value is not moved past it.
        start: value of a policy that nothing has set yet.
        agent: one agent's name, or * for each.
        days: how many of the last days are measured; 1-90.
        min_samples: executions (or matched predictions) under which the rule does not act; >= 1.
        reason: why, for people.
    """

    # An unknown key in a configuration is an error, not a default.
    __pydantic_config__: ClassVar[Any] = {"extra": "forbid"}

    name: str
    measure: Measure
    policy: str
    step: float
    below: float | None = None
    above: float | None = None
    floor: float | None = None
    ceiling: float | None = None
    start: float = 0.8
    agent: str = EVERY
    days: int = 3
    min_samples: int = 5
    reason: str = ""

    def __post_init__(self) -> None:
        if not self.name or not self.policy:
            raise ValueError("a rule needs a name and a policy")
        if (self.below is None) == (self.above is None):
            raise ValueError(f"rule {self.name} needs either below or above")
        if not self.step:
            raise ValueError(f"step of rule {self.name} must not be 0")
        if not 1 <= self.days <= 90 or self.min_samples < 1:
            raise ValueError(f"days of rule {self.name} must lie between 1 and 90, and min_samples be at least 1")

    def crossed(self, value: float) -> bool:
        """Whether a measured value is past the bound."""
        return value < self.below if self.below is not None else self.above is not None and value > self.above

    def moved(self, value: float) -> float:
        """The policy's next value, held at its limits; rounded, so that tenths stay tenths.

        >>> DEFAULT.moved(0.8), DEFAULT.moved(0.65), DEFAULT.moved(0.5)
        (0.7, 0.6, 0.5)
        """
        moved = value + self.step
        if self.step < 0 and self.floor is not None:
            moved = min(value, max(moved, self.floor))
        if self.step > 0 and self.ceiling is not None:
            moved = max(value, min(moved, self.ceiling))
        return round(moved, 9)


DEFAULT: Final = Rule(
    name="low_success",
    measure="success_rate",
    policy="{agent}.evidence_threshold",
    step=-0.1,
    below=0.6,
    floor=0.6,
    reason="the agent fails often, so it should act on less evidence and learn sooner",
)
"""An agent's 3-day success rate under 0.6 lowers its evidence threshold by 0.1, not below 0.6."""


@dataclass(frozen=True, slots=True)
class Config:
    """Which rules adapt policies.

    Attributes:
        rules: each with name, measure, policy, step, below or above, and perhaps floor, ceiling, start, agent, days, min_samples, reason.
    """

    rules: tuple[Rule, ...] = (DEFAULT,)

    def __post_init__(self) -> None:
        names = [rule.name for rule in self.rules]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"rules need different names, twice: {', '.join(twice)}")


class Measured(NamedTuple):
    """A measure of one agent, and how much it rests on."""

    value: float
    samples: int


def due(rule: Rule, measured: Mapping[str, Measured], policies: Mapping[str, Policy], *, now_ns: int, period: str) -> list[Adaptation]:
    """What a rule changes, by what was measured of each agent; no new policy where there are `MAX_POLICIES`.

    Args:
        period: the UTC date; the store refuses a second adaptation of the same rule and agent in it.
    """
    changes = (
        _change(rule, agent, of, policies, now_ns=now_ns, period=period)
        for agent, of in sorted(measured.items())
        if agent and rule.agent in (EVERY, agent) and of.samples >= rule.min_samples and rule.crossed(of.value)
    )
    room = max(MAX_POLICIES - len(policies), 0)
    found: list[Adaptation] = []
    for change in changes:
        if change is not None and (change.policy in policies or room > 0):
            room -= change.policy not in policies
            found.append(change)
    return found


def _change(rule: Rule, agent: str, measured: Measured, policies: Mapping[str, Policy], *, now_ns: int, period: str) -> Adaptation | None:
    name = rule.policy.replace(AGENT, agent)
    old = policies[name].value if name in policies else rule.start
    new = rule.moved(old)
    if new == old:
        return None
    side, bound = ("below", rule.below) if rule.below is not None else ("above", rule.above)
    measure = f"{rule.measure} over {rule.days} days"
    return Adaptation(
        time_ns=now_ns,
        rule=rule.name,
        agent=agent,
        period=period,
        trigger=f"{measure} is {measured.value:.3g}, {side} {bound:g} ({measured.samples} samples)",
        change=f"{name}: {old:g} to {new:g}",
        policy=name,
        old=old,
        new=new,
        reason=rule.reason or f"rule {rule.name}",
        expected=f"{measure} of {agent} {'reaches' if side == 'below' else 'falls to'} {bound:g}",
    )
