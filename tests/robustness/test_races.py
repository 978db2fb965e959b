"""Many at once: one execution for a key, no credit given away, and a cancelled report never both paid and refunded."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from typing import Any

import httpx2
import pytest
import pytest_asyncio
from sqlalchemy import func, select

from server.clock import new_id, now
from server.stores.credits import REFUNDED, RESERVED, SETTLED
from server.stores.tables import credit_entries, credit_periods, reports
from server.work import credits
from tests.support.world import World

GENERATE = "/api/v1/reports/generate/"
COST = 2  # a summary
SEED = 20261123


class House:
    """The other organization of a world: its requests, and its books."""

    def __init__(self, world: World, http: httpx2.AsyncClient) -> None:
        self.world = world
        self.http = http
        self.id = world.other.id

    async def generate(self, **headers: str) -> httpx2.Response:
        """One small report."""
        document = {
            "name": "Race",
            "data_source_ids": [self.world.other.ids["data_source"]],
            "report_type": "summary",
            "output_format": "csv",
        }
        return await self.http.post(GENERATE, json=document, headers=headers)

    async def books(self) -> tuple[int, Counter[str]]:
        """What the period says is used, and the credits of its entries by state."""
        async with self.world.app.rooms.database.read() as tx:
            used = await tx.scalar(
                select(credit_periods.c.used).where(credit_periods.c.organization_id == self.id)
            )
            rows = await tx.all(
                select(credit_entries.c.state, func.sum(credit_entries.c.credits))
                .where(credit_entries.c.organization_id == self.id)
                .group_by(credit_entries.c.state)
            )
        return int(used), Counter({str(state): int(total) for state, total in rows})

    async def leave(self, left: int) -> str:
        """Set so much aside that only `left` credits remain; the reservation to give back."""
        moment = now()
        async with self.world.app.rooms.database.write() as tx:
            remaining = (await credits.usage(tx, self.id, now=moment)).remaining
            return await credits.reserve(
                tx, self.id, operation="race", resource_id=new_id(), credits=remaining - left, now=moment
            )

    async def give_back(self, reservation: str) -> None:
        """The balance as it was."""
        async with self.world.app.rooms.database.write() as tx:
            await credits.refund(tx, reservation, now=now())

    async def reports(self) -> int:
        """How many there are."""
        async with self.world.app.rooms.database.read() as tx:
            return int(
                await tx.scalar(
                    select(func.count()).select_from(reports).where(reports.c.organization_id == self.id)
                )
            )


@pytest_asyncio.fixture(loop_scope="session")
async def house(battered: World) -> Any:
    headers = {"x-api-key": battered.other.members["owner"].key}
    transport = httpx2.ASGITransport(app=battered.in_process)
    base = "http://testserver"
    async with httpx2.AsyncClient(transport=transport, base_url=base, headers=headers, timeout=60) as http:
        yield House(battered, http)


def _is_balanced(used: int, entries: Counter[str]) -> bool:
    return used == entries[RESERVED] + entries[SETTLED]


@pytest.mark.asyncio(loop_scope="session")
async def test_fifty_at_once_with_one_key_make_one_report_and_one_charge(house: House) -> None:
    _, before = await house.books()
    made = await house.reports()
    answers = await asyncio.gather(*(house.generate(**{"idempotency-key": "fifty"}) for _ in range(50)))
    statuses = Counter(answer.status_code for answer in answers)
    assert statuses[201] >= 1, statuses
    assert set(statuses) <= {201, 409}, statuses
    assert len({answer.json()["id"] for answer in answers if answer.status_code == 201}) == 1
    assert all("retry-after" in answer.headers for answer in answers if answer.status_code == 409)
    used, after = await house.books()
    assert (after[SETTLED] - before[SETTLED], await house.reports() - made) == (COST, 1)
    assert _is_balanced(used, after)
    again = await house.generate(**{"idempotency-key": "fifty"})
    assert (again.status_code, again.headers["idempotent-replayed"]) == (201, "true")
    assert (await house.books())[1] == after


@pytest.mark.asyncio(loop_scope="session")
async def test_a_nearly_empty_balance_admits_exactly_what_it_can_pay(house: House) -> None:
    affordable = 5
    _, before = await house.books()
    reservation = await house.leave(affordable * COST + 1)
    try:
        answers = await asyncio.gather(*(house.generate(prefer="respond-async") for _ in range(30)))
        statuses = Counter(answer.status_code for answer in answers)
        assert statuses == {202: affordable, 402: 30 - affordable}
        refused = next(answer for answer in answers if answer.status_code == 402).json()["error"]
        assert (refused["code"], refused["details"]["required"], refused["details"]["remaining"]) == (
            "insufficient_credits",
            COST,
            1,
        )
        await _all_ended(house, [a.json()["id"] for a in answers if a.status_code == 202])
        used, after = await house.books()
        assert after[SETTLED] - before[SETTLED] == affordable * COST
        assert _is_balanced(used, after)
    finally:
        await house.give_back(reservation)


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.timeout(180)
async def test_cancelling_as_it_completes_charges_or_refunds_never_both_never_neither(house: House) -> None:
    rng = random.Random(SEED)
    seconds = await _seconds_of_one(house)
    ends: Counter[str] = Counter()
    for number in range(30):
        made = (await house.generate(prefer="respond-async")).json()["id"]
        await asyncio.sleep(seconds * rng.uniform(0.5, 1.2))
        await house.http.post(f"/api/v1/reports/{made}/cancel/")
        status = await _all_ended(house, [made])
        entry = await _entry(house, made)
        ends[status] += 1
        wanted = {"completed": SETTLED, "cancelled": REFUNDED}[status]
        assert entry == wanted, f"seed {SEED}, #{number}: {status} but {entry}"
        files = list((house.world.settings.data_dir / "reports").rglob(f"{made}*"))
        assert bool(files) == (status == "completed"), f"seed {SEED}, #{number}: {status} with {files}"
    assert _is_balanced(*await house.books()), f"seed {SEED}: {ends}"
    assert set(ends) == {"completed", "cancelled"}, f"no race was run: {ends} within {seconds} s"


@pytest.mark.asyncio(loop_scope="session")
async def test_deleting_what_is_being_shared_leaves_no_link_behind(house: House) -> None:
    for _ in range(5):
        made = (await house.generate()).json()["id"]
        path = f"/api/v1/reports/{made}/"
        shares = [house.http.post(f"{path}public-link/", json={}) for _ in range(4)]
        answers = await asyncio.gather(*shares[:2], house.http.delete(path), *shares[2:])
        assert {answer.status_code for answer in answers} <= {200, 201, 204, 404}
        urls = {a.json()["url"] for a in answers if a.status_code in (200, 201)}
        assert [(await house.http.get(url)).status_code for url in urls] == [404] * len(urls)


async def _seconds_of_one(house: House) -> float:
    loop = asyncio.get_running_loop()
    await house.generate()
    start = loop.time()
    await house.generate()
    return loop.time() - start


async def _all_ended(house: House, ids: list[str]) -> str:
    """Wait for the end of reports; the status of the last."""
    status = ""
    async with asyncio.timeout(60):
        for identifier in ids:
            while True:
                status = (await house.http.get(f"/api/v1/reports/{identifier}/")).json()["status"]
                if status not in ("pending", "generating"):
                    break
                await asyncio.sleep(0.02)
    return status


async def _entry(house: House, report_id: str) -> str:
    async with house.world.app.rooms.database.read() as tx:
        return str(
            await tx.scalar(select(credit_entries.c.state).where(credit_entries.c.resource_id == report_id))
        )


@pytest.mark.asyncio(loop_scope="session")
async def test_a_caller_who_leaves_at_any_moment_of_a_refresh_leaves_no_credit_reserved(house: House) -> None:
    document = {"name": "Left", "data_source_ids": [house.world.other.ids["data_source"]]}
    dashboard = (await house.http.post("/api/v1/dashboards/", json=document)).json()["id"]
    begun = 0
    for moments in range(40):
        _, before = await house.books()
        refresh = asyncio.create_task(house.world.app.rooms.refresher.refresh(house.id, dashboard))
        await _let_pass(moments)
        refresh.cancel()
        await asyncio.wait({refresh})
        used, after = await house.books()
        begun += after[REFUNDED] > before[REFUNDED]
        assert after[RESERVED] == before[RESERVED], f"left after {moments} moments"
        assert _is_balanced(used, after)
    assert begun, "nobody stayed long enough for anything to be reserved"


async def _let_pass(moments: int) -> None:
    """A tenth of a millisecond each: short enough to fall between any two steps."""
    for _ in range(moments):
        await asyncio.sleep(0.0003)
