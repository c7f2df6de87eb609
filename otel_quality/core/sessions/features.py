"""What calibration looks at: a session as numbers, each of which says something only next to the sessions of its group.

`dense` are quantities with a meaning, NaN where the session's source does not tell them; `sketch` are classes of words and of tool
sequences. Counts enter as logarithms: twice the effort is the same step everywhere.
"""

import itertools
import zlib
from collections import Counter
from collections.abc import Callable
from math import log1p, nan
from typing import Final

import numpy as np
from numpy.typing import NDArray

from otel_quality.core.sessions.record import SessionRecord
from otel_quality.core.sessions.traits import CLASSES

Vector = NDArray[np.float64]


def _repeated(record: SessionRecord) -> float:
    """Share of tool uses that repeat an earlier one, parameters and all."""
    uses = record.tool_uses
    return 1 - len({(use.tool, use.params_hash) for use in uses}) / len(uses) if uses else nan


def _log_if_known(value: float) -> float:
    return log1p(value) if value > 0 else nan


_OF_RECORD: Final[dict[str, Callable[[SessionRecord], float]]] = {
    "tool_calls": lambda record: log1p(record.tool_calls),
    "api_calls": lambda record: log1p(record.api_calls),
    "error_share": lambda record: min(1.0, record.tool_errors / max(1, record.tool_calls)),
    "last_use_failed": lambda record: float(bool(record.tool_uses and record.tool_uses[-1].error)),
    "repeated_uses": _repeated,
    "output_tokens": lambda record: _log_if_known(record.output_tokens),
    "duration": lambda record: _log_if_known(max(0, record.end_ns - record.start_ns) / 1e9) if record.start_ns else nan,
    "final_characters": lambda record: log1p(record.final.characters) if record.final else nan,
    "agent_failed": lambda record: dict(record.traits).get("agent_failed", 0.0),
}
_LOGARITHMIC: Final = (
    "words",
    "volume",
    "hedges",
    "user_characters",
    "request_characters",
    "arguments_longest",
    "arguments_mean",
    "results_characters",
    "results_longest",
)
_SHARES: Final = ("variety", "pair_variety", "ends_with_tool", "answers_without_calls", "arguments_variety", "results_variety")
NAMES: Final = (*_OF_RECORD, *_LOGARITHMIC, *_SHARES)
"""The dense features, in the order of `dense`."""


def dense(record: SessionRecord) -> list[float]:
    """One number for each of `NAMES`; NaN where it is not known."""
    told = dict(record.traits)
    return [
        *(measured(record) for measured in _OF_RECORD.values()),
        *(log1p(told[name]) if name in told else nan for name in _LOGARITHMIC),
        *(told.get(name, nan) for name in _SHARES),
    ]


def sketch(record: SessionRecord) -> Vector:
    """Levels of the classes of words and of tools that follow each other; a unit of one e-fold. (CLASSES,)"""
    levels = _digits(record.sketch) / 3 if len(record.sketch) == CLASSES else np.zeros(CLASSES)
    tools = ["", *(use.tool for use in record.tool_uses)]
    counts: Counter[int] = Counter()
    for before, tool in itertools.pairwise(tools):
        counts[_class(f"tool:{tool}")] += 1
        counts[_class(f"tools:{before}>{tool}")] += 1
    for place, count in counts.items():
        levels[place] += log1p(count)
    return levels


def _digits(text: str) -> Vector:
    pairs = np.frombuffer(bytes.fromhex(text), np.uint8)
    return np.stack((pairs >> 4, pairs & 15), axis=1).ravel().astype(np.float64)


def _class(text: str) -> int:
    return zlib.crc32(text.encode("utf-8", "surrogatepass")) % CLASSES
