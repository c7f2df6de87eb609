"""The tables, as migrations that run in order, each recorded in the transaction that makes it.

Words that both databases read alike: `BYTEA` is no type of SQLite's, where a column takes what it is given. A released
migration never changes; a new one is appended.

Decision: indexes of executions hold all that questions ask, so that counting reads an index and not the rows, and reads it in the
order in which it counts where it can: at a million executions a question takes a tenth to a half of a second and not several, for
half as much disk again. Failures have one of their own, since few executions fail.
"""

from typing import Final

_FIRST: Final = (
    """
    CREATE TABLE executions (
        trace_id TEXT NOT NULL, span_id TEXT NOT NULL, time_ns BIGINT NOT NULL, tool TEXT NOT NULL, params_hash TEXT NOT NULL,
        agent TEXT NOT NULL, model TEXT NOT NULL, task_type TEXT NOT NULL, session TEXT NOT NULL, success SMALLINT NOT NULL,
        latency_ns BIGINT, confidence DOUBLE PRECISION, input_tokens BIGINT, output_tokens BIGINT, error TEXT NOT NULL,
        hour SMALLINT NOT NULL, weekday SMALLINT NOT NULL, prediction_id TEXT NOT NULL,
        PRIMARY KEY (trace_id, span_id)
    )
    """,
    "CREATE INDEX executions_time ON executions (time_ns, agent, tool, success, latency_ns, confidence)",
    "CREATE INDEX executions_pattern ON executions (tool, agent, params_hash, model, success, latency_ns, confidence, time_ns)",
    "CREATE INDEX executions_model ON executions (model, task_type, success, latency_ns, input_tokens, output_tokens)",
    "CREATE INDEX executions_failed ON executions (time_ns, error, tool, task_type, session) WHERE success = 0",
    "CREATE INDEX executions_session ON executions (session)",
    """
    CREATE TABLE sessions (
        id TEXT PRIMARY KEY, sources TEXT NOT NULL, platform TEXT NOT NULL, agents TEXT NOT NULL, models TEXT NOT NULL,
        only_model TEXT NOT NULL, task_type TEXT NOT NULL, active_ns BIGINT NOT NULL, updated_ns BIGINT NOT NULL,
        api_calls BIGINT NOT NULL, tokens BIGINT NOT NULL, cost_usd DOUBLE PRECISION NOT NULL,
        told_by_span SMALLINT, told SMALLINT, pinned SMALLINT NOT NULL, profile TEXT NOT NULL, name TEXT NOT NULL,
        graded_ns BIGINT NOT NULL, completed SMALLINT, efficiency DOUBLE PRECISION, quality DOUBLE PRECISION, recovered SMALLINT,
        errors BIGINT, loop_risk SMALLINT, p_completed DOUBLE PRECISION,
        by_person_ns BIGINT, author TEXT, note TEXT, by_person_completed SMALLINT,
        by_person_efficiency DOUBLE PRECISION, by_person_quality DOUBLE PRECISION, by_person_recovered SMALLINT,
        record BYTEA NOT NULL, grade BYTEA
    )
    """,
    "CREATE INDEX sessions_active ON sessions (active_ns)",
    """
    CREATE INDEX sessions_listed ON sessions (
        pinned, active_ns, task_type, platform, profile, graded_ns, by_person_completed, completed, agents, models, sources
    )
    """,
    "CREATE INDEX sessions_task ON sessions (task_type, active_ns)",
    "CREATE INDEX sessions_model ON sessions (only_model, task_type, tokens, cost_usd, api_calls) WHERE only_model <> ''",
    """
    CREATE INDEX sessions_labelled ON sessions (active_ns, updated_ns, by_person_completed, told, told_by_span)
        WHERE COALESCE(by_person_completed, told, told_by_span) IS NOT NULL
    """,
    """
    CREATE TABLE revisions (
        session TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE, revision BIGINT NOT NULL, graded_ns BIGINT NOT NULL,
        source TEXT NOT NULL, grade BYTEA NOT NULL,
        PRIMARY KEY (session, revision)
    )
    """,
    """
    CREATE TABLE predictions (
        id TEXT PRIMARY KEY, time_ns BIGINT NOT NULL, tool TEXT NOT NULL, agent TEXT NOT NULL, params_hash TEXT NOT NULL,
        probability DOUBLE PRECISION NOT NULL, tenth SMALLINT NOT NULL,
        reason TEXT NOT NULL, samples BIGINT NOT NULL, success SMALLINT, matched_ns BIGINT
    )
    """,
    "CREATE INDEX predictions_time ON predictions (time_ns)",
    "CREATE INDEX predictions_open ON predictions (tool, agent, params_hash) WHERE success IS NULL",
    """
    CREATE TABLE adaptations (
        rule TEXT NOT NULL, agent TEXT NOT NULL, period TEXT NOT NULL, time_ns BIGINT NOT NULL, cause TEXT NOT NULL,
        change TEXT NOT NULL, policy TEXT NOT NULL, old_value DOUBLE PRECISION NOT NULL, new_value DOUBLE PRECISION NOT NULL,
        reason TEXT NOT NULL, expected TEXT NOT NULL,
        PRIMARY KEY (rule, agent, period)
    )
    """,
    "CREATE TABLE policies (name TEXT PRIMARY KEY, value DOUBLE PRECISION NOT NULL, updated_ns BIGINT NOT NULL)",
    "CREATE TABLE reports (week TEXT PRIMARY KEY, made_ns BIGINT NOT NULL, document TEXT NOT NULL)",
    "CREATE TABLE calibrations (name TEXT PRIMARY KEY, made_ns BIGINT NOT NULL, document TEXT NOT NULL)",
)

MIGRATIONS: Final = (_FIRST,)
"""Migration n (from 1) is `MIGRATIONS[n - 1]`."""

VERSIONS: Final = "CREATE TABLE IF NOT EXISTS migrations (version BIGINT PRIMARY KEY, applied_ns BIGINT NOT NULL)"

TABLES: Final = ("executions", "sessions", "revisions", "predictions", "adaptations", "policies", "reports", "calibrations")
"""All tables that hold history."""
