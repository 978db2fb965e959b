"""People of an organization."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from google.protobuf.message import Message
from sqlalchemy import Row, delete, select, update
from sqlalchemy.dialects import sqlite

from server.stores.query import Listing, Page, fetch_page, folded, one_row
from server.stores.session import Transaction
from server.stores.tables import users

COLUMNS = tuple(column for column in users.c if column.name not in ("password_hash", "email_folded"))
LISTING = Listing(
    table=users,
    columns=COLUMNS,
    order={
        "created_at": users.c.created_at,
        "updated_at": users.c.updated_at,
        "email": users.c.email_folded,
        "role": users.c.role,
    },
    equal={},
)
_ONE = select(*COLUMNS).where(one_row(users))
_ADD = sqlite.insert(users).on_conflict_do_nothing(index_elements=["email_folded"])
_CHANGE = update(users).where(one_row(users))
_REMOVE = delete(users).where(one_row(users))


@dataclass(frozen=True, slots=True)
class NewMember:
    """A person to write down; the email as typed."""

    id: str
    email: str
    role: int
    password_hash: str
    first_name: str = ""
    last_name: str = ""


def fold_email(email: str) -> str:
    """The form addresses are compared in, whatever their case."""
    return folded(unicodedata.normalize("NFKC", email.strip()))


async def fetch_list(tx: Transaction, organization_id: str, request: Message) -> Page:
    """A page of members."""
    return await fetch_page(tx, LISTING, request, organization_id=organization_id)


async def fetch_one(tx: Transaction, organization_id: str, user_id: str) -> Row[Any] | None:
    """One member, or None."""
    return await tx.first(_ONE, {"of_organization": organization_id, "of_id": user_id})


async def add(tx: Transaction, organization_id: str, member: NewMember, *, now: int) -> bool:
    """Write a member down; False when the address is taken, in whichever organization."""
    row = {
        "id": member.id,
        "organization_id": organization_id,
        "email": member.email.strip(),
        "email_folded": fold_email(member.email),
        "first_name": member.first_name,
        "last_name": member.last_name,
        "role": member.role,
        "password_hash": member.password_hash,
        "created_at": now,
        "updated_at": now,
    }
    return bool(await tx.run(_ADD, row))


async def change(
    tx: Transaction, organization_id: str, user_id: str, *, values: Mapping[str, Any], now: int
) -> None:
    """Set first_name, last_name or role."""
    of = {"of_organization": organization_id, "of_id": user_id}
    await tx.run(_CHANGE, {**of, **values, "updated_at": now})


async def remove(tx: Transaction, organization_id: str, user_id: str) -> None:
    """Remove a person; their sessions and keys go with the row, what they made stays."""
    await tx.run(_REMOVE, {"of_organization": organization_id, "of_id": user_id})
