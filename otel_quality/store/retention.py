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


def _old(table: str, time: str, condition: str) -> str:
    return f"DELETE FROM {table} WHERE {time} < :before AND {condition.format(table)}"  # noqa: S608 - of constants of this file


def _oldest_tenth(table: str, time: str, condition: str) -> str:
    """The oldest tenth of what may go, one row at least."""
    may_go = f"FROM {table} WHERE {condition.format(table)}"
    oldest = f"SELECT {time} {may_go} ORDER BY {time} LIMIT 1 OFFSET (SELECT COUNT(*) / 10 {may_go})"
    return f"{may_go} AND {time} <= ({oldest})"


OLD: Final = (
    "DELETE FROM executions WHERE time_ns < :before",
    "DELETE FROM sessions WHERE active_ns < :before AND pinned = 0",
    "DELETE FROM predictions WHERE time_ns < :before",
    "DELETE FROM adaptations WHERE time_ns < :before",
    _old("transcripts", "active_ns", _ORPHANED),
    _old("feedback", "time_ns", _ORPHANED),
    _old("annotations", "time_ns", _ORPHANED),
    _old("evaluations", "time_ns", f"{_ORPHANED} AND {_NO_REFERENCE}"),
    _old("runs", "created_ns", "state <> 'running'"),
    _old("assessments", "time_ns", _NOT_EVALUATED),
)
EXECUTIONS_OVER: Final = """
    DELETE FROM executions WHERE time_ns <= (SELECT time_ns FROM executions ORDER BY time_ns DESC LIMIT 1 OFFSET :kept)
"""
FORGOTTEN: Final = """
    UPDATE sessions SET judge = '', rubric = ''
    WHERE judge <> '' AND NOT EXISTS (SELECT 1 FROM evaluations AS e WHERE e.session = sessions.id AND e.latest = 1)
"""
"""After evaluations of kept sessions went."""
_EVALUATIONS: Final = _oldest_tenth("evaluations", "time_ns", f"{_UNPINNED} AND {_NO_REFERENCE}")
TEXT_TENTH: Final = ("DELETE " + _oldest_tenth("transcripts", "active_ns", _UNPINNED),)
TENTH: Final = (
    "DELETE " + _oldest_tenth("executions", "time_ns", "1 = 1"),
    "DELETE " + _oldest_tenth("sessions", "active_ns", "pinned = 0"),
    "DELETE " + _oldest_tenth("predictions", "time_ns", "1 = 1"),
    "DELETE " + _oldest_tenth("feedback", "time_ns", _UNPINNED),
    "DELETE " + _oldest_tenth("annotations", "time_ns", _UNPINNED),
    "DELETE FROM assessments WHERE (run, session) IN (SELECT run, session " + _EVALUATIONS + ")",  # noqa: S608
    "DELETE " + _EVALUATIONS,
    "DELETE " + _oldest_tenth("runs", "created_ns", "state <> 'running'"),
    "DELETE " + _oldest_tenth("assessments", "time_ns", _NOT_EVALUATED),
)
COUNTS: Final = " UNION ALL ".join(f"SELECT '{table}', COUNT(*) FROM {table}" for table in TABLES)  # noqa: S608
