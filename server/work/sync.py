"""From files to a snapshot: upload, read in a child process, keep, or leave nothing behind."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from pathlib import Path
from typing import Any

import orjson
from claribi.v1.data_sources_pb2 import SOURCE_TYPE_FILE, DataSource, UploadDataSourceRequest, UploadMetadata

from server.clock import Clock, new_id, now, to_datetime
from server.errors import NUMBERS, ApiError, invalid, not_found
from server.job import JobFailed
from server.rules import find_problems
from server.settings import Settings
from server.stores import data_sources
from server.stores.files import Files, Incoming
from server.stores.session import Database
from server.work.sandbox import Limits, Sandbox

# After this long an upload is answered with status "preprocessing" and goes on.
ANSWER_SECONDS = 20.0
MANIFEST = "files.json"
Listener = Callable[[str, str], Awaitable[None]]


def job_limits(settings: Settings) -> Limits:
    """The limits of one child, from the settings."""
    return Limits(
        memory_bytes=settings.job_memory_bytes,
        cpu_seconds=settings.job_cpu_seconds,
        wall_seconds=settings.job_wall_seconds,
    )


def as_api_error(failure: JobFailed) -> ApiError:
    """A child's failure as the caller sees it."""
    word = failure.code if failure.code in NUMBERS else "internal_error"
    if word == "internal_error":
        return ApiError(word)
    if word == "validation_error":
        return ApiError(word, failure.message, fields=failure.details)
    return ApiError(word, failure.message, details=failure.details)


class Syncer:
    """Makes snapshots. `on_synced(organization_id, source_id)` is told after each one."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        *,
        files: Files,
        sandbox: Sandbox,
        clock: Clock = now,
    ) -> None:
        self._settings = settings
        self._database = database
        self._files = files
        self._sandbox = sandbox
        self._clock = clock
        self._tasks: set[asyncio.Task[None]] = set()
        self.on_synced: Listener | None = None

    async def start(self) -> None:
        """Say of sources that were being read when the server stopped that they were not."""
        async with self._database.write() as tx:
            await data_sources.fail_left_behind(
                tx, message="The server stopped while reading this source; sync it again.", now=self._clock()
            )

    async def settled(self) -> None:
        """Wait until nothing is being read."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    async def close(self) -> None:
        """Wait for what is under way."""
        await self.settled()

    async def upload(self, organization_id: str, parts: AsyncIterator[UploadDataSourceRequest]) -> str:
        """Take files as a new source, or as new data of the source the metadata name; its id.

        Raises ApiError; nothing of a broken upload is kept.
        """
        incoming = self._files.incoming(self._files.uploads(organization_id, ".new"))
        try:
            metadata, files = await self._receive(parts, incoming)
            source_id = await self._claim(organization_id, metadata, files)
        except BaseException:
            self._files.discard(incoming)
            raise
        await self._read(
            organization_id, source_id, incoming=incoming, files=files, fresh=not metadata.data_source_id
        )
        return source_id

    async def sync(self, organization_id: str, source_id: str) -> None:
        """Read a source's files again."""
        async with self._database.read() as tx:
            if await data_sources.fetch_one(tx, organization_id, source_id) is None:
                raise not_found()
        folder = self._files.uploads(organization_id, source_id)
        if not (folder / MANIFEST).is_file():
            raise ApiError("data_source_unavailable", "The files of this source are gone; upload them again.")
        files = _load_manifest(folder)
        await self._read(organization_id, source_id, incoming=None, files=files, fresh=False)

    async def _receive(
        self, parts: AsyncIterator[UploadDataSourceRequest], folder: Path
    ) -> tuple[UploadMetadata, list[dict[str, str]]]:
        metadata = UploadMetadata()
        incoming = Incoming(folder, self._settings.max_upload_bytes)
        try:
            async for part in parts:
                kind = part.WhichOneof("part")
                if kind == "chunk":
                    incoming.write(part.chunk)
                elif kind == "file":
                    _check(part.file, "file.")
                    incoming.begin(part.file.name, part.file.content_type)
                elif kind == "metadata":
                    metadata.MergeFrom(part.metadata)
        finally:
            incoming.end()
        _check(metadata, "")
        return metadata, [
            {"path": path.name, "name": name, "content_type": content_type}
            for path, name, content_type in incoming.files
        ]

    async def _claim(
        self, organization_id: str, metadata: UploadMetadata, files: list[dict[str, str]]
    ) -> str:
        """The id of the source: a new row, or the one the metadata name."""
        if not files:
            raise invalid({"file": ["Send at least one file."]})
        async with self._database.write() as tx:
            if metadata.data_source_id:
                row = await data_sources.fetch_one(tx, organization_id, metadata.data_source_id)
                if row is None:
                    raise not_found()
                return str(row.id)
            if not metadata.name.strip():
                raise invalid({"name": ["This field is required."]})
            source = DataSource(
                id=new_id(),
                name=metadata.name,
                description=metadata.description,
                source_type=SOURCE_TYPE_FILE,
            )
            await data_sources.add(tx, organization_id, source, now=self._clock())
            return source.id

    async def _read(
        self,
        organization_id: str,
        source_id: str,
        *,
        incoming: Path | None,
        files: list[dict[str, str]],
        fresh: bool,
    ) -> None:
        """Read in a task of its own: a caller who leaves does not stop it, one who stays hears how it went."""
        task = self._spawn(self._read_and_keep(organization_id, source_id, incoming=incoming, files=files))
        done, _ = await asyncio.wait({task}, timeout=ANSWER_SECONDS)
        if not done:
            self._spawn(self._follow(task, organization_id, source_id))
            return
        failure = task.exception()
        if failure is None:
            return
        if fresh:
            await self._forget(organization_id, source_id)
        elif incoming is None:
            await self._fail(organization_id, source_id, str(failure))
        raise failure

    def _spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _follow(self, task: asyncio.Task[None], organization_id: str, source_id: str) -> None:
        """Reading goes on after the answer: its failure is told by the source itself."""
        try:
            await task
        except ApiError as failure:
            await self._fail(organization_id, source_id, failure.message)

    async def _fail(self, organization_id: str, source_id: str, message: str) -> None:
        async with self._database.write() as tx:
            await data_sources.set_failed(tx, organization_id, source_id, message=message, now=self._clock())

    async def _read_and_keep(
        self, organization_id: str, source_id: str, *, incoming: Path | None, files: list[dict[str, str]]
    ) -> None:
        snapshots = self._files.snapshots(organization_id, source_id)
        target = self._files.incoming(snapshots)
        folder = incoming or self._files.uploads(organization_id, source_id)
        try:
            read = await self._ingest(folder, files, target)
            self._files.keep_snapshot(target, snapshots / read.snapshot.hash)
        except BaseException as failure:
            self._files.discard(target, *([incoming] if incoming else []))
            if isinstance(failure, JobFailed):
                raise as_api_error(failure) from failure
            raise
        if incoming is not None:
            self._keep_originals(organization_id, source_id, incoming, files)
        async with self._database.write() as tx:
            await data_sources.set_synced(tx, organization_id, source_id, read=read, now=self._clock())
        if self.on_synced is not None:
            await self.on_synced(organization_id, source_id)

    async def _ingest(self, folder: Path, files: list[dict[str, str]], target: Path) -> DataSource:
        payload: dict[str, Any] = {
            "files": [{**file, "path": str(folder / file["path"])} for file in files],
            "target": str(target),
            "now": to_datetime(self._clock()).isoformat(),
        }
        return DataSource.FromString(
            await self._sandbox.run("ingest", payload, limits=job_limits(self._settings))
        )

    def _keep_originals(
        self, organization_id: str, source_id: str, incoming: Path, files: list[dict[str, str]]
    ) -> None:
        _save_manifest(incoming, files)
        final = self._files.uploads(organization_id, source_id)
        self._files.discard(final)
        incoming.rename(final)

    async def _forget(self, organization_id: str, source_id: str) -> None:
        async with self._database.write() as tx:
            await data_sources.remove(tx, organization_id, source_id)
        self._files.discard(
            self._files.uploads(organization_id, source_id), self._files.snapshots(organization_id, source_id)
        )


def _check(message: Any, prefix: str) -> None:
    problems = find_problems(message)
    if problems:
        raise invalid({prefix + name: texts for name, texts in problems.items()})


def _save_manifest(folder: Path, files: list[dict[str, str]]) -> None:
    (folder / MANIFEST).write_bytes(orjson.dumps(files))


def _load_manifest(folder: Path) -> list[dict[str, str]]:
    files: list[dict[str, str]] = orjson.loads((folder / MANIFEST).read_bytes())
    return files
