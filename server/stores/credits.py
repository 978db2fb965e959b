"""The credit ledger: one balance row a period, one entry for each reservation."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, func, insert, select, update
from sqlalchemy.dialects import sqlite

from server.clock import new_id
from server.stores.session import Transaction
from server.stores.tables import credit_entries, credit_periods, organizations

RESERVED = "reserved"
SETTLED = "settled"
REFUNDED = "refunded"


@dataclass(frozen=True, slots=True)
class NewEntry:
    """A reservation to write down."""

    period_id: str
    operation: str
    resource_id: str
    credits: int


async def fetch_plan(tx: Transaction, organization_id: str) -> Row[Any] | None:
    """tier and trial_ends_at of an organization."""
    return await tx.first(
        select(organizations.c.tier, organizations.c.trial_ends_at).where(
            organizations.c.id == organization_id
        )
    )


async def fetch_period(tx: Transaction, organization_id: str, starts_at: int) -> Row[Any] | None:
    """id, granted and used of a period, or None when nothing was reserved in it yet."""
    return await tx.first(
        select(credit_periods.c.id, credit_periods.c.granted, credit_periods.c.used).where(
            credit_periods.c.organization_id == organization_id, credit_periods.c.starts_at == starts_at
        )
    )


async def open_period(
    tx: Transaction, organization_id: str, *, starts_at: int, ends_at: int, granted: int
) -> None:
    """Make sure the period's row is there; a better plan raises the grant at once, a smaller one waits for the next."""
    row = sqlite.insert(credit_periods).values(
        id=new_id(), organization_id=organization_id, starts_at=starts_at, ends_at=ends_at, granted=granted
    )
    await tx.run(
        row.on_conflict_do_update(
            index_elements=["organization_id", "starts_at"],
            set_={"granted": row.excluded.granted, "ends_at": row.excluded.ends_at},
            where=credit_periods.c.granted < row.excluded.granted,
        )
    )


async def take(tx: Transaction, organization_id: str, *, starts_at: int, credits: int) -> bool:
    """Add to what is used if the grant allows it; one statement, since check-then-add gives away more than there is."""
    return bool(
        await tx.run(
            update(credit_periods)
            .where(
                credit_periods.c.organization_id == organization_id,
                credit_periods.c.starts_at == starts_at,
                credit_periods.c.used + credits <= credit_periods.c.granted,
            )
            .values(used=credit_periods.c.used + credits)
        )
    )


async def add_entry(tx: Transaction, organization_id: str, entry: NewEntry, *, now: int) -> str:
    """Write a reservation down; its id."""
    entry_id = new_id()
    await tx.run(
        insert(credit_entries).values(
            id=entry_id,
            organization_id=organization_id,
            period_id=entry.period_id,
            operation=entry.operation,
            resource_id=entry.resource_id,
            credits=entry.credits,
            state=RESERVED,
            created_at=now,
            updated_at=now,
        )
    )
    return entry_id


async def fetch_entry(tx: Transaction, entry_id: str) -> Row[Any] | None:
    """An entry by the id its reservation returned; such ids never come from a caller."""
    return await tx.first(select(credit_entries).where(credit_entries.c.id == entry_id))


async def leave_reserved(tx: Transaction, entry: Row[Any], state: str, *, now: int) -> bool:
    """Move an entry out of `reserved`; False when it had left already."""
    return bool(
        await tx.run(
            update(credit_entries)
            .where(
                credit_entries.c.organization_id == entry.organization_id,
                credit_entries.c.id == entry.id,
                credit_entries.c.state == RESERVED,
            )
            .values(state=state, updated_at=now)
        )
    )


async def give_back(tx: Transaction, entry: Row[Any]) -> None:
    """Take an entry's credits off what its period has used."""
    await tx.run(
        update(credit_periods)
        .where(
            credit_periods.c.organization_id == entry.organization_id, credit_periods.c.id == entry.period_id
        )
        .values(used=credit_periods.c.used - entry.credits)
    )


async def fetch_operations(tx: Transaction, organization_id: str, period_id: str) -> list[Row[Any]]:
    """operation, count and credits of a period, refunds left out, the dearest first."""
    total = func.sum(credit_entries.c.credits)
    return await tx.all(
        select(
            credit_entries.c.operation,
            func.count().label("times"),
            total.label("credits"),
        )
        .where(
            credit_entries.c.organization_id == organization_id,
            credit_entries.c.period_id == period_id,
            credit_entries.c.state != REFUNDED,
        )
        .group_by(credit_entries.c.operation)
        .order_by(total.desc(), credit_entries.c.operation)
    )
