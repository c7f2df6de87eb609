"""The specification of the alerts on judged quality: what judges say of sessions, and whether they can be believed.

Decision: a fall counts when it is larger than chance explains though scores had the widest spread that their mean allows, since how far
they spread is not exported. Judges' scores spread about two thirds as far, so two of these standard errors are three real ones. And it
counts only where judge and rubric are those of a week ago: another judge is no change of quality.

Decision: a judge that shifted is told for a week and not for ever, because what it was compared with, the first scores of the reference
sessions, stays: until then somebody has looked, and from then on the weeks that are compared are judged alike.
"""

from typing import Final

from otel_quality.vocabulary import metrics
from otel_quality.vocabulary.metrics import Metric
from prometheus.alert import Alert
from prometheus.expressions import by, judged_week, risen
from prometheus.settings import Settings, duration

BOARD: Final = "llmq-evaluations"
_AGREEMENT: Final = '{figure=~"feedback_agreement|outcome_agreement"}'
_SHIFT: Final = '{figure="judge_shift"}'


def evaluations(settings: Settings) -> tuple[Alert, ...]:
    """All of them."""
    return (_falling(settings), _disagrees(settings), _shifted(settings), _failed(settings))


def _falling(settings: Settings) -> Alert:
    week, ago = judged_week(settings), duration(settings.evaluation_ago_s)
    mean, past = week.mean.name, week.past.name
    fallen = f"{mean} < {past} - {settings.evaluation_fall:g} and {mean} < {past} - {settings.evaluation_errors:g} * {week.error.name}"
    enough = " and ".join(f"{each.name} >= {settings.evaluation_min_sessions}" for each in (week.sessions, week.past_sessions))
    version = by("max", ("judge", "rubric"), metrics.JUDGE_INFO.name)
    before = by("max", ("judge", "rubric"), f"{metrics.JUDGE_INFO.name} offset {ago}")
    return Alert(
        name="LLMQGoalCompletionFalling",
        severity="warning",
        expr=f"min({fallen} and {enough} unless on () ({version} unless {before}))",
        board=BOARD,
        for_s=settings.evaluation_for_s,
        keep_s=settings.agents_keep_s,
        summary="Judges see sessions reach their goal less than before.",
        description=(
            "The mean goal completion of the sessions judged within 7 days is {{ $value | humanizePercentage }}, "
            f"clearly less than {ago} earlier, by the same judge and rubric."
        ),
        when=(
            f"the mean goal completion of 7 days is more than {settings.evaluation_fall:g} below that of {ago} earlier, by more than "
            f"chance explains, with {settings.evaluation_min_sessions} sessions or more each time, and the judge is the same"
        ),
    )


def _disagrees(settings: Settings) -> Alert:
    upper, samples = (
        by("max", ("figure",), f"{each.name}{_AGREEMENT}") for each in (metrics.JUDGE_TRUST_UPPER, metrics.JUDGE_TRUST_SAMPLES)
    )
    return Alert(
        name="LLMQJudgeDisagrees",
        severity="warning",
        expr=f"{upper} < {settings.judge_agreement:g} and {samples} >= {settings.judge_min_samples}",
        labels=("figure",),
        board=BOARD,
        for_s=settings.judge_for_s,
        keep_s=settings.agents_keep_s,
        summary="The judge and people disagree.",
        description=(
            "By {{ $labels.figure }} the judge says what is known of a session in at most {{ $value | humanizePercentage }} of the cases "
            "(upper end of the 95% interval): its scores are not to be trusted as they are."
        ),
        when=(
            "the share of sessions of which the judge says what people or outcomes say is below "
            f"{settings.judge_agreement:g} up to the upper end of its interval, with {settings.judge_min_samples} such sessions or more"
        ),
    )


def _shifted(settings: Settings) -> Alert:
    told = duration(settings.judge_shift_told_s)

    def read(aggregate: str, metric: Metric, ago: str) -> str:
        return f"{aggregate}({metric.name}{_SHIFT}{ago})"

    def shifted(ago: str) -> str:
        low, high = read("min", metrics.JUDGE_TRUST_LOWER, ago), read("max", metrics.JUDGE_TRUST_UPPER, ago)
        return f"(({low} > 0 and {high} > {settings.judge_shift:g}) or ({high} < 0 and {low} < -{settings.judge_shift:g}))"

    return Alert(
        name="LLMQJudgeShifted",
        severity="warning",
        expr=f"100 * {read('max', metrics.JUDGE_TRUST, '')} and {shifted('')} unless {shifted(f' offset {told}')}",
        board=BOARD,
        for_s=settings.judge_for_s,
        keep_s=settings.agents_keep_s,
        summary="The judge itself has shifted.",
        description=(
            'The judge scores the reference sessions by {{ $value | printf "%+.1f" }} points against the first time, though they are the '
            "same: a change of the weekly means since then is the judge's, not the sessions'."
        ),
        when=(
            "all of the interval of the judge's shift on the reference sessions is on one side of 0, some of it beyond "
            f"{100 * settings.judge_shift:g} points, and was not {told} ago"
        ),
    )


def _failed(settings: Settings) -> Alert:
    told = duration(settings.run_failed_s)
    failed = risen(metrics.EVALUATION_RUNS, told, '{state="failed"}')
    return Alert(
        name="LLMQEvaluationRunFailed",
        severity="warning",
        expr=f"sum({failed}) > 0",
        board=BOARD,
        summary="A run of the judge failed.",
        description=(
            f'{{{{ $value | printf "%.0f" }}}} of the judge\'s runs failed within {told}: `otel-quality eval runs` says why. The sessions '
            "that were left are judged by the next run."
        ),
        when=f"a run of the judge failed within {told}",
    )
