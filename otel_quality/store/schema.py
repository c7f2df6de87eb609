"""The tables, as migrations that run in order, each recorded in the transaction that makes it.

Words that both databases read alike: `BYTEA` is no type of SQLite's, where a column takes what it is given. A released
migration never changes; a new one is appended.

Decision: indexes of executions hold all that questions ask, so that counting reads an index and not the rows, and reads it in the
order in which it counts where it can: at a million executions a question takes a tenth to a half of a second and not several, for
half as much disk again. Failures have one of their own, since few executions fail.
"""

from typing import Final

_AXES: Final = (
    "task_complexity",
    "goal_completion",
    "tool_usage_quality",
    "efficiency",
    "communication",
    "subagent_orchestration",
    "self_extension",
)
"""As they were when their columns were made: a migration does not follow the vocabulary."""

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
    "CREATE INDEX executions_time ON executions (time_ns, agent, tool, success)",
    "CREATE INDEX executions_pattern ON executions (tool, agent, params_hash, model, success, latency_ns, confidence, time_ns)",
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
    "CREATE INDEX sessions_task ON sessions (task_type, active_ns)",
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

_INDEXES: Final = (
    "DROP INDEX executions_time",
    "CREATE INDEX executions_time ON executions (time_ns, agent, tool, success, latency_ns, confidence)",
    "CREATE INDEX executions_model ON executions (model, task_type, success, latency_ns, input_tokens, output_tokens)",
    "CREATE INDEX executions_failed ON executions (time_ns, error, tool, task_type, session) WHERE success = 0",
    "CREATE INDEX sessions_model ON sessions (only_model, task_type, tokens, cost_usd, api_calls) WHERE only_model <> ''",
)

_JUDGED: Final = (
    "ALTER TABLE sessions ADD COLUMN messages BIGINT NOT NULL DEFAULT 0",
    "ALTER TABLE sessions ADD COLUMN told_by_feedback SMALLINT",
    "ALTER TABLE sessions ADD COLUMN judge TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE sessions ADD COLUMN rubric TEXT NOT NULL DEFAULT ''",
    """
    CREATE INDEX sessions_listed ON sessions (
        pinned DESC, active_ns DESC, id, judge, rubric, profile, task_type, platform, graded_ns, completed, by_person_completed
    )
    """,
    """
    CREATE INDEX sessions_labelled ON sessions (active_ns, id, updated_ns, by_person_completed, told, told_by_span, told_by_feedback)
        WHERE COALESCE(by_person_completed, told, told_by_span, told_by_feedback) IS NOT NULL
    """,
    """
    CREATE TABLE feedback (
        session TEXT NOT NULL, message_index BIGINT NOT NULL, author TEXT NOT NULL, change BIGINT NOT NULL, stands SMALLINT NOT NULL,
        rating SMALLINT NOT NULL, time_ns BIGINT NOT NULL, comment TEXT NOT NULL, source TEXT NOT NULL,
        PRIMARY KEY (session, message_index, author, change)
    )
    """,
    "CREATE INDEX feedback_time ON feedback (time_ns, stands, rating)",
    """
    CREATE TABLE annotations (
        session TEXT NOT NULL, trace_id TEXT NOT NULL, span_id TEXT NOT NULL, response_id TEXT NOT NULL, name TEXT NOT NULL,
        author TEXT NOT NULL, time_ns BIGINT NOT NULL, value DOUBLE PRECISION, label TEXT NOT NULL, explanation TEXT NOT NULL,
        error TEXT NOT NULL,
        PRIMARY KEY (session, trace_id, span_id, response_id, name, author)
    )
    """,
    "CREATE INDEX annotations_time ON annotations (time_ns)",
    """
    CREATE TABLE transcripts (
        session TEXT PRIMARY KEY, active_ns BIGINT NOT NULL, kept_ns BIGINT NOT NULL, messages BIGINT NOT NULL, document BYTEA NOT NULL
    )
    """,
    "CREATE INDEX transcripts_active ON transcripts (active_ns DESC, session)",
    """
    CREATE TABLE runs (
        id TEXT PRIMARY KEY, scope TEXT NOT NULL, session TEXT NOT NULL, since_ns BIGINT NOT NULL, sessions BIGINT NOT NULL,
        backend TEXT NOT NULL, model TEXT NOT NULL, judge TEXT NOT NULL, rubric TEXT NOT NULL, state TEXT NOT NULL,
        created_ns BIGINT NOT NULL, ended_ns BIGINT NOT NULL, calls BIGINT NOT NULL, input_tokens BIGINT NOT NULL,
        output_tokens BIGINT NOT NULL, cost_usd DOUBLE PRECISION NOT NULL, error TEXT NOT NULL, note TEXT NOT NULL
    )
    """,
    "CREATE INDEX runs_created ON runs (created_ns)",
    """
    CREATE TABLE run_items (
        run TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE, session TEXT NOT NULL, place BIGINT NOT NULL, state TEXT NOT NULL,
        error TEXT NOT NULL, mean DOUBLE PRECISION, anchor SMALLINT NOT NULL,
        PRIMARY KEY (run, session)
    )
    """,
    "CREATE INDEX run_items_place ON run_items (run, place)",
    "CREATE INDEX run_items_state ON run_items (run, anchor, state)",
    """
    CREATE TABLE assessments (
        run TEXT NOT NULL, session TEXT NOT NULL, expert TEXT NOT NULL, time_ns BIGINT NOT NULL, calls BIGINT NOT NULL,
        input_tokens BIGINT NOT NULL, output_tokens BIGINT NOT NULL, cost_usd DOUBLE PRECISION NOT NULL, document BYTEA,
        PRIMARY KEY (run, session, expert)
    )
    """,
    "CREATE INDEX assessments_session ON assessments (session)",
    "CREATE INDEX assessments_spent ON assessments (time_ns, calls, input_tokens, output_tokens, cost_usd)",
    f"""
    CREATE TABLE evaluations (
        run TEXT NOT NULL, session TEXT NOT NULL, time_ns BIGINT NOT NULL, week_ns BIGINT NOT NULL, judge TEXT NOT NULL,
        rubric TEXT NOT NULL, backend TEXT NOT NULL, model TEXT NOT NULL, experts TEXT NOT NULL, masked TEXT NOT NULL,
        anchor SMALLINT NOT NULL, latest SMALLINT NOT NULL, latest_by SMALLINT NOT NULL, bucket TEXT NOT NULL,
        {", ".join(f"{axis} DOUBLE PRECISION" for axis in _AXES)},
        PRIMARY KEY (run, session)
    )
    """,
    "CREATE INDEX evaluations_session ON evaluations (session, anchor, time_ns, judge, rubric)",
    "CREATE INDEX evaluations_anchors ON evaluations (time_ns, run, session, judge, rubric) WHERE anchor = 1",
    "CREATE INDEX evaluations_time ON evaluations (time_ns, run, session, anchor)",
    f"""
    CREATE INDEX evaluations_weeks ON evaluations (judge, rubric, week_ns, bucket, time_ns, latest_by, {", ".join(_AXES)})
        WHERE latest_by = 1
    """,
)

_OUTDATED: Final = (
    "ALTER TABLE transcripts ADD COLUMN digest TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE evaluations ADD COLUMN digest TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE evaluations ADD COLUMN outdated SMALLINT NOT NULL DEFAULT 0",
    "DROP INDEX evaluations_session",
    "CREATE INDEX evaluations_session ON evaluations (session, anchor, time_ns, judge, rubric, latest_by, outdated)",
)

_WORK: Final = (
    "ALTER TABLE sessions ADD COLUMN work TEXT NOT NULL DEFAULT ''",
    "UPDATE sessions SET work = task_type",
    "DROP INDEX sessions_model",
    "CREATE INDEX sessions_model ON sessions (only_model, work, tokens, cost_usd, api_calls) WHERE only_model <> ''",
)

MIGRATIONS: Final = (_FIRST, _INDEXES, _JUDGED, _OUTDATED, _WORK)
"""Migration n (from 1) is `MIGRATIONS[n - 1]`."""

VERSIONS: Final = "CREATE TABLE IF NOT EXISTS migrations (version BIGINT PRIMARY KEY, applied_ns BIGINT NOT NULL)"

TABLES: Final = (
    "executions",
    "sessions",
    "revisions",
    "predictions",
    "adaptations",
    "policies",
    "reports",
    "calibrations",
    "feedback",
    "annotations",
    "transcripts",
    "runs",
    "run_items",
    "assessments",
    "evaluations",
)
"""All tables that hold history."""
