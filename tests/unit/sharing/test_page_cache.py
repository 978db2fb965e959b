"""A page is drawn once for what it shows."""

from __future__ import annotations

import asyncio

import pytest
from claribi.v1.dashboards_pb2 import Dashboard
from claribi.v1.reports_pb2 import Report

from server.work.page_cache import PageCache


class Drawn:
    """Pages of 10 bytes; counts what it draws, waits or fails when told to."""

    def __init__(self) -> None:
        self.headers = {"X-Robots-Tag": "noindex"}
        self.count = 0
        self.gate = asyncio.Event()
        self.gate.set()
        self.failure: Exception | None = None

    async def report(self, report: Report, *, download_url: str | None) -> bytes:
        return await self._draw(f"r{report.name}{download_url}")

    async def dashboard(self, dashboard: Dashboard) -> bytes:
        return await self._draw(f"d{dashboard.name}")

    def password(self, kind: str, *, wrong: bool = False) -> bytes:
        return f"{kind} {wrong}".encode()

    async def _draw(self, text: str) -> bytes:
        self.count += 1
        await self.gate.wait()
        if self.failure is not None:
            raise self.failure
        return text.encode().ljust(10)


async def test_the_same_content_is_drawn_once_and_other_content_anew() -> None:
    drawn = Drawn()
    cache = PageCache(drawn)
    for _ in range(3):
        assert await cache.report(Report(name="a"), download_url=None) == b"raNone    "
    assert drawn.count == 1
    await cache.report(Report(name="a"), download_url="/x")
    await cache.report(Report(name="b"), download_url=None)
    await cache.dashboard(Dashboard(name="a"))
    await cache.dashboard(Dashboard(name="a"))
    assert drawn.count == 4
    assert (cache.headers, cache.password("report", wrong=True)) == (drawn.headers, b"report True")


async def test_many_at_once_wait_for_one_drawing() -> None:
    drawn = Drawn()
    drawn.gate.clear()
    cache = PageCache(drawn)
    waiting = [asyncio.create_task(cache.dashboard(Dashboard(name="a"))) for _ in range(20)]
    await asyncio.sleep(0)
    waiting[0].cancel()
    drawn.gate.set()
    assert await asyncio.gather(*waiting[1:]) == [b"da        "] * 19
    assert drawn.count == 1


async def test_a_failure_is_not_kept() -> None:
    drawn = Drawn()
    drawn.failure = OSError("no child")
    cache = PageCache(drawn)
    with pytest.raises(OSError, match="no child"):
        await cache.dashboard(Dashboard(name="a"))
    drawn.failure = None
    assert await cache.dashboard(Dashboard(name="a"))
    assert drawn.count == 2


async def test_the_longest_unused_pages_make_way() -> None:
    drawn = Drawn()
    cache = PageCache(drawn, max_bytes=25)
    for name in ("a", "b", "a", "c", "a"):
        await cache.dashboard(Dashboard(name=name))
    assert drawn.count == 3
    await cache.dashboard(Dashboard(name="b"))
    assert drawn.count == 4
    # A page larger than everything that may be kept is given, not kept.
    narrow = PageCache(drawn, max_bytes=5)
    for _ in range(2):
        await narrow.dashboard(Dashboard(name="a"))
    assert drawn.count == 6
