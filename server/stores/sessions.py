"""Sign-ins: a session and the refresh tokens of its family.

Sessions belong to a person, not to an organization; the person's row carries the organization.
"""

from typing import Any

from sqlalchemy import Row, bindparam, delete, insert, select, update

from server.clock import new_id
from server.stores.session import Transaction
from server.stores.tables import refresh_tokens, sessions

_s, _t = sessions.c, refresh_tokens.c
_CLEAR = delete(sessions).where(_s.user_id == bindparam("of_user"), _s.expires_at < bindparam("of_time"))
_START = insert(sessions)
_EXTEND = update(sessions).where(_s.id == bindparam("of_id"))
_END = _EXTEND.where(_s.ended_at.is_(None))
_END_ALL = update(sessions).where(_s.user_id == bindparam("of_user"), _s.ended_at.is_(None))
_END_OTHERS = _END_ALL.where(_s.id != bindparam("of_kept"))
_ADD_TOKEN = insert(refresh_tokens)
_TOKEN = (
    select(_t.session_id, _t.expires_at, _t.replaced_at, _s.user_id, _s.ended_at)
    .join(sessions, _s.id == _t.session_id)
    .where(_t.token_hash == bindparam("of_hash"))
)
_REPLACE_TOKEN = update(refresh_tokens).where(_t.token_hash == bindparam("of_hash"), _t.replaced_at.is_(None))


async def start(tx: Transaction, user_id: str, *, now: int, expires_at: int) -> str:
    """Begin a session; its id. Sessions of the person that ended of themselves are cleared away."""
    await tx.run(_CLEAR, {"of_user": user_id, "of_time": now})
    session_id = new_id()
    await tx.run(_START, {"id": session_id, "user_id": user_id, "created_at": now, "expires_at": expires_at})
    return session_id


async def end(tx: Transaction, session_id: str, *, now: int) -> None:
    """End a session with its whole family of tokens."""
    await tx.run(_END, {"of_id": session_id, "ended_at": now})


async def end_others(tx: Transaction, user_id: str, *, keep: str | None, now: int) -> None:
    """End every session of a person but one."""
    of = {"of_user": user_id, "ended_at": now}
    if keep is None:
        await tx.run(_END_ALL, of)
    else:
        await tx.run(_END_OTHERS, {**of, "of_kept": keep})


async def extend(tx: Transaction, session_id: str, *, expires_at: int) -> None:
    """A rotated token lives its own seven days, and the session with it."""
    await tx.run(_EXTEND, {"of_id": session_id, "expires_at": expires_at})


async def add_token(tx: Transaction, token_hash: str, session_id: str, *, now: int, expires_at: int) -> None:
    """Write a refresh token down."""
    row = {"token_hash": token_hash, "session_id": session_id, "created_at": now, "expires_at": expires_at}
    await tx.run(_ADD_TOKEN, row)


async def fetch_token(tx: Transaction, token_hash: str) -> Row[Any] | None:
    """A refresh token with its session: session_id, user_id, expires_at, replaced_at, ended_at."""
    return await tx.first(_TOKEN, {"of_hash": token_hash})


async def replace_token(tx: Transaction, token_hash: str, *, now: int) -> bool:
    """Mark a token as replaced; False when it was already: of twenty at once, one succeeds."""
    return bool(await tx.run(_REPLACE_TOKEN, {"of_hash": token_hash, "replaced_at": now}))
