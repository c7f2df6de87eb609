"""Grades with what labels have taught: the rules, and beside them the probability of completion once it is calibrated.

One thread uses it: the historian's. The fitted model is kept in the store, so a restart fits nothing anew.

Decision: sessions that were graded before a new fit keep their grade; a probability is what was known when the session ended.
"""

import json
import logging
import time
from dataclasses import replace
from typing import Final

from otel_quality.core.sessions import calibrate
from otel_quality.core.sessions.calibrate import Calibration, Labelled
from otel_quality.core.sessions.grade import grade
from otel_quality.core.sessions.record import Grade, SessionRecord
from otel_quality.service.chores import Chore
from otel_quality.store.contract import Store

NAME: Final = "completion"
"""The model's name in the store."""
MAX_LABELS: Final = 5_000
"""Labelled sessions that a fit uses: the latest ones."""
_REST: Final = 10.0
"""A fit is followed by a rest so many times as long, so that fitting never takes the thread from writing."""
_log: Final = logging.getLogger(__name__)


class Grading:
    """Is the historian's `Grader`."""

    def __init__(self) -> None:
        self._calibration: Calibration | None = None
        self._stamp = ""
        self._rested_s = 0.0

    def __call__(self, record: SessionRecord) -> Grade:
        """Grade a session."""
        graded = grade(record)
        return graded if self._calibration is None else replace(graded, p_completed=self._calibration.probability(record))

    def chore(self, *, every_s: float = 60.0) -> Chore:
        """Fits anew when labels have changed, looking once a minute."""
        return Chore("calibration", every_s, self.refit)

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
        self._stamp = stamp
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
        self._stamp = stamp
        return True
