"""Every Prometheus metric we export, in one table.

Exposition, dashboards, rules and documentation take names, labels and help from here; a test fails on a metric name
written elsewhere. Ratios are 0-1, durations seconds, instants Unix seconds.
"""

from dataclasses import dataclass
from typing import Final, Literal

BUCKETS_S: Final = (0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92)
"""Upper bounds of the duration histograms: those of the OpenTelemetry GenAI conventions."""


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric family.

    Attributes:
        name: as scraped; counters end in `_total`.
        kind: its type in the exposition.
        labels: label names, in order.
        help: one sentence, for the exposition and the documentation.
    """

    name: str
    kind: Literal["gauge", "counter", "histogram"]
    labels: tuple[str, ...]
    help: str


_KEY: Final = ("backend", "model", "task")

BUILD_INFO: Final = Metric("llmq_build_info", "gauge", ("version",), "Always 1; the version is the label.")
SCORE: Final = Metric("llmq_score_ratio", "gauge", _KEY, "Composite quality score over the rolling window.")
BACKEND_SCORE: Final = Metric(
    "llmq_backend_score_ratio", "gauge", ("backend", "task"), 'Composite score over all models; task "all" is over all tasks.'
)
BACKEND_SAMPLES: Final = Metric(
    "llmq_backend_score_samples", "gauge", ("backend", "task"), "Responses in the window of the score over all models."
)
COMPONENT: Final = Metric("llmq_score_component_ratio", "gauge", (*_KEY, "component"), "One component of the score before weighting.")
SAMPLES: Final = Metric("llmq_score_samples", "gauge", _KEY, "Responses in the score window.")
SCORE_LOWER: Final = Metric("llmq_score_lower_ratio", "gauge", _KEY, "Lower end of the score's 95 % interval.")
SCORE_UPPER: Final = Metric("llmq_score_upper_ratio", "gauge", _KEY, "Upper end of the score's 95 % interval.")
REQUESTS: Final = Metric("llmq_requests_total", "counter", (*_KEY, "outcome"), "LLM calls by outcome.")
STOP_REASONS: Final = Metric(
    "llmq_stop_reasons_total", "counter", ("backend", "model", "stop_reason"), "LLM calls by normalised stop class."
)
ERRORS: Final = Metric("llmq_errors_total", "counter", ("backend", "model", "error_type"), "Failed LLM calls by type of error.")
DURATION: Final = Metric("llmq_request_duration_seconds", "histogram", ("backend", "model"), "Duration of LLM calls.")
TTFC: Final = Metric(
    "llmq_time_to_first_chunk_seconds", "histogram", ("backend", "model"), "Time from a request to its first chunk with content."
)
TOKENS: Final = Metric(
    "llmq_tokens_total", "counter", ("backend", "model", "type"), "Tokens by type: input, output, cache_read, cache_write, reasoning."
)
COST: Final = Metric("llmq_cost_usd_total", "counter", ("backend", "model"), "Cost of LLM calls in US dollars, where spans carry it.")
DRIFT_STATE: Final = Metric("llmq_drift_state", "gauge", _KEY, "Drift state: 0 learning, 1 stable, 2 mild, 3 severe.")
SIGNAL_VALUE: Final = Metric("llmq_drift_signal_value", "gauge", (*_KEY, "signal"), "Value of a drift signal over its window.")
SIGNAL_THRESHOLD: Final = Metric("llmq_drift_signal_threshold", "gauge", (*_KEY, "signal"), "Threshold at which the drift signal fires.")
SIGNAL_FIRING: Final = Metric("llmq_drift_signal_firing", "gauge", (*_KEY, "signal"), "1 while the drift signal fires.")
DRIFT_EVENTS: Final = Metric("llmq_drift_events_total", "counter", (*_KEY, "severity"), "Transitions of the drift state into a severity.")
DRIFT_SINCE: Final = Metric("llmq_drift_since_timestamp_seconds", "gauge", _KEY, "Start of the present drift state.")
COVERAGE: Final = Metric("llmq_field_coverage_ratio", "gauge", ("dialect", "field"), "Share of LLM calls whose span carried the field.")
SPANS: Final = Metric("llmq_spans_total", "counter", ("result",), "Spans received: accepted, ignored, duplicate, late, rejected.")
REJECTED: Final = Metric("llmq_rejected_spans_total", "counter", ("reason",), "Spans refused as bad input, by reason.")
OVERFLOW: Final = Metric(
    "llmq_series_overflow_total", "counter", ("label",), "Observations whose label value was over its bound and went to __other__."
)
LAST_SPAN: Final = Metric("llmq_last_span_timestamp_seconds", "gauge", ("backend",), "Event time of the newest span of the backend.")
TOOL_CALLS: Final = Metric("llmq_tool_calls_total", "counter", ("tool", "agent", "outcome"), "Tool executions by outcome.")
TOOL_DURATION: Final = Metric("llmq_tool_duration_seconds", "histogram", ("tool",), "Duration of tool executions.")
SESSIONS: Final = Metric(
    "llmq_sessions_total", "counter", ("task", "grade"), "Sessions by task type and first grade: completed or incomplete."
)
SESSION_REVISIONS: Final = Metric(
    "llmq_session_revisions_total", "counter", (), "Sessions graded again because more of them arrived after their end."
)
SESSION_GRADE: Final = Metric(
    "llmq_session_grade",
    "gauge",
    ("task", "dimension"),
    "Mean grade of the latest sessions of a task type: efficiency and quality 1-5, every other dimension 0-1.",
)
SESSION_STATE: Final = Metric(
    "llmq_session_drift_state", "gauge", ("task",), "Grades of a task type against their own past: 0 learning, 1 stable, 2 mild, 3 severe."
)
EVALUATION_SCORE: Final = Metric(
    "llmq_evaluation_score_ratio",
    "gauge",
    ("axis", "bucket"),
    "Mean of judges' scores over the last 7 days, of each session's latest evaluation by the present versions, by task complexity; bucket"
    ' "all" is not split.',
)
EVALUATION_SESSIONS: Final = Metric(
    "llmq_evaluation_sessions", "gauge", ("axis", "bucket"), "Sessions that the mean of the axis rests on: those to which it applies."
)
FEEDBACK: Final = Metric(
    "llmq_feedback_total", "counter", ("rating",), "Ratings that people gave, up and down; a changed one counts again."
)
EVALUATION_RUNS: Final = Metric(
    "llmq_evaluation_runs_total", "counter", ("state",), "Runs of a judge by how they ended: done, failed, cancelled."
)
JUDGE_INFO: Final = Metric(
    "llmq_judge_info",
    "gauge",
    ("judge", "rubric"),
    "Always 1; the versions of judge and rubric whose evaluations count, where there are any.",
)
JUDGE_TRUST: Final = Metric(
    "llmq_judge_trust_ratio",
    "gauge",
    ("figure",),
    "How far the judge can be trusted, by figure, where enough is known; 0.01 is one point of a score.",
)
JUDGE_TRUST_LOWER: Final = Metric("llmq_judge_trust_lower_ratio", "gauge", ("figure",), "Lower end of the figure's 95 % interval.")
JUDGE_TRUST_UPPER: Final = Metric("llmq_judge_trust_upper_ratio", "gauge", ("figure",), "Upper end of the figure's 95 % interval.")
JUDGE_TRUST_SAMPLES: Final = Metric("llmq_judge_trust_samples", "gauge", ("figure",), "Sessions that the figure rests on.")
PREDICTION_ACCURACY: Final = Metric(
    "llmq_prediction_accuracy_ratio", "gauge", ("agent",), "Share of predictions of the last 7 days that came true."
)
PREDICTION_SAMPLES: Final = Metric("llmq_prediction_samples", "gauge", ("agent",), "Predictions of the last 7 days whose outcome is known.")
LEARNING_VELOCITY: Final = Metric(
    "llmq_learning_velocity_ratio", "gauge", ("agent",), "Tool success rate of the last 3 days minus that of the 3 days before, -1 to 1."
)
ADAPTATIONS: Final = Metric("llmq_adaptations_total", "counter", ("policy",), "Changes that adaptation rules made to a policy.")
DROPPED_FIELDS: Final = Metric(
    "llmq_processor_dropped_fields_total", "counter", ("field",), "Values left out because they were no valid number."
)
DROPPED: Final = Metric(
    "llmq_processor_dropped_total",
    "counter",
    ("what",),
    "What a bound pushed out of memory: executions, sessions, tool uses and names of a session, spans that waited for a session.",
)
CLAMPED: Final = Metric("llmq_processor_clamped_spans_total", "counter", (), "Spans from the future whose time was set to their arrival.")
REFUSED_REQUESTS: Final = Metric(
    "llmq_processor_refused_requests_total", "counter", ("signal", "reason"), "OTLP requests answered with an error."
)
RECEIVED_RECORDS: Final = Metric(
    "llmq_processor_received_records_total", "counter", ("signal",), "Log records and metrics received and set aside."
)
EVALUATION_RECORDS: Final = Metric(
    "llmq_processor_evaluation_records_total",
    "counter",
    ("result",),
    "Evaluations that telemetry brought, repeats included: annotation, feedback, unmatched (of no known session), invalid.",
)
UNHEARD: Final = Metric(
    "llmq_processor_dropped_texts_total", "counter", (), "Spans whose text was not kept because too much text of open sessions was held."
)
MASKED: Final = Metric(
    "llmq_processor_masked_total", "counter", ("kind",), "Secrets and personal data that were masked in text that is kept, by kind."
)
QUEUE_BYTES: Final = Metric("llmq_processor_queue_bytes", "gauge", (), "Bytes of requests that wait to be applied.")
KEYS: Final = Metric("llmq_processor_keys", "gauge", ("window",), "Windows, sessions and spans of no session yet that are held, by kind.")
STORE_UP: Final = Metric("llmq_processor_store_up", "gauge", (), "1 while the store of history can be read and written.")
STORE_SIZE: Final = Metric("llmq_processor_store_bytes", "gauge", (), "Size of the history that is kept.")
STORE_WAITING: Final = Metric(
    "llmq_processor_store_waiting_records", "gauge", (), "Records of history that wait to be kept; a thousand bytes of text count as one."
)
STORE_DROPPED: Final = Metric(
    "llmq_processor_store_dropped_records_total", "counter", (), "Records of history that were not kept because too many waited."
)
STORE_FAILURES: Final = Metric("llmq_processor_store_failures_total", "counter", (), "Attempts to read or write the store that failed.")
STORE_PRUNED: Final = Metric("llmq_processor_store_pruned_rows_total", "counter", (), "Rows of history that retention removed.")
TICK_DURATION: Final = Metric("llmq_processor_tick_duration_seconds", "gauge", (), "Duration of the latest tick that refreshed scores.")
RENDER_DURATION: Final = Metric("llmq_processor_render_duration_seconds", "gauge", (), "Duration of the latest rendering of this page.")
MEMORY: Final = Metric("llmq_processor_resident_memory_bytes", "gauge", (), "Resident memory of the processor.")
CPU: Final = Metric("llmq_processor_cpu_seconds_total", "counter", (), "CPU time of the processor.")
START_TIME: Final = Metric("llmq_processor_start_timestamp_seconds", "gauge", (), "Start of the processor.")

METRICS: Final = tuple(value for value in list(globals().values()) if isinstance(value, Metric))
"""All of them, in the order of this file."""
