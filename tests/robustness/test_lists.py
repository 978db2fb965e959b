"""Lists: walking the pages loses and repeats nothing, and filters mean what a plain model says they mean."""

from __future__ import annotations

import itertools
import os
import random
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest
import pytest_asyncio
from claribi.v1 import reports_pb2
from sqlalchemy import update

from server.clock import new_id, now
from server.stores import reports
from server.stores.tables import reports as table
from tests.support.world import World

SEED = int(os.environ.get("CLARIBI_TEST_SEED", "20261123"))
ROWS = 300
WALKS = 20
PIECES = (
    "%",
    "_",
    "\\",
    "\\%",
    "a",
    "A",
    "ß",
    "SS",
    "ss",
    "İ",
    "ı",
    "é",
    "e\u0301",
    "'",
    '"',
    "--",
    " ",
    "😀",
    "100%",
    "x_y",
)
STATUSES = {
    word: number for number, word in enumerate(("pending", "generating", "completed", "failed"), start=1)
}
ORDERINGS = ("created_at", "updated_at", "completed_at", "name", "status")


@dataclass
class Model:
    """The rows as they should be listed, kept in plain Python."""

    rows: list[dict[str, Any]]

    def listed(self, *, name: str = "", status: str = "") -> set[str]:
        """Ids that fit the filters."""
        return {
            row["id"]
            for row in self.rows
            if name.casefold() in row["name"].casefold() and status in ("", row["status"])
        }


@pytest.fixture(scope="session")
def rng() -> random.Random:
    return random.Random(SEED)


@pytest_asyncio.fixture(loop_scope="session")
async def http(battered: World) -> Any:
    # Everybody may read: their keys take turns, since one has not enough calls in an hour.
    keys = itertools.cycle([member.key for member in battered.other.members.values()])

    async def sign(request: httpx2.Request) -> None:
        request.headers["x-api-key"] = next(keys)

    asgi = httpx2.ASGITransport(app=battered.in_process)
    hooks = {"request": [sign]}
    async with httpx2.AsyncClient(transport=asgi, base_url="http://testserver", event_hooks=hooks) as client:
        yield client


@pytest_asyncio.fixture(loop_scope="session")
async def model(battered: World, rng: random.Random) -> Any:
    """300 reports made in the same microsecond; they are taken away again, so that each test has its own."""
    moment = now()
    database = battered.app.rooms.database
    rows = [
        {
            "id": new_id(),
            "name": "".join(rng.choices(PIECES, k=rng.randrange(1, 5))) or "x",
            "status": rng.choice(list(STATUSES)),
        }
        for _ in range(ROWS)
    ]
    rng.shuffle(rows)
    user = battered.other.members["owner"]
    async with database.write() as tx:
        for row in rows:
            summary = reports_pb2.ReportSummary(id=row["id"], name=row["name"])
            summary.created_by.id = user.user_id
            request = reports_pb2.GenerateReportRequest()
            await reports.add(
                tx, battered.other.id, summary, request=request, credit_entry_id="none", now=moment
            )
            await tx.run(
                update(table)
                .where(table.c.organization_id == battered.other.id, table.c.id == row["id"])
                # A heartbeat in the future: to the sweep this work is alive.
                .values(status=STATUSES[row["status"]], heartbeat_at=moment * 2)
            )
    seeded = {"id": battered.other.ids["report"], "name": "Seeded", "status": "completed"}
    yield Model([*rows, seeded])
    async with database.write() as tx:
        for row in rows:
            await reports.remove(tx, battered.other.id, row["id"])


@pytest.mark.asyncio(loop_scope="session")
async def test_walking_the_pages_loses_nothing_and_repeats_nothing(
    http: Any, model: Model, rng: random.Random
) -> None:
    for number in range(WALKS):
        ordering = ",".join(rng.choice(("", "-")) + rng.choice(ORDERINGS) for _ in range(rng.randrange(1, 4)))
        size = rng.choice((1, 7, 13, 50, 99, 100, 101, 1000)) if number else 1
        seen = await _walk(http, {"ordering": ordering, "page_size": str(size)})
        where = f"seed {SEED}, walk {number} of {WALKS}, ordering {ordering}, page_size {size}"
        assert len(seen) == len(set(seen)), f"{where}: repeated"
        assert set(seen) == model.listed(), f"{where}: lost"


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize(
    "n", [500, pytest.param(10_000, marks=[pytest.mark.night, pytest.mark.timeout(1200)])]
)
async def test_filters_mean_what_the_model_says(n: int, http: Any, model: Model, rng: random.Random) -> None:
    found_some = 0
    for number in range(n):
        name = "".join(rng.choices(PIECES, k=rng.randrange(1, 3)))
        if not name.strip():
            continue
        status = rng.choice(("", "", *STATUSES))
        query = {"name": name, "page_size": "100"} | ({"status": status} if status else {})
        seen = await _walk(http, query)
        wanted = model.listed(name=name, status=status)
        assert set(seen) == wanted, f"seed {SEED}, #{number} of {n}: {query}"
        found_some += bool(wanted)
    assert found_some > n / 2


async def _walk(http: Any, query: dict[str, str]) -> list[str]:
    """The ids of a list, page after page, by its own links."""
    seen: list[str] = []
    answer = await http.get("/api/v1/reports/", params=query)
    while True:
        assert answer.status_code == 200, answer.text
        page = answer.json()
        seen += [row["id"] for row in page["results"]]
        if page["next"] is None:
            assert page["count"] == len(seen)
            return seen
        answer = await http.get(page["next"])
