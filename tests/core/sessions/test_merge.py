"""One record of two: a continued session, one told anew, one seen by two sources."""

from dataclasses import replace

from otel_quality.core.sessions.merge import continued, merged
from otel_quality.core.sessions.part import NAMES
from otel_quality.core.sessions.record import SessionRecord, ToolUse
from tests.store.samples import S, session

KNOWN = session(error_types=(("timeout", 1),), failing_tools=(("bash", 1),), error_run=1)


def later(**more: object) -> SessionRecord:
    return replace(KNOWN, **{"start_ns": KNOWN.end_ns + S, "end_ns": KNOWN.end_ns + 9 * S} | more)


def test_a_part_that_begins_after_the_known_one_ended_is_added() -> None:
    both = merged(KNOWN, later(models=("m2",), error_types=(("unknown", 2),), error_run=0, final=None), same_source=True)
    assert (both.api_calls, both.tool_calls, both.tool_errors, both.input_tokens, both.cost_usd) == (8, 4, 2, 800, 0.04)
    assert (both.start_ns, both.end_ns, both.revision) == (KNOWN.start_ns, KNOWN.end_ns + 9 * S, 1)
    assert (both.models, both.final, both.error_run) == (("m1", "m2"), KNOWN.final, 1)
    assert both.error_types == (("unknown", 2), ("timeout", 1))
    assert len(both.tool_uses) == 4


def test_of_a_continued_session_the_latest_tool_uses_are_kept() -> None:
    uses = tuple(ToolUse(str(each)) for each in range(150))
    both = merged(replace(KNOWN, tool_uses=uses), later(tool_uses=uses), same_source=True)
    assert len(both.tool_uses) == 200
    assert both.tool_uses[-150:] == uses


def test_a_continued_session_has_no_more_names_than_one_part_may_have() -> None:
    names = [tuple(f"{part}{each}" for each in range(20)) for part in ("a", "b")]
    counts = [tuple((name, place) for place, name in enumerate(part, start=1)) for part in names]
    known = replace(KNOWN, models=names[0], failing_tools=counts[0])
    both = merged(known, later(models=names[1], failing_tools=counts[1]), same_source=True)
    assert both.models == (*names[0], *names[1][: NAMES - 20])
    assert both.failing_tools[:2] == (("a19", 20), ("b19", 20))
    assert min(count for _, count in both.failing_tools) == 5
    assert len(both.failing_tools) == NAMES


def test_tool_uses_that_were_sent_to_both_lives_count_once() -> None:
    uses = tuple(ToolUse("sh", "h", KNOWN.end_ns - n * S, 5, "timeout" if n == 2 else "") for n in (3, 2, 1))
    known = replace(KNOWN, tool_uses=uses, tool_calls=3, tool_errors=1, failing_tools=(("sh", 1),))
    more = ToolUse("ls", "h", KNOWN.end_ns + S, 5, "unknown")
    new = later(
        start_ns=KNOWN.end_ns - 2 * S,
        tool_uses=(*uses[1:], more),
        tool_calls=3,
        tool_errors=2,
        error_types=(("timeout", 1), ("unknown", 1)),
        failing_tools=(("ls", 1), ("sh", 1)),
    )
    both = continued(known, new)
    assert (both.tool_uses, both.tool_calls, both.tool_errors) == ((*uses, more), 4, 2)
    assert (both.error_types, both.failing_tools) == ((("timeout", 1), ("unknown", 1)), (("ls", 1), ("sh", 1)))


def test_a_session_that_is_sent_again_from_its_first_span_counts_once_the_fuller_stands() -> None:
    half = replace(KNOWN, end_ns=KNOWN.end_ns - S, api_calls=2, input_tokens=9, ended=True)
    assert continued(KNOWN, half) == replace(KNOWN, revision=1)
    more = replace(KNOWN, end_ns=KNOWN.end_ns + S, api_calls=9, revision=2)
    assert continued(replace(KNOWN, ended=True), more) == replace(more, revision=3)


def test_a_success_after_the_restart_recovers_errors_before_it() -> None:
    failed = replace(KNOWN, recovered=False)
    assert merged(failed, later(tool_errors=0, recovered=False), same_source=True).recovered
    assert not merged(failed, later(tool_errors=1, recovered=False), same_source=True).recovered
    assert not merged(failed, later(tool_errors=0, tool_calls=0, recovered=False), same_source=True).recovered


def test_a_session_told_anew_by_its_source_replaces_what_was_known_but_not_its_outcome() -> None:
    known = replace(KNOWN, success=True)
    for new in (later(revision=1, api_calls=1), replace(KNOWN, api_calls=1), replace(KNOWN, start_ns=0, end_ns=0, api_calls=1)):
        assert merged(known, new, same_source=True) == replace(new, success=True)
    assert merged(known, replace(KNOWN, success=False), same_source=True).success is False


def test_of_two_sources_the_fuller_record_stands_and_the_other_fills_it() -> None:
    posted = SessionRecord("s1", agents=("new",), api_calls=1, task_type="testing", group="lab", success=False, cost_usd=1.0)
    for both in (merged(KNOWN, posted, same_source=False), merged(posted, KNOWN, same_source=False)):
        assert (both.api_calls, both.tool_calls, both.end_ns) == (KNOWN.api_calls, KNOWN.tool_calls, KNOWN.end_ns)
        assert (both.task_type, both.group, both.success, both.cost_usd) == ("debugging", "lab", False, 1.0)
        assert set(both.agents) == {"ezra", "helper", "new"}


def test_the_number_of_messages_is_known_by_whichever_source_has_a_list_of_them() -> None:
    listed = replace(KNOWN, messages=12)
    assert merged(listed, replace(KNOWN, api_calls=99), same_source=False).messages == 12
    assert merged(KNOWN, listed, same_source=False).messages == 12
    assert merged(listed, later(), same_source=True).messages == 12
