"""What health asks of the database, over the whole installation: the only statements without an organization."""

from dataclasses import dataclass

from claribi.v1.data_sources_pb2 import DATA_SOURCE_STATUS_ACTIVE, DATA_SOURCE_STATUS_ERROR
from sqlalchemy import bindparam, func, select

from server.stores.session import Transaction
from server.stores.tables import data_sources, organizations

_c = data_sources.c
_active = _c.status == DATA_SOURCE_STATUS_ACTIVE
_TOUCH = select(organizations.c.id).limit(1)
_COUNTS = select(
    func.count().filter(_active).label("active"),
    func.count().filter(_c.status == DATA_SOURCE_STATUS_ERROR).label("error"),
    func.count().filter(_active, _c.last_synced_at < bindparam("of_time")).label("stale"),
).select_from(data_sources)


@dataclass(frozen=True)
class SourceCounts:
    """Data sources of the installation: active, in error, and active but not synced for long."""

    active: int
    error: int
    stale: int


async def touch(tx: Transaction) -> None:
    """Read one row of a real table: unlike SELECT 1 it fails when the file or the tables are gone."""
    await tx.first(_TOUCH)


async def count_sources(tx: Transaction, *, synced_before: int) -> SourceCounts:
    """Count the sources; one last synced before `synced_before` (microseconds) is stale."""
    row = await tx.first(_COUNTS, {"of_time": synced_before})
    return SourceCounts(row.active, row.error, row.stale) if row is not None else SourceCounts(0, 0, 0)
