"""Credits: reserved before the work, settled when it is done, refunded when it fails.

All of it happens in the caller's transaction: the reservation with the row of the work, the settlement with its result.
"""

from dataclasses import dataclass

from server.clock import to_datetime
from server.errors import ApiError
from server.stores import credits as ledger
from server.stores.session import Transaction
from server.work.plans import CreditPeriod, credit_period


@dataclass(frozen=True, slots=True)
class OperationUse:
    """What was spent on one operation in a period."""

    operation: str
    count: int
    credits: int


@dataclass(frozen=True, slots=True)
class CreditUsage:
    """The credits of a period; `used` holds what work under way has reserved. Times in microseconds."""

    used: int
    limit: int
    remaining: int
    starts_at: int
    ends_at: int
    by_operation: tuple[OperationUse, ...]


async def reserve(
    tx: Transaction, organization_id: str, *, operation: str, resource_id: str, credits: int, now: int
) -> str:
    """Set credits aside for a piece of work; the id of the ledger entry.

    Raises ApiError `insufficient_credits` with required, remaining and period_ends_at.
    """
    if credits < 1:
        raise ValueError(f"a reservation is of at least one credit, not {credits}")
    period = await _period(tx, organization_id, now)
    await ledger.open_period(
        tx, organization_id, starts_at=period.starts_at, ends_at=period.ends_at, granted=period.granted
    )
    taken = await ledger.take(tx, organization_id, starts_at=period.starts_at, credits=credits)
    row = await ledger.fetch_period(tx, organization_id, period.starts_at)
    if row is None:
        raise RuntimeError("the period just opened is gone")
    if not taken:
        raise _insufficient(credits, max(0, row.granted - row.used), period.ends_at)
    entry = ledger.NewEntry(row.id, operation, resource_id, credits)
    return await ledger.add_entry(tx, organization_id, entry, now=now)


async def settle(tx: Transaction, entry_id: str, *, now: int) -> bool:
    """Charge a reservation for good; again changes nothing. False when it was refunded or never was."""
    entry = await ledger.fetch_entry(tx, entry_id)
    if entry is None:
        return False
    return await ledger.leave_reserved(tx, entry, ledger.SETTLED, now=now) or entry.state == ledger.SETTLED


async def refund(tx: Transaction, entry_id: str, *, now: int) -> bool:
    """Give a reservation back; again changes nothing. False when it was settled or never was."""
    entry = await ledger.fetch_entry(tx, entry_id)
    if entry is None:
        return False
    if not await ledger.leave_reserved(tx, entry, ledger.REFUNDED, now=now):
        return bool(entry.state == ledger.REFUNDED)
    await ledger.give_back(tx, entry)
    return True


async def usage(tx: Transaction, organization_id: str, *, now: int) -> CreditUsage:
    """The credits of the period `now` lies in."""
    period = await _period(tx, organization_id, now)
    row = await ledger.fetch_period(tx, organization_id, period.starts_at)
    if row is None:
        return CreditUsage(0, period.granted, period.granted, period.starts_at, period.ends_at, ())
    limit = max(row.granted, period.granted)
    return CreditUsage(
        used=row.used,
        limit=limit,
        remaining=limit - row.used,
        starts_at=period.starts_at,
        ends_at=period.ends_at,
        by_operation=tuple(
            OperationUse(use.operation, use.times, use.credits)
            for use in await ledger.fetch_operations(tx, organization_id, row.id)
        ),
    )


async def _period(tx: Transaction, organization_id: str, now: int) -> CreditPeriod:
    plan = await ledger.fetch_plan(tx, organization_id)
    if plan is None:
        raise RuntimeError("credits asked for an organization that does not exist")
    return credit_period(plan.tier, plan.trial_ends_at, now)


def _insufficient(required: int, remaining: int, period_ends_at: int) -> ApiError:
    return ApiError(
        "insufficient_credits",
        f"This needs {required} AI credits; {remaining} are left in this period.",
        details={
            "required": required,
            "remaining": remaining,
            "period_ends_at": to_datetime(period_ends_at).isoformat().replace("+00:00", "Z"),
        },
    )
