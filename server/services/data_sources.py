"""Data sources: upload, list, change, sync."""

from collections.abc import AsyncIterator

from claribi.v1.data_sources_pb2 import (
    DATA_SOURCE_STATUS_ACTIVE,
    DATA_SOURCE_STATUS_PAUSED,
    DataSource,
    DeleteDataSourceRequest,
    GetDataSourceRequest,
    ListDataSourcesRequest,
    ListDataSourcesResponse,
    SyncDataSourceRequest,
    UpdateDataSourceRequest,
    UploadDataSourceRequest,
)
from google.protobuf.empty_pb2 import Empty

from server.call import Call
from server.clock import Clock, now
from server.errors import invalid, not_found
from server.services.paging import envelope
from server.stores import data_sources
from server.stores.files import Files
from server.stores.session import Database
from server.work.sync import Syncer


class DataSourceService:
    """Data sources of the caller's organization."""

    def __init__(self, *, database: Database, files: Files, syncer: Syncer, clock: Clock = now) -> None:
        self._database = database
        self._files = files
        self._syncer = syncer
        self._clock = clock

    async def list_data_sources(self, call: Call, request: ListDataSourcesRequest) -> ListDataSourcesResponse:
        """Active sources, unless a status is asked for."""
        page = await data_sources.fetch_list(call.tx, call.caller.organization_id, request)
        response: ListDataSourcesResponse = envelope(
            call, request, page, [data_sources.to_message(row) for row in page.rows]
        )
        return response

    async def get_data_source(self, call: Call, request: GetDataSourceRequest) -> DataSource:
        """One source with schema and quality."""
        row = await data_sources.fetch_one(call.tx, call.caller.organization_id, request.id)
        if row is None:
            raise not_found()
        return data_sources.to_message(row)

    async def upload_data_source(
        self, call: Call, request: AsyncIterator[UploadDataSourceRequest]
    ) -> DataSource:
        """A new source from files, or a new snapshot of an old one."""
        source_id = await self._syncer.upload(call.caller.organization_id, request)
        return await self._fetch(call, source_id)

    async def update_data_source(self, call: Call, request: UpdateDataSourceRequest) -> DataSource:
        """Change name, description or status."""
        organization_id = call.caller.organization_id
        changed = await data_sources.change(
            call.tx, organization_id, request.id, _changes(request), now=self._clock()
        )
        row = await data_sources.fetch_one(call.tx, organization_id, request.id)
        if not changed or row is None:
            raise not_found()
        return data_sources.to_message(row)

    async def delete_data_source(self, call: Call, request: DeleteDataSourceRequest) -> Empty:
        """Delete a source, then its files."""
        organization_id = call.caller.organization_id
        async with self._database.write() as tx:
            if not await data_sources.remove(tx, organization_id, request.id):
                raise not_found()
        self._files.discard(
            self._files.uploads(organization_id, request.id),
            self._files.snapshots(organization_id, request.id),
        )
        return Empty()

    async def sync_data_source(self, call: Call, request: SyncDataSourceRequest) -> DataSource:
        """Read the source again."""
        await self._syncer.sync(call.caller.organization_id, request.id)
        return await self._fetch(call, request.id)

    async def _fetch(self, call: Call, source_id: str) -> DataSource:
        async with self._database.read() as tx:
            row = await data_sources.fetch_one(tx, call.caller.organization_id, source_id)
        if row is None:
            raise not_found()
        return data_sources.to_message(row)


def _changes(request: UpdateDataSourceRequest) -> dict[str, object]:
    paths = set(request.update_mask.paths)
    if not paths:
        raise invalid({"body": ["Give at least one field to change."]})
    changes = request.data_source
    values: dict[str, object] = {
        name: getattr(changes, name) for name in ("name", "description") if name in paths
    }
    if "status" in paths:
        if changes.status not in (DATA_SOURCE_STATUS_ACTIVE, DATA_SOURCE_STATUS_PAUSED):
            raise invalid({"status": ["Only active and paused can be set."]})
        values["status"] = changes.status
    return values
