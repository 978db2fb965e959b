"""API keys: only hashes are kept."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from google.protobuf.message import Message
from sqlalchemy import Row, bindparam, insert, select, update

from server.methods import SCOPES
from server.stores.query import Listing, Page, fetch_page, one_row
from server.stores.session import Transaction
from server.stores.tables import api_keys

COLUMNS = tuple(column for column in api_keys.c if column.name != "key_hash")
LISTING = Listing(
    table=api_keys,
    columns=COLUMNS,
    order={
        "created_at": api_keys.c.created_at,
        "name": api_keys.c.name,
        "last_used_at": api_keys.c.last_used_at,
    },
    equal={},
)
_ONE = select(*COLUMNS).where(one_row(api_keys))
_ADD = insert(api_keys)
_CHANGE_LIVE = update(api_keys).where(one_row(api_keys), api_keys.c.revoked_at.is_(None))
_ADD_USES = (
    update(api_keys)
    .where(one_row(api_keys))
    .values(usage_count=api_keys.c.usage_count + bindparam("of_more"), last_used_at=bindparam("of_last"))
)


@dataclass(frozen=True, slots=True)
class NewKey:
    """What the maker of a key chose."""

    id: str
    user_id: str
    name: str
    description: str
    scopes: str
    expiry: int


@dataclass(frozen=True, slots=True)
class Secret:
    """The secret half of a key: what is kept of it, and how long it is good for (microseconds; None for ever)."""

    prefix: str
    key_hash: str
    expires_at: int | None


@dataclass(frozen=True, slots=True)
class Uses:
    """Uses of a key not yet written down."""

    count: int
    last_used_at: int


def scopes_text(numbers: Iterable[int]) -> str:
    """Scopes as they are kept: numbers, comma-separated, in order."""
    return ",".join(str(number) for number in sorted(set(numbers)))


def scope_numbers(text: str) -> list[int]:
    """Scopes as they were kept."""
    return [int(number) for number in text.split(",") if number]


def scope_words(text: str) -> frozenset[str]:
    """The public words of scopes as they were kept."""
    return frozenset(SCOPES[number] for number in scope_numbers(text))


async def fetch_list(tx: Transaction, organization_id: str, request: Message, *, user_id: str | None) -> Page:
    """A page of keys: those of one person, or of everyone in the organization when `user_id` is None."""
    equal = {} if user_id is None else {"user_id": user_id}
    return await fetch_page(tx, LISTING, request, organization_id=organization_id, equal=equal)


async def fetch_one(tx: Transaction, organization_id: str, key_id: str) -> Row[Any] | None:
    """One key, or None."""
    return await tx.first(_ONE, {"of_organization": organization_id, "of_id": key_id})


async def add(tx: Transaction, organization_id: str, key: NewKey, secret: Secret, *, now: int) -> None:
    """Write a key down."""
    row = {
        "id": key.id,
        "organization_id": organization_id,
        "user_id": key.user_id,
        "name": key.name,
        "description": key.description,
        "scopes": key.scopes,
        "expiry": key.expiry,
        "created_at": now,
        **_columns(secret),
    }
    await tx.run(_ADD, row)


async def replace_secret(tx: Transaction, organization_id: str, key_id: str, secret: Secret) -> bool:
    """Put another secret in a key's place; False when the key is revoked or gone."""
    of = {"of_organization": organization_id, "of_id": key_id}
    return bool(await tx.run(_CHANGE_LIVE, {**of, **_columns(secret)}))


async def revoke(tx: Transaction, organization_id: str, key_id: str, *, now: int) -> None:
    """End a key; the time of the first revocation stays."""
    await tx.run(_CHANGE_LIVE, {"of_organization": organization_id, "of_id": key_id, "revoked_at": now})


async def add_uses(tx: Transaction, uses: Mapping[tuple[str, str], Uses]) -> None:
    """Write uses down, by (organization, key); keys that are gone are passed over."""
    rows = [
        {"of_organization": organization_id, "of_id": key_id, "of_more": u.count, "of_last": u.last_used_at}
        for (organization_id, key_id), u in uses.items()
    ]
    await tx.run(_ADD_USES, rows)


def _columns(secret: Secret) -> dict[str, Any]:
    return {"prefix": secret.prefix, "key_hash": secret.key_hash, "expires_at": secret.expires_at}
