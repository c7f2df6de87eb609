"""A message list as a session record: what happened is counted, text is read once and not kept.

A tool result has failed where its source says so, else by its exit code, else by its words. `final` is the last message of the
assistant, whose text may be empty when it only calls a tool; an API call is a message of the assistant.

Decision: marks and exit codes come before words because words alone are wrong three times in four on command output (exit code 0 and
the word "error" in the text).
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any, Final

from otel_quality.core.sessions import exports, shapes, traits
from otel_quality.core.sessions.instants import instant
from otel_quality.core.sessions.record import SessionRecord, ToolUse
from otel_quality.core.sessions.shapes import LISTS, Call, Result, Turn
from otel_quality.core.sessions.tally import TOOL_USES, tally
from otel_quality.vocabulary import signs

_IDS: Final = ("id", "session_id", "conversation_id")
_ID_DIGITS: Final = 32


def record(session: object) -> SessionRecord:
    """Read one session.

    Args:
        session: a message list, an object that holds one under `messages` or `conversation`, or a conversation of an export (`exports`).
            Beside the list may stand `id`, `source`, `task_domain` (together the group), `model`, `agent`, `platform`, `task`, `success`,
            `started_at`, `ended_at` (Unix seconds, or text of RFC 3339; else the first and the last time that a message tells).

    Raises:
        ValueError: it is no session; the message is one line.

    >>> record({"id": "s", "messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "All done."}]}).api_calls
    1
    """
    try:
        return _record(exports.plain(session))
    except RecursionError:
        raise ValueError("no session: it is nested too deeply") from None


def _record(session: object) -> SessionRecord:
    numbered = shapes.numbered(session)
    read = [turn for _, turn in numbered]
    told: Mapping[str, Any] = session if isinstance(session, Mapping) else {}
    uses = _tool_uses(read)
    sums = tally(uses)
    answers = [turn for turn in read if turn.role == "assistant"]
    request = next((turn.text for turn in read if turn.role == "user" and turn.text), "")
    success = told.get("success")
    start_ns, end_ns = _bounds(told, read)
    return SessionRecord(
        id=next((str(told[key]) for key in _IDS if told.get(key) not in (None, "")), "") or _fingerprint(session),
        platform=_word(told, "platform"),
        agents=tuple(filter(None, (_word(told, "agent"),))),
        models=tuple(filter(None, (_word(told, "model"),))),
        task=_word(told, "task"),
        task_type=signs.task_type(request),
        group="/".join(filter(None, (_word(told, "source"), _word(told, "task_domain")))),
        start_ns=start_ns,
        end_ns=end_ns,
        api_calls=len(answers),
        tool_uses=tuple(uses[-TOOL_USES:]),
        tool_calls=sum(len(turn.calls) for turn in answers) or len(uses),
        tool_errors=sums.errors,
        error_types=sums.error_types,
        failing_tools=sums.failing_tools,
        error_run=sums.error_run,
        recovered=sums.recovered,
        final=signs.features(answers[-1].text if answers else ""),
        clarification=any(signs.features(turn.text).asks_clarification for turn in answers),
        ended=True,
        success=success if isinstance(success, bool) else None,
        traits=traits.of(read),
        clues=traits.clues(read),
        sketch=traits.sketch(read),
        messages=numbered[-1][0] + 1 if numbered else 0,
    )


def _tool_uses(read: list[Turn]) -> list[ToolUse]:
    """Every result in order, with what its call tells; without any result, the calls. Their times are places where not all tell theirs."""
    calls = {call.id: call for turn in read for call in turn.calls if call.id}
    in_order = [call for turn in read for call in turn.calls]
    timed = all(turn.at_ns for turn in read if turn.results)
    results = [(turn.at_ns if timed else place, result) for place, turn in enumerate(read) for result in turn.results]
    if not results:
        return [ToolUse(call.tool, call.params_hash, end_ns=number) for number, call in enumerate(in_order)]
    nameless = len(in_order) == len(results)
    return [
        _use(result, calls.get(result.call_id) or (in_order[number] if nameless else None), place)
        for number, (place, result) in enumerate(results)
    ]


def _use(result: Result, call: Call | None, place: int) -> ToolUse:
    tool = result.tool or (call.tool if call else "unknown")
    return ToolUse(tool, call.params_hash if call else "", end_ns=place, error=signs.error_category(result.text, marked=result.marked))


def _fingerprint(session: object) -> str:
    """An id for a session that has none: the same messages give the same."""
    messages = next((session[key] for key in LISTS if key in session), None) if isinstance(session, Mapping) else session
    text = json.dumps(messages, sort_keys=True, ensure_ascii=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:_ID_DIGITS]


def _word(told: Mapping[str, Any], key: str) -> str:
    value = told.get(key)
    return value if isinstance(value, str) else ""


def _bounds(told: Mapping[str, Any], read: list[Turn]) -> tuple[int, int]:
    """Start and end, as the session tells them, else by its messages; no end before the start."""
    times = [turn.at_ns for turn in read if turn.at_ns]
    start_ns = instant(told.get("started_at")) or min(times, default=0)
    end_ns = instant(told.get("ended_at")) or max(times, default=0)
    return start_ns, 0 if end_ns < start_ns else end_ns
