"""The specification of the alerts on what agents do: whole sessions, tools, predictions.

Decision: a session that fails and a tool that fails are compared with the day that ended a day ago, because what is normal differs: of
one kind of task a third is completed, of another nearly all, and a shell tool fails often in good health. A difference counts
when it is larger than chance explains (three standard errors), so few sessions need a great fall and many a small one. Not with the
day just past: it fills with what is bad, and the alert would end while the tool is still broken.
"""

from otel_quality.vocabulary import metrics
from otel_quality.vocabulary.measures import DRIFT_STATES
from prometheus.alert import Alert
from prometheus.expressions import by, failed_tools, incomplete_sessions
from prometheus.settings import Settings, duration


def sessions(settings: Settings) -> tuple[Alert, ...]:
    """Alerts on whole sessions, by task type."""
    share, window, ago = incomplete_sessions(settings), duration(settings.session_window_s), duration(settings.past_ago_s)
    enough = f"{share.count.name} >= {settings.session_min}"
    worse = f"{share.ratio.name} > {share.past.name} + {settings.completion_fall:g} and {share.rise.name} > {settings.rise_errors:g}"
    state = by("max", ("task",), metrics.SESSION_STATE.name)
    looping = by("max", ("task",), f'{metrics.SESSION_GRADE.name}{{dimension="loop_risk"}}')
    return (
        Alert(
            name="LLMQCompletionFalling",
            severity="warning",
            expr=f"1 - ({worse} and {enough})",
            labels=("task",),
            board="llmq-sessions",
            for_s=settings.completion_for_s,
            keep_s=settings.agents_keep_s,
            summary="Fewer sessions are completed than before.",
            description=(
                f"{{{{ $value | humanizePercentage }}}} of the {{{{ $labels.task }}}} sessions within {window} were completed, "
                f"clearly fewer than {ago} earlier."
            ),
            when=(
                f"the completed share of a task type within {window} is more than {settings.completion_fall:g} below that of {ago} "
                f"earlier, by more than chance explains, with {settings.session_min} sessions or more"
            ),
        ),
        Alert(
            name="LLMQGradesFalling",
            severity="warning",
            expr=f"{state} == {DRIFT_STATES.index('severe')}",
            labels=("task",),
            board="llmq-sessions",
            for_s=settings.grades_for_s,
            keep_s=settings.agents_keep_s,
            summary="Sessions are graded worse than before.",
            description=(
                "The median grade of the latest {{ $labels.task }} sessions fell clearly below that of the sessions before them: "
                "`otel-quality sessions summary` says by how much, and what fails."
            ),
            when="the grades of a task type fell against its own past: their drift state is severe",
        ),
        Alert(
            name="LLMQLoopRisk",
            severity="warning",
            expr=f"{looping} > {settings.loop_ratio:g} and {enough}",
            labels=("task",),
            board="llmq-sessions",
            for_s=settings.loop_for_s,
            keep_s=settings.agents_keep_s,
            summary="Many sessions run in circles.",
            description=(
                "{{ $value | humanizePercentage }} of the latest {{ $labels.task }} sessions had five errors in a row or more than "
                "fifty tool calls."
            ),
            when=(
                f"the share of sessions of a task type at risk of a loop is above {settings.loop_ratio:g}, "
                f"with {settings.session_min} sessions or more within {window}"
            ),
        ),
    )


def tools(settings: Settings) -> tuple[Alert, ...]:
    """Alerts on tools, and on what is foretold of them."""
    share, window, ago = failed_tools(settings), duration(settings.tool_window_s), duration(settings.past_ago_s)
    failing = f"{share.ratio.name} > {settings.tool_error_ratio:g} and {share.count.name} >= {settings.tool_min_calls}"
    usual = f"{share.rise.name} <= {settings.rise_errors:g} and {share.past_count.name} >= {settings.tool_min_calls}"
    accuracy, samples = (by("min", ("agent",), each.name) for each in (metrics.PREDICTION_ACCURACY, metrics.PREDICTION_SAMPLES))
    return (
        Alert(
            name="LLMQToolBroken",
            severity="warning",
            expr=f"{failing} unless ({usual})",
            labels=("tool",),
            board="llmq-tools",
            for_s=settings.tool_for_s,
            keep_s=settings.agents_keep_s,
            summary="A tool of the agents fails.",
            description=(
                f"{{{{ $value | humanizePercentage }}}} of the executions of {{{{ $labels.tool }}}} within {window} ended in an error or a "
                f"timeout, clearly more than {ago} earlier."
            ),
            when=(
                f"the failed share of a tool's executions within {window} is above {settings.tool_error_ratio:g} and above that of "
                f"{ago} earlier by more than chance explains, with {settings.tool_min_calls} executions or more"
            ),
        ),
        Alert(
            name="LLMQPredictionsWrong",
            severity="warning",
            expr=f"{accuracy} < {settings.accuracy_floor:g} and {samples} >= {settings.accuracy_min_samples}",
            labels=("agent",),
            board="llmq-tools",
            for_s=settings.accuracy_for_s,
            keep_s=settings.agents_keep_s,
            summary="Predictions of tool success come true too rarely.",
            description=(
                "Only {{ $value | humanizePercentage }} of the predictions for {{ $labels.agent }} within the last 7 days came true; "
                f"the floor is {settings.accuracy_floor * 100:g}%."
            ),
            when=(
                f"the share of right predictions for an agent within 7 days is below {settings.accuracy_floor:g}, "
                f"with {settings.accuracy_min_samples} or more whose outcome is known"
            ),
        ),
    )
