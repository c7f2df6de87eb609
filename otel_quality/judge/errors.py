"""What can go wrong with a judge, and the one question each answers: what should the run do now.

OtelQualityError
└── JudgeError           its message is one line, without a key; `spent` is what the calls took all the same
    ├── JudgeUnavailable   down, overloaded or too slow, after every retry: the session failed, later it may succeed
    └── JudgeFailed        it answered, but unusably: the session failed, others may succeed
        └── JudgeUnusable    wrong key, model, address or quota, or a library is missing: every session would fail, so the run ends

A judge that declines to judge is no error: its `Assessment` says `refused`.
"""

from otel_quality.core.evaluations.record import Spent
from otel_quality.vocabulary.errors import OtelQualityError


class JudgeError(OtelQualityError):
    """A judge gave no assessment."""

    def __init__(self, message: str, *, spent: Spent = Spent()) -> None:  # noqa: B008 - frozen
        super().__init__(message)
        self.spent = spent


class JudgeUnavailable(JudgeError):
    """The judge could not be reached, or has too much to do; the same call may succeed later."""


class JudgeFailed(JudgeError):
    """The judge's answer cannot be used, nor the one after it was told why."""


class JudgeUnusable(JudgeFailed):
    """No session can be judged by this judge as it is set up; the message says what to change."""
