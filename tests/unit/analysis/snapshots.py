"""Snapshots made in a test: Parquet files with a manifest, profiled as an ingested source is."""

import base64
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
from claribi.v1 import data_sources_pb2, reports_pb2

from server.analysis.engine import analyse
from server.analysis.job import read_request
from server.analysis.profile import profile_table
from server.analysis.quality import find_all_quality
from server.query.engine import open_snapshot
from server.query.snapshot import StoredTable, file_sha256, snapshot_hash, write_manifest
from server.query.sql import literal, quote

NOW = datetime(2026, 6, 30, 12)
Column = tuple[str, Sequence[Any]]  # SQL type and values


def write_table(directory: Path, name: str, columns: Mapping[str, Column]) -> StoredTable:
    """One table as a Parquet file of the snapshot folder."""
    connection = duckdb.connect()
    kinds = [kind for kind, _ in columns.values()]
    arrays = {f"c{i}": np.array(list(values), dtype=object) for i, (_, values) in enumerate(columns.values())}
    if arrays and len(next(iter(arrays.values()))):
        source = {key: _as_text(array) for key, array in arrays.items()}
        connection.register("source_rows", source)
        picked = ", ".join(
            f"CAST(c{i} AS {kind}) AS {quote(column)}"
            for i, (column, kind) in enumerate(zip(columns, kinds, strict=True))
        )
        connection.execute(f"CREATE TABLE made AS SELECT {picked} FROM source_rows")
    else:
        empty = ", ".join(f"{quote(column)} {kind}" for column, (kind, _) in columns.items())
        connection.execute(f"CREATE TABLE made ({empty})")
    return store(connection, directory, name)


def _as_text(array: "np.ndarray[Any, Any]") -> "np.ndarray[Any, Any]":
    return np.array([None if value is None else str(value) for value in array], dtype=object)


def store(connection: duckdb.DuckDBPyConnection, directory: Path, name: str) -> StoredTable:
    """The table `made` of a connection as a Parquet file of the snapshot folder."""
    file = directory / f"t{len(list(directory.glob('*.parquet')))}.parquet"
    connection.execute(f"COPY made TO {literal(str(file))} (FORMAT parquet)")
    found = connection.execute("SELECT count(*) FROM made").fetchone()
    connection.close()
    return StoredTable(name, file.name, found[0] if found else 0, file.stat().st_size, file_sha256(file))


def source_of(directory: Path, tables: Sequence[StoredTable], source_id: str = "source-1") -> dict[str, Any]:
    """The source as the analysis job takes it, profiled."""
    write_manifest(directory, tables)
    schema, quality = data_sources_pb2.DataSchema(), data_sources_pb2.DataQuality()
    with open_snapshot(directory, memory_mb=512, threads=1) as query:
        for stored in tables:
            schema.tables.append(profile_table(query, stored.name))
        quality.findings.extend(find_all_quality(query, schema.tables, now=NOW))
    return {
        "id": source_id,
        "name": source_id,
        "hash": snapshot_hash(tables),
        "directory": str(directory),
        "schema": base64.b64encode(schema.SerializeToString()).decode(),
        "quality": base64.b64encode(quality.SerializeToString()).decode(),
    }


def payload_of(sources: Sequence[dict[str, Any]], **fields: Any) -> dict[str, Any]:
    """The payload of a job; `fields` are the report's, with `sections`, `limit` and `now` taken out."""
    extra = {name: fields.pop(name) for name in ("sections", "limit", "now") if name in fields}
    period = fields.pop("period", None)
    report = reports_pb2.Report(id="report-1", name="Review", **fields)
    if period:
        setattr(report.period, "from", period[0])
        report.period.to = period[1]
    body = {"report": base64.b64encode(report.SerializeToString()).decode(), "now": NOW.isoformat()}
    return {**body, "sections": [], "sources": list(sources), **extra}


def report_on(sources: Sequence[dict[str, Any]], **fields: Any) -> reports_pb2.Report:
    """The report the engine writes."""
    with ExitStack() as stack:
        return analyse(read_request(payload_of(sources, **fields), stack), lambda phase, fraction: None)
