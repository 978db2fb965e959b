"""Filter, order and page: one way for every list."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from google.protobuf.message import Message
from sqlalchemy import ColumnElement, Row, Select, Table, func, select
from sqlalchemy.sql.operators import desc_op

from server.clock import bound
from server.errors import invalid, not_found
from server.stores.session import Transaction

DEFAULT_PAGE_SIZE = 20
MAX_PAGE_SIZE = 100
DEFAULT_ORDERING = "-created_at"


@dataclass(frozen=True)
class Listing:
    """How a resource can be listed: its columns by their public names.

    `order` is the allowlist of orderings; `equal` maps request fields to columns matched exactly when given.
    """

    table: Table
    columns: Sequence[ColumnElement[Any]]
    order: Mapping[str, ColumnElement[Any]]
    equal: Mapping[str, ColumnElement[Any]]
    name: ColumnElement[Any] | None = None


@dataclass(frozen=True)
class Page:
    """One page of rows and how many there are in all."""

    rows: list[Row[Any]]
    count: int


async def fetch_page(
    tx: Transaction,
    listing: Listing,
    request: Message,
    *,
    organization_id: str,
    where: Sequence[ColumnElement[bool]] = (),
) -> Page:
    """The page a list request asks for; it may hold page, page_size, ordering, status, name and creation bounds.

    Raises ApiError: 400 for an ordering outside the allowlist, 404 for a page past the end.
    """
    conditions = [listing.table.c.organization_id == organization_id, *where, *_filters(listing, request)]
    order = _ordering(listing, request.ordering)  # type: ignore[attr-defined]
    page, size = page_of(request), page_size_of(request)
    count = int(await tx.scalar(select(func.count()).select_from(listing.table).where(*conditions)))
    if page > 1 and (page - 1) * size >= count:
        raise not_found()
    statement: Select[Any] = select(*listing.columns).where(*conditions).order_by(*order)
    rows = await tx.all(statement.limit(size).offset((page - 1) * size))
    return Page(rows, count)


def page_of(request: Message) -> int:
    """The page asked for, 1-based."""
    return int(request.page) if request.HasField("page") else 1  # type: ignore[attr-defined]


def page_size_of(request: Message) -> int:
    """Rows a page: 20 unless asked otherwise, clamped to 100."""
    asked = int(request.page_size) if request.HasField("page_size") else DEFAULT_PAGE_SIZE  # type: ignore[attr-defined]
    return min(asked, MAX_PAGE_SIZE)


def folded(text: str) -> str:
    """The form names are compared in."""
    return text.casefold()


def _filters(listing: Listing, request: Message) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [
        column == value for field, column in listing.equal.items() if (value := getattr(request, field))
    ]
    fields = request.DESCRIPTOR.fields_by_name
    if listing.name is not None and "name" in fields and request.name:  # type: ignore[attr-defined]
        conditions.append(listing.name.contains(folded(request.name), autoescape=True))  # type: ignore[attr-defined]
    created = listing.table.c.created_at
    if "created_after" in fields and request.created_after:  # type: ignore[attr-defined]
        conditions.append(created >= bound(request.created_after, end_of_day=False))  # type: ignore[attr-defined]
    if "created_before" in fields and request.created_before:  # type: ignore[attr-defined]
        conditions.append(created <= bound(request.created_before, end_of_day=True))  # type: ignore[attr-defined]
    return conditions


def _ordering(listing: Listing, text: str) -> list[ColumnElement[Any]]:
    order: list[ColumnElement[Any]] = []
    for word in (text or DEFAULT_ORDERING).split(","):
        name = word.strip()
        column = listing.order.get(name.removeprefix("-"))
        if column is None:
            allowed = ", ".join(listing.order)
            raise invalid({"ordering": [f"'{name}' is not a field to order by. Allowed: {allowed}."]})
        order.append(column.desc() if name.startswith("-") else column.asc())
    # Ties are broken by id, so that no row is lost or repeated between pages.
    last = order[-1]
    identifier = listing.table.c.id
    order.append(identifier.desc() if _is_descending(last) else identifier.asc())
    return order


def _is_descending(column: ColumnElement[Any]) -> bool:
    return getattr(column, "modifier", None) is desc_op
