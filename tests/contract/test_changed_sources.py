"""Reports whose source was read again since, or is gone: verified and compared over REST."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from claribi.v1.data_sources_pb2 import FileStart, UploadDataSourceRequest, UploadMetadata

from tests.support.transports import Rest, Transport
from tests.support.world import World

pytestmark = pytest.mark.asyncio(loop_scope="session")


def orders(months: int, south: int) -> bytes:
    """Orders of some months; what the South sells is given."""
    lines = ["order_date,region,amount_usd"]
    for i in range(40 * months):
        region = ("North", "South", "East")[i % 3]
        amount = 100 + (i * 37) % 90 + (south if region == "South" else 0)
        lines.append(f"2026-{1 + i // 40:02d}-{1 + i % 28:02d},{region},{amount}")
    return "\n".join(lines).encode()


async def parts(data: bytes, source_id: str) -> AsyncIterator[UploadDataSourceRequest]:
    metadata = UploadMetadata(data_source_id=source_id) if source_id else UploadMetadata(name="Changing")
    yield UploadDataSourceRequest(metadata=metadata)
    yield UploadDataSourceRequest(file=FileStart(name="orders.csv", content_type="text/csv"))
    yield UploadDataSourceRequest(chunk=data)


class Reader:
    """What the owner asks of the server."""

    def __init__(self, world: World, rest: Rest) -> None:
        self._world = world
        self._rest = rest
        self._headers = {"authorization": f"Bearer {world.home.members['owner'].token}"}

    async def upload(self, data: bytes, source_id: str = "") -> str:
        return await self._world.app.rooms.syncer.upload(self._world.home.id, parts(data, source_id))

    async def report(self, source_id: str) -> str:
        body = {
            "name": "Changing",
            "data_source_ids": [source_id],
            "report_type": "summary",
            "output_format": "csv",
        }
        answer = await self._rest.http.post("/api/v1/reports/generate/", json=body, headers=self._headers)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    async def ask(self, verb: str, path: str) -> Any:
        answer = await self._rest.http.request(verb, path, headers=self._headers)
        assert answer.status_code in (200, 204), answer.text
        return answer.json() if answer.content else None


async def test_reports_of_a_source_that_changed_and_then_went_say_so(
    world: World, transports: dict[str, Transport]
) -> None:
    rest = transports["rest_in_process"]
    assert isinstance(rest, Rest)
    reader = Reader(world, rest)
    source_id = await reader.upload(orders(5, south=0))
    first = await reader.report(source_id)
    await reader.upload(orders(6, south=60), source_id)
    second = await reader.report(source_id)

    verified = await reader.ask("POST", f"/api/v1/reports/{first}/verify/")
    assert verified["data_changed"] > 0
    assert verified["failed"] == 0
    for number in verified["numbers"]:
        if number["verdict"] == "data_changed":
            assert None not in (number["value"], number["value_now"])
            assert number["value"] != number["value_now"]
    compared = await reader.ask("GET", f"/api/v1/reports/{first}/compare/{second}/")
    assert compared["before"]["data_sources"][0]["available"] is True
    split = next(
        s for s in compared["splits"] if s["kind"] == "members" and s["measure"]["column"] == "amount_usd"
    )
    assert sum(part["contribution"] for part in split["parts"]) == pytest.approx(split["difference"])
    assert split["parts"][0]["member"] == "South"
    assert split["reason"] == {"data": split["difference"], "question": 0.0, "together": 0.0}
    assert {item["source"]["snapshot_hash"] for item in compared["evidence"]} == {
        run["data_sources"][0]["snapshot_hash"] for run in (compared["before"], compared["after"])
    }
    backwards = await reader.ask("GET", f"/api/v1/reports/{second}/compare/{first}/")
    assert backwards["moved"] == compared["moved"]
    assert backwards["only_before"] == compared["only_after"]

    await reader.ask("DELETE", f"/api/data-sources/{source_id}/")
    gone = await reader.ask("POST", f"/api/v1/reports/{first}/verify/")
    assert (gone["matched"], gone["data_changed"]) == (0, 0)
    assert gone["failed"] == gone["total"] > 0
    assert all("no longer there" in number["message"] for number in gone["numbers"])
    still = await reader.ask("GET", f"/api/v1/reports/{first}/compare/{second}/")
    assert still["moved"] == compared["moved"]
    assert still["splits"] == []
    assert len([note for note in still["notes"] if "no longer there" in note]) == 2
    for report_id in (first, second):
        await reader.ask("DELETE", f"/api/v1/reports/{report_id}/")
