"""The shared pages of reports and dashboards, drawn in a child process since charts take time."""

import base64
from collections.abc import Mapping
from typing import Any

from claribi.v1.dashboards_pb2 import Dashboard
from claribi.v1.reports_pb2 import Report

from server.exports.page import PAGE_HEADERS, password_page
from server.job import JobFailed
from server.settings import Settings
from server.work.sandbox import Sandbox
from server.work.sync import as_api_error, job_limits


class SharedPages:
    """HTML for those who hold a link."""

    headers: Mapping[str, str] = PAGE_HEADERS

    def __init__(self, settings: Settings, *, sandbox: Sandbox) -> None:
        self._settings = settings
        self._sandbox = sandbox

    async def report(self, report: Report, *, download_url: str | None) -> bytes:
        """The page of a report."""
        return await self._draw({"page": "report", "report": _b64(report), "download_url": download_url})

    async def dashboard(self, dashboard: Dashboard) -> bytes:
        """The page of a dashboard."""
        return await self._draw({"page": "dashboard", "dashboard": _b64(dashboard)})

    def password(self, kind: str, *, wrong: bool = False) -> bytes:
        """The page that asks for the password of a link to a report or dashboard, again when it was wrong."""
        return password_page(kind, wrong=wrong)

    async def _draw(self, payload: dict[str, Any]) -> bytes:
        try:
            return await self._sandbox.run("page", payload, limits=job_limits(self._settings))
        except JobFailed as failure:
            raise as_api_error(failure) from failure


def _b64(message: Any) -> str:
    return base64.b64encode(message.SerializeToString(deterministic=True)).decode()
