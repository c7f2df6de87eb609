"""Why a model stopped: every provider's word, and the class it belongs to.

The table is data, keyed by the normalised word. A word that is not in it is `unknown`, never `stop`: emitters that map
what they do not know to `stop` hide exactly the change that a drift watch is for.
"""

from collections.abc import Iterable
from enum import IntEnum
from typing import Final


class StopClass(IntEnum):
    """Classes in rising order of badness: with several choices the worst one speaks for the response.

    Values are column codes; the lower-case name is the label.
    """

    STOP = 0
    TOOL = 1
    LENGTH = 2
    INCOMPLETE = 3
    UNKNOWN = 4
    EMPTY = 5
    ABANDONED = 6
    CANCELLED = 7
    FILTER = 8
    REFUSAL = 9
    ERROR = 10

    @property
    def label(self) -> str:
        return self.name.lower()


NORMAL: Final = frozenset({StopClass.STOP, StopClass.TOOL, StopClass.LENGTH})
"""End of turn, tool use, length cap: no stop anomaly."""

_WORDS: Final[dict[StopClass, str]] = {
    StopClass.STOP: "stop end_turn stop_sequence eos eos_token endoftext finish finished complete completed stop_criteria_met",
    StopClass.TOOL: "tool tool_use tool_call tool_calls function_call function_calls",
    StopClass.LENGTH: (
        "length max_tokens max_output_tokens max_len token_limit model_length max_context model_context_window_exceeded"
        " context_length context_window_exceeded error_limit"
    ),
    StopClass.INCOMPLETE: "incomplete pause_turn paused compaction in_progress queued not_finished",
    StopClass.FILTER: (
        "filter content_filter content_filtered guardrail_intervened safety recitation language blocklist prohibited_content spii"
        " image_safety image_prohibited_content image_recitation model_armor escalation error_toxic sensitive"
    ),
    StopClass.REFUSAL: "refusal refused",
    StopClass.ERROR: (
        "error failed timeout time_limit network_error insufficient_system_resource malformed malformed_function_call"
        " malformed_model_output malformed_tool_use malformed_response unexpected_tool_call too_many_tool_calls"
        " missing_thought_signature no_image image_other repetition rag_query_when_rag_disabled"
    ),
    StopClass.CANCELLED: "cancelled canceled abort aborted user_cancel",
    StopClass.ABANDONED: "abandoned",
    StopClass.EMPTY: "empty",
    StopClass.UNKNOWN: "unknown other finish_reason_unspecified unspecified invalid",
}
_CLASS_OF: Final = {word: stop for stop, words in _WORDS.items() for word in words.split()}
_PREFIXES: Final = ("finishreason.", "stopreason.", "finish_reason_", "reason_")


def classify(word: str) -> StopClass:
    """The class of one provider's stop reason, in any of the spellings they are written in.

    >>> classify("FinishReason.MAX_TOKENS").label, classify("tool-calls").label, classify("brand_new").label
    ('length', 'tool', 'unknown')
    """
    key = word.strip().lower().replace("-", "_")
    for prefix in _PREFIXES:
        if key not in _CLASS_OF:
            key = key.removeprefix(prefix)
    return _CLASS_OF.get(key, StopClass.UNKNOWN)


def worst(words: Iterable[str]) -> StopClass | None:
    """The worst class of a response's choices; None where it names no reason at all."""
    return max((classify(word) for word in words if word.strip()), default=None)
