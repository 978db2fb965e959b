"""Tables made of numpy arrays as snapshots, for tests of data quality."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
from claribi.v1 import insights_pb2
from claribi.v1.data_sources_pb2 import DataTable
from claribi.v1.insights_pb2 import QualityFinding

from server.analysis.profile import profile_table
from server.analysis.quality import find_all_quality
from server.query.engine import Query, open_snapshot
from server.query.snapshot import StoredTable, file_sha256, write_manifest
from server.query.sql import quote

NOW = datetime(2026, 1, 15, tzinfo=UTC)
Cells = Mapping[str, Any]


def write(folder: Path, tables: Mapping[str, Cells]) -> list[StoredTable]:
    """The tables as Parquet files of a snapshot folder."""
    folder.mkdir(parents=True, exist_ok=True)
    stored = []
    for place, (name, cells) in enumerate(tables.items()):
        file = folder / f"{place}.parquet"
        with duckdb.connect() as connection:
            connection.register("made", {f"c{i}": _array(values) for i, values in enumerate(cells.values())})
            columns = ", ".join(
                f"{_typed(f'c{i}', values)} as {quote(title)}"
                for i, (title, values) in enumerate(cells.items())
            )
            connection.execute(f"copy (select {columns} from made) to '{file}' (format parquet)")
        rows = len(next(iter(cells.values())))
        stored.append(StoredTable(name, file.name, rows, file.stat().st_size, file_sha256(file)))
    return stored


@contextmanager
def snapshot(folder: Path, tables: Mapping[str, Cells]) -> Iterator[tuple[Query, list[DataTable]]]:
    """The tables as a snapshot, profiled."""
    write_manifest(folder, write(folder, tables))
    with open_snapshot(folder) as query:
        yield query, [profile_table(query, table) for table in query.tables]


def _array(values: Any) -> Any:
    array = np.asarray(values)
    if array.dtype.kind == "M":
        return array.astype("datetime64[us]").astype(str).astype(object)
    if array.dtype == object:
        return np.array([None if value is None else str(value) for value in array], dtype=object)
    return array.astype(object) if array.dtype.kind == "U" else array


def _typed(name: str, values: Any) -> str:
    array = np.asarray(values)
    if array.dtype.kind == "M":
        kind = "date" if array.dtype == np.dtype("datetime64[D]") else "timestamp"
        return f"try_cast(nullif({name}, 'NaT') as {kind})"
    if array.dtype.kind == "f":
        return f"case when isnan({name}) then null else {name} end"
    return name


def findings_of(folder: Path, tables: Mapping[str, Cells], now: datetime = NOW) -> list[QualityFinding]:
    """What the rules find in the tables."""
    with snapshot(folder, tables) as (query, schema):
        return find_all_quality(query, schema, now=now)


def told(finding: QualityFinding) -> tuple[str, tuple[str, ...], int]:
    """Code, columns and rows."""
    code = insights_pb2.QualityCode.Name(finding.code).removeprefix("QUALITY_CODE_").lower()
    return code, tuple(finding.columns), finding.rows_affected


def days(first: str, offsets: Any) -> Any:
    """Days so many after the first; NaN gives no day."""
    offsets = np.asarray(offsets, dtype=float)
    known = np.where(np.isnan(offsets), 0, offsets).astype(int)
    made = np.datetime64(first, "D") + known
    return np.where(np.isnan(offsets), np.datetime64("NaT", "D"), made)
