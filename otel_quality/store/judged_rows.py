"""Records of judged quality to rows and back. What experts said and what sessions said travels as compressed JSON."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from pydantic import TypeAdapter

from otel_quality.core.evaluations.overview import Mean, Overview, OverviewFilter, WeekMeans
from otel_quality.core.evaluations.record import (
    Annotation,
    Assessment,
    Evaluation,
    Feedback,
    Item,
    Run,
    Scores,
    Spent,
    Transcript,
    Versions,
    Wish,
)
from otel_quality.core.evaluations.trust import Pair
from otel_quality.core.reports import weeks
from otel_quality.core.sessions.transcript import digest
from otel_quality.store.database import Row, Values
from otel_quality.store.rows import clean, cleaned, from_filter, number, packed, real, to_session, truth, unpacked
from otel_quality.vocabulary.axes import AXES, Axis, ItemState, Status, bucket_of

_TRANSCRIPT: Final = TypeAdapter(Transcript)
_ASSESSMENT: Final = TypeAdapter(Assessment)
_ANNOTATION: Final = (
    "session",
    "name",
    "time_ns",
    "value",
    "label",
    "explanation",
    "author",
    "trace_id",
    "span_id",
    "response_id",
    "error",
)


def from_feedback(feedback: Feedback) -> dict[str, Any]:
    return cleaned(
        {
            "session": feedback.session,
            "message_index": feedback.message_index,
            "rating": feedback.rating,
            "time_ns": feedback.time_ns,
            "author": feedback.author,
            "comment": feedback.comment,
            "source": feedback.source,
        }
    )


def from_annotation(annotation: Annotation) -> Values:
    return cleaned({name: getattr(annotation, name) for name in _ANNOTATION})


def from_transcript(transcript: Transcript) -> dict[str, Any]:
    last = max((line.message for line in transcript.lines), default=-1)
    return {"messages": last + 1, "digest": digest(transcript), "document": packed(_TRANSCRIPT, transcript)}


def to_transcript(document: bytes) -> Transcript:
    return unpacked(_TRANSCRIPT, document)


def _from_spent(spent: Spent) -> dict[str, Any]:
    return {
        "calls": spent.calls,
        "input_tokens": spent.input_tokens,
        "output_tokens": spent.output_tokens,
        "cost_usd": float(spent.cost_usd),
    }


def to_spent(row: Row) -> Spent:
    calls, input_tokens, output_tokens, cost_usd = row
    return Spent(int(calls or 0), int(input_tokens or 0), int(output_tokens or 0), float(cost_usd or 0))


def from_run(run: Run) -> Values:
    wish = run.wish
    asked = {"scope": wish.scope, "session": wish.session, "since_ns": wish.since_ns, "sessions": wish.limit}
    judge = {"backend": wish.backend, "model": wish.model, "judge": run.versions.judge, "rubric": run.versions.rubric}
    stands = {"state": run.state, "created_ns": run.created_ns, "ended_ns": run.ended_ns, "error": run.error, "note": run.note}
    return cleaned({"id": run.id, **asked, **judge, **stands, **_from_spent(run.spent)})


def to_run(row: Row, counts: Mapping[ItemState, int]) -> Run:
    name, scope, session, since_ns, sessions, backend, model, judge, rubric, state, created_ns, ended_ns, *spent, error, note = row
    wish = Wish(scope, session, since_ns, sessions, backend, model)
    return Run(name, wish, Versions(judge, rubric), state, created_ns, ended_ns, dict(counts), to_spent(tuple(spent)), error, note)


def from_item(run_id: str, item: Item) -> dict[str, Any]:
    return cleaned(
        {
            "run": run_id,
            "session": item.session,
            "state": item.state,
            "error": item.error,
            "mean": item.mean,
            "anchor": number(item.anchor),
        }
    )


def to_item(row: Row) -> Item:
    session, state, error, mean, anchor = row
    return Item(session, state, error, mean, bool(anchor))


def from_assessment(run_id: str, session: str, assessment: Assessment, *, now_ns: int) -> Values:
    said = Assessment(clean(assessment.expert), assessment.scores, assessment.comment, assessment.refused)
    return from_spent(run_id, session, assessment.expert, assessment.spent, now_ns=now_ns) | {"document": packed(_ASSESSMENT, said)}


def from_spent(run_id: str, session: str, expert: str, spent: Spent, *, now_ns: int) -> dict[str, Any]:
    """Values of `ADD_ASSESSMENT` where nothing was said."""
    return cleaned({"run": run_id, "session": session, "expert": expert, "now": now_ns, "document": None, **_from_spent(spent)})


def to_assessment(row: Row) -> Assessment:
    document, *spent = row
    said = unpacked(_ASSESSMENT, document)
    return Assessment(said.expert, said.scores, said.comment, said.refused, to_spent(tuple(spent)))


def _from_scores(scores: Scores) -> dict[str, float | None]:
    return {axis: real(scores.get(axis)) for axis in AXES}


def _to_scores(values: Sequence[Any]) -> dict[Axis, float | None]:
    return dict(zip(AXES, map(real, values), strict=True))


def mean_of(scores: Scores) -> float | None:
    """Over the axes that apply.

    >>> mean_of({"efficiency": 50, "communication": 100, "self_extension": None})
    75.0
    """
    told = [score for score in scores.values() if score is not None]
    return sum(told) / len(told) if told else None


def from_evaluation(evaluation: Evaluation) -> Values:
    complexity = evaluation.scores.get("task_complexity")
    return cleaned(
        {
            "run": evaluation.run,
            "session": evaluation.session,
            "time_ns": evaluation.time_ns,
            "week_ns": weeks.bounds_ns(weeks.week_of(evaluation.time_ns))[0],
            "judge": evaluation.versions.judge,
            "rubric": evaluation.versions.rubric,
            "backend": evaluation.backend,
            "model": evaluation.model,
            "experts": json.dumps([clean(each.expert) for each in evaluation.experts]),
            "masked": json.dumps(dict(evaluation.masked)),
            "anchor": number(evaluation.anchor),
            "digest": evaluation.digest,
            "bucket": "" if complexity is None else bucket_of(complexity),
            **_from_scores(evaluation.scores),
        }
    )


def to_evaluation(row: Row, said: Mapping[str, Assessment]) -> Evaluation:
    """
    Args:
        said: what each expert said.
    """
    run, session, time_ns, judge, rubric, backend, model, experts, masked, anchor, judged, *scores, outdated = row
    return Evaluation(
        run,
        session,
        time_ns,
        Versions(judge, rubric),
        backend,
        model,
        _to_scores(scores),
        tuple(said[name] for name in json.loads(experts) if name in said),
        json.loads(masked),
        bool(anchor),
        judged,
        bool(outdated),
    )


def from_overview_filter(wanted: OverviewFilter, versions: Versions | None) -> dict[str, Any]:
    return from_filter(wanted) | {"status": wanted.status, **from_versions(versions)}


def from_versions(versions: Versions | None) -> dict[str, Any]:
    """Where there are none, nothing is by them: a judge's version is never empty."""
    return cleaned({"judge": versions.judge if versions else "", "rubric": versions.rubric if versions else ""})


def to_overview(row: Row, versions: Versions | None) -> Overview:
    messages, likes, dislikes, judge, rubric, has_transcript, evaluated_ns, *rest = row
    status: Status = "stale" if judge else "pending"
    if versions is not None and (judge, rubric) == (versions.judge, versions.rubric):
        status = "evaluated"
    return Overview(
        kept=to_session(tuple(rest[len(AXES) :])),
        messages=int(messages),
        likes=int(likes),
        dislikes=int(dislikes),
        status=status,
        scores=None if evaluated_ns is None else _to_scores(rest[: len(AXES)]),
        evaluated_ns=evaluated_ns or 0,
        has_transcript=bool(has_transcript),
    )


def to_week_means(row: Row) -> WeekMeans:
    start_ns, bucket, sessions, *means = row
    pairs = zip(means[::2], means[1::2], strict=True)
    by_axis = {axis: Mean(real(value), int(samples)) for axis, (value, samples) in zip(AXES, pairs, strict=True)}
    return WeekMeans(weeks.week_of(start_ns), int(start_ns), bucket, int(sessions), by_axis)


def to_pair(row: Row) -> Pair:
    session, likes, dislikes, completed, *scores = row
    return Pair(session, _to_scores(scores), int(likes), int(dislikes), truth(completed))
