"""What judging may cost: a budget per run and one per UTC day, in tokens and in US dollars.

Before a session is judged, what its experts may take at most is set aside; what they took is spent. So a budget is never exceeded by
more than an estimate is wrong, however many calls are under way, and no session is left half judged for want of money.

Decision: a session that does not fit waits for those under way, since they mostly take less than was set aside for them.
"""

import asyncio
from dataclasses import dataclass
from typing import Final

from otel_quality.core.evaluations.record import Spent
from otel_quality.judge.config import Config

DAY_NS: Final = 86_400 * 10**9
NOTHING: Final = Spent()


def tokens(spent: Spent) -> int:
    """In and out together."""
    return spent.input_tokens + spent.output_tokens


def share(whole: Spent, part: int, of: int) -> Spent:
    """What `part` of `of` equal parts take, rounded up."""
    calls, into, out = (-(-count * part // of) for count in (whole.calls, whole.input_tokens, whole.output_tokens))
    return Spent(calls, into, out, whole.cost_usd * part / of)


@dataclass(slots=True)
class Budget:
    """One budget.

    Attributes:
        name: of what, in words.
        setting: start of the names of its settings.
        tokens, usd: bounds; 0 is none.
        spent: what calls took.
        aside: what is set aside for sessions under way; cost and tokens only.
    """

    name: str
    setting: str
    tokens: int
    usd: float
    spent: Spent = NOTHING
    aside_tokens: int = 0
    aside_usd: float = 0.0

    def lacks(self, wanted: Spent) -> str:
        """Which bound, in words, does not hold so much more; empty where all do."""
        if self.tokens and tokens(self.spent) + self.aside_tokens + tokens(wanted) > self.tokens:
            return f"the budget of {self.name} ({self.setting}_tokens = {self.tokens:,})"
        if self.usd and self.spent.cost_usd + self.aside_usd + wanted.cost_usd > self.usd:
            return f"the budget of {self.name} ({self.setting}_usd = {self.usd:g})"
        return ""

    def beyond(self, wanted: Spent) -> str:
        """The bound that is too small for this even with nothing spent; empty where none is."""
        return Budget(self.name, self.setting, self.tokens, self.usd).lacks(wanted)

    def set_aside(self, wanted: Spent, sign: int = 1) -> None:
        self.aside_tokens += sign * tokens(wanted)
        self.aside_usd += sign * wanted.cost_usd

    def left(self) -> tuple[int | None, float | None]:
        """Tokens and dollars; None where there is no bound."""
        left_tokens = max(self.tokens - tokens(self.spent) - self.aside_tokens, 0) if self.tokens else None
        return left_tokens, max(self.usd - self.spent.cost_usd - self.aside_usd, 0.0) if self.usd else None


class Treasury:
    """The budget of the day, which all runs share; the loop of judging owns it.

    Args:
        config: the bounds.
    """

    def __init__(self, config: Config) -> None:
        self._config = config
        self._day = -1
        self.budget = Budget("the day, UTC", "judge.day_budget", config.day_budget_tokens, config.day_budget_usd)
        self.changed = asyncio.Event()
        self.under_way = 0

    def turn(self, now_ns: int, spent: Spent | None = None) -> bool:
        """Whether another day has begun. Then what is told is spent; nothing, where none is told and the day is a later one.

        A clock that is set back begins no day by itself: what was spent on that day is the store's to tell.
        """
        day = now_ns // DAY_NS
        if day == self._day or (day < self._day and spent is None):
            return False
        self._day, self.budget.spent = day, spent or NOTHING
        return True

    def purse(self, spent: Spent = NOTHING) -> "Purse":
        """That of one run, which has spent so much."""
        config = self._config
        return Purse(self, Budget("this run", "judge.run_budget", config.run_budget_tokens, config.run_budget_usd, spent))


class Purse:
    """What one run spends, in its own budget and the day's."""

    def __init__(self, treasury: Treasury, own: Budget) -> None:
        self._treasury, self._own = treasury, own
        self._budgets = (own, treasury.budget)

    @property
    def spent(self) -> Spent:
        """In the run, in all."""
        return self._own.spent

    def lacks(self, wanted: Spent) -> str:
        """Which budget does not hold so much more, in words; empty where both do."""
        return next((why for budget in self._budgets if (why := budget.lacks(wanted))), "")

    def beyond(self, wanted: Spent) -> str:
        """The budget, in words, that is too small for this even with nothing spent; empty where neither is."""
        return next((bound for budget in self._budgets if (bound := budget.beyond(wanted))), "")

    def left(self) -> tuple[int | None, float | None]:
        """Tokens and dollars that both budgets leave."""
        lefts = [budget.left() for budget in self._budgets]
        by_kind: list[list[float]] = [[each[kind] for each in lefts if each[kind] is not None] for kind in (0, 1)]  # type: ignore[misc]
        return (int(min(by_kind[0])) if by_kind[0] else None), (min(by_kind[1]) if by_kind[1] else None)

    async def set_aside(self, wanted: Spent, now_ns: int) -> str:
        """Set aside what a session may take; else which budget is used up, once nothing is under way that could leave more."""
        treasury = self._treasury
        treasury.turn(now_ns)
        while (why := self.lacks(wanted)) and treasury.under_way:
            await treasury.changed.wait()
        if not why:
            treasury.under_way += 1
            for budget in self._budgets:
                budget.set_aside(wanted)
        return why

    def spend(self, spent: Spent) -> None:
        """A call took so much."""
        for budget in self._budgets:
            budget.spent += spent

    def release(self, wanted: Spent) -> None:
        """The session that so much was set aside for is over."""
        treasury = self._treasury
        treasury.under_way -= 1
        for budget in self._budgets:
            budget.set_aside(wanted, -1)
        treasury.changed.set()
        treasury.changed = asyncio.Event()
