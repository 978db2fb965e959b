"""Idempotency keys: who claimed one, for which request, and how it ended."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, delete, select, update
from sqlalchemy.dialects import sqlite

from server.clock import DAY, new_id
from server.stores.session import Transaction
from server.stores.tables import idempotency_keys

KEPT = DAY


@dataclass(frozen=True, slots=True)
class Use:
    """A key as used: by whom, for which method, with which request."""

    bucket: str
    method: str
    key: str
    request_hash: str


async def purge(tx: Transaction, organization_id: str, *, now: int) -> None:
    """Forget keys older than a day."""
    await tx.run(
        delete(idempotency_keys).where(
            idempotency_keys.c.organization_id == organization_id,
            idempotency_keys.c.created_at <= now - KEPT,
        )
    )


async def claim(tx: Transaction, organization_id: str, use: Use, *, now: int, lease_until: int) -> str | None:
    """Claim a key that nobody has; the claim's id, None when somebody has."""
    claim_id = new_id()
    row = sqlite.insert(idempotency_keys).values(
        id=claim_id,
        organization_id=organization_id,
        bucket=use.bucket,
        method=use.method,
        key=use.key,
        request_hash=use.request_hash,
        created_at=now,
        lease_until=lease_until,
    )
    claimed = await tx.run(row.on_conflict_do_nothing(index_elements=["bucket", "method", "key"]))
    return claim_id if claimed else None


async def fetch(tx: Transaction, organization_id: str, use: Use) -> Row[Any] | None:
    """The claim on a key: id, request_hash, response, failed, lease_until."""
    table = idempotency_keys.c
    return await tx.first(
        select(table.id, table.request_hash, table.response, table.failed, table.lease_until).where(
            table.organization_id == organization_id,
            table.bucket == use.bucket,
            table.method == use.method,
            table.key == use.key,
        )
    )


async def take_over(tx: Transaction, organization_id: str, held: Row[Any], *, lease_until: int) -> str | None:
    """Take an abandoned claim over under a new id, so that its former holder can no longer end it."""
    claim_id = new_id()
    table = idempotency_keys.c
    taken = await tx.run(
        update(idempotency_keys)
        .where(
            table.organization_id == organization_id,
            table.id == held.id,
            table.lease_until == held.lease_until,
            table.response.is_(None),
        )
        .values(id=claim_id, lease_until=lease_until)
    )
    return claim_id if taken else None


async def renew(tx: Transaction, organization_id: str, claim_id: str, *, lease_until: int) -> None:
    """Say that the work goes on."""
    await tx.run(
        update(idempotency_keys)
        .where(idempotency_keys.c.organization_id == organization_id, idempotency_keys.c.id == claim_id)
        .values(lease_until=lease_until)
    )


async def finish(
    tx: Transaction, organization_id: str, claim_id: str, *, response: bytes, failed: bool
) -> None:
    """Keep how it ended, for the replays."""
    await tx.run(
        update(idempotency_keys)
        .where(idempotency_keys.c.organization_id == organization_id, idempotency_keys.c.id == claim_id)
        .values(response=response, failed=failed)
    )


async def release(tx: Transaction, organization_id: str, claim_id: str) -> None:
    """Give a key back: nothing happened that a second call would repeat."""
    await tx.run(
        delete(idempotency_keys).where(
            idempotency_keys.c.organization_id == organization_id, idempotency_keys.c.id == claim_id
        )
    )
