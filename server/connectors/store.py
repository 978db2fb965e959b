"""A table as found becomes a Parquet file of the snapshot: typed, compressed, the same bytes for the same data."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from server.connectors.base import MAX_TABLE_ROWS, Note, RawTable, bad_file
from server.connectors.column_types import find_plans
from server.query.snapshot import StoredTable, file_sha256
from server.query.sql import literal, quote, select

if TYPE_CHECKING:
    import duckdb

_OPTIONS = "format parquet, compression zstd, row_group_size 122880"


@dataclass(frozen=True)
class Stored:
    """A stored table and what was noted on the way."""

    table: StoredTable
    notes: list[Note]


def store_table(connection: "duckdb.DuckDBPyConnection", raw: RawTable, path: Path) -> Stored:
    """Writes the table to `path`. Raises JobFailed when it has no rows or too many."""
    plans = find_plans(connection, raw)
    values = {plan.position: plan.value for plan in plans}
    columns = [
        f"{values.get(position, f'c{position}')} as {quote(name)}"
        for position, name in enumerate(raw.columns)
    ]
    statement = f"copy ({select(columns, raw.relation)}) to {literal(str(path))} ({_OPTIONS})"
    (rows,) = connection.execute(statement).fetchone() or (0,)
    if not rows:
        raise bad_file(f"{raw.name} has columns but no rows.")
    if rows > MAX_TABLE_ROWS:
        raise bad_file(
            f"{raw.name} has {rows:,} rows; {MAX_TABLE_ROWS:,} are allowed. Split or aggregate it."
        )
    notes = raw.notes + [note for plan in plans for note in plan.notes]
    stored = StoredTable(raw.name, path.name, rows, path.stat().st_size, file_sha256(path))
    return Stored(stored, notes)
