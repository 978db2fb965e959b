"""Public links as rows. A link past its end counts as no link."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Row, delete, insert, or_, select, update

from server import clock
from server.stores.session import Transaction
from server.stores.tables import public_links

_c = public_links.c
_LEAN = tuple(column for column in _c if column.name != "content")


async def fetch_many(
    tx: Transaction,
    organization_id: str,
    kind: str,
    resource_ids: Sequence[str],
    *,
    now: int | None = None,
) -> dict[str, Row[Any]]:
    """The live links of reports or dashboards (`kind`), by resource id, in one statement; without content.

    `now` in microseconds since the epoch; the present when None.
    """
    if not resource_ids:
        return {}
    rows = await tx.all(
        select(*_LEAN).where(
            _c.organization_id == organization_id,
            _c.kind == kind,
            _c.resource_id.in_(list(resource_ids)),
            _is_live(clock.now() if now is None else now),
        )
    )
    return {row.resource_id: row for row in rows}


async def fetch_one(
    tx: Transaction, organization_id: str, kind: str, resource_id: str, *, now: int
) -> Row[Any] | None:
    """The live link of one resource, without content."""
    found = await fetch_many(tx, organization_id, kind, [resource_id], now=now)
    return found.get(resource_id)


async def fetch_by_token(tx: Transaction, *, kind: str, token_hash: str, now: int) -> Row[Any] | None:
    """The live link a token opens, with content. The token is the credential here: no organization is known yet."""
    return await tx.first(
        select(public_links).where(_c.token_hash == token_hash, _c.kind == kind, _is_live(now))
    )


async def add(tx: Transaction, organization_id: str, values: Mapping[str, Any]) -> None:
    """A new link; one past its end that stood for the same resource makes way."""
    await remove(tx, organization_id, values["kind"], values["resource_id"])
    await tx.run(insert(public_links).values(organization_id=organization_id, **values))


async def change(tx: Transaction, organization_id: str, *, link_id: str, values: Mapping[str, Any]) -> None:
    """Set columns of a link."""
    await tx.run(
        update(public_links).where(_c.organization_id == organization_id, _c.id == link_id).values(**values)
    )


async def remove(tx: Transaction, organization_id: str, kind: str, resource_id: str) -> bool:
    """Delete the link of a resource; whether there was one."""
    touched = await tx.run(
        delete(public_links).where(
            _c.organization_id == organization_id, _c.kind == kind, _c.resource_id == resource_id
        )
    )
    return touched > 0


async def count_view(tx: Transaction, organization_id: str, *, link_id: str, now: int) -> None:
    """One more view."""
    await tx.run(
        update(public_links)
        .where(_c.organization_id == organization_id, _c.id == link_id)
        .values(view_count=_c.view_count + 1, last_viewed_at=now)
    )


def _is_live(now: int) -> ColumnElement[bool]:
    return or_(_c.expires_at.is_(None), _c.expires_at > now)
