"""The contract suite, what feedback and evaluations add up to: SQLite in memory and in a file, PostgreSQL."""

import pytest

from otel_quality.core.evaluations.overview import Mean, OverviewFilter
from otel_quality.core.evaluations.trust import Pair
from otel_quality.core.history import Meta, Override
from otel_quality.core.sessions.transcript import digest
from otel_quality.store.contract import Store
from otel_quality.vocabulary.axes import Status
from tests.store.samples import (
    DAY,
    JUDGE,
    NOW,
    OLDER,
    SCORES,
    S,
    evaluation,
    feedback,
    grade,
    keep,
    session,
    transcript,
)


@pytest.mark.parametrize(
    ("status", "found"), [(None, ["old", "now", "never"]), ("evaluated", ["now"]), ("stale", ["old"]), ("pending", ["never"])]
)
def test_the_overview_tells_whose_latest_evaluation_is_by_the_current_versions(
    store: Store, status: Status | None, found: list[str]
) -> None:
    keep(store, "now", "never", "old")
    store.set_meta("old", Meta(pinned=True), now_ns=NOW)
    store.put_evaluation(evaluation("now", "r1", ago_s=2, versions=OLDER))
    store.put_evaluation(evaluation("now", "r2", ago_s=1))
    store.put_evaluation(evaluation("old", "r2", ago_s=1, versions=OLDER))
    store.put_evaluation(evaluation("old", "r1", ago_s=2))
    store.put_evaluation(evaluation("never", "r1", anchor=True))
    wanted = OverviewFilter(status=status)
    assert [each.kept.record.id for each in store.overview(wanted, JUDGE)] == found
    assert store.count_overview(wanted, JUDGE) == len(found)
    statuses = {each.kept.record.id: each.status for each in store.overview(OverviewFilter(), JUDGE)}
    assert statuses == {"now": "evaluated", "old": "stale", "never": "pending"}


def test_the_overview_tells_messages_ratings_scores_and_whether_text_is_kept(store: Store) -> None:
    keep(store, "full", "bare", "spans")
    store.put_session(session("full", messages=12), grade(), source="api", now_ns=NOW)
    store.put_transcript("spans", transcript(7), now_ns=NOW)
    for author, index, rating in (("a", 0, 1), ("b", 0, 1), ("b", 1, -1), ("c", 0, 1), ("c", 0, 0)):
        store.put_feedback(feedback(rating, session="full", author=author, message_index=index))
    store.put_evaluation(evaluation("full", ago_s=3))
    full, bare, spans = store.overview(OverviewFilter(), JUDGE)
    assert full.kept == store.session("full")
    assert (full.messages, full.likes, full.dislikes, full.scores, full.evaluated_ns) == (12, 2, 1, SCORES, NOW - 3 * S)
    assert (bare.messages, bare.likes, bare.dislikes, bare.scores, bare.evaluated_ns) == (4, 0, 0, None, 0)
    assert [each.has_transcript for each in (full, bare, spans)] == [False, False, True]
    assert spans.messages == 7
    assert store.overview_of("full", JUDGE) == full
    assert store.overview_of("none", JUDGE) is None


def test_the_overview_filters_and_pages_as_sessions_do(store: Store) -> None:
    keep(store, "a", "b", "c")
    keep(store, "other", task_type="testing", agents=("max",))
    store.set_meta("c", Meta(pinned=True, profile="ops"), now_ns=NOW)
    store.put_evaluation(evaluation("a"))

    def found(**wanted: object) -> list[str]:
        return [each.kept.record.id for each in store.overview(OverviewFilter(**wanted), JUDGE)]  # type: ignore[arg-type]

    assert found() == ["c", "a", "other", "b"]
    assert found(limit=2, offset=1) == ["a", "other"]
    assert found(profile="ops") == ["c"]
    assert found(agent="max", status="pending") == ["other"]
    assert found(task_type="debugging", status="pending", since_ns=NOW - 10 * S) == ["b"]


def test_without_versions_nothing_is_evaluated(store: Store) -> None:
    keep(store, "a", "b")
    store.put_evaluation(evaluation("a"))
    assert [each.status for each in store.overview(OverviewFilter(), None)] == ["stale", "pending"]
    assert store.count_overview(OverviewFilter(status="evaluated"), None) == 0
    assert store.count_overview(OverviewFilter(status="pending"), None) == 1


def test_an_evaluation_of_what_a_session_said_before_it_went_on_is_outdated_and_the_session_stale_and_unevaluated(store: Store) -> None:
    keep(store, "s1", "other")
    before, after = transcript(4), transcript(6)

    def seen() -> tuple[str, list[bool], list[str]]:
        (overview,) = [each for each in store.overview(OverviewFilter(), JUDGE) if each.kept.record.id == "s1"]
        assert store.count_overview(OverviewFilter(status=overview.status), JUDGE) == (2 if overview.status == "pending" else 1)
        return overview.status, [each.outdated for each in store.evaluations(session="s1")], store.unevaluated(JUDGE)

    store.put_transcript("s1", before, now_ns=NOW)
    store.put_transcript("other", before, now_ns=NOW)
    assert seen() == ("pending", [], ["s1", "other"])
    store.put_evaluation(evaluation("s1", "r1", ago_s=9, digest=digest(before)))
    store.put_transcript("s1", before, now_ns=NOW + S)
    keep(store, "s1", "other")
    assert seen() == ("evaluated", [False], ["other"]), "the same text, told once more"
    store.put_transcript("s1", after, now_ns=NOW + 2 * S)
    assert seen() == ("stale", [True], ["s1", "other"])
    store.put_evaluation(evaluation("s1", "r2", ago_s=8, digest=digest(before)))
    assert seen() == ("stale", [True, True], ["s1", "other"]), "it went on while it was judged"
    store.put_evaluation(evaluation("s1", "r3", ago_s=7, digest=digest(after)))
    assert seen() == ("evaluated", [False, True, True], ["other"])
    assert [each.sessions for each in store.week_means(JUDGE, since_ns=0)] == [1]


def test_an_outdated_evaluation_stays_so_when_the_text_is_forgotten(store: Store) -> None:
    keep(store, "s1")
    store.put_transcript("s1", transcript(4), now_ns=NOW)
    store.put_evaluation(evaluation("s1", digest=digest(transcript(4))))
    store.put_transcript("s1", transcript(5), now_ns=NOW)
    store.delete_transcript("s1")
    store.put_feedback(feedback())
    assert [each.status for each in store.overview(OverviewFilter(), JUDGE)] == ["stale"]


def test_what_was_said_before_a_session_was_kept_counts_once_it_is(store: Store) -> None:
    store.put_evaluation(evaluation())
    store.put_feedback(feedback())
    assert store.overview(OverviewFilter(), JUDGE) == []
    keep(store, "s1")
    (seen,) = store.overview(OverviewFilter(), JUDGE)
    assert (seen.status, seen.likes) == ("evaluated", 1)


def test_weekly_means_take_each_sessions_latest_evaluation_by_these_versions(store: Store) -> None:
    def judged(name: str, run: str, days: float, goal: float | None, **more: object) -> None:
        store.put_evaluation(evaluation(name, run, ago_s=days * 86_400, scores={**SCORES, "goal_completion": goal}, **more))

    judged("twice", "r1", 8, 10)
    judged("twice", "r2", 1, 90)
    judged("other", "r2", 0, 70)
    judged("unknown", "r2", 0, None)
    judged("before", "r1", 8, 50)
    judged("tried with another judge since", "r1", 1, 20)
    judged("tried with another judge since", "r2", 0, 0, versions=OLDER)
    judged("anchor", "r2", 0, 0, anchor=True)
    before, now = store.week_means(JUDGE, since_ns=0)
    assert (before.week, before.bucket, before.sessions, before.means["goal_completion"]) == ("2025-W52", "all", 1, Mean(50.0, 1))
    assert (now.week, now.start_ns, now.sessions) == ("2026-W01", (NOW - 3 * DAY) // DAY * DAY, 4)
    assert (now.means["goal_completion"], now.means["efficiency"]) == (Mean(60.0, 3), Mean(70.0, 4))
    assert now.means["self_extension"] == Mean(None, 0)
    assert [each.week for each in store.week_means(JUDGE, since_ns=NOW - 2 * DAY)] == ["2026-W01"]
    assert [each.sessions for each in store.week_means(JUDGE, since_ns=0, until_ns=NOW)] == [1, 2]
    assert [each.sessions for each in store.week_means(OLDER, since_ns=0)] == [1]


def test_weekly_means_are_split_by_complexity(store: Store) -> None:
    for place, complexity in enumerate((0, 25, 25.5, 75, 76, 100)):
        store.put_evaluation(evaluation(str(place), scores={**SCORES, "task_complexity": complexity}))
    store.put_evaluation(evaluation("unknown", scores={**SCORES, "task_complexity": None}))
    split = store.week_means(JUDGE, since_ns=0, by_complexity=True)
    assert [(each.bucket, each.sessions) for each in split] == [("0-25", 2), ("26-50", 1), ("51-75", 1), ("76+", 2)]
    (whole,) = store.week_means(JUDGE, since_ns=0)
    assert (whole.bucket, whole.sessions) == ("all", 7)


def test_pairs_tell_judge_people_and_outcome_of_the_latest_evaluations(store: Store) -> None:
    keep(store, "outcome", "overridden", "nobody")
    store.set_meta("outcome", Meta(success=True), now_ns=NOW)
    store.set_override("overridden", Override(NOW, task_completed=False), now_ns=NOW)
    store.put_feedback(feedback(-1, session="overridden"))
    store.put_feedback(feedback(1, session="not kept"))
    for place, name in enumerate(("outcome", "overridden", "nobody", "not kept")):
        store.put_evaluation(evaluation(name, ago_s=place))
    store.put_evaluation(evaluation("stale", versions=OLDER))
    assert store.pairs(JUDGE) == [
        Pair("outcome", SCORES, completed=True),
        Pair("overridden", SCORES, dislikes=1, completed=False),
        Pair("nobody", SCORES),
        Pair("not kept", SCORES, likes=1),
    ]
    assert [each.session for each in store.pairs(JUDGE, limit=1)] == ["outcome"]


def test_feedback_is_a_label_and_no_outcome(store: Store) -> None:
    keep(store, "liked", messages=4)
    store.put_feedback(feedback(session="liked"))
    store.put_evaluation(evaluation("liked"))
    assert [each.label for each in store.labelled()] == [True]
    assert [each.completed for each in store.pairs(JUDGE)] == [None]
    (summary,) = store.grade_summaries("day", since_ns=0)
    assert (summary.sessions, summary.told) == (1, 0)
