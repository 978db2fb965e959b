"""SIGTERM: what is under way ends, nothing new is taken, the process leaves in order."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path

import httpx2
import pytest

from tests.support.process import EMAIL, PASSWORD, create_owner, serving

ROWS = "day,shop,amount\n" + "".join(
    f"2026-{1 + i % 9:02d}-{1 + i % 28:02d},{'ABC'[i % 3]},{(i * 7919) % 1000}\n" for i in range(100_000)
)


async def _prepare(http: httpx2.AsyncClient) -> tuple[dict[str, str], str]:
    signed = await http.post("/api/auth/login/", json={"email": EMAIL, "password": PASSWORD})
    headers = {"authorization": f"Bearer {signed.json()['access']}"}
    files = [("file", ("sales.csv", ROWS.encode(), "text/csv"))]
    source = await http.post("/api/data-sources/", data={"name": "Sales"}, files=files, headers=headers)
    assert source.status_code == 201, source.text
    return headers, source.json()["id"]


async def _begun(http: httpx2.AsyncClient, headers: dict[str, str]) -> None:
    """Wait until a report is written down."""
    for _ in range(1000):
        if (await http.get("/api/v1/reports/", headers=headers)).json()["count"]:
            return
    raise AssertionError("no report was begun")


async def test_a_report_under_way_is_answered_before_the_server_leaves(tmp_path: Path) -> None:
    create_owner(tmp_path / "data")
    with serving(tmp_path) as server:
        async with httpx2.AsyncClient(base_url=server.rest, timeout=60) as http:
            headers, source = await _prepare(http)
            body = {"name": "Last one", "data_source_ids": [source], "output_format": "pdf"}
            under_way = asyncio.create_task(
                http.post("/api/v1/reports/generate/", json=body, headers=headers)
            )
            await _begun(http, headers)
            assert not under_way.done(), "the report was ready before the signal; nothing is shown"
            server.process.send_signal(signal.SIGTERM)
            answer = await under_way
            assert answer.status_code == 201, answer.text
            assert answer.json()["status"] == "completed"
            with pytest.raises(httpx2.TransportError):
                await http.get("/api/monitoring/health/")
        assert await asyncio.to_thread(server.process.wait, 30) == 0
