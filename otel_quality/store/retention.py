"""The statements that remove what is over age or size.

What was said of a session stays as long as the session does; where there is none (any more), it goes by its own age. Pinned sessions
and what was said of them stay. Over the size, text goes first: it is the largest, and the least is lost with it.

Decision: of each version of a judge the first evaluation of an anchor stays whatever its age: it is what later ones are compared with.
"""

from typing import Final

from otel_quality.store.schema import TABLES

_UNPINNED: Final = "{0}.session NOT IN (SELECT id FROM sessions WHERE pinned = 1)"
_ORPHANED: Final = "NOT EXISTS (SELECT 1 FROM sessions AS s WHERE s.id = {0}.session)"
_NO_REFERENCE: Final = """(
    anchor = 0 OR EXISTS (
        SELECT 1 FROM evaluations AS e WHERE e.session = evaluations.session AND e.anchor = 1 AND e.judge = evaluations.judge
            AND e.rubric = evaluations.rubric AND e.time_ns < evaluations.time_ns
    )
)"""
_NOT_EVALUATED: Final = """
    NOT EXISTS (SELECT 1 FROM evaluations AS e WHERE e.run = assessments.run AND e.session = assessments.session)
    AND NOT EXISTS (SELECT 1 FROM runs AS r WHERE r.id = assessments.run AND r.state = 'running')
"""


def _count(table: str, condition: str) -> str:
    return f"SELECT COUNT(*) FROM {table} WHERE {condition.format(table)}"  # noqa: S608 - of constants of this file


def _up_to(table: str, time: str, condition: str) -> str:
    """What may go, up to the row in a place and none of `:before` and later."""
    may_go = f"FROM {table} WHERE {condition.format(table)} AND {time} < :before"
    return f"{may_go} AND {time} <= COALESCE((SELECT {time} {may_go} ORDER BY {time} LIMIT 1 OFFSET :place), :before)"


def _oldest(table: str, time: str, condition: str) -> str:
    return f"DELETE {_up_to(table, time, condition)}"


_ANY: Final = "1 = 1"
OLD: Final = (
    _oldest("executions", "time_ns", _ANY),
    _oldest("sessions", "active_ns", "pinned = 0"),
    _oldest("predictions", "time_ns", _ANY),
    _oldest("adaptations", "time_ns", _ANY),
    _oldest("transcripts", "active_ns", _ORPHANED),
    _oldest("feedback", "time_ns", _ORPHANED),
    _oldest("annotations", "time_ns", _ORPHANED),
    _oldest("evaluations", "time_ns", f"{_ORPHANED} AND {_NO_REFERENCE}"),
    _oldest("runs", "created_ns", "state <> 'running'"),
    _oldest("assessments", "time_ns", _NOT_EVALUATED),
)
"""Removal by age."""
EXECUTIONS: Final = _count("executions", _ANY)
OLDEST_EXECUTIONS: Final = _oldest("executions", "time_ns", _ANY)
FORGOTTEN: Final = """
    UPDATE sessions SET judge = '', rubric = ''
    WHERE judge <> '' AND NOT EXISTS (SELECT 1 FROM evaluations AS e WHERE e.session = sessions.id AND e.latest = 1)
"""
"""After evaluations of kept sessions went."""


def _both(table: str, time: str, condition: str) -> tuple[str, str]:
    return _count(table, condition), _oldest(table, time, condition)


_EVALUATIONS: Final = f"{_UNPINNED} AND {_NO_REFERENCE}"
_THEIR_ASSESSMENTS: Final = f"""
    DELETE FROM assessments WHERE (run, session) IN (SELECT run, session {_up_to("evaluations", "time_ns", _EVALUATIONS)})
"""  # noqa: S608
TEXTS: Final = (_both("transcripts", "active_ns", _UNPINNED),)
REST: Final = (
    _both("executions", "time_ns", _ANY),
    _both("sessions", "active_ns", "pinned = 0"),
    _both("predictions", "time_ns", _ANY),
    _both("feedback", "time_ns", _UNPINNED),
    _both("annotations", "time_ns", _UNPINNED),
    (_count("evaluations", _EVALUATIONS), _THEIR_ASSESSMENTS, _oldest("evaluations", "time_ns", _EVALUATIONS)),
    _both("runs", "created_ns", "state <> 'running'"),
    _both("assessments", "time_ns", _NOT_EVALUATED),
)
"""Of each table that gives way over the size, text before the rest: its count, and what removes its oldest."""
COUNTS: Final = " UNION ALL ".join(f"SELECT '{table}', COUNT(*) FROM {table}" for table in TABLES)  # noqa: S608
