"""Filter, order and page: one way for every list."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from google.protobuf.message import Message
from sqlalchemy import ColumnElement, Integer, Row, Select, Table, and_, bindparam, func, select

from server.clock import bound
from server.errors import ApiError, invalid
from server.stores.session import Transaction

DEFAULT_PAGE_SIZE = 20
MAX_PAGE_SIZE = 100
DEFAULT_ORDERING = "-created_at"
# Parameters of a page's filters; those of exact matches are this prefix and the column.
EQUAL = "of_equal_"
NAME = "of_name"
AFTER = "of_created_after"
BEFORE = "of_created_before"
ESCAPE = "/"
KEPT_STATEMENTS = 256
NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, eq=False)
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


def in_organization(table: Table) -> ColumnElement[bool]:
    """The rows of one organization; takes the parameter `of_organization`."""
    # Parameters of conditions begin with `of_`: those named like columns are what an update sets.
    return table.c.organization_id == bindparam("of_organization")


def one_row(table: Table) -> ColumnElement[bool]:
    """One row of one organization; takes the parameters `of_organization` and `of_id`."""
    return and_(in_organization(table), table.c.id == bindparam("of_id"))


async def fetch_page(
    tx: Transaction,
    listing: Listing,
    request: Message,
    *,
    organization_id: str,
    equal: Mapping[str, Any] = NOTHING,
) -> Page:
    """The page a list request asks for; it may hold page, page_size, ordering, status, name and creation bounds.

    `equal` holds columns and values that every row must have beside what the request says.
    Raises ApiError: 400 for an ordering outside the allowlist, 404 for a page past the end.
    """
    filters = {**_equal(listing, request, equal), **_named(listing, request), **_created(request)}
    order = _ordering(listing, request.ordering)  # type: ignore[attr-defined]
    page, size = page_of(request), page_size_of(request)
    rows = await tx.all(
        _page_statement(listing, tuple(filters), order),
        {**filters, "of_organization": organization_id, "of_size": size, "of_offset": (page - 1) * size},
    )
    if page > 1 and not rows:
        raise ApiError("not_found", f"There is no page {page}; ask for an earlier one.")
    return Page(rows, rows[0].rows_in_all if rows else 0)


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


def _equal(listing: Listing, request: Message, equal: Mapping[str, Any]) -> dict[str, Any]:
    asked = {listing.equal[field].name: getattr(request, field) for field in listing.equal}
    given = {name: value for name, value in asked.items() if value}
    # What the caller of the store demands stands above what the request asks.
    return {f"{EQUAL}{name}": value for name, value in {**given, **equal}.items()}


def _named(listing: Listing, request: Message) -> dict[str, Any]:
    if listing.name is None or not (name := getattr(request, "name", "")):
        return {}
    return {NAME: _literal(folded(name))}


def _literal(text: str) -> str:
    """A text with what LIKE would read as a wildcard made plain."""
    for character in (ESCAPE, "%", "_"):
        text = text.replace(character, ESCAPE + character)
    return text


def _created(request: Message) -> dict[str, Any]:
    found = {}
    if after := getattr(request, "created_after", ""):
        found[AFTER] = bound(after, end_of_day=False)
    if before := getattr(request, "created_before", ""):
        found[BEFORE] = bound(before, end_of_day=True)
    return found


def _ordering(listing: Listing, text: str) -> tuple[str, ...]:
    """The words of an ordering, each known to the listing."""
    words = tuple(word.strip() for word in (text or DEFAULT_ORDERING).split(","))
    for word in words:
        if word.removeprefix("-") not in listing.order:
            allowed = ", ".join(listing.order)
            raise invalid({"ordering": [f"'{word}' is not a field to order by. Allowed: {allowed}."]})
    return words


@lru_cache(maxsize=KEPT_STATEMENTS)
def _page_statement(listing: Listing, filters: tuple[str, ...], order: tuple[str, ...]) -> Select[Any]:
    """A page and, on each row, how many rows there are in all; one statement for each shape of request."""
    table = listing.table
    where = [in_organization(table), *(_condition(listing, name) for name in filters)]
    in_all = select(func.count()).select_from(table).where(*where).correlate(None).scalar_subquery()
    columns = [_directed(listing.order[word.removeprefix("-")], word) for word in order]
    # Ties are broken by id, so that no row is lost or repeated between pages.
    columns.append(_directed(table.c.id, order[-1]))
    statement = select(*listing.columns, in_all.label("rows_in_all")).where(*where).order_by(*columns)
    return statement.limit(bindparam("of_size", type_=Integer)).offset(bindparam("of_offset", type_=Integer))


def _condition(listing: Listing, name: str) -> ColumnElement[bool]:
    created = listing.table.c.created_at
    if name == AFTER:
        return created >= bindparam(AFTER)
    if name == BEFORE:
        return created <= bindparam(BEFORE)
    if name == NAME and listing.name is not None:
        return listing.name.contains(bindparam(NAME), escape=ESCAPE)
    return listing.table.c[name.removeprefix(EQUAL)] == bindparam(name)


def _directed(column: ColumnElement[Any], word: str) -> ColumnElement[Any]:
    return column.desc() if word.startswith("-") else column.asc()
