"""Grades are calibrated by labels as they come, and stay so over a restart."""

import json
from collections.abc import Iterator
from dataclasses import replace

import pytest

from otel_quality.core.evaluations.record import Feedback
from otel_quality.core.history import Meta
from otel_quality.core.sessions.grade import grade
from otel_quality.service import grading as service
from otel_quality.service.grading import NAME, Grading
from otel_quality.store.contract import Config, Store
from otel_quality.store.opening import open_store
from tests.store.samples import NOW, session


@pytest.fixture
def store() -> Iterator[Store]:
    opened = open_store(Config(), data_dir=None)
    yield opened
    opened.close()


def label(store: Store, count: int) -> None:
    """Sessions with many errors fail, the others succeed."""
    for number in range(count):
        good = number % 2 == 0
        record = session(f"s{number}", tool_calls=10, tool_errors=0 if good else 8, error_run=0 if good else 6, group="lab")
        store.put_session(record, grade(record), source="spans", now_ns=NOW + number)
        store.set_meta(record.id, Meta(success=good), now_ns=NOW + number)


def test_under_twenty_labels_the_rules_stand_alone(store: Store) -> None:
    grading = Grading()
    label(store, 19)
    grading.refit(store, NOW)
    assert grading(session()) == grade(session())


def test_labels_teach_and_the_rules_stay_beside(store: Store) -> None:
    grading = Grading()
    label(store, 40)
    grading.refit(store, NOW)
    good = grading(session(tool_calls=10, tool_errors=0, group="lab"))
    bad = grading(session(tool_calls=10, tool_errors=8, error_run=6, group="lab"))
    assert good.p_completed is not None
    assert bad.p_completed is not None
    assert 0 <= bad.p_completed < good.p_completed <= 1
    assert replace(good, p_completed=None) == grade(session(tool_calls=10, tool_errors=0, group="lab"))


def test_feedback_on_last_messages_teaches_where_nobody_told_an_outcome(store: Store) -> None:
    label(store, 40)
    for number in range(40):
        store.set_meta(f"s{number}", Meta(), now_ns=NOW + 100)
        store.put_feedback(Feedback(f"s{number}", 7, 1 if number % 2 == 0 else -1, NOW))
    grading = Grading()
    grading.refit(store, NOW)
    assert grading(session()).p_completed is None
    for number in range(40):
        kept = store.session(f"s{number}")
        assert kept is not None
        store.put_session(replace(kept.record, messages=8), kept.grade, source="api", now_ns=NOW + 200)
    grading.refit(store, NOW)
    good, bad = (session(tool_calls=10, tool_errors=errors, error_run=errors, group="lab") for errors in (0, 8))
    taught = [grading(each).p_completed for each in (bad, good)]
    assert None not in taught
    assert taught == sorted(taught)  # type: ignore[type-var]
    assert taught[0] != taught[1]


def test_a_fitted_model_is_taken_from_the_store_after_a_restart(store: Store) -> None:
    label(store, 40)
    first = Grading()
    first.refit(store, NOW)
    kept = store.calibration(NAME)
    second = Grading()
    second.refit(store, NOW + 1)
    assert second(session()).p_completed == pytest.approx(first(session()).p_completed, abs=1e-3)
    assert store.calibration(NAME) == kept


def test_a_model_of_another_version_is_fitted_anew(store: Store) -> None:
    label(store, 40)
    store.put_calibration(NAME, json.dumps({"stamp": store.labels_stamp(), "model": {"version": 0}}), now_ns=NOW)
    grading = Grading()
    grading.refit(store, NOW)
    assert grading(session()).p_completed is not None


def test_new_labels_are_fitted_after_a_rest(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "_REST", 1e6)  # a rest of ten quick fits is over before a busy machine has labelled anything
    label(store, 40)
    grading = Grading()
    grading.refit(store, NOW)
    kept = store.calibration(NAME)
    label(store, 42)
    grading.refit(store, NOW)
    assert store.calibration(NAME) == kept
    grading._rested_s = 0.0
    grading.refit(store, NOW)
    assert store.calibration(NAME) != kept


def kept(store: Store, name: str, errors: int) -> None:
    """A session that was graded while nothing was calibrated."""
    record = session(name, tool_calls=10, tool_errors=errors, error_run=errors, group="lab")
    store.put_session(record, grade(record), source="spans", now_ns=NOW)


def test_a_fit_gives_earlier_sessions_its_probability_without_a_new_revision(store: Store) -> None:
    grading = Grading()
    kept(store, "good", 0)
    kept(store, "bad", 8)
    label(store, 40)
    before = store.session("good")
    chore = grading.chore()
    while (done := chore.work(store, NOW + 1)) is not None and done.more:
        pass
    good, bad = store.session("good"), store.session("bad")
    assert before is not None
    assert good is not None
    assert good.grade is not None
    assert bad is not None
    assert bad.grade is not None
    assert good.grade.p_completed is not None
    assert bad.grade.p_completed is not None
    assert good.grade.p_completed > bad.grade.p_completed
    assert (good.graded_ns, good.updated_ns) == (before.graded_ns, before.updated_ns)
    assert [each.grade.p_completed for each in store.revisions("good")] == [None]


def test_a_session_whose_outcome_is_known_keeps_what_was_said_before(store: Store) -> None:
    grading = Grading()
    label(store, 40)
    grading.refit(store, NOW)
    while grading.refresh(store):
        pass
    assert {each.grade.p_completed for each in store.labelled() if each.grade is not None} == {None}


def test_refreshing_is_bounded_and_goes_by_slices(store: Store) -> None:
    for number in range(130):
        record = replace(session(f"old{number}", tool_calls=10, group="lab"), end_ns=NOW + 10_000 - number)
        store.put_session(record, grade(record), source="spans", now_ns=NOW)
    label(store, 40)
    grading = Grading(refreshed=100)
    grading.refit(store, NOW)
    assert [grading.refresh(store), grading.refresh(store), grading.refresh(store)] == [True, False, False]
    known = [store.session(f"old{number}") for number in (0, 99, 100, 129)]
    assert [each is not None and each.grade is not None and each.grade.p_completed is not None for each in known] == [
        True,
        True,
        False,
        False,
    ]
