"""Completed reports looked at again: every number asked anew, and two runs compared."""

import base64
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from claribi.v1.insights_pb2 import Evidence
from claribi.v1.reports_pb2 import Report, ReportComparison, Verification
from sqlalchemy import Row

from server.clock import Clock, now, to_datetime
from server.job import JobFailed
from server.settings import Settings
from server.stores import data_sources
from server.stores.files import Files
from server.stores.session import Database
from server.work.sandbox import Sandbox
from server.work.sync import as_api_error, job_limits


class Checker:
    """Verifies and compares reports in child processes."""

    def __init__(
        self, settings: Settings, database: Database, *, files: Files, sandbox: Sandbox, clock: Clock = now
    ) -> None:
        self._settings = settings
        self._database = database
        self._files = files
        self._sandbox = sandbox
        self._clock = clock

    async def verify(
        self, organization_id: str, report_id: str, evidence: Sequence[Evidence]
    ) -> Verification:
        """Each number asked again, of the data now and of the data it was reported from while they are there."""
        rows = await self._rows(organization_id, sorted({item.source.data_source_id for item in evidence}))
        taken = sorted({(item.source.data_source_id, item.source.snapshot_hash) for item in evidence})
        payload = {
            "report_id": report_id,
            "evidence": [_b64(item) for item in evidence],
            "sources": {
                row.id: {
                    "hash": row.snapshot_hash,
                    "directory": str(self._files.snapshot(organization_id, row.id, row.snapshot_hash)),
                    "originals": {
                        snapshot_hash: str(folder)
                        for source_id, snapshot_hash in taken
                        if source_id == row.id
                        and (folder := self._taken(organization_id, source_id, snapshot_hash)) is not None
                    },
                }
                for row in rows.values()
                if row.snapshot_hash
            },
            "now": to_datetime(self._clock()).isoformat(),
        }
        return Verification.FromString(await self._run("verify", payload))

    async def compare(self, organization_id: str, before: Report, after: Report) -> ReportComparison:
        """Two completed reports, each on the snapshots it stands on."""
        ids = sorted({source.id for report in (before, after) for source in report.data_sources})
        rows = await self._rows(organization_id, ids)
        payload = {
            "before": self._side(organization_id, before, rows),
            "after": self._side(organization_id, after, rows),
            "now": to_datetime(self._clock()).isoformat(),
        }
        return ReportComparison.FromString(await self._run("compare", payload))

    def _side(self, organization_id: str, report: Report, rows: Mapping[str, Row[Any]]) -> dict[str, Any]:
        sources = {}
        for source in report.data_sources:
            row = rows.get(source.id)
            folder = self._taken(organization_id, source.id, source.snapshot_hash)
            if row is not None and row.schema is not None and folder is not None:
                schema = base64.b64encode(row.schema).decode()
                sources[source.id] = {"directory": str(folder), "schema": schema}
        return {"report": _b64(report), "sources": sources}

    def _taken(self, organization_id: str, source_id: str, snapshot_hash: str) -> Path | None:
        """The folder of a snapshot a report names, while it is there."""
        folder = self._files.snapshot(organization_id, source_id, snapshot_hash)
        return folder if snapshot_hash and folder.is_dir() else None

    async def _rows(self, organization_id: str, ids: Sequence[str]) -> dict[str, Row[Any]]:
        async with self._database.read() as tx:
            return await data_sources.fetch_many(tx, organization_id, ids)

    async def _run(self, job: str, payload: dict[str, Any]) -> bytes:
        """The job's answer. Raises ApiError."""
        try:
            return await self._sandbox.run(job, payload, limits=job_limits(self._settings))
        except JobFailed as failure:
            raise as_api_error(failure) from failure


def _b64(message: Evidence | Report) -> str:
    return base64.b64encode(message.SerializeToString(deterministic=True)).decode()
