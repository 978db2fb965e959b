"""Sign-ins: a session and the refresh tokens of its family.

Sessions belong to a person, not to an organization; the person's row carries the organization.
"""

from typing import Any

from sqlalchemy import Row, delete, insert, select, update

from server.clock import new_id
from server.stores.session import Transaction
from server.stores.tables import refresh_tokens, sessions


async def start(tx: Transaction, user_id: str, *, now: int, expires_at: int) -> str:
    """Begin a session; its id. Sessions of the person that ended of themselves are cleared away."""
    await tx.run(delete(sessions).where(sessions.c.user_id == user_id, sessions.c.expires_at < now))
    session_id = new_id()
    await tx.run(
        insert(sessions).values(id=session_id, user_id=user_id, created_at=now, expires_at=expires_at)
    )
    return session_id


async def end(tx: Transaction, session_id: str, *, now: int) -> None:
    """End a session with its whole family of tokens."""
    await tx.run(
        update(sessions)
        .where(sessions.c.id == session_id, sessions.c.ended_at.is_(None))
        .values(ended_at=now)
    )


async def end_others(tx: Transaction, user_id: str, *, keep: str | None, now: int) -> None:
    """End every session of a person but one."""
    conditions = [sessions.c.user_id == user_id, sessions.c.ended_at.is_(None)]
    if keep is not None:
        conditions.append(sessions.c.id != keep)
    await tx.run(update(sessions).where(*conditions).values(ended_at=now))


async def extend(tx: Transaction, session_id: str, *, expires_at: int) -> None:
    """A rotated token lives its own seven days, and the session with it."""
    await tx.run(update(sessions).where(sessions.c.id == session_id).values(expires_at=expires_at))


async def add_token(tx: Transaction, token_hash: str, session_id: str, *, now: int, expires_at: int) -> None:
    """Write a refresh token down."""
    await tx.run(
        insert(refresh_tokens).values(
            token_hash=token_hash, session_id=session_id, created_at=now, expires_at=expires_at
        )
    )


async def fetch_token(tx: Transaction, token_hash: str) -> Row[Any] | None:
    """A refresh token with its session: session_id, user_id, expires_at, replaced_at, ended_at."""
    return await tx.first(
        select(
            refresh_tokens.c.session_id,
            refresh_tokens.c.expires_at,
            refresh_tokens.c.replaced_at,
            sessions.c.user_id,
            sessions.c.ended_at,
        )
        .join(sessions, sessions.c.id == refresh_tokens.c.session_id)
        .where(refresh_tokens.c.token_hash == token_hash)
    )


async def replace_token(tx: Transaction, token_hash: str, *, now: int) -> bool:
    """Mark a token as replaced; False when it was already: of twenty at once, one succeeds."""
    return bool(
        await tx.run(
            update(refresh_tokens)
            .where(refresh_tokens.c.token_hash == token_hash, refresh_tokens.c.replaced_at.is_(None))
            .values(replaced_at=now)
        )
    )
