"""Files ingested in this process, for tests: bytes in, a DataSource and its folder out."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
from claribi.v1.data_sources_pb2 import DataColumn, DataSource, DataTable

from server.work.ingest import run

NOW = "2026-01-01T00:00:00+00:00"


@dataclass(frozen=True)
class Ingested:
    """What came of an upload."""

    source: DataSource
    folder: Path

    @property
    def table(self) -> DataTable:
        return self.source.schema.tables[0]

    def column(self, name: str) -> DataColumn:
        return next(column for column in self.table.columns if column.name == name)

    def rows(self, number: int = 1) -> list[tuple[Any, ...]]:
        with duckdb.connect() as connection:
            return connection.execute(f"select * from '{self.folder}/{number:03d}.parquet'").fetchall()

    @property
    def codes(self) -> list[int]:
        return [finding.code for finding in self.source.quality.findings]

    @property
    def texts(self) -> str:
        return " ".join(finding.description for finding in self.source.quality.findings)


def ingest(folder: Path, *files: tuple[str, bytes | str]) -> Ingested:
    """Ingests files given as (name, content)."""
    target = folder / f"snapshot-{len(list(folder.iterdir()))}"
    target.mkdir()
    listed = []
    for number, (name, content) in enumerate(files):
        path = folder / f"{target.name}-upload-{number}"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        listed.append({"path": str(path), "name": name, "content_type": ""})
    data = run({"files": listed, "target": str(target), "now": NOW}, lambda phase, fraction: None)
    return Ingested(DataSource.FromString(data), target)
