"""Every statement of the store, in the words that SQLite and PostgreSQL share.

A filter that is None is no filter: `CAST(:x AS TEXT) IS NULL OR column = :x`. The cast tells PostgreSQL the type of a None. Filters of
sessions are many, so there only the given ones stand in the statement. Every part of a statement is a constant of this file.
What a person said of a session stands before what the machine said.
"""

from collections.abc import Mapping
from typing import Any, Final

COMPLETED: Final = "COALESCE(by_person_completed, completed)"
KNOWN: Final = "COALESCE(by_person_completed, told, told_by_span)"
LABEL: Final = "COALESCE(by_person_completed, told, told_by_span, told_by_feedback)"
"""What calibration learns from; nothing else takes feedback for an outcome."""

MOST: Final = 1_000
"""Agents, and models by task type, that are told: names come from telemetry, and somebody may give each run one of its own."""

# Executions

_EXECUTION: Final = """
    trace_id, span_id, time_ns, tool, params_hash, agent, model, task_type, session, success, latency_ns, confidence,
    input_tokens, output_tokens, error, hour, weekday, prediction_id
"""
PUT_EXECUTION: Final = f"""
    INSERT INTO executions ({_EXECUTION}) VALUES (
        :trace_id, :span_id, :time_ns, :tool, :params_hash, :agent, :model, :task_type, :session, :success, :latency_ns, :confidence,
        :input_tokens, :output_tokens, :error, :hour, :weekday, :prediction_id
    ) ON CONFLICT (trace_id, span_id) DO NOTHING RETURNING 1
"""  # noqa: S608 - joined from constants of this file, here and below
DELETE_TRACE: Final = "DELETE FROM executions WHERE trace_id = :trace_id"
EXECUTIONS: Final = f"""
    SELECT {_EXECUTION} FROM executions
    WHERE (CAST(:session AS TEXT) IS NULL OR session = :session) AND (CAST(:tool AS TEXT) IS NULL OR tool = :tool)
    ORDER BY time_ns DESC, trace_id, span_id LIMIT :limit
"""  # noqa: S608
_MEANS: Final = "COUNT(*) AS samples, SUM(success), AVG(latency_ns), AVG(confidence)"
_ANY_TOOL: Final = "CAST(:tool AS TEXT) IS NULL"
_ONE_TOOL: Final = "tool = :tool"
"""Apart, because an index is looked into for one tool, and is not for one or any."""


def _patterns(tool: str) -> str:
    return f"""
        SELECT tool, params_hash, agent, model, {_MEANS}, MAX(time_ns) FROM executions
        WHERE {tool} AND (CAST(:agent AS TEXT) IS NULL OR agent = :agent)
            AND (CAST(:params_hash AS TEXT) IS NULL OR params_hash = :params_hash) AND (CAST(:model AS TEXT) IS NULL OR model = :model)
        GROUP BY tool, agent, params_hash, model ORDER BY samples DESC, tool, params_hash, agent, model LIMIT :limit
    """  # noqa: S608


def _aggregated(tool: str) -> str:
    return f"""
        SELECT tool, NULL, agent, model, {_MEANS}, MAX(time_ns) FROM executions
        WHERE {tool} AND (CAST(:agent AS TEXT) IS NULL OR agent = :agent)
        GROUP BY tool, agent, model ORDER BY samples DESC, tool, agent, model LIMIT :limit
    """  # noqa: S608


PATTERNS, PATTERNS_OF_TOOL = _patterns(_ANY_TOOL), _patterns(_ONE_TOOL)
AGGREGATED, AGGREGATED_OF_TOOL = _aggregated(_ANY_TOOL), _aggregated(_ONE_TOOL)
PATTERN: Final = f"""
    SELECT tool, params_hash, agent, model, {_MEANS}, MAX(time_ns) FROM executions
    WHERE tool = :tool AND agent = :agent AND params_hash = :params_hash
    GROUP BY tool, params_hash, agent, model ORDER BY samples DESC, model LIMIT 1
"""  # noqa: S608
AGGREGATED_PATTERN: Final = f"""
    SELECT tool, NULL, agent, model, {_MEANS}, MAX(time_ns) FROM executions WHERE tool = :tool AND agent = :agent
    GROUP BY tool, agent, model ORDER BY samples DESC, model LIMIT 1
"""  # noqa: S608
TOOLS: Final = """
    SELECT tool, COUNT(*), SUM(success) FROM executions WHERE time_ns >= :since AND time_ns < :until GROUP BY tool ORDER BY tool
"""
TOOLS_EVER: Final = "SELECT tool, COUNT(*), SUM(success) FROM executions GROUP BY tool ORDER BY tool"
"""In the order of an index, where a range of time has to be sorted."""
AGENTS: Final = """
    SELECT agent, COUNT(*), SUM(success) FROM executions
    WHERE time_ns >= :since AND time_ns < :until AND (CAST(:tool AS TEXT) IS NULL OR tool = :tool) GROUP BY agent ORDER BY agent
"""
AGENT_PERFORMANCE: Final = f"""
    SELECT agent, {_MEANS} FROM executions WHERE time_ns >= :since AND time_ns < :until GROUP BY agent
    ORDER BY samples DESC, agent LIMIT {MOST}
"""  # noqa: S608
MODEL_PERFORMANCE: Final = f"""
    SELECT model, task_type, COUNT(*) AS samples, SUM(success), AVG(latency_ns),
        AVG(COALESCE(input_tokens + output_tokens, input_tokens, output_tokens))
    FROM executions WHERE CAST(:task_type AS TEXT) IS NULL OR task_type = :task_type
    GROUP BY model, task_type ORDER BY samples DESC, model, task_type LIMIT {MOST}
"""  # noqa: S608
MODEL_SESSIONS: Final = """
    SELECT only_model, work, SUM(tokens), SUM(cost_usd), SUM(CASE WHEN tokens > 0 THEN api_calls ELSE 0 END),
        SUM(CASE WHEN cost_usd > 0 THEN api_calls ELSE 0 END)
    FROM sessions WHERE only_model <> '' AND (CAST(:task_type AS TEXT) IS NULL OR work = :task_type)
    GROUP BY only_model, work
"""
_EFFECT: Final = """
    COUNT(*), SUM(success) FROM executions WHERE time_ns >= :since
    AND (CAST(:tool AS TEXT) IS NULL OR tool = :tool) AND (CAST(:agent AS TEXT) IS NULL OR agent = :agent) GROUP BY 1 ORDER BY 1
"""
_HOUR_NS: Final = 3_600_000_000_000
EFFECTS: Final = {
    "hour": f"SELECT (time_ns / {_HOUR_NS}) % 24, {_EFFECT}",
    "weekday": f"SELECT (time_ns / {24 * _HOUR_NS} + 3) % 7, {_EFFECT}",
}
"""By the time itself, which an index holds; the first of January 1970 was a Thursday."""
ERROR_GROUPS: Final = """
    SELECT error, tool, task_type, COUNT(*) AS failures, COUNT(DISTINCT NULLIF(session, '')), MIN(time_ns), MAX(time_ns)
    FROM executions WHERE success = 0 AND time_ns >= :since AND time_ns < :until
    GROUP BY error, tool, task_type ORDER BY failures DESC, error, tool, task_type LIMIT :limit
"""

_FAILURES: Final = """
    COUNT(*) AS failures, COUNT(DISTINCT NULLIF(session, '')) FROM executions WHERE success = 0 AND time_ns >= :since AND time_ns < :until
    GROUP BY 1 ORDER BY failures DESC, 1 LIMIT :limit
"""
FAILURES: Final = {"tool": f"SELECT tool, {_FAILURES}", "error": f"SELECT error, {_FAILURES}"}


def _examples(*by: str) -> str:
    """The latest three sessions of each group, all of them in one reading."""
    names = ", ".join(by)
    return f"""
        SELECT {names}, session FROM (
            SELECT {names}, session, ROW_NUMBER() OVER (PARTITION BY {names} ORDER BY MAX(time_ns) DESC, session) AS place
            FROM executions WHERE success = 0 AND session <> '' AND time_ns >= :since AND time_ns < :until GROUP BY {names}, session
        ) AS latest WHERE place <= 3 ORDER BY {names}, place
    """  # noqa: S608


ERROR_EXAMPLES: Final = _examples("error", "tool", "task_type")
FAILURE_EXAMPLES: Final = {"tool": _examples("tool"), "error": _examples("error")}

# Sessions

SESSION_COLUMNS: Final = """
    told_by_feedback, sources, record, grade, graded_ns, updated_ns, active_ns, pinned, profile, name, told, by_person_ns, author, note,
    by_person_completed, by_person_efficiency, by_person_quality, by_person_recovered
"""
_GIVEN: Final = """
    id, sources, platform, agents, models, only_model, task_type, work, active_ns, updated_ns, api_calls, messages, tokens,
    cost_usd, told_by_span, graded_ns, completed, efficiency, quality, recovered, errors, loop_risk, p_completed, record, grade
"""
_REPLACED: Final = ", ".join(f"{name.strip()} = excluded.{name.strip()}" for name in _GIVEN.split(",")[1:])
PUT_SESSION: Final = f"""
    INSERT INTO sessions ({_GIVEN}, pinned, profile, name) VALUES (
        :id, :sources, :platform, :agents, :models, :only_model, :task_type, :work, :active_ns, :updated_ns, :api_calls, :messages,
        :tokens, :cost_usd, :told_by_span, :graded_ns, :completed, :efficiency, :quality, :recovered, :errors, :loop_risk, :p_completed,
        :record, :grade, 0, '', ''
    ) ON CONFLICT (id) DO UPDATE SET {_REPLACED}
"""  # noqa: S608
SESSION: Final = f"SELECT {SESSION_COLUMNS} FROM sessions WHERE id = :id"  # noqa: S608
CONDITIONS: Final = {
    "since": "+active_ns >= :since",
    "until": "+active_ns < :until",
    "task_type": "task_type || '' = :task_type",
    "platform": "platform = :platform",
    "profile": "profile = :profile",
    "pinned": "pinned = :pinned",
    "agent": "agents LIKE :agent ESCAPE '!'",
    "model": "models LIKE :model ESCAPE '!'",
    "source": "sources LIKE :source ESCAPE '!'",
    "graded": "(CASE WHEN graded_ns > 0 THEN 1 ELSE 0 END) = :graded",
    "completed": f"{COMPLETED} = :completed",
    "status": "(CASE WHEN judge = '' THEN 'pending' WHEN judge = :judge AND rubric = :rubric THEN 'evaluated' ELSE 'stale' END) = :status",
}
BY_ACTIVITY: Final = "pinned DESC, active_ns DESC, id"


def wanted(values: Mapping[str, Any]) -> str:
    """The condition of those filters that are given.

    >>> wanted({"since": 0, "until": 9, "profile": "ops", "agent": None})
    '+active_ns >= :since AND +active_ns < :until AND profile = :profile'
    """
    return " AND ".join(condition for name, condition in CONDITIONS.items() if values.get(name) is not None)


def sessions(values: Mapping[str, Any]) -> str:
    """The statement that lists sessions."""
    return f"SELECT {SESSION_COLUMNS} FROM sessions WHERE {wanted(values)} ORDER BY {BY_ACTIVITY} LIMIT :limit OFFSET :offset"  # noqa: S608


def count_sessions(values: Mapping[str, Any]) -> str:
    """The statement that counts them."""
    return f"SELECT COUNT(*) FROM sessions WHERE {wanted(values)}"  # noqa: S608


SOURCES: Final = "SELECT sources FROM sessions WHERE id = :id"
TRANSCRIPT_ACTIVE: Final = "UPDATE transcripts SET active_ns = :active_ns WHERE session = :id"
SET_META: Final = """
    UPDATE sessions SET pinned = :pinned, profile = :profile, name = :name, told = :told, updated_ns = :now WHERE id = :id
"""
SET_OVERRIDE: Final = """
    UPDATE sessions SET by_person_ns = :by_person_ns, author = :author, note = :note, by_person_completed = :completed,
        by_person_efficiency = :efficiency, by_person_quality = :quality, by_person_recovered = :recovered, updated_ns = :now
    WHERE id = :id
"""
SET_PROBABILITY: Final = "UPDATE sessions SET p_completed = :p_completed, grade = :grade WHERE id = :id AND graded_ns > 0"
DELETE_SESSION: Final = "DELETE FROM sessions WHERE id = :id"
DELETE_ITS_EXECUTIONS: Final = "DELETE FROM executions WHERE session = :id"
MOVE_ITS_EXECUTIONS: Final = "UPDATE executions SET session = :into WHERE session = :id"
NEXT_REVISION: Final = "SELECT COALESCE(MAX(revision) + 1, 0) FROM revisions WHERE session = :id"
ADD_REVISION: Final = """
    INSERT INTO revisions (session, revision, graded_ns, source, grade) VALUES (:id, :revision, :now, :source, :grade)
"""
TRIM_REVISIONS: Final = "DELETE FROM revisions WHERE session = :id AND revision <= :revision"
REVISIONS: Final = "SELECT session, revision, graded_ns, source, grade FROM revisions WHERE session = :id ORDER BY revision DESC"
LABELLED: Final = f"""
    SELECT {SESSION_COLUMNS} FROM sessions WHERE {LABEL} IS NOT NULL ORDER BY active_ns DESC, id LIMIT :limit
"""  # noqa: S608
LABELS_STAMP: Final = f"""
    SELECT COUNT(*), COALESCE(SUM({LABEL}), 0), COALESCE(MAX(updated_ns), 0) FROM sessions WHERE {LABEL} IS NOT NULL
"""  # noqa: S608
GRADE_SUMMARIES: Final = f"""
    SELECT ((active_ns + :shift) / :step) * :step - :shift, task_type, COUNT(*), SUM({COMPLETED}),
        SUM(CASE WHEN errors > 0 THEN 1 ELSE 0 END),
        SUM(CASE WHEN errors > 0 THEN COALESCE(by_person_recovered, recovered) ELSE 0 END), SUM(loop_risk),
        SUM(COALESCE(by_person_efficiency, efficiency)), SUM(COALESCE(by_person_quality, quality)),
        COUNT({KNOWN}), COALESCE(SUM({KNOWN}), 0)
    FROM sessions WHERE graded_ns > 0 AND active_ns >= :since AND active_ns < :until GROUP BY 1, 2 ORDER BY 1, 2
"""  # noqa: S608

RECENT_GRADES: Final = f"""
    SELECT COUNT(*), AVG(completed), AVG(efficiency), AVG(quality), AVG(recovered), AVG(loop_risk), AVG(p_completed) FROM (
        SELECT {COMPLETED} AS completed, COALESCE(by_person_efficiency, efficiency) AS efficiency,
            COALESCE(by_person_quality, quality) AS quality, loop_risk, p_completed,
            CASE WHEN errors > 0 THEN COALESCE(by_person_recovered, recovered) END AS recovered
        FROM sessions WHERE task_type = :task_type AND graded_ns > 0 ORDER BY active_ns DESC, id LIMIT :window
    ) AS latest
"""  # noqa: S608

LATEST_GRADES: Final = """
    SELECT active_ns, grade FROM sessions WHERE task_type = :task_type AND graded_ns > 0 ORDER BY active_ns DESC, id LIMIT :limit
"""

# Predictions

ADD_PREDICTION: Final = """
    INSERT INTO predictions (id, time_ns, tool, agent, params_hash, probability, tenth, reason, samples, success, matched_ns)
    VALUES (:id, :time_ns, :tool, :agent, :params_hash, :probability, :tenth, :reason, :samples, :success, :matched_ns)
    ON CONFLICT (id) DO NOTHING
"""
ANSWER_BY_ID: Final = "UPDATE predictions SET success = :success, matched_ns = :time_ns WHERE id = :id AND success IS NULL"
OPEN_PREDICTIONS: Final = """
    SELECT DISTINCT tool, agent, params_hash FROM predictions WHERE success IS NULL AND time_ns >= :since AND time_ns <= :until
"""
ANSWER_OLDEST: Final = """
    UPDATE predictions SET success = :success, matched_ns = :time_ns WHERE id = (
        SELECT id FROM predictions WHERE success IS NULL AND tool = :tool AND agent = :agent AND params_hash = :params_hash
            AND time_ns >= :since AND time_ns <= :time_ns
        ORDER BY time_ns, id LIMIT 1
    )
"""
PREDICTIONS: Final = """
    SELECT id, time_ns, tool, agent, params_hash, probability, reason, samples, success, matched_ns FROM predictions
    ORDER BY time_ns DESC, id LIMIT :limit OFFSET :offset
"""
PREDICTION_BINS: Final = """
    SELECT agent, tenth, COUNT(*), SUM(success),
        SUM(CASE WHEN probability >= 0.5 THEN success ELSE 1 - success END),
        SUM(probability), SUM((probability - success) * (probability - success))
    FROM predictions WHERE success IS NOT NULL AND samples >= :samples AND time_ns >= :since AND time_ns < :until
    GROUP BY agent, tenth ORDER BY agent, tenth
"""

# Adaptations, policies, documents

ADD_ADAPTATION: Final = """
    INSERT INTO adaptations (rule, agent, period, time_ns, cause, change, policy, old_value, new_value, reason, expected)
    VALUES (:rule, :agent, :period, :time_ns, :trigger, :change, :policy, :old, :new, :reason, :expected)
    ON CONFLICT (rule, agent, period) DO NOTHING
"""
ADAPTATIONS: Final = """
    SELECT time_ns, rule, agent, period, cause, change, policy, old_value, new_value, reason, expected FROM adaptations
    ORDER BY time_ns DESC, rule, agent LIMIT :limit OFFSET :offset
"""
SET_POLICY: Final = """
    INSERT INTO policies (name, value, updated_ns) VALUES (:name, :value, :now)
    ON CONFLICT (name) DO UPDATE SET value = excluded.value, updated_ns = excluded.updated_ns
"""
POLICIES: Final = "SELECT name, value, updated_ns FROM policies ORDER BY name"
PUT_REPORT: Final = """
    INSERT INTO reports (week, made_ns, document) VALUES (:week, :made_ns, :document)
    ON CONFLICT (week) DO UPDATE SET made_ns = excluded.made_ns, document = excluded.document
"""
REPORT: Final = "SELECT week, made_ns, document FROM reports WHERE week = :week"
REPORTS: Final = "SELECT week, made_ns, document FROM reports ORDER BY week DESC LIMIT :limit"
PUT_CALIBRATION: Final = """
    INSERT INTO calibrations (name, made_ns, document) VALUES (:name, :now, :document)
    ON CONFLICT (name) DO UPDATE SET made_ns = excluded.made_ns, document = excluded.document
"""
CALIBRATION: Final = "SELECT document FROM calibrations WHERE name = :name"
