"""What sessions say and what is said of them on its way to the store: masked, bounded, once."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from otel_quality.core.evaluations.record import Annotation, Line, Transcript
from otel_quality.core.evaluations.told import NO_INDEX, Told
from otel_quality.core.sessions.grade import grade
from otel_quality.core.sessions.transcript import Config
from otel_quality.service.historian import Historian
from otel_quality.service.saying import Sayings
from otel_quality.store.contract import Config as StoreConfig
from otel_quality.store.contract import Store
from otel_quality.store.opening import open_store
from tests.service.history import in_folder, kept_by, until
from tests.store.samples import NOW, execution, session

pytestmark = pytest.mark.anyio
LEAST = 4096


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def store() -> Iterator[Store]:
    opened = open_store(StoreConfig(), data_dir=None)
    yield opened
    opened.close()


def text(*said: str) -> Transcript:
    return Transcript(tuple(Line("user", each, message=number) for number, each in enumerate(said)))


def thumb(rating: int = 1, *, index: int = NO_INDEX, time_ns: int = NOW, author: str = "ann", why: str = "") -> Told:
    return Told(Annotation("s1", "thumbs", time_ns, author=author, explanation=why), rating, index)


def lines(store: Store, name: str = "s1") -> list[str]:
    kept = store.transcript(name)
    return [] if kept is None else [line.text for line in kept.lines]


def test_text_is_masked_counted_and_joined_to_what_is_kept(store: Store) -> None:
    sayings = Sayings(Config(keep=True))
    for said in (text("write to ann@example.com"), text("write to ann@example.com", "password='hunter2x'"), text("bye")):
        sayings.keep_text(store, "s1", sayings.mask(said), whole=False, now_ns=NOW)
    assert lines(store) == ["write to [EMAIL]", "password='[PASSWORD]'", "bye"]
    assert sayings.masked == {"EMAIL": 2, "PASSWORD": 1}
    sayings.keep_text(store, "s1", sayings.mask(text("anew")), whole=True, now_ns=NOW)
    assert lines(store) == ["anew"]


def test_without_masking_text_is_kept_as_it_is_and_within_its_bound(store: Store) -> None:
    sayings = Sayings(Config(keep=True, mask=False, max_bytes=LEAST))
    sayings.keep_text(store, "s1", sayings.mask(text("ann@example.com", *("x" * 900 for _ in range(3)))), whole=False, now_ns=NOW)
    sayings.keep_text(store, "s1", sayings.mask(text(*(f"{n} " + "y" * 900 for n in range(4)))), whole=False, now_ns=NOW)
    assert lines(store)[0] == "ann@example.com"
    assert sum(map(len, lines(store))) < LEAST


def test_a_thumb_is_feedback_on_its_message_or_the_last_one_and_counts_once(store: Store) -> None:
    sayings = Sayings(Config())
    sayings.keep_told(store, [thumb(index=2), thumb(author="bob")])
    store.put_transcript("s1", text("a", "b", "c"), now_ns=NOW)
    sayings.keep_told(store, [thumb(author="bob"), thumb(index=2), thumb(-1, author="eve", why="ask eve@example.com")])
    said = {(each.author, each.message_index): (each.rating, each.comment, each.source) for each in store.feedback(session="s1")}
    assert said == {("ann", 2): (1, "", "spans"), ("bob", 0): (1, "", "spans"), ("eve", 2): (-1, "ask [EMAIL]", "spans")}
    store.put_session(replace(session(), messages=9), None, source="api", now_ns=NOW)
    sayings.keep_told(store, [thumb(author="zoe")])
    assert next(each.message_index for each in store.feedback(session="s1") if each.author == "zoe") == 8


def test_annotations_are_kept_once_with_explanations_masked(store: Store) -> None:
    sayings = Sayings(Config())
    said = Told(Annotation("s1", "relevance", NOW, value=0.5, explanation="as ann@example.com says"))
    sayings.keep_told(store, [said, said])
    sayings.keep_told(store, [said])
    (kept,) = store.annotations("s1")
    assert (kept.explanation, kept.value) == ("as [EMAIL] says", 0.5)


def test_after_a_restart_a_kept_execution_tells_whose_a_trace_is(store: Store) -> None:
    known, unknown = "a" * 32, "b" * 32
    store.put_executions([execution(trace_id=known, session="conv-1"), execution(trace_id="c" * 32, session="")])
    told = [Told(Annotation(trace, "relevance", NOW, value=1.0, trace_id=trace)) for trace in (known, unknown, "c" * 32)]
    Sayings(Config()).keep_told(store, told)
    assert [len(store.annotations(name)) for name in ("conv-1", known, unknown, "c" * 32)] == [1, 0, 1, 1]


async def test_the_historian_keeps_them_with_the_session(tmp_path: Path) -> None:
    async with kept_by(in_folder(tmp_path)) as historian:
        historian.put([session()], [], [thumb(index=1)], [("s1", text("ann@example.com"))])
        kept = await historian.ask(lambda store: (store.transcript("s1"), store.feedback(session="s1"), store.session("s1")))
        await until(lambda: historian.history().masked)
    said, feedback, found = kept
    assert said is not None
    assert said.lines[0].text == "[EMAIL]"
    assert [each.rating for each in feedback] == [1]
    assert found is not None
    assert historian.history().masked == {"EMAIL": 1}


async def test_what_is_handed_in_is_kept_with_its_text_masked_and_cut(tmp_path: Path) -> None:
    async with kept_by(in_folder(tmp_path)) as historian:
        await historian.add(session(), source="api", said=text("ann@example.com", "b"))
        assert await historian.ask(lines) == ["[EMAIL]", "b"]
        await historian.add(session(), source="api")
        assert await historian.ask(lines) == ["[EMAIL]", "b"], "a session without text leaves what is kept"


async def test_text_over_the_bound_of_what_waits_is_dropped_and_counted(tmp_path: Path) -> None:
    async with kept_by(in_folder(tmp_path), max_waiting=50) as historian:
        historian.put([session()], [], [thumb(index=1)], [("s1", text("x" * 100_000)), ("s2", text("short"))])
        assert await historian.ask(lines) == []
        assert await historian.ask(lambda store: lines(store, "s2")) == ["short"]
        health = historian.history().store
    assert (health.dropped, health.waiting) == (1, 0)


async def test_a_record_that_no_store_takes_does_not_stop_the_others(tmp_path: Path) -> None:
    async with kept_by(in_folder(tmp_path)) as historian:
        bad = Told(Annotation("s1", "relevance", 2**70, value=0.5))
        historian.put([session()], [], [bad, thumb(index=1)], [("s1", text("hello"))])
        kept = await historian.ask(lambda store: (store.feedback(session="s1"), lines(store), store.session("s1")))
        assert [each.rating for each in kept[0]] == [1]
        assert kept[1] == ["hello"]
        assert kept[2] is not None
        await asyncio.sleep(0)
        assert historian.history().store.dropped == 1


class _Broken(Sayings):
    """Masks nothing that holds an x."""

    def mask(self, said: Transcript) -> Transcript:
        if "x" in said.lines[0].text:
            raise RuntimeError("broken")
        return super().mask(said)


async def test_a_text_that_cannot_be_masked_is_dropped_and_the_others_are_kept() -> None:
    historian = Historian(lambda: open_store(StoreConfig(), data_dir=None), grade, sayings=_Broken(Config()))
    await historian.start()
    historian.put([session()], [], [thumb(index=1)], [("s1", text("x")), ("s2", text("hello"))])
    assert await historian.ask(lambda store: (lines(store), lines(store, "s2"), len(store.feedback(session="s1")))) == ([], ["hello"], 1)
    health = historian.history().store
    await historian.stop()
    assert (health.dropped, health.waiting) == (1, 0)
