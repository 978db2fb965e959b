"""Data sources as rows."""

from collections.abc import Sequence
from typing import Any

from claribi.v1.data_sources_pb2 import (
    DATA_SOURCE_STATUS_ACTIVE,
    DATA_SOURCE_STATUS_ERROR,
    DATA_SOURCE_STATUS_PREPROCESSING,
    DataQuality,
    DataSchema,
    DataSource,
    Snapshot,
)
from google.protobuf.message import Message
from sqlalchemy import Row, bindparam, delete, insert, select, update

from server.clock import optional_timestamp, timestamp
from server.stores.query import Listing, Page, fetch_page, folded, in_organization, one_row
from server.stores.session import Transaction
from server.stores.tables import data_sources

_c = data_sources.c
_LEAN = tuple(column for column in _c if column.name not in ("schema", "quality"))
LISTING = Listing(
    data_sources,
    columns=_LEAN,
    order={
        "created_at": _c.created_at,
        "updated_at": _c.updated_at,
        "name": _c.name_folded,
        "status": _c.status,
    },
    equal={"status": _c.status},
    name=_c.name_folded,
)
_ONE = select(data_sources).where(one_row(data_sources))
_MANY = select(data_sources).where(
    in_organization(data_sources), _c.id.in_(bindparam("of_ids", expanding=True))
)
_ADD = insert(data_sources)
_CHANGE = update(data_sources).where(one_row(data_sources))
_REMOVE = delete(data_sources).where(one_row(data_sources))
_FAIL_LEFT_BEHIND = update(data_sources).where(_c.status == DATA_SOURCE_STATUS_PREPROCESSING)


async def fetch_list(tx: Transaction, organization_id: str, request: Message) -> Page:
    """A page of sources without schema and quality; active ones unless a status is asked for."""
    equal = {} if request.status else {"status": DATA_SOURCE_STATUS_ACTIVE}  # type: ignore[attr-defined]
    return await fetch_page(tx, LISTING, request, organization_id=organization_id, equal=equal)


async def fetch_one(tx: Transaction, organization_id: str, source_id: str) -> Row[Any] | None:
    """One source, whole."""
    return await tx.first(_ONE, {"of_organization": organization_id, "of_id": source_id})


async def fetch_many(tx: Transaction, organization_id: str, ids: Sequence[str]) -> dict[str, Row[Any]]:
    """Sources by id, whole; ids that do not exist are missing."""
    if not ids:
        return {}
    rows = await tx.all(_MANY, {"of_organization": organization_id, "of_ids": list(ids)})
    return {row.id: row for row in rows}


async def add(tx: Transaction, organization_id: str, source: DataSource, *, now: int) -> None:
    """A new source, being read."""
    row = {
        "id": source.id,
        "organization_id": organization_id,
        "name": source.name,
        "name_folded": folded(source.name),
        "source_type": source.source_type,
        "engine": source.engine,
        "status": DATA_SOURCE_STATUS_PREPROCESSING,
        "description": source.description,
        "created_at": now,
        "updated_at": now,
    }
    await tx.run(_ADD, row)


async def set_synced(
    tx: Transaction, organization_id: str, source_id: str, *, read: DataSource, now: int
) -> None:
    """The source as it was just read: schema, quality and snapshot."""
    values = {
        "source_type": read.source_type,
        "engine": read.engine,
        "status": DATA_SOURCE_STATUS_ACTIVE,
        "schema": read.schema.SerializeToString(deterministic=True),
        "quality": read.quality.SerializeToString(deterministic=True),
        "snapshot_hash": read.snapshot.hash,
        "snapshot_taken_at": now,
        "snapshot_bytes": read.snapshot.bytes,
        "rows": sum(table.rows for table in read.schema.tables),
        "last_synced_at": now,
        "sync_error": None,
        "updated_at": now,
    }
    await tx.run(_CHANGE, {"of_organization": organization_id, "of_id": source_id, **values})


async def set_failed(
    tx: Transaction, organization_id: str, source_id: str, *, message: str, now: int
) -> None:
    """The last sync failed; the snapshot before it stays."""
    values = {"status": DATA_SOURCE_STATUS_ERROR, "sync_error": message, "updated_at": now}
    await tx.run(_CHANGE, {"of_organization": organization_id, "of_id": source_id, **values})


async def change(
    tx: Transaction, organization_id: str, source_id: str, values: dict[str, Any], *, now: int
) -> bool:
    """Set columns of a source; whether it exists."""
    if "name" in values:
        values["name_folded"] = folded(values["name"])
    of = {"of_organization": organization_id, "of_id": source_id}
    return await tx.run(_CHANGE, {**of, **values, "updated_at": now}) > 0


async def remove(tx: Transaction, organization_id: str, source_id: str) -> bool:
    """Delete a source; whether it existed."""
    return await tx.run(_REMOVE, {"of_organization": organization_id, "of_id": source_id}) > 0


async def fail_left_behind(tx: Transaction, *, message: str, now: int) -> int:
    """Sources that were being read when the server stopped; only at start, before any work."""
    values = {"status": DATA_SOURCE_STATUS_ERROR, "sync_error": message, "updated_at": now}
    return await tx.run(_FAIL_LEFT_BEHIND, values)


def to_message(row: Row[Any]) -> DataSource:
    """The wire form of a row, whole or lean."""
    source = DataSource(
        id=row.id,
        name=row.name,
        source_type=row.source_type,
        engine=row.engine,
        status=row.status,
        description=row.description,
        last_synced_at=optional_timestamp(row.last_synced_at),
        sync_error=row.sync_error,
        created_at=timestamp(row.created_at),
        updated_at=timestamp(row.updated_at),
    )
    if row.snapshot_hash is not None:
        taken_at = timestamp(row.snapshot_taken_at)
        source.snapshot.CopyFrom(
            Snapshot(hash=row.snapshot_hash, taken_at=taken_at, bytes=row.snapshot_bytes)
        )
    if getattr(row, "schema", None) is not None:
        source.schema.CopyFrom(schema_of(row))
        source.quality.CopyFrom(DataQuality.FromString(row.quality))
    return source


def schema_of(row: Row[Any]) -> DataSchema:
    """The schema of a whole row; empty before the first sync."""
    return DataSchema.FromString(row.schema or b"")
