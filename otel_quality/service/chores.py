"""What history needs from time to time: adaptations by rule, retention, whatever else a room adds."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from otel_quality.core.tools import adapt, predict
from otel_quality.core.tools.adapt import Measured, Rule
from otel_quality.store.contract import Config, Store

_DAY_NS: Final = 86_400 * 10**9
_log: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Done:
    """What a chore did that is counted.

    Attributes:
        pruned: rows that it removed. adapted: policies that a rule moved, each once per change.
        more: there is more of it to do, so that it is due again after a rest.
    """

    pruned: int = 0
    adapted: tuple[str, ...] = ()
    more: bool = False


@dataclass(frozen=True, slots=True)
class Chore:
    """Something done to the store every so many seconds, for the first time at the start.

    Attributes:
        work: gets the store and the present time in ns; what it raises is told in the log.
    """

    name: str
    every_s: float
    work: Callable[[Store, int], Done | None]


def retention(config: Config, *, every_s: float = 300.0) -> Chore:
    """Removes what is over age or size, every five minutes, a slice at a time, so that what waits to be written comes in between."""

    untold = 0

    def work(store: Store, now_ns: int) -> Done:
        nonlocal untold
        removed = store.prune(config, now_ns=now_ns)
        untold += removed
        if untold and not removed:
            _log.info("retention removed %d rows of history", untold)
            untold = 0
        return Done(pruned=removed, more=removed > 0)

    return Chore("retention", every_s, work)


def adaptations(config: adapt.Config, *, every_s: float = 60.0) -> Chore:
    """Applies the rules, once a minute; each acts at most once per agent and UTC day."""

    def work(store: Store, now_ns: int) -> Done:
        period = datetime.fromtimestamp(now_ns / 1e9, UTC).date().isoformat()
        adapted = []
        for rule in config.rules:
            for change in adapt.due(rule, measured(store, rule, now_ns=now_ns), store.policies(), now_ns=now_ns, period=period):
                if store.adapt(change):
                    _log.info("%s, because %s", change.change, change.trigger)
                    adapted.append(change.policy)
        return Done(adapted=tuple(adapted))

    return Chore("adaptations", every_s, work)


def measured(store: Store, rule: Rule, *, now_ns: int) -> Mapping[str, Measured]:
    """A rule's measure by agent."""
    since_ns = now_ns - rule.days * _DAY_NS
    if rule.measure == "prediction_accuracy":
        bins = store.prediction_bins(since_ns=since_ns)
        found = {agent: predict.accuracy(bins, agent=agent) for agent in {each.agent for each in bins}}
        return {agent: Measured(each.accuracy, each.matched) for agent, each in found.items()}
    performances = store.agent_performance(since_ns=since_ns)
    by_measure: dict[str, dict[str, float | None]] = {
        "success_rate": {each.agent: each.tally.rate for each in performances},
        "mean_confidence": {each.agent: each.mean_confidence for each in performances},
        "mean_latency_s": {each.agent: each.mean_latency_ms and each.mean_latency_ms / 1000 for each in performances},
    }
    samples = {each.agent: each.tally.samples for each in performances}
    return {agent: Measured(value, samples[agent]) for agent, value in by_measure[rule.measure].items() if value is not None}
