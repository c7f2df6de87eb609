"""Spans that belong to sessions, as `core.step.Step` records.

Tool, agent and session-end spans always, LLM spans where they carry a conversation or have a parent: what stands alone belongs to no
session. An LLM call's step takes its numbers from the row that the scores use, so that both say the same.

Decision: which LLM spans have steps is told by two fields that are read anyway, so that the others pay nothing.
"""

import math
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Final, NamedTuple

from otel_quality.core.observation import MISSING, Rows
from otel_quality.core.step import UNKNOWN_NS, Kind, Step
from otel_quality.vocabulary import attributes as a
from otel_quality.vocabulary import outcomes, signs
from otel_quality.vocabulary.measures import UNKNOWN
from otel_quality.vocabulary.outcomes import Outcome
from otel_quality.vocabulary.signs import Features
from otel_quality.wire import content, names, values
from otel_quality.wire.dialects import DIALECTS
from otel_quality.wire.dialects.dialect import Dialect
from otel_quality.wire.endings import ending
from otel_quality.wire.values import Text

_OK_STATUS: Final = 1
_FIELDS: Final = [
    "trace_hi",
    "trace_lo",
    "span_id",
    "end_ns",
    "latency_ns",
    "outcome",
    "key",
    "error_type",
    "input_tokens",
    "output_tokens",
    "cost_usd",
]
_FAILED: Final = (Outcome.ERROR, Outcome.TIMEOUT)
_OUTCOMES: Final = tuple(Outcome)
_CALL_KEYS: Final = tuple(
    (
        a.AGENT_NAME,
        a.RESPONSE_ID,
        a.RESPONSE_CHARACTERS,
        a.SESSION_TASK_TYPE,
        a.SESSION_END,
        a.SESSION_SUCCESS,
        *of.output_messages,
        *of.input_messages,
    )
    for of in DIALECTS
)
"""Per dialect what an LLM call's step is made of beside its row, asked for in one go; first agent and response id, which most carry."""
_CARRIED: Final = 2


class Seen(NamedTuple):
    """A span that a step is made of.

    Attributes:
        dialect: position in `DIALECTS`.
        platform: the resource's service name.
        conversation, model, task, told, error: as the span says.
        failed: its status is ERROR.
    """

    kind: Kind
    span: Any
    dialect: int
    platform: str
    conversation: Text = ""
    model: Text = ""
    task: Text = ""
    told: Text = ""
    error: Text = ""
    failed: bool = False


def of_call(seen: Seen, row: tuple[Any, ...], key: tuple[str, str, str], error_types: Sequence[str], *, text: bool = False) -> Step:
    """The step of an LLM call.

    Args:
        row: its numbers, in the order of `_FIELDS`.
        key: its backend, model and task.
        error_types: what the row's type of error is a position in.
        text: what the span says is wanted too.
    """
    hi, lo, span_id, end_ns, latency_ns, outcome, _, error, input_tokens, output_tokens, cost_usd = row
    _, span, number, platform, conversation, *_ = seen
    attributes = span.attributes
    told = list(map(attributes.get, _CALL_KEYS[number]))
    agent, response = told[:_CARRIED]
    features, task_type, ends, success, said = None, "", False, None, None
    if told.count(None) < len(told) - (agent is not None) - (response is not None):
        features, task_type = _content(attributes, DIALECTS[number])
        ends, success = _ends(attributes), _success(attributes)
        said = content.said(attributes, DIALECTS[number], is_tool=False) if text else None
    return Step(
        "llm",
        hi << 64 | lo,
        span_id,
        _parent(span.parent_span_id),
        UNKNOWN_NS if latency_ns == MISSING else end_ns - latency_ns,
        end_ns,
        _OUTCOMES[outcome],
        names.clean(conversation) if conversation else "",
        platform,
        names.clean(agent.string_value) if agent is not None else "",
        *key,
        error=_category(error_types[error]) if error != MISSING and outcome in _FAILED else "",
        input_tokens=input_tokens,
        output_tokens=output_tokens,
        cost_usd=cost_usd,
        features=features,
        task_type=task_type,
        ends=ends,
        success=success,
        response_id=names.clean(response.string_value) if response is not None else "",
        content=said,
    )


def of_calls(
    calls: Mapping[int, Seen], rows: Rows, keys: Sequence[tuple[str, str, str]], error_types: Sequence[str], *, text: bool = False
) -> dict[int, Step]:
    """The steps of LLM calls, by their position in `rows`; with `text` also what they say."""
    told = rows[_FIELDS][list(calls)].tolist() if calls else []
    return {
        position: of_call(seen, row, keys[row[6]], error_types, text=text)
        for (position, seen), row in zip(calls.items(), told, strict=True)
    }


def of_other(seen: Seen, *, text: bool = False) -> Step:
    """The step of a tool, agent or session-end span; with `text` also what it says."""
    span, attributes, dialect = seen.span, seen.span.attributes, DIALECTS[seen.dialect]
    outcome, _, error_type = ending(seen.told, seen.failed, seen.error, b"")
    is_tool = seen.kind == "tool"
    features, task_type = (None, "") if is_tool else _content(attributes, dialect)
    return Step(
        seen.kind,
        int.from_bytes(span.trace_id, "big"),
        int.from_bytes(span.span_id, "big"),
        _parent(span.parent_span_id),
        span.start_time_unix_nano or UNKNOWN_NS,
        span.end_time_unix_nano,
        outcome,
        names.clean(seen.conversation),
        seen.platform,
        _name(attributes, dialect.agent_name),
        model=names.clean(seen.model),
        task=names.task(seen.task) if seen.task else "",
        **(_of_tool(seen, outcome, error_type or "") if is_tool else {"error": _category(error_type or "") if outcome in _FAILED else ""}),
        features=features,
        task_type=task_type,
        ends=_ends(attributes),
        success=_success(attributes),
        content=content.said(attributes, dialect, is_tool=is_tool) if text else None,
    )


def _of_tool(seen: Seen, outcome: Outcome, error_type: str) -> dict[str, Any]:
    """The fields that only a tool's step has."""
    attributes, dialect = seen.span.attributes, DIALECTS[seen.dialect]
    says = bool(seen.failed or seen.error or names.clean(seen.told) in outcomes.BY_LABEL or seen.span.status.code == _OK_STATUS)
    marked = outcome in _FAILED if says else None
    confidence, prediction = attributes.get(a.TOOL_CONFIDENCE), attributes.get(a.PREDICTION_ID)
    return {
        "tool": _name(attributes, dialect.tool_name) or UNKNOWN,
        "params_hash": content.parameters(attributes, dialect.tool_arguments),
        "confidence": math.nan if confidence is None else _ratio(values.real(confidence)),
        "error": content.failure(attributes, dialect.tool_result, marked=marked, error_type=error_type),
        "input_tokens": _tokens(attributes, dialect.input_tokens),
        "output_tokens": _tokens(attributes, dialect.output_tokens),
        "prediction_id": "" if prediction is None else names.clean(prediction.string_value),
    }


def _content(attributes: Any, dialect: Dialect) -> tuple[Features | None, str]:
    """Features of the answer, and the session's task type."""
    return content.features(attributes, dialect.output_messages), content.task_type(attributes, dialect.input_messages)


def _ends(attributes: Any) -> bool:
    told = attributes.get(a.SESSION_END)
    return told is not None and values.flag(told) == 1


def _parent(span_id: bytes) -> int:
    return int.from_bytes(span_id, "big") if len(span_id) == 8 else 0


def _success(attributes: Any) -> bool | None:
    told = attributes.get(a.SESSION_SUCCESS)
    return None if told is None or (flag := values.flag(told)) == MISSING else flag == 1


def _name(attributes: Any, keys: tuple[str, ...]) -> str:
    value = values.first(attributes, keys)
    return "" if value is None else names.clean(value.string_value)


def _tokens(attributes: Any, keys: tuple[str, ...]) -> int:
    value = values.first(attributes, keys)
    return MISSING if value is None or not 0 <= (count := values.integer(value)) < values.LARGEST else count


def _ratio(value: float) -> float:
    return value if 0 <= value <= 1 else math.nan


@lru_cache(maxsize=1024)
def _category(error_type: str) -> str:
    return signs.error_category(error_type, marked=True)
