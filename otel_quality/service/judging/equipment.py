"""What judging is made of, out of the settings: the rubric, the panels, the reference sessions, the spans of the judge's calls.

Decision: files are read at the start, so that a mistake in one is told before anything listens; libraries and keys that are missing are
told when a run is wished for, because all the rest works without them.
"""

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Final, TypeVar

from otel_quality.config import Config
from otel_quality.core.evaluations.record import Transcript, Versions
from otel_quality.judge import masking, prompts, visible
from otel_quality.judge import panel as panels
from otel_quality.judge import rubric as rubrics
from otel_quality.judge.config import Backend
from otel_quality.judge.config import Config as Judges
from otel_quality.judge.errors import JudgeUnusable
from otel_quality.judge.rubric import Rubric
from otel_quality.service.judging import anchors
from otel_quality.service.judging.panels import Panel, Panels
from otel_quality.vocabulary.errors import ConfigError

_LAST_SPANS_S: Final = 2.0
T = TypeVar("T")
_log: Final = logging.getLogger(__name__)


def _as_it_is(transcript: Transcript) -> Transcript:
    return transcript


def _nothing() -> None:
    return


@dataclass(frozen=True, slots=True)
class Equipment:
    """What judging is made of, beside its settings.

    Attributes:
        panels: makes the panel of a judge.
        versions: of the judge that judges where a wish names none.
        anchors: reference sessions by name.
        masked: masks what a transcript holds.
        now_ns: the clock.
        close: called at the end, in a thread.
    """

    panels: Panels
    versions: Versions
    anchors: Mapping[str, Transcript] = field(default_factory=dict)
    masked: Callable[[Transcript], Transcript] = _as_it_is
    now_ns: Callable[[], int] = time.time_ns
    close: Callable[[], None] = _nothing


def equip(config: Config, endpoint: Callable[[], str]) -> Equipment | None:
    """What the settings say; None where no judge is configured.

    Args:
        endpoint: where the processor itself takes OTLP/HTTP, once it listens.

    Raises:
        ConfigError: the rubric or the anchors cannot be used; the message names every problem.
    """
    problems: list[str] = []
    rubric = _read(partial(rubrics.load, config.judge.rubric), problems)
    reference = _read(partial(anchors.load, config.judge.anchors), problems)
    if rubric is None or reference is None:
        raise ConfigError(problems)
    judge = config.judge.backend()
    if judge is None:
        return None
    _warn_of_prices(config.judge)
    panels = ConfiguredPanels(config, rubric, endpoint)
    masked = masking.masked if config.content.mask else _as_it_is
    return Equipment(panels, versions(judge, rubric), reference, masked, close=panels.close)


def versions(judge: Backend, rubric: Rubric) -> Versions:
    """What stands on the evaluations of a judge, also where its library or key is missing."""
    return Versions(f"{prompts.PROTOCOL_VERSION}:{judge.model}", rubric.version)


class ConfiguredPanels:
    """Makes panels; with the first one the spans of judges' calls begin to go out."""

    def __init__(self, config: Config, rubric: Rubric, endpoint: Callable[[], str]) -> None:
        self._config, self._rubric, self._endpoint = config, rubric, endpoint
        self._end: Callable[[], None] | None = None

    def __call__(self, backend: Backend) -> Panel:
        """The panel behind a judge.

        Raises:
            JudgeUnusable: its library or key is missing, or what masks is.
        """
        panel = panels.Panel(backend, self._rubric, self._config.judge, keys=self._config.keys)
        try:
            if self._config.content.mask:
                masking.check()
        except ConfigError as error:
            raise JudgeUnusable(str(error)) from None
        if self._end is None:
            self._end = self._show()
        return panel

    def _show(self) -> Callable[[], None]:
        try:
            return visible.send_spans(None if self._config.spans_elsewhere else self._endpoint())
        except ConfigError as error:
            _log.warning("calls of the judge are not seen among the others: %s", error)
            return _nothing

    def close(self) -> None:
        """Send the spans that wait, for `_LAST_SPANS_S` at most: who takes them may be away, and the end is not held up for it."""
        if self._end is not None:
            sending = threading.Thread(target=self._end, name="last spans", daemon=True)
            sending.start()
            sending.join(_LAST_SPANS_S)


def _warn_of_prices(judges: Judges) -> None:
    free = [judge.name for judge in judges.backends if not judge.input_usd_per_million and not judge.output_usd_per_million]
    if free and (judges.run_budget_usd or judges.day_budget_usd):
        _log.warning("budgets in dollars do not bound judges without prices (%s); tokens do", ", ".join(free))


def _read(read: Callable[[], T], problems: list[str]) -> T | None:
    try:
        return read()
    except ConfigError as error:
        problems += error.problems
        return None
