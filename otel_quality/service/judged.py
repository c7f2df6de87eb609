"""What /metrics says of judged quality: means of the last 7 days, and how far the judge can be trusted.

Says what the API says, because it asks the API's own questions; adds up no figure but two halves of weeks. Nobody waits for it: it looks
from time to time and keeps what it saw, also while history is away.

Decision: beside the historian and not one of its chores, because the intervals of trust take a thread a tenth of a second of arithmetic
and more, during which nothing could be written.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from otel_quality.api.judged import Evaluations
from otel_quality.core.evaluations.overview import Mean, WeekMeans
from otel_quality.core.evaluations.present import Present, Trusted
from otel_quality.core.evaluations.trust import POINTS
from otel_quality.core.history import History
from otel_quality.vocabulary.errors import StoreUnavailable

DAYS: Final = 7
_REST: Final = 20.0
"""A look is followed by a rest so many times as long, so that a large history is not read all the time."""
_SCALE: Final = 100
_log: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds from one look to the next.

    Attributes:
        means_s: at means. trust_s: at trust, which reads more.
    """

    means_s: float = 15.0
    trust_s: float = 60.0


class Looking:
    """Looks at judged quality.

    Args:
        evaluations: who answers.
        history: gives the rest of what /metrics says of history.
        ended: gives runs of a judge by the state in which they ended.
        pace: how often it looks.
    """

    def __init__(
        self,
        evaluations: Evaluations,
        history: Callable[[], History],
        ended: Callable[[], Mapping[str, int]],
        *,
        pace: Pace = Pace(),
    ) -> None:
        self._evaluations, self._history, self._ended, self._pace = evaluations, history, ended, pace
        self._present = Present()

    def history(self) -> History:
        """All of history with what it saw last; from any thread."""
        return replace(self._history(), runs=self._ended(), judged=self._present)

    async def go_on(self) -> None:
        """Look for ever."""
        async with asyncio.TaskGroup() as group:
            group.create_task(_again(self.look_at_means, self._pace.means_s))
            group.create_task(_again(self.look_at_trust, self._pace.trust_s))

    async def look_at_means(self) -> None:
        """Read versions and means anew.

        Raises:
            StoreUnavailable: history is away.
        """
        together = await self._evaluations.stats(days=DAYS, by_complexity=False)
        apart = await self._evaluations.stats(days=DAYS, by_complexity=True)
        means = over_weeks([*together.weeks, *apart.weeks])
        versions = apart.judge.versions
        self._present = replace(
            self._present,
            judge=versions.judge if versions else "",
            rubric=versions.rubric if versions else "",
            means={place: mean.value for place, mean in means.items() if mean.value is not None},
            samples={place: mean.samples for place, mean in means.items()},
        )

    async def look_at_trust(self) -> None:
        """Read the figures of trust anew.

        Raises:
            StoreUnavailable: history is away.
        """
        figures = (await self._evaluations.trust()).figures
        trust = {}
        for each in figures:
            if each.value is not None and each.low is not None and each.high is not None:
                scale = _SCALE if each.name in POINTS else 1
                trust[each.name] = Trusted(each.value / scale, each.low / scale, each.high / scale)
        self._present = replace(self._present, trust=trust, trust_samples={each.name: each.samples for each in figures})


def over_weeks(weeks: Iterable[WeekMeans]) -> dict[tuple[str, str], Mean]:
    """Means by (axis, bucket) over all of these weeks, each weighted by its samples; what nothing tells is absent."""
    sums: dict[tuple[str, str], tuple[float, int]] = {}
    for week in weeks:
        for axis, mean in week.means.items():
            if mean.value is not None and mean.samples:
                total, samples = sums.get((axis, week.bucket), (0.0, 0))
                sums[axis, week.bucket] = total + mean.value * mean.samples, samples + mean.samples
    return {place: Mean(total / samples, samples) for place, (total, samples) in sums.items()}


async def _again(look: Callable[[], Awaitable[None]], every_s: float) -> None:
    while True:
        began_s = time.monotonic()
        try:
            await look()
        except StoreUnavailable:
            _log.debug("history is away; judged quality is looked at again")
        except Exception:  # noqa: BLE001 - told, and the next look may do better; metrics are no reason to end the processor
            _log.exception("judged quality could not be looked at")
        await asyncio.sleep(max(every_s, _REST * (time.monotonic() - began_s)))
