"""One record of two that tell the same session.

continued  whoever assembled the new record had forgotten the first part (a restart, a bound), so the two add up; tool uses that both
           hold were sent twice and count once
told again the new record begins with the very span that the known one begins with: a sender repeats the session, the fuller stands
replaced   the same source tells the session anew, in full
joined     two sources saw the same session: the fuller record stands, and what it does not know comes from the other

What is not known: which API calls of a continued session were sent twice. A record holds no identities of calls, so where a sender
repeats the midst of a session to another life of the processor, those calls, their tokens and cost count twice.
"""

from collections import Counter
from dataclasses import replace
from typing import Final

from otel_quality.core.sessions.part import NAMES
from otel_quality.core.sessions.record import SessionRecord
from otel_quality.core.sessions.tally import most_frequent, tally

TOOL_USES: Final = 200
"""Tool uses kept of a continued session, the latest ones."""


def merged(known: SessionRecord, new: SessionRecord, *, same_source: bool) -> SessionRecord:
    """The record to keep.

    Args:
        known: what is kept; new: what came.
        same_source: both came the same way.
    """
    if not same_source:
        return _joined(known, new)
    follows = new.revision == 0 and 0 < known.end_ns < new.start_ns
    return continued(known, new) if follows else replace(new, success=known.success if new.success is None else new.success)


def continued(known: SessionRecord, new: SessionRecord) -> SessionRecord:
    """Two parts of one session, assembled apart, as one; what is latest is told by the part that ended last."""
    if known.start_ns and new.start_ns == known.start_ns:
        ended = (known if known.end_ns > new.end_ns else new).ended
        return replace(_joined(known, new), ended=ended, revision=known.revision + 1 + new.revision)
    new = _without_repeats(known, new)
    sums = ("api_calls", "failed_api_calls", "tool_calls", "tool_errors", "input_tokens", "output_tokens", "cost_usd")
    first, last = sorted((known, new), key=lambda part: part.end_ns)
    return replace(
        new,
        **{name: getattr(known, name) + getattr(new, name) for name in sums},
        platform=first.platform or last.platform,
        agents=_both(first.agents, last.agents),
        models=_both(first.models, last.models),
        backends=_both(first.backends, last.backends),
        task=known.task or new.task,
        task_type=known.task_type,
        group=known.group or new.group,
        start_ns=min(part.start_ns for part in (known, new) if part.start_ns or part is known),
        end_ns=last.end_ns,
        tool_uses=tuple(sorted((*first.tool_uses, *last.tool_uses), key=lambda use: use.end_ns))[-TOOL_USES:],
        error_types=_counts(known.error_types, new.error_types),
        failing_tools=_counts(known.failing_tools, new.failing_tools),
        error_run=max(known.error_run, new.error_run),
        recovered=last.recovered if last.tool_errors else bool(first.tool_errors and last.tool_calls) or first.recovered,
        final=last.final or first.final,
        clarification=known.clarification or new.clarification,
        ended=last.ended,
        success=known.success if new.success is None else new.success,
        revision=known.revision + 1 + new.revision,
        traits=last.traits or first.traits,
        clues=known.clues | new.clues,
        sketch=last.sketch or first.sketch,
        messages=max(known.messages, new.messages),
    )


def _without_repeats(known: SessionRecord, new: SessionRecord) -> SessionRecord:
    """A part without the tool uses that the part before it holds too; those of records that do not overlap are other ones."""
    repeated = set(known.tool_uses).intersection(new.tool_uses) if 0 < new.start_ns <= known.end_ns else ()
    if not repeated:
        return new
    failed = tally(use for use in repeated if use.error)
    return replace(
        new,
        tool_uses=tuple(use for use in new.tool_uses if use not in repeated),
        tool_calls=new.tool_calls - len(repeated),
        tool_errors=new.tool_errors - failed.errors,
        error_types=_less(new.error_types, failed.error_types),
        failing_tools=_less(new.failing_tools, failed.failing_tools),
    )


def _less(counts: tuple[tuple[str, int], ...], fewer: tuple[tuple[str, int], ...]) -> tuple[tuple[str, int], ...]:
    return most_frequent(+(Counter(dict(counts)) - Counter(dict(fewer))))


def _both(first: tuple[str, ...], second: tuple[str, ...]) -> tuple[str, ...]:
    """Names of both, the first ones where they are more than `NAMES` and more than a part has."""
    return tuple(dict.fromkeys((*first, *second)))[: max(NAMES, len(first), len(second))]


def _counts(first: tuple[tuple[str, int], ...], second: tuple[tuple[str, int], ...]) -> tuple[tuple[str, int], ...]:
    """Counts of both, the most frequent ones within the same bound."""
    total = Counter(dict(first)) + Counter(dict(second))
    return most_frequent(total)[: max(NAMES, len(first), len(second))]


def _joined(known: SessionRecord, new: SessionRecord) -> SessionRecord:
    """Where both are as full, the new one stands."""
    fuller, other = (known, new) if _fullness(known) > _fullness(new) else (new, known)
    return replace(
        fuller,
        platform=fuller.platform or other.platform,
        agents=_both(fuller.agents, other.agents),
        models=_both(fuller.models, other.models),
        backends=_both(fuller.backends, other.backends),
        task=fuller.task or other.task,
        task_type=fuller.task_type if fuller.task_type != "general" else other.task_type,
        group=fuller.group or other.group,
        start_ns=min((ns for ns in (known.start_ns, new.start_ns) if ns), default=0),
        end_ns=max(known.end_ns, new.end_ns),
        input_tokens=max(fuller.input_tokens, other.input_tokens),
        output_tokens=max(fuller.output_tokens, other.output_tokens),
        cost_usd=max(fuller.cost_usd, other.cost_usd),
        final=fuller.final or other.final,
        clarification=fuller.clarification or other.clarification,
        ended=fuller.ended or other.ended,
        success=known.success if new.success is None else new.success,
        revision=max(known.revision, new.revision),
        traits=fuller.traits or other.traits,
        clues=fuller.clues | other.clues,
        sketch=fuller.sketch or other.sketch,
        messages=max(known.messages, new.messages),
    )


def _fullness(record: SessionRecord) -> int:
    return record.api_calls + record.tool_calls
