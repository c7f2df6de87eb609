"""The text of the sessions that are open: held within one bound, given when a session closes, then let go.

Text that finds no room is dropped step by step, and counted; the numbers of the step count all the same.
"""

from collections.abc import Sequence

from otel_quality.core.evaluations.record import Transcript
from otel_quality.core.sessions import transcript
from otel_quality.core.sessions.content import Content, Contents
from otel_quality.core.sessions.part import Part
from otel_quality.core.sessions.transcript import Config
from otel_quality.core.step import Step


class Texts:
    """Text of open sessions.

    Args:
        config: bounds, of a session and of all.

    Attributes:
        unheard: steps whose text was dropped.
    """

    def __init__(self, config: Config) -> None:
        self._config = config
        self._held = self._waiting = self._waited = 0
        self._ready: list[tuple[str, Transcript]] = []
        self.unheard = 0

    def hear(self, part: Part, step: Step, content: Content) -> None:
        """Take what a step says."""
        if not self._has_room(content):
            return
        if part.contents is None:
            part.contents = Contents(self._config.max_bytes)
        before = part.contents.size
        part.contents.add((step.end_ns, step.trace_id, step.span_id), step.kind, content)
        self._held += part.contents.size - before

    def waits(self, step: Step) -> Step:
        """A step that belongs to no session yet; without its text where that finds no room."""
        if step.content is None:
            return step
        if not self._has_room(step.content):
            return step._replace(content=None)
        self._waiting += _size(step.content)
        return step

    def turn(self) -> None:
        """What has waited since before the last turn is forgotten."""
        self._waited, self._waiting = self._waiting, 0

    def give(self, name: str, parts: Sequence[Part]) -> None:
        """What a session that closes has said since it was last given."""
        heard = [part.contents for part in parts if part.contents is not None]
        if not heard:
            return
        whole = heard[0]
        self._held -= sum(contents.size for contents in heard)
        for contents in heard[1:]:
            whole.merge(contents)
        for part in parts:
            part.contents = None
        self._ready.append((name, whole.transcript()))

    def take(self) -> list[tuple[str, Transcript]]:
        """What was given since the last call, by name of the session."""
        given, self._ready = self._ready, []
        return given

    def _has_room(self, content: Content) -> bool:
        fits = self._held + self._waiting + self._waited + _size(content) <= self._config.open_bytes
        self.unheard += not fits
        return fits


def _size(content: Content) -> int:
    messages = (content.system, *content.input, *content.output)
    return sum(transcript.size(line) for message in messages for line in message)
