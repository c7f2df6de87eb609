"""The specification of every alert: the one place, with `agents` and `evaluations`, where an alert is thought out.

Rule file, Grafana twin, documentation table and the test that each has a runbook all read it. It renders nothing.

Expressions aggregate to exactly the labels an alert shows, so several processors or a new scrape label never add one.
Whether answers drift is the processor's judgement; the rules on top only ask for its verdict.

Decision: no annotation asks Prometheus for more (`query` in a template), because Grafana's templates cannot; the board that
every alert links to shows the rest.
"""

from typing import Final

from otel_quality.vocabulary import metrics
from otel_quality.vocabulary.alerts import BACKEND_DRIFTING
from otel_quality.vocabulary.measures import ALL, DRIFT_STATES
from prometheus import agents
from prometheus.alert import Alert
from prometheus.evaluations import evaluations
from prometheus.expressions import by, recordings, risen
from prometheus.settings import Settings, duration

PROCESSOR_JOB: Final = "llmq-processor"
COLLECTOR_JOB: Final = "otel-collector"


def alerts(settings: Settings) -> tuple[Alert, ...]:
    """All of them, in the order people read them."""
    collector = _collector(settings) if settings.collector else ()
    return (
        *_drift(settings),
        *_quality(settings),
        *agents.sessions(settings),
        *agents.tools(settings),
        *evaluations(settings),
        *_silence(settings),
        *_processor(settings),
        *collector,
        *_intake(settings),
    )


def _drift(settings: Settings) -> tuple[Alert, ...]:
    where = "{{ $labels.model }} at {{ $labels.backend }} ({{ $labels.task }})"
    summary, description = BACKEND_DRIFTING.filled({label: f"{{{{ $labels.{label} }}}}" for label in BACKEND_DRIFTING.labels})
    state = by("max", BACKEND_DRIFTING.labels, metrics.DRIFT_STATE.name)
    mild, severe = DRIFT_STATES.index("mild"), DRIFT_STATES.index("severe")
    return (
        Alert(
            name=BACKEND_DRIFTING.name,
            severity="page",
            expr=f"{state} == {severe}",
            labels=BACKEND_DRIFTING.labels,
            board="llmq-drift",
            for_s=settings.drift_for_s,
            keep_s=settings.drift_keep_s,
            summary=summary,
            description=description,
            when="the drift state is severe",
        ),
        Alert(
            name=BACKEND_DRIFTING.name,
            severity="info",
            expr=f"{state} == {mild}",
            labels=BACKEND_DRIFTING.labels,
            board="llmq-drift",
            for_s=settings.mild_for_s,
            summary="An LLM backend drifts mildly.",
            description=f"One mild drift signal of {where} has been firing for {duration(settings.mild_for_s)}; a second one would page.",
            when="the drift state is mild",
        ),
    )


def _quality(settings: Settings) -> tuple[Alert, ...]:
    requests, failed = recordings(settings)
    score, samples = f'{metrics.BACKEND_SCORE.name}{{task!="{ALL}"}}', metrics.BACKEND_SAMPLES.name
    return (
        Alert(
            name="LLMQScoreLow",
            severity="warning",
            expr=by("min", ("backend", "task"), f"{score} < {settings.score_floor:g} and {samples} >= {settings.score_min_samples}"),
            labels=("backend", "task"),
            board="llmq-backend",
            for_s=settings.score_for_s,
            summary="An LLM backend scores low at a task.",
            description=(
                "{{ $labels.backend }} scores {{ $value | humanizePercentage }} at {{ $labels.task }}; "
                f"the floor is {settings.score_floor * 100:g}%."
            ),
            when=f"the score of a backend at a task is below {settings.score_floor:g}, with {settings.score_min_samples} samples or more",
        ),
        Alert(
            name="LLMQErrorRatioHigh",
            severity="warning",
            expr=f"{failed.name} > {settings.error_ratio:g} and {requests.name} >= {settings.error_min_requests}",
            labels=("backend", "model"),
            board="llmq-backend",
            for_s=settings.error_for_s,
            summary="Many calls to an LLM backend fail.",
            description=(
                "{{ $value | humanizePercentage }} of the calls to {{ $labels.model }} at {{ $labels.backend }} "
                f"ended in an error or a timeout within {duration(settings.error_window_s)}."
            ),
            when=(
                f"the share of errors and timeouts within {duration(settings.error_window_s)} is above {settings.error_ratio:g}, "
                f"with {settings.error_min_requests} requests or more"
            ),
        ),
    )


def _silence(settings: Settings) -> tuple[Alert, ...]:
    """Opt-in: whether silence is a fault depends on the traffic, so a floor of requests per day turns it on."""
    if not settings.no_spans_min_requests:
        return ()
    after = duration(settings.no_spans_after_s)
    silent = f"time() - {by('max', ('backend',), metrics.LAST_SPAN.name)} > {settings.no_spans_after_s:g}"
    used = f"{by('sum', ('backend',), f'increase({metrics.REQUESTS.name}[1d])')} >= {settings.no_spans_min_requests}"
    return (
        Alert(
            name="LLMQNoSpans",
            severity="warning",
            expr=f"{silent} and {used}",
            labels=("backend",),
            board="llmq-backend",
            summary="An LLM backend that had traffic is silent.",
            description="The newest span of {{ $labels.backend }} is {{ $value | humanizeDuration }} old.",
            when=f"a backend with {settings.no_spans_min_requests} requests or more within a day has sent no span for {after}",
        ),
    )


def _down(job: str) -> str:
    """1 series where a target of the job is down or the job has none; without labels, also for several targets."""
    return f'min(up{{job="{job}"}} or on () vector(0)) == 0'


def _processor(settings: Settings) -> tuple[Alert, ...]:
    return (
        Alert(
            name="LLMQProcessorDown",
            severity="page",
            expr=_down(PROCESSOR_JOB),
            for_s=settings.down_for_s,
            summary="The otel_quality processor is down.",
            description="Prometheus cannot scrape the processor: scores and drift verdicts are not being updated.",
            when="the processor's target is absent or down",
        ),
    )


def _collector(settings: Settings) -> tuple[Alert, ...]:
    return (
        Alert(
            name="LLMQCollectorDown",
            severity="warning",
            expr=_down(COLLECTOR_JOB),
            for_s=settings.down_for_s,
            summary="The OpenTelemetry Collector is down.",
            description="Prometheus cannot scrape the Collector: spans that applications send may not arrive.",
            when="the Collector's target is absent or down",
        ),
    )


def _intake(settings: Settings) -> tuple[Alert, ...]:
    recent = duration(settings.recent_s)
    return (
        Alert(
            name="LLMQSpansRejected",
            severity="warning",
            expr=f"{by('sum', ('reason',), risen(metrics.REJECTED, recent))} > 0",
            labels=("reason",),
            summary="The processor rejects spans.",
            description=(
                f'About {{{{ $value | printf "%.0f" }}}} spans were rejected within {recent}, reason: {{{{ $labels.reason }}}}. '
                "They count in no score."
            ),
            when=f"a span was rejected within {recent}",
        ),
        Alert(
            name="LLMQSeriesOverflow",
            severity="warning",
            expr=f"{by('sum', ('label',), risen(metrics.OVERFLOW, recent))} > 0",
            labels=("label",),
            summary="More label values arrive than are kept apart.",
            description=(
                f'About {{{{ $value | printf "%.0f" }}}} observations within {recent} had a {{{{ $labels.label }}}} over the bound; '
                "they are counted together under __other__."
            ),
            when=f"a label value over its bound arrived within {recent}",
        ),
        Alert(
            name="LLMQWatchdog",
            severity="info",
            expr="vector(1)",
            summary="Alerting works.",
            description="This alert always fires; when it stops arriving, Prometheus or Alertmanager has stopped.",
            when="always",
        ),
    )
