"""An expert's answer, read strictly: exactly the axes, numbers from 0 to 100, null only where an axis may not apply, and a comment.

    taken      85, 85.0, 85.5: JSON numbers; null on `OPTIONAL_AXES`
    refused    "85", "85/100", true, NaN, 101, -1; null on another axis; an axis that is missing, unknown or told twice

Around the object only white space, one code fence, and the block in which a model thinks before it answers are passed over.

Decision: what is wrong is never mended here. A judge that writes "85" may have meant 85 of 90; a score that nobody gave, or prose read
as one, is worse than none. It is told what was wrong and asked once more.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from otel_quality.core.evaluations.record import Scores
from otel_quality.vocabulary.axes import AXES, OPTIONAL_AXES

LOWEST: Final = 0
HIGHEST: Final = 100
MAX_COMMENT: Final = 4_000
"""Characters of a comment that are kept."""
MAX_ANSWER: Final = 100_000
"""Characters of an answer that are read at all."""

_THINKING: Final = re.compile(r"\s*<(think|thinking|reasoning)>.*?</\1>", re.DOTALL)
_FENCED: Final = re.compile(r"\s*```(?:json)?\s*\n(.*?)\n?\s*```\s*", re.DOTALL)
_UNSEEN: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""What could steer a terminal or turn text around where a comment is shown."""


class Wrong(ValueError):
    """An answer that cannot be used. Its message is of our own words and the names of axes: it goes back to the judge."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What an expert says."""

    scores: Scores
    comment: str


def parse(text: str) -> Answer:
    """Read one answer.

    Raises:
        Wrong: with everything that is wrong with it, in one line.
    """
    if not text.strip():
        raise Wrong("it was empty")
    if len(text) > MAX_ANSWER:
        raise Wrong(f"it had more than {MAX_ANSWER} characters")
    found = _object(text)
    scores = found.get("scores")
    problems = [] if isinstance(found.get("comment"), str) else ["comment was no text"]
    if found.keys() - {"scores", "comment"}:
        problems.append("it had more keys than comment and scores")
    if not isinstance(scores, dict):
        raise Wrong("; ".join(["scores was no object", *problems]))
    problems += _wrong(scores)
    if problems:
        raise Wrong("; ".join(problems))
    return Answer({axis: _number(scores[axis]) for axis in AXES}, comment(found["comment"]))


def comment(text: str) -> str:
    """A comment as it is kept: bounded, with nothing in it that is not seen."""
    clean = _UNSEEN.sub("", text).strip()
    return clean if len(clean) <= MAX_COMMENT else f"{clean[: MAX_COMMENT - 1]}…"


def _object(text: str) -> dict[str, Any]:
    rest = text.lstrip("\ufeff")
    if thought := _THINKING.match(rest):
        rest = rest[thought.end() :]
    if fenced := _FENCED.fullmatch(rest):
        rest = fenced[1]
    try:
        found = json.loads(rest, object_pairs_hook=_once)
    except Wrong:
        raise
    except (ValueError, RecursionError):
        raise Wrong("it was not one JSON object alone") from None
    if not isinstance(found, dict):
        raise Wrong("it was not one JSON object alone")
    return found


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise Wrong("it told a key twice")
    return found


def _wrong(scores: dict[str, Any]) -> Iterator[str]:
    if scores.keys() - set(AXES):
        yield "scores had an axis that does not exist"
    for axis in AXES:
        if axis not in scores:
            yield f"{axis} was missing"
            continue
        value = scores[axis]
        if value is None:
            if axis not in OPTIONAL_AXES:
                yield f"{axis} was null, but it applies to every session"
        elif isinstance(value, bool) or not isinstance(value, int | float):
            yield f"{axis} was no number"
        elif not LOWEST <= value <= HIGHEST:  # NaN is not, either
            yield f"{axis} was not between {LOWEST} and {HIGHEST}"


def _number(value: float | None) -> float | None:
    return None if value is None else float(value)
