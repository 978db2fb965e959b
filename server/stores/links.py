"""Public links as rows. A link past its end counts as no link."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Row, bindparam, delete, insert, or_, select, update

from server import clock
from server.stores.query import in_organization, one_row
from server.stores.session import Transaction
from server.stores.tables import public_links

_c = public_links.c
_LEAN = tuple(column for column in _c if column.name != "content")
_of_kind = _c.kind == bindparam("of_kind")
_is_live = or_(_c.expires_at.is_(None), _c.expires_at > bindparam("of_time"))
_of_resource = _c.resource_id == bindparam("of_resource")
_LIVE = select(*_LEAN).where(in_organization(public_links), _of_kind, _is_live)
_MANY = _LIVE.where(_c.resource_id.in_(bindparam("of_resources", expanding=True)))
_ONE = _LIVE.where(_of_resource)
_BY_TOKEN = select(public_links).where(_c.token_hash == bindparam("of_hash"), _of_kind, _is_live)
_ADD = insert(public_links)
_CHANGE = update(public_links).where(one_row(public_links))
_REMOVE = delete(public_links).where(in_organization(public_links), _of_kind, _of_resource)
_COUNT_VIEW = _CHANGE.values(view_count=_c.view_count + 1)


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
    of = {"of_organization": organization_id, "of_kind": kind, "of_resources": list(resource_ids)}
    rows = await tx.all(_MANY, {**of, "of_time": clock.now() if now is None else now})
    return {row.resource_id: row for row in rows}


async def fetch_one(
    tx: Transaction, organization_id: str, kind: str, resource_id: str, *, now: int
) -> Row[Any] | None:
    """The live link of one resource, without content."""
    of = {"of_organization": organization_id, "of_kind": kind, "of_resource": resource_id}
    return await tx.first(_ONE, {**of, "of_time": now})


async def fetch_by_token(tx: Transaction, *, kind: str, token_hash: str, now: int) -> Row[Any] | None:
    """The live link a token opens, with content. The token is the credential here: no organization is known yet."""
    return await tx.first(_BY_TOKEN, {"of_hash": token_hash, "of_kind": kind, "of_time": now})


async def add(tx: Transaction, organization_id: str, values: Mapping[str, Any]) -> None:
    """A new link; one past its end that stood for the same resource makes way."""
    await remove(tx, organization_id, values["kind"], values["resource_id"])
    await tx.run(_ADD, {"organization_id": organization_id, **values})


async def change(tx: Transaction, organization_id: str, *, link_id: str, values: Mapping[str, Any]) -> None:
    """Set columns of a link."""
    await tx.run(_CHANGE, {"of_organization": organization_id, "of_id": link_id, **values})


async def remove(tx: Transaction, organization_id: str, kind: str, resource_id: str) -> bool:
    """Delete the link of a resource; whether there was one."""
    of = {"of_organization": organization_id, "of_kind": kind, "of_resource": resource_id}
    return await tx.run(_REMOVE, of) > 0


async def count_view(tx: Transaction, organization_id: str, *, link_id: str, now: int) -> None:
    """One more view."""
    await tx.run(_COUNT_VIEW, {"of_organization": organization_id, "of_id": link_id, "last_viewed_at": now})
