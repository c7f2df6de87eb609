"""Evaluations find their session, before and after it closes; a person's thumb is told from every other mark."""

import pytest

from otel_quality.core.engine import Config, Engine
from otel_quality.core.evaluations.record import Annotation
from otel_quality.core.evaluations.told import DOWN, NO_INDEX, UP, Joining, Told, rating
from otel_quality.core.sessions.assembly import Config as SessionsConfig
from tests.core.steps import BEGIN_NS, SECOND, agent, llm
from tests.core.test_harvest import batch

NOW = BEGIN_NS + 1000 * SECOND
TRACE = f"{1:032x}"


def told(name: str = "relevance", *, thumb: int | None = None, index: int = NO_INDEX, **fields: str) -> Told:
    return Told(Annotation(**({"session": ""} | fields), name=name, time_ns=NOW, value=1.0), thumb, index)  # type: ignore[arg-type]


class Sessions:
    """Sessions in memory as a test wants them."""

    def __init__(self, traces: dict[int, str] | None = None, ended: set[str] | None = None) -> None:
        self.traces, self.ended = traces or {}, ended or set()

    def session_of(self, trace_id: int) -> str | None:
        return self.traces.get(trace_id)

    def has_ended(self, name: str) -> bool:
        return name in self.ended


def names(given: list[Told]) -> list[tuple[str, str]]:
    return [(each.annotation.name, each.annotation.session) for each in given]


def test_a_record_is_of_its_conversation_its_traces_session_or_its_calls() -> None:
    joining = Joining(patience_ns=SECOND)
    joining.see([llm(5, conversation="talk", response_id="r1"), llm(6, trace=2, response_id="r2")])
    joining.add(
        [told("a", session="c"), told("b", trace_id=TRACE), told("c", response_id="r1"), told("d", response_id="r2")],
        now_ns=NOW,
    )
    assert names(joining.take(Sessions({1: "conv", 2: f"{2:032x}"}), now_ns=NOW)) == [
        ("a", "c"),
        ("b", "conv"),
        ("c", "talk"),
        ("d", f"{2:032x}"),
    ]


def test_what_names_something_unseen_waits_and_then_stands_as_it_is() -> None:
    joining = Joining(patience_ns=10 * SECOND)
    joining.add([told("by_trace", trace_id=TRACE), told("by_response", response_id="r1"), told("lost", response_id="r9")], now_ns=NOW)
    nothing = Sessions()
    assert joining.take(nothing, now_ns=NOW + SECOND) == []
    joining.see([llm(5, conversation="talk", response_id="r1")])
    assert names(joining.take(nothing, now_ns=NOW + 2 * SECOND)) == [("by_response", "talk")]
    assert names(joining.take(nothing, now_ns=NOW + 10 * SECOND)) == [("by_trace", TRACE)]
    assert joining.counts == {"annotation": 2, "unmatched": 1}


def test_a_thumb_without_a_message_waits_for_the_end_of_its_session() -> None:
    joining, open_session = Joining(patience_ns=10 * SECOND), Sessions()
    joining.add([told(thumb=1, session="c"), told("second", thumb=-1, index=3, session="c")], now_ns=NOW)
    assert names(joining.take(open_session, now_ns=NOW)) == [("second", "c")]
    assert names(joining.take(Sessions(ended={"c"}), now_ns=NOW)) == [("relevance", "c")]
    joining.add([told(thumb=1, session="never")], now_ns=NOW)
    assert joining.take(open_session, now_ns=NOW + SECOND) == []
    assert len(joining.take(open_session, now_ns=NOW + 10 * SECOND)) == 1


def test_what_waits_is_bounded_and_nothing_waits_at_the_end() -> None:
    joining = Joining(patience_ns=10 * SECOND, waiting=2, responses=1)
    joining.add([told(str(number), trace_id=f"{number + 1:032x}") for number in range(5)], now_ns=NOW)
    assert [name for name, _ in names(joining.take(Sessions(), now_ns=NOW))] == ["0", "1", "2"]
    assert [name for name, _ in names(joining.take(Sessions(), now_ns=NOW, all_of_them=True))] == ["3", "4"]
    joining.see([llm(5, conversation="a", response_id="r1"), llm(6, conversation="b", response_id="r2")])
    joining.add([told("old", response_id="r1"), told("new", response_id="r2")], now_ns=NOW)
    assert names(joining.take(Sessions(), now_ns=NOW)) == [("new", "b")]


def test_the_engine_joins_records_to_conversations_whichever_comes_first() -> None:
    engine = Engine(Config(sessions=SessionsConfig(idle_s=60)), now_ns=NOW)
    engine.tell([told("before", trace_id=TRACE)], invalid=2, now_ns=NOW)
    assert not engine.harvest(now_ns=NOW)
    engine.apply(batch(llm(1, conversation="talk", parent=9, response_id="r1"), agent(9, at_s=5)), now_ns=NOW)
    engine.tell([told("thumb", thumb=1, response_id="r1")], now_ns=NOW)
    harvest = engine.harvest(now_ns=NOW)
    assert names(list(harvest.told)) == [("before", "talk"), ("thumb", "talk")]
    assert [record.id for record in harvest.sessions] == ["talk"]
    assert engine.tick(now_ns=NOW).intake.evaluations == {"invalid": 2, "annotation": 1, "feedback": 1}


@pytest.mark.parametrize("label", sorted(UP))
def test_words_that_mean_yes(label: str) -> None:
    assert rating("quality", author_kind="human", label=label.upper().replace("_", "-"), value=None) == 1
    assert rating("user_feedback", author_kind="", label=label, value=None) == 1


@pytest.mark.parametrize("label", sorted(DOWN))
def test_words_that_mean_no(label: str) -> None:
    assert rating("quality", author_kind="user", label=label, value=1.0) == -1


@pytest.mark.parametrize(("value", "expected"), [(1.0, 1), (0.0, -1), (-1.0, -1), (0.5, None), (4.0, None), (None, None)])
def test_a_value_alone(value: float | None, expected: int | None) -> None:
    assert rating("thumbs", author_kind="", label="", value=value) == expected


@pytest.mark.parametrize(
    ("name", "kind", "label"), [("relevance", "llm", "good"), ("relevance", "", "up"), ("stars", "human", "three stars")]
)
def test_what_is_no_persons_thumb(name: str, kind: str, label: str) -> None:
    assert rating(name, author_kind=kind, label=label, value=1.0) is None
