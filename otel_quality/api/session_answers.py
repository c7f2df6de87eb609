"""From sessions as they are kept to the API's answers. No HTTP, no clock; every function is pure."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from otel_quality.api import evaluation_answers
from otel_quality.api import session_schema as schema
from otel_quality.api.answers import rfc3339
from otel_quality.api.judged import Detail
from otel_quality.core.evaluations.overview import Overview
from otel_quality.core.history import KeptSession, Override, Revision
from otel_quality.core.reports.course import course
from otel_quality.core.sessions.record import Grade, SessionRecord
from otel_quality.core.tools.ingest import timed


def listed(overview: Overview) -> schema.Session:
    """A session in a list."""
    return schema.Session.model_validate(_session(overview.kept) | evaluation_answers.said(overview))


def detailed(detail: Detail, revisions: Sequence[Revision]) -> schema.SessionDetail:
    """A session with everything that is known of it."""
    kept = detail.overview.kept
    record = kept.record
    known: dict[str, Any] = {
        "backends": record.backends,
        "failed_api_calls": record.failed_api_calls,
        "error_types": _counted(record.error_types),
        "failing_tools": _counted(record.failing_tools),
        "course": _course(record),
        "machine_grade": None if kept.grade is None else _grade(kept.grade),
        "override": None if kept.override is None else _override(kept.override),
        "revisions": [
            {"revision": each.revision, "time": rfc3339(each.graded_ns), "source": each.source, "grade": _grade(each.grade)}
            for each in revisions
        ],
        "feedback": [evaluation_answers.feedback(each) for each in detail.feedback],
        "evaluations": [evaluation_answers.evaluation(each, detail.versions) for each in detail.evaluations],
        "annotations": [evaluation_answers.annotation(each) for each in detail.annotations],
    }
    return schema.SessionDetail.model_validate(_session(kept) | evaluation_answers.said(detail.overview) | known)


def _session(kept: KeptSession) -> dict[str, Any]:
    record, grade = kept.record, kept.effective
    return {
        "id": record.id,
        "name": kept.meta.name,
        "profile": kept.meta.profile,
        "pinned": kept.meta.pinned,
        "platform": record.platform,
        "agents": record.agents,
        "models": record.models,
        "task": record.task,
        "task_type": record.task_type,
        "start": _time(record.start_ns),
        "end": _time(record.end_ns),
        "active": rfc3339(kept.active_ns),
        "duration_s": (record.end_ns - record.start_ns) / 1e9 if record.start_ns and record.end_ns else None,
        "api_calls": record.api_calls,
        "tool_calls": record.tool_calls,
        "errors": record.tool_errors + record.failed_api_calls,
        "input_tokens": record.input_tokens,
        "output_tokens": record.output_tokens,
        "cost_usd": record.cost_usd,
        "ended": record.ended,
        "sources": kept.sources,
        "grade": None if grade is None else _grade(grade),
        "overridden": kept.override is not None,
        "success": kept.completed,
    }


def _course(record: SessionRecord) -> list[Mapping[str, Any]]:
    """The executions that are kept, numbered among all there were."""
    first = max(record.tool_calls - len(record.tool_uses), 0) + 1

    return [
        {
            "number": number,
            "tool": stage.use.tool,
            "agent": stage.use.agent,
            "params_hash": stage.use.params_hash,
            "time": rfc3339(stage.use.end_ns) if timed(record, stage.use) else None,
            "latency_ms": stage.use.latency_ns / 1e6 if stage.use.latency_ns >= 0 else None,
            "error": stage.use.error,
            "mark": stage.mark,
        }
        for number, stage in enumerate(course(record.tool_uses), start=first)
    ]


def _grade(grade: Grade) -> dict[str, Any]:
    return asdict(grade)


def _override(said: Override) -> dict[str, Any]:
    return asdict(said) | {"time": rfc3339(said.time_ns)}


def _counted(counts: Sequence[tuple[str, int]]) -> list[dict[str, Any]]:
    return [{"name": name, "count": count} for name, count in counts]


def _time(time_ns: int) -> str | None:
    return rfc3339(time_ns) if time_ns else None
