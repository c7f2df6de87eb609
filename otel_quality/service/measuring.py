"""What /metrics says of history that must be read from the store: means of grades, accuracy, velocity."""

from typing import Final

from otel_quality.core.history import History, StoreHealth
from otel_quality.core.history_totals import MAX_AGENTS, Totals
from otel_quality.core.sessions.issues import BLOCK, Config, Watch
from otel_quality.core.sessions.issues import WINDOW as GRADES
from otel_quality.core.tools import predict, velocity
from otel_quality.core.tools.knowledge import Tally
from otel_quality.store.contract import Store
from otel_quality.vocabulary.signs import TASK_TYPES

WINDOW: Final = 100
"""Sessions of a task type whose grades make its means: the latest ones."""
ACCURACY_DAYS: Final = 7
DIMENSIONS: Final = ("completion", "efficiency", "quality", "recovery", "loop_risk", "p_completed")
_DAY_NS: Final = 86_400 * 10**9


class Measures:
    """The latest reading."""

    def __init__(self) -> None:
        self.size_bytes = 0
        self._grades: dict[tuple[str, str], float] = {}
        self._accuracy: dict[str, float] = {}
        self._predictions: dict[str, int] = {}
        self._velocity: dict[str, float] = {}

    def read(self, store: Store, *, now_ns: int) -> None:
        """Read anew."""
        means = [
            (recent, name, getattr(recent, name))
            for recent in (store.recent_grades(task, window=WINDOW) for task in TASK_TYPES)
            for name in DIMENSIONS
        ]
        self._grades = {(recent.task_type, name): mean for recent, name, mean in means if mean is not None}
        bins = store.prediction_bins(since_ns=now_ns - ACCURACY_DAYS * _DAY_NS)
        agents = sorted({each.agent for each in bins})[:MAX_AGENTS]
        accuracies = {agent: predict.accuracy(bins, agent=agent) for agent in agents}
        self._accuracy = {agent: each.accuracy for agent, each in accuracies.items()}
        self._predictions = {agent: each.matched for agent, each in accuracies.items()}
        self._velocity = velocities(store, now_ns=now_ns)
        self.size_bytes = store.size_bytes()

    def history(self, totals: Totals, watch: Watch, health: StoreHealth) -> History:
        """All of it, frozen."""
        return History(
            sessions=totals.sessions,
            grades=self._grades,
            states={each.task: each.state for each in watch.read()},
            tools=totals.tools,
            durations=totals.durations,
            accuracy=self._accuracy,
            predictions=self._predictions,
            velocity=self._velocity,
            adaptations=totals.adaptations,
            overflow=totals.overflow,
            feedback=totals.feedback,
            store=health,
        )


def watching(store: Store, config: Config) -> Watch:
    """A watch over grades that goes on where the history that is kept ends: with the latest graded sessions of each task type."""
    watch = Watch(config)
    for task in TASK_TYPES:
        for at_ns, grade in reversed(store.latest_grades(task, limit=BLOCK * GRADES)):
            watch.add(task, grade, at_ns=at_ns)
    return watch


def velocities(store: Store, *, now_ns: int) -> dict[str, float]:
    """Learning velocity of the agents that ran in the last 3 days and the 3 before, the busiest `MAX_AGENTS`."""
    length = velocity.DAYS * _DAY_NS
    recent = store.agent_tallies(since_ns=now_ns - length)
    before = store.agent_tallies(since_ns=now_ns - 2 * length, until_ns=now_ns - length)
    both = sorted((agent for agent in recent if agent in before), key=lambda agent: -recent[agent].samples)
    return {agent: velocity.velocity(recent[agent], before.get(agent, Tally())).change for agent in both[:MAX_AGENTS]}
