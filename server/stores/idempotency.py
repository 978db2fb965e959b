"""Idempotency keys: who claimed one, for which request, and how it ended."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, bindparam, delete, select, update
from sqlalchemy.dialects import sqlite

from server.clock import DAY, new_id
from server.stores.query import in_organization, one_row
from server.stores.session import Transaction
from server.stores.tables import idempotency_keys

KEPT = DAY

_c = idempotency_keys.c
_PURGE = delete(idempotency_keys).where(
    in_organization(idempotency_keys), _c.created_at <= bindparam("of_time")
)
_CLAIM = sqlite.insert(idempotency_keys).on_conflict_do_nothing(index_elements=["bucket", "method", "key"])
_USE = select(_c.id, _c.request_hash, _c.response, _c.failed, _c.lease_until).where(
    in_organization(idempotency_keys),
    _c.bucket == bindparam("of_bucket"),
    _c.method == bindparam("of_method"),
    _c.key == bindparam("of_key"),
)
_CHANGE = update(idempotency_keys).where(one_row(idempotency_keys))
_TAKE_OVER = _CHANGE.where(_c.lease_until == bindparam("of_lease"), _c.response.is_(None))
_RELEASE = delete(idempotency_keys).where(one_row(idempotency_keys))


@dataclass(frozen=True, slots=True)
class Use:
    """A key as used: by whom, for which method, with which request."""

    bucket: str
    method: str
    key: str
    request_hash: str


async def purge(tx: Transaction, organization_id: str, *, now: int) -> None:
    """Forget keys older than a day."""
    await tx.run(_PURGE, {"of_organization": organization_id, "of_time": now - KEPT})


async def claim(tx: Transaction, organization_id: str, use: Use, *, now: int, lease_until: int) -> str | None:
    """Claim a key that nobody has; the claim's id, None when somebody has."""
    claim_id = new_id()
    row = {
        "id": claim_id,
        "organization_id": organization_id,
        "bucket": use.bucket,
        "method": use.method,
        "key": use.key,
        "request_hash": use.request_hash,
        "created_at": now,
        "lease_until": lease_until,
    }
    return claim_id if await tx.run(_CLAIM, row) else None


async def fetch(tx: Transaction, organization_id: str, use: Use) -> Row[Any] | None:
    """The claim on a key: id, request_hash, response, failed, lease_until."""
    of = {"of_bucket": use.bucket, "of_method": use.method, "of_key": use.key}
    return await tx.first(_USE, {"of_organization": organization_id, **of})


async def take_over(tx: Transaction, organization_id: str, held: Row[Any], *, lease_until: int) -> str | None:
    """Take an abandoned claim over under a new id, so that its former holder can no longer end it."""
    claim_id = new_id()
    of = {"of_organization": organization_id, "of_id": held.id, "of_lease": held.lease_until}
    taken = await tx.run(_TAKE_OVER, {**of, "id": claim_id, "lease_until": lease_until})
    return claim_id if taken else None


async def renew(tx: Transaction, organization_id: str, claim_id: str, *, lease_until: int) -> None:
    """Say that the work goes on."""
    of = {"of_organization": organization_id, "of_id": claim_id}
    await tx.run(_CHANGE, {**of, "lease_until": lease_until})


async def finish(
    tx: Transaction, organization_id: str, claim_id: str, *, response: bytes, failed: bool
) -> None:
    """Keep how it ended, for the replays."""
    of = {"of_organization": organization_id, "of_id": claim_id}
    await tx.run(_CHANGE, {**of, "response": response, "failed": failed})


async def release(tx: Transaction, organization_id: str, claim_id: str) -> None:
    """Give a key back: nothing happened that a second call would repeat."""
    await tx.run(_RELEASE, {"of_organization": organization_id, "of_id": claim_id})
