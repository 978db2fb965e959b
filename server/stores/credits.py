"""The credit ledger: one balance row a period, one entry for each reservation."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, bindparam, func, insert, select, update
from sqlalchemy.dialects import sqlite

from server.clock import new_id
from server.stores.query import in_organization, one_row
from server.stores.session import Transaction
from server.stores.tables import credit_entries, credit_periods, organizations

RESERVED = "reserved"
SETTLED = "settled"
REFUNDED = "refunded"

_p, _e = credit_periods.c, credit_entries.c
_of_start = _p.starts_at == bindparam("of_start")
_total = func.sum(_e.credits)
_PLAN = select(organizations.c.tier, organizations.c.trial_ends_at).where(
    organizations.c.id == bindparam("of_organization")
)
_PERIOD = select(_p.id, _p.granted, _p.used).where(in_organization(credit_periods), _of_start)
_NEW_PERIOD = sqlite.insert(credit_periods)
_OPEN = _NEW_PERIOD.on_conflict_do_update(
    index_elements=["organization_id", "starts_at"],
    set_={"granted": _NEW_PERIOD.excluded.granted, "ends_at": _NEW_PERIOD.excluded.ends_at},
    where=_p.granted < _NEW_PERIOD.excluded.granted,
)
_TAKE = (
    update(credit_periods)
    .where(in_organization(credit_periods), _of_start, _p.used + bindparam("of_credits") <= _p.granted)
    .values(used=_p.used + bindparam("of_credits"))
)
_GIVE_BACK = (
    update(credit_periods).where(one_row(credit_periods)).values(used=_p.used - bindparam("of_credits"))
)
_ADD = insert(credit_entries)
_ENTRY = select(credit_entries).where(_e.id == bindparam("of_id"))
_LEAVE = update(credit_entries).where(one_row(credit_entries), _e.state == RESERVED)
_OPERATIONS = (
    select(_e.operation, func.count().label("times"), _total.label("credits"))
    .where(in_organization(credit_entries), _e.period_id == bindparam("of_period"), _e.state != REFUNDED)
    .group_by(_e.operation)
    .order_by(_total.desc(), _e.operation)
)


@dataclass(frozen=True, slots=True)
class NewEntry:
    """A reservation to write down."""

    period_id: str
    operation: str
    resource_id: str
    credits: int


async def fetch_plan(tx: Transaction, organization_id: str) -> Row[Any] | None:
    """tier and trial_ends_at of an organization."""
    return await tx.first(_PLAN, {"of_organization": organization_id})


async def fetch_period(tx: Transaction, organization_id: str, starts_at: int) -> Row[Any] | None:
    """id, granted and used of a period, or None when nothing was reserved in it yet."""
    return await tx.first(_PERIOD, {"of_organization": organization_id, "of_start": starts_at})


async def open_period(
    tx: Transaction, organization_id: str, *, starts_at: int, ends_at: int, granted: int
) -> None:
    """Make sure the period's row is there; a better plan raises the grant at once, a smaller one waits for the next."""
    row = {
        "id": new_id(),
        "organization_id": organization_id,
        "starts_at": starts_at,
        "ends_at": ends_at,
        "granted": granted,
    }
    await tx.run(_OPEN, row)


async def take(tx: Transaction, organization_id: str, *, starts_at: int, credits: int) -> bool:
    """Add to what is used if the grant allows it; one statement, since check-then-add gives away more than there is."""
    of = {"of_organization": organization_id, "of_start": starts_at, "of_credits": credits}
    return bool(await tx.run(_TAKE, of))


async def add_entry(tx: Transaction, organization_id: str, entry: NewEntry, *, now: int) -> str:
    """Write a reservation down; its id."""
    entry_id = new_id()
    row = {
        "id": entry_id,
        "organization_id": organization_id,
        "period_id": entry.period_id,
        "operation": entry.operation,
        "resource_id": entry.resource_id,
        "credits": entry.credits,
        "state": RESERVED,
        "created_at": now,
        "updated_at": now,
    }
    await tx.run(_ADD, row)
    return entry_id


async def fetch_entry(tx: Transaction, entry_id: str) -> Row[Any] | None:
    """An entry by the id its reservation returned; such ids never come from a caller."""
    return await tx.first(_ENTRY, {"of_id": entry_id})


async def leave_reserved(tx: Transaction, entry: Row[Any], state: str, *, now: int) -> bool:
    """Move an entry out of `reserved`; False when it had left already."""
    of = {"of_organization": entry.organization_id, "of_id": entry.id}
    return bool(await tx.run(_LEAVE, {**of, "state": state, "updated_at": now}))


async def give_back(tx: Transaction, entry: Row[Any]) -> None:
    """Take an entry's credits off what its period has used."""
    of = {"of_organization": entry.organization_id, "of_id": entry.period_id, "of_credits": entry.credits}
    await tx.run(_GIVE_BACK, of)


async def fetch_operations(tx: Transaction, organization_id: str, period_id: str) -> list[Row[Any]]:
    """operation, count and credits of a period, refunds left out, the dearest first."""
    return await tx.all(_OPERATIONS, {"of_organization": organization_id, "of_period": period_id})
