"""The statements of judged quality, in the words that SQLite and PostgreSQL share; see `statements`.

What was said of a session stands in its own row too (`SAID`): versions of its latest evaluation and the outcome that feedback on its
last message tells. So the overview and the labels read one table. The rubric's version is empty there where the session says something
else than what was judged: then it is no present one.
"""

from collections.abc import Mapping
from typing import Any, Final

from otel_quality.store.statements import BY_ACTIVITY, SESSION_COLUMNS, wanted
from otel_quality.vocabulary.axes import AXES

_AXES: Final = ", ".join(AXES)

# What stands in the row of a session

_MESSAGES: Final = "COALESCE(NULLIF({0}.messages, 0), (SELECT t.messages FROM transcripts AS t WHERE t.session = {0}.id))"
_TOLD: Final = f"""(
    SELECT CASE WHEN MIN(f.rating) = MAX(f.rating) THEN (MAX(f.rating) + 1) / 2 END FROM feedback AS f
    WHERE f.session = sessions.id AND f.stands = 1 AND f.rating <> 0 AND f.message_index = {_MESSAGES.format("sessions")} - 1
)"""  # noqa: S608 - joined from constants of this file, here and below
_LATEST: Final = "COALESCE((SELECT {0} FROM evaluations AS e WHERE e.session = sessions.id AND e.latest = 1), '')"
_PRESENT: Final = "CASE WHEN e.outdated = 1 THEN '' ELSE e.rubric END"
SAID: Final = f"""
    UPDATE sessions SET judge = {_LATEST.format("e.judge")}, rubric = {_LATEST.format(_PRESENT)}, told_by_feedback = {_TOLD},
        updated_ns = CASE WHEN updated_ns < :now AND COALESCE(told_by_feedback, -1) <> COALESCE({_TOLD}, -1) THEN :now ELSE updated_ns END
    WHERE id = :session
"""  # noqa: S608

# Feedback

_FEEDBACK: Final = "session, message_index, rating, time_ns, author, comment, source"
_THIS: Final = "session = :session AND message_index = :message_index AND author = :author"
SAID_BEFORE: Final = f"""
    SELECT change, rating, comment, time_ns FROM feedback WHERE {_THIS} ORDER BY change DESC LIMIT 1
"""  # noqa: S608
SUPERSEDE: Final = f"UPDATE feedback SET stands = 0 WHERE {_THIS} AND stands = 1"  # noqa: S608
ADD_FEEDBACK: Final = f"""
    INSERT INTO feedback ({_FEEDBACK}, change, stands)
    VALUES (:session, :message_index, :rating, :time_ns, :author, :comment, :source, :change, 1)
"""  # noqa: S608
TRIM_FEEDBACK: Final = f"DELETE FROM feedback WHERE {_THIS} AND change <= :change"  # noqa: S608
_STANDING: Final = f"""
    SELECT {_FEEDBACK} FROM feedback WHERE {{0}} stands = 1 AND rating <> 0 AND time_ns >= :since
    ORDER BY time_ns DESC, session, message_index, author LIMIT :limit OFFSET :offset
"""  # noqa: S608
FEEDBACK: Final = _STANDING.format("")
FEEDBACK_OF_SESSION: Final = _STANDING.format("session = :session AND")
FEEDBACK_CHANGES: Final = f"""
    SELECT {_FEEDBACK} FROM feedback WHERE session = :session ORDER BY time_ns DESC, message_index, author, change DESC LIMIT :limit
"""  # noqa: S608
RATINGS: Final = """
    SELECT ((time_ns + :shift) / :step) * :step - :shift, SUM(CASE WHEN rating > 0 THEN 1 ELSE 0 END),
        SUM(CASE WHEN rating < 0 THEN 1 ELSE 0 END)
    FROM feedback WHERE stands = 1 AND rating <> 0 AND time_ns >= :since AND time_ns < :until GROUP BY 1 ORDER BY 1
"""

# Annotations

_ANNOTATION: Final = "session, name, time_ns, value, label, explanation, author, trace_id, span_id, response_id, error"
PUT_ANNOTATION: Final = f"""
    INSERT INTO annotations ({_ANNOTATION}) VALUES (
        :session, :name, :time_ns, :value, :label, :explanation, :author, :trace_id, :span_id, :response_id, :error
    ) ON CONFLICT (session, trace_id, span_id, response_id, name, author) DO NOTHING RETURNING 1
"""  # noqa: S608
ANNOTATIONS: Final = f"""
    SELECT {_ANNOTATION} FROM annotations WHERE session = :session ORDER BY time_ns DESC, name, author LIMIT :limit
"""  # noqa: S608

SESSION_OF_TRACE: Final = "SELECT session FROM executions WHERE trace_id = :trace AND session <> '' ORDER BY span_id LIMIT 1"

# Transcripts

PUT_TRANSCRIPT: Final = """
    INSERT INTO transcripts (session, active_ns, kept_ns, messages, digest, document)
    VALUES (:session, COALESCE((SELECT active_ns FROM sessions WHERE id = :session), :now), :now, :messages, :digest, :document)
    ON CONFLICT (session) DO UPDATE SET active_ns = excluded.active_ns, kept_ns = excluded.kept_ns, messages = excluded.messages,
        digest = excluded.digest, document = excluded.document
"""
TRANSCRIPT: Final = "SELECT document FROM transcripts WHERE session = :session"
DELETE_TRANSCRIPT: Final = "DELETE FROM transcripts WHERE session = :session"
WITH_TRANSCRIPT: Final = "SELECT session FROM transcripts WHERE active_ns >= :since ORDER BY active_ns DESC, session LIMIT :limit"
UNEVALUATED: Final = """
    SELECT session FROM transcripts AS t WHERE active_ns >= :since AND NOT EXISTS (
        SELECT 1 FROM evaluations AS e WHERE e.session = t.session AND e.anchor = 0 AND e.judge = :judge AND e.rubric = :rubric
            AND e.latest_by = 1 AND e.outdated = 0
    ) ORDER BY CASE WHEN session IN (
        SELECT i.session FROM runs AS r JOIN run_items AS i ON i.run = r.id
        WHERE r.judge = :judge AND r.rubric = :rubric AND i.anchor = 0 AND i.state = 'failed'
    ) THEN 1 ELSE 0 END, active_ns DESC, session LIMIT :limit
"""

# Runs

_RUN: Final = """
    id, scope, session, since_ns, sessions, backend, model, judge, rubric, state, created_ns, ended_ns, calls, input_tokens,
    output_tokens, cost_usd, error, note
"""
ADD_RUN: Final = f"""
    INSERT INTO runs ({_RUN}) VALUES (
        :id, :scope, :session, :since_ns, :sessions, :backend, :model, :judge, :rubric, :state, :created_ns, :ended_ns, :calls,
        :input_tokens, :output_tokens, :cost_usd, :error, :note
    )
"""  # noqa: S608
SET_RUN: Final = """
    UPDATE runs SET state = :state, ended_ns = :ended_ns, calls = :calls, input_tokens = :input_tokens, output_tokens = :output_tokens,
        cost_usd = :cost_usd, error = :error, note = :note
    WHERE id = :id
"""
RUN: Final = f"SELECT {_RUN} FROM runs WHERE id = :id"  # noqa: S608
_PAGE: Final = "FROM runs ORDER BY created_ns DESC, id LIMIT :limit OFFSET :offset"
RUNS: Final = f"SELECT {_RUN} {_PAGE}"
COUNTS_OF_RUN: Final = "SELECT run, state, COUNT(*) FROM run_items WHERE run = :id AND anchor = 0 GROUP BY run, state"
COUNTS_OF_RUNS: Final = f"""
    SELECT run, state, COUNT(*) FROM run_items WHERE run IN (SELECT id {_PAGE}) AND anchor = 0 GROUP BY run, state
"""  # noqa: S608
ADD_ITEM: Final = """
    INSERT INTO run_items (run, session, place, state, error, mean, anchor)
    VALUES (:run, :session, :place, :state, :error, :mean, :anchor) ON CONFLICT (run, session) DO NOTHING RETURNING 1
"""
SET_ITEM: Final = """
    UPDATE run_items SET state = :state, error = :error, mean = :mean WHERE run = :run AND session = :session
"""
ITEMS: Final = """
    SELECT session, state, error, mean, anchor FROM run_items
    WHERE run = :run AND (CAST(:state AS TEXT) IS NULL OR state = :state) ORDER BY place LIMIT :limit OFFSET :offset
"""

# Assessments and evaluations

ADD_ASSESSMENT: Final = """
    INSERT INTO assessments (run, session, expert, time_ns, calls, input_tokens, output_tokens, cost_usd, document)
    VALUES (:run, :session, :expert, :now, :calls, :input_tokens, :output_tokens, :cost_usd, :document)
    ON CONFLICT (run, session, expert) DO UPDATE SET time_ns = excluded.time_ns, calls = assessments.calls + excluded.calls,
        input_tokens = assessments.input_tokens + excluded.input_tokens,
        output_tokens = assessments.output_tokens + excluded.output_tokens, cost_usd = assessments.cost_usd + excluded.cost_usd,
        document = COALESCE(excluded.document, assessments.document)
"""
_ASSESSMENT: Final = "run, session, document, calls, input_tokens, output_tokens, cost_usd"
ASSESSMENTS: Final = f"""
    SELECT {_ASSESSMENT} FROM assessments WHERE run = :run AND session = :session AND document IS NOT NULL ORDER BY time_ns, expert
"""  # noqa: S608
_SPENT: Final = (
    "SELECT COALESCE(SUM(calls), 0), COALESCE(SUM(input_tokens), 0), COALESCE(SUM(output_tokens), 0), COALESCE(SUM(cost_usd), 0)"
)
SPENT: Final = f"{_SPENT} FROM assessments WHERE time_ns >= :since"
SPENT_OF_RUN: Final = f"{_SPENT} FROM assessments WHERE run = :run AND time_ns >= :since"

_EVALUATION: Final = f"run, session, time_ns, judge, rubric, backend, model, experts, masked, anchor, digest, {_AXES}"
_VALUES: Final = ", ".join(f":{name.strip()}" for name in f"{_EVALUATION}, week_ns, bucket".split(","))
_REPLACED: Final = ", ".join(f"{name.strip()} = excluded.{name.strip()}" for name in f"{_EVALUATION}, week_ns, bucket".split(",")[2:])
PUT_EVALUATION: Final = f"""
    INSERT INTO evaluations ({_EVALUATION}, week_ns, bucket, latest, latest_by) VALUES ({_VALUES}, 0, 0)
    ON CONFLICT (run, session) DO UPDATE SET {_REPLACED}
"""  # noqa: S608
LATEST: Final = """
    UPDATE evaluations SET latest = 1 - latest WHERE session = :session AND anchor = 0 AND latest <> CASE WHEN run = (
        SELECT e.run FROM evaluations AS e WHERE e.session = :session AND e.anchor = 0 ORDER BY e.time_ns DESC, e.run DESC LIMIT 1
    ) THEN 1 ELSE 0 END
"""
"""Of a session, by whichever versions."""
LATEST_BY: Final = """
    UPDATE evaluations SET latest_by = 1 - latest_by
    WHERE session = :session AND anchor = 0 AND judge = :judge AND rubric = :rubric AND latest_by <> CASE WHEN run = (
        SELECT e.run FROM evaluations AS e WHERE e.session = :session AND e.anchor = 0 AND e.judge = :judge AND e.rubric = :rubric
        ORDER BY e.time_ns DESC, e.run DESC LIMIT 1
    ) THEN 1 ELSE 0 END
"""
"""Of a session by these versions."""
OUTDATED: Final = """
    UPDATE evaluations SET outdated = 1 - outdated WHERE session = :session AND digest <> '' AND outdated = (
        SELECT CASE WHEN t.digest = evaluations.digest THEN 1 ELSE 0 END FROM transcripts AS t WHERE t.session = :session AND t.digest <> ''
    )
"""
"""Of a session, where it is known what was judged and what is kept now; what is forgotten changes nothing."""
_NEWEST: Final = """
    FROM evaluations WHERE {0} AND (CAST(:anchor AS BIGINT) IS NULL OR anchor = :anchor)
    ORDER BY time_ns DESC, run DESC, session LIMIT :limit
"""
_OF: Final = {
    "session": _NEWEST.format("session = :session AND (CAST(:run AS TEXT) IS NULL OR run = :run)"),
    "run": _NEWEST.format("run = :run"),
    "all": _NEWEST.format("1 = 1"),
    "anchors": """
    FROM evaluations WHERE anchor = 1 AND ((run, session) IN (
        SELECT run, session FROM evaluations WHERE anchor = 1 ORDER BY time_ns DESC, run DESC, session LIMIT :limit
    ) OR NOT EXISTS (
        SELECT 1 FROM evaluations AS e WHERE e.session = evaluations.session AND e.anchor = 1 AND e.judge = evaluations.judge
            AND e.rubric = evaluations.rubric AND e.time_ns < evaluations.time_ns
    )) ORDER BY time_ns DESC, run DESC, session
""",
}
"""Which evaluations are meant. Of anchors the first by each version is meant too, whatever the limit."""
EVALUATIONS: Final = {by: f"SELECT {_EVALUATION}, outdated {newest}" for by, newest in _OF.items()}
EXPERTS: Final = {
    by: f"""
        SELECT a.run, a.session, a.document, a.calls, a.input_tokens, a.output_tokens, a.cost_usd
        FROM (SELECT run, session {newest}) AS e JOIN assessments AS a ON a.run = e.run AND a.session = e.session
        WHERE a.document IS NOT NULL
    """  # noqa: S608
    for by, newest in _OF.items()
}
"""What the experts of the same evaluations said."""

# What they add up to

_OF_SESSION: Final = ", ".join(f"s.{name.strip()}" for name in SESSION_COLUMNS.split(","))
_RATED: Final = "(SELECT COUNT(*) FROM feedback AS f WHERE f.session = {0}.{1} AND f.stands = 1 AND f.rating = {2})"
_SEEN: Final = f"""
    SELECT COALESCE({_MESSAGES.format("s")}, s.api_calls), {_RATED.format("s", "id", 1)}, {_RATED.format("s", "id", -1)}, s.judge, s.rubric,
        EXISTS (SELECT 1 FROM transcripts AS t WHERE t.session = s.id), e.time_ns, {", ".join(f"e.{axis}" for axis in AXES)}, {_OF_SESSION}
"""  # noqa: S608
_JUDGED: Final = "LEFT JOIN evaluations AS e ON e.session = s.id AND e.latest = 1"
OVERVIEW_OF: Final = f"{_SEEN} FROM sessions AS s {_JUDGED} WHERE s.id = :id"


def overview(values: Mapping[str, Any]) -> str:
    """The statement that lists sessions with what was said of them: the page is found first, in an index where the filters allow it."""
    return f"""
        {_SEEN} FROM (
            SELECT id AS found, pinned AS first, active_ns AS at FROM sessions WHERE {wanted(values)}
            ORDER BY {BY_ACTIVITY} LIMIT :limit OFFSET :offset
        ) AS page JOIN sessions AS s ON s.id = page.found {_JUDGED} ORDER BY page.first DESC, page.at DESC, page.found
    """  # noqa: S608


CURRENT: Final = "SELECT judge, rubric FROM evaluations WHERE anchor = 0 ORDER BY time_ns DESC, run DESC, session LIMIT 1"
_MEANS: Final = ", ".join(f"AVG({axis}), COUNT({axis})" for axis in AXES)
_WEEKS: Final = f"""
    SELECT week_ns, {{0}}, COUNT(*), {_MEANS} FROM evaluations
    WHERE latest_by = 1 AND judge = :judge AND rubric = :rubric AND week_ns > :since_week AND time_ns >= :since AND time_ns < :until {{1}}
"""  # noqa: S608
WEEKS: Final = _WEEKS.format("'all'", "") + "GROUP BY week_ns ORDER BY week_ns"
WEEKS_BY_COMPLEXITY: Final = _WEEKS.format("bucket", "AND bucket <> ''") + "GROUP BY week_ns, bucket ORDER BY week_ns, bucket"
PAIRS: Final = f"""
    SELECT e.session, {_RATED.format("e", "session", 1)}, {_RATED.format("e", "session", -1)},
        COALESCE(s.by_person_completed, s.told, s.told_by_span), {", ".join(f"e.{axis}" for axis in AXES)}
    FROM (
        SELECT session, time_ns, {_AXES} FROM evaluations WHERE latest_by = 1 AND judge = :judge AND rubric = :rubric
        ORDER BY week_ns DESC, time_ns DESC, session LIMIT :limit
    ) AS e LEFT JOIN sessions AS s ON s.id = e.session ORDER BY e.time_ns DESC, e.session
"""  # noqa: S608

# Moving and forgetting

_ELSEWHERE: Final = "NOT EXISTS (SELECT 1 FROM {0} AS there WHERE there.session = :into{1})"
_SAME: Final = {
    "feedback": ("message_index", "author"),
    "annotations": ("trace_id", "span_id", "response_id", "name", "author"),
    "transcripts": (),
}
"""What else is equal of what the other session has already."""
MOVE: Final = tuple(
    f"UPDATE {table} SET session = :into WHERE session = :session AND "  # noqa: S608
    + _ELSEWHERE.format(table, "".join(f" AND there.{name} = {table}.{name}" for name in same))
    for table, same in _SAME.items()
)

FORGET: Final = (
    DELETE_TRANSCRIPT,
    "DELETE FROM feedback WHERE session = :session",
    "DELETE FROM annotations WHERE session = :session",
    "DELETE FROM evaluations WHERE session = :session",
    "UPDATE assessments SET document = NULL WHERE session = :session",
)
"""What was said of a session. What judging it took stays, for the budgets."""
