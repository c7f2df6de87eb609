"""The contract suite, what people, texts, runs and judges say: SQLite in memory and in a file, PostgreSQL."""

from dataclasses import replace

import pytest

from otel_quality.core.evaluations.overview import Ratings
from otel_quality.core.evaluations.record import Item, Line, Spent, Transcript
from otel_quality.core.history import Override
from otel_quality.store.contract import Store
from tests.store.conftest import Opened
from tests.store.samples import (
    DAY,
    JUDGE,
    NOW,
    OLDER,
    SCORES,
    S,
    annotation,
    assessment,
    evaluation,
    execution,
    feedback,
    grade,
    keep,
    run,
    session,
    transcript,
)

# Feedback


def test_feedback_is_known_by_session_message_and_author_and_the_last_word_stands(store: Store) -> None:
    first, second = feedback(1, ago_s=9), feedback(-1, ago_s=5, comment="wrong file")
    others = [feedback(author="max", ago_s=8), feedback(message_index=4, ago_s=7), feedback(session="s2", ago_s=6)]
    for each in (first, *others, second):
        assert store.put_feedback(each)
    assert store.feedback() == [second, *reversed(others)]
    assert store.feedback(session="s1") == [second, others[1], others[0]]
    assert store.feedback(since_ns=NOW - 6 * S, limit=1, offset=1) == [others[2]]
    assert store.feedback_changes("s1") == [second, others[1], others[0], first]


def test_the_same_feedback_again_changes_nothing(store: Store) -> None:
    said = feedback(ago_s=9, comment="good")
    assert store.put_feedback(said)
    assert not store.put_feedback(replace(said, time_ns=NOW))
    assert store.feedback_changes("s1") == [said]
    assert store.put_feedback(replace(said, time_ns=NOW, comment="very good"))


def test_feedback_that_comes_late_does_not_replace_what_was_said_since(store: Store) -> None:
    said = feedback(-1)
    store.put_feedback(said)
    assert not store.put_feedback(feedback(1, ago_s=1))
    assert store.feedback() == [said]
    changed = feedback(1)
    assert store.put_feedback(changed)
    assert store.feedback() == [changed]


def test_feedback_can_be_taken_back_and_given_again(store: Store) -> None:
    assert not store.put_feedback(feedback(0, ago_s=9))
    said, back, again = feedback(1, ago_s=8), feedback(0, ago_s=7), feedback(-1, ago_s=6)
    assert store.put_feedback(said)
    assert store.put_feedback(back)
    assert not store.put_feedback(replace(back, time_ns=NOW, comment="sorry"))
    assert store.feedback() == []
    assert store.feedback_changes("s1") == [back, said]
    assert store.put_feedback(again)
    assert store.feedback() == [again]


def test_of_many_changes_the_latest_twenty_are_kept(store: Store) -> None:
    for number in range(25):
        assert store.put_feedback(feedback(1 if number % 2 else -1, ago_s=-number))
    assert [each.time_ns - NOW for each in store.feedback_changes("s1")] == [number * S for number in range(24, 4, -1)]
    assert [each.time_ns - NOW for each in store.feedback()] == [24 * S]


def test_ratings_are_counted_by_iso_week(store: Store) -> None:
    monday = (NOW - 3 * DAY) // DAY * DAY
    for author, rating, at in (("a", 1, monday), ("b", -1, monday + 7 * DAY - 1), ("c", 1, NOW), ("d", 1, monday - 1), ("e", 1, NOW)):
        store.put_feedback(replace(feedback(rating, author=author), time_ns=at))
    store.put_feedback(feedback(0, author="e"))
    assert store.ratings_by_week(since_ns=0) == [Ratings(monday - 7 * DAY, 1, 0), Ratings(monday, 2, 1)]
    assert store.ratings_by_week(since_ns=monday, until_ns=NOW) == [Ratings(monday, 1, 0)]


def test_feedback_on_the_last_message_is_a_label_where_nobody_knows_better(store: Store) -> None:
    keep(store, "liked", "disliked", "earlier", "both", "known", messages=4)
    keep(store, "unknown length")
    store.set_override("known", Override(NOW, task_completed=False), now_ns=NOW)
    for name, index, rating, author in (
        ("liked", 3, 1, "ann"),
        ("liked", 1, -1, "ann"),
        ("disliked", 3, -1, "ann"),
        ("earlier", 2, 1, "ann"),
        ("both", 3, 1, "ann"),
        ("both", 3, -1, "max"),
        ("known", 3, 1, "ann"),
        ("unknown length", 3, 1, "ann"),
    ):
        store.put_feedback(feedback(rating, session=name, message_index=index, author=author))
    labels = {each.record.id: each.label for each in store.labelled()}
    assert labels == {"liked": True, "disliked": False, "known": False}
    liked = store.session("liked")
    assert liked is not None
    assert (liked.completed, liked.told_by_feedback) == (None, True)


def test_a_label_of_feedback_follows_feedback_and_the_length_of_the_session(store: Store) -> None:
    store.put_feedback(feedback(1))
    stamps = [store.labels_stamp()]

    def labels() -> list[bool | None]:
        stamps.append(store.labels_stamp())
        return [each.label for each in store.labelled()]

    store.put_session(session(messages=4), grade(), source="api", now_ns=NOW)
    assert labels() == [True]
    store.put_feedback(feedback(-1, ago_s=-1))
    assert labels() == [False]
    store.put_feedback(feedback(1, ago_s=-2))
    assert labels() == [True]
    store.put_session(session(messages=6), grade(), source="api", now_ns=NOW + 3 * S)
    assert labels() == []
    store.put_session(session(messages=0), grade(), source="spans", now_ns=NOW + 4 * S)
    assert labels() == []
    store.put_transcript("s1", transcript(4), now_ns=NOW + 5 * S)
    assert labels() == [True]
    store.put_feedback(feedback(0, ago_s=-6))
    assert labels() == []
    assert stamps[4] == stamps[5] == stamps[0]
    assert len(set(stamps)) == 5


# Annotations


def test_annotations_are_kept_once(store: Store) -> None:
    first, bare = annotation(), annotation("toxicity", ago_s=5, value=None, label="", trace_id="", span_id="")
    assert store.put_annotations([first, bare, first]) == 2
    assert store.put_annotations([replace(first, value=0.1), annotation(author="human", ago_s=3)]) == 1
    assert store.annotations("s1") == [first, annotation(author="human", ago_s=3), bare]
    assert store.annotations("s1", limit=1) == [first]
    assert store.annotations("s2") == []


def test_a_trace_is_of_the_session_of_its_executions(store: Store) -> None:
    store.put_executions([execution(trace_id="a" * 32, session="conv-1"), execution(trace_id="b" * 32, session="")])
    assert [store.session_of_trace(trace * 32) for trace in "abc"] == ["conv-1", None, None]


def test_annotations_without_a_span_are_told_apart_by_session_and_response(store: Store) -> None:
    bare = annotation(trace_id="", span_id="")
    assert store.put_annotations([bare, replace(bare, session="s2"), replace(bare, response_id="r")]) == 3


# Transcripts


def test_a_transcript_comes_back_as_it_was_put_and_is_replaced(store: Store) -> None:
    said = Transcript((Line("user", "hi ü \N{ROCKET}"), Line("call", '{"a": 1}', "bash", 1)), {"email": 2}, 17)
    store.put_transcript("s1", said, now_ns=NOW)
    assert store.transcript("s1") == said
    store.put_transcript("s1", transcript(), now_ns=NOW)
    assert store.transcript("s1") == transcript()
    assert store.transcript("s2") is None
    assert store.delete_transcript("s1")
    assert not store.delete_transcript("s1")
    assert store.transcript("s1") is None


def test_sessions_with_text_come_latest_active_first_whether_they_are_kept_or_not(store: Store) -> None:
    store.put_transcript("later kept", transcript(), now_ns=NOW)
    store.put_transcript("not kept", transcript(), now_ns=NOW - 15 * S)
    keep(store, "no text", "kept", "later kept")
    store.put_transcript("kept", transcript(), now_ns=NOW)
    assert store.with_transcript() == ["kept", "not kept", "later kept"]
    assert store.with_transcript(since_ns=NOW - 15 * S) == ["kept", "not kept"]
    assert store.with_transcript(limit=1) == ["kept"]


def test_unevaluated_are_those_without_an_evaluation_by_these_versions(store: Store) -> None:
    for place, name in enumerate(("a", "b", "c", "d")):
        store.put_transcript(name, transcript(), now_ns=NOW - place * S)
    store.put_evaluation(evaluation("a", "r1"))
    store.put_evaluation(evaluation("a", "r2", versions=OLDER))
    store.put_evaluation(evaluation("b", versions=OLDER))
    store.put_evaluation(evaluation("c", anchor=True))
    assert store.unevaluated(JUDGE) == ["b", "c", "d"]
    assert store.unevaluated(OLDER) == ["c", "d"]
    assert store.unevaluated(JUDGE, since_ns=NOW - 2 * S, limit=1) == ["b"]


def test_unevaluated_at_which_the_judge_has_failed_come_last(store: Store) -> None:
    for place, name in enumerate(("a", "b", "c")):
        store.put_transcript(name, transcript(), now_ns=NOW - place * S)
    store.add_run(run(), [Item("a", "failed", "every expert declined"), Item("c"), Item("b", "failed", anchor=True)])
    assert store.unevaluated(JUDGE) == ["b", "c", "a"]
    assert store.unevaluated(JUDGE, limit=1) == ["b"]
    assert store.unevaluated(OLDER) == ["a", "b", "c"]


# Runs


def test_a_run_comes_back_as_it_was_put_with_its_items_counted(store: Store) -> None:
    items = [Item("b"), Item("a"), Item("anchor", anchor=True), Item("c", "failed", "no answer")]
    store.add_run(run(), items)
    assert store.run("r1") == run(counts={"pending": 2, "failed": 1})
    assert store.items("r1") == items
    assert store.items("r1", state="pending", limit=1, offset=1) == [items[1]]
    assert store.run("r2") is None
    assert store.items("r2") == []


def test_runs_are_listed_newest_first_each_with_its_counts(store: Store) -> None:
    store.add_run(run("old", ago_s=9), [Item("a", "ok", mean=5.0)])
    store.add_run(run("new"), [])
    store.add_run(run("middle", ago_s=5), [Item("a"), Item("b", "ok")])
    assert [(each.id, each.counts) for each in store.runs()] == [("new", {}), ("middle", {"pending": 1, "ok": 1}), ("old", {"ok": 1})]
    assert [(each.id, each.counts) for each in store.runs(limit=1, offset=2)] == [("old", {"ok": 1})]


def test_what_stands_of_a_run_and_its_items_changes(store: Store) -> None:
    store.add_run(run(), [Item("a"), Item("b")])
    ended = run(state="failed", ended_ns=NOW + 1, spent=Spent(3, 100, 20, 0.5), error="no answer", note="the budget ended it")
    store.set_run(ended)
    store.set_item("r1", Item("b", "failed", "refused"))
    assert store.run("r1") == replace(ended, counts={"pending": 1, "failed": 1})
    assert store.items("r1") == [Item("a"), Item("b", "failed", "refused")]


def test_what_experts_said_is_kept_in_order_of_time_and_what_it_took_is_counted(store: Store) -> None:
    critic, planner = assessment("critic", refused=True, scores={}), assessment("planner")
    store.add_assessment("r1", "a", critic, now_ns=NOW)
    store.add_assessment("r1", "a", planner, now_ns=NOW + 1)
    store.add_assessment("r2", "a", planner, now_ns=NOW + 2)
    assert store.assessments("r1", "a") == [critic, planner]
    assert store.assessments("r1", "b") == []
    assert store.spent(since_ns=0) == Spent(3, 600, 150, pytest.approx(0.03))
    assert store.spent(since_ns=NOW + 1) == Spent(2, 400, 100, pytest.approx(0.02))
    assert store.spent(since_ns=NOW + 1, run="r1") == Spent(1, 200, 50, 0.01)
    assert store.spent(since_ns=0, run="none") == Spent()


def test_calls_that_came_to_nothing_are_counted_and_say_nothing(store: Store) -> None:
    store.add_spent("r1", "a", "critic", Spent(2, 10, 5, 0.25), now_ns=NOW)
    assert store.assessments("r1", "a") == []
    store.add_assessment("r1", "a", assessment("critic"), now_ns=NOW + 1)
    store.add_spent("r1", "a", "critic", Spent(1, 0, 0, 0.0), now_ns=NOW + 2)
    (said,) = store.assessments("r1", "a")
    assert said == replace(assessment("critic"), spent=Spent(4, 210, 55, pytest.approx(0.26)))
    assert store.spent(since_ns=0) == said.spent


# Evaluations


def test_an_evaluation_comes_back_as_it_was_put_and_marks_its_session_ok(store: Store) -> None:
    store.add_run(run(), [Item("s1", "running"), Item("s2")])
    store.add_assessment("r1", "s1", assessment(), now_ns=NOW)
    store.put_evaluation(evaluation())
    assert store.evaluations() == [evaluation()]
    assert store.items("r1") == [Item("s1", "ok", mean=68.0), Item("s2")]
    assert store.assessments("r1", "s1") == [assessment("critic", comment="too long"), assessment()]
    assert store.spent(since_ns=0) == Spent(2, 400, 100, 0.02)


def test_an_evaluation_that_is_put_twice_is_one(store: Store) -> None:
    store.put_evaluation(evaluation())
    better = evaluation(scores={**SCORES, "goal_completion": 90.0})
    store.put_evaluation(better)
    assert store.evaluations() == [better]


def test_evaluations_are_found_by_session_and_run_newest_first_and_anchors_apart(store: Store) -> None:
    first, second = evaluation(ago_s=9), evaluation(run="r2", ago_s=5)
    other, anchor = evaluation("s2", "r2"), evaluation("anchor", "r2", ago_s=1, anchor=True)
    for each in (first, second, other, anchor):
        store.put_evaluation(each)
    assert store.evaluations() == [other, second, first]
    assert store.evaluations(anchors=True) == [anchor]
    assert store.evaluations(anchors=None, limit=2) == [other, anchor]
    assert store.evaluations(session="s1") == [second, first]
    assert store.evaluations(run="r2", anchors=None) == [other, anchor, second]
    assert store.evaluations(run="r2", session="s1") == [second]
    assert store.evaluations(session="s3") == []


def test_of_anchors_the_first_evaluation_by_each_version_is_told_whatever_the_limit(store: Store) -> None:
    judged = [
        evaluation(name, f"r{days}", ago_s=days * 86_400, anchor=True, versions=OLDER if days > 6 else JUDGE)
        for days in range(9)
        for name in ("anchor a", "anchor b")
    ]
    for each in judged:
        store.put_evaluation(each)
    store.put_evaluation(evaluation("s1"))
    told = store.anchors(limit=3)
    assert [(each.run, each.session[-1]) for each in told] == [
        ("r0", "a"), ("r0", "b"), ("r1", "a"), ("r6", "a"), ("r6", "b"), ("r8", "a"), ("r8", "b"),
    ]  # fmt: skip
    assert told[0] == judged[0]
    assert store.anchors() == judged


def test_an_evaluation_that_nobody_scored_has_no_values(store: Store) -> None:
    refused = assessment(refused=True, scores={})
    store.put_evaluation(evaluation(scores={}, experts=(refused,), masked={}))
    (kept,) = store.evaluations()
    assert (set(kept.scores.values()), kept.experts) == ({None}, (refused,))
    assert store.week_means(JUDGE, since_ns=0, by_complexity=True) == []


def test_current_versions_are_those_of_the_newest_evaluation_that_is_no_anchors(store: Store) -> None:
    assert store.current_versions() is None
    store.put_evaluation(evaluation(ago_s=9))
    store.put_evaluation(evaluation("s2", ago_s=5, versions=OLDER))
    store.put_evaluation(evaluation("anchor", anchor=True))
    assert store.current_versions() == OLDER


# Deleting, reopening


def test_deleting_a_session_deletes_all_that_was_said_of_it_but_not_what_that_took(store: Store) -> None:
    keep(store, "s1", "s2")
    store.add_run(run(), [Item("s1"), Item("s2")])
    for name in ("s1", "s2"):
        store.put_executions([execution(session=name)])
        store.put_transcript(name, transcript(), now_ns=NOW)
        store.put_feedback(feedback(session=name))
        store.put_annotations([annotation(session=name)])
        store.put_evaluation(evaluation(name))
    took = store.spent(since_ns=0)
    assert store.delete_session("s1")
    assert store.transcript("s1") is None
    assert store.feedback_changes("s1") == []
    assert store.annotations("s1") == []
    assert store.evaluations(session="s1", anchors=None) == []
    assert store.assessments("r1", "s1") == []
    assert store.spent(since_ns=0) == took
    assert store.transcript("s2") == transcript()
    assert len(store.assessments("r1", "s2")) == 2
    assert not store.delete_session("s1")


def test_deleting_a_session_of_which_only_text_is_kept_deletes_the_text(store: Store) -> None:
    store.put_transcript("s1", transcript(), now_ns=NOW)
    assert store.delete_session("s1")
    assert store.transcript("s1") is None


def test_a_session_that_is_a_part_of_another_gives_it_what_was_said_but_no_evaluation(store: Store) -> None:
    keep(store, "part", "whole", messages=4)
    for rating, ago_s in ((1, 9), (-1, 8)):
        store.put_feedback(feedback(rating, session="part", ago_s=ago_s))
        store.put_feedback(feedback(-rating, session="part", author="max", ago_s=ago_s))
    store.put_feedback(feedback(-1, session="whole", author="max", ago_s=10))
    store.put_annotations([annotation(session="part"), annotation(session="whole", value=0.1)])
    store.put_transcript("part", transcript(), now_ns=NOW)
    store.put_evaluation(evaluation("part"))
    took = store.spent(since_ns=0)
    assert store.absorb_session("part", into="whole")
    assert [(each.author, each.rating) for each in store.feedback()] == [("ann", -1), ("max", -1)]
    assert [each.rating for each in store.feedback_changes("whole")] == [-1, 1, -1]
    assert [each.value for each in store.annotations("whole")] == [0.1]
    assert store.transcript("whole") == transcript()
    assert store.evaluations(anchors=None) == []
    assert store.spent(since_ns=0) == took
    assert store.unevaluated(JUDGE) == ["whole"]
    assert [(each.record.id, each.label) for each in store.labelled()] == [("whole", False)]
    assert (store.feedback_changes("part"), store.annotations("part"), store.transcript("part")) == ([], [], None)


def test_text_that_no_database_takes_is_cleaned(store: Store) -> None:
    odd = "a\0b\ud800"
    store.put_feedback(feedback(session=odd, author=odd, comment=odd))
    store.put_annotations([annotation(odd, session=odd, explanation=odd)])
    store.add_run(run(odd, note=odd), [Item(odd, error=odd)])
    store.put_evaluation(evaluation(odd, odd, masked={odd: 1}, experts=(assessment(odd, comment=odd),)))
    store.put_transcript(odd, Transcript((Line("user", "ü\ud800"),)), now_ns=NOW)
    (said,) = store.feedback(session=odd)
    assert (said.session, said.author, said.comment) == ("ab?", "ab?", "ab?")
    assert [each.explanation for each in store.annotations(odd)] == ["ab?"]
    assert [(each.session, each.state) for each in store.items(odd)] == [("ab?", "ok")]
    assert [len(each.experts) for each in store.evaluations(run=odd, session=odd)] == [1]
    assert store.run(odd) == replace(run("ab?", note="ab?"), counts={"ok": 1})
    assert store.transcript(odd) is not None


def test_judged_quality_is_there_after_opening_again(reopen: Opened) -> None:
    first = reopen()
    first.add_run(run(), [Item("s1")])
    first.put_evaluation(evaluation())
    first.put_feedback(feedback())
    first.close()
    second = reopen()
    assert second.evaluations() == [evaluation()]
    assert second.feedback() == [feedback()]
    assert second.run("r1") == run(counts={"ok": 1})
