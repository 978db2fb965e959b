"""The job that turns uploaded files into a snapshot: Parquet files, a manifest, a profile, findings."""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from claribi.v1 import data_sources_pb2
from claribi.v1.data_sources_pb2 import DataQuality, DataSchema, DataSource, Snapshot
from claribi.v1.insights_pb2 import QualityFinding

from server.analysis.profile import profile_table
from server.analysis.quality import find_all_quality, quality_score
from server.connectors.base import MAX_TABLES, Desk, RawTable, SourceFile, bad_file, unique_names
from server.connectors.kinds import connector_for
from server.connectors.store import Stored, store_table
from server.job import Progress
from server.query.engine import open_snapshot
from server.query.snapshot import snapshot_hash, write_manifest
from server.query.sql import literal

if TYPE_CHECKING:
    import duckdb

_STAGE = ".stage"
_MEMORY_MB = 512
_THREADS = 2
_READ_SHARE = 0.7
"""Part of the work that reading the files is, for the progress."""


def run(payload: dict[str, Any], progress: Progress) -> bytes:
    """Reads the files of the payload into the folder `target` and describes them as a DataSource.

    Payload: `files` (each `path`, `name`, `content_type`), `target` (an empty folder), `now` (ISO 8601).
    Raises JobFailed `validation_error` or `unsupported_media_type`; the folder is empty then.
    """
    target = Path(payload["target"])
    files = [
        SourceFile(Path(file["path"]), file["name"], file.get("content_type") or "")
        for file in payload["files"]
    ]
    now = datetime.fromisoformat(payload["now"])
    if not files:
        raise bad_file("Send at least one file.")
    try:
        engine, stored = _store(files, target, progress)
        source = _described(target, stored, now=now, progress=progress)
    except BaseException:
        _empty(target)
        raise
    source.engine = engine
    progress("done", 1.0)
    return source.SerializeToString(deterministic=True)


def _store(files: Sequence[SourceFile], target: Path, progress: Progress) -> tuple[str, list[Stored]]:
    connectors = [connector_for(file) for file in files]
    stage = target / _STAGE
    stage.mkdir(parents=True)
    stored: list[Stored] = []
    with _connection(files, target) as connection:
        desk = Desk(connection, stage)
        for place, (file, connector) in enumerate(zip(files, connectors, strict=True)):
            progress(f"reading {file.name}", _READ_SHARE * place / len(files))
            for raw in connector.tables(file, desk):
                stored.append(_store_one(connection, raw, target, stored))
                _empty(stage)
    shutil.rmtree(stage)
    write_manifest(target, [item.table for item in stored])
    return connectors[0].engine, stored


def _store_one(
    connection: "duckdb.DuckDBPyConnection", raw: RawTable, target: Path, stored: Sequence[Stored]
) -> Stored:
    if len(stored) >= MAX_TABLES:
        raise bad_file(f"The files hold more than {MAX_TABLES} tables. Upload fewer at once.")
    # Names are unique without regard to case, as DuckDB compares them.
    raw.name = unique_names([*(item.table.name for item in stored), raw.name], prefix="table")[-1]
    return store_table(connection, raw, target / f"{len(stored) + 1:03d}.parquet")


@contextmanager
def _connection(files: Sequence[SourceFile], target: Path) -> Iterator["duckdb.DuckDBPyConnection"]:
    """DuckDB that can read the uploaded files, and write the target folder; nothing else."""
    import duckdb

    options: dict[str, str | bool | int | float | list[str]] = {
        "python_enable_replacements": False,
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
    }
    with closing(duckdb.connect(":memory:", config=options)) as connection:
        paths = ", ".join(literal(str(file.path)) for file in files)
        for setting in (
            f"allowed_paths = [{paths}]",
            f"allowed_directories = [{literal(str(target) + '/')}]",
            f"memory_limit = '{_MEMORY_MB}MiB'",
            f"threads = {_THREADS}",
            "TimeZone = 'UTC'",
            "temp_directory = ''",
            "enable_external_access = false",
            "lock_configuration = true",
        ):
            connection.execute(f"SET {setting}")
        yield connection


def _described(target: Path, stored: Sequence[Stored], *, now: datetime, progress: Progress) -> DataSource:
    tables, notes = [], [_finding(item, place) for item in stored for place in range(len(item.notes))]
    with open_snapshot(target, memory_mb=_MEMORY_MB, threads=_THREADS) as query:
        for place, name in enumerate(query.tables):
            progress(f"profiling {name}", _READ_SHARE + (1 - _READ_SHARE) * place / len(stored))
            tables.append(profile_table(query, name))
        findings = find_all_quality(query, tables, now=now, noted=notes)
    source = DataSource(
        source_type=data_sources_pb2.SOURCE_TYPE_FILE,
        schema=DataSchema(tables=tables),
        quality=DataQuality(score=quality_score(findings, tables), findings=findings),
        snapshot=Snapshot(
            hash=snapshot_hash([item.table for item in stored]),
            bytes=float(sum(item.table.bytes for item in stored)),
        ),
    )
    moment = now if now.tzinfo else now.replace(tzinfo=UTC)
    source.snapshot.taken_at.FromDatetime(moment.astimezone(UTC).replace(tzinfo=None))
    return source


def _finding(item: Stored, place: int) -> QualityFinding:
    note = item.notes[place]
    return QualityFinding(
        code=note.code,  # type: ignore[arg-type]
        severity=note.severity,  # type: ignore[arg-type]
        table=item.table.name,
        columns=note.columns,
        rows_affected=note.rows,
        description=note.description,
    )


def _empty(folder: Path) -> None:
    for entry in list(folder.iterdir()) if folder.is_dir() else []:
        if entry.is_dir():
            shutil.rmtree(entry)
        else:
            entry.unlink()
