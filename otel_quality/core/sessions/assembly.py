"""Sessions out of steps that come in any order, over any number of batches.

    whose a step is   its conversation's; without one the conversation's of its trace (the first that a step of the trace names, by event
                      order); without one the trace's, where that has an agent span; else nobody's
    when it closes    when a root agent span or `ends` marks its end and nothing later is known; when its outermost agent has ended,
                      has another span above it, and nothing came for `SETTLE_NS`; else after `idle_s` without a step
    what comes later  opens it again: closed once more, its record has a higher revision
    what turns out    to be a conversation's, after it was given as a trace's, is named in the conversation's record (`absorbs`)

Steps that are nobody's yet wait for an agent span or a conversation in their trace, and are forgotten after `idle_s` or over `waiting`.
Idle is measured by event time (the newest of all steps), and by the time of arrival when nothing arrives at all.

Decision: a closed session's sum stays in memory until the bound `open` needs the room, the longest silent first, because spans of one
session come through several exporters and the last may be late. A session that is pushed out while it is open is closed as it stands.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from otel_quality.core.evaluations.record import Transcript
from otel_quality.core.sessions.part import Order, Part, outermost_ns
from otel_quality.core.sessions.record import SessionRecord
from otel_quality.core.sessions.texts import Texts
from otel_quality.core.sessions.transcript import Config as ContentConfig
from otel_quality.core.step import Step

_TRACE_HEX: Final = 32
SETTLE_NS: Final = 10 * 10**9
"""An agent that has a span above it may be a sub-agent: what its superior sends next is awaited for so long, by arrival."""
_TRACES: Final = 1_000
"""Traces of one conversation whose steps without its name are taken for it; those of the others are sessions of their own."""
_MAKE_ROOM: Final = 10
"""One of so many sessions goes when room is needed: looking for them costs by the session held."""


@dataclass(frozen=True, slots=True)
class Config:
    """What is held of sessions.

    Attributes:
        idle_s: a session without a step for so many seconds is over; > 0.
        open: sessions held, open ones and closed ones that may open again; >= 10.
        tool_uses: tool executions kept of each, the latest ones; counts are of all; >= 1.
        waiting: steps held that belong to no session yet; >= 1.
    """

    idle_s: float = 600.0
    open: int = 5_000
    tool_uses: int = 200
    waiting: int = 50_000

    def __post_init__(self) -> None:
        if not self.idle_s > 0 or self.open < 10 or self.tool_uses < 1 or self.waiting < 1:
            raise ValueError("idle_s must be above 0, open at least 10, tool_uses and waiting at least 1")


@dataclass(frozen=True, slots=True)
class Held:
    """What assembly holds and has dropped.

    Attributes:
        open: sessions with steps that no record has told yet; closed: those that may open again.
        waiting: steps of no session so far.
        closings: records given, revisions included; revisions of them.
        pushed_out: sessions forgotten for room; unkept_uses: tool executions that are counted and not kept, in sessions given so far.
        unkept_names: how often a name over the bound of its kind was left out, in sessions given so far.
        forgotten: steps that never came to belong to a session; crowded_out: those of them that had to go for room.
        unheard: steps whose text was left out because too much was held.
    """

    open: int
    closed: int
    waiting: int
    closings: int
    revisions: int
    pushed_out: int
    unkept_uses: int
    unkept_names: int
    forgotten: int
    crowded_out: int
    unheard: int = 0


@dataclass(slots=True)
class _Session:
    """A conversation, or the steps of a trace that name none."""

    part: Part
    arrival_ns: int
    traces: set[int] = field(default_factory=set)
    link: str = ""
    changed: bool = True
    revision: int = 0
    unkept_uses: int = 0
    unkept_names: int = 0


class Sessions:
    """Assembles sessions; one thread owns it. Repeats of a span must have been left out."""

    def __init__(self, config: Config, content: ContentConfig | None = None) -> None:
        self._config = config
        self._text = Texts(content or ContentConfig())
        self._idle_ns = int(config.idle_s * 1e9)
        self._conversations: dict[str, _Session] = {}
        self._traces: dict[int, _Session] = {}
        self._links: dict[int, tuple[Order, str]] = {}
        self._waiting: dict[int, list[Step]] = {}
        self._waited: dict[int, list[Step]] = {}
        self._waiting_steps = self._waited_steps = 0
        self._turned_ns: int | None = None
        self._newest_ns = 0
        self._ready: list[SessionRecord] = []
        self._closings = self._revisions = self._pushed_out = self._unkept_uses = self._unkept_names = 0
        self._forgotten = self._crowded_out = 0

    def add(self, steps: Iterable[Step], *, now_ns: int) -> None:
        """Take steps; what closes by them comes with the next `close`."""
        for step in steps:
            if step.end_ns > self._newest_ns:
                self._newest_ns = step.end_ns
            if step.conversation:
                self._link(step, now_ns)
                self._take(self._conversation(step.conversation, now_ns), step, now_ns)
            elif step.trace_id in self._traces or step.trace_id in self._links or step.kind == "agent":
                self._take_in_trace(step, now_ns)
            else:
                self._wait(step)

    def _take(self, session: _Session, step: Step, now_ns: int) -> None:
        self._put(session.part, step)
        session.changed = True
        session.arrival_ns = now_ns

    def _put(self, part: Part, step: Step) -> None:
        part.take(step)
        if step.content is not None:
            self._text.hear(part, step, step.content)

    def _take_in_trace(self, step: Step, now_ns: int) -> None:
        """A step without a conversation, of a trace that is a session or part of one; those that waited for it go with it."""
        trace = self._traces.get(step.trace_id)
        if trace is None:
            self._make_room(now_ns)
            link = self._links.get(step.trace_id)
            trace = self._traces[step.trace_id] = _Session(Part(self._config.tool_uses), now_ns, link=link[1] if link else "")
            for waited in self._collect(step.trace_id):
                self._put(trace.part, waited)
        self._take(trace, step, now_ns)
        if trace.link:
            self._touch(trace.link, now_ns)

    def _conversation(self, name: str, now_ns: int) -> _Session:
        session = self._conversations.get(name)
        if session is None:
            self._make_room(now_ns)
            session = self._conversations[name] = _Session(Part(self._config.tool_uses), now_ns)
        return session

    def _touch(self, conversation: str, now_ns: int) -> None:
        session = self._conversation(conversation, now_ns)
        session.changed = True
        session.arrival_ns = now_ns

    def _link(self, step: Step, now_ns: int) -> None:
        """Note that a trace belongs to a conversation, the first one that its steps name."""
        order = (step.end_ns, step.trace_id, step.span_id)
        known = self._links.get(step.trace_id)
        if known is not None and known[0] <= order:
            return
        before = known[1] if known else ""
        session = self._conversation(step.conversation, now_ns)
        if before != step.conversation:
            if len(session.traces) >= _TRACES:
                return
            session.traces.add(step.trace_id)
            if before in self._conversations:
                self._conversations[before].traces.discard(step.trace_id)
                self._touch(before, now_ns)
        self._links[step.trace_id] = (order, step.conversation)
        trace = self._traces.get(step.trace_id)
        if trace is not None:
            trace.link = step.conversation
        elif known is None and (waited := self._collect(step.trace_id)):
            trace = self._traces[step.trace_id] = _Session(Part(self._config.tool_uses), now_ns, link=step.conversation)
            for each in waited:
                self._put(trace.part, each)

    def _wait(self, step: Step) -> None:
        step = self._text.waits(step)
        self._waiting.setdefault(step.trace_id, []).append(step)
        self._waiting_steps += 1
        if self._waiting_steps > self._config.waiting // 2:
            self._crowded_out += self._waited_steps
            self._turn()

    def _turn(self) -> None:
        """Forget the steps that have waited since before the last turn; those of now are next."""
        self._forgotten += self._waited_steps
        self._waited, self._waited_steps = self._waiting, self._waiting_steps
        self._waiting, self._waiting_steps = {}, 0
        self._text.turn()

    def _collect(self, trace_id: int) -> list[Step]:
        young, old = self._waiting.pop(trace_id, []), self._waited.pop(trace_id, [])
        self._waiting_steps -= len(young)
        self._waited_steps -= len(old)
        return old + young

    def close(self, *, now_ns: int) -> list[SessionRecord]:
        """The records of the sessions that are over since the last call, in the order of their ends."""
        if self._turned_ns is None or now_ns - self._turned_ns >= self._idle_ns:
            self._turn()
            self._turned_ns = now_ns
        for name, session in self._conversations.items():
            if session.changed and self._over(session, now_ns):
                self._give(name, session)
        for trace_id, session in self._traces.items():
            if session.changed and not session.link and self._over(session, now_ns):
                self._give(f"{trace_id:0{_TRACE_HEX}x}", session)
        given, self._ready = self._ready, []
        return sorted(given, key=lambda record: (record.end_ns, record.id))

    def texts(self) -> list[tuple[str, Transcript]]:
        """What the sessions said whose records were given since the last call, by name; of a revision what is new."""
        return self._text.take()

    def session_of(self, trace_id: int) -> str | None:
        """The name of the session that a trace belongs to, as far as known."""
        link = self._links.get(trace_id)
        return link[1] if link else f"{trace_id:0{_TRACE_HEX}x}" if trace_id in self._traces else None

    def has_ended(self, name: str) -> bool:
        """Whether all that is known of a session was given with its record."""
        session = self._conversations.get(name)
        if session is None and len(name) == _TRACE_HEX and name.isalnum() and name.isascii():
            try:
                session = self._traces.get(int(name, 16))
            except ValueError:
                return False
        return session is not None and not session.changed

    def _members(self, session: _Session) -> list[Part]:
        traces = (self._traces.get(trace_id) for trace_id in session.traces)
        return [trace.part for trace in traces if trace is not None]

    def _over(self, session: _Session, now_ns: int) -> bool:
        parts = [session.part, *self._members(session)]
        end_ns = max(part.end_ns for part in parts)
        if max(part.mark_ns for part in parts) >= end_ns:
            return True
        silent_ns = now_ns - session.arrival_ns
        if self._newest_ns - end_ns >= self._idle_ns or silent_ns >= self._idle_ns:
            return True
        return silent_ns >= SETTLE_NS and outermost_ns(parts) >= end_ns

    def _give(self, name: str, session: _Session) -> None:
        parts = self._members(session)
        whole = session.part
        if parts:
            whole = Part(self._config.tool_uses)
            for part in (session.part, *parts):
                whole.merge(part)
        session.changed = False
        if whole.end_ns < 0:
            return
        given = (trace_id for trace_id in session.traces if trace_id in self._traces and self._traces[trace_id].revision)
        absorbs = tuple(sorted(f"{trace_id:0{_TRACE_HEX}x}" for trace_id in given))
        record = whole.record(name, revision=session.revision, absorbs=absorbs)
        self._ready.append(record)
        self._text.give(name, [session.part, *parts])
        unkept = record.tool_calls - len(record.tool_uses)
        self._unkept_uses += unkept - session.unkept_uses
        session.unkept_uses = unkept
        self._unkept_names += max(whole.unkept_names - session.unkept_names, 0)
        session.unkept_names = whole.unkept_names
        self._closings += 1
        self._revisions += session.revision > 0
        session.revision += 1

    def _make_room(self, now_ns: int) -> None:
        """Where the bound is reached, forget the sessions that are closed and longest silent; open ones are closed as they stand."""
        if len(self._conversations) + len(self._traces) < self._config.open:
            return
        held: list[tuple[bool, int, str | int]] = [(each.changed, each.arrival_ns, name) for name, each in self._conversations.items()]
        held += [(each.changed, each.arrival_ns, trace_id) for trace_id, each in self._traces.items() if not each.link]
        held.sort(key=lambda each: each[:2])
        for _, _, key in held[: max(1, self._config.open // _MAKE_ROOM)]:
            self._push_out(key)

    def _push_out(self, key: str | int) -> None:
        self._pushed_out += 1
        if isinstance(key, int):
            session = self._traces[key]
            if session.changed:
                self._give(f"{key:0{_TRACE_HEX}x}", session)
            del self._traces[key]
            return
        session = self._conversations[key]
        if session.changed:
            self._give(key, session)
        for trace_id in session.traces:
            self._traces.pop(trace_id, None)
            self._links.pop(trace_id, None)
        del self._conversations[key]

    def held(self) -> Held:
        """What is held now, and what was given and dropped so far."""
        shown = [*self._conversations.values(), *(trace for trace in self._traces.values() if not trace.link)]
        opened = sum(session.changed for session in shown)
        return Held(
            open=opened,
            closed=len(shown) - opened,
            waiting=self._waiting_steps + self._waited_steps,
            closings=self._closings,
            revisions=self._revisions,
            pushed_out=self._pushed_out,
            unkept_uses=self._unkept_uses,
            unkept_names=self._unkept_names,
            forgotten=self._forgotten,
            crowded_out=self._crowded_out,
            unheard=self._text.unheard,
        )
