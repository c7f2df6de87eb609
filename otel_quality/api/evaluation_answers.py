"""From judged quality as it is kept to the API's answers. No HTTP, no clock; every function is pure."""

from dataclasses import asdict
from typing import Any

from otel_quality.api import evaluation_schema as schema
from otel_quality.api import judged
from otel_quality.api.answers import rfc3339
from otel_quality.core.evaluations.overview import Overview, Ratings, WeekMeans
from otel_quality.core.evaluations.record import Annotation, Assessment, Estimate, Evaluation, Feedback, Item, Run, Scores, Versions
from otel_quality.core.evaluations.trust import FIGURES, Drift, Figure
from otel_quality.core.reports.weeks import week_of
from otel_quality.judge import combining
from otel_quality.vocabulary.axes import AXES, ITEM_STATES


def feedback(said: Feedback) -> schema.Feedback:
    """What one person said."""
    return schema.Feedback.model_validate(
        {
            "session_id": said.session,
            "message_index": said.message_index,
            "rating": said.rating,
            "author": said.author,
            "comment": said.comment,
            "source": said.source,
            "time": rfc3339(said.time_ns),
        }
    )


def evaluation(made: Evaluation, current: Versions | None) -> schema.Evaluation:
    """One evaluation; it is stale where its versions are not the current ones, or the session has gone on since."""
    return schema.Evaluation(
        run=made.run,
        time=rfc3339(made.time_ns),
        judge_version=made.versions.judge,
        rubric_version=made.versions.rubric,
        status="evaluated" if made.versions == current and not made.outdated else "stale",
        backend=made.backend,
        model=made.model,
        scores=_scores(made.scores),
        experts=[_assessment(each) for each in made.experts],
        masked=dict(made.masked),
        notes=list(combining.outliers(made.experts)),
    )


def annotation(told: Annotation) -> schema.Annotation:
    """What somebody else's telemetry said."""
    return schema.Annotation.model_validate(asdict(told) | {"time": rfc3339(told.time_ns)})


def said(overview: Overview) -> dict[str, Any]:
    """The fields of `schema.Said`."""
    return {
        "messages": overview.messages or overview.kept.record.api_calls,
        "likes": overview.likes,
        "dislikes": overview.dislikes,
        "status": overview.status,
        "scores": None if overview.scores is None else _scores(overview.scores),
        "evaluated": rfc3339(overview.evaluated_ns) if overview.evaluated_ns else None,
        "has_transcript": overview.has_transcript,
    }


def judge(who: judged.Judge) -> dict[str, Any]:
    """The fields of `schema.Judge`."""
    versions = who.versions
    return {
        "configured": who.configured,
        "judge_version": versions.judge if versions else None,
        "rubric_version": versions.rubric if versions else None,
    }


def run(made: Run) -> schema.Run:
    """One run as it stands."""
    return schema.Run.model_validate(_run(made))


def run_detail(made: Run, items: list[Item]) -> schema.RunDetail:
    """One run with its sessions."""
    sessions = [asdict(each) | {"session_id": each.session} for each in items]
    return schema.RunDetail.model_validate(_run(made) | {"sessions": sessions})


def estimate(made: Estimate) -> schema.Estimate:
    """What a run would take."""
    return schema.Estimate(
        dry_run=True,
        scope=made.wish.scope,
        sessions=made.sessions,
        anchors=made.anchors,
        backend=made.wish.backend,
        model=made.wish.model,
        judge_version=made.versions.judge,
        rubric_version=made.versions.rubric,
        spent=schema.Spent.model_validate(asdict(made.spent)),
        left_tokens=made.left_tokens,
        left_usd=made.left_usd,
        note=made.note,
    )


def week(means: WeekMeans) -> schema.Week:
    """One week, in one bucket of complexity."""
    return schema.Week(
        week=means.week,
        start=rfc3339(means.start_ns),
        bucket=means.bucket,
        sessions=means.sessions,
        axes={axis: schema.Mean(mean=each.value, samples=each.samples) for axis in AXES if (each := means.means.get(axis)) is not None},
    )


def ratings(counted: Ratings) -> schema.Ratings:
    """Feedback of one week."""
    return schema.Ratings(week=week_of(counted.start_ns), start=rfc3339(counted.start_ns), up=counted.up, down=counted.down)


def stats(found: judged.Stats, *, days: int) -> schema.Stats:
    """Trends."""
    return schema.Stats(
        **judge(found.judge), days=days, weeks=[week(each) for each in found.weeks], feedback=[ratings(each) for each in found.ratings]
    )


def trust(found: judged.Trust) -> schema.Trust:
    """How far the judge can be trusted."""
    return schema.Trust(
        **judge(found.judge), figures=[_figure(each) for each in found.figures], drifts=[_drift(each) for each in found.drifts]
    )


def _figure(figure: Figure) -> schema.Figure:
    return schema.Figure.model_validate(asdict(figure) | {"about": FIGURES.get(figure.name, "")})


def _drift(drift: Drift) -> schema.Drift:
    return schema.Drift(
        judge_version=drift.versions.judge,
        rubric_version=drift.versions.rubric,
        reference=drift.reference,
        verdict=drift.verdict,
        shift=_figure(drift.shift),
    )


def _run(made: Run) -> dict[str, Any]:
    wish = made.wish
    return {
        "id": made.id,
        "status": made.state,
        "scope": wish.scope,
        "session_id": wish.session or None,
        "since": rfc3339(wish.since_ns) if wish.since_ns else None,
        "limit": wish.limit,
        "backend": wish.backend,
        "model": wish.model,
        "judge_version": made.versions.judge,
        "rubric_version": made.versions.rubric,
        "created": rfc3339(made.created_ns),
        "ended": rfc3339(made.ended_ns) if made.ended_ns else None,
        "counts": {state: made.counts.get(state, 0) for state in ITEM_STATES},
        "spent": asdict(made.spent),
        "error": made.error,
        "note": made.note,
    }


def _assessment(made: Assessment) -> schema.Assessment:
    return schema.Assessment(
        expert=made.expert,
        scores=_scores(made.scores),
        comment=made.comment,
        refused=made.refused,
        spent=schema.Spent.model_validate(asdict(made.spent)),
    )


def _scores(scores: Scores) -> dict[Any, float | None]:
    """Every axis in order, null where nothing is told, so that readers need not ask whether one is there."""
    return {axis: scores.get(axis) for axis in AXES}
