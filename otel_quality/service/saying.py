"""What sessions say, and what telemetry says of them, on the way to the store: texts masked and joined to what is kept, thumbs made
feedback.

Runs in the historian's thread. Text that is to be masked is masked before anything else sees it, and never written unmasked; where the
libraries for it are missing it is not kept.

Decision: a thumb that names no message is about the last one that is known when it is kept, else about message 0. The same record
sent twice is known by its author and time, because the last message may be another one by then.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from otel_quality.core.evaluations.record import Annotation, Feedback, Transcript
from otel_quality.core.evaluations.told import NO_INDEX, Told
from otel_quality.core.sessions import transcript
from otel_quality.core.sessions.transcript import Config
from otel_quality.judge import masking
from otel_quality.store.contract import Store
from otel_quality.vocabulary.errors import ConfigError

SOURCE: Final = "spans"
_LOOKED_AT: Final = 500
"""Of a session's feedback, the latest, among which a record that is sent twice is looked for."""


class Sayings:
    """Masks and keeps.

    Args:
        config: whether to mask, and how much of a session is kept.

    Attributes:
        masked: how many secrets and personal data were masked, by kind.
    """

    def __init__(self, config: Config) -> None:
        self._config = config
        self.masked: Counter[str] = Counter()

    def check(self) -> None:
        """See that text can be kept.

        Raises:
            ConfigError: it is to be masked and cannot be; the message says what to do.
        """
        if self._config.mask:
            masking.check()

    def mask(self, said: Transcript) -> Transcript:
        """The text as it may be kept.

        Raises:
            ConfigError: see `check`.
        """
        if not self._config.mask:
            return said
        done = masking.masked(said)
        self.masked += Counter(done.masked) - Counter(said.masked)
        return done

    def keep_text(self, store: Store, session: str, said: Transcript, *, whole: bool, now_ns: int) -> None:
        """Keep what `mask` gave.

        Args:
            whole: it is all that the session said; else it is what came since the last time.
        """
        known = None if whole else store.transcript(session)
        if known is not None:
            said = transcript.joined(known, said, max_bytes=self._config.max_bytes)
        if said != known:
            store.put_transcript(session, said, now_ns=now_ns)

    def keep_told(self, store: Store, told: Sequence[Told]) -> list[int]:
        """Keep evaluations that telemetry brought; the ratings among them that are new.

        Which conversation a trace belongs to is forgotten with a restart; then a tool execution of the trace that is kept tells it.
        """
        told = [self._told_by_trace(store, each) if each.annotation.session == each.annotation.trace_id else each for each in told]
        store.put_annotations([self._without_secrets(each) for each in told if each.rating is None])
        return [each.rating for each in told if each.rating is not None and self._keep_thumb(store, each, each.rating)]

    def _told_by_trace(self, store: Store, told: Told) -> Told:
        session = store.session_of_trace(told.annotation.trace_id)
        return told if session is None else told._replace(annotation=replace(told.annotation, session=session))

    def _keep_thumb(self, store: Store, told: Told, rating: int) -> bool:
        said, index = self._without_secrets(told), told.message_index
        if index == NO_INDEX:
            known = store.feedback(session=said.session, limit=_LOOKED_AT)
            if any((each.author, each.time_ns, each.source) == (said.author, said.time_ns, SOURCE) for each in known):
                return False
            index = _last_message(store, said.session)
        return store.put_feedback(Feedback(said.session, index, rating, said.time_ns, said.author, said.explanation, SOURCE))

    def _without_secrets(self, told: Told) -> Annotation:
        """Its explanation may quote the session; it is masked wherever masking is at hand."""
        if not self._config.mask or not told.annotation.explanation:
            return told.annotation
        try:
            text, counts = masking.mask(told.annotation.explanation)
        except ConfigError:
            return told.annotation
        self.masked += counts
        return replace(told.annotation, explanation=text)


def _last_message(store: Store, session: str) -> int:
    """The position of the last message, as far as known; else 0."""
    kept = store.session(session)
    if kept is not None and kept.record.messages:
        return kept.record.messages - 1
    said = store.transcript(session)
    return said.lines[-1].message if said is not None and said.lines else 0
