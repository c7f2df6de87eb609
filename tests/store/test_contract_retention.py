"""The contract suite, what of judged quality goes with age and over the size: SQLite in memory and in a file, PostgreSQL."""

from dataclasses import replace

from otel_quality.core.evaluations.overview import OverviewFilter
from otel_quality.core.evaluations.record import Item, Line, Transcript, Versions
from otel_quality.core.history import Meta
from otel_quality.store.contract import Config, Store
from tests.store.samples import JUDGE, NOW, annotation, assessment, evaluation, feedback, grade, run, session, transcript

AGO_S = 91 * 86_400.0
"""Over the age of the default settings."""


def say_all(store: Store, name: str, *, ago_s: float) -> None:
    """All that can be said of a session, at one time."""
    store.put_feedback(feedback(session=name, ago_s=ago_s))
    store.put_annotations([annotation(session=name, ago_s=ago_s)])
    store.put_transcript(name, transcript(), now_ns=NOW - int(ago_s * 10**9))
    store.put_evaluation(evaluation(name, ago_s=ago_s))


def said(store: Store, name: str) -> int:
    """How many kinds of all that can be said of a session are kept."""
    kept = (store.feedback_changes(name), store.annotations(name), store.transcript(name), store.evaluations(session=name, anchors=None))
    return sum(bool(each) for each in kept)


def prune(store: Store, config: Config) -> int:
    """Until nothing is over any more."""
    rounds = iter(lambda: store.prune(config, now_ns=NOW), 0)
    return sum(rounds)


def test_what_was_said_of_a_session_stays_as_long_as_the_session(store: Store) -> None:
    store.put_session(session("gone", ago_s=AGO_S), grade(), source="spans", now_ns=NOW)
    store.put_session(session("pinned", ago_s=AGO_S), grade(), source="spans", now_ns=NOW)
    store.put_session(session("still active"), grade(), source="spans", now_ns=NOW)
    store.set_meta("pinned", Meta(pinned=True), now_ns=NOW)
    for name in ("gone", "pinned", "still active", "never kept"):
        say_all(store, name, ago_s=AGO_S)
    say_all(store, "not kept yet", ago_s=1)
    assert store.prune(Config(), now_ns=NOW) > 0
    assert {name: said(store, name) for name in ("gone", "pinned", "still active", "never kept", "not kept yet")} == {
        "gone": 0,
        "pinned": 4,
        "still active": 4,
        "never kept": 0,
        "not kept yet": 4,
    }
    assert [len(each.experts) for each in store.evaluations()] == [2, 2, 2]
    assert store.counts()["assessments"] == 6
    assert store.prune(Config(), now_ns=NOW) == 0


def test_old_runs_go_with_their_items_unless_they_run(store: Store) -> None:
    store.add_run(run("old", ago_s=AGO_S, state="done"), [Item("a", "failed", "no answer")])
    store.add_run(run("still running", ago_s=AGO_S), [Item("a")])
    store.add_run(run("new", state="done"), [Item("a")])
    for name in ("old", "still running", "new"):
        store.add_assessment(name, "a", assessment(), now_ns=NOW - int(AGO_S * 10**9))
    assert store.prune(Config(), now_ns=NOW) == 3
    assert [each.id for each in store.runs()] == ["new", "still running"]
    assert store.items("old") == []
    assert len(store.assessments("still running", "a")) == 1


def test_the_first_evaluation_of_an_anchor_by_each_version_stays_whatever_its_age(store: Store) -> None:
    newer = Versions("1:newer", JUDGE.rubric)
    for days, name, versions in ((100, "r1", JUDGE), (99, "r2", JUDGE), (98, "r3", newer), (1, "r4", newer)):
        for anchor in ("anchor a", "anchor b"):
            store.put_evaluation(evaluation(anchor, name, ago_s=days * 86_400, anchor=True, versions=versions))
    store.prune(Config(), now_ns=NOW)
    kept = store.evaluations(anchors=True)
    assert [(each.run, each.session) for each in kept] == [
        (name, anchor) for name in ("r4", "r3", "r1") for anchor in ("anchor a", "anchor b")
    ]
    assert {len(each.experts) for each in kept} == {2}


def words(place: int, count: int) -> Transcript:
    """Text that does not compress to nothing."""
    return Transcript(tuple(Line("user", f"{hash((place, each)) % 2**61:x}", message=each) for each in range(count)))


def test_over_the_size_texts_go_before_all_else_the_oldest_first(store: Store) -> None:
    for place in range(30):
        store.put_session(session(str(place), ago_s=place * 10), grade(), source="spans", now_ns=NOW)
        store.put_feedback(feedback(session=str(place)))
    without = store.size_bytes()
    for place in range(30):
        store.put_transcript(str(place), words(place, 300), now_ns=NOW)
    store.set_meta("29", Meta(pinned=True), now_ns=NOW)
    small = Config()
    object.__setattr__(small, "max_bytes", (without + store.size_bytes()) // 2)
    assert prune(store, small) > 0
    kept = store.with_transcript()
    assert kept[-1] == "29"
    assert kept[:-1] == [str(place) for place in range(len(kept) - 1)]
    assert 5 < len(kept) < 25
    assert (store.counts()["sessions"], store.counts()["feedback"]) == (30, 30)
    assert store.size_bytes() <= small.max_bytes


def test_over_the_size_without_texts_the_oldest_of_everything_goes_and_no_session_is_said_to_be_evaluated_that_is_not(store: Store) -> None:
    for place in range(40):
        store.put_session(session(str(place), ago_s=place * 10), grade(), source="spans", now_ns=NOW)
        store.put_evaluation(evaluation(str(place), ago_s=40 - place, experts=(assessment(comment=str(words(place, 500))),)))
    store.set_meta("39", Meta(pinned=True), now_ns=NOW)
    small = Config()
    object.__setattr__(small, "max_bytes", int(store.size_bytes() * 0.6))
    prune(store, small)
    overview = {each.kept.record.id: each for each in store.overview(OverviewFilter(limit=500), JUDGE)}
    assert 10 < len(overview) < 40
    assert overview["39"].status == "evaluated"
    assert {each.status for each in overview.values()} == {"evaluated", "pending"}
    assert all((each.status == "evaluated") == (each.scores is not None) for each in overview.values())
    assert store.counts()["assessments"] == store.counts()["evaluations"]
    assert store.size_bytes() <= small.max_bytes


def test_settings_keep_a_session_that_was_kept_again(store: Store) -> None:
    store.put_session(session("s1", ago_s=AGO_S), grade(), source="spans", now_ns=NOW)
    say_all(store, "s1", ago_s=AGO_S)
    store.put_session(replace(session("s1"), api_calls=9), grade(), source="spans", now_ns=NOW)
    assert store.prune(Config(), now_ns=NOW) == 0
    assert said(store, "s1") == 4
