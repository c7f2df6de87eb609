"""The weekly report: made from the store, and kept in it per ISO week.

Decision: it is made of several questions, and whoever asks them may let what waits to be written come in between: of a large history
each takes a good part of a second.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

from otel_quality.core.history import ErrorGroup, Failures, GradeSummary, Report
from otel_quality.core.reports import weeks
from otel_quality.core.reports.records import Weekly
from otel_quality.core.reports.weekly import WEEKS_BEFORE, weekly
from otel_quality.service.chores import Chore, Done
from otel_quality.store.contract import Store

_WEEKLY: Final = TypeAdapter(Weekly)


def weekly_reports(*, every_s: float = 3600.0) -> Chore:
    """Keeps the report of this week, hourly, and once that of the last one: a week has its report although nobody asked for it.

    One question at a time.
    """
    finished = ""
    week, known = "", dict[str, Any]()

    def work(store: Store, now_ns: int) -> Done:
        nonlocal finished, week
        this = weeks.week_of(now_ns)
        last = next(iter(weeks.before(this, 1)), finished)
        if not known:
            week = last if last != finished else this
        asked = questions(week)
        left = [name for name in asked if name not in known]
        if left:
            known[left[0]] = asked[left[0]](store)
            return Done(more=True)
        keep(store, week, now_ns=now_ns, **known)
        known.clear()
        if week == last:
            finished = last
        return Done(more=week != this)

    return Chore("weekly report", every_s, work)


def questions(week: str) -> dict[str, Callable[[Store], Any]]:
    """What the report of a week is made of, by argument of `keep`.

    Raises:
        ValueError: it is no week.
    """
    begin_ns, end_ns = weeks.bounds_ns(week)
    since_ns = max(begin_ns - WEEKS_BEFORE * weeks.WEEK_NS, 0)
    return {
        "summaries": lambda store: store.grade_summaries("week", since_ns=since_ns, until_ns=end_ns),
        "tools": lambda store: store.failures("tool", since_ns=begin_ns, until_ns=end_ns),
        "errors": lambda store: store.failures("error", since_ns=begin_ns, until_ns=end_ns),
        "recurring": lambda store: store.error_groups(since_ns=since_ns, until_ns=end_ns),
    }


def keep(
    store: Store,
    week: str,
    *,
    summaries: Sequence[GradeSummary],
    tools: Sequence[Failures],
    errors: Sequence[Failures],
    recurring: Sequence[ErrorGroup],
    now_ns: int,
) -> Weekly:
    """The report of a week that has begun, made and kept; the kept one where history no longer holds all of its sessions.

    Args:
        summaries, tools, errors, recurring: the answers to `questions`.
    """
    made = weekly(week, summaries, tools=tools, errors=errors, recurring=recurring, now_ns=now_ns)
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
