"""The store, over any `Database`: one set of statements for SQLite and PostgreSQL."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict
from typing import Any, Final, Literal

from otel_quality.core.history import (
    ErrorGroup,
    Failures,
    GradeSummary,
    KeptSession,
    Meta,
    Override,
    RecentGrades,
    Report,
    Revision,
    SessionFilter,
)
from otel_quality.core.sessions.record import Grade, SessionRecord
from otel_quality.core.tools.execution import Execution
from otel_quality.core.tools.knowledge import (
    Adaptation,
    AgentPerformance,
    Bin,
    Effect,
    ModelPerformance,
    Pattern,
    Policy,
    Prediction,
    Tally,
)
from otel_quality.core.tools.predict import MIN_SAMPLES
from otel_quality.store import retention, rows
from otel_quality.store import statements as sql
from otel_quality.store.contract import Config
from otel_quality.store.database import Row
from otel_quality.store.judged import FOREVER_NS
from otel_quality.store.judged_sql import SqlJudged

_DAY_NS: Final = 86_400 * 10**9
_STEPS_NS: Final = {"day": (_DAY_NS, 0), "week": (7 * _DAY_NS, 3 * _DAY_NS)}
"""Length of a stretch, and what is added so that stretches begin on its border: day 0 was a Thursday."""
_REVISIONS: Final = 20


class SqlStore(SqlJudged):
    """Implements `contract.Store`.

    Args:
        database: an open one; this store owns it.
    """

    def close(self) -> None:
        self._database.close()

    def transaction(self) -> AbstractContextManager[None]:
        return self._database.transaction()

    # Sessions

    def put_session(self, record: SessionRecord, grade: Grade | None, *, source: str, now_ns: int) -> None:
        session = {"id": rows.clean(record.id)}
        with self.transaction():
            known = self._query(sql.SOURCES, session)
            sources = known[0][0] if known else rows.names(())
            if rows.names((source,)) not in sources:
                sources = sources.rstrip("\x1f") + rows.names((source,))
            values = rows.from_session(record, grade, sources=sources, now_ns=now_ns)
            self._change(sql.PUT_SESSION, values)
            self._change(sql.TRANSCRIPT_ACTIVE, values)
            self._said(record.id, now_ns)
            if grade is not None:
                self._add_revision(session, rows.from_grade(grade), source=source, now_ns=now_ns)

    def _add_revision(self, session: Mapping[str, Any], grade: bytes, *, source: str, now_ns: int) -> None:
        revision = self._query(sql.NEXT_REVISION, session)[0][0]
        self._change(sql.ADD_REVISION, {**session, "revision": revision, "now": now_ns, "source": source, "grade": grade})
        if revision >= _REVISIONS:
            self._change(sql.TRIM_REVISIONS, {**session, "revision": revision - _REVISIONS})

    def session(self, session_id: str) -> KeptSession | None:
        found = self._query(sql.SESSION, {"id": rows.clean(session_id)})
        return rows.to_session(found[0]) if found else None

    def sessions(self, wanted: SessionFilter) -> list[KeptSession]:
        values = rows.from_filter(wanted) | {"limit": wanted.limit, "offset": wanted.offset}
        return [rows.to_session(row) for row in self._query(sql.sessions(values), values)]

    def count_sessions(self, wanted: SessionFilter) -> int:
        values = rows.from_filter(wanted)
        return int(self._query(sql.count_sessions(values), values)[0][0])

    def set_probability(self, session_id: str, grade: Grade) -> bool:
        values = {"id": rows.clean(session_id), "p_completed": grade.p_completed, "grade": rows.from_grade(grade)}
        return self._change(sql.SET_PROBABILITY, values) > 0

    def revisions(self, session_id: str) -> list[Revision]:
        return [rows.to_revision(row) for row in self._query(sql.REVISIONS, {"id": rows.clean(session_id)})]

    def set_meta(self, session_id: str, meta: Meta, *, now_ns: int) -> bool:
        values = {"pinned": int(meta.pinned), "profile": meta.profile, "name": meta.name, "told": rows.number(meta.success)}
        return self._change(sql.SET_META, rows.cleaned({**values, "id": session_id, "now": now_ns})) > 0

    def set_override(self, session_id: str, override: Override | None, *, now_ns: int) -> bool:
        return self._change(sql.SET_OVERRIDE, rows.from_override(override) | {"id": rows.clean(session_id), "now": now_ns}) > 0

    def delete_session(self, session_id: str) -> bool:
        session = {"id": rows.clean(session_id)}
        with self.transaction():
            self._change(sql.DELETE_ITS_EXECUTIONS, session)
            text = self.delete_transcript(session_id)
            self._forget(session["id"])
            return self._change(sql.DELETE_SESSION, session) > 0 or text

    def absorb_session(self, session_id: str, *, into: str) -> bool:
        session = {"id": rows.clean(session_id)}
        with self.transaction():
            self._change(sql.MOVE_ITS_EXECUTIONS, {**session, "into": rows.clean(into)})
            self._move(session["id"], rows.clean(into))
            return self._change(sql.DELETE_SESSION, session) > 0

    def labelled(self, *, limit: int = 10_000) -> list[KeptSession]:
        return [rows.to_session(row) for row in self._query(sql.LABELLED, {"limit": limit})]

    def labels_stamp(self) -> str:
        return " ".join(map(str, self._query(sql.LABELS_STAMP, {})[0]))

    def grade_summaries(self, step: Literal["day", "week"], *, since_ns: int, until_ns: int = FOREVER_NS) -> list[GradeSummary]:
        length, shift = _STEPS_NS[step]
        found = self._query(sql.GRADE_SUMMARIES, {"step": length, "shift": shift, "since": since_ns, "until": until_ns})
        return [_summary(row) for row in found]

    def recent_grades(self, task_type: str, *, window: int) -> RecentGrades:
        count, *means = self._query(sql.RECENT_GRADES, {"task_type": task_type, "window": window})[0]
        return RecentGrades(task_type, count, *map(rows.real, means))

    def latest_grades(self, task_type: str, *, limit: int) -> list[tuple[int, Grade]]:
        found = self._query(sql.LATEST_GRADES, {"task_type": task_type, "limit": limit})
        return [(int(active_ns), rows.to_grade(grade)) for active_ns, grade in found]

    def error_groups(self, *, since_ns: int, until_ns: int = FOREVER_NS, limit: int = 100) -> list[ErrorGroup]:
        span = {"since": since_ns, "until": until_ns}
        found = self._query(sql.ERROR_GROUPS, {**span, "limit": limit})
        examples = self._examples(sql.ERROR_EXAMPLES, span) if found else {}
        return [
            ErrorGroup(error, tool, task_type, count, sessions, first_ns, last_ns, examples.get((error, tool, task_type), ()))
            for error, tool, task_type, count, sessions, first_ns, last_ns in found
        ]

    def failures(self, by: Literal["tool", "error"], *, since_ns: int, until_ns: int = FOREVER_NS, limit: int = 100) -> list[Failures]:
        span = {"since": since_ns, "until": until_ns}
        found = self._query(sql.FAILURES[by], {**span, "limit": limit})
        examples = self._examples(sql.FAILURE_EXAMPLES[by], span) if found else {}
        return [Failures(name, count, sessions, examples.get((name,), ())) for name, count, sessions in found]

    def _examples(self, statement: str, span: Mapping[str, int]) -> dict[Row, tuple[str, ...]]:
        """Sessions by what the statement groups by."""
        found: dict[Row, tuple[str, ...]] = {}
        for *group, session in self._query(statement, span):
            found[tuple(group)] = (*found.get(tuple(group), ()), session)
        return found

    # Executions

    def put_executions(self, executions: Sequence[Execution]) -> list[Execution]:
        with self.transaction():
            new = self._database.insert_new(sql.PUT_EXECUTION, [rows.from_execution(each) for each in executions])
        return [each for each, is_new in zip(executions, new, strict=True) if is_new]

    def delete_executions(self, trace_id: str) -> int:
        return self._change(sql.DELETE_TRACE, {"trace_id": trace_id})

    def executions(self, *, session: str | None = None, tool: str | None = None, limit: int = 100) -> list[Execution]:
        return [rows.to_execution(row) for row in self._query(sql.EXECUTIONS, {"session": session, "tool": tool, "limit": limit})]

    def patterns(
        self,
        *,
        tool: str | None = None,
        agent: str | None = None,
        params_hash: str | None = None,
        model: str | None = None,
        limit: int = 500,
    ) -> list[Pattern]:
        values = {"tool": tool, "agent": agent, "params_hash": params_hash, "model": model, "limit": limit}
        return [rows.to_pattern(row) for row in self._query(sql.PATTERNS if tool is None else sql.PATTERNS_OF_TOOL, values)]

    def aggregated_patterns(self, *, tool: str | None = None, agent: str | None = None, limit: int = 500) -> list[Pattern]:
        statement = sql.AGGREGATED if tool is None else sql.AGGREGATED_OF_TOOL
        return [rows.to_pattern(row) for row in self._query(statement, {"tool": tool, "agent": agent, "limit": limit})]

    def pattern(self, *, tool: str, agent: str, params_hash: str | None) -> Pattern | None:
        values = {"tool": tool, "agent": agent}
        if params_hash is None:
            found = self._query(sql.AGGREGATED_PATTERN, values)
        else:
            found = self._query(sql.PATTERN, {**values, "params_hash": params_hash})
        return rows.to_pattern(found[0]) if found else None

    def tool_tallies(self, *, since_ns: int, until_ns: int = FOREVER_NS) -> dict[str, Tally]:
        ever = since_ns <= 0 and until_ns == FOREVER_NS
        found = self._query(sql.TOOLS_EVER, {}) if ever else self._query(sql.TOOLS, {"since": since_ns, "until": until_ns})
        return {tool: rows.to_tally(*counts) for tool, *counts in found}

    def agent_tallies(self, *, since_ns: int, until_ns: int = FOREVER_NS, tool: str | None = None) -> dict[str, Tally]:
        found = self._query(sql.AGENTS, {"since": since_ns, "until": until_ns, "tool": tool})
        return {agent: rows.to_tally(*counts) for agent, *counts in found}

    def model_performance(self, *, task_type: str | None = None) -> list[ModelPerformance]:
        values = {"task_type": task_type}
        of_sessions = {row[:2]: row[2:] for row in self._query(sql.MODEL_SESSIONS, values)}
        found = []
        for model, task, samples, successes, latency_ns, mean_tokens in self._query(sql.MODEL_PERFORMANCE, values):
            tokens, cost, token_calls, cost_calls = of_sessions.get((model, task), (0, 0, 0, 0))
            found.append(
                ModelPerformance(
                    model,
                    task,
                    rows.to_tally(samples, successes),
                    rows.milliseconds(latency_ns),
                    rows.real(mean_tokens) if mean_tokens is not None else _mean(tokens, token_calls),
                    _mean(cost, cost_calls),
                )
            )
        return found

    def agent_performance(self, *, since_ns: int, until_ns: int = FOREVER_NS) -> list[AgentPerformance]:
        found = self._query(sql.AGENT_PERFORMANCE, {"since": since_ns, "until": until_ns})
        return [AgentPerformance(row[0], rows.to_tally(row[1], row[2]), rows.milliseconds(row[3]), rows.real(row[4])) for row in found]

    def effects(
        self, by: Literal["hour", "weekday"], *, tool: str | None = None, agent: str | None = None, since_ns: int = 0
    ) -> list[Effect]:
        found = self._query(sql.EFFECTS[by], {"tool": tool, "agent": agent, "since": since_ns})
        return [Effect(bucket, rows.to_tally(*counts)) for bucket, *counts in found]

    # Predictions

    def add_prediction(self, prediction: Prediction) -> None:
        values = rows.cleaned(asdict(prediction)) | {"success": rows.number(prediction.success)}
        self._change(sql.ADD_PREDICTION, values | {"tenth": min(int(prediction.probability * 10), 9)})

    def match_predictions(self, executions: Sequence[Execution], *, within_ns: int) -> int:
        if not executions:
            return 0
        with self.transaction():
            first, last = (of(each.time_ns for each in executions) for of in (min, max))
            waiting = set(self._query(sql.OPEN_PREDICTIONS, {"since": first - within_ns, "until": last}))
            matched = 0
            for each in sorted(executions, key=lambda execution: (execution.time_ns, execution.trace_id, execution.span_id)):
                told = {"success": int(each.success), "time_ns": each.time_ns}
                if each.prediction_id and self._change(sql.ANSWER_BY_ID, {**told, "id": rows.clean(each.prediction_id)}):
                    matched += 1
                    continue
                for params_hash in dict.fromkeys((each.params_hash, "")):
                    key = {"tool": rows.clean(each.tool), "agent": rows.clean(each.agent), "params_hash": params_hash}
                    if tuple(key.values()) in waiting and self._change(
                        sql.ANSWER_OLDEST, {**told, **key, "since": each.time_ns - within_ns}
                    ):
                        matched += 1
                        break
            return matched

    def predictions(self, *, limit: int = 100, offset: int = 0) -> list[Prediction]:
        return [rows.to_prediction(row) for row in self._query(sql.PREDICTIONS, {"limit": limit, "offset": offset})]

    def prediction_bins(self, *, since_ns: int, until_ns: int = FOREVER_NS) -> list[Bin]:
        found = self._query(sql.PREDICTION_BINS, {"since": since_ns, "until": until_ns, "samples": MIN_SAMPLES})
        return [Bin(row[0], row[1], rows.to_tally(row[2], row[3]), int(row[4]), float(row[5]), float(row[6])) for row in found]

    # Adaptations and policies

    def adapt(self, adaptation: Adaptation) -> bool:
        with self.transaction():
            if not self._change(sql.ADD_ADAPTATION, rows.cleaned(asdict(adaptation))):
                return False
            self.set_policy(adaptation.policy, adaptation.new, now_ns=adaptation.time_ns)
            return True

    def adaptations(self, *, limit: int = 100, offset: int = 0) -> list[Adaptation]:
        return [Adaptation(*row) for row in self._query(sql.ADAPTATIONS, {"limit": limit, "offset": offset})]

    def policies(self) -> dict[str, Policy]:
        return {row[0]: Policy(*row) for row in self._query(sql.POLICIES, {})}

    def set_policy(self, name: str, value: float, *, now_ns: int) -> None:
        self._change(sql.SET_POLICY, {"name": rows.clean(name), "value": value, "now": now_ns})

    # Documents

    def put_report(self, report: Report) -> None:
        self._change(sql.PUT_REPORT, rows.cleaned(asdict(report)))

    def report(self, week: str) -> Report | None:
        found = self._query(sql.REPORT, {"week": week})
        return Report(*found[0]) if found else None

    def reports(self, *, limit: int = 12) -> list[Report]:
        return [Report(*row) for row in self._query(sql.REPORTS, {"limit": limit})]

    def put_calibration(self, name: str, document: str, *, now_ns: int) -> None:
        self._change(sql.PUT_CALIBRATION, {"name": name, "document": document, "now": now_ns})

    def calibration(self, name: str) -> str | None:
        found = self._query(sql.CALIBRATION, {"name": name})
        return str(found[0][0]) if found else None

    # Upkeep

    def counts(self) -> dict[str, int]:
        return {table: int(count) for table, count in self._query(retention.COUNTS, {})}

    def size_bytes(self) -> int:
        return self._database.size_bytes()

    def prune(self, config: Config, *, now_ns: int, most: int = 5_000) -> int:
        before = now_ns - config.retention_days * _DAY_NS
        with self.transaction():
            removed = sum(self._change(statement, {"before": before, "place": most - 1}) for statement in retention.OLD)
            over = int(self._query(retention.EXECUTIONS, {})[0][0]) - config.max_executions
            if over > 0:
                removed += self._change(retention.OLDEST_EXECUTIONS, {"before": FOREVER_NS, "place": min(over, most) - 1})
            if not removed and self.size_bytes() > config.max_bytes:
                removed = self._tenth(retention.TEXTS, most) or self._tenth(retention.REST, most)
                self._change(retention.FORGOTTEN, {})
        if removed:
            self._database.give_back()
        return removed

    def _tenth(self, tables: Sequence[tuple[str, ...]], most: int) -> int:
        """Remove the oldest tenth of what may go of each table, at most about so many rows; how many went."""
        removed = 0
        for count, *statements in tables:
            if held := int(self._query(count, {})[0][0]):
                oldest = {"before": FOREVER_NS, "place": min(-(-held // 10), most) - 1}
                removed += sum(self._change(statement, oldest) for statement in statements)
        return removed


def _mean(total: Any, count: Any) -> float | None:
    return float(total) / int(count) if count else None


def _summary(row: Row) -> GradeSummary:
    start_ns, task_type, sessions, completed, with_errors, recovered, loop_risks, efficiency, quality, told, succeeded = row
    counts = (int(sessions), int(completed), int(with_errors), int(recovered), int(loop_risks))
    return GradeSummary(int(start_ns), task_type, *counts, float(efficiency), float(quality), int(told), int(succeeded))
