"""Signs in text: what grading needs to know of an answer, computed where the text is, so that the text need not travel.

The user's process uses it in the SDK, ours on content that a span carries; both see the same words. Words and patterns are data.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Features:
    """What is known of an answer's text.

    Attributes:
        characters: its length without white space at the ends.
        has_code: a fenced code block; has_link: an http or https link.
        completion_signs: kinds of words that speak for completion, 0-2.
        failure_signs: kinds of words that speak against it, 0-1.
        asks_clarification: it asks the user something before going on.
    """

    characters: int
    has_code: bool
    has_link: bool
    completion_signs: int
    failure_signs: int
    asks_clarification: bool
