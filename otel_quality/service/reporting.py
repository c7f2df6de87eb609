"""The weekly report: made from the store, and kept in it per ISO week."""

import json
from dataclasses import asdict
from typing import Final

from pydantic import TypeAdapter, ValidationError

from otel_quality.core.history import Report
from otel_quality.core.reports import weeks
from otel_quality.core.reports.records import Weekly
from otel_quality.core.reports.weekly import WEEKS_BEFORE, weekly
from otel_quality.service.chores import Chore, Done
from otel_quality.store.contract import Store

_WEEKLY: Final = TypeAdapter(Weekly)


def weekly_reports(*, every_s: float = 3600.0) -> Chore:
    """Keeps the report of this week, hourly, and once that of the last one: a week has its report although nobody asked for it.

    One of them at a time, so that what waits to be written comes in between.
    """

    finished = ""

    def work(store: Store, now_ns: int) -> Done:
        nonlocal finished
        this = weeks.week_of(now_ns)
        last = next(iter(weeks.before(this, 1)), finished)
        if last == finished:
            keep_weekly(store, this, now_ns=now_ns)
            return Done()
        keep_weekly(store, last, now_ns=now_ns)
        finished = last
        return Done(more=True)

    return Chore("weekly report", every_s, work)


def keep_weekly(store: Store, week: str, *, now_ns: int) -> Weekly:
    """The report of a week that has begun, made and kept; the kept one where history no longer holds all of its sessions.

    Raises:
        ValueError: it is no week.
    """
    begin_ns, end_ns = weeks.bounds_ns(week)
    since_ns = max(begin_ns - WEEKS_BEFORE * weeks.WEEK_NS, 0)
    summaries = store.grade_summaries("week", since_ns=since_ns, until_ns=end_ns)
    tools = store.failures("tool", since_ns=begin_ns, until_ns=end_ns)
    errors = store.failures("error", since_ns=begin_ns, until_ns=end_ns)
    groups = store.error_groups(since_ns=since_ns, until_ns=end_ns)
    made = weekly(week, summaries, tools=tools, errors=errors, recurring=groups, now_ns=now_ns)
    kept = store.report(week)
    earlier = None if kept is None else _read(kept)
    if earlier is not None and earlier.figures.sessions > made.figures.sessions:
        return earlier
    if kept is None or earlier is not None or made.figures.sessions:
        store.put_report(Report(week, now_ns, json.dumps(asdict(made), ensure_ascii=False)))
    return made


def _read(kept: Report) -> Weekly | None:
    """A kept report; None where another version wrote it otherwise."""
    try:
        return _WEEKLY.validate_json(kept.document)
    except ValidationError:
        return None
