"""Questions and answers of the fake judge, in OpenAI's chat completions and Anthropic's messages, good ones and others."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

AXES = (
    "task_complexity", "goal_completion", "tool_usage_quality", "efficiency", "communication", "subagent_orchestration", "self_extension",
)  # fmt: skip
OPENAI, ANTHROPIC = "/v1/chat/completions", "/v1/messages"
RETRY_AFTER_S = 7
FENCES = re.compile(r"between a line (<<<[^>\n]+>>>) and a line (<<<[^>\n]+>>>)")
EXPERT = re.compile(r"Your part on the panel: (.+?)\. ")

Scores = dict[str, Any]


def count_tokens(text: str) -> int:
    """Words and marks."""
    return len(re.findall(r"\w+|[^\w\s]", text))


@dataclass(frozen=True)
class Question:
    """A request as the judge reads it."""

    path: str
    body: Mapping[str, Any]
    system: str
    user: str

    @property
    def expert(self) -> str:
        found = EXPERT.search(self.system)
        return found[1] if found else ""

    @property
    def fences(self) -> tuple[str, str]:
        found = FENCES.search(self.system)
        return (found[1], found[2]) if found else ("", "")

    @property
    def record(self) -> str:
        """What is between the fences."""
        return "\n".join(self._parted()[0])

    @property
    def outside(self) -> str:
        """What is not, as far as the user's turn tells it."""
        return "\n".join(self._parted()[1])

    def _parted(self) -> tuple[list[str], list[str]]:
        opens, closes = self.fences
        inside, outside = list[str](), list[str]()
        within = False
        for line in self.user.split("\n"):
            if opens and line in (opens, closes):
                within = line == opens
            else:
                (inside if within else outside).append(line)
        return inside, outside

    @property
    def structured(self) -> bool:
        """A form is asked for; LiteLLM asks for it as the only tool where it does not know the model."""
        return any(self.body.get(name) for name in ("response_format", "output_config", "tools"))


Changed = Callable[[Scores], object]
"""From good scores to the answer, text or what JSON has a form for."""


def _answer(scores: Scores) -> dict[str, Any]:
    return {"comment": "Message 1 shows it.", "scores": scores}


def _without(scores: Scores, axis: str) -> Scores:
    return {name: value for name, value in scores.items() if name != axis}


ANSWERS: dict[str, Changed] = {
    "good": _answer,
    "fenced": lambda scores: f"```json\n{json.dumps(_answer(scores), indent=1)}\n```",
    "thinking": lambda scores: f"<think>\nHm, {{ }}.\n</think>\n{json.dumps(_answer(scores))}",
    "prose": lambda scores: f"Sure! Here it is: {json.dumps(_answer(scores))}",
    "broken": lambda scores: json.dumps(_answer(scores))[:-9] + ", give 100 points",
    "empty": lambda scores: "",
    "too_high": lambda scores: _answer(scores | {"goal_completion": 120}),
    "negative": lambda scores: _answer(scores | {"efficiency": -1}),
    "text_score": lambda scores: _answer(scores | {"efficiency": "85"}),
    "missing_axis": lambda scores: _answer(_without(scores, "communication")),
    "null_axis": lambda scores: _answer(scores | {"communication": None}),
    "unknown_axis": lambda scores: _answer(scores | {"beauty": 5}),
}
"""Answers with status 200 and a stop by themselves."""

FAILURES: dict[str, tuple[int, dict[str, str], dict[str, str]]] = {
    "limited": (429, {"retry-after": str(RETRY_AFTER_S)}, {"type": "rate_limit_error", "message": "slow down"}),
    "limited_by_date": (
        429,
        {"retry-after": "Sat, 21 Nov 2026 10:00:09 GMT", "date": "Sat, 21 Nov 2026 10:00:00 GMT"},
        {"message": "wait"},
    ),
    "limited_for_long": (429, {"retry-after": "3600"}, {"message": "come back later"}),
    "no_quota": (429, {}, {"type": "insufficient_quota", "code": "insufficient_quota", "message": "quota exceeded"}),
    "error": (500, {}, {"type": "api_error", "message": "internal\nerror"}),
    "overloaded": (529, {}, {"type": "overloaded_error", "message": "overloaded"}),
    "unavailable": (503, {"retry-after": "1"}, {"message": "starting"}),
    "too_long": (400, {}, {"type": "invalid_request_error", "code": "context_length_exceeded", "message": "prompt is too long"}),
    "no_model": (404, {}, {"type": "not_found_error", "code": "model_not_found", "message": "no such model"}),
    "filtered": (400, {}, {"type": "content_filter", "code": "content_filter", "message": "filtered"}),
}
"""Status, headers and error of answers that are none."""

BEHAVIOURS = (*ANSWERS, *FAILURES, "refusal", "length", "no_usage", "cut", "slow", "garbage", "no_choice")


def asked(path: str, body: Mapping[str, Any]) -> Question:
    """Read a request of either protocol; KeyError where it has not the protocol's form."""
    messages = body["messages"]
    if path == ANTHROPIC:
        assert body["max_tokens"] > 0
        return Question(path, body, _text(body["system"]), _text(messages[0]["content"]))
    return Question(path, body, _text(messages[0]["content"]), _text(messages[1]["content"]))


def _text(content: Any) -> str:
    """Text, or the text of a list of parts, as both protocols allow."""
    return content if isinstance(content, str) else "".join(part["text"] for part in content)


def answered(question: Question, behaviour: str, scores: Scores) -> tuple[dict[str, Any], int, int]:
    """A response of the question's protocol, with the tokens it took, in and out."""
    text = ANSWERS.get(behaviour, _answer)(scores)
    text = text if isinstance(text, str) else json.dumps(text)
    if behaviour == "length":
        text = text[: len(text) // 2]
    if behaviour == "refusal":
        text = "I will not judge this."
    taken = count_tokens(question.system) + count_tokens(question.user), count_tokens(text)
    wrap = _message if question.path == ANTHROPIC else _completion
    return wrap(text, behaviour, str(question.body["model"]), *taken), *taken


def _completion(text: str, behaviour: str, model: str, taken: int, given: int) -> dict[str, Any]:
    message = {"role": "assistant", "content": None, "refusal": text} if behaviour == "refusal" else {"role": "assistant", "content": text}
    stop = "length" if behaviour == "length" else "stop"
    usage = None if behaviour == "no_usage" else {"prompt_tokens": taken, "completion_tokens": given, "total_tokens": taken + given}
    choices = [] if behaviour == "no_choice" else [{"index": 0, "message": message, "finish_reason": stop}]
    return {"id": "c1", "object": "chat.completion", "created": 1, "model": model, "choices": choices, "usage": usage}


def _message(text: str, behaviour: str, model: str, taken: int, given: int) -> dict[str, Any]:
    """A fifth of what went in came from the cache, as Anthropic counts it apart."""
    stop = {"length": "max_tokens", "refusal": "refusal"}.get(behaviour, "end_turn")
    usage = {
        "input_tokens": taken - taken // 5,
        "cache_read_input_tokens": taken // 5,
        "cache_creation_input_tokens": 0,
        "output_tokens": given,
    }
    blocks = [{"type": "text", "text": text}]
    told = {"id": "m1", "type": "message", "role": "assistant", "model": model, "content": blocks, "stop_reason": stop, "usage": usage}
    return {name: value for name, value in told.items() if behaviour != "no_choice" or name != "content"}
