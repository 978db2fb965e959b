"""The folder of a snapshot: one Parquet file per table and a manifest that names them."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

MANIFEST = "manifest.json"
_CHUNK = 1 << 20


class SnapshotError(Exception):
    """The folder is not a snapshot, or a file of it is missing; the text says which."""


@dataclass(frozen=True)
class StoredTable:
    """A table, the Parquet file that holds it (inside the folder), its rows, size in bytes and sha-256."""

    name: str
    file: str
    rows: int = 0
    bytes: int = 0
    sha256: str = ""


def file_sha256(path: Path) -> str:
    """The sha-256 of a file, in hexadecimal, read in pieces."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(_CHUNK):
            digest.update(piece)
    return digest.hexdigest()


def snapshot_hash(tables: Sequence[StoredTable]) -> str:
    """The content hash of a snapshot: sha-256 over its table names and the hashes of their files, in order."""
    text = json.dumps([[table.name, table.sha256] for table in tables], ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def write_manifest(directory: Path, tables: Sequence[StoredTable]) -> None:
    """Writes `manifest.json`; the same tables give the same bytes."""
    document = {"version": 1, "tables": [asdict(table) for table in tables]}
    text = json.dumps(document, ensure_ascii=False, indent=1, sort_keys=True)
    (directory / MANIFEST).write_text(text + "\n", encoding="utf-8")


def read_manifest(directory: Path) -> list[StoredTable]:
    """The tables of a snapshot; without a manifest each Parquet file is a table named like it.

    Raises SnapshotError when there is no table, or a named file is absent or outside the folder.
    """
    path = directory / MANIFEST
    if path.is_file():
        tables = _parsed(path)
    else:
        tables = [StoredTable(file.stem, file.name) for file in sorted(directory.glob("*.parquet"))]
    if not tables:
        raise SnapshotError(f"The snapshot {directory.name} holds no table; sync the data source again.")
    for table in tables:
        if Path(table.file).name != table.file or not (directory / table.file).is_file():
            raise SnapshotError(f"The snapshot {directory.name} lacks the file of table {table.name!r}.")
    return tables


def _parsed(path: Path) -> list[StoredTable]:
    try:
        rows: list[Mapping[str, object]] = json.loads(path.read_text(encoding="utf-8"))["tables"]
        return [StoredTable(**row) for row in rows]  # type: ignore[arg-type]
    except (ValueError, KeyError, TypeError) as error:
        raise SnapshotError(f"The manifest of snapshot {path.parent.name} cannot be read.") from error
