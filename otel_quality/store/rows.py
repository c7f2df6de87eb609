"""Records to rows and back. Records of sessions travel as compressed JSON, beside the columns that are asked for."""

import json
import zlib
from dataclasses import fields
from typing import Any, Final, TypeVar

from pydantic import TypeAdapter
from pydantic_core import PydanticSerializationError

from otel_quality.core.history import KeptSession, Meta, Override, Revision, SessionFilter
from otel_quality.core.sessions.record import Grade, SessionRecord
from otel_quality.core.tools.execution import Execution
from otel_quality.core.tools.knowledge import Pattern, Prediction, Tally
from otel_quality.store.database import Row, Values

_MS: Final = 1e-6
_SEPARATOR: Final = "\x1f"
"""Stands before, between and after the names of a list, so that one name can be looked for."""
_RECORD: Final = TypeAdapter(SessionRecord)
_GRADE: Final = TypeAdapter(Grade)
_EXECUTION: Final = tuple(field.name for field in fields(Execution))
_UNKNOWN: Final = ("latency_ns", "input_tokens", "output_tokens")
"""Fields whose -1 is kept as no value, so that it enters no mean."""

T = TypeVar("T")


def clean(text: str) -> str:
    """Without what a database takes for no text: NUL and lone surrogates.

    >>> clean("a\\0b")
    'ab'
    """
    if text.isascii() and "\0" not in text:
        return text
    return text.replace("\0", "").encode("utf-8", "replace").decode()


def cleaned(values: dict[str, Any]) -> dict[str, Any]:
    """Values with every text cleaned."""
    return {name: clean(value) if type(value) is str else value for name, value in values.items()}


def packed(adapter: TypeAdapter[T], value: T) -> bytes:
    """A record as compressed JSON without what is default."""
    try:
        document = adapter.dump_json(value, exclude_defaults=True)
    except PydanticSerializationError:  # a lone surrogate
        document = json.dumps(adapter.dump_python(value, exclude_defaults=True), ensure_ascii=False, default=list).encode(
            "utf-8", "replace"
        )
    return zlib.compress(document, 1)


def unpacked(adapter: TypeAdapter[T], stored: bytes) -> T:
    return adapter.validate_json(zlib.decompress(stored))


def names(of: tuple[str, ...]) -> str:
    return _SEPARATOR.join(("", *map(clean, of), ""))


def _like(name: str | None) -> str | None:
    """A pattern that finds a list with this name."""
    if name is None:
        return None
    escaped = clean(name).replace("!", "!!").replace("%", "!%").replace("_", "!_")
    return f"%{_SEPARATOR}{escaped}{_SEPARATOR}%"


def number(value: bool | None) -> int | None:
    return None if value is None else int(value)


def truth(value: int | None) -> bool | None:
    return None if value is None else bool(value)


def real(value: Any) -> float | None:
    """PostgreSQL's means are decimals."""
    return None if value is None else float(value)


def from_execution(execution: Execution) -> dict[str, Any]:
    values = cleaned({name: getattr(execution, name) for name in _EXECUTION})
    values["success"] = int(execution.success)
    for name in _UNKNOWN:
        if values[name] < 0:
            values[name] = None
    return values


def to_execution(row: Row) -> Execution:
    values = dict(zip(_EXECUTION, row, strict=True))
    values["success"] = bool(values["success"])
    for name in _UNKNOWN:
        values[name] = -1 if values[name] is None else values[name]
    return Execution(**values)


def to_tally(samples: Any, successes: Any) -> Tally:
    return Tally(int(samples), int(successes or 0))


def milliseconds(mean_ns: Any) -> float | None:
    return None if mean_ns is None else float(mean_ns) * _MS


def to_pattern(row: Row) -> Pattern:
    tool, params_hash, agent, model, samples, successes, latency_ns, confidence, last = row
    tally = to_tally(samples, successes)
    return Pattern(tool, params_hash, agent, model, tally, milliseconds(latency_ns), real(confidence), last)


def to_prediction(row: Row) -> Prediction:
    name, time_ns, tool, agent, params_hash, probability, reason, samples, success, matched_ns = row
    return Prediction(name, time_ns, tool, agent, params_hash, probability, reason, samples, truth(success), matched_ns)


def from_session(record: SessionRecord, grade: Grade | None, *, sources: str, now_ns: int) -> Values:
    """Values of `PUT_SESSION`."""
    graded = grade is not None
    return cleaned(
        {
            "id": record.id,
            "sources": sources,
            "platform": record.platform,
            "agents": names(record.agents),
            "models": names(record.models),
            "only_model": record.models[0] if len(record.models) == 1 else "",
            "task_type": record.task_type,
            "work": record.work,
            "active_ns": record.end_ns or now_ns,
            "updated_ns": now_ns,
            "api_calls": record.api_calls,
            "messages": record.messages,
            "tokens": record.input_tokens + record.output_tokens,
            "cost_usd": record.cost_usd,
            "told_by_span": number(record.success),
            "graded_ns": now_ns if graded else 0,
            "completed": number(grade.task_completed) if grade else None,
            "efficiency": float(grade.tool_calls_efficient) if grade else None,
            "quality": grade.response_quality if grade else None,
            "recovered": number(grade.errors_recovered) if grade else None,
            "errors": grade.total_errors if grade else None,
            "loop_risk": number(grade.loop_risk) if grade else None,
            "p_completed": grade.p_completed if grade else None,
            "record": packed(_RECORD, record),
            "grade": packed(_GRADE, grade) if grade else None,
        }
    )


def to_session(row: Row) -> KeptSession:
    told_by_feedback, sources, record, grade, graded_ns, updated_ns, active_ns, pinned, profile, name, told, by_person_ns = row[:12]
    return KeptSession(
        record=unpacked(_RECORD, record),
        sources=tuple(each for each in sources.split(_SEPARATOR) if each),
        grade=unpacked(_GRADE, grade) if grade else None,
        graded_ns=graded_ns,
        updated_ns=updated_ns,
        active_ns=active_ns,
        meta=Meta(bool(pinned), profile, name, truth(told)),
        override=None if by_person_ns is None else _to_override(by_person_ns, *row[12:]),
        told_by_feedback=truth(told_by_feedback),
    )


def _to_override(
    time_ns: int, author: str, note: str, completed: int | None, efficiency: float | None, quality: float | None, recovered: int | None
) -> Override:
    return Override(time_ns, author, note, truth(completed), None if efficiency is None else int(efficiency), quality, truth(recovered))


def from_override(override: Override | None) -> dict[str, Any]:
    """Values of `SET_OVERRIDE`; all None takes it back."""
    return cleaned(
        {
            "by_person_ns": override.time_ns if override else None,
            "author": override.author if override else None,
            "note": override.note if override else None,
            "completed": number(override.task_completed) if override else None,
            "efficiency": override.tool_calls_efficient if override else None,
            "quality": override.response_quality if override else None,
            "recovered": number(override.errors_recovered) if override else None,
        }
    )


def from_grade(grade: Grade) -> bytes:
    return packed(_GRADE, grade)


def to_grade(stored: bytes) -> Grade:
    return unpacked(_GRADE, stored)


def to_revision(row: Row) -> Revision:
    session, revision, graded_ns, source, grade = row
    return Revision(session, revision, graded_ns, source, unpacked(_GRADE, grade))


def from_filter(wanted: SessionFilter) -> dict[str, Any]:
    return cleaned(
        {
            "since": wanted.since_ns,
            "until": wanted.until_ns,
            "task_type": wanted.task_type,
            "platform": wanted.platform,
            "profile": wanted.profile,
            "pinned": number(wanted.pinned),
            "graded": number(wanted.graded),
            "completed": number(wanted.completed),
            "agent": _like(wanted.agent),
            "model": _like(wanted.model),
            "source": _like(wanted.source),
        }
    )
