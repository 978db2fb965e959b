"""Small tables as snapshots, for tests: rows described in SQL."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from server.query.engine import Query, open_snapshot
from server.query.snapshot import StoredTable, write_manifest


@contextmanager
def opened(folder: Path, select: str, name: str = "t") -> Iterator[Query]:
    """A snapshot with one table, made by a SELECT of DuckDB."""
    with duckdb.connect() as connection:
        connection.execute(f"copy ({select}) to '{folder}/001.parquet' (format parquet)")
    write_manifest(folder, [StoredTable(name, "001.parquet")])
    with open_snapshot(folder) as query:
        yield query
