"""What past executions add up to: the records between the store, which counts, and the functions beside this file, which judge.

Rates are 0-1, latencies milliseconds, instants nanoseconds since the Unix epoch. A mean of nothing is None.
"""

from dataclasses import dataclass
from math import sqrt
from typing import Final

_Z: Final = 1.959963984540054
"""Of a 95 % interval."""


@dataclass(frozen=True, slots=True)
class Tally:
    """How many, and how many of them succeeded."""

    samples: int = 0
    successes: int = 0

    @property
    def failures(self) -> int:
        return self.samples - self.successes

    @property
    def rate(self) -> float:
        """Share that succeeded; 0 without samples."""
        return self.successes / self.samples if self.samples else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's 95 % interval of the rate; (0, 1) without samples.

        >>> low, high = Tally(10, 10).interval
        >>> round(low, 2), round(high, 2)
        (0.72, 1.0)
        """
        n, p = self.samples, self.rate
        if not n:
            return (0.0, 1.0)
        middle, spread = p + _Z * _Z / (2 * n), _Z * sqrt(p * (1 - p) / n + _Z * _Z / (4 * n * n))
        scale = 1 + _Z * _Z / n
        return (max(0.0, (middle - spread) / scale), min(1.0, (middle + spread) / scale))


@dataclass(frozen=True, slots=True)
class Pattern:
    """What is known of one (tool, parameters, agent, model).

    Attributes:
        params_hash: None where it is aggregated over all parameters.
        last_used_ns: event time of its newest execution.
    """

    tool: str
    params_hash: str | None
    agent: str
    model: str
    tally: Tally
    mean_latency_ms: float | None
    mean_confidence: float | None
    last_used_ns: int


@dataclass(frozen=True, slots=True)
class ModelPerformance:
    """What one model did on one task type.

    Attributes:
        mean_tokens: input and output together, per execution where executions carry tokens, else per LLM call of its sessions.
        cost_per_call_usd: per LLM call, from sessions that used this model alone and told their cost.
    """

    model: str
    task_type: str
    tally: Tally
    mean_latency_ms: float | None
    mean_tokens: float | None
    cost_per_call_usd: float | None


@dataclass(frozen=True, slots=True)
class AgentPerformance:
    """What one agent did in a stretch of time."""

    agent: str
    tally: Tally
    mean_latency_ms: float | None
    mean_confidence: float | None


@dataclass(frozen=True, slots=True)
class Effect:
    """Executions of one hour of the day (0-23, UTC) or day of the week (0-6, 0 is Monday)."""

    bucket: int
    tally: Tally


@dataclass(frozen=True, slots=True)
class Prediction:
    """A prediction that was asked for, and what happened.

    Attributes:
        id: on the span of the execution as `otel_quality.prediction.id`.
        params_hash: empty where it was asked over all parameters.
        probability: of success; samples: executions that it rests on.
        success: what happened; None until an execution matched it. matched_ns: event time of that execution.
    """

    id: str
    time_ns: int
    tool: str
    agent: str
    params_hash: str
    probability: float
    reason: str
    samples: int
    success: bool | None = None
    matched_ns: int | None = None


@dataclass(frozen=True, slots=True)
class Bin:
    """Matched predictions of one tenth of the probabilities.

    Attributes:
        tenth: 0-9; tenth 9 holds probability 1 too.
        correct: predicted and happened alike, where a probability of 0.5 or more predicts success.
        probability_sum, squared_error_sum: over its predictions; the squared error is (probability - outcome)^2.
    """

    agent: str
    tenth: int
    tally: Tally
    correct: int
    probability_sum: float
    squared_error_sum: float


@dataclass(frozen=True, slots=True)
class Adaptation:
    """One change of a policy by a rule.

    Attributes:
        period: the stretch of time that the rule may act in once per agent, as a UTC date.
        trigger: the measure and its value in words; change: what was changed in words; expected: the improvement hoped for.
    """

    time_ns: int
    rule: str
    agent: str
    period: str
    trigger: str
    change: str
    policy: str
    old: float
    new: float
    reason: str
    expected: str


@dataclass(frozen=True, slots=True)
class Policy:
    """The present value of a policy."""

    name: str
    value: float
    updated_ns: int
