"""Where files live in the data folder: uploads, snapshots and report files, apart for each organization."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

from server.clock import new_id
from server.errors import ApiError

CHUNK_BYTES = 256 * 1024
FOLDER_MODE = 0o700


class Files:
    """The data folder. Every path begins with the organization's id, so that one cannot reach another's files."""

    def __init__(self, data_dir: Path) -> None:
        self._root = data_dir.resolve()

    def prepare(self) -> None:
        """Make the data folder, readable by the server's user alone."""
        self._root.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)

    def uploads(self, organization_id: str, source_id: str) -> Path:
        """The folder of a source's original files."""
        return self._root / "uploads" / organization_id / source_id

    def snapshots(self, organization_id: str, source_id: str) -> Path:
        """The folder of a source's snapshots."""
        return self._root / "snapshots" / organization_id / source_id

    def snapshot(self, organization_id: str, source_id: str, snapshot_hash: str) -> Path:
        """The folder of one snapshot."""
        return self.snapshots(organization_id, source_id) / snapshot_hash

    def report(self, organization_id: str, report_id: str, extension: str) -> Path:
        """The file of a report in one format."""
        return self._root / "reports" / organization_id / f"{report_id}.{extension}"

    def report_files(self, organization_id: str, report_id: str) -> list[Path]:
        """Every file made of a report."""
        return sorted((self._root / "reports" / organization_id).glob(f"{report_id}.*"))

    def incoming(self, parent: Path) -> Path:
        """A fresh folder beside the final ones, to be filled and then renamed."""
        folder = parent / f".incoming-{new_id()}"
        folder.mkdir(mode=FOLDER_MODE, parents=True)
        return folder

    def keep_snapshot(self, incoming: Path, final: Path) -> None:
        """Rename a filled folder to its final name; the same content twice is kept once."""
        if final.exists():
            shutil.rmtree(incoming)
            return
        os.replace(incoming, final)

    def discard(self, *paths: Path) -> None:
        """Remove files and folders; missing ones are fine."""
        for path in paths:
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)


async def read_chunks(path: Path) -> AsyncIterator[bytes]:
    """A file's bytes, read outside the event loop.

    Opened in the loop: a caller who left while another thread opened it would leave it open.
    """
    with path.open("rb") as file:
        while data := await asyncio.to_thread(file.read, CHUNK_BYTES):
            yield data


class Incoming:
    """An upload being written, with a cap on its bytes in all."""

    def __init__(self, folder: Path, max_bytes: int) -> None:
        self._folder = folder
        self._left = max_bytes
        self._max_bytes = max_bytes
        self._file: int | None = None
        self.files: list[tuple[Path, str, str]] = []

    def begin(self, name: str, content_type: str) -> None:
        """A file begins; it is stored under a number, never under the name it came with."""
        self.end()
        path = self._folder / str(len(self.files))
        self.files.append((path, name, content_type))
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)

    def write(self, data: bytes) -> None:
        """Bytes of the file that began last.

        Raises ApiError `payload_too_large` when the upload grows past its cap, `validation_error` when no file began.
        """
        if self._file is None:
            raise ApiError("validation_error", fields={"file": ["Bytes came before the start of a file."]})
        self._left -= len(data)
        if self._left < 0:
            limit = f"{self._max_bytes / (1 << 20):,.0f} MiB"
            raise ApiError("payload_too_large", f"An upload may have {limit} in all.")
        os.write(self._file, data)

    def end(self) -> None:
        """No more bytes for the file that began last."""
        if self._file is not None:
            os.close(self._file)
            self._file = None
