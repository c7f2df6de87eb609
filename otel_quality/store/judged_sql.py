"""Judged quality over any `Database`; the other half of `sql.SqlStore`."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Final

from otel_quality.core.evaluations.overview import Overview, OverviewFilter, Ratings, WeekMeans
from otel_quality.core.evaluations.record import Annotation, Assessment, Evaluation, Feedback, Item, Run, Spent, Transcript, Versions
from otel_quality.core.evaluations.trust import Pair
from otel_quality.core.reports import weeks
from otel_quality.store import judged_rows as rows
from otel_quality.store import judged_statements as sql
from otel_quality.store import statements
from otel_quality.store.database import Database
from otel_quality.store.judged import FOREVER_NS
from otel_quality.store.rows import clean
from otel_quality.vocabulary.axes import ItemState

_CHANGES: Final = 20
"""Of what one author said of one message, the latest are kept."""
_CLAIMED: Final = "otel_quality run {}"
_SHIFT_NS: Final = 3 * weeks.DAY_NS
"""Added to an instant so that weeks begin on Monday: day 0 was a Thursday."""


class SqlJudged(ABC):
    """Implements `judged.Judged`.

    Args:
        database: an open one; this store owns it.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._query, self._change = database.query, database.change

    @abstractmethod
    def transaction(self) -> AbstractContextManager[None]:
        """See `contract.Store`."""

    # Feedback

    def put_feedback(self, feedback: Feedback) -> bool:
        values = rows.from_feedback(feedback)
        with self.transaction():
            known = self._query(sql.SAID_BEFORE, values)
            number, rating, comment, time_ns = known[0] if known else (-1, 0, "", 0)
            stands = rating == feedback.rating and (comment == values["comment"] or not rating)
            if stands or time_ns > feedback.time_ns:
                return False
            self._change(sql.SUPERSEDE, values)
            self._change(sql.ADD_FEEDBACK, values | {"change": number + 1})
            self._change(sql.TRIM_FEEDBACK, values | {"change": number + 1 - _CHANGES})
            self._said(feedback.session, feedback.time_ns)
        return True

    def _said(self, session: str, now_ns: int) -> None:
        """Bring what stands in the row of a session up to what was said of it."""
        self._change(sql.SAID, {"session": clean(session), "now": now_ns})

    def feedback(self, *, session: str | None = None, since_ns: int = 0, limit: int = 100, offset: int = 0) -> list[Feedback]:
        values = {"since": since_ns, "limit": limit, "offset": offset}
        if session is None:
            found = self._query(sql.FEEDBACK, values)
        else:
            found = self._query(sql.FEEDBACK_OF_SESSION, {**values, "session": clean(session)})
        return [Feedback(*row) for row in found]

    def feedback_changes(self, session: str, *, limit: int = 100) -> list[Feedback]:
        return [Feedback(*row) for row in self._query(sql.FEEDBACK_CHANGES, {"session": clean(session), "limit": limit})]

    def ratings_by_week(self, *, since_ns: int, until_ns: int = FOREVER_NS) -> list[Ratings]:
        values = {"since": since_ns, "until": until_ns, "shift": _SHIFT_NS, "step": weeks.WEEK_NS}
        return [Ratings(*map(int, row)) for row in self._query(sql.RATINGS, values)]

    def put_annotations(self, annotations: Sequence[Annotation]) -> int:
        with self.transaction():
            return sum(self._database.insert_new(sql.PUT_ANNOTATION, [rows.from_annotation(each) for each in annotations]))

    def annotations(self, session: str, *, limit: int = 100) -> list[Annotation]:
        return [Annotation(*row) for row in self._query(sql.ANNOTATIONS, {"session": clean(session), "limit": limit})]

    def session_of_trace(self, trace_id: str) -> str | None:
        found = self._query(sql.SESSION_OF_TRACE, {"trace": clean(trace_id)})
        return str(found[0][0]) if found else None

    # Transcripts

    def put_transcript(self, session: str, transcript: Transcript, *, now_ns: int) -> None:
        values = {"session": clean(session), "now": now_ns}
        with self.transaction():
            self._change(sql.PUT_TRANSCRIPT, values | rows.from_transcript(transcript))
            self._change(sql.OUTDATED, values)
            self._said(session, now_ns)

    def transcript(self, session: str) -> Transcript | None:
        found = self._query(sql.TRANSCRIPT, {"session": clean(session)})
        return rows.to_transcript(found[0][0]) if found else None

    def delete_transcript(self, session: str) -> bool:
        return self._change(sql.DELETE_TRANSCRIPT, {"session": clean(session)}) > 0

    def with_transcript(self, *, since_ns: int = 0, limit: int = 100) -> list[str]:
        return [str(row[0]) for row in self._query(sql.WITH_TRANSCRIPT, {"since": since_ns, "limit": limit})]

    def unevaluated(self, versions: Versions, *, since_ns: int = 0, limit: int = 100) -> list[str]:
        values = rows.from_versions(versions) | {"since": since_ns, "limit": limit}
        return [str(row[0]) for row in self._query(sql.UNEVALUATED, values)]

    # Runs

    def add_run(self, run: Run, items: Sequence[Item]) -> None:
        with self.transaction():
            self._change(sql.ADD_RUN, rows.from_run(run))
            numbered = [rows.from_item(run.id, item) | {"place": place} for place, item in enumerate(items)]
            self._database.insert_new(sql.ADD_ITEM, numbered)

    def claim_run(self, run_id: str) -> bool:
        return self._database.claim(_CLAIMED.format(clean(run_id)))

    def release_run(self, run_id: str) -> None:
        self._database.release(_CLAIMED.format(clean(run_id)))

    def set_run(self, run: Run) -> None:
        self._change(sql.SET_RUN, rows.from_run(run))

    def run(self, run_id: str) -> Run | None:
        values = {"id": clean(run_id)}
        found = self._query(sql.RUN, values)
        return rows.to_run(found[0], self._counts(sql.COUNTS_OF_RUN, values).get(found[0][0], {})) if found else None

    def runs(self, *, limit: int = 50, offset: int = 0) -> list[Run]:
        page = {"limit": limit, "offset": offset}
        counts = self._counts(sql.COUNTS_OF_RUNS, page)
        return [rows.to_run(row, counts.get(row[0], {})) for row in self._query(sql.RUNS, page)]

    def _counts(self, statement: str, values: Mapping[str, Any]) -> dict[str, dict[ItemState, int]]:
        counts: dict[str, dict[ItemState, int]] = {}
        for run_id, state, count in self._query(statement, values):
            counts.setdefault(run_id, {})[state] = int(count)
        return counts

    def items(self, run_id: str, *, state: ItemState | None = None, limit: int = 500, offset: int = 0) -> list[Item]:
        values = {"run": clean(run_id), "state": state, "limit": limit, "offset": offset}
        return [rows.to_item(row) for row in self._query(sql.ITEMS, values)]

    def set_item(self, run_id: str, item: Item) -> None:
        self._change(sql.SET_ITEM, rows.from_item(run_id, item))

    # Assessments and evaluations

    def add_assessment(self, run_id: str, session: str, assessment: Assessment, *, now_ns: int) -> None:
        self._change(sql.ADD_ASSESSMENT, rows.from_assessment(run_id, session, assessment, now_ns=now_ns))

    def add_spent(self, run_id: str, session: str, expert: str, spent: Spent, *, now_ns: int) -> None:
        self._change(sql.ADD_ASSESSMENT, rows.from_spent(run_id, session, expert, spent, now_ns=now_ns))

    def assessments(self, run_id: str, session: str) -> list[Assessment]:
        found = self._query(sql.ASSESSMENTS, {"run": clean(run_id), "session": clean(session)})
        return [rows.to_assessment(row[2:]) for row in found]

    def put_evaluation(self, evaluation: Evaluation) -> None:
        session, time_ns = clean(evaluation.session), evaluation.time_ns
        with self.transaction():
            known = {each.expert for each in self.assessments(evaluation.run, session)}
            for each in evaluation.experts:
                if clean(each.expert) not in known:
                    self.add_assessment(evaluation.run, session, each, now_ns=time_ns)
            self._change(sql.PUT_EVALUATION, rows.from_evaluation(evaluation))
            self._change(sql.LATEST, {"session": session})
            self._change(sql.LATEST_BY, {"session": session, **rows.from_versions(evaluation.versions)})
            self._change(sql.OUTDATED, {"session": session})
            self.set_item(evaluation.run, Item(session, "ok", mean=rows.mean_of(evaluation.scores)))
            self._said(session, time_ns)

    def evaluations(
        self, *, session: str | None = None, run: str | None = None, anchors: bool | None = False, limit: int = 100
    ) -> list[Evaluation]:
        by = "session" if session is not None else "run" if run is not None else "all"
        values = {
            "session": None if session is None else clean(session),
            "run": None if run is None else clean(run),
            "anchor": None if anchors is None else int(anchors),
            "limit": limit,
        }
        return self._evaluations(by, values)

    def anchors(self, *, limit: int = 1000) -> list[Evaluation]:
        return self._evaluations("anchors", {"limit": limit})

    def _evaluations(self, by: str, values: Mapping[str, Any]) -> list[Evaluation]:
        said: dict[tuple[str, str], dict[str, Assessment]] = {}
        for run_id, of, *told in self._query(sql.EXPERTS[by], values):
            assessment = rows.to_assessment(tuple(told))
            said.setdefault((run_id, of), {})[assessment.expert] = assessment
        return [rows.to_evaluation(row, said.get(row[:2], {})) for row in self._query(sql.EVALUATIONS[by], values)]

    def spent(self, *, since_ns: int, run: str | None = None) -> Spent:
        if run is None:
            return rows.to_spent(self._query(sql.SPENT, {"since": since_ns})[0])
        return rows.to_spent(self._query(sql.SPENT_OF_RUN, {"since": since_ns, "run": clean(run)})[0])

    # What they add up to

    def overview(self, wanted: OverviewFilter, versions: Versions | None) -> list[Overview]:
        values = rows.from_overview_filter(wanted, versions) | {"limit": wanted.limit, "offset": wanted.offset}
        return [rows.to_overview(row, versions) for row in self._query(sql.overview(values), values)]

    def overview_of(self, session: str, versions: Versions | None) -> Overview | None:
        found = self._query(sql.OVERVIEW_OF, {"id": clean(session)})
        return rows.to_overview(found[0], versions) if found else None

    def count_overview(self, wanted: OverviewFilter, versions: Versions | None) -> int:
        values = rows.from_overview_filter(wanted, versions)
        return int(self._query(statements.count_sessions(values), values)[0][0])

    def current_versions(self) -> Versions | None:
        found = self._query(sql.CURRENT, {})
        return Versions(*found[0]) if found else None

    def week_means(self, versions: Versions, *, since_ns: int, until_ns: int = FOREVER_NS, by_complexity: bool = False) -> list[WeekMeans]:
        span = {"since": since_ns, "until": until_ns, "since_week": since_ns - weeks.WEEK_NS}
        statement = sql.WEEKS_BY_COMPLEXITY if by_complexity else sql.WEEKS
        return [rows.to_week_means(row) for row in self._query(statement, span | rows.from_versions(versions))]

    def pairs(self, versions: Versions, *, limit: int = 2000) -> list[Pair]:
        return [rows.to_pair(row) for row in self._query(sql.PAIRS, rows.from_versions(versions) | {"limit": limit})]

    def _move(self, session: str, into: str) -> None:
        """Give what was said of a session to another one that it is a part of; what the other has already stands.

        What judges said is forgotten: they saw a part, and the whole is to be judged.
        """
        for statement in sql.MOVE:
            self._change(statement, {"session": session, "into": into})
        self._forget(session)
        self._said(into, 0)

    def _forget(self, session: str) -> None:
        """Remove what was said of a session and what it said."""
        for statement in sql.FORGET:
            self._change(statement, {"session": session})
