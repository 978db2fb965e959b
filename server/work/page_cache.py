"""Shared pages drawn once: half a second of a child process each, while the same content gives the same page."""

import asyncio
import hashlib
from collections import OrderedDict
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, Protocol

from claribi.v1.dashboards_pb2 import Dashboard
from claribi.v1.reports_pb2 import Report

MIB = 1 << 20
MAX_BYTES = 32 * MIB


class Pages(Protocol):
    """The shared pages as HTML; drawing charts takes time, so they are made outside the server's loop."""

    headers: Mapping[str, str]

    async def report(self, report: Report, *, download_url: str | None) -> bytes:
        """The page of a report."""
        ...

    async def dashboard(self, dashboard: Dashboard) -> bytes:
        """The page of a dashboard."""
        ...

    def password(self, kind: str, *, wrong: bool = False) -> bytes:
        """The page that asks for the password of a link to a report or dashboard, again when it was wrong."""
        ...


class PageCache:
    """Pages in front of pages: the latest used are kept, up to `max_bytes` in all; of one page one drawing at a time.

    What a page shows is its key, so a changed resource is drawn anew and nothing has to be thrown away.
    """

    def __init__(self, pages: Pages, *, max_bytes: int = MAX_BYTES) -> None:
        self.headers: Mapping[str, str] = pages.headers
        self._pages = pages
        self._max_bytes = max_bytes
        self._bytes = 0
        self._kept: OrderedDict[bytes, bytes] = OrderedDict()
        self._drawing: dict[bytes, asyncio.Task[bytes]] = {}

    async def report(self, report: Report, *, download_url: str | None) -> bytes:
        """The page of a report."""
        key = _key("report", report, download_url or "")
        return await self._page(key, lambda: self._pages.report(report, download_url=download_url))

    async def dashboard(self, dashboard: Dashboard) -> bytes:
        """The page of a dashboard."""
        return await self._page(_key("dashboard", dashboard, ""), lambda: self._pages.dashboard(dashboard))

    def password(self, kind: str, *, wrong: bool = False) -> bytes:
        """The page that asks for the password; it draws nothing and is not kept."""
        return self._pages.password(kind, wrong=wrong)

    async def _page(self, key: bytes, draw: Callable[[], Coroutine[Any, Any, bytes]]) -> bytes:
        page = self._kept.get(key)
        if page is not None:
            self._kept.move_to_end(key)
            return page
        task = self._drawing.get(key)
        if task is None:
            task = self._drawing[key] = asyncio.create_task(draw())
            task.add_done_callback(lambda done: self._keep(key, done))
        # Whoever leaves does not take the page from the others who wait for it.
        return await asyncio.shield(task)

    def _keep(self, key: bytes, done: asyncio.Task[bytes]) -> None:
        del self._drawing[key]
        if done.cancelled() or done.exception() is not None:
            return
        page = done.result()
        if len(page) > self._max_bytes:
            return
        self._kept[key] = page
        self._bytes += len(page)
        while self._bytes > self._max_bytes:
            _, oldest = self._kept.popitem(last=False)
            self._bytes -= len(oldest)


def _key(kind: str, message: Report | Dashboard, url: str) -> bytes:
    digest = hashlib.sha256(f"{kind}\0{url}\0".encode())
    digest.update(message.SerializeToString(deterministic=True))
    return digest.digest()
