"""One batch of spans as columns: what wire hands to the core.

A response (one LLM call) is a row of the packed dtype `RESPONSE`. Names are coded: a row holds the position of its
(backend, model, task) in `Batch.keys`. A number that the span did not carry is `MISSING`, a cost NaN.

Decision: one structured array, not one array per column: a window moves whole rows, and one gather of 100 bytes beats
twelve of 8; arithmetic reads the field it needs as a strided view.
"""

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from otel_quality.core.step import Step

Rows = NDArray[np.void]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

_Name = TypeVar("_Name", bound=Hashable)

MISSING: Final = -1

EVENT: Final[list[tuple[str, Any]]] = [("end_ns", np.int64), ("trace_hi", np.uint64), ("trace_lo", np.uint64), ("span_id", np.uint64)]
"""Event time, then the ids as unsigned numbers: their order is the order of the bytes. Ties in time break by them."""
IDENTITY: Final = np.dtype(EVENT)

TOKENS: Final = ("input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens", "reasoning_tokens")

RESPONSE: Final = np.dtype(
    [
        *EVENT,
        ("latency_ns", np.int64),
        ("ttft_ns", np.int64),
        *((name, np.int64) for name in TOKENS),
        ("cost_usd", np.float64),
        ("key", np.int32),
        ("error_type", np.int32),
        ("outcome", np.uint8),
        ("stop", np.int8),
        ("has_tools", np.int8),
        ("has_tool_call", np.int8),
        ("dialect", np.uint8),
        ("carried", np.uint8),
    ]
)
"""`outcome` holds `Outcome`, `stop` a `StopClass` or MISSING, `has_*` 0, 1 or MISSING, `error_type` and `dialect`
positions in the batch's lists (`error_type` may be MISSING), `carried` the bits of `CARRIED`."""

CARRIED: Final = {"response_model": 1, "task": 2, "model": 4, "conversation_id": 8}
"""Fields whose presence is known by a bit; all others by a value that is not MISSING."""


@dataclass(frozen=True, slots=True)
class Batch:
    """What the waiting requests held.

    Attributes:
        responses: LLM calls, `RESPONSE` rows in order of arrival.
        keys: the distinct (backend, model, task) that rows refer to, already fit to be labels.
        error_types: the distinct types of error.
        dialects: the distinct span dialects.
        others: identities of tool, agent and session-end spans.
        steps: what these spans say, one per row of `others`.
        calls: steps of the LLM calls that belong to a session, by position in `responses`.
        ignored: spans that are no LLM, tool or agent span.
        rejected: spans refused as bad input, by reason.
        dropped_fields: values left out as no valid number, by field.
    """

    responses: Rows
    keys: Sequence[tuple[str, str, str]]
    error_types: Sequence[str] = ()
    dialects: Sequence[str] = ("unknown",)
    others: Rows = field(default_factory=lambda: np.zeros(0, IDENTITY))
    steps: Sequence[Step] = ()
    calls: Mapping[int, Step] = field(default_factory=dict)
    ignored: int = 0
    rejected: Mapping[str, int] = field(default_factory=dict)
    dropped_fields: Mapping[str, int] = field(default_factory=dict)


def join(batches: Sequence[Batch]) -> Batch:
    """Several batches as one, in order: names coded anew, counts added. Rows of the given batches are not changed."""
    if len(batches) == 1:
        return batches[0]
    keys: dict[tuple[str, str, str], int] = {}
    error_types: dict[str, int] = {}
    dialects: dict[str, int] = {}
    rows = _concatenated([batch.responses for batch in batches], RESPONSE)
    rejected: Counter[str] = Counter()
    dropped: Counter[str] = Counter()
    calls: dict[int, Step] = {}
    at = 0
    for batch in batches:
        mine = rows[at : at + len(batch.responses)]
        calls.update({at + position: step for position, step in batch.calls.items()})
        at += len(mine)
        _recode(mine, "key", batch.keys, keys)
        _recode(mine, "error_type", batch.error_types, error_types)
        _recode(mine, "dialect", batch.dialects, dialects)
        rejected.update(batch.rejected)
        dropped.update(batch.dropped_fields)
    others = _concatenated([batch.others for batch in batches], IDENTITY)
    steps = [step for batch in batches for step in batch.steps]
    ignored = sum(batch.ignored for batch in batches)
    return Batch(rows, list(keys), list(error_types), list(dialects), others, steps, calls, ignored, rejected, dropped)


def _concatenated(parts: Sequence[Rows], dtype: np.dtype[np.void]) -> Rows:
    """`numpy.concatenate` works out a common dtype field by field, which costs more than the copy."""
    whole = np.empty(sum(map(len, parts)), dtype)
    at = 0
    for part in parts:
        whole[at : at + len(part)] = part
        at += len(part)
    return whole


def _recode(rows: Rows, column: str, names: Sequence[_Name], codes: dict[_Name, int]) -> None:
    """From positions in `names` to positions in `codes`, which grows; MISSING, the last place, stays."""
    new = np.array([*(codes.setdefault(name, len(codes)) for name in names), MISSING], np.int32)
    rows[column] = new[rows[column]]


def event_order(rows: Rows) -> Ints:
    """Positions that put rows in event order: by end, then trace id, then span id."""
    end = rows["end_ns"]
    order = np.argsort(end, kind="stable")
    in_order = end[order]
    if (in_order[1:] == in_order[:-1]).any():
        order = np.lexsort((rows["span_id"], rows["trace_lo"], rows["trace_hi"], end))
    return order


def before(left: Rows, right: Rows) -> Bools:
    """Where left comes before right in event order, element by element."""
    result: Bools = left["end_ns"] < right["end_ns"]
    tied = left["end_ns"] == right["end_ns"]
    for name in ("trace_hi", "trace_lo", "span_id"):
        if not tied.any():
            break
        result = result | (tied & (left[name] < right[name]))
        tied = tied & (left[name] == right[name])
    return result


def same_event(left: Rows, right: Rows) -> Bools:
    """Where both are the same span: equal time and ids, element by element."""
    result: Bools = left["end_ns"] == right["end_ns"]
    for name in ("trace_hi", "trace_lo", "span_id"):
        result = result & (left[name] == right[name])
    return result
