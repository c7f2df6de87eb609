"""How an outage of the store is borne: told once when it begins and once when it ends, tried again at longer and longer intervals."""

import logging
import time
from collections.abc import Callable
from typing import Final

from otel_quality.vocabulary.errors import StoreError, StoreUnreachable

MAX_RETRY_S: Final = 30.0
_log: Final = logging.getLogger(__name__)


class Outage:
    """Of one store; one thread uses it.

    Args:
        retry_s: before the first new attempt; doubled up to `MAX_RETRY_S`.

    Attributes:
        error: why the last attempt failed, in one line; empty where it did not.
        failures: attempts that failed, in all.
        retry_due_s: when the next attempt is due, on the monotonic clock.
        unreachable: there is no connection, so that questions fail too, and would take seconds to.
    """

    def __init__(self, retry_s: float) -> None:
        self.error, self.failures, self.retry_due_s = "", 0, 0.0
        self.unreachable = False
        self._first_s = self._retry_s = retry_s

    @property
    def may_try(self) -> bool:
        """Nothing failed lately."""
        return not self.error or time.monotonic() >= self.retry_due_s

    @property
    def may_ask(self) -> bool:
        """A question has a chance: a full disk can be read; a server that is away is left alone until the next attempt."""
        return not self.unreachable or self.may_try

    def failed(self, error: StoreError, what: str) -> None:
        """Note a failure; see `attempt`."""
        if not self.error:
            _log.error("history cannot be %s, and is tried again until it can: %s", what, error)
        self.failures += 1
        self.error, self.unreachable = str(error), isinstance(error, StoreUnreachable)
        self.retry_due_s = time.monotonic() + self._retry_s
        self._retry_s = min(self._retry_s * 2, MAX_RETRY_S)

    def attempt(self, what: str, work: Callable[[], object]) -> bool:
        """Do work on the store, and tell whether it was done.

        Args:
            what: what history cannot be when it fails, for the log.
        """
        try:
            work()
        except StoreError as error:
            self.failed(error, what)
            return False
        if self.error:
            _log.warning("history is kept again, after %d failed attempts in all", self.failures)
        self.error, self.unreachable, self._retry_s = "", False, self._first_s
        return True
