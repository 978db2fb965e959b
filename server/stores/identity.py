"""Who stands behind a session, a key or an email address, as of now.

These look-ups come before the organization is known: they are how it becomes known.
"""

import hmac
from typing import Any

from sqlalchemy import Row, Select, bindparam, insert, select, update

from server.caller import Caller, KeyIdentity
from server.stores.api_keys import scope_words
from server.stores.query import one_row
from server.stores.session import Transaction
from server.stores.tables import api_keys, organizations, sessions, users

_PERSON = (
    users.c.id.label("user_id"),
    users.c.email,
    users.c.role,
    users.c.organization_id,
    organizations.c.name.label("organization_name"),
    organizations.c.tier,
)


def _people(*columns: Any) -> Select[Any]:
    return (
        select(*_PERSON, *columns)
        .select_from(users)
        .join(organizations, organizations.c.id == users.c.organization_id)
    )


_BY_SESSION = (
    _people(sessions.c.id.label("session_id"))
    .join(sessions, sessions.c.user_id == users.c.id)
    .where(
        sessions.c.id == bindparam("of_session"),
        sessions.c.user_id == bindparam("of_user"),
        sessions.c.ended_at.is_(None),
    )
)
_BY_KEY = (
    _people(
        api_keys.c.id.label("key_id"),
        api_keys.c.name.label("key_name"),
        api_keys.c.key_hash,
        api_keys.c.scopes,
        api_keys.c.created_at,
        api_keys.c.expires_at,
        api_keys.c.revoked_at,
    )
    .join(api_keys, api_keys.c.user_id == users.c.id)
    .where(api_keys.c.key_hash == bindparam("of_hash"), api_keys.c.organization_id == users.c.organization_id)
)
_LOGIN = (
    select(users.c.id, users.c.email, users.c.password_hash, organizations.c.name.label("organization_name"))
    .join(organizations, organizations.c.id == users.c.organization_id)
    .where(users.c.email_folded == bindparam("of_email"))
)
_PASSWORD = select(users.c.password_hash).where(one_row(users))
_NOTE_LOGIN = update(users).where(
    users.c.id == bindparam("of_id"), users.c.password_hash == bindparam("of_hash")
)
_CHANGE_PASSWORD = _NOTE_LOGIN.where(users.c.organization_id == bindparam("of_organization"))
_ADD_ORGANIZATION = insert(organizations)


async def caller_by_session(tx: Transaction, session_id: str, user_id: str) -> Caller | None:
    """The caller of a session that has not been ended; the access token's own end bounds it in time."""
    row = await tx.first(_BY_SESSION, {"of_session": session_id, "of_user": user_id})
    return None if row is None else _caller(row, session_id=row.session_id)


async def caller_by_key(tx: Transaction, key_hash: str, *, now: int) -> Caller | None:
    """The caller of a key that is neither revoked nor past its end."""
    row = await tx.first(_BY_KEY, {"of_hash": key_hash})
    if row is None or not hmac.compare_digest(row.key_hash, key_hash):
        return None
    if row.revoked_at is not None or (row.expires_at is not None and row.expires_at <= now):
        return None
    key = KeyIdentity(row.key_id, row.key_name, scope_words(row.scopes), row.created_at, row.expires_at)
    return _caller(row, key=key)


async def fetch_login(tx: Transaction, email_folded: str) -> Row[Any] | None:
    """id, email, password_hash and organization_name of the person with this address."""
    return await tx.first(_LOGIN, {"of_email": email_folded})


async def fetch_password(tx: Transaction, organization_id: str, user_id: str) -> str | None:
    """The password hash of a person."""
    found: str | None = await tx.scalar(_PASSWORD, {"of_organization": organization_id, "of_id": user_id})
    return found


async def note_login(tx: Transaction, user_id: str, *, verified_hash: str, kept_hash: str, now: int) -> bool:
    """Write a sign-in down; False when the password was changed, or the person removed, since it was verified."""
    of = {"of_id": user_id, "of_hash": verified_hash}
    return bool(await tx.run(_NOTE_LOGIN, {**of, "last_login_at": now, "password_hash": kept_hash}))


async def change_password(
    tx: Transaction, organization_id: str, user_id: str, *, verified_hash: str, new_hash: str
) -> bool:
    """Put a new password hash in place of the one that was verified; False when it is another by now."""
    of = {"of_organization": organization_id, "of_id": user_id, "of_hash": verified_hash}
    return bool(await tx.run(_CHANGE_PASSWORD, {**of, "password_hash": new_hash}))


async def add_organization(
    tx: Transaction, organization_id: str, name: str, *, tier: int, trial_ends_at: int | None, now: int
) -> None:
    """Write an organization down."""
    row = {
        "id": organization_id,
        "name": name,
        "tier": tier,
        "trial_ends_at": trial_ends_at,
        "created_at": now,
    }
    await tx.run(_ADD_ORGANIZATION, row)


def _caller(row: Row[Any], *, session_id: str | None = None, key: KeyIdentity | None = None) -> Caller:
    return Caller(
        user_id=row.user_id,
        email=row.email,
        role=row.role,
        organization_id=row.organization_id,
        organization_name=row.organization_name,
        tier=row.tier,
        session_id=session_id,
        key=key,
    )
