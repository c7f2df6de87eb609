"""Weekly reports are kept, and neither retention nor another version's report loses or breaks one."""

from collections.abc import Iterator

import pytest

from otel_quality.core.history import Report
from otel_quality.core.reports import weeks
from otel_quality.core.reports.records import Weekly
from otel_quality.core.sessions.grade import grade
from otel_quality.core.sessions.record import SessionRecord
from otel_quality.service.chores import Chore, Done
from otel_quality.service.reporting import keep, questions, weekly_reports
from tests.service.keeper import DAY_NS, NOW_NS, Keeper

WEEK = weeks.week_of(NOW_NS)


@pytest.fixture
def keeper() -> Iterator[Keeper]:
    keeper = Keeper()
    yield keeper
    keeper.close()


def put(keeper: Keeper, *names: str) -> None:
    for name in names:
        record = SessionRecord(name, api_calls=1, start_ns=NOW_NS - 9, end_ns=NOW_NS)
        keeper.tell(lambda store, record=record: store.put_session(record, grade(record), source="spans", now_ns=NOW_NS))


def made(keeper: Keeper, *, later_ns: int = 0) -> Weekly:
    return keeper.tell(
        lambda store: keep(store, WEEK, now_ns=NOW_NS + later_ns, **{name: ask(store) for name, ask in questions(WEEK).items()})
    )


def run(keeper: Keeper, chore: Chore, *, later_ns: int = 0) -> int:
    """Do a chore until there is no more of it; in how many parts it was done."""
    parts = 1
    while keeper.tell(lambda store: chore.work(store, NOW_NS + later_ns)) == Done(more=True):
        parts += 1
    return parts


def kept(keeper: Keeper) -> list[str]:
    return keeper.tell(lambda store: [each.week for each in store.reports()])


def test_the_chore_keeps_this_week_and_the_last(keeper: Keeper) -> None:
    chore = weekly_reports()
    assert [run(keeper, chore) for _ in range(3)] == [10, 5, 5]
    assert kept(keeper) == [WEEK, *weeks.before(WEEK, 1)]


def test_a_week_that_is_over_is_reported_once_more_with_all_of_it(keeper: Keeper) -> None:
    chore = weekly_reports()
    run(keeper, chore)
    put(keeper, "a")
    run(keeper, chore, later_ns=7 * DAY_NS)
    report = keeper.tell(lambda store: store.report(WEEK))
    assert report is not None
    assert '"sessions": 1' in report.document
    assert '"over": true' in report.document
    assert len(kept(keeper)) == 3


def test_a_week_that_goes_on_is_reported_anew(keeper: Keeper) -> None:
    put(keeper, "a")
    assert made(keeper).figures.sessions == 1
    put(keeper, "b")
    assert made(keeper).figures.sessions == 2


def test_when_retention_has_taken_sessions_the_fuller_report_stands(keeper: Keeper) -> None:
    put(keeper, "a", "b")
    first = made(keeper)
    keeper.tell(lambda store: store.delete_session("a"))
    assert made(keeper, later_ns=90 * DAY_NS) == first


def test_a_report_that_another_version_wrote_breaks_nothing(keeper: Keeper) -> None:
    old = Report(WEEK, NOW_NS, '{"week": "written otherwise"}')
    keeper.tell(lambda store: store.put_report(old))
    assert made(keeper).figures.sessions == 0
    assert keeper.tell(lambda store: store.report(WEEK)) == old
    put(keeper, "a")
    assert made(keeper).figures.sessions == 1
    assert keeper.tell(lambda store: store.report(WEEK)) != old
