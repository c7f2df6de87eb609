"""Grades with what labels have taught: the rules, and beside them the probability of completion once it is calibrated.

One thread uses it: the historian's. The fitted model is kept in the store, so a restart fits nothing anew.

Decision: after a fit the latest sessions get the probability that the new model gives, because lists and means compare sessions with
each other and a probability is comparable only within one model. Sessions whose outcome is known keep theirs: the new model has seen
that outcome, and what was said before it was known is the honest figure.
"""

import json
import logging
import time
from dataclasses import replace
from typing import Final

from otel_quality.core.history import SessionFilter
from otel_quality.core.sessions import calibrate
from otel_quality.core.sessions.calibrate import Calibration, Labelled
from otel_quality.core.sessions.grade import grade
from otel_quality.core.sessions.record import Grade, SessionRecord
from otel_quality.service.chores import Chore, Done
from otel_quality.store.contract import Store

NAME: Final = "completion"
"""The model's name in the store."""
MAX_LABELS: Final = 5_000
"""Labelled sessions that a fit uses: the latest ones."""
_REST: Final = 10.0
"""A fit is followed by a rest so many times as long, so that fitting never takes the thread from writing."""
REFRESHED: Final = 1_000
"""Sessions that get the probability of a new model, the latest ones."""
_SLICE: Final = 50
"""Sessions that are refreshed at once, so that what waits to be written comes in between."""
_SAME: Final = 1e-3
"""A difference of probabilities that is not worth a write."""
_log: Final = logging.getLogger(__name__)


class Grading:
    """Is the historian's `Grader`.

    Args:
        refreshed: sessions that get the probability of a new model, the latest ones.
    """

    def __init__(self, *, refreshed: int = REFRESHED) -> None:
        self._calibration: Calibration | None = None
        self._stamp = ""
        self._rested_s = 0.0
        self._bound = self._refreshed = refreshed

    def __call__(self, record: SessionRecord) -> Grade:
        """Grade a session."""
        return replace(grade(record), p_completed=self._probability(record))

    def _probability(self, record: SessionRecord) -> float | None:
        return None if self._calibration is None else self._calibration.probability(record)

    def chore(self, *, every_s: float = 60.0) -> Chore:
        """Fits anew when labels have changed, looking once a minute; then refreshes, a slice at a time."""

        def work(store: Store, now_ns: int) -> Done:
            self.refit(store, now_ns)
            return Done(more=self.refresh(store))

        return Chore("calibration", every_s, work)

    def refit(self, store: Store, now_ns: int) -> None:
        """Take the kept model where it was fitted to the present labels, else fit."""
        stamp = store.labels_stamp()
        if stamp == self._stamp or time.monotonic() < self._rested_s:
            return
        if not self._stamp and self._load(store, stamp):
            return
        begun_s = time.monotonic()
        labelled = [Labelled(kept.record, success=kept.label) for kept in store.labelled(limit=MAX_LABELS) if kept.label is not None]
        self._calibration = calibrate.fit(labelled)
        self._rested_s = time.monotonic() + _REST * (time.monotonic() - begun_s)
        model = None if self._calibration is None else self._calibration.to_json()
        store.put_calibration(NAME, json.dumps({"stamp": stamp, "model": model}), now_ns=now_ns)
        self._stamp, self._refreshed = stamp, 0
        if labelled:  # nobody labels anything: nothing to tell
            _log.info("%s", calibrate.shortfall(labelled) or f"grades are calibrated by {len(labelled)} labelled sessions")

    def _load(self, store: Store, stamp: str) -> bool:
        """Whether the kept model is of these labels and of this version."""
        kept = json.loads(store.calibration(NAME) or "{}")
        if kept.get("stamp") != stamp:
            return False
        try:
            self._calibration = None if kept["model"] is None else Calibration.from_json(kept["model"])
        except ValueError:
            return False
        self._stamp, self._refreshed = stamp, 0
        return True

    def refresh(self, store: Store) -> bool:
        """Give the next slice of the latest sessions the present model's probability; whether there is more of it to do.

        It also begins after a start, to end what a stop may have interrupted.
        """
        if self._refreshed >= self._bound:
            return False
        kept = store.sessions(SessionFilter(graded=True, limit=_SLICE, offset=self._refreshed))
        with store.transaction():
            for each in kept:
                probability = self._probability(each.record)
                if each.grade is not None and each.completed is None and _differ(each.grade.p_completed, probability):
                    store.set_probability(each.record.id, replace(each.grade, p_completed=probability))
        self._refreshed = self._refreshed + _SLICE if len(kept) == _SLICE else self._bound
        return self._refreshed < self._bound


def _differ(known: float | None, new: float | None) -> bool:
    return known != new if known is None or new is None else abs(known - new) > _SAME
