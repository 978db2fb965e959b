"""What every credit ledger must do, as a suite; ledgers measured to give credits away must not pass it.

A ledger is seen as its users see it: each reservation is a call of its own, at the same time as others.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from server.errors import ApiError


class Ledger(Protocol):
    """Reservations of one organization with a grant of 100 credits, each in transactions of its own."""

    async def reserve(self, credits: int) -> str:
        """Reserve; the entry's id. Raises ApiError insufficient_credits."""
        ...

    async def settle(self, entry_id: str) -> bool:
        """Charge for good."""
        ...

    async def refund(self, entry_id: str) -> bool:
        """Give back."""
        ...

    async def balance(self) -> "Balance":
        """What the period's row says, and what the entries add up to."""
        ...


@dataclass(frozen=True)
class Balance:
    """Two sums that must agree."""

    used: int
    granted: int
    entries: int


GRANT = 100
Scenario = Callable[[Ledger], Awaitable[None]]


async def grants_exactly_what_there_is_of_a_thousand_at_once(ledger: Ledger) -> None:
    outcomes = await attempt(ledger, [1] * 1000)
    assert len(granted(outcomes)) == GRANT
    assert await ledger.balance() == Balance(GRANT, GRANT, GRANT)


async def never_grants_more_in_parts_of_different_size(ledger: Ledger) -> None:
    costs = [1 + i % 5 for i in range(300)]
    outcomes = await attempt(ledger, costs)
    spent = sum(cost for cost, outcome in zip(costs, outcomes, strict=True) if isinstance(outcome, str))
    assert GRANT - 5 < spent <= GRANT
    assert await ledger.balance() == Balance(spent, GRANT, spent)


async def grants_exactly_what_there_is_in_a_row(ledger: Ledger) -> None:
    for _ in range(GRANT // 5):
        await ledger.reserve(5)
    for cost in (1, 5):
        outcome = (await attempt(ledger, [cost]))[0]
        assert isinstance(outcome, ApiError)
        assert outcome.word == "insufficient_credits"
        assert outcome.details["required"] == cost
        assert outcome.details["remaining"] == 0


async def refunds_once_however_often_asked(ledger: Ledger) -> None:
    entry_id = await ledger.reserve(60)
    assert all(await asyncio.gather(*(ledger.refund(entry_id) for _ in range(20))))
    assert await ledger.balance() == Balance(0, GRANT, 0)
    await ledger.reserve(GRANT)


async def keeps_what_was_settled(ledger: Ledger) -> None:
    entry_id = await ledger.reserve(60)
    assert [await ledger.settle(entry_id) for _ in range(3)] == [True] * 3
    assert not await ledger.refund(entry_id)
    assert await ledger.balance() == Balance(60, GRANT, 60)


async def does_not_charge_what_was_refunded(ledger: Ledger) -> None:
    entry_id = await ledger.reserve(60)
    await ledger.refund(entry_id)
    assert not await ledger.settle(entry_id)
    assert await ledger.balance() == Balance(0, GRANT, 0)


async def decides_once_between_settling_and_refunding(ledger: Ledger) -> None:
    for _ in range(10):
        entry_id = await ledger.reserve(7)
        settled, refunded = await asyncio.gather(ledger.settle(entry_id), ledger.refund(entry_id))
        assert settled != refunded
        assert (await ledger.balance()).used % 7 == 0
        await ledger.refund(entry_id)


async def knows_no_entry_it_did_not_make(ledger: Ledger) -> None:
    assert not await ledger.settle("0190a0a0-0000-7000-8000-000000000000")
    assert not await ledger.refund("0190a0a0-0000-7000-8000-000000000000")


# The quick ones first: a wrong ledger is caught sooner.
SUITE: tuple[Scenario, ...] = (
    knows_no_entry_it_did_not_make,
    keeps_what_was_settled,
    does_not_charge_what_was_refunded,
    refunds_once_however_often_asked,
    decides_once_between_settling_and_refunding,
    grants_exactly_what_there_is_in_a_row,
    never_grants_more_in_parts_of_different_size,
    grants_exactly_what_there_is_of_a_thousand_at_once,
)


async def attempt(ledger: Ledger, costs: list[int]) -> list[str | BaseException]:
    """Reserve all of these at once; what became of each."""
    return await asyncio.gather(*(ledger.reserve(cost) for cost in costs), return_exceptions=True)


def granted(outcomes: list[str | BaseException]) -> list[str]:
    """The ids of what was reserved; anything but a refusal for want of credits is a fault."""
    for outcome in outcomes:
        if isinstance(outcome, BaseException) and not isinstance(outcome, ApiError):
            raise outcome
    return [outcome for outcome in outcomes if isinstance(outcome, str)]
