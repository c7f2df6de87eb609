"""`predict_success`: how likely a planned execution is to succeed, as the processor has learned it.

The first call for a (tool, agent, parameters) knows nothing yet, and has it asked in the background; later ones give what came.
Parameters do not leave the process, only their hash. Each prediction that came is recorded by the processor, and its id goes on
the next execution it is about, so that the processor can tell whether it came true.
"""

import time
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from opentelemetry import context as otel_context

from otel_quality.sdk import asking, border
from otel_quality.vocabulary import attributes as names
from otel_quality.vocabulary.parameters import params_hash

MAX_KNOWN: Final = 1_000
"""Predictions remembered, the latest asked for."""
RENEWED_S: Final = 30.0
"""A prediction is asked for anew when it is so old and wanted again."""
ANSWERED_S: Final = 1.0
"""Likewise, when an execution has followed it."""
VALID_S: Final = 600.0
"""An execution that comes later is not what was predicted."""


class Prediction(NamedTuple):
    """How likely an execution is to succeed.

    Attributes:
        probability: 0-1; 0.5 where too little is known.
        reason: in words.
    """

    probability: float = 0.5
    reason: str = "insufficient data"


_Key = tuple[str, str, str]
_UNKNOWN: Final = Prediction()


class _Known:
    """What is known of one (tool, agent, hash of parameters); `id` is empty when an execution has taken it."""

    __slots__ = ("asked_s", "id", "prediction", "question", "told_s")

    def __init__(self, key: _Key) -> None:
        self.prediction, self.id = _UNKNOWN, ""
        self.asked_s, self.told_s = float("-inf"), float("-inf")
        tool, agent, digest = key
        body = {"tool": tool, "agent": agent} | ({"params_hash": digest} if digest else {})
        self.question = asking.Question("/v1/predictions", self.take, body)

    def take(self, told: Any) -> None:
        prediction = Prediction(min(max(float(told["probability"]), 0.0), 1.0), str(told["reason"]))
        self.told_s, self.id = time.monotonic(), str(told["id"])
        self.prediction = prediction  # last: whoever sees it may execute at once, and that execution shall find the id


_known: dict[_Key, _Known] = {}


def predict_success(tool: str, *, agent: str | None = None, params: Mapping[str, Any] | None = None) -> Prediction:
    """How likely an execution of a tool is to succeed; never raises, never waits.

    Args:
        tool: The tool's name, as on its spans.
        agent: Who would run it; where it is not given, the agent whose run this is called in.
        params: The arguments by name; where they are not given, the prediction is over all parameters.

    Returns:
        What the processor said last; until then, and where it knows too little, probability 0.5 and "insufficient data".
    """
    return border.run(_predict, tool, agent, params) or _UNKNOWN


def _predict(tool: str, agent: str | None, params: Mapping[str, Any] | None) -> Prediction:
    key = (str(tool), _agent() if agent is None else str(agent), "" if params is None else params_hash(params))
    known = _known.get(key)
    if known is None:
        if len(_known) >= MAX_KNOWN:
            _known.pop(next(iter(_known)), None)
        known = _known[key] = _Known(key)
    now_s = time.monotonic()
    if now_s - known.asked_s >= (RENEWED_S if known.id else ANSWERED_S):
        known.asked_s = now_s
        asking.ask(known.question)
    return known.prediction


def _agent() -> str:
    return str(otel_context.get_value(names.AGENT_NAME) or "")


def about(tool: str, digest: str) -> dict[str, str]:
    """The attribute that tells which prediction an execution answers, once per prediction; nothing where there is none.

    Args:
        tool: The tool that is about to be executed, in the present context.
        digest: The hash of its parameters.
    """
    if not _known:
        return {}
    agent, now_s = _agent(), time.monotonic()
    for key in ((tool, agent, digest), (tool, agent, ""), (tool, "", digest), (tool, "", "")):
        known = _known.get(key)
        if known is not None and known.id and now_s - known.told_s <= VALID_S:
            found, known.id = known.id, ""
            return {names.PREDICTION_ID: found}
    return {}
